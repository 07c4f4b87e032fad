"""Spans of time that reach back from now: the last 7 days, the last 3 months."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Unit(StrEnum):
    """What a span that reaches back is counted in."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


MOST_BACK = 10_000


def span_back(zone: str, number: int, unit: Unit, now: datetime) -> tuple[datetime, datetime]:
    """The last so many units, half-open, in UTC.

    Hours end now. Days and longer are whole days of the zone (IANA), today included to its very end: one day is
    today, a week seven days; a month goes back to the day after the same day of the month before, or after that
    month's last day where it is shorter.
    """
    if unit is Unit.HOURS:
        end = now.astimezone(UTC)
        return end - timedelta(hours=number), end
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    before = months_before(today, number) if unit is Unit.MONTHS else today - timedelta(days=_DAYS[unit] * number)
    return _midnight(before + timedelta(days=1), place), _midnight(today + timedelta(days=1), place)


def months_before(day: date, months: int) -> date:
    """The same day so many months before; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def is_zone(name: object) -> bool:
    """True for the name of an IANA time zone."""
    try:
        return isinstance(name, str) and ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)
