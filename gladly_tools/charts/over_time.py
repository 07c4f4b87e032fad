"""Steps in time, days or weeks of a zone: what they are called, and what choosing one or a stretch means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from gladly_tools.charts.chart import Brush
from gladly_tools.charts.drawings import wall_milliseconds
from gladly_tools.charts.picking import days_between
from gladly_tools.insights.columns import CREATED
from gladly_tools.results.query import Condition


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Days, or weeks that begin on a Monday, of a zone."""

    by_week: bool
    zone: str

    @property
    def name(self) -> str:
        """What a step is called."""
        return "week" if self.by_week else "day"

    @property
    def column(self) -> str:
        """What its beginning is called."""
        return "Week from" if self.by_week else "Day"

    @property
    def width(self) -> timedelta:
        """How long it is on the calendar."""
        return timedelta(days=7 if self.by_week else 1)

    @property
    def note(self) -> str:
        """What must be said of it."""
        if self.by_week:
            return (
                f"Weeks begin on Monday in {self.zone}; the first and the last may be cut by the rows that there are."
            )
        return f"Days begin and end in {self.zone}."

    def words(self, day: pd.Timestamp) -> str:
        """One step in words."""
        if not self.by_week:
            return f"{day:%a} {day.day} {day:%b %Y}"
        end = day + timedelta(days=6)
        return f"{day.day} {day:%b} to {end.day} {end:%b %Y}"

    def conditions(self, first: pd.Timestamp, last: pd.Timestamp) -> tuple[Condition, ...]:
        """From the beginning of one step to the end of another one."""
        end = last + self.width - timedelta(days=1)
        return (days_between(CREATED, first.date(), end.date(), self.zone),)

    def brush(self, days: list[pd.Timestamp], *, at_start: bool = False) -> Brush:
        """Stretches of such steps, whose marks stand in their middle, or at their start."""
        middle = timedelta(0) if at_start else self.width / 2
        return Brush(
            field="begin",
            at=[wall_milliseconds(day + middle) for day in days],
            conditions=lambda first, last: self.conditions(days[first], days[last]),
        )
