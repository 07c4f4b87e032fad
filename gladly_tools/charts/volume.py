"""Volume: conversations by day or week, and by the hour of the week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd

from gladly_tools.charts.chart import Chart, Mark, Size
from gladly_tools.charts.dashboard import Choice, Drawn, Scope
from gladly_tools.charts.drawings import cells, columns_over_time, tip
from gladly_tools.charts.over_time import Steps
from gladly_tools.charts.picking import at_hour_of_week
from gladly_tools.insights import per_day, per_hour_of_week, per_week
from gladly_tools.insights.columns import CREATED
from gladly_tools.insights.volume import HOURS, WEEKDAYS

STEP = Choice(key="step", label="Count by", options=("Day", "Week"))
TREND_STEP = Choice(key="trend-step", label="Trend by", options=("Day or week", "Day", "Week"))
MOST_TREND_DAYS = 28
"""Beyond, a trend by days is mostly that of the days of the week."""
NO_TIME = "No conversation here has a creation time that could be read."


def steps_of(scope: Scope) -> Steps:
    """Days or weeks, as chosen."""
    return Steps(by_week=scope.option(STEP) == "Week", zone=scope.zone)


def trend_steps_of(scope: Scope) -> Steps:
    """Days or weeks, as chosen, or as fits how much time there is."""
    option = scope.option(TREND_STEP)
    if option == TREND_STEP.options[0]:
        bounds = scope.table.bounds(CREATED, scope.query)
        is_long = bounds is not None and bounds[1] - bounds[0] > timedelta(days=MOST_TREND_DAYS)
        return Steps(by_week=is_long, zone=scope.zone)
    return Steps(by_week=option == "Week", zone=scope.zone)


def volume_charts(scope: Scope) -> Iterator[Drawn]:
    """Conversations by day or week, and over the hours of the week."""
    yield _over_time(scope, steps_of(scope))
    yield _hours_of_week(scope)


def _over_time(scope: Scope, steps: Steps) -> Chart:
    frame = (per_week if steps.by_week else per_day)(scope.table, scope.query, scope.zone)
    days = list(frame["day"]) if len(frame) else []
    shown = pd.DataFrame(
        {
            steps.column: pd.to_datetime(days),
            "When": [steps.words(day) for day in days],
            "Conversations": frame["rows"] if days else [],
        }
    )
    busiest = shown.iloc[int(shown["Conversations"].argmax())] if days else None
    return Chart(
        key="over-time",
        title=f"Conversations per {steps.name}",
        frame=shown,
        size=Size.FULL,
        drawn=lambda drawn, look: columns_over_time(
            drawn, look, start=steps.column, step=steps.width, amount="Conversations", when="When"
        ),
        words=""
        if busiest is None
        else f"Columns: conversations in each of {len(days)} {steps.name}s; most in {busiest['When']}, "
        f"{busiest['Conversations']:,}",
        notes=(steps.note,) if days else (NO_TIME,),
        marks=[
            Mark(label=steps.words(day), rows=int(rows), conditions=steps.conditions(day, day))
            for day, rows in zip(days, shown["Conversations"], strict=True)
        ],
        brush=steps.brush(days),
    )


def _hours_of_week(scope: Scope) -> Chart:
    frame = per_hour_of_week(scope.table, scope.query, scope.zone)
    shown = pd.DataFrame(
        {
            "Weekday": [WEEKDAYS[weekday - 1] for weekday in frame["weekday"]] if len(frame) else [],
            "Hour": [f"{hour:02d}:00" for hour in frame["hour"]] if len(frame) else [],
            "Conversations": frame["rows"] if len(frame) else [],
        }
    )
    busiest = shown.iloc[int(shown["Conversations"].argmax())] if len(shown) else None
    return Chart(
        key="hours-of-week",
        title="Conversations by weekday and hour",
        help="When conversations were created, over all weeks together. The stronger its color, the more.",
        frame=shown,
        size=Size.FULL,
        drawn=lambda drawn, look: cells(
            drawn,
            look,
            across="Hour",
            down="Weekday",
            amount="Conversations",
            across_order=[f"{hour:02d}:00" for hour in HOURS],
            down_order=WEEKDAYS,
            tips=[tip("Weekday"), tip("Hour"), tip("Conversations", ",")],
        ),
        words=""
        if busiest is None
        else f"Grid of weekdays and hours; most on {busiest['Weekday']} from {busiest['Hour']}, "
        f"{busiest['Conversations']:,}",
        notes=(f"Hours on the clock of {scope.zone}.",) if len(shown) else (NO_TIME,),
        marks=[
            Mark(
                label=f"{WEEKDAYS[weekday - 1]} {hour:02d}:00",
                rows=int(rows),
                conditions=at_hour_of_week(CREATED, int(weekday), int(hour), scope.zone),
            )
            for weekday, hour, rows in frame.itertuples(index=False)
        ],
    )
