"""Channels over time, and from the first to the last one."""

from __future__ import annotations

import pandas as pd

from gladly_tools.insights.columns import CREATED, FIRST_CHANNEL, LAST_CHANNEL, QUARTER, WALL
from gladly_tools.results.query import Query
from gladly_tools.results.sql import filled
from gladly_tools.results.table import Table


def first_to_last(table: Table, query: Query) -> pd.DataFrame:
    """`first`, `last` (channels, None for empty), `rows`; the most frequent pair first."""
    return table.frame(
        f"SELECT {filled(FIRST_CHANNEL)} AS first, {filled(LAST_CHANNEL)} AS last, count(*) AS rows"
        " FROM rows GROUP BY ALL ORDER BY rows DESC, first, last",
        query,
    )


def members_over_time(table: Table, query: Query, zone: str, cell: str, *, unit: str) -> pd.DataFrame:
    """`day` (a date in the zone: itself, or its Monday when `unit` is `week`), `member`, `rows`; not those with none.

    `cell` is the member of a row, as SQL; None for empty.
    """
    frame = table.frame(
        f"""
        , quarters AS (SELECT {QUARTER} AS quarter, {cell} AS member, count(*) AS rows
                       FROM rows WHERE "{CREATED}" IS NOT NULL GROUP BY ALL)
        SELECT CAST(date_trunc($unit, {WALL}) AS DATE) AS day, member,
               CAST(sum(rows) AS BIGINT) AS rows
        FROM quarters GROUP BY ALL ORDER BY ALL
        """,
        query,
        {"zone": zone, "unit": unit},
    )
    frame["day"] = pd.to_datetime(frame["day"])
    return frame
