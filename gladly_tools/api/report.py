"""A report as it came: a CSV in a temporary file, read by the row."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import IO

from gladly_tools.errors import UnexpectedAnswer

# A cell may be as long as memory allows; the default of 128 kB would fail on a long list of topics.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


class Report:
    """One CSV report. Close it, or use it in a `with`, to delete its file.

    `columns` is empty when Gladly sent nothing at all, which means no rows. `ragged` counts the rows whose number of
    cells does not fit the header: a short one is filled with empty cells, the surplus of a long one is left out.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.columns: tuple[str, ...] = ()
        self.row_count = 0
        self.ragged = 0
        try:
            self._count()
        except BaseException:
            self.close()
            raise

    def rows(self) -> Iterator[list[str]]:
        """The rows in the order sent, each with a cell for every column."""
        width = len(self.columns)
        for row in self._lines():
            yield row if len(row) == width else (row + [""] * width)[:width]

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _count(self) -> None:
        try:
            for row in self._lines():
                self.row_count += 1
                self.ragged += len(row) != len(self.columns)
        except (csv.Error, UnicodeDecodeError):
            raise not_csv() from None

    def _lines(self) -> Iterator[list[str]]:
        """The rows after the header; blank lines are no rows. Sets `columns`."""
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        try:
            reader = csv.reader(text, strict=True)
            header = next((row for row in reader if any(cell.strip() for cell in row)), None)
            if header is None:
                return
            if len(header) == 1 and header[0].lstrip()[:1] in ("{", "[", "<"):
                raise not_csv()
            self.columns = tuple(cell.strip() for cell in header)
            yield from (row for row in reader if row)
        finally:
            text.detach()


def not_csv() -> UnexpectedAnswer:
    """The error for a report that is none."""
    return UnexpectedAnswer(
        "Gladly's report is not a CSV table.", "Run it again; if it stays, report it to Gladly Support."
    )
