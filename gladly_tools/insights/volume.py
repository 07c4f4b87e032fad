"""How many conversations were created when, by days, weeks and hours of the week in a zone."""

from __future__ import annotations

import pandas as pd

from gladly_tools.insights.columns import CREATED, QUARTER, WALL
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table

_QUARTERS = f"""
, quarters AS (SELECT {QUARTER} AS quarter, count(*) AS rows FROM rows WHERE "{CREATED}" IS NOT NULL GROUP BY quarter),
local AS (SELECT {WALL} AS wall, rows FROM quarters)
"""
HOURS = tuple(range(24))
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def per_day(table: Table, query: Query, zone: str) -> pd.DataFrame:
    """`day` (a date in the zone), `rows`; every day between the first and the last is there."""
    return _every(
        table.frame(
            f"{_QUARTERS} SELECT CAST(wall AS DATE) AS day, CAST(sum(rows) AS BIGINT) AS rows"
            " FROM local GROUP BY day ORDER BY day",
            query,
            {"zone": zone},
        ),
        "D",
    )


def per_week(table: Table, query: Query, zone: str) -> pd.DataFrame:
    """`day` (the Monday, a date in the zone), `rows`; every week between the first and the last is there."""
    return _every(
        table.frame(
            f"{_QUARTERS} SELECT CAST(date_trunc('week', wall) AS DATE) AS day, CAST(sum(rows) AS BIGINT) AS rows"
            " FROM local GROUP BY day ORDER BY day",
            query,
            {"zone": zone},
        ),
        "7D",
    )


def per_hour_of_week(table: Table, query: Query, zone: str) -> pd.DataFrame:
    """`weekday` (1 for Monday to 7), `hour` (0 to 23 on the clock of the zone), `rows`; all 168, or none at all."""
    frame = table.frame(
        f"{_QUARTERS} SELECT isodow(wall) AS weekday, hour(wall) AS hour, CAST(sum(rows) AS BIGINT) AS rows"
        " FROM local GROUP BY ALL ORDER BY ALL",
        query,
        {"zone": zone},
    )
    if frame.empty:
        return frame
    every = pd.MultiIndex.from_product([range(1, 8), HOURS], names=["weekday", "hour"])
    return frame.set_index(["weekday", "hour"]).reindex(every, fill_value=0).reset_index()


def _every(frame: pd.DataFrame, step: str) -> pd.DataFrame:
    if frame.empty:
        return frame
    frame["day"] = pd.to_datetime(frame["day"])
    days = pd.date_range(frame["day"].min(), frame["day"].max(), freq=step, name="day")
    return frame.set_index("day").reindex(days, fill_value=0).reset_index()
