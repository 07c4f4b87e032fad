"""How long it takes to check an uploaded list of 50,000 IDs, against merely reading it."""

from __future__ import annotations

import csv
import io
import random
import time
from collections.abc import Callable, Iterator

import openpyxl

from benchmarks.figure import Figure
from benchmarks.scale import Scale
from gladly_tools.bulk.id_file import check

ROWS = 50_000
MOST_SECONDS = 3.0
MOST_TIMES = 25.0
COLUMN = "conversationId"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"


def measure(scale: Scale) -> Iterator[Figure]:
    """CSV and XLSX; each is read `repeats` times, and the quickest counts."""
    chance = random.Random(7)
    rows = [["".join(chance.choices(_ALPHABET, k=22)), f"Note {number}, for somebody"] for number in range(ROWS)]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[COLUMN, "note"], *rows])
    data = text.getvalue().encode()
    plainly = quickest(lambda: sum(1 for _ in csv.reader(io.StringIO(data.decode(), newline=""))), scale.repeats)
    checked = quickest(lambda: check(data, column=COLUMN).to_do, scale.repeats)
    yield _figure("CSV", "time to check / 3 s", checked / MOST_SECONDS, 1.0, f"{checked * 1000:.0f} ms")
    yield _figure(
        "CSV", "time to check / time to read with the csv module", checked / plainly, MOST_TIMES,
        f"{checked * 1000:.0f} ms / {plainly * 1000:.0f} ms",
    )  # fmt: skip
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in ([COLUMN, "note"], *rows):
        sheet.append(row)
    package = io.BytesIO()
    book.save(package)
    seconds = quickest(lambda: check(package.getvalue(), column=COLUMN).to_do, scale.repeats)
    yield _figure("XLSX", "time to check / 3 s", seconds / MOST_SECONDS, 1.0, f"{seconds * 1000:.0f} ms")


def _figure(what: str, of: str, ratio: float, most: float, detail: str) -> Figure:
    return Figure(subject="bulk_file", what=f"{what} of {ROWS:,} IDs", of=of, ratio=ratio, most=most, detail=detail)


def quickest(read: Callable[[], int], repeats: int) -> float:
    """Seconds of the quickest of some readings."""
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        assert read() >= ROWS
        best = min(best, time.perf_counter() - started)
    return best
