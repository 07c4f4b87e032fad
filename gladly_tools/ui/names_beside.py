"""Names beside ids in the table: a column after each column of ids whose names are not in the result itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pandas as pd

from gladly_tools.names import Known, Names
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.table import Table
from gladly_tools.ui.words import moment

_ID = re.compile(r"[ ._]?\b(?:ID|Id|id)s?\b|(?<=[a-z])I[dD]s?\b")


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A page of the table with its name columns, and those by name."""

    frame: pd.DataFrame
    added: dict[str, Column]


def with_names(frame: pd.DataFrame, table: Table, names: Names, zone: str) -> Beside:
    """The page with a column of names after each column of ids; only where a name is known. Times in `zone`."""
    added: dict[str, Column] = {}
    by_name = {column.name: column for column in table.columns}
    for column in [by_name[str(name)] for name in frame.columns]:
        if not column.of or _is_named(column, table):
            continue
        cells = frame[column.name]
        ids = chain.from_iterable(_items(cell) for cell in cells)
        known = names.known(column.of, ids)
        if not known.names:
            continue
        name = _name(column.name, taken=by_name.keys() | added.keys())
        named = pd.Series([_named(cell, known) for cell in cells], index=frame.index, dtype=object)
        frame.insert(list(frame.columns).index(column.name) + 1, name, named)
        added[name] = Column(name=name, kind=column.kind, help=_help(column, known, zone), beside=True)
    return Beside(frame=frame, added=added)


def _is_named(column: Column, table: Table) -> bool:
    """True when the result names these ids itself; a column that is empty throughout names nothing."""
    return any(table.distinct_count(each.name, limit=1) for each in table.columns if each.name_of == column.name)


def _items(cell: Any) -> Sequence[str]:
    return [cell] if isinstance(cell, str) else list(cell) if pd.api.types.is_list_like(cell) else ()


def _named(cell: Any, known: Known) -> str | list[str] | None:
    if isinstance(cell, str):
        return known.names.get(cell)
    return [known.names.get(item, item) for item in _items(cell)] or None


def _name(column: str, *, taken: Sequence[str] | set[str]) -> str:
    """`Customer ID` becomes `Customer name`, `content.customerId` becomes `content.customer name`."""
    name, replaced = _ID.subn(" names" if column.endswith("s") else " name", column, count=1)
    name = name.strip()
    return name if replaced and name not in taken else f"Name of {column}"


def _help(column: Column, known: Known, zone: str) -> str:
    which = "Names that go" if column.kind is Kind.LIST else "Name that goes"
    assert known.newest is not None
    assert known.oldest is not None
    newest, oldest = moment(known.newest, zone), moment(known.oldest, zone)
    since = f"the result from {newest}" if newest == oldest else f"results from {oldest} to {newest}"
    return f"{which} with {column.name}, as of {since}; only here, in no download"
