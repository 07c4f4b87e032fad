"""Columns: what a table's cells are called, mean and hold. Knows nothing of Gladly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa

Cell = str | int | float | bool | list[str] | list[dict[str, Any]] | None
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
    RECORDS = "records"


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
    `optional` column is left out of a finished table when all of its cells are empty. A `beside` column is for
    the view alone: a name beside an id, which no download holds. An `original` column holds the whole record as
    the JSON that the server sent, which is what the JSON downloads are made of. A list stands in a CSV as JSON, or with
    `joined_by` between its items. `members` are the fields of `records`, each of a text kind or an integer.

    `of` says what the ids in a column are ids of ("agents"), also in a list; empty where nobody can tell, or where they
    are of several things. `name_of` names the column of ids that this one spells out.
    """

    name: str
    kind: Kind = Kind.TEXT
    help: str = ""
    verbatim: bool = False
    unit: str = ""
    optional: bool = False
    beside: bool = False
    original: bool = False
    joined_by: str = ""
    of: str = ""
    name_of: str = ""
    members: tuple[tuple[str, Kind], ...] = ()

    @property
    def has_reading(self) -> bool:
        """True when a typed reading is stored beside the server's text."""
        return self.verbatim and self.kind not in TEXT_KINDS

    @property
    def stored_type(self) -> pa.DataType:
        """The Arrow type of what a download holds."""
        return pa.string() if self.verbatim else self.reading_type

    @property
    def reading_type(self) -> pa.DataType:
        """The Arrow type that filters, sorting and charts see."""
        if self.kind is Kind.RECORDS:
            return pa.list_(pa.struct([pa.field(name, _STORED[kind]) for name, kind in self.members]))
        return _STORED[self.kind]
