"""What choosing a mark means: conditions that take exactly the rows that the mark counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from math import inf, nextafter
from typing import Any
from zoneinfo import ZoneInfo

from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.table import Table

SMALL_GROUP = 5
SMALL_NOTE = f"*\u00a0fewer than {SMALL_GROUP}, so take with care"
NONE = "(none)"


def named(member: str | None) -> str:
    """What a group is called; the empty one, and one that happens to be called like it, can be told apart."""
    if member is None:
        return NONE
    return f"“{member}”" if member == NONE else member


def starred(label: str, rows: int) -> str:
    """The label of a group, marked when the group is small."""
    return f"{label} *" if rows < SMALL_GROUP else label


def one_of(column: str, *values: str | None) -> Condition:
    """The column has one of these values; None for empty."""
    return Condition(column=column, operator=Operator.ONE_OF, values=values)


def none_of(column: str, values: Sequence[str | None]) -> Condition:
    """The column has any other value, or is empty where None is not among these."""
    return Condition(column=column, operator=Operator.ONE_OF, values=tuple(values), negated=True)


def is_true(column: str) -> Condition:
    """The column says yes."""
    return Condition(column=column, operator=Operator.IS_TRUE)


def present(table: Table, column: str) -> tuple[Condition, ...]:
    """The column has a value that could be read."""
    found = [Condition(column=column, operator=Operator.IS_EMPTY, negated=True)]
    if not table.is_readable(column):
        found.append(Condition(column=column, operator=Operator.IS_UNREADABLE, negated=True))
    return tuple(found)


def lists(column: str, separator: str, items: Sequence[str]) -> Condition:
    """The text, cut at the separator, has one of these items."""
    return Condition(column=column, operator=Operator.LISTS, values=(separator, *items))


def at_hour_of_week(column: str, weekday: int, hour: int, zone: str) -> tuple[Condition, ...]:
    """A weekday (1 for Monday) and an hour of it, on the clock of a zone."""
    return (
        Condition(column=column, operator=Operator.ON_WEEKDAYS, values=(zone, weekday)),
        Condition(column=column, operator=Operator.AT_HOURS, values=(zone, hour)),
    )


def number_between(column: str, low: float, high: float | None) -> Condition:
    """From `low` to just below `high`; without end when that is None."""
    last = None if high is None else nextafter(high, -inf)
    return Condition(column=column, operator=Operator.BETWEEN, values=(low, last))


def time_between(column: str, start: datetime | None, end: datetime | None) -> Condition:
    """From `start` to just before `end`; None for open."""
    return Condition(column=column, operator=Operator.BETWEEN, values=(start, end))


def days_between(column: str, first: date, last: date, zone: str) -> Condition:
    """From the beginning of the first day to the end of the last one, in a zone."""
    return time_between(column, midnight(first, zone), midnight(last + timedelta(days=1), zone))


def midnight(day: date, zone: str) -> datetime:
    """When a day begins in a zone."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))


def together(query: Query, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """These conditions and those of the query that they would replace, so that the rows of both are taken.

    Filters hold one condition for a column and an operator; two ranges become the one that both allow, and what a new
    choice implies is left out.
    """
    found: list[Condition] = []
    for condition in conditions:
        rivals = [
            each
            for each in query.conditions
            if (each.column, each.operator) == (condition.column, condition.operator) and each != condition
        ]
        for rival in rivals:
            both = _both(rival, condition)
            if both is None:
                found.append(rival)
            else:
                condition = both
        found.append(condition)
    return tuple(dict.fromkeys(found))


def _both(old: Condition, new: Condition) -> Condition | None:
    """One condition that is met where both are; None where there is no such one."""
    if old.negated or new.negated:
        return None
    if new.operator is Operator.ONE_OF and set(new.values) <= set(old.values):
        return new
    if new.operator is Operator.BETWEEN:
        lows = [each.values[0] for each in (old, new) if each.values[0] is not None]
        highs = [each.values[1] for each in (old, new) if each.values[1] is not None]
        return Condition(
            column=new.column,
            operator=new.operator,
            values=(_best(max, lows), _best(min, highs)),
        )
    return None


def _best(choose: Any, ends: Sequence[Any]) -> Any:
    return choose(ends) if ends else None
