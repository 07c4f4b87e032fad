"""Conditions in words, for pills, captions and notes. Plain text, with no markup of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gladly_tools import clock
from gladly_tools.results.query import Condition, Operator, Query, Value
from gladly_tools.results.relative import Unit, span_back

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

WORDS: Mapping[Operator, tuple[str, str]] = {
    Operator.CONTAINS: ("contains", "does not contain"),
    Operator.STARTS_WITH: ("starts with", "does not start with"),
    Operator.EQUALS: ("is", "is not"),
    Operator.ONE_OF: ("is one of", "is none of"),
    Operator.BETWEEN: ("is between", "is not between"),
    Operator.LAST: ("is in the", "is not in the"),
    Operator.ON_WEEKDAYS: ("is on", "is not on"),
    Operator.AT_HOURS: ("is at", "is not at"),
    Operator.LISTS: ("has", "does not have"),
    Operator.IS_TRUE: ("is yes", "is not yes"),
    Operator.IS_FALSE: ("is no", "is not no"),
    Operator.IS_EMPTY: ("is empty", "is not empty"),
    Operator.IS_UNREADABLE: ("could not be read", "could be read"),
}


LONGEST_VALUE = 40
ID_BEGINNING = 6


def describe_query(
    query: Query,
    zone: str,
    *,
    now: datetime | None = None,
    names: Callable[[Condition], Mapping[str, str]] = lambda _condition: {},
) -> list[str]:
    """What a query takes, its conditions first and its search after them, each in words; nothing when it takes all.

    `names` knows what the ids in a condition are called.
    """
    search = [f"any text contains “{query.search}”"] if query.search else []
    return [describe(condition, zone, now=now, names=names(condition)) for condition in query.conditions] + search


def describe(
    condition: Condition, zone: str, *, now: datetime | None = None, names: Mapping[str, str] | None = None
) -> str:
    """A condition in words; times in `zone`, and a zone of the condition's own is named where it is another one.

    `names` are those of ids among its values, which are then told as `General (WiqOJz…)`.
    """
    verb, values = WORDS[condition.operator][condition.negated], condition.values
    match condition.operator:
        case Operator.BETWEEN:
            return f"{condition.column} {_range(verb, condition, zone)}"
        case Operator.LAST:
            number, unit = int(str(values[1])), Unit(str(values[2]))
            what = f"{condition.column} {_last(number, unit, negated=condition.negated)}"
            start, end = span_back(str(values[0]), number, unit, clock.now() if now is None else now)
            return f"{what} ({span_words(start, end, str(values[0]))}{_other_zone(values[0], zone)})"
        case Operator.ON_WEEKDAYS:
            days = ", ".join(WEEKDAYS[int(str(day)) - 1] for day in values[1:])
            return f"{condition.column} {verb} {days or 'no day'}{_other_zone(values[0], zone)}"
        case Operator.AT_HOURS:
            hours = hour_words(int(str(hour)) for hour in values[1:])
            return f"{condition.column} {verb} {hours or 'no hour'}{_other_zone(values[0], zone)}"
        case Operator.LISTS:
            return f"{condition.column} {verb} {_listed(values[1:], zone, ' or ', {})}"
    return f"{condition.column} {verb} {_listed(values, zone, ', ', names or {})}".strip()


def last_words(number: int, unit: Unit) -> str:
    """A span back from now: `today`, `last 7 days`, `last 1 month`, which is no month of the calendar."""
    if number == 1:
        return "today" if unit is Unit.DAYS else f"last 1 {unit.value.removesuffix('s')}"
    return f"last {number:,} {unit.value}"


def span_words(start: datetime, end: datetime, zone: str) -> str:
    """A half-open span as the days of a zone that it covers, both included; with the times where they are not whole."""
    first, after = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    if _begins_a_day(first) and _begins_a_day(after):
        return days_words(first.date(), after.date() - timedelta(days=1))
    return f"{day_words(first.date())}, {first:%H:%M} to {day_words(after.date())}, {after:%H:%M}"


def days_words(first: date, last: date) -> str:
    """Days in words, said no longer than needed: `22 Nov 2026`, `16 to 22 Nov 2026`, `28 Oct to 3 Nov 2026`."""
    if first == last:
        return day_words(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day_words(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%b} to {day_words(last)}"
    return f"{day_words(first)} to {day_words(last)}"


def day_words(day: date) -> str:
    """A day in words: `22 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def hour_words(hours: Iterable[int]) -> str:
    """Hours of the clock, those that follow each other as one span: `09:00 to 11:59, 14:00 to 14:59`."""
    spans: list[list[int]] = []
    for hour in sorted(set(hours)):
        if spans and spans[-1][1] == hour - 1:
            spans[-1][1] = hour
        else:
            spans.append([hour, hour])
    return ", ".join(f"{first:02}:00 to {last:02}:59" for first, last in spans)


def id_words(id_: str, name: str) -> str:
    """An id by its name, with as much of the id as tells two of one name apart: `General (WiqOJz…)`."""
    return f"{_cut(name)} ({id_ if len(id_) <= ID_BEGINNING else f'{id_[:ID_BEGINNING]}…'})"


def number_words(value: int | float) -> str:
    """A number as people write it: `1,234.5`."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"


def _last(number: int, unit: Unit, *, negated: bool) -> str:
    words, no = last_words(number, unit), "not " if negated else ""
    return f"is {no}{words}" if words == "today" else f"is {no}in the {words}"


def _range(verb: str, condition: Condition, zone: str) -> str:
    low, high = (_end(value, zone, last=place == 1) for place, value in enumerate(condition.values))
    no = "not " if condition.negated else ""
    if low and high:
        # Whole days from one day to the same day are that day.
        is_one_day = low == high and isinstance(condition.values[0], datetime)
        return f"is {no}{low}" if is_one_day else f"{verb} {low} and {high}"
    if not low and not high:
        return f"is {no}of any value"
    if not low:
        return f"is {no}up to {high}"
    return f"is {no}{'from' if isinstance(condition.values[0], datetime) else 'at least'} {low}"


def _end(value: Value, zone: str, *, last: bool) -> str:
    """One end of a range; a day where it is a whole one: the last is the one before the midnight that ends it."""
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(zone))
        if _begins_a_day(local):
            return day_words((local - timedelta(days=1) if last else local).date())
        return f"{day_words(local.date())}, {local:%H:%M}"
    return "" if value is None or isinstance(value, str) else number_words(value)


def _begins_a_day(local: datetime) -> bool:
    """True at the first moment of a day, which is no midnight where the clocks go forward at it."""
    midnight = datetime.combine(local.date(), time(0), local.tzinfo).astimezone(UTC)
    return local.astimezone(UTC) == midnight


def _listed(values: Sequence[Value], zone: str, between: str, names: Mapping[str, str]) -> str:
    shown = between.join(
        id_words(value, names[value]) if isinstance(value, str) and value in names else _value(value, zone)
        for value in values[:3]
    )
    return shown + (f" and {len(values) - 3} more" if len(values) > 3 else "")


def _value(value: Value, zone: str) -> str:
    if value is None:
        return "(empty)"
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(zone))
        return f"{day_words(local.date())}, {local:%H:%M}"
    if isinstance(value, int | float):
        return number_words(value)
    return _cut(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _other_zone(own: object, zone: str) -> str:
    return "" if own == zone else f", {own}"
