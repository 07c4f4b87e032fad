"""How large a run is: the full one, or a quick look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is measured.

    `pacing_seconds` a scenario, after `settling_seconds` in which the client learns what there is; `rows` of the big
    result; `row_cap_days` of conversations; `conversations` whose custom attributes are read; each query is timed
    `repeats` times, and the quickest counts; `bulk_rows` conversations are closed.
    """

    pacing_seconds: float
    settling_seconds: float
    rows: int
    row_cap_days: int
    conversations: int
    repeats: int
    bulk_rows: int


FULL = Scale(
    pacing_seconds=60.0,
    settling_seconds=0.0,
    rows=1_000_000,
    row_cap_days=60,
    conversations=10_000,
    repeats=3,
    bulk_rows=10_000,
)
QUICK = Scale(
    pacing_seconds=14.0,
    settling_seconds=6.0,
    rows=100_000,
    row_cap_days=20,
    conversations=300,
    repeats=2,
    bulk_rows=150,
)
