"""Volume: conversations by day or week, and by the hour of the week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd

from gladly_tools.charts.chart import Brush, Chart, Mark, Size
from gladly_tools.charts.dashboard import Choice, Drawn, Scope
from gladly_tools.charts.drawings import columns_over_time, wall_milliseconds
from gladly_tools.charts.picking import days_between
from gladly_tools.insights import per_day, per_week
from gladly_tools.insights.columns import CREATED

STEP = Choice(key="step", label="Count by", options=("Day", "Week"))
NO_TIME = "No conversation here has a creation time that could be read."


def volume_charts(scope: Scope) -> Iterator[Drawn]:
    """Conversations by day or week, and over the hours of the week."""
    yield _over_time(scope, by_week=scope.option(STEP) == "Week")


def _over_time(scope: Scope, *, by_week: bool) -> Chart:
    frame = (per_week if by_week else per_day)(scope.table, scope.query, scope.zone)
    unit = "Week" if by_week else "Day"
    step = timedelta(days=7 if by_week else 1)
    last = step - timedelta(days=1)
    title = f"Conversations per {unit.lower()}"
    column = "Week from" if by_week else "Day"
    shown = pd.DataFrame(
        {
            column: frame["day"] if len(frame) else [],
            "When": [day_words(day, by_week=by_week) for day in frame["day"]] if len(frame) else [],
            "Conversations": frame["rows"] if len(frame) else [],
        }
    )
    days = list(frame["day"]) if len(frame) else []
    busiest = shown.iloc[int(shown["Conversations"].argmax())] if days else None
    return Chart(
        key="over-time",
        title=title,
        frame=shown,
        size=Size.FULL,
        drawn=lambda drawn, look: columns_over_time(
            drawn, look, start=column, step=step, amount="Conversations", when="When"
        ),
        words=""
        if busiest is None
        else f"Columns: conversations in each of {len(days)} {unit.lower()}s; most in {busiest['When']}, "
        f"{busiest['Conversations']:,}",
        notes=(f"{unit}s begin and end in {scope.zone}.",) if days else (NO_TIME,),
        marks=[
            Mark(
                label=str(row["When"]),
                rows=int(row["Conversations"]),
                conditions=(days_between(CREATED, row[column].date(), (row[column] + last).date(), scope.zone),),
            )
            for _, row in shown.iterrows()
        ],
        brush=Brush(
            field="begin",
            at=[wall_milliseconds(day + step / 2) for day in days],
            conditions=lambda first, until: (
                days_between(CREATED, days[first].date(), (days[until] + last).date(), scope.zone),
            ),
        ),
    )


def day_words(day: pd.Timestamp, *, by_week: bool) -> str:
    """A day, or the week that begins with it, in words."""
    if not by_week:
        return f"{day:%a} {day.day} {day:%b %Y}"
    end = day + timedelta(days=6)
    return f"{day.day} {day:%b} to {end.day} {end:%b %Y}"
