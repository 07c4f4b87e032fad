"""The first sheet of an XLSX workbook as lines of text, read row by row; bombs are refused before they are unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.etree.ElementTree import ParseError

from gladly_tools.errors import InputError

MOST_PARTS = 2_000
MOST_UNPACKED = 150 * 1024 * 1024
EXACT = 10**15
"""From here on a spreadsheet no longer keeps every digit of a number."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1024 * 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
_ODD = (*_DAMAGED, KeyError, TypeError, AttributeError, IndexError, ParseError)


@dataclass(frozen=True, kw_only=True)
class Book:
    """A workbook that is being read."""

    lines: Iterator[tuple[int, Sequence[str]]]
    read_as: str
    remarks: tuple[str, ...]


def is_workbook(data: bytes) -> bool:
    """True for an XLSX file. Raises InputError for the older kind of workbook, and for one with a password."""
    if data.startswith(_OLE):
        raise _unusable("This is an old or a password-protected Excel file.", "Save it as XLSX without a password.")
    return data.startswith(_ZIP)


def read_workbook(data: bytes, *, most_columns: int) -> Book:
    """Open a workbook; rows are read as they are asked for. Raises InputError, also while reading."""
    import openpyxl  # most lists are CSV, and no portal should take longer to start for it
    from openpyxl.utils.exceptions import InvalidFileException

    odd = (*_ODD, InvalidFileException)
    _check_parts(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except odd:
        raise _no_workbook() from None
    if not sheets:
        raise _unusable("The workbook has no sheet that can be seen.", "Put the list on the first sheet.")
    sheet = sheets[0]
    # What a sheet says of its own size may be wrong.
    sheet.reset_dimensions()
    remarks = (f"Only the first sheet, {sheet.title}, is read",) if len(sheets) > 1 else ()

    def lines() -> Iterator[tuple[int, Sequence[str]]]:
        try:
            for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                # One cell more than allowed is enough to see that there are too many.
                yield number, [_text(cell) for cell in cells[: most_columns + 1]]
        except odd:
            raise _no_workbook() from None
        finally:
            book.close()

    return Book(lines=lines(), read_as="XLSX", remarks=remarks)


def _check_parts(data: bytes) -> None:
    """Refuse what unpacks to more than a list of IDs can be, and what defines entities of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            # A part never gives more than the size it names, so the sum of these is an upper bound.
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise _unusable("The workbook unpacks to more than a list of IDs can be.", "Save the list as CSV.")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_xml(package, part)
    except _DAMAGED:
        raise _no_workbook() from None


def _check_xml(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    with package.open(part) as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            # Without the zeros, a text of two bytes a letter reads the same.
            seen = tail + chunk.replace(b"\x00", b"")
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                raise _unusable("The workbook holds definitions that no list of IDs needs.", "Save the list as CSV.")
            tail = seen[-16:]


def _text(cell: object) -> str:
    """A cell as the person meant it; a number too long to be exact reads as the spreadsheet shows it, which is lost."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case int() | float() if abs(cell) >= EXACT:
            return f"{cell:.2E}"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date() | time() | timedelta():
            return "#VALUE!"  # an ID that was taken for a date is lost
        case _:
            return str(cell)


def _no_workbook() -> InputError:
    return _unusable("This is no workbook that can be read.", "Save the list as CSV or XLSX and upload it again.")


def _unusable(what: str, advice: str) -> InputError:
    return InputError(what, advice, field="file")
