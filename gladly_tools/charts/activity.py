"""Charts of what happened one by one, events or items: how many when, of which types, by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from gladly_tools import event_figures
from gladly_tools.amounts import counted, duration
from gladly_tools.charts.bar_charts import count_bars
from gladly_tools.charts.chart import Brush, Chart, Mark, Size
from gladly_tools.charts.dashboard import Drawn, Scope
from gladly_tools.charts.drawings import columns_over_time, wall_milliseconds
from gladly_tools.charts.look import Look
from gladly_tools.charts.picking import named, none_of, one_of, time_between
from gladly_tools.event_figures import Kinds
from gladly_tools.insights import Grouping, counts_by
from gladly_tools.results.query import Condition


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Which columns of a table say when something happened, of which type, and by whom; what one of it is called."""

    one: str
    time: str
    type: str
    who: Grouping

    @property
    def many(self) -> str:
        """What several are called, as the name of a column."""
        return f"{self.one.capitalize()}s"

    @property
    def columns(self) -> tuple[str, ...]:
        """All that its charts are made of."""
        return self.time, self.type, self.who.column


def activity_charts(scope: Scope, activity: Activity) -> Iterator[Drawn]:
    """Over time by type, then by type and by whom."""
    if scope.has(activity.time, activity.type):
        yield _over_time(scope, activity)
    type_ = Grouping(column=activity.type, one="type", many="types")
    for key, grouping in (("by-type", type_), ("by-whom", activity.who)):
        if not scope.has(grouping.column):
            continue
        yield count_bars(
            counts_by(scope.table, scope.query, grouping),
            key=key,
            title=f"{activity.many} by {grouping.one}",
            grouping=grouping,
            noun=activity.many,
        )


def _over_time(scope: Scope, activity: Activity) -> Chart:
    table, query, zone = scope.table, scope.query, scope.zone
    minutes = event_figures.step_minutes(table, query, activity.time)
    kinds = event_figures.kinds_of(table, query, activity.type)
    frame = event_figures.per_step(table, query, minutes, zone, time=activity.time, kinds=kinds)
    step = timedelta(minutes=minutes)
    names = [named(kind) for kind in kinds.shown] + [f"({counted(kinds.others, 'other type')})"]
    shown = pd.DataFrame(
        {
            "From": frame["start"],
            "When": [f"{at.day} {at:%b %Y, %H:%M}" for at in frame["start"]],
            "Type": [names[kind] for kind in frame["kind"]],
            activity.many: frame["events"],
        }
    )
    present = [names[place] for place in [*range(len(kinds.shown)), -1] if (frame["kind"] == place).any()]
    totals = shown.groupby("Type")[activity.many].sum()
    starts = sorted(set(shown["From"]))

    def colors(look: Look) -> list[tuple[str, str]]:
        return [
            (look.muted if name == names[-1] else color, name)
            for name, color in zip(present, look.colors(len(present)), strict=True)
        ]

    told = f"{counted(int(totals.sum()), activity.one)}. Times in {zone}."
    return Chart(
        key="over-time",
        title=f"{activity.many} per {'minute' if minutes == 1 else duration(minutes * 60)}, by type",
        frame=shown,
        size=Size.FULL,
        drawn=lambda drawn, look: columns_over_time(
            drawn,
            look,
            start="From",
            step=step,
            amount=activity.many,
            when="When",
            kind="Type",
            kinds=[(name, color) for color, name in colors(look)],
        ),
        words=f"Columns: in all {', '.join(f'{name} {int(totals[name]):,}' for name in present)}",
        notes=(told,) if present else (f"No {activity.one} here has a time that could be read.",),
        marks=[
            Mark(
                label=f"{when}, {name}",
                rows=int(events),
                conditions=(_between(activity.time, start, start + step, zone), _kind(kinds, int(kind))),
            )
            for start, when, name, events, kind in zip(
                shown["From"], shown["When"], shown["Type"], shown[activity.many], frame["kind"], strict=True
            )
        ],
        brush=Brush(
            field="begin",
            at=[wall_milliseconds(start + step / 2) for start in starts],
            conditions=lambda first, last: (_between(activity.time, starts[first], starts[last] + step, zone),),
        ),
        colors=colors,
    )


def _between(column: str, start: pd.Timestamp, end: pd.Timestamp, zone: str) -> Condition:
    """From one time on the wall to another one."""
    moments = [at.to_pydatetime().replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC")) for at in (start, end)]
    return time_between(column, *moments)


def _kind(kinds: Kinds, place: int) -> Condition:
    return none_of(kinds.column, kinds.shown) if place < 0 else one_of(kinds.column, kinds.shown[place])
