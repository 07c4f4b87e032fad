"""Amounts and their changes in words: minutes, percent, conversations, with the right number of digits."""

from __future__ import annotations

import pandas as pd

from gladly_tools.comparing.numbers import Measure, Period
from gladly_tools.ui.words import counted

NONE = "none"


def amount(value: float | None, measure: Measure, *, daily: bool = False) -> str:
    """A value of a measure as people read it."""
    if value is None or pd.isna(value):
        return NONE
    match measure.unit:
        case "minutes":
            return _minutes(value)
        case "%":
            return f"{value:.1f}%"
        case _:
            return f"{value:,.1f}" if daily else f"{value:,.0f}"


def change_of(value: float | None, measure: Measure, *, daily: bool = False) -> str | None:
    """A change with its sign, which one too small to be written has not; None where one side has no value."""
    if value is None or pd.isna(value):
        return None
    match measure.unit:
        case "minutes":
            size = _minutes(abs(value))
        case "%":
            size = f"{abs(value):.1f} points"
        case _:
            size = f"{abs(value):,.1f}" if daily else f"{abs(value):,.0f}"
    return size if is_none(size) else f"{'-' if value < 0 else '+'}{size}"


def signed_number(value: float, *, digits: int) -> str:
    """A change as a number with its sign, which one too small to be written has not."""
    words = f"{value:+,.{digits}f}"
    return words if any(digit in words for digit in "123456789") else "0"


def is_none(change: str | None) -> bool:
    """True when a change, in words, is none, or too small to be written."""
    return change is None or not any(digit in change for digit in "123456789")


def percent_of(value: float | None) -> str:
    """A change in percent of what it was; empty where that was nothing."""
    if value is None or pd.isna(value):
        return ""
    return f"{value:+.0f}%" if round(value) else "0%"


def days_of(period: Period) -> str:
    """The days of a period: `3 Mar 2026 to 9 Mar 2026 (7 days)`."""
    first, last = (f"{day.day} {day:%b %Y}" for day in (period.first, period.last))
    return (
        f"{first} ({counted(period.days, 'day')})"
        if first == last
        else f"{first} to {last} ({counted(period.days, 'day')})"
    )


def _minutes(value: float) -> str:
    if value < 1:
        return f"{value * 60:.0f} s"
    return f"{value:.1f} min" if value < 120 else f"{value / 60:.1f} h"
