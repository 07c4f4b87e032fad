"""What was open when the export was made: how old, and whose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from gladly_tools.insights.columns import CREATED, HANDLE_TIME, OPEN, STATUS, Grouping
from gladly_tools.insights.groups import Grouped, summed
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table

IS_OPEN = f"coalesce(\"{STATUS}\" = '{OPEN}', false)"


@dataclass(frozen=True, kw_only=True)
class Age:
    """A bucket of ages: more than `least`, up to `most`; None for no end."""

    name: str
    least: timedelta | None
    most: timedelta | None


def _ages() -> tuple[Age, ...]:
    ends = [timedelta(hours=4), *(timedelta(days=days) for days in (1, 3, 7, 14, 30))]
    names = ["under 4 hours", "4 to 24 hours", "1 to 3 days", "3 to 7 days", "7 to 14 days", "14 to 30 days"]
    buckets = [
        Age(name=name, least=least, most=most) for name, least, most in zip(names, [None, *ends], ends, strict=False)
    ]
    return (*buckets, Age(name="30 days and more", least=ends[-1], most=None))


AGES = _ages()


def open_by_age(table: Table, query: Query, as_of: datetime) -> pd.DataFrame:
    """`age` (a place in `AGES`, in order), `rows` open then; every age is there, or none when nothing is open."""
    counted = ", ".join(f"count(*) FILTER (WHERE {_within(place)}) AS age_{place}" for place, _ in enumerate(AGES))
    row = table.frame(
        f'SELECT {counted} FROM rows WHERE {IS_OPEN} AND "{CREATED}" IS NOT NULL',
        query,
        {f"end_{place}": as_of - age.most for place, age in enumerate(AGES) if age.most is not None},
    ).iloc[0]
    frame = pd.DataFrame({"age": range(len(AGES)), "rows": [int(row[f"age_{place}"]) for place in range(len(AGES))]})
    return frame if frame["rows"].sum() else frame.iloc[:0]


def _within(place: int) -> str:
    """Created in the stretch of an age; like every stretch of time, its end is not included."""
    tests = [f'"{CREATED}" >= $end_{place}'] if AGES[place].most is not None else []
    if place:
        tests.append(f'"{CREATED}" < $end_{place - 1}')
    return " AND ".join(tests)


def open_by(table: Table, query: Query, grouping: Grouping) -> Grouped:
    """`member`, `rows` open."""
    return summed(table, query, f"{grouping.cell} AS member", IS_OPEN, "")


def load_by(table: Table, query: Query, grouping: Grouping) -> Grouped:
    """`member`, `rows`, of them `open`, and their `handled` seconds in all (0 where nothing is known)."""
    return summed(
        table,
        query,
        f'{grouping.cell} AS member, {IS_OPEN} AS is_open, "{HANDLE_TIME}" AS seconds',
        "",
        "count(*) FILTER (WHERE is_open) AS open, coalesce(sum(seconds), 0) AS handled",
    )
