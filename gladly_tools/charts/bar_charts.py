"""Bar charts by group: of counts, of durations, of shares; the others beyond the busiest in one bar, and named."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from gladly_tools.amounts import short_duration
from gladly_tools.charts.chart import Chart, Mark
from gladly_tools.charts.drawings import BAR_HEIGHT, bars, spans, tip
from gladly_tools.charts.picking import SMALL_GROUP, SMALL_NOTE, named, none_of, one_of
from gladly_tools.insights import Grouped, Grouping
from gladly_tools.results.query import Condition

ROWS = "Conversations"
MINUTES = 60.0
HOURS = 3600.0
DAYS = 86_400.0


def labels_of(found: Grouped, grouping: Grouping) -> list[str]:
    """What the rows of a grouped frame are called; the last one when it is all the others."""
    others = [f"({found.others:,} other {grouping.one if found.others == 1 else grouping.many})"]
    return [named(member) for member in found.shown] + (others if found.others else [])


def conditions_of(found: Grouped, grouping: Grouping) -> list[Condition]:
    """What the rows of a grouped frame stand for."""
    return [one_of(grouping.column, member) for member in found.shown] + (
        [none_of(grouping.column, found.shown)] if found.others else []
    )


def marks_of(found: Grouped, grouping: Grouping, more: tuple[Condition, ...] = ()) -> list[Mark]:
    """The marks of a grouped frame; `more` is what holds for all of its rows."""
    return [
        Mark(label=label, rows=int(rows), conditions=(condition, *more))
        for label, rows, condition in zip(
            labels_of(found, grouping), found.frame["rows"], conditions_of(found, grouping), strict=True
        )
    ]


def group_notes(found: Grouped, grouping: Grouping, *more: str) -> tuple[str, ...]:
    """What must be said of groups: how many others there are, and what the star means."""
    notes = list(more)
    if found.others:
        notes.append(
            f"The {len(found.shown)} busiest of {len(found.shown) + found.others:,} {grouping.many}; "
            "the others are in one bar."
        )
    if (found.frame["rows"] < SMALL_GROUP).any():
        notes.append(f"{SMALL_NOTE}.")
    return tuple(notes)


def height_of(rows: int) -> int:
    """How high bars are drawn."""
    return max(120, BAR_HEIGHT * rows + 12)


def count_bars(
    found: Grouped, *, key: str, title: str, grouping: Grouping, help: str = "", note: str = "", noun: str = ROWS
) -> Chart:
    """How many rows, called `noun`, each group has, with its share of all."""
    name = grouping.one.capitalize()
    total = int(found.frame["rows"].sum())
    shares = [int(rows) / total for rows in found.frame["rows"]]
    frame = pd.DataFrame({name: labels_of(found, grouping), noun: found.frame["rows"], "Share": shares})
    text = [f"{rows:,} · {share:.0%}" for rows, share in zip(frame[noun], shares, strict=True)]
    return Chart(
        key=key,
        title=title,
        help=help,
        frame=frame,
        drawn=lambda drawn, look: bars(
            drawn,
            look,
            label=name,
            amount=noun,
            text=text,
            rows=noun,
            tips=[tip(name), tip(noun, ","), tip("Share", ".1%")],
        ),
        words=f"Bars: {'; '.join(f'{label} {words}' for label, words in zip(frame[name], text, strict=True))}",
        notes=group_notes(found, grouping, *([note] if note else [])),
        marks=marks_of(found, grouping),
        height=height_of(len(frame)),
    )


def unit_of(seconds: Sequence[float]) -> tuple[str, float]:
    """The unit in which durations up to the longest of these are told, and its seconds."""
    longest = max(seconds, default=0.0)
    if longest < 3 * HOURS:
        return "minutes", MINUTES
    return ("hours", HOURS) if longest < 4 * DAYS else ("days", DAYS)


def duration_spans(
    found: Grouped, *, key: str, title: str, grouping: Grouping, present: tuple[Condition, ...], help: str = ""
) -> Chart:
    """The median and the 90th percentile of a duration, by group."""
    name = grouping.one.capitalize()
    unit, seconds = unit_of(list(found.frame["p90"]) if len(found.frame) else [])
    median, p90 = f"Median, {unit}", f"90th percentile, {unit}"
    frame = pd.DataFrame(
        {
            name: labels_of(found, grouping),
            ROWS: found.frame["rows"],
            median: found.frame["median"] / seconds if len(found.frame) else [],
            p90: found.frame["p90"] / seconds if len(found.frame) else [],
        }
    )
    told = [
        f"{label} {short_duration(float(middle))} and {short_duration(float(most))}"
        for label, middle, most in zip(frame[name], found.frame["median"], found.frame["p90"], strict=True)
    ]
    return Chart(
        key=key,
        title=title,
        help=help,
        frame=frame,
        drawn=lambda drawn, look: spans(
            drawn,
            look,
            label=name,
            rows=ROWS,
            median=median,
            p90=p90,
            unit=unit.capitalize(),
            tips=[tip(name), tip(ROWS, ","), tip(median, ",.1f"), tip(p90, ",.1f")],
        ),
        words=f"Median and 90th percentile by {grouping.one}: {'; '.join(told)}",
        notes=group_notes(found, grouping, "Dot: median. Tick: 90th percentile."),
        marks=marks_of(found, grouping, present),
        height=height_of(len(frame)) + 30,
    )
