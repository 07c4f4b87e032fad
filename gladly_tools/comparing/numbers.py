"""How conversations changed between two periods: figures of each, in all and by group, worked out by the engine.

Handle times are in minutes, rates in percent. Every figure says of how many conversations it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gladly_tools.insights import TopicCells
from gladly_tools.insights.columns import CREATED, HANDLE_TIME, TOPICS, seconds_of
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.sql import quoted
from gladly_tools.results.table import Table

SMALL_GROUP = 5
PERCENT = "Change, % of before"
NOBODY = "(none)"
_HANDLE_TIME = seconds_of(HANDLE_TIME)

_CELL = f"coalesce({quoted(TOPICS)}, '')"

# Both quantiles in one, which the engine then works out once.
_QUANTILES = f"quantile_cont({_HANDLE_TIME}, [0.5, 0.9])"
_FIGURES: Mapping[str, str] = {
    "conversations": "count(*)",
    "with_handle_time": f"count({_HANDLE_TIME})",
    "median_minutes": f"{_QUANTILES}[1] / 60",
    "p90_minutes": f"{_QUANTILES}[2] / 60",
    "fcr_eligible": 'count(*) FILTER (WHERE "Is FCR Eligible")',
    "fcr_success": 'count(*) FILTER (WHERE "Is FCR Eligible" AND "Is FCR Success")',
    "with_reopened": 'count("Times Reopened")',
    "reopened": 'count(*) FILTER (WHERE "Times Reopened" > 0)',
}


@dataclass(frozen=True, kw_only=True)
class Period:
    """Conversations created on whole days in a zone, both included: the rows of a table that the query takes."""

    table: Table
    query: Query
    first: date
    last: date
    zone: str

    @property
    def days(self) -> int:
        """How many days it covers."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure that is compared, called `short` where there is little room.

    `of` is the figure that says of how many conversations it is made; `value` makes it of the figures that it `needs`.
    """

    label: str
    short: str
    unit: str
    of: str
    of_words: str
    needs: tuple[str, ...]
    value: Callable[[pd.DataFrame], Any]

    @property
    def is_rate(self) -> bool:
        """Whether it is in percent itself; its change is then told in points alone, as two percentages mislead."""
        return self.unit == "%"


def _rate(part: str, whole: str) -> Callable[[pd.DataFrame], Any]:
    return lambda frame: 100 * frame[part] / frame[whole].where(frame[whole] > 0)


CONVERSATIONS = Measure(
    label="Conversations",
    short="Conversations",
    unit="conversations",
    of="conversations",
    of_words="conversations",
    needs=(),
    value=lambda frame: frame["conversations"],
)
MEASURES: Sequence[Measure] = (
    CONVERSATIONS,
    Measure(
        label="Median handle time",
        short="Median handle time",
        unit="minutes",
        of="with_handle_time",
        of_words="with a handle time",
        needs=("median_minutes",),
        value=lambda frame: frame["median_minutes"],
    ),
    Measure(
        label="90th percentile of handle time",
        short="90th percentile",
        unit="minutes",
        of="with_handle_time",
        of_words="with a handle time",
        needs=("p90_minutes",),
        value=lambda frame: frame["p90_minutes"],
    ),
    Measure(
        label="First contact resolution",
        short="First contact resolution",
        unit="%",
        of="fcr_eligible",
        of_words="eligible",
        needs=("fcr_success",),
        value=_rate("fcr_success", "fcr_eligible"),
    ),
    Measure(
        label="Reopen rate",
        short="Reopen rate",
        unit="%",
        of="with_reopened",
        of_words="with a count of reopenings",
        needs=("reopened",),
        value=_rate("reopened", "with_reopened"),
    ),
)

TOPIC_GROUPS = ("Topic", "Top-level topic")
NAMED_BY_KEY = ("Channel", *TOPIC_GROUPS)
GROUPS: Mapping[str, tuple[str, str]] = {
    "Inbox": ('"Inbox ID - Current"', '"Inbox Name - Current"'),
    "Channel": ('"First Channel"', '"First Channel"'),
    "Topic": ("", ""),
    "Top-level topic": ("", ""),
    "Agent": ('"Assigned Agent ID - Current"', '"Assigned Agent Name - Current"'),
}
"""What conversations are grouped by: the column that tells groups apart, and the one with their names."""


def in_days(table: Table, first: date, last: date, zone: str) -> Period:
    """The conversations of a table that were created on these days."""
    start, end = (datetime.combine(day, time(), tzinfo=ZoneInfo(zone)) for day in (first, last + timedelta(days=1)))
    condition = Condition(column=CREATED, operator=Operator.BETWEEN, values=(start, end))
    return Period(table=table, query=Query(conditions=(condition,)), first=first, last=last, zone=zone)


def figures(period: Period, measures: Sequence[Measure] = MEASURES) -> pd.DataFrame:
    """One row, as `groups`, of all conversations of the period."""
    return period.table.frame(f"SELECT 'all' AS key, 'all' AS name, {_of(measures)} FROM rows", period.query)


def groups(period: Period, group: str, topics: TopicCells, measures: Sequence[Measure] = MEASURES) -> pd.DataFrame:
    """`key`, `name`, and the figures that measures are made of, of each group of conversations.

    `group` is a key of `GROUPS`; a conversation counts once in a topic. Those that belong to none have an empty key.
    """
    if group in TOPIC_GROUPS:
        return _by_topic(period, topics, _of(measures), whole=group == TOPIC_GROUPS[0])
    key, name = GROUPS[group]
    return period.table.frame(
        f"""
        , named AS (SELECT *, coalesce(nullif(trim({key}), ''), nullif(trim({name}), ''), '') AS group_key,
                           nullif(trim({name}), '') AS group_name FROM rows)
        SELECT group_key AS key,
               coalesce(arg_max(group_name, "{CREATED}"), max(group_name), nullif(group_key, ''), '{NOBODY}') AS name,
               {_of(measures)}
        FROM named GROUP BY group_key
        """,
        period.query,
    )


def _of(measures: Sequence[Measure]) -> str:
    """The figures in SQL: no more than the measures need, as each has to be read and worked out."""
    names = dict.fromkeys(name for measure in measures for name in ("conversations", measure.of, *measure.needs))
    return ", ".join(f"{_FIGURES[name]} AS {name}" for name in names)


def _by_topic(period: Period, topics: TopicCells, listed: str, *, whole: bool) -> pd.DataFrame:
    # Each different cell is taken apart once, however many conversations have it.
    texts = period.table.frame(f"SELECT DISTINCT {_CELL} AS text FROM rows", period.query)["text"]
    pairs = {
        (text, topic if whole else topics.path(topic)[0]) for text in texts for topic in topics.topics(text) or ("",)
    }
    members = sorted(pairs) or [("", "")]
    return period.table.frame(
        f"""
        , members AS (SELECT unnest($texts) AS text, unnest($topics) AS topic)
        SELECT topic AS key, coalesce(nullif(topic, ''), '{NOBODY}') AS name, {listed}
        FROM rows JOIN members ON {_CELL} = text GROUP BY topic
        """,
        period.query,
        {"texts": [text for text, _ in members], "topics": [topic for _, topic in members]},
    )


def joined(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Both sides' groups, `… before` and `… after`, by `key`; a `name` as it is now. Missing figures are missing."""
    both = before.merge(after, how="outer", on="key", suffixes=(" before", " after"))
    return both.assign(name=both["name after"].fillna(both["name before"]))


def changes(both: pd.DataFrame, measure: Measure, *, days: tuple[int, int] | None = None) -> pd.DataFrame:
    """What became of a measure in each group, the greatest change first.

    `key`, `name`, `before`, `after`, `change`, `percent` (of what it was before), `of_before` and `of_after`
    (conversations that each figure is made of), `state` ("", "new" or "gone") and `is_small` (made of fewer than
    `SMALL_GROUP` on a side where there are any). `days` divides numbers of conversations by those of their period.
    """
    sides = {}
    for place, side in enumerate(("before", "after")):
        names = {column: column.removesuffix(f" {side}") for column in both.columns if column.endswith(f" {side}")}
        of_side = both[list(names)].rename(columns=names).drop(columns="name").apply(pd.to_numeric).astype(float)
        counts = of_side["conversations"].fillna(0)
        of_side = of_side.fillna({"conversations": 0.0, measure.of: 0.0})
        value = measure.value(of_side).astype(float)
        if measure is CONVERSATIONS and days is not None:
            value = value / days[place]
        sides[side] = value, of_side[measure.of], counts
    (old, of_old, count_old), (new, of_new, count_new) = sides["before"], sides["after"]
    frame = pd.DataFrame(
        {
            "key": both["key"],
            "name": both["name"],
            "before": old,
            "after": new,
            "change": new - old,
            "percent": 100 * (new - old) / old.where(old > 0),
            "of_before": of_old.astype(int),
            "of_after": of_new.astype(int),
            "state": [
                "new" if not was else "gone" if not is_ else "" for was, is_ in zip(count_old, count_new, strict=True)
            ],
            "is_small": [any(0 < of < SMALL_GROUP for of in pair) for pair in zip(of_old, of_new, strict=True)],
        }
    )
    frame["size"] = frame["change"].abs()
    order = frame.sort_values(["size", "name", "key"], ascending=[False, True, True], na_position="last")
    return order.drop(columns="size").reset_index(drop=True)


def headline(before: Period, after: Period, *, per_day: bool = False) -> Mapping[str, Mapping[Any, Any]]:
    """The one row of `changes` of each measure over all conversations, by the measure's label."""
    both = joined(figures(before), figures(after))
    days = (before.days, after.days) if per_day else None
    return {measure.label: dict(changes(both, measure, days=days).iloc[0].items()) for measure in MEASURES}


def for_people(frame: pd.DataFrame, measure: Measure, group: str, *, per_day: bool = False) -> pd.DataFrame:
    """A frame of changes with units in the names of its columns, as a file holds it."""
    unit = "conversations a day" if per_day and measure is CONVERSATIONS else measure.unit
    points = "percentage points" if measure.is_rate else unit
    notes = [
        ", ".join(part for part in (state, f"fewer than {SMALL_GROUP}" if small else "") if part)
        for state, small in zip(frame["state"], frame["is_small"], strict=True)
    ]
    made_of = "Conversations" if measure is CONVERSATIONS else f"Conversations {measure.of_words}"
    shown = pd.DataFrame(
        {
            group: frame["name"],
            f"{group} ID": frame["key"],
            f"Before, {unit}": frame["before"].round(4),
            f"After, {unit}": frame["after"].round(4),
            f"Change, {points}": frame["change"].round(4),
            PERCENT: frame["percent"].round(2),
            f"{made_of}, before": frame["of_before"],
            f"{made_of}, after": frame["of_after"],
            "Note": notes,
        }
    )
    if measure.is_rate:
        shown = shown.drop(columns=PERCENT)
    if group in NAMED_BY_KEY:
        shown = shown.drop(columns=f"{group} ID")
    if measure is CONVERSATIONS and not per_day:
        # They are whole numbers, and are made of themselves.
        shown = shown.drop(columns=[f"{made_of}, before", f"{made_of}, after"])
        shown = shown.astype({f"{side}, {unit}": int for side in ("Before", "After", "Change")})
    return shown
