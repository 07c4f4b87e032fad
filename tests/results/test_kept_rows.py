from __future__ import annotations

from pathlib import Path

import pytest

from gladly_tools.results import kept_rows
from gladly_tools.results.kept_rows import KeptRows
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from tests.results.making import EVERY_KIND, table_of

ROWS = [{"Id": str(number), "Count": str(number), "Name": f"n{number % 7}"} for number in range(300)]
SEARCH = Query(search="7")


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path)


@pytest.fixture
def table(store: ResultStore) -> Table:
    return table_of(store, EVERY_KIND, ROWS)


def kept(store: ResultStore) -> list[Path]:
    return sorted(store.folder.glob(".spill-*/rows-*.parquet"))


@pytest.mark.parametrize(
    "query",
    [
        SEARCH,
        Query(search="no such text"),
        Query(conditions=(Condition(column="Id", operator=Operator.STARTS_WITH, values=("1",)),)),
        Query(search="it's"),
    ],
)
def test_a_narrowed_table_answers_as_the_whole_one_does(table: Table, query: Query) -> None:
    narrow, left = table.narrowed(query, ["Count", "Id", "no such column"])
    assert left.takes_all
    asked = 'SELECT sum("Count") AS total, count(*) AS rows, min("Id") AS least FROM rows'
    assert narrow.frame(asked, left).equals(table.frame(asked, query))
    assert narrow.count() == table.count(query)
    assert narrow.bounds("Count") == table.bounds("Count", query)
    assert {column.name for column in narrow.columns} == {"Count", "Id"}


def test_rows_are_found_once_for_the_same_query_and_columns(store: ResultStore, table: Table) -> None:
    first, _ = table.narrowed(SEARCH, ["Count"])
    again, _ = Table(table.result).narrowed(SEARCH, ["Count"])
    other, _ = table.narrowed(SEARCH, ["Id"])
    assert len(kept(store)) == 2
    assert first.count() == again.count() == other.count() == table.count(SEARCH)


@pytest.mark.parametrize(
    "query", [Query(), Query(conditions=(Condition(column="Id", operator=Operator.ONE_OF, values=("1",)),))]
)
def test_a_query_that_is_quickly_told_is_asked_of_the_table_itself(table: Table, query: Query) -> None:
    assert table.narrowed(query, ["Count"]) == (table, query)


def test_kept_rows_are_let_go_with_their_result(store: ResultStore, table: Table) -> None:
    table.narrowed(SEARCH, ["Count"])
    assert kept(store)
    store.delete(table.result.folder.name)
    assert not kept(store)


def test_few_files_are_kept_and_one_that_is_held_stays(store: ResultStore, table: Table, few: int) -> None:
    first, _ = table.narrowed(SEARCH, ["Count"])
    for number in range(few + 2):
        table.narrowed(Query(search=str(number)), ["Count"])
    assert len(kept(store)) == few + 1
    assert first.count() == table.count(SEARCH)
    del first
    assert len(kept(store)) == few


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(kept_rows, "MOST_FILES", 2)
    return 2


def test_the_file_that_nobody_asked_for_the_longest_goes_first(tmp_path: Path, few: int) -> None:
    rows, written = KeptRows(tmp_path), []

    def file(key: str) -> None:
        rows.file(tmp_path, key, lambda path: (written.append(key), path.touch()))

    for key in ("a", "b", "a", "c", "a", "b"):
        file(key)
    assert written == ["a", "b", "c", "b"]


def test_what_is_kept_of_an_owner_goes_with_it_and_with_the_folder_that_holds_it(tmp_path: Path) -> None:
    rows = KeptRows(tmp_path)
    for owner in ("result", "result/second", "result-2"):
        rows.file(tmp_path / owner, owner, lambda path: path.touch())
    rows.forget(tmp_path / "result")
    assert len(list(tmp_path.iterdir())) == 1
    rows.file(tmp_path / "result-2", "result-2", lambda _path: pytest.fail("it is there"))


def test_files_just_as_large_as_allowed_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_rows, "MOST_BYTES", 200)
    rows = KeptRows(tmp_path)
    for number, size in enumerate((100, 100, 101, 500)):
        rows.file(tmp_path, number, lambda path, size=size: path.write_bytes(bytes(size)))
        assert len(list(tmp_path.iterdir())) == (1, 2, 1, 1)[number]


def test_files_are_few_when_they_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_rows, "MOST_BYTES", 150)
    rows = KeptRows(tmp_path)
    for number in range(3):
        rows.file(tmp_path, number, lambda path: path.write_bytes(bytes(100)))
    assert len(list(tmp_path.iterdir())) == 1
