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

from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.table import Table

CREATED = "Created At"
SMALL_GROUP = 5
MOST_NAMES = 200
NOBODY = "(none)"
_HANDLE_TIME = '"Conversation Handle Time in seconds"'
_HELD = chr(0xE000)  # stands for a comma that is part of a name

FIGURES = f"""
    count(*) AS conversations,
    count({_HANDLE_TIME}) AS with_handle_time,
    median({_HANDLE_TIME}) / 60 AS median_minutes,
    quantile_cont({_HANDLE_TIME}, 0.9) / 60 AS p90_minutes,
    count(*) FILTER (WHERE "Is FCR Eligible") AS fcr_eligible,
    count(*) FILTER (WHERE "Is FCR Eligible" AND "Is FCR Success") AS fcr_success,
    count("Times Reopened") AS with_reopened,
    count(*) FILTER (WHERE "Times Reopened" > 0) AS reopened
"""


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
    """A figure that is compared. `of` is the column that says of how many conversations it is made."""

    label: str
    unit: str
    of: str
    of_words: str
    value: Callable[[pd.DataFrame], Any]


def _rate(part: str, whole: str) -> Callable[[pd.DataFrame], Any]:
    return lambda frame: 100 * frame[part] / frame[whole].where(frame[whole] > 0)


CONVERSATIONS = Measure(
    label="Conversations",
    unit="conversations",
    of="conversations",
    of_words="conversations",
    value=lambda frame: frame["conversations"],
)
MEASURES: Sequence[Measure] = (
    CONVERSATIONS,
    Measure(
        label="Median handle time",
        unit="minutes",
        of="with_handle_time",
        of_words="with a handle time",
        value=lambda frame: frame["median_minutes"],
    ),
    Measure(
        label="90th percentile of handle time",
        unit="minutes",
        of="with_handle_time",
        of_words="with a handle time",
        value=lambda frame: frame["p90_minutes"],
    ),
    Measure(
        label="First contact resolution",
        unit="%",
        of="fcr_eligible",
        of_words="eligible",
        value=_rate("fcr_success", "fcr_eligible"),
    ),
    Measure(
        label="Reopen rate",
        unit="%",
        of="with_reopened",
        of_words="that say how often they were reopened",
        value=_rate("reopened", "with_reopened"),
    ),
)

TOPIC_GROUPS = ("Topic", "Top-level topic")
GROUPS: Mapping[str, tuple[str, str]] = {
    "Inbox": ('"Inbox ID - Current"', '"Inbox Name - Current"'),
    "Channel": ('"First Channel"', '"First Channel"'),
    "Topic": ("", ""),
    "Top-level topic": ("", ""),
    "Agent": ('"Assigned Agent ID - Current"', '"Assigned Agent Name - Current"'),
}
"""What conversations are grouped by: the column that tells groups apart, and the one with their names."""


@dataclass(frozen=True, kw_only=True)
class Topics:
    """How a cell of topics is read: `separator` joins the levels of one, a comma its topics.

    A topic whose own name holds a comma can only be told when its whole path is among the `known`.
    """

    separator: str = ">>"
    known: tuple[str, ...] = ()


def in_days(table: Table, first: date, last: date, zone: str) -> Period:
    """The conversations of a table that were created on these days."""
    start, end = (datetime.combine(day, time(), tzinfo=ZoneInfo(zone)) for day in (first, last + timedelta(days=1)))
    condition = Condition(column=CREATED, operator=Operator.BETWEEN, values=(start, end))
    return Period(table=table, query=Query(conditions=(condition,)), first=first, last=last, zone=zone)


def figures(period: Period) -> pd.DataFrame:
    """One row, as `groups`, of all conversations of the period."""
    return period.table.frame(f"SELECT 'all' AS key, 'all' AS name, {FIGURES} FROM rows", period.query)


def groups(period: Period, group: str, topics: Topics) -> pd.DataFrame:
    """`key`, `name`, and the figures of each group of conversations; a conversation counts once in a topic.

    `group` is a key of `GROUPS`. Conversations that belong to none have an empty key.
    """
    if group in TOPIC_GROUPS:
        return _by_topic(period, topics, whole=group == TOPIC_GROUPS[0])
    key, name = GROUPS[group]
    return period.table.frame(
        f"""
        , named AS (SELECT *, coalesce(nullif(trim({key}), ''), nullif(trim({name}), ''), '') AS group_key,
                           nullif(trim({name}), '') AS group_name FROM rows)
        SELECT group_key AS key,
               coalesce(arg_max(group_name, "{CREATED}"), max(group_name), nullif(group_key, ''), '{NOBODY}') AS name,
               {FIGURES}
        FROM named GROUP BY group_key
        """,
        period.query,
    )


def _by_topic(period: Period, topics: Topics, *, whole: bool) -> pd.DataFrame:
    # Each different cell is taken apart once, however many conversations have it.
    held = sorted((name for name in topics.known if "," in name), key=lambda name: (-len(name), name))[:MOST_NAMES]
    names = {f"name_{number}": name for number, name in enumerate(held)}
    values = {f"held_{number}": name.replace(",", _HELD) for number, name in enumerate(held)}
    cell = "cell"
    for number in range(len(held)):
        cell = f"replace({cell}, $name_{number}, $held_{number})"
    topic = "trim(topic)" if whole else "trim(string_split(trim(topic), $separator)[1])"
    return period.table.frame(
        f"""
        , cells AS (SELECT DISTINCT coalesce("Topics with Hierarchy", '') AS cell FROM rows),
        parts AS (SELECT DISTINCT cell, replace({topic}, $held, ',') AS topic
                  FROM (SELECT cell, unnest(string_split({cell}, ',')) AS topic FROM cells)),
        members AS (SELECT cell, topic FROM parts WHERE topic <> ''
                    UNION ALL SELECT cell, '' FROM cells WHERE cell NOT IN (SELECT cell FROM parts WHERE topic <> ''))
        SELECT topic AS key, coalesce(nullif(topic, ''), '{NOBODY}') AS name, {FIGURES}
        FROM rows JOIN members ON coalesce("Topics with Hierarchy", '') = cell GROUP BY topic
        """,
        period.query,
        {**names, **values, "held": _HELD, **({} if whole else {"separator": topics.separator})},
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
    points = "percentage points" if unit == "%" else unit
    notes = [
        ", ".join(part for part in (state, f"fewer than {SMALL_GROUP}" if small else "") if part)
        for state, small in zip(frame["state"], frame["is_small"], strict=True)
    ]
    shown = {
        group: frame["name"],
        f"{group} ID": frame["key"],
        f"Before, {unit}": frame["before"].round(4),
        f"After, {unit}": frame["after"].round(4),
        f"Change, {points}": frame["change"].round(4),
        "Change, % of before": frame["percent"].round(2),
        f"Conversations {measure.of_words}, before": frame["of_before"],
        f"Conversations {measure.of_words}, after": frame["of_after"],
        "Note": notes,
    }
    if frame["key"].equals(frame["name"]) or group in TOPIC_GROUPS or group == "Channel":
        del shown[f"{group} ID"]
    if measure is CONVERSATIONS:
        shown = {name.replace("Conversations conversations", "Conversations"): cells for name, cells in shown.items()}
    return pd.DataFrame(shown)
