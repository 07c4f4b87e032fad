"""Columns: what a table's cells are called, mean and hold. Knows nothing of Gladly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

Cell = str | int | float | bool | list[str] | None
Row = Mapping[str, Cell]
"""One record, by column name. A column that is missing is empty (null)."""


class Kind(StrEnum):
    """What a column's cells mean; decides the stored type, the filter and how a cell is shown."""

    ID = "id"
    TEXT = "text"
    CHOICE = "choice"
    URL = "url"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    LIST = "list"


TEXT_KINDS: frozenset[Kind] = frozenset({Kind.ID, Kind.TEXT, Kind.CHOICE, Kind.URL})
"""Kinds whose cells are text as they stand: nothing to read, and what a search looks through."""

_STORED: Mapping[Kind, pa.DataType] = {
    Kind.ID: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.CHOICE: pa.string(),
    Kind.URL: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
    Kind.LIST: pa.list_(pa.string()),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of an export.

    `verbatim` columns keep the server's text, which is what every download holds; for a kind that is not text
    a typed reading of it (type `reading_type`) is stored beside it, for filters, sorting and charts. An
    `optional` column is left out of a finished table when all of its cells are empty.
    """

    name: str
    kind: Kind = Kind.TEXT
    help: str = ""
    verbatim: bool = False
    unit: str = ""
    optional: bool = False

    @property
    def has_reading(self) -> bool:
        """True when a typed reading is stored beside the server's text."""
        return self.verbatim and _STORED[self.kind] != pa.string()

    @property
    def stored_type(self) -> pa.DataType:
        """The Arrow type of what a download holds."""
        return pa.string() if self.verbatim else _STORED[self.kind]

    @property
    def reading_type(self) -> pa.DataType:
        """The Arrow type that filters, sorting and charts see."""
        return _STORED[self.kind]
