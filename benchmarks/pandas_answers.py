"""The same questions in pandas: the columns that each needs, and the answer from a frame that has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.questions import (
    AS_OF,
    FIRST_CLOSED,
    FROM,
    INBOX,
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
from gladly_tools.exports.conversation_report import CUSTOMER
from gladly_tools.insights import AGES, GROUPINGS
from gladly_tools.insights.columns import MOST_GROUPS, OPEN
from gladly_tools.insights.times import MOST_BINS, WIDTHS

Answer = Callable[[Any], Any]
OTHERS = "\0 others"


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


def _names(frame: Any) -> list[tuple[str, str]]:
    page = frame[CUSTOMER].head(PAGE)
    counted = frame[frame[CUSTOMER].isin(page)].groupby([CUSTOMER, "Name"]).size().reset_index(name="rows")
    usual = counted.sort_values(["rows", "Name"], ascending=[False, True]).drop_duplicates(CUSTOMER)
    return sorted(zip(usual[CUSTOMER], usual["Name"], strict=True))


def _figures(frame: Any) -> list[float]:
    seconds = frame[SECONDS]
    eligible = frame["Is FCR Eligible"].fillna(False).astype(bool)
    success = eligible & frame["Is FCR Success"].fillna(False).astype(bool)
    reopened = frame["Times Reopened"].dropna()
    values = (
        len(frame),
        frame["Customer ID"].nunique(),
        (frame["Status"] == OPEN).sum(),
        seconds.count(),
        seconds.median(),
        seconds.quantile(0.9),
        eligible.sum(),
        success.sum() / max(eligible.sum(), 1),
        len(reopened),
        (reopened > 0).mean(),
    )
    return [round(float(value), 4) for value in values]


def _days(frame: Any) -> list[list[Any]]:
    days = frame["Created At"].dropna().dt.tz_convert(ZONE).dt.tz_localize(None).dt.floor("D")
    counted = days.value_counts().sort_index().asfreq("D", fill_value=0)
    return rounded(counted.rename_axis("day").reset_index())


def _counts(frame: Any, column: str) -> list[list[Any]]:
    counted = frame[column].value_counts(dropna=False).rename_axis("member").reset_index(name="rows")
    return rounded(_busiest_first(counted).head(MOST_GROUPS))


def _busiest_first(frame: Any) -> Any:
    return frame.sort_values(["rows", "member"], ascending=[False, True], na_position="last")


def _spread(frame: Any, column: str) -> list[Any]:
    seconds = frame[column].dropna()
    p99 = int(np.quantile(np.floor(seconds), 0.99, method="inverted_cdf"))
    width = next((width for width in WIDTHS if p99 // width < MOST_BINS), WIDTHS[-1])
    last = p99 // width
    found = (seconds // width).clip(upper=last + 1).astype(int).value_counts().sort_index()
    found = found.reindex(range(found.index.max() + 1), fill_value=0).rename_axis("bin").reset_index(name="rows")
    found["low"] = found["bin"] * float(width)
    found["high"] = (found["low"] + width).mask(found["bin"] > last, seconds.max())
    return [
        rounded(found[["low", "high", "rows"]]),
        bool((found["bin"] > last).any()),
        round(seconds.median(), 4),
        round(seconds.quantile(0.9), 4),
    ]


def _by(frame: Any, group: str) -> list[list[Any]]:
    column = GROUPINGS[group].column
    known = frame[frame[SECONDS].notna()].rename(columns={column: "member"})
    busiest = list(_busiest_first(known["member"].value_counts(dropna=False).reset_index(name="rows"))["member"])
    shown = busiest[:MOST_GROUPS]
    known["member"] = known["member"].where(known["member"].isin(shown), OTHERS)
    grouped = known.groupby("member", dropna=False)[SECONDS]
    found = grouped.agg(["count", "sum", "median", lambda cells: cells.quantile(0.9)])
    found.columns = ["rows", "total", "median", "p90"]
    others = [OTHERS] if len(busiest) > len(shown) else []
    found = found.reindex([*shown, *others]).reset_index()
    found["member"] = found["member"].astype(object).mask(found["member"] == OTHERS, None)
    return rounded(found[["member", "rows", "total", "median", "p90"]])


def _weeks(frame: Any) -> list[list[Any]]:
    weeks = _monday(frame["Created At"].dropna())
    return rounded(weeks.value_counts().sort_index().asfreq("7D", fill_value=0).rename_axis("day").reset_index())


def _monday(times: Any) -> Any:
    days = times.dt.tz_convert(ZONE).dt.tz_localize(None).dt.floor("D")
    return days - pd.to_timedelta(days.dt.weekday, unit="D")


def _hours(frame: Any) -> list[list[Any]]:
    local = frame["Created At"].dropna().dt.tz_convert(ZONE)
    counted = pd.crosstab(local.dt.weekday + 1, local.dt.hour).reindex(
        index=range(1, 8), columns=range(24), fill_value=0
    )
    return rounded(
        counted.rename_axis("weekday").melt(ignore_index=False).reset_index().sort_values(["weekday", "Created At"])
    )


def _channels(frame: Any) -> list[list[Any]]:
    found = frame.groupby([_monday(frame["Created At"]), frame["First Channel"]], dropna=False).size()
    return rounded(found.reset_index())


def _pairs(frame: Any) -> list[list[Any]]:
    found = frame.groupby(["First Channel", "Last Channel"], dropna=False).size().reset_index(name="rows")
    return rounded(found.sort_values(["rows", "First Channel", "Last Channel"], ascending=[False, True, True]))


def _shares(frame: Any, *, whole: Callable[[Any], Any], part: Callable[[Any], Any]) -> list[list[Any]]:
    known = frame[whole(frame)]
    found = part(known).groupby(known[INBOX.column], dropna=False).agg(["size", "sum"]).reset_index()
    found.columns = ["member", "rows", "part"]
    return rounded(_busiest_first(found))


def _truths(column: Any) -> Any:
    return column.fillna(False).astype(bool)


def _items(frame: Any) -> Any:
    """One row a conversation and topic; the big result's topics have but one level."""
    items = frame["Topics with Hierarchy"].dropna().str.split(",").explode().str.strip()
    return items[items != ""].rename("topic")


def _topics(frame: Any) -> list[list[Any]]:
    items = _items(frame).reset_index().drop_duplicates()
    found = items["topic"].value_counts().sort_index().reset_index()
    return [*rounded_whole(found), ["", int(frame["Topics with Hierarchy"].isna().sum())]]


def rounded_whole(frame: Any) -> list[list[Any]]:
    """Names with whole numbers."""
    return [[str(name), int(count)] for name, count in frame.itertuples(index=False)]


def _placed(frame: Any) -> Any:
    items = _items(frame).reset_index().drop_duplicates().set_index("index")
    places = {name: place for place, name in enumerate(sorted(items["topic"].unique()))}
    return items["topic"].map(places).rename("place")


def _topics_over_time(frame: Any) -> list[list[Any]]:
    placed = _placed(frame)
    weeks = _monday(frame["Created At"]).reindex(placed.index)
    return rounded(placed.groupby([weeks, placed]).size().reset_index(name="rows"))


def _by_topic(frame: Any) -> list[list[Any]]:
    placed = _placed(frame)
    seconds = frame[SECONDS].reindex(placed.index)
    found = seconds.groupby(placed).agg(["count", "sum", "median", lambda cells: cells.quantile(0.9)])
    return sorted(rounded(found.reset_index()))


def _open_by_age(frame: Any) -> list[list[Any]]:
    created = frame.loc[frame["Status"] == OPEN, "Created At"]
    ends = [pd.Timedelta(-10_000, "D"), *[pd.Timedelta(age.most) for age in AGES[:-1]], pd.Timedelta(10_000, "D")]
    found = pd.cut(AS_OF - created, ends, labels=False).value_counts()
    return rounded(found.reindex(range(len(AGES)), fill_value=0).sort_index().reset_index())


def _open_by(frame: Any) -> list[list[Any]]:
    return _counts(frame[frame["Status"] == OPEN], INBOX.column)


def _load(frame: Any) -> list[list[Any]]:
    column = GROUPINGS["Agent"].column
    busiest = list(
        _busiest_first(frame[column].value_counts(dropna=False).rename_axis("member").reset_index(name="rows"))[
            "member"
        ]
    )
    shown = busiest[:MOST_GROUPS]
    member = frame[column].where(frame[column].isin(shown), OTHERS)
    found = pd.DataFrame(
        {
            "rows": member.groupby(member).size(),
            "open": (frame["Status"] == OPEN).groupby(member).sum(),
            "handled": frame[SECONDS].groupby(member).sum(),
        }
    )
    others = [OTHERS] if len(busiest) > len(shown) else []
    found = found.reindex([*shown, *others]).reset_index(names="member")
    found["member"] = found["member"].astype(object).mask(found["member"] == OTHERS, None)
    return rounded(found)


PANDAS: Mapping[str, tuple[tuple[str, ...] | None, Answer]] = {
    "count with three filters": (("Status", "Created At", SECONDS), _count),
    "count with a search of all text": (None, _search),
    "first page, sorted": (None, lambda frame: _sorted(frame, 0)),
    "deep page, sorted": (None, lambda frame: _sorted(frame, deep(len(frame)))),
    "deep page, as stored": (None, lambda frame: ids(frame.iloc[deep(len(frame)) :].head(PAGE))),
    "names of a page's customers": ((CUSTOMER, "Name"), _names),
    "chart: headline figures": (
        (SECONDS, "Customer ID", "Is FCR Eligible", "Is FCR Success", "Status", "Times Reopened"),
        _figures,
    ),
    "chart: conversations per day": (("Created At",), _days),
    "chart: channel mix": (("First Channel",), partial(_counts, column="First Channel")),
    "chart: handle time distribution": ((SECONDS,), partial(_spread, column=SECONDS)),
    "chart: creation to first close, distribution": ((FIRST_CLOSED,), partial(_spread, column=FIRST_CLOSED)),
    "chart: conversations per week": (("Created At",), _weeks),
    "chart: conversations by weekday and hour": (("Created At",), _hours),
    "chart: channel mix per week": (("Created At", "First Channel"), _channels),
    "chart: first to last channel": (("First Channel", "Last Channel"), _pairs),
    "chart: first contact resolution by inbox": (
        (INBOX.column, "Is FCR Eligible", "Is FCR Success"),
        partial(
            _shares,
            whole=lambda frame: _truths(frame["Is FCR Eligible"]),
            part=lambda frame: _truths(frame["Is FCR Success"]),
        ),
    ),
    "chart: reopened by inbox": (
        (INBOX.column, "Times Reopened"),
        partial(
            _shares,
            whole=lambda frame: frame["Times Reopened"].notna(),
            part=lambda frame: frame["Times Reopened"] > 0,
        ),
    ),
    "chart: topics": (("Topics with Hierarchy",), _topics),
    "chart: topics per week": (("Topics with Hierarchy", "Created At"), _topics_over_time),
    "chart: handle time by topic": (("Topics with Hierarchy", SECONDS), _by_topic),
    "chart: open by age": (("Status", "Created At"), _open_by_age),
    "chart: open by inbox": (("Status", INBOX.column), _open_by),
    "chart: load by agent": (("Status", GROUPINGS["Agent"].column, SECONDS), _load),
    **{
        f"chart: handle time by {name.lower()}": ((SECONDS, grouping.column), partial(_by, group=name))
        for name, grouping in GROUPINGS.items()
    },
}
"""By the question: the columns to read (None for all), and the answer."""
