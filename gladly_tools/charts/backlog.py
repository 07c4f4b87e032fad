"""Backlog and agents: what is open, how old it is and whose, and how much each agent has to do."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pandas as pd

from gladly_tools.charts.bar_charts import (
    HOURS,
    ROWS,
    count_bars,
    group_bars,
    height_of,
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
    rows, open_now = load.frame["rows"], load.frame["open"]
    return group_bars(
        load,
        {ROWS: rows, OPEN_NOW: open_now},
        key="load",
        title="Conversations by agent",
        grouping=GROUPINGS["Agent"],
        help="By the agent assigned now, with how many of them are open.",
        amount=ROWS,
        rows=ROWS,
        text=[f"{all_:,} · {now:,} open" if now else f"{all_:,}" for all_, now in zip(rows, open_now, strict=True)],
        tips=[tip(ROWS, ","), tip(OPEN_NOW, ",")],
    )


def _handled(load: Grouped) -> Chart:
    name = "Handle time, hours"
    hours = load.frame["handled"] / HOURS
    return group_bars(
        load,
        {ROWS: load.frame["rows"], name: hours},
        key="handled",
        title="Handle time by agent, in all",
        grouping=GROUPINGS["Agent"],
        help="The handle time of all their conversations together, by the agent assigned now.",
        amount=name,
        rows=ROWS,
        text=[f"{each:,.1f} h" for each in hours],
        tips=[tip(name, ",.1f"), tip(ROWS, ",")],
        notes=["Several agents may have handled a conversation; it counts for the last."],
    )
