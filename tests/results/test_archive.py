"""A result of several tables: slices that are durable as a whole, files kept beside, one ZIP of it all."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gladly_tools.results.archive import archive
from gladly_tools.results.download import Format
from gladly_tools.results.manifest import Manifest
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.store import Result, ResultStore

ID = Column(name="id", kind=Kind.ID)
FILES = Column(
    name="files", kind=Kind.RECORDS, members=(("name", Kind.TEXT), ("bytes", Kind.INTEGER)), help="Attached files"
)
TOPICS = Column(name="topics", kind=Kind.LIST, joined_by=",")
NAME = Column(name="Name", beside=True, optional=True)


@pytest.fixture
def result(tmp_path: Path) -> Result:
    manifest = Manifest(
        export="both",
        title="Both",
        instance="acme.gladly.com",
        username="ann@example.com",
        started=datetime(2026, 3, 1, tzinfo=UTC),
        columns=(ID, TOPICS, NAME),
        tables=("first", "second"),
    )
    return ResultStore(tmp_path / "results").create("both1", manifest, others={"second": (ID, FILES)})


def write(result: Result, index: int, ids: list[str]) -> None:
    second = result.tables["second"]
    with result.slice(index, f"s{index}", zone="UTC") as one, second.slice(index, f"s{index}", zone="UTC") as two:
        for each in ids:
            one.add({"id": each, "topics": ["a", "b"], "Name": "Ann"})
            two.add({"id": f"{each}-1", "files": [{"name": "x.pdf", "bytes": 3}, {"name": "y"}]})
            two.add({"id": f"{each}-2"})
        two.publish()
        one.publish()


def members(result: Result, format: Format) -> dict[str, bytes]:
    packed = b"".join(archive(result, format))
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_every_table_is_a_file_of_the_zip_and_kept_files_come_with_them(result: Result) -> None:
    write(result, 0, ["a"])
    with result.keep_file("prompt.mp3") as file:
        file.write(b"\xff\xfb" * 300_000)
    for table in result.tables.values():
        table.finish()
    found = members(result, Format.CSV)
    assert list(found) == ["first.csv", "second.csv", "prompt.mp3"]
    assert found["first.csv"] == b'id,topics\r\na,"a,b"\r\n'
    assert found["second.csv"].splitlines()[1] == (b'a-1,"[{""name"": ""x.pdf"", ""bytes"": 3}, {""name"": ""y""}]"')
    assert found["prompt.mp3"] == b"\xff\xfb" * 300_000


def test_records_and_lists_are_real_ones_in_json(result: Result) -> None:
    write(result, 0, ["a"])
    found = members(result, Format.JSON)
    assert json.loads(found["first.json"]) == [{"id": "a", "topics": ["a", "b"]}]
    assert json.loads(found["second.json"]) == [
        {"id": "a-1", "files": [{"name": "x.pdf", "bytes": 3}, {"name": "y"}]},
        {"id": "a-2", "files": None},
    ]


def test_a_slice_that_is_written_again_doubles_no_row_of_any_table(result: Result) -> None:
    """As after a crash between the last table's file and the first one's."""
    write(result, 0, ["a"])
    with result.tables["second"].slice(1, "s1", zone="UTC") as lost:
        lost.add({"id": "b-1"})
        lost.publish()
    write(result, 1, ["b"])
    assert result.rows == 2
    assert result.tables["second"].rows == 4


def test_a_file_whose_writing_fails_is_not_kept_and_leaves_the_one_before(result: Result) -> None:
    with result.keep_file("notes.txt") as file:
        file.write(b"whole")

    def write_half() -> None:
        with result.keep_file("notes.txt") as file:
            file.write(b"ha")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_half()
    assert [path.read_bytes() for path in result.kept_files] == [b"whole"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "/etc/passwd", ".hidden", "x" * 256])
def test_only_a_plain_name_is_kept(result: Result, name: str) -> None:
    with pytest.raises(ValueError, match="not a file name"), result.keep_file(name):
        pass


def test_the_size_of_a_result_counts_its_tables_and_files(result: Result, tmp_path: Path) -> None:
    with result.keep_file("big.bin") as file:
        file.write(b"x" * 100_000)
    assert ResultStore(tmp_path / "results").size(result.id) > 100_000
