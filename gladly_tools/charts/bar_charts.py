"""Bar charts by group: of counts, of durations, of shares; the others beyond the busiest in one bar, and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gladly_tools.amounts import short_duration
from gladly_tools.charts import alt
from gladly_tools.charts.chart import Chart, Mark
from gladly_tools.charts.drawings import BAR_HEIGHT, bars, spans, tip
from gladly_tools.charts.picking import SMALL_GROUP, SMALL_NOTE, named, none_of, one_of
from gladly_tools.insights import Grouped, Grouping
from gladly_tools.results.query import Condition

ROWS = "Conversations"
SHARE = "Share, %"
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
    """How high bars are drawn, each as high as in any other chart."""
    return BAR_HEIGHT * rows + 12


def group_bars(
    found: Grouped,
    figures: Mapping[str, pd.Series[Any] | Sequence[float]],
    *,
    key: str,
    title: str,
    grouping: Grouping,
    help: str,
    amount: str,
    rows: str,
    text: Sequence[str],
    tips: Sequence[alt.Tooltip],
    notes: Sequence[str] = (),
    more: tuple[Condition, ...] = (),
    top: float | None = None,
) -> Chart:
    """A bar a group: these `figures` of the groups by name, of which `amount` is drawn, and `rows` counts.

    `text` is at the end of each bar; `more` is what holds for all of the rows, `top` the end of the axis.
    """
    name = grouping.one.capitalize()
    frame = pd.DataFrame({name: labels_of(found, grouping), **figures})
    return Chart(
        key=key,
        title=title,
        help=help,
        frame=frame,
        drawn=lambda drawn, look: bars(
            drawn,
            look,
            label=name,
            amount=amount,
            text=text,
            rows=rows,
            top=top,
            pale=bool(found.others),
            tips=[tip(name), *tips],
        ),
        words=f"Bars: {'; '.join(f'{label} {words}' for label, words in zip(frame[name], text, strict=True))}",
        notes=group_notes(found, grouping, *notes),
        marks=marks_of(found, grouping, more),
        height=height_of(len(frame)),
    )


def count_bars(
    found: Grouped,
    *,
    key: str,
    title: str,
    grouping: Grouping,
    help: str = "",
    note: str = "",
    noun: str = ROWS,
    more: tuple[Condition, ...] = (),
) -> Chart:
    """How many rows, called `noun`, each group has, with its share of all; `more` is what holds for all of them."""
    counts = found.frame["rows"]
    total = int(counts.sum())
    shares = [100 * int(rows) / total for rows in counts]
    return group_bars(
        found,
        {noun: counts, SHARE: shares},
        key=key,
        title=title,
        grouping=grouping,
        help=help,
        amount=noun,
        rows=noun,
        text=[f"{rows:,} · {share:.0f}%" for rows, share in zip(counts, shares, strict=True)],
        tips=[tip(noun, ","), tip(SHARE, ".1f")],
        notes=[note] if note else [],
        more=more,
    )


def share_bars(
    found: Grouped,
    *,
    key: str,
    title: str,
    grouping: Grouping,
    whole: str,
    part: str,
    rate: str,
    more: tuple[Condition, ...],
    note: str,
    help: str = "",
) -> Chart:
    """Which share of each group's `whole` is `part`; `more` is what holds for the whole."""
    counts, parts = found.frame["rows"], found.frame["part"]
    rates = [100 * int(hits) / int(rows) for hits, rows in zip(parts, counts, strict=True)]
    return group_bars(
        found,
        {whole: counts, part: parts, rate: rates},
        key=key,
        title=title,
        grouping=grouping,
        help=help,
        amount=rate,
        rows=whole,
        text=[f"{share:.0f}% of {rows:,}" for share, rows in zip(rates, counts, strict=True)],
        tips=[tip(rate, ".1f"), tip(part, ","), tip(whole, ",")],
        notes=[note],
        more=more,
        top=100,
    )


def unit_of(seconds: Sequence[float]) -> tuple[str, float]:
    """The unit in which durations up to the longest of these are told, and its seconds."""
    longest = max(seconds, default=0.0)
    if longest < 3 * HOURS:
        return "minutes", MINUTES
    return ("hours", HOURS) if longest < 4 * DAYS else ("days", DAYS)


def duration_spans(
    found: Grouped, *, key: str, title: str, grouping: Grouping, present: tuple[Condition, ...]
) -> Chart:
    """The median and the 90th percentile of a duration, by group."""
    return duration_spans_of(
        found.frame,
        key=key,
        title=title,
        name=grouping.one.capitalize(),
        labels=labels_of(found, grouping),
        conditions=[(condition, *present) for condition in conditions_of(found, grouping)],
        notes=group_notes(found, grouping, "Dot: median. Tick: 90th percentile."),
    )


def duration_spans_of(
    found: pd.DataFrame,
    *,
    key: str,
    title: str,
    name: str,
    labels: Sequence[str],
    conditions: Sequence[tuple[Condition, ...]],
    notes: Sequence[str],
) -> Chart:
    """The same of a frame with `rows`, `median` and `p90` in seconds, whose rows have these labels and conditions."""
    unit, seconds = unit_of(list(found["p90"]))
    median, p90 = f"Median, {unit}", f"90th percentile, {unit}"
    rows = [int(count) for count in found["rows"]]
    frame = pd.DataFrame(
        {name: list(labels), ROWS: rows, median: found["median"] / seconds, p90: found["p90"] / seconds}
    )
    told = [
        f"{label} {short_duration(float(middle))} and {short_duration(float(most))}"
        for label, middle, most in zip(labels, found["median"], found["p90"], strict=True)
    ]
    small = [] if min(rows, default=SMALL_GROUP) >= SMALL_GROUP or f"{SMALL_NOTE}." in notes else [f"{SMALL_NOTE}."]
    return Chart(
        key=key,
        title=title,
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
        words=f"Median and 90th percentile by {name.lower()}: {'; '.join(told)}",
        notes=(*notes, *small),
        marks=[
            Mark(label=label, rows=count, conditions=each)
            for label, count, each in zip(labels, rows, conditions, strict=True)
        ],
        height=height_of(len(frame)) + 30,
    )
