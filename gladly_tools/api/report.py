"""A report as it came: a CSV in a temporary file, read by the row."""

from __future__ import annotations

import csv
import io
import itertools
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
    hundred of their numbers, from 1. `breaks_off` is True when the text ends before its last cell does.

    Columns may have the same name twice, and cells may hold anything, line ends and NUL included. Raises
    UnexpectedAnswer for what is no CSV, or no UTF-8: a replaced character would be a silent change of the data.
    """

    def __init__(self, file: IO[bytes], check: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self.columns: tuple[str, ...] = ()
        self.row_count = 0
        self.ragged = 0
        self.unreadable = 0
        self.odd_rows: tuple[int, ...] = ()
        self.breaks_off = False
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
                is_unreadable = any(row[width:])
                if len(row) < width or is_unreadable:
                    self.ragged += 1
                    self.unreadable += is_unreadable
                    if len(odd) < ROW_NUMBERS_KEPT:
                        odd.append(self.row_count)
                if self.row_count % ROWS_BETWEEN_CHECKS == 0:
                    check()
        except UnicodeDecodeError:
            raise UnexpectedAnswer(
                "Gladly's report holds bytes that are no text (UTF-8).",
                "Run it again; if it stays, report it to Gladly Support.",
            ) from None
        except csv.Error:
            raise not_csv() from None
        self.odd_rows = tuple(odd)

    def _lines(self) -> Iterator[list[str]]:
        """The rows after the header; blank lines are no rows. Sets `columns` and, at the end, `breaks_off`."""
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        is_over = False

        def end() -> Iterator[str]:
            nonlocal is_over
            is_over = True
            yield from ()

        try:
            reader = csv.reader(itertools.chain(text, end()))
            header = next((row for row in reader if any(cell.strip() for cell in row)), None)
            if header is None:
                return
            if header[0].lstrip()[:1] in ("{", "[", "<"):
                raise not_csv()
            self.columns = tuple(cell.strip() for cell in header)
            # The reader gives a row after looking beyond the last line only where a quoted cell was left open.
            self.breaks_off = is_over
            for row in reader:
                self.breaks_off = is_over
                is_blank = not row or (len(row) == 1 < len(header) and not row[0].strip())
                if not is_blank:
                    yield row
        finally:
            if not self._file.closed:
                text.detach()


def not_csv() -> UnexpectedAnswer:
    """The error for a report that is none."""
    return UnexpectedAnswer(
        "Gladly's report is not a CSV table.", "Run it again; if it stays, report it to Gladly Support."
    )
