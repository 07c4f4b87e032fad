"""Reads and checks an uploaded list of IDs before anything is sent: what will be done, what is set aside and why.

Pure: bytes in, a `Checked` out. A file that cannot be trusted as a whole raises InputError; a line that cannot is set
aside with its reason. Nothing is guessed: an ID that a spreadsheet has mangled is lost, not mended.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gladly_tools.bulk.action import heading_key
from gladly_tools.bulk.sheet import is_workbook, read_workbook
from gladly_tools.errors import InputError
from gladly_tools.results.download import unguard

LARGEST_FILE = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 100
LONGEST_LINE = 64 * 1024
LONGEST_ID = 200

_SEPARATORS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_MANGLED = re.compile(
    r"[+-]?\d+([.,]\d+)?E\+\d+|[+-]?\d+[.,]\d+E-?\d+|#(NAME\?|VALUE!|REF!|N/A|DIV/0!|NULL!|NUM!)|#+", re.I
)
_ORDINARY = re.compile(r"\w[\w-]*", re.ASCII)
_NOT_IN_AN_ID = re.compile(r"[\s\x00-\x1f\x7f\ufffd]")
_AS_FORMULA = re.compile(r'="(.*)"')
_HEADING = re.compile(r"(\w+[ _-]?)?ids?", re.IGNORECASE)

Line = tuple[int, Sequence[str]]
"""The number of a line in the file, counted from 1, and its cells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line that names an ID: `cells` are those of every column. `repeats` is the line that named it first."""

    line: int
    id: str
    cells: tuple[str, ...]
    repeats: int | None = None
    set_aside: str = ""

    @property
    def to_do(self) -> bool:
        """True for the line by which the ID will be done."""
        return not self.set_aside and self.repeats is None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A list of IDs that was read: its columns, its lines in order, and how it was read, in words.

    `id_column` is the place of the ID in the cells. Blank lines are counted and left out.
    """

    columns: tuple[str, ...]
    id_column: int
    entries: tuple[Entry, ...]
    blank_lines: int
    read_as: str
    remarks: tuple[str, ...] = field(default=())

    @property
    def to_do(self) -> int:
        """How many IDs will be done, each once."""
        return sum(entry.to_do for entry in self.entries)

    @property
    def repeated(self) -> tuple[Entry, ...]:
        """The lines whose ID stands on an earlier line too."""
        return tuple(entry for entry in self.entries if entry.repeats is not None)

    @property
    def set_aside(self) -> tuple[Entry, ...]:
        """The lines that cannot be done."""
        return tuple(entry for entry in self.entries if entry.set_aside)

    def value(self, entry: Entry, column: str) -> str:
        """The cell of a column, named in any case; empty when there is no such column."""
        for place, name in enumerate(self.columns):
            if heading_key(name) == heading_key(column):
                return entry.cells[place].strip()
        return ""


def check(data: bytes, *, column: str) -> Checked:
    """Read a list whose IDs stand under the heading `column`, in CSV or XLSX. Raises InputError with `field="file"`."""
    if len(data) > LARGEST_FILE:
        raise _unusable(
            f"The file is larger than {LARGEST_FILE // 1024**2} MB.", "Split it, or keep the ID column alone."
        )
    if is_workbook(data):
        book = read_workbook(data, most_columns=MOST_COLUMNS)
        return _checked(book.lines, column, read_as=book.read_as, remarks=book.remarks)
    text, encoding = _decoded(data)
    separator, skipped = _separator(text, column)
    name = {",": "comma", ";": "semicolon", "\t": "tab"}[separator]
    return _checked(_lines(text, separator, skipped), column, read_as=f"CSV, {encoding}, separated by {name}")


def template(column: str) -> bytes:
    """A sample file to fill in."""
    return f"{column}\r\nreplace-with-the-first-id\r\nreplace-with-the-second-id\r\n".encode()


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode(data, "utf-16"), "UTF-16"
    if data.startswith(b"\xef\xbb\xbf"):
        return _decode(data, "utf-8-sig"), "UTF-8"
    start = data[:4096]
    if b"\x00" in data:
        # Two bytes a letter: in the Latin letters of an ID, one of the two is zero.
        zeros_first, zeros_second = start[0::2].count(0), start[1::2].count(0)
        half = len(start) // 4
        if zeros_second > half >= zeros_first:
            return _decode(data, "utf-16-le"), "UTF-16"
        if zeros_first > half >= zeros_second:
            return _decode(data, "utf-16-be"), "UTF-16"
        raise _unusable("This is not a text file.", "Save the list as CSV or XLSX.")
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _decode(data, "cp1252"), "Windows-1252"


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise _unusable("The file's text cannot be read.", "Save it as CSV UTF-8, or as XLSX.") from None


def _separator(text: str, column: str) -> tuple[str, int]:
    """What separates the cells, and how many lines at the top say nothing else."""
    first = ""
    for line in _bounded(text):
        first = line.lstrip("\ufeff")
        if first.strip():
            break
    named = _SEPARATOR_LINE.fullmatch(first.strip("\r\n") or first)
    if named and named[1] in _SEPARATORS:
        return named[1], 1
    by_cells = {separator: next(csv.reader([first], delimiter=separator), []) for separator in _SEPARATORS}
    for separator, cells in by_cells.items():
        if len(cells) > 1 and any(heading_key(cell) == heading_key(column) for cell in cells):
            return separator, 0
    return max(_SEPARATORS, key=lambda separator: len(by_cells[separator])), 0


def _bounded(text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if len(line) > LONGEST_LINE:
            raise _unusable(f"Line {number} is longer than a line of IDs can be.", "Check the file.")
        yield line


def _lines(text: str, separator: str, skipped: int) -> Iterator[Line]:
    reader = csv.reader(_bounded(text), delimiter=separator, strict=True)
    begin = 1
    try:
        for cells in reader:
            number, begin = begin, reader.line_num + 1
            if number <= skipped:
                continue
            yield number, cells
    except csv.Error as error:
        said = "a quotation mark is never closed" if "end of data" in str(error) else str(error)
        raise _unusable(f"The file cannot be read from line {begin} on: {said}.", "Mend that line.") from None


def _checked(lines: Iterator[Line], column: str, *, read_as: str, remarks: Sequence[str] = ()) -> Checked:
    blank = 0
    columns: tuple[str, ...] | None = None
    place = 0
    entries: list[Entry] = []
    first_line: dict[str, int] = {}
    for number, raw in lines:
        cells = [cell.strip() for cell in raw]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            blank += 1
            continue
        if len(cells) > MOST_COLUMNS:
            raise _unusable(
                f"Line {number} has more than {MOST_COLUMNS} columns.", "Keep the ID column and what belongs to it."
            )
        if columns is None:
            columns, place, is_heading = _columns(cells, column)
            if is_heading:
                continue
        if len(entries) == MOST_ROWS:
            raise _unusable(f"The file has more than {MOST_ROWS:,} rows.", "Split it into several files.")
        entry = _entry(number, cells, columns, place, first_line)
        if entry.to_do:
            first_line[entry.id] = number
        entries.append(entry)
    if columns is None or not entries:
        raise _unusable("The file lists no IDs.", f"Put one ID a line under the heading {column}.")
    return Checked(
        columns=columns,
        id_column=place,
        entries=tuple(entries),
        blank_lines=blank,
        read_as=read_as,
        remarks=tuple(remarks),
    )


def _columns(cells: Sequence[str], column: str) -> tuple[tuple[str, ...], int, bool]:
    """The columns, the place of the ID among them, and whether these cells are a heading."""
    names = [heading_key(cell) for cell in cells]
    wanted = heading_key(column)
    if names.count(wanted) > 1:
        raise _unusable(f"Two columns are called {column}.", "Keep one of them.")
    if wanted in names:
        return tuple(cells), names.index(wanted), True
    others = {heading_key(other): other for other in ("conversationId", "taskId")} | {"id": "id"}
    if len(cells) == 1:
        if names[0] == "id":
            return tuple(cells), 0, True
        if names[0] in others or (_HEADING.fullmatch(cells[0]) and len(cells[0]) < 20):
            raise _unusable(
                f"The file's heading is {cells[0]}, not {column}.", f"Upload a list of {column}s, or mend the heading."
            )
        return (column,), 0, False
    if "id" in names and names.count("id") == 1 and not any(other in names for other in others if other != "id"):
        return tuple(cells), names.index("id"), True
    shown = ", ".join(cell for cell in cells if cell)[:120]
    raise _unusable(
        f"No column is called {column}; the first line has: {shown}.", f"Name the column of the IDs {column}."
    )


def _entry(number: int, cells: list[str], columns: tuple[str, ...], place: int, first_line: dict[str, int]) -> Entry:
    read = [unguard(cell) if cell.startswith("'") else cell for cell in cells]
    padded = tuple(read[: len(columns)] + [""] * (len(columns) - len(read)))
    id_ = padded[place]
    why = f"the line has {len(cells)} cells, the first one {len(columns)}" if len(cells) > len(columns) else ""
    if not (why or (len(id_) <= LONGEST_ID and _ORDINARY.fullmatch(id_))):
        wrapped = _AS_FORMULA.fullmatch(id_)
        id_ = wrapped[1].strip() if wrapped else id_
        why = _flaw(id_)
    return Entry(line=number, id=id_, cells=padded, repeats=None if why else first_line.get(id_), set_aside=why)


def _flaw(id_: str) -> str:
    """Why a text cannot be an ID; empty when it may be one, whatever its alphabet."""
    if not id_:
        return "the ID is missing"
    if _MANGLED.fullmatch(id_):
        return "a spreadsheet has turned the ID into a number or an error, and it is lost"
    if _NOT_IN_AN_ID.search(id_):
        return "not an ID: it holds a space or another character that no ID has"
    if len(id_) > LONGEST_ID or id_ in (".", ".."):
        return "not an ID"
    return ""


def _unusable(what: str, advice: str) -> InputError:
    return InputError(what, advice, field="file")
