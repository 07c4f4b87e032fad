"""What ids are called, as a table's own columns tell: an id, and the name that goes with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import duckdb

from gladly_tools.errors import GladlyToolsError
from gladly_tools.results.query import Condition, Operator
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.sql import quoted
from gladly_tools.results.table import Table

Naming = Callable[[str, Iterable[str]], Mapping[str, str]]
"""What names ids: of a sort of them, such as `inboxes`, the names that are known, by id."""
_WHOLE_IDS = {Operator.ONE_OF, Operator.EQUALS}


def names_in_condition(columns: Sequence[Column], condition: Condition, naming: Naming) -> Mapping[str, str]:
    """What the ids that a condition asks for are called; nothing where its column holds no ids that have names."""
    of = next((column.of for column in columns if column.name == condition.column), "")
    if not of or condition.operator not in _WHOLE_IDS:
        return {}
    return naming(of, [value for value in condition.values if isinstance(value, str)])


def named_columns(columns: Sequence[Column], of: str) -> tuple[tuple[Column, Column], ...]:
    """The columns that hold one id of this sort a cell, each with the column that spells it out."""
    ids = {column.name: column for column in columns if column.of == of and column.kind is not Kind.LIST}
    return tuple((ids[column.name_of], column) for column in columns if column.name_of in ids)


def names_in(table: Table, of: str, ids: Iterable[str]) -> dict[str, str]:
    """What the table calls these ids; those that it does not name are not in the answer.

    An id that goes by several names in a column goes by the one that most rows have. Raises GladlyToolsError when the
    result is damaged.
    """
    wanted = set(ids)
    names: dict[str, str] = {}
    # One column usually has them all, so the next one is asked for the rest alone.
    for id_, name in named_columns(table.columns, of):
        if not wanted:
            break
        sql = (
            f"SELECT {quoted(id_.name)} AS id, {quoted(name.name)} AS name FROM rows"
            f" WHERE {quoted(id_.name)} IN (SELECT unnest($ids)) AND trim({quoted(name.name)}) <> ''"
            " GROUP BY ALL ORDER BY count(*), name DESC"
        )
        try:
            found = table.frame(sql, parameters={"ids": sorted(wanted)})
        except duckdb.Error as error:
            raise GladlyToolsError("A result is damaged.", "Delete it and run it again.") from error
        names |= zip(found["id"], found["name"], strict=True)  # the last one of an id, which most rows have, stays
        wanted -= names.keys()
    return names
