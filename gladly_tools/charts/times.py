"""Times: how long handling takes, and how long conversations are open; as a whole and by group."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gladly_tools.amounts import short_duration
from gladly_tools.charts.bar_charts import DAYS, HOURS, MINUTES, ROWS, duration_spans
from gladly_tools.charts.chart import Brush, Chart, Mark
from gladly_tools.charts.dashboard import Choice, Drawn, Scope
from gladly_tools.charts.drawings import histogram, tip
from gladly_tools.charts.look import Look
from gladly_tools.charts.picking import number_between, present
from gladly_tools.charts.topics import times_by_topic
from gladly_tools.insights import DURATIONS, GROUPINGS, Spread, durations_by, spread

MEASURE = Choice(key="measure", label="", options=tuple(DURATIONS))
GROUP = Choice(key="group", label="By", options=(*GROUPINGS, "Topic"))


def time_charts(scope: Scope) -> Iterator[Drawn]:
    """How a duration is spread, and its median and 90th percentile by group."""
    measure, group = scope.option(MEASURE), scope.option(GROUP)
    column = DURATIONS[measure]
    found = spread(scope.table, scope.query, column)
    yield _distribution(found, measure, column)
    if not found.rows:
        return
    if group not in GROUPINGS:
        yield times_by_topic(scope, measure, column)
        return
    grouping = GROUPINGS[group]
    yield duration_spans(
        durations_by(scope.table, scope.query, grouping, column),
        key="times-by",
        title=f"{measure} by {grouping.one}",
        grouping=grouping,
        present=present(scope.table, column),
    )


def _distribution(found: Spread, measure: str, column: str) -> Chart:
    bins = found.bins
    width = float(bins["high"].iloc[0] - bins["low"].iloc[0]) if found.rows else 1.0
    unit, seconds = _unit(width)
    low, high = f"From, {unit}", f"To, {unit}"
    ends = [None if found.beyond and place == len(bins) - 1 else float(high) for place, high in enumerate(bins["high"])]
    labels = [
        f"{_edge(low)} and longer" if end is None else f"{_edge(low)} to {_edge(end)}"
        for low, end in zip(bins["low"], ends, strict=True)
    ]
    frame = pd.DataFrame({"Time": labels, low: bins["low"] / seconds, high: bins["high"] / seconds, ROWS: bins["rows"]})
    lines = [
        (f"Median {short_duration(found.median)}", (found.median or 0) / seconds),
        (f"90th percentile {short_duration(found.p90)}", (found.p90 or 0) / seconds),
    ]

    def colors(look: Look) -> list[tuple[str, str]]:
        return list(zip(look.accents, (name for name, _ in lines), strict=True))

    notes = [f"Of {found.rows:,} conversations that have this time."]
    if found.beyond:
        notes.append(f"The last column holds the longest, up to {short_duration(float(bins['high'].iloc[-1]))}.")
    return Chart(
        key="time-spread",
        title=f"{measure}: how it is spread",
        frame=frame,
        drawn=lambda drawn, look: histogram(
            drawn,
            look,
            low=low,
            high=high,
            amount=ROWS,
            unit=unit.capitalize(),
            tips=[tip("Time"), tip(ROWS, ",")],
            width=width / seconds,
            lines=lines,
        ),
        words=f"Histogram; {lines[0][0]}, {lines[1][0]}",
        notes=tuple(notes) if found.rows else ("No conversation here has this time yet.",),
        marks=[
            Mark(label=label, rows=int(rows), conditions=(number_between(column, float(low), end),))
            for label, rows, low, end in zip(labels, bins["rows"], bins["low"], ends, strict=True)
        ],
        brush=Brush(
            field="left",
            at=[float(low + width / 2) / seconds for low in bins["low"]],
            conditions=lambda first, last: (number_between(column, float(bins["low"].iloc[first]), ends[last]),),
        ),
        colors=colors,
    )


def _unit(width: float) -> tuple[str, float]:
    """The unit of an axis whose steps are so many seconds wide."""
    if width < MINUTES:
        return "seconds", 1.0
    if width < HOURS:
        return "minutes", MINUTES
    return ("hours", HOURS) if width < DAYS else ("days", DAYS)


def _edge(seconds: float) -> str:
    """Where a column begins or ends."""
    for unit, size in (("days", DAYS), ("h", HOURS), ("min", MINUTES)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"
