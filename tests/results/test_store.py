from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.results import writer
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.results.store import Finished, ResultStore, SliceWritten
from gladly_tools.results.writer import FileWriter
from tests.results.making import EVERY_KIND, cells_of, manifest_of, new_result, result_of
from tests.told import is_told

ID = Column(name="Id", kind=Kind.ID)
COUNT = Column(name="Count", kind=Kind.INTEGER, verbatim=True)
RAW = Column(name="raw", optional=True)


def rows(*ids: str) -> list[Row]:
    return [{"Id": each, "Count": str(number)} for number, each in enumerate(ids)]


def test_slices_are_in_the_order_of_their_index_however_written(store: ResultStore) -> None:
    result = new_result(store, [ID, COUNT])
    for index, name in [(2, "c"), (0, "a"), (1, "b")]:
        assert result.write_slice(index, name, rows(name, name + name), zone="UTC") == SliceWritten(rows=2)
    assert cells_of(result, "Id") == ["a", "aa", "b", "bb", "c", "cc"]
    assert result.finish() == Finished(rows=6)
    assert cells_of(result, "Id") == ["a", "aa", "b", "bb", "c", "cc"]


def test_slice_written_again_replaces_itself(store: ResultStore) -> None:
    result = result_of(store, [ID, COUNT], rows("a", "b"), rows("c"))
    result.write_slice(5, "slice 0", rows("z"), zone="UTC")
    assert cells_of(result, "Id") == ["c", "z"]
    assert result.slices() == {"slice 0", "slice 1"}


def test_slice_without_rows_counts_as_written(store: ResultStore) -> None:
    result = result_of(store, [ID, COUNT], [])
    assert (result.slices(), result.rows) == ({"slice 0"}, 0)
    assert result.finish() == Finished(rows=0)
    assert result.slices() == {"slice 0"}


def test_slice_that_fails_leaves_nothing(store: ResultStore) -> None:
    def broken() -> Iterator[Row]:
        yield from rows("a", "b")
        raise RuntimeError("gone")

    result = result_of(store, [ID, COUNT], rows("old"))
    for index, key in [(0, "slice 0"), (1, "slice 1")]:
        with pytest.raises(RuntimeError, match="gone"):
            result.write_slice(index, key, broken(), zone="UTC")
    assert cells_of(result, "Id") == ["old"]
    assert len(list(result.folder.iterdir())) == 2


def test_cell_of_no_column_is_refused(store: ResultStore) -> None:
    with pytest.raises(ValueError, match="no such column"):
        new_result(store, [ID]).write_slice(0, "k", [{"Id": "a", "surprise": "b"}], zone="UTC")


def test_missing_cells_are_null_and_odd_ones_are_kept_or_counted(store: ResultStore) -> None:
    result = new_result(store, EVERY_KIND)
    written = result.write_slice(
        0,
        "k",
        [
            {},
            {
                "Id": "half \ud800 pair",
                "Created At": "soon",
                "Count": "3.0",
                "Score": float("nan"),
                "Open": "yes",
            },
            {
                "Created At": "later",
                "Count": "null",
                "Score": 10**400,
                "Seen At": "never",
                "Tags": ["\udfff"],
            },
            {"Score": 2, "Open": True, "Seen At": "2026-03-01T00:00:00Z"},
        ],
        zone="UTC",
    )
    assert written == SliceWritten(rows=4, unreadable={"Created At": 2, "Score": 2, "Seen At": 1})
    assert cells_of(result, "Id") == [None, "half \ufffd pair", None, None]
    assert cells_of(result, "Created At") == [None, "soon", "later", None]
    assert cells_of(result, "Count") == [None, "3.0", "null", None]
    assert cells_of(result, "Score") == [None, None, None, 2.0]
    assert cells_of(result, "Open") == [None, True, None, True]
    assert cells_of(result, "Tags") == [None, None, ["\ufffd"], None]
    result.finish()
    assert result.unreadable == written.unreadable


def test_large_slices_become_several_row_groups(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "ROW_GROUP_ROWS", 1000)
    names = [str(number) for number in range(2750)]
    result = result_of(store, [ID, COUNT], rows(*names), rows("x"))
    result.finish()
    assert cells_of(result, "Id") == [*names, "x"]


def test_finished_result_takes_no_more_rows(store: ResultStore) -> None:
    result = result_of(store, [ID, COUNT], rows("a"))
    result.finish()
    assert [path.name for path in result.files()] == ["rows.parquet"]
    with pytest.raises(GladlyToolsError, match="finished") as caught:
        result.write_slice(1, "more", rows("b"), zone="UTC")
    assert is_told(caught.value)
    assert result.finish() == Finished(rows=1)


def test_of_rows_with_one_id_the_last_stays(store: ResultStore) -> None:
    parts: list[list[Row]] = [
        [{"Id": "a", "Count": "old"}, {"Id": "b", "Count": "1"}, {"Id": None, "Count": "x"}],
        [{"Id": "c", "Count": "2"}, {"Id": "a", "Count": "older"}, {"Id": " ", "Count": "3"}],
        [{"Id": "a", "Count": "4"}, {"Id": "A", "Count": "5"}, {"Id": None, "Count": "6"}, {"Id": " "}],
    ]
    result = result_of(store, [ID, COUNT], *parts)
    assert result.unreadable == {"Count": 3}
    assert result.finish(unique="Id") == Finished(rows=8, duplicates_removed=2)
    assert cells_of(result, "Id") == ["b", None, "c", " ", "a", "A", None, " "]
    assert cells_of(result, "Count") == ["1", "x", "2", "3", "4", "5", "6", None]
    assert result.unreadable == {"Count": 1}
    assert result.finish(unique="Id") == Finished(rows=8, duplicates_removed=2)


@pytest.mark.parametrize(("raw", "left"), [(None, ["Id"]), ("x", ["Id", "raw"])])
def test_optional_column_is_left_out_when_empty(store: ResultStore, raw: str | None, left: list[str]) -> None:
    result = result_of(store, [ID, RAW], [{"Id": "a"}], [{"Id": "b", "raw": raw}])
    assert [column.name for column in result.columns] == ["Id", "raw"]
    result.finish()
    assert [column.name for column in store.open(result.id).columns] == left


def killed_at(moment: int) -> Callable[[pytest.MonkeyPatch], None]:
    """Let the process 'die' at the nth step that touches the disk."""

    def arrange(patch: pytest.MonkeyPatch) -> None:
        steps = 0

        def dying(original: Callable[..., Any]) -> Callable[..., Any]:
            def step(*arguments: Any, **options: Any) -> Any:
                nonlocal steps
                steps += 1
                if steps == moment:
                    raise KeyboardInterrupt
                return original(*arguments, **options)

            return step

        patch.setattr(os, "fsync", dying(os.fsync))
        patch.setattr(Path, "replace", dying(Path.replace))
        patch.setattr(Path, "unlink", dying(Path.unlink))

    return arrange


@pytest.mark.parametrize("parts", [1, 3])
def test_killed_at_any_step_finish_can_be_done_again(store: ResultStore, parts: int) -> None:
    slices = [rows(f"a{number}", "same", f"b{number}") for number in range(parts)]
    for moment in range(1, 50):
        result = result_of(store, [ID, COUNT], *slices)
        with pytest.MonkeyPatch.context() as patch:
            killed_at(moment)(patch)
            try:
                result.finish(unique="Id")
            except KeyboardInterrupt:
                survived = False
            else:
                survived = True
        again = store.open(result.id)
        assert again.slices() == {f"slice {number}" for number in range(parts)}
        assert again.finish(unique="Id") == Finished(rows=2 * parts + 1, duplicates_removed=parts - 1)
        assert len(set(cells_of(again, "Id"))) == len(cells_of(again, "Id")) == 2 * parts + 1
        assert sorted(path.name for path in again.folder.iterdir()) == ["manifest.json", "rows.parquet"]
        if survived:
            break
    assert survived
    assert moment > 3
    assert survived


def test_results_are_listed_sized_and_deleted(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "new" / "folder")
    for name in ("b", "a-1_X"):
        store.create(name, manifest_of([ID])).write_slice(0, "k", [{"Id": "x"}], zone="UTC")
    assert store.ids() == ["a-1_X", "b"]
    assert store.size("b") == sum(path.stat().st_size for path in (store.folder / "b").iterdir()) > 0
    store.delete("b")
    store.delete("b")
    assert store.ids() == ["a-1_X"]
    with pytest.raises(NotFoundError) as caught:
        store.open("b")
    assert is_told(caught.value)
    assert store.size("b") == 0
    with pytest.raises(GladlyToolsError, match="already") as caught:
        store.create("a-1_X", manifest_of([ID]))
    assert is_told(caught.value)


@pytest.mark.parametrize("bad", ["", ".", "..", "../x", "a/b", "a\\b", "/etc", "a.b", "é", "a\n", "-a", "a" * 200])
def test_ids_are_no_paths(store: ResultStore, bad: str) -> None:
    for use in (store.open, store.delete, store.size, lambda name: store.create(name, manifest_of([ID]))):
        with pytest.raises(NotFoundError) as caught:
            use(bad)
        assert is_told(caught.value)


def test_damaged_file_says_so(store: ResultStore) -> None:
    result = result_of(store, [ID], [{"Id": "a"}])
    result.files()[0].write_bytes(b"PAR1 no")
    with pytest.raises(GladlyToolsError, match="damaged") as caught:
        _ = result.rows
    assert is_told(caught.value)


def test_columns_of_a_result_do_not_change(store: ResultStore) -> None:
    result = result_of(store, [ID, COUNT])
    result.write_manifest(replace(result.manifest, rows=3))
    assert store.open(result.id).manifest.rows == 3
    with pytest.raises(ValueError, match="do not change"):
        result.write_manifest(replace(result.manifest, columns=(ID,)))


@pytest.mark.parametrize("columns", [[], [ID, ID]])
def test_result_needs_columns_each_once(store: ResultStore, columns: list[Column]) -> None:
    with pytest.raises(ValueError, match="each name once"):
        new_result(store, columns)


def test_long_rows_are_merged_a_few_at_a_time(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)
    parts = [[{"Id": f"{part}-{at}", "Text": chance.randbytes(50_000).hex()} for at in range(150)] for part in range(2)]
    result = result_of(store, [ID, Column(name="Text", kind=Kind.TEXT)], *parts)
    sizes: list[int] = []
    write = FileWriter.write

    def measured(writer: FileWriter, table: pa.Table) -> None:
        sizes.append(table.nbytes)
        write(writer, table)

    monkeypatch.setattr(FileWriter, "write", measured)
    assert result.finish(unique="Id").rows == 300
    assert 15_000_000 < sum(sizes) < 35_000_000
    assert max(sizes) < 10_000_000
    assert cells_of(result, "Text") == [row["Text"] for part in parts for row in part]


def test_cells_by_column_and_rows_keep_their_order(store: ResultStore) -> None:
    result = new_result(store, [ID, COUNT, RAW])
    with result.slice(0, "mixed", zone="UTC") as file:
        file.add({"Id": "a", "Count": "1"})
        file.add_columns(2, {"Id": ["b", None]})
        file.add({"Id": "c", "Count": "4"})
        with pytest.raises(ValueError, match="no such column"):
            file.add_columns(1, {"Nope": ["x"]})
        assert file.publish() == SliceWritten(rows=4)
    assert cells_of(result, "Id") == ["a", "b", None, "c"]
    assert cells_of(result, "Count") == ["1", None, None, "4"]


def test_the_only_part_with_rows_becomes_the_result_as_it_is(store: ResultStore) -> None:
    result = result_of(store, [ID, COUNT, RAW], [], rows("a", "b"), [])
    (part,) = (path for path in result.files() if path.stat().st_size == max(p.stat().st_size for p in result.files()))
    inode = part.stat().st_ino
    assert result.finish(unique="Id") == Finished(rows=2)
    (whole,) = result.files()
    assert whole.stat().st_ino == inode
    assert [column.name for column in result.columns] == ["Id", "Count"]
