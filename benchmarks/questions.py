"""The questions that the result view asks of a result, each by name: what the portal does for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.rows import SEARCHED, ZONE
from gladly_tools.exports.contact_information import KEY
from gladly_tools.insights import (
    HISTOGRAM_BINS,
    MOST_GROUPS,
    channel_mix,
    conversations_per_day,
    figures,
    handle_time_by,
    handle_time_distribution,
)
from gladly_tools.results.query import Condition, Operator, Query, Sort
from gladly_tools.results.table import Table

PAGE = 100
SECONDS = "Conversation Handle Time in seconds"
FROM, TO = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
STATUSES = ("OPEN", "WAITING")
LEAST_SECONDS, MOST_SECONDS = 600, 1800

FILTER = Query(
    conditions=(
        Condition(column="Status", operator=Operator.ONE_OF, values=STATUSES),
        Condition(column="Created At", operator=Operator.BETWEEN, values=(FROM, TO)),
        Condition(column=SECONDS, operator=Operator.BETWEEN, values=(LEAST_SECONDS, MOST_SECONDS)),
    )
)
SEARCH = Query(search=SEARCHED.lower())
SORTED = Query(sort=(Sort(column=SECONDS, descending=True),))
ALL = Query()

GROUPS = {
    "Inbox": "Inbox Name - Current",
    "Agent": "Assigned Agent Name - Current",
    "Channel": "First Channel",
}


def _ids(frame: Any) -> list[str]:
    """What a page is known by."""
    return [str(cell) for cell in frame[KEY]]


def _rounded(frame: Any) -> list[list[Any]]:
    """A chart's figures, to be compared: numbers to four digits, everything else as text."""
    return [
        [round(float(cell), 4) if isinstance(cell, int | float) else str(cell) for cell in row]
        for row in frame.astype(object).itertuples(index=False)
    ]


def _deep(rows: int) -> int:
    return rows * 9 // 10


PORTAL: Mapping[str, Callable[[Table], Any]] = {
    "count with three filters": lambda table: table.count(FILTER),
    "count with a search of all text": lambda table: table.count(SEARCH),
    "first page, sorted": lambda table: _ids(table.page(SORTED, limit=PAGE)),
    "deep page, sorted": lambda table: _ids(table.page(SORTED, offset=_deep(table.rows), limit=PAGE)),
    "deep page, as stored": lambda table: _ids(table.page(ALL, offset=_deep(table.rows), limit=PAGE)),
    "chart: headline figures": lambda table: _figures(table),
    "chart: conversations per day": lambda table: _rounded(conversations_per_day(table, ALL, ZONE)),
    "chart: channel mix": lambda table: _rounded(channel_mix(table, ALL)),
    "chart: handle time distribution": lambda table: _rounded(handle_time_distribution(table, ALL)),
    **{
        f"chart: handle time by {name.lower()}": lambda table, name=name: _rounded(handle_time_by(table, ALL, name))  # type: ignore[misc]
        for name in GROUPS
    },
}


def _figures(table: Table) -> list[float]:
    found = figures(table, ALL)
    values = (
        found.conversations,
        found.customers,
        found.with_handle_time,
        found.median_minutes or 0.0,
        found.p90_minutes or 0.0,
        found.fcr_eligible,
        found.fcr_rate or 0.0,
    )
    return [round(float(value), 4) for value in values]


# --- the same in pandas: the columns that each question needs, and the answer from a frame that has them ---

Answer = Callable[[Any], Any]


def _pandas_count(frame: Any) -> int:
    chosen = frame["Status"].isin(STATUSES) & (frame["Created At"] >= FROM) & (frame["Created At"] < TO)
    return int((chosen & frame[SECONDS].between(LEAST_SECONDS, MOST_SECONDS)).sum())


def _pandas_search(frame: Any) -> int:
    found = None
    for name in frame.columns:
        if str(frame[name].dtype) == "str":
            here = frame[name].str.lower().str.contains(SEARCH.search, regex=False, na=False)
            found = here if found is None else found | here
    return 0 if found is None else int(found.sum())


def _pandas_sorted(frame: Any, offset: int) -> list[str]:
    ordered = frame.sort_values(SECONDS, ascending=False, kind="stable", na_position="last")
    return _ids(ordered.iloc[offset : offset + PAGE])


def _pandas_figures(frame: Any) -> list[float]:
    minutes = frame[SECONDS] / 60
    eligible = frame["Is FCR Eligible"].fillna(False).astype(bool)
    success = eligible & frame["Is FCR Success"].fillna(False).astype(bool)
    values = (
        len(frame),
        frame["Customer ID"].nunique(),
        minutes.count(),
        minutes.median(),
        minutes.quantile(0.9),
        eligible.sum(),
        success.sum() / max(eligible.sum(), 1),
    )
    return [round(float(value), 4) for value in values]


def _pandas_days(frame: Any) -> list[list[Any]]:
    days = frame["Created At"].dropna().dt.tz_convert(ZONE).dt.tz_localize(None).dt.floor("D")
    counted = days.value_counts().sort_index().asfreq("D", fill_value=0)
    return _rounded(counted.rename_axis("day").reset_index())


def _pandas_mix(frame: Any) -> list[list[Any]]:
    counted = frame["First Channel"].fillna("(none)").value_counts()
    mix = counted.rename_axis("channel").reset_index(name="conversations")
    mix["share"] = mix["conversations"] / mix["conversations"].sum()
    return _rounded(mix.sort_values(["conversations", "channel"], ascending=[False, True]))


def _pandas_distribution(frame: Any) -> list[list[Any]]:
    minutes = frame[SECONDS].dropna() / 60
    width = max(minutes.quantile(0.99) / HISTOGRAM_BINS, 0.1)
    bins = (minutes // width).clip(upper=HISTOGRAM_BINS).astype(int).value_counts().sort_index()
    found = bins.rename_axis("bin").reset_index(name="conversations")
    last = found["bin"] == HISTOGRAM_BINS
    found["from_minutes"] = found["bin"] * width
    found["to_minutes"] = ((found["bin"] + 1) * width).mask(last, minutes.max())
    return _rounded(found[["from_minutes", "to_minutes", "conversations"]])


def _pandas_by(frame: Any, column: str) -> list[list[Any]]:
    known = frame[frame[SECONDS].notna()]
    grouped = (known[SECONDS] / 60).groupby(known[column].fillna("(none)"))
    found = grouped.agg(["count", "median", lambda cells: cells.quantile(0.9)])
    found.columns = ["conversations", "median_minutes", "p90_minutes"]
    found = found.rename_axis("member").reset_index()
    return _rounded(found.sort_values(["conversations", "member"], ascending=[False, True]).head(MOST_GROUPS))


PANDAS: Mapping[str, tuple[tuple[str, ...] | None, Answer]] = {
    "count with three filters": (("Status", "Created At", SECONDS), _pandas_count),
    "count with a search of all text": (None, _pandas_search),
    "first page, sorted": (None, lambda frame: _pandas_sorted(frame, 0)),
    "deep page, sorted": (None, lambda frame: _pandas_sorted(frame, _deep(len(frame)))),
    "deep page, as stored": (None, lambda frame: _ids(frame.iloc[_deep(len(frame)) :].head(PAGE))),
    "chart: headline figures": ((SECONDS, "Customer ID", "Is FCR Eligible", "Is FCR Success"), _pandas_figures),
    "chart: conversations per day": (("Created At",), _pandas_days),
    "chart: channel mix": (("First Channel",), _pandas_mix),
    "chart: handle time distribution": ((SECONDS,), _pandas_distribution),
    **{
        f"chart: handle time by {name.lower()}": (
            (SECONDS, column),
            lambda frame, column=column: _pandas_by(frame, column),  # type: ignore[misc]
        )
        for name, column in GROUPS.items()
    },
}
"""By the question: the columns to read (None for all), and the answer."""
