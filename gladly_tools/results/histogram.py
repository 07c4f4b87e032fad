"""Bins of one width over a span of values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Bin:
    """How many rows have a value from `low` up to, but not including, `high`; the last bin includes it."""

    low: int | float | datetime
    high: int | float | datetime
    rows: int


def bin_edges(low: float, high: float, usual: float, *, bins: int, whole: bool) -> list[int | float]:
    """The edges of at most so many bins from `low` to `usual`, of one width, the last one reaching to `high`.

    `whole` values have whole edges. All edges differ but where all values are one: then there is one bin.
    """
    span = usual - low
    if whole:
        width: float = max(1, math.ceil((span + 1) / bins))
    else:
        width = span / bins
    if width <= 0 or not math.isfinite(width) or low + width == low:
        return [low, high if high > low else low + 1]
    count = min(bins, int((span + 1) // width) + ((span + 1) % width > 0)) if whole else bins
    edges: list[int | float] = [low + width * number for number in range(count + 1)]
    # What is whole and last is in the bin that begins at or before it, so an edge beyond it is no gap.
    edges[-1] = max(edges[-1], high)
    return edges
