"""The figures behind the charts of contact information: aggregated by the engine over the filtered rows.

Every function takes the table, the query whose rows count, and gives a small frame. Handle times are in minutes.
Rows without a handle time are left out of handle-time figures, and every frame says how many rows it is made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gladly_tools.results.query import Query
from gladly_tools.results.table import Table

HANDLE_TIME = '"Conversation Handle Time in seconds"'
GROUPS = {
    "Inbox": '"Inbox Name - Current"',
    "Agent": '"Assigned Agent Name - Current"',
    "Channel": '"First Channel"',
}
HISTOGRAM_BINS = 30
MOST_GROUPS = 15


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The headline figures; None where there is nothing to go by. Shares run from 0 to 1."""

    conversations: int
    customers: int
    with_handle_time: int
    median_minutes: float | None
    p90_minutes: float | None
    fcr_eligible: int
    fcr_rate: float | None


def figures(table: Table, query: Query) -> Figures:
    """The headline figures of the filtered conversations."""
    row = table.frame(
        f"""
        SELECT count(*) AS conversations, count(DISTINCT "Customer ID") AS customers,
               count({HANDLE_TIME}) AS with_handle_time,
               median({HANDLE_TIME}) / 60 AS median_minutes, quantile_cont({HANDLE_TIME}, 0.9) / 60 AS p90_minutes,
               count(*) FILTER (WHERE "Is FCR Eligible") AS fcr_eligible,
               count(*) FILTER (WHERE "Is FCR Eligible" AND "Is FCR Success") AS fcr_success
        FROM rows
        """,
        query,
    ).iloc[0]
    eligible = int(row["fcr_eligible"])
    return Figures(
        conversations=int(row["conversations"]),
        customers=int(row["customers"]),
        with_handle_time=int(row["with_handle_time"]),
        median_minutes=_number(row["median_minutes"]),
        p90_minutes=_number(row["p90_minutes"]),
        fcr_eligible=eligible,
        fcr_rate=int(row["fcr_success"]) / eligible if eligible else None,
    )


def conversations_per_day(table: Table, query: Query, zone: str) -> pd.DataFrame:
    """`day` (a date in the zone), `conversations`; every day between the first and the last is there.

    Counted by the quarter hour first, as no zone's day begins within one: far fewer times to convert.
    """
    frame = table.frame(
        """
        , quarters AS (SELECT epoch_us("Created At") // 900000000 AS quarter, count(*) AS conversations
                      FROM rows WHERE "Created At" IS NOT NULL GROUP BY quarter)
        SELECT CAST(timezone($zone, make_timestamptz(quarter * 900000000)) AS DATE) AS day,
               CAST(sum(conversations) AS BIGINT) AS conversations
        FROM quarters GROUP BY day ORDER BY day
        """,
        query,
        {"zone": zone},
    )
    if frame.empty:
        return frame
    frame["day"] = pd.to_datetime(frame["day"])
    days = pd.date_range(frame["day"].min(), frame["day"].max(), name="day")
    return frame.set_index("day").reindex(days, fill_value=0).reset_index()


def channel_mix(table: Table, query: Query) -> pd.DataFrame:
    """`channel` (of the first contact), `conversations`, `share` of 1; the most frequent first."""
    return table.frame(
        """
        SELECT coalesce("First Channel", '(none)') AS channel, count(*) AS conversations,
               count(*) / sum(count(*)) OVER () AS share
        FROM rows GROUP BY channel ORDER BY conversations DESC, channel
        """,
        query,
    )


def handle_time_distribution(table: Table, query: Query) -> pd.DataFrame:
    """`from_minutes`, `to_minutes`, `conversations`, `beyond`, in equal bins up to the 99th percentile.

    What is longer than that is in one more bin, the last, where `beyond` is true.
    """
    return table.frame(
        f"""
        , known AS MATERIALIZED (SELECT {HANDLE_TIME} / 60 AS minutes FROM rows WHERE {HANDLE_TIME} IS NOT NULL),
        size AS (SELECT quantile_cont(minutes, 0.99) AS p99, max(minutes) AS most FROM known),
        width AS (SELECT *, greatest(p99 / {HISTOGRAM_BINS}, 0.1) AS minutes FROM size),
        bins AS (SELECT CASE WHEN known.minutes > width.p99 THEN {HISTOGRAM_BINS}
                        ELSE least(CAST(floor(known.minutes / width.minutes) AS INTEGER), {HISTOGRAM_BINS} - 1)
                        END AS bin,
                        count(*) AS conversations
                 FROM known, width GROUP BY bin)
        SELECT CASE WHEN bin = {HISTOGRAM_BINS} THEN p99 ELSE bin * width.minutes END AS from_minutes,
               CASE WHEN bin = {HISTOGRAM_BINS} THEN most ELSE (bin + 1) * width.minutes END AS to_minutes,
               conversations, bin = {HISTOGRAM_BINS} AS beyond
        FROM bins, width ORDER BY bin
        """,
        query,
    )


def handle_time_by(table: Table, query: Query, group: str) -> pd.DataFrame:
    """`member`, `conversations`, `median_minutes`, `p90_minutes` for the groups with the most conversations.

    `group` is a key of `GROUPS`; at most `MOST_GROUPS` groups, the busiest first.
    """
    return table.frame(
        f"""
        SELECT coalesce({GROUPS[group]}, '(none)') AS member, count(*) AS conversations,
               median({HANDLE_TIME}) / 60 AS median_minutes, quantile_cont({HANDLE_TIME}, 0.9) / 60 AS p90_minutes
        FROM rows WHERE {HANDLE_TIME} IS NOT NULL
        GROUP BY member ORDER BY conversations DESC, member LIMIT {MOST_GROUPS}
        """,
        query,
    )


def group_count(table: Table, query: Query, group: str) -> int:
    """How many groups there are in all, of which `handle_time_by` gives the busiest."""
    frame = table.frame(
        f"SELECT count(DISTINCT coalesce({GROUPS[group]}, '(none)')) AS n FROM rows WHERE {HANDLE_TIME} IS NOT NULL",
        query,
    )
    return int(frame["n"].iloc[0])


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]  # a cell of a frame
