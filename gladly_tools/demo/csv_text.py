"""Rows as CSV in pieces of a bounded size."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_CHUNK_ROWS = 500


def csv_pieces(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """RFC 4180: CRLF, quotes where needed; pieces of a bounded number of rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for place, row in enumerate(rows, start=1):
        writer.writerow(row)
        if place % _CHUNK_ROWS == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
