from __future__ import annotations

import os

import pytest

from gladly_tools.errors import GladlyToolsError
from gladly_tools.results.naming import names_in
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from tests.results.making import result_of, table_of
from tests.told import is_told

COLUMNS = (
    Column(name="Agent ID", kind=Kind.ID, of="agents"),
    Column(name="Agent", name_of="Agent ID"),
    Column(name='odd "id', kind=Kind.ID, of="agents"),
    Column(name='odd "name', name_of='odd "id'),
    Column(name="Inbox ID", kind=Kind.ID, of="inboxes"),
    Column(name="Inbox", name_of="Inbox ID"),
    Column(name="Topic IDs", kind=Kind.LIST, of="topics"),
    Column(name="Topics", kind=Kind.LIST, name_of="Topic IDs"),
)
ROWS: tuple[Row, ...] = (
    {"Agent ID": "a1", "Agent": "Ada", "Inbox ID": "i1", "Inbox": "Returns"},
    {"Agent ID": "a1", "Agent": "Ada"},
    {"Agent ID": "a1", "Agent": "Ada before she married"},
    {"Agent ID": "a2", "Agent": "  "},
    {"Agent ID": "a3", 'odd "id': "a2", 'odd "name': "Bo"},
    {"Agent ID": None, "Agent": "nobody", "Topic IDs": ["t1"], "Topics": ["Refund"]},
)


@pytest.mark.parametrize(
    ("of", "ids", "names"),
    [
        ("agents", ["a1"], {"a1": "Ada"}),
        ("agents", ["a1", "a2", "a3", "a4"], {"a1": "Ada", "a2": "Bo"}),
        ("inboxes", ["i1", "a1"], {"i1": "Returns"}),
        ("topics", ["t1"], {}),
        ("customers", ["a1"], {}),
        ("agents", [], {}),
        ("agents", ["') OR true --"], {}),
    ],
    ids=str,
)
def test_a_table_names_the_ids_that_it_has_beside_a_name(
    store: ResultStore, of: str, ids: list[str], names: dict[str, str]
) -> None:
    assert names_in(table_of(store, COLUMNS, ROWS), of, ids) == names


def test_a_table_without_rows_names_nothing(store: ResultStore) -> None:
    assert names_in(table_of(store, COLUMNS), "agents", ["a1"]) == {}


def test_a_result_that_is_damaged_in_the_middle_says_so(store: ResultStore) -> None:
    result = result_of(store, COLUMNS, ROWS * 500)
    result.finish()
    path = result.folder / "rows.parquet"
    with path.open("r+b") as file:
        file.seek(4)
        file.write(os.urandom(40))
    with pytest.raises(GladlyToolsError, match="damaged") as caught:
        names_in(Table(result), "agents", ["a1"])
    assert is_told(caught.value)
