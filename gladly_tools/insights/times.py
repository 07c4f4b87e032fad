"""How durations are spread: of handling, and from creation to the first and the last close."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from gladly_tools.insights.columns import seconds_of
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table

MOST_BINS = 40
WIDTHS = tuple(
    [1, 2, 5, 10, 15, 30]
    + [60 * minutes for minutes in (1, 2, 5, 10, 15, 30)]
    + [3600 * hours for hours in (1, 2, 4, 6, 12)]
    + [86_400 * days for days in (1, 2, 4, 7, 14, 28)]
)
"""Seconds that a bin may be wide, all as people would cut them."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How a duration is spread.

    `bins` has `low` and `high` (seconds, the higher end not included) and `rows`; equal bins, one after another, up to
    where 99 in 100 are, and one more for the longest, whose high end is the very longest and belongs to it. `beyond`
    says that there is that one.
    """

    bins: pd.DataFrame
    beyond: bool
    rows: int
    median: float | None
    p90: float | None


def spread(table: Table, query: Query, column: str) -> Spread:
    """How the duration in this column is spread over the rows that have one.

    Counted by its different values first, so that a million rows are gone through but once.
    """
    seconds = seconds_of(column)
    frame = table.frame(
        f"SELECT {seconds} AS seconds, count(*) AS rows FROM rows WHERE {seconds} IS NOT NULL GROUP BY seconds", query
    )
    if frame.empty:
        return Spread(bins=_bins([], [], []), beyond=False, rows=0, median=None, p90=None)
    order = np.argsort(frame["seconds"].to_numpy(np.float64), kind="stable")
    value = frame["seconds"].to_numpy(np.float64)[order]
    rows = frame["rows"].to_numpy(np.int64)[order]
    until = np.cumsum(rows)
    median, p90 = _quantile(value, until, 0.5), _quantile(value, until, 0.9)
    second = np.floor(value).astype(np.int64)
    total, least = int(rows.sum()), int(second[0])
    # Where 99 in 100 are, to the second; what is longer, if it does not fit the bins anyway, is the longest.
    p99 = int(second[np.searchsorted(until, 0.99 * total)])
    start = min(0, least)
    width = next((width for width in WIDTHS if (p99 - start) // width < MOST_BINS), WIDTHS[-1])
    start = start // width * width
    last = max((p99 - start) // width, 0)
    places = np.minimum((second - start) // width, last + 1)
    found = np.bincount(places, weights=rows, minlength=last + 1).astype(np.int64)
    low = start + width * np.arange(len(found))
    high = (low + width).astype(float)
    beyond = len(found) == last + 2
    if beyond:
        high[-1] = float(value[-1])
    return Spread(bins=_bins(low, high, found), beyond=beyond, rows=total, median=median, p90=p90)


def _quantile(values: np.ndarray[Any, Any], until: np.ndarray[Any, Any], share: float) -> float:
    """Between the two nearest in proportion; `until` counts the rows up to and with each value, ascending."""
    place = share * (int(until[-1]) - 1)
    low, high = (float(values[np.searchsorted(until, index, side="right")]) for index in (int(place), ceil(place)))
    return low + (high - low) * (place - int(place))


def _bins(low: object, high: object, rows: object) -> pd.DataFrame:
    return pd.DataFrame({"low": low, "high": high, "rows": rows}).astype({"low": float, "high": float, "rows": "int64"})
