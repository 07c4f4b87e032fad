"""Uploaded workbooks: read like a CSV, and refused before they can do harm."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from gladly_tools.bulk import sheet as sheet_module
from gladly_tools.bulk.id_file import Checked, check
from gladly_tools.errors import InputError

COLUMN = "taskId"


def workbook(*rows: Sequence[object], others: int = 0, hidden_first: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Tasks"
    for row in rows:
        sheet.append(list(row))
    for number in range(others):
        book.create_sheet(f"Other {number}").append(["taskId"])
    if hidden_first:
        book.create_sheet("Hidden", 0).sheet_state = "hidden"
        book.active = 1
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def read(data: bytes) -> Checked:
    return check(data, column=COLUMN)


def test_a_workbook_is_read_like_a_csv() -> None:
    checked = read(workbook(["Note", "Task ID"], ["ö", "abc"], [], [None, "def"], [1.5, "abc"]))
    assert [(entry.line, entry.id) for entry in checked.entries if entry.to_do] == [(2, "abc"), (4, "def")]
    assert [entry.repeats for entry in checked.repeated] == [2]
    assert checked.entries[2].cells == ("1.5", "abc")
    assert checked.read_as == "XLSX"


@pytest.mark.parametrize(
    ("cell", "id_"),
    [
        (12345, "12345"),
        (12345.0, "12345"),
        ("'-x", "-x"),
        ("=1+1", ""),
        (True, "TRUE"),
        (999_999_999_999_999, "9" * 15),
    ],
)
def test_cells_are_read_as_the_person_meant_them(cell: object, id_: str) -> None:
    checked = read(workbook([COLUMN, "note"], [cell, "x"]))
    assert checked.entries[0].id == id_


@pytest.mark.parametrize(
    "cell",
    [
        1.23e15,
        10**15,
        -(10**15),
        10**18,
        date(2026, 3, 1),
        datetime(2026, 3, 1, 9),  # noqa: DTZ001 a spreadsheet knows no zone
        time(9, 30),
        timedelta(days=2),
        "#NAME?",
    ],
)
def test_what_the_spreadsheet_has_mangled_is_set_aside(cell: object) -> None:
    checked = read(workbook([COLUMN], ["good"], [cell]))
    assert [entry.line for entry in checked.set_aside] == [3]
    assert "it is lost" in checked.set_aside[0].set_aside


@pytest.mark.parametrize("others", [1, 2])
def test_only_the_first_sheet_that_can_be_seen_is_read_and_that_is_told(others: int) -> None:
    checked = read(workbook([COLUMN], ["abc"], others=others, hidden_first=True))
    assert checked.to_do == 1
    assert checked.remarks == ("Only the first sheet, Tasks, is read",)


def repacked(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return out.getvalue()


def test_one_sheet_needs_no_remark() -> None:
    assert read(workbook([COLUMN], ["abc"])).remarks == ()


def test_a_workbook_whose_sheets_are_all_hidden_is_refused() -> None:
    data = workbook([COLUMN], ["abc"])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        book = package.read("xl/workbook.xml").replace(b'state="visible"', b'state="hidden"')
    with pytest.raises(InputError, match="no sheet that can be seen") as caught:
        read(repacked(data, "xl/workbook.xml", book))
    assert (caught.value.advice, caught.value.field) == ("Put the list on the first sheet.", "file")


@pytest.mark.parametrize("limit", ["MOST_PARTS", "MOST_UNPACKED"])
def test_a_workbook_just_as_large_as_allowed_is_read(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    data = workbook([COLUMN], ["abc"])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        sizes = [part.file_size for part in package.infolist()]
    size = len(sizes) if limit == "MOST_PARTS" else sum(sizes)
    monkeypatch.setattr(sheet_module, limit, size)
    assert read(data).to_do == 1
    monkeypatch.setattr(sheet_module, limit, size - 1)
    with pytest.raises(InputError, match="unpacks to more") as caught:
        read(data)
    assert caught.value.advice == "Save the list as CSV."


SHEET = "xl/worksheets/sheet1.xml"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_given, **_named: pytest.fail("was opened"))
    bomb = repacked(workbook([COLUMN], ["abc"]), SHEET, b" " * 160 * 1024 * 1024)
    assert len(bomb) < 1_000_000
    with pytest.raises(InputError, match="unpacks to more"):
        read(bomb)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_definitions_of_entities_are_refused(encoding: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    with pytest.raises(InputError, match="definitions"):
        read(repacked(workbook([COLUMN], ["abc"]), SHEET, text.encode(encoding)))


@pytest.mark.parametrize("part", [SHEET, "_rels/.rels"])
@pytest.mark.parametrize("word", ["<!DOCTYPE", "<!ENTITY"])
def test_a_definition_is_seen_wherever_it_begins(monkeypatch: pytest.MonkeyPatch, part: str, word: str) -> None:
    data = workbook([COLUMN], ["abc"])
    for before in range(20):
        monkeypatch.setattr(sheet_module, "_CHUNK", 16)
        text = f"<?xml?>{' ' * before}{word} x{' ' * 20}"
        with pytest.raises(InputError, match="definitions") as caught:
            read(repacked(data, part, text.encode()))
        assert caught.value.advice == "Save the list as CSV."


def test_a_sheet_that_claims_a_far_away_cell_costs_nothing() -> None:
    cell = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
    rows = f'<row r="1">{cell.format("A1", COLUMN)}</row><row r="1048576">{cell.format("A1048576", "abc")}</row>'
    start = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
    )
    xml = f"{start}<sheetData>{rows}</sheetData></worksheet>"
    checked = read(repacked(workbook([COLUMN], ["x"]), SHEET, xml.encode()))
    assert [(entry.line, entry.id) for entry in checked.entries] == [(1_048_576, "abc")]


def test_a_row_of_too_many_columns_is_refused() -> None:
    with pytest.raises(InputError, match="more than 100 columns"):
        read(workbook([COLUMN], ["abc", *range(120)]))


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04", b"PK\x03\x04" + b"x" * 500, workbook([COLUMN], ["abc"])[:-300]],
    ids=["head alone", "nonsense", "cut"],
)
def test_a_broken_package_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no workbook") as caught:
        read(data)
    assert "upload it again" in caught.value.advice


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("a.txt", "x")
    with pytest.raises(InputError, match="no workbook"):
        read(out.getvalue())


@pytest.mark.parametrize("content", [b"", b"<worksheet", b"\x00\xff\x00"])
def test_a_sheet_that_is_no_xml_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read(repacked(workbook([COLUMN], ["abc"]), SHEET, content))


def test_this_module_reads_no_file_of_this_machine(tmp_path: Path) -> None:
    link = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        f'Target="file://{tmp_path}/x" TargetMode="External"/></Relationships>'
    )
    with pytest.raises(InputError):
        read(repacked(workbook([COLUMN], ["abc"]), "xl/_rels/workbook.xml.rels", link.encode()))


def test_a_workbook_with_a_wrong_byte_anywhere_is_read_or_refused_in_words() -> None:
    good = workbook(["taskId"], *([f"task-{number}"] for number in range(200)))
    chance = random.Random(5)
    refused = 0
    for _ in range(300):
        data = bytearray(good)
        data[chance.randrange(4, len(data))] ^= chance.randrange(1, 256)
        try:
            read(bytes(data))
        except InputError:
            refused += 1
    assert refused > 200
