"""The same questions in pandas: the columns that each needs, and the answer from a frame that has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.questions import (
    FROM,
    GROUPS,
    LEAST_SECONDS,
    MOST_SECONDS,
    PAGE,
    SEARCH,
    SECONDS,
    STATUSES,
    TO,
    deep,
    ids,
    rounded,
)
from benchmarks.rows import ZONE
from gladly_tools.insights import HISTOGRAM_BINS, MOST_GROUPS

Answer = Callable[[Any], Any]


def _count(frame: Any) -> int:
    chosen = frame["Status"].isin(STATUSES) & (frame["Created At"] >= FROM) & (frame["Created At"] < TO)
    return int((chosen & frame[SECONDS].between(LEAST_SECONDS, MOST_SECONDS)).sum())


def _search(frame: Any) -> int:
    found = None
    for name in frame.columns:
        if str(frame[name].dtype) == "str":
            here = frame[name].str.lower().str.contains(SEARCH.search, regex=False, na=False)
            found = here if found is None else found | here
    return 0 if found is None else int(found.sum())


def _sorted(frame: Any, offset: int) -> list[str]:
    ordered = frame.sort_values(SECONDS, ascending=False, kind="stable", na_position="last")
    return ids(ordered.iloc[offset : offset + PAGE])


def _figures(frame: Any) -> list[float]:
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


def _days(frame: Any) -> list[list[Any]]:
    days = frame["Created At"].dropna().dt.tz_convert(ZONE).dt.tz_localize(None).dt.floor("D")
    counted = days.value_counts().sort_index().asfreq("D", fill_value=0)
    return rounded(counted.rename_axis("day").reset_index())


def _mix(frame: Any) -> list[list[Any]]:
    counted = frame["First Channel"].fillna("(none)").value_counts()
    mix = counted.rename_axis("channel").reset_index(name="conversations")
    mix["share"] = mix["conversations"] / mix["conversations"].sum()
    return rounded(mix.sort_values(["conversations", "channel"], ascending=[False, True]))


def _distribution(frame: Any) -> list[list[Any]]:
    minutes = frame[SECONDS].dropna() / 60
    p99 = minutes.quantile(0.99)
    width = max(p99 / HISTOGRAM_BINS, 0.1)
    bins = (minutes // width).clip(upper=HISTOGRAM_BINS - 1).mask(minutes > p99, HISTOGRAM_BINS)
    found = bins.astype(int).value_counts().sort_index().rename_axis("bin").reset_index(name="conversations")
    found["beyond"] = found["bin"] == HISTOGRAM_BINS
    found["from_minutes"] = (found["bin"] * width).mask(found["beyond"], p99)
    found["to_minutes"] = ((found["bin"] + 1) * width).mask(found["beyond"], minutes.max())
    return rounded(found[["from_minutes", "to_minutes", "conversations", "beyond"]])


def _by(frame: Any, column: str) -> list[list[Any]]:
    known = frame[frame[SECONDS].notna()]
    grouped = (known[SECONDS] / 60).groupby(known[column].fillna("(none)"))
    found = grouped.agg(["count", "median", lambda cells: cells.quantile(0.9)])
    found.columns = ["conversations", "median_minutes", "p90_minutes"]
    found = found.rename_axis("member").reset_index()
    return rounded(found.sort_values(["conversations", "member"], ascending=[False, True]).head(MOST_GROUPS))


PANDAS: Mapping[str, tuple[tuple[str, ...] | None, Answer]] = {
    "count with three filters": (("Status", "Created At", SECONDS), _count),
    "count with a search of all text": (None, _search),
    "first page, sorted": (None, lambda frame: _sorted(frame, 0)),
    "deep page, sorted": (None, lambda frame: _sorted(frame, deep(len(frame)))),
    "deep page, as stored": (None, lambda frame: ids(frame.iloc[deep(len(frame)) :].head(PAGE))),
    "chart: headline figures": ((SECONDS, "Customer ID", "Is FCR Eligible", "Is FCR Success"), _figures),
    "chart: conversations per day": (("Created At",), _days),
    "chart: channel mix": (("First Channel",), _mix),
    "chart: handle time distribution": ((SECONDS,), _distribution),
    **{
        f"chart: handle time by {name.lower()}": (
            (SECONDS, column),
            partial(_by, column=column),
        )
        for name, column in GROUPS.items()
    },
}
"""By the question: the columns to read (None for all), and the answer."""
