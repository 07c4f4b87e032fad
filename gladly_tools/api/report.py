"""A report as it came: a CSV in a temporary file, read by the row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import IO

from gladly_tools.errors import UnexpectedAnswer

LONGEST_CELL = 64 * 1024 * 1024
ROWS_BETWEEN_CHECKS = 5000
ROW_NUMBERS_KEPT = 100

# A list of topics may be longer than the 128 kB that are usual; a quote left open must not fill the memory either.
csv.field_size_limit(LONGEST_CELL)


class Report:
    """One CSV report. Close it, or use it in a `with`, to delete its file. Its rows can be read by one at a time.

    `columns` is empty when Gladly sent nothing at all, which means no rows. `row_count` counts the rows as sent.
    `ragged` of them have another number of cells than the header: a short one is filled with empty cells; a long one
    has shifted cells, nobody knows where, so it is left out and counted in `unreadable` too. `odd_rows` has the first
    hundred of their numbers, from 1.
    """

    def __init__(self, file: IO[bytes], check: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self.columns: tuple[str, ...] = ()
        self.row_count = 0
        self.ragged = 0
        self.unreadable = 0
        self.odd_rows: tuple[int, ...] = ()
        self.ends_short = False
        try:
            self._count(check)
        except BaseException:
            self.close()
            raise

    def rows(self) -> Iterator[list[str]]:
        """The rows in the order sent, each with a cell for every column; without those that are `unreadable`."""
        width = len(self.columns)
        for row in self._lines():
            if len(row) == width:
                yield row
            elif not any(row[width:]):
                yield (row + [""] * width)[:width]

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _count(self, check: Callable[[], None]) -> None:
        odd: list[int] = []
        try:
            for row in self._lines():
                width = len(self.columns)
                self.row_count += 1
                self.ends_short = len(row) < width
                is_unreadable = any(row[width:])
                if self.ends_short or is_unreadable:
                    self.ragged += 1
                    self.unreadable += is_unreadable
                    if len(odd) < ROW_NUMBERS_KEPT:
                        odd.append(self.row_count)
                if self.row_count % ROWS_BETWEEN_CHECKS == 0:
                    check()
        except (csv.Error, UnicodeDecodeError):
            raise not_csv() from None
        self.odd_rows = tuple(odd)

    def _lines(self) -> Iterator[list[str]]:
        """The rows after the header; blank lines are no rows. Sets `columns`."""
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        try:
            reader = csv.reader(text)
            header = next((row for row in reader if any(cell.strip() for cell in row)), None)
            if header is None:
                return
            if header[0].lstrip()[:1] in ("{", "[", "<"):
                raise not_csv()
            self.columns = tuple(cell.strip() for cell in header)
            for row in reader:
                is_blank = not row or (len(row) == 1 < len(header) and not row[0].strip())
                if not is_blank:
                    yield row
        finally:
            text.detach()


def not_csv() -> UnexpectedAnswer:
    """The error for a report that is none."""
    return UnexpectedAnswer(
        "Gladly's report is not a CSV table.", "Run it again; if it stays, report it to Gladly Support."
    )
