"""Backlog and agents: what is open, how old it is and whose, and how much each agent has to do."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pandas as pd

from gladly_tools.charts.bar_charts import (
    HOURS,
    ROWS,
    count_bars,
    group_notes,
    height_of,
    labels_of,
    marks_of,
)
from gladly_tools.charts.chart import Chart, Mark, Size
from gladly_tools.charts.dashboard import Drawn, Scope
from gladly_tools.charts.drawings import bars, tip
from gladly_tools.charts.picking import one_of, time_between
from gladly_tools.insights import AGES, GROUPINGS, Grouped, load_by, open_by, open_by_age
from gladly_tools.insights.columns import CREATED, OPEN, STATUS

OPEN_NOW = "Open"


def backlog_charts(scope: Scope) -> Iterator[Drawn]:
    """What is open by age and by inbox, then conversations and handle time by agent."""
    is_open = one_of(STATUS, OPEN)
    at = scope.as_of.astimezone(ZoneInfo(scope.zone))
    as_of = f"Open as of the export, {at.day} {at:%b %Y, %H:%M} in {scope.zone}."
    yield _by_age(scope, as_of)
    for name in ("Inbox", "Agent"):
        grouping = GROUPINGS[name]
        yield count_bars(
            open_by(scope.table, scope.query, grouping),
            key=f"open-by-{grouping.one}",
            title=f"Open conversations by {grouping.one}",
            grouping=grouping,
            noun=OPEN_NOW,
            note=as_of,
            more=(is_open,),
        )
    load = load_by(scope.table, scope.query, GROUPINGS["Agent"])
    yield _load(load)
    yield _handled(load)


def _by_age(scope: Scope, as_of: str) -> Chart:
    found = open_by_age(scope.table, scope.query, scope.as_of)
    ages = [AGES[age] for age in found["age"]]
    total = max(int(found["rows"].sum()), 1)
    frame = pd.DataFrame({"Age": [age.name for age in ages], OPEN_NOW: found["rows"]})
    text = [f"{rows:,} · {rows / total:.0%}" for rows in found["rows"]]

    return Chart(
        key="open-by-age",
        title="Open conversations by age",
        help="How long ago they were created.",
        size=Size.FULL,
        frame=frame,
        drawn=lambda drawn, look: bars(
            drawn,
            look,
            label="Age",
            amount=OPEN_NOW,
            text=text,
            rows=OPEN_NOW,
            tips=[tip("Age"), tip(OPEN_NOW, ",")],
            is_starred=False,
        ),
        words=f"Bars: {'; '.join(f'{age.name} {words}' for age, words in zip(ages, text, strict=True))}",
        notes=(as_of,) if ages else ("Nothing here was open when the export was made.",),
        marks=[
            Mark(
                label=age.name,
                rows=int(rows),
                conditions=(
                    one_of(STATUS, OPEN),
                    time_between(
                        CREATED,
                        None if age.most is None else scope.as_of - age.most,
                        None if age.least is None else scope.as_of - age.least,
                    ),
                ),
            )
            for age, rows in zip(ages, found["rows"], strict=True)
        ],
        height=height_of(len(AGES)),
    )


def _load(load: Grouped) -> Chart:
    grouping = GROUPINGS["Agent"]
    frame = pd.DataFrame({"Agent": labels_of(load, grouping), ROWS: load.frame["rows"], OPEN_NOW: load.frame["open"]})
    text = [
        f"{rows:,} · {open_now:,} open" if open_now else f"{rows:,}"
        for rows, open_now in zip(load.frame["rows"], load.frame["open"], strict=True)
    ]
    return Chart(
        key="load",
        title="Conversations by agent",
        help="By the agent assigned now, with how many of them are open.",
        frame=frame,
        drawn=lambda drawn, look: bars(
            drawn,
            look,
            label="Agent",
            amount=ROWS,
            text=text,
            rows=ROWS,
            pale=bool(load.others),
            tips=[tip("Agent"), tip(ROWS, ","), tip(OPEN_NOW, ",")],
        ),
        words=f"Bars: {'; '.join(f'{name} {words}' for name, words in zip(frame['Agent'], text, strict=True))}",
        notes=group_notes(load, grouping),
        marks=marks_of(load, grouping),
        height=height_of(len(frame)),
    )


def _handled(load: Grouped) -> Chart:
    grouping = GROUPINGS["Agent"]
    hours = "Handle time, hours"
    frame = pd.DataFrame(
        {"Agent": labels_of(load, grouping), ROWS: load.frame["rows"], hours: load.frame["handled"] / HOURS}
    )
    text = [f"{float(seconds) / HOURS:,.1f} h" for seconds in load.frame["handled"]]
    return Chart(
        key="handled",
        title="Handle time by agent, in all",
        help="The handle time of all their conversations together, by the agent assigned now.",
        frame=frame,
        drawn=lambda drawn, look: bars(
            drawn,
            look,
            label="Agent",
            amount=hours,
            text=text,
            rows=ROWS,
            pale=bool(load.others),
            tips=[tip("Agent"), tip(hours, ",.1f"), tip(ROWS, ",")],
        ),
        words=f"Bars: {'; '.join(f'{name} {words}' for name, words in zip(frame['Agent'], text, strict=True))}",
        notes=group_notes(load, grouping, "Several agents may have handled a conversation; it counts for the last."),
        marks=marks_of(load, grouping),
        height=height_of(len(frame)),
    )
