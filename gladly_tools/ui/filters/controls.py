"""One control a way to filter: values with their counts, text, a range of numbers, days, spans, weekdays, hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from gladly_tools import clock
from gladly_tools.charts import no_names
from gladly_tools.results.naming import Naming
from gladly_tools.results.query import Condition, Operator, Query, Value
from gladly_tools.results.relative import MOST_BACK, Unit, span_back
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.table import Table
from gladly_tools.results.words import WEEKDAYS, last_words, number_words, span_words
from gladly_tools.ui.filters.spread import draw_spread
from gladly_tools.ui.words import plain

MOST_CHOICES = 500
WIDTH = 360
HALF = 172
SPANS: tuple[tuple[int, Unit], ...] = ((1, Unit.DAYS), (7, Unit.DAYS), (30, Unit.DAYS), (3, Unit.MONTHS))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a control is for: a column, the rows of the other filters, and the values that there are so far.

    `naming` names the ids among the values.
    """

    table: Table
    column: Column
    others: Query
    before: tuple[Value, ...]
    key: str
    zone: str
    naming: Naming = no_names


Values = tuple[Value, ...] | str
"""The values that were given, or what is missing, in words."""


def control(operator: Operator, asked: Asked) -> Values:
    """Show the control of an operator and return what was given."""
    return _CONTROLS[operator](asked)


def _nothing(asked: Asked) -> Values:
    return ()


def _text(asked: Asked) -> Values:
    before = asked.before[0] if asked.before else ""
    text = st.text_input(
        "Text", value=str(before), key=f"{asked.key}:text", width=WIDTH, help="Upper and lower case are the same."
    )
    return (text,) if text else "Type the text to look for."


def _exactly(asked: Asked) -> Values:
    match asked.column.kind:
        case Kind.TIME:
            return _moment(asked)
        case Kind.INTEGER | Kind.NUMBER:
            value = _number(asked, "Number", asked.before[0] if asked.before else None, "one", WIDTH)
            return "Type a number." if value is None else (value,)
        case _:
            return _text(asked)


def _moment(asked: Asked) -> Values:
    zone = ZoneInfo(asked.zone)
    before = asked.before[0].astimezone(zone) if asked.before and isinstance(asked.before[0], datetime) else None
    with st.container(horizontal=True):
        day = st.date_input(
            "Day", value=before and before.date(), key=f"{asked.key}:day", width=HALF, format="YYYY-MM-DD"
        )
        moment = st.time_input(
            "Time", value=before.time() if before else time(0), key=f"{asked.key}:time", width=HALF, step=60
        )
    return "Choose a day." if day is None else (datetime.combine(day, moment, zone),)


def _values(asked: Asked, *, separator: str = "") -> Values:
    """Any of the values that the other filters leave, with how many rows have each; the most frequent first."""
    table, name, key = asked.table, asked.column.name, f"{asked.key}:values"
    chosen = tuple(st.session_state.get(key, asked.before))
    found = _counted_values(asked, separator, "")
    is_more = len(found) >= MOST_CHOICES
    if is_more:
        matching = st.text_input(
            "Look for a value",
            placeholder="Look for a value",
            icon=":material/search:",
            label_visibility="collapsed",
            key=f"{asked.key}:matching",
            width=WIDTH,
        )
        if matching:
            found = _counted_values(asked, separator, matching)
    # What was chosen stays on offer, also where the other filters leave no row with it.
    offered = list(dict.fromkeys([*found, *chosen]))
    ids = [value for value in offered if isinstance(value, str)] if asked.column.of else []
    names = asked.naming(asked.column.of, ids) if ids else {}
    values = st.multiselect(
        "Values",
        offered,
        default=list(chosen) if key not in st.session_state else None,
        format_func=lambda value: f"{_shown(value, names)} ({found.get(value, 0):,})",
        placeholder="Choose, or type to search",
        label_visibility="collapsed",
        key=key,
        filter_mode="contains",
        width=WIDTH,
    )
    if is_more:
        distinct = table.distinct_count(name, limit=100_000)
        most = "more than 100,000" if distinct >= 100_000 else f"{distinct:,}"
        st.caption(f"The {MOST_CHOICES} most frequent of {most} values; look for others above.", width=WIDTH)
    return tuple(values) or "Choose at least one value."


def _counted_values(asked: Asked, separator: str, matching: str) -> dict[Value, int]:
    """The values and their rows; blank cells as one value, however they are blank."""
    found: dict[Value, int] = {
        value: rows
        for value, rows in asked.table.choices(
            asked.column.name, asked.others, limit=MOST_CHOICES, matching=matching, separator=separator
        )
        if value is not None and (not isinstance(value, str) or value.strip())
    }
    if not matching:
        empty = Condition(column=asked.column.name, operator=Operator.IS_EMPTY)
        rows = asked.table.count(Query(conditions=(*asked.others.conditions, empty), search=asked.others.search))
        if rows:
            found[None] = rows
    return found


def _shown(value: Value, names: Mapping[str, str]) -> str:
    if value is None:
        return "(empty)"
    if isinstance(value, str) and value in names:
        return f"{names[value]} · {value}"  # the whole id, so that it too is found by typing
    return number_words(value) if isinstance(value, int | float) else str(value)


def _items(asked: Asked) -> Values:
    """Items of a text that joins them; the separator is that of the condition."""
    separator = str(asked.before[0])
    values = _values(replace(asked, before=asked.before[1:]), separator=separator)
    return values if isinstance(values, str) else (separator, *values)


def _between(asked: Asked) -> Values:
    return _days(asked) if asked.column.kind is Kind.TIME else _numbers(asked)


def _numbers(asked: Asked) -> Values:
    bins = asked.table.histogram(asked.column.name, asked.others)
    low, high = asked.before if len(asked.before) == 2 else (None, None)
    place = st.container()
    with st.container(horizontal=True):
        first = _number(asked, "From", low, "low", HALF)
        last = _number(asked, "To, included", high, "high", HALF)
    with place:
        if bins:
            draw_spread(bins, first, last, unit=asked.column.unit, zone=asked.zone)
        else:
            st.caption("No number is left by the other filters.", width=WIDTH)
    if first is None and last is None:
        return "Type where the range begins, where it ends, or both."
    if first is not None and last is not None and first > last:
        return "It ends before it begins: swap the two."
    return (first, last)


def _number(asked: Asked, label: str, value: Value, place: str, width: int) -> int | float | None:
    whole = asked.column.kind is Kind.INTEGER
    step: Any = 1 if whole else None
    before: Any = value if isinstance(value, int | float) else None
    found: int | float | None = st.number_input(
        label,
        value=before if before is None or whole else float(before),
        step=step,
        format=None if whole else "%g",
        key=f"{asked.key}:{place}",
        width=width,
    )
    return found


def _days(asked: Asked) -> Values:
    zone = ZoneInfo(asked.zone)
    bins = asked.table.histogram(asked.column.name, asked.others)
    low, high = asked.before if len(asked.before) == 2 else (None, None)
    first_before = low.astimezone(zone).date() if isinstance(low, datetime) else None
    last_before = (high - timedelta(microseconds=1)).astimezone(zone).date() if isinstance(high, datetime) else None
    place = st.container()
    with st.container(horizontal=True):
        first = _day(asked, "From", first_before, "low")
        last = _day(asked, "To, included", last_before, "high")
    begins = _midnight(first, zone)
    ends = _midnight(last + timedelta(days=1) if last else None, zone)
    if isinstance(low, datetime) and first == first_before:
        begins = low  # an end that lies within a day stays, unless its day is changed
    if isinstance(high, datetime) and last == last_before:
        ends = high
    with place:
        if bins:
            draw_spread(bins, begins, ends, unit="", zone=asked.zone)
        else:
            st.caption("No time is left by the other filters.", width=WIDTH)
    if begins is None and ends is None:
        return "Choose the first day, the last day, or both."
    if begins is not None and ends is not None and begins >= ends:
        return "It ends before it begins: swap the two."
    return (begins, ends)


def _day(asked: Asked, label: str, value: date | None, place: str) -> date | None:
    found: date | None = st.date_input(label, value=value, key=f"{asked.key}:{place}", width=HALF, format="YYYY-MM-DD")
    return found


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(0), zone)


def _last(asked: Asked) -> Values:
    zone, before = asked.zone, SPANS[1]
    if len(asked.before) == 3:
        zone, before = str(asked.before[0]), (int(str(asked.before[1])), Unit(str(asked.before[2])))
    spans = {last_words(*span).capitalize(): span for span in SPANS} | {"Other": None}
    chosen = st.pills(
        "Span",
        list(spans),
        default=next((words for words, span in spans.items() if span == before), "Other"),
        required=True,
        label_visibility="collapsed",
        key=f"{asked.key}:span",
        wrap=True,
    )
    number, unit = spans[chosen] or before
    if spans[chosen] is None:
        with st.container(horizontal=True):
            number = int(
                st.number_input(
                    "Last",
                    value=number,
                    min_value=1,
                    max_value=MOST_BACK,
                    step=1,
                    key=f"{asked.key}:number",
                    width=HALF,
                )
            )
            units = list(Unit)
            unit = st.selectbox("Unit", units, index=units.index(unit), key=f"{asked.key}:unit", width=HALF)
    start, end = span_back(zone, number, Unit(unit), clock.now())
    st.caption(plain(f"{span_words(start, end, zone)}, in {zone}. It moves on with the clock."), width=WIDTH)
    return (zone, number, Unit(unit).value)


def _weekdays(asked: Asked) -> Values:
    zone = str(asked.before[0]) if asked.before else asked.zone
    days = st.pills(
        "Weekdays",
        range(1, 8),
        selection_mode="multi",
        default=[int(str(day)) for day in asked.before[1:]],
        format_func=lambda day: WEEKDAYS[day - 1],
        label_visibility="collapsed",
        key=f"{asked.key}:weekdays",
        wrap=True,
    )
    st.caption(plain(f"Days of {zone}"), width=WIDTH)
    return (zone, *sorted(days)) if days else "Choose at least one weekday."


def _hours(asked: Asked) -> Values:
    zone = str(asked.before[0]) if asked.before else asked.zone
    hours = st.multiselect(
        "Hours",
        range(24),
        default=[int(str(hour)) for hour in asked.before[1:]],
        format_func=lambda hour: f"{hour:02}:00 to {hour:02}:59",
        placeholder="Choose, or type to search",
        label_visibility="collapsed",
        key=f"{asked.key}:hours",
        width=WIDTH,
    )
    st.caption(plain(f"By the clock of {zone}"), width=WIDTH)
    return (zone, *sorted(hours)) if hours else "Choose at least one hour."


_CONTROLS: Mapping[Operator, Callable[[Asked], Values]] = {
    Operator.CONTAINS: _text,
    Operator.STARTS_WITH: _text,
    Operator.EQUALS: _exactly,
    Operator.ONE_OF: _values,
    Operator.LISTS: _items,
    Operator.BETWEEN: _between,
    Operator.LAST: _last,
    Operator.ON_WEEKDAYS: _weekdays,
    Operator.AT_HOURS: _hours,
    Operator.IS_TRUE: _nothing,
    Operator.IS_FALSE: _nothing,
    Operator.IS_EMPTY: _nothing,
    Operator.IS_UNREADABLE: _nothing,
}
