"""The filter bar of a result: search, a condition per column by its kind, pills of what is active."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from gladly_tools.results.query import Condition, Operator, Query, Sort, operators_for
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.table import Table
from gladly_tools.results.words import WORDS, describe
from gladly_tools.ui.words import plain

MOST_CHOICES = 1000
ASCENDING, DESCENDING = "Ascending", "Descending"
ELSEWHERE = frozenset({Operator.LAST, Operator.ON_WEEKDAYS, Operator.AT_HOURS, Operator.LISTS})
"""Operators with values of their own, which charts set."""


def filter_bar(table: Table, job_id: str, zone: str, *, first: Sequence[str], before: Query) -> Query:
    """Show the widgets that filter and sort a result, and return the query that they make.

    The columns in `first` are offered before the others; a page that is loaded anew begins with the query `before`.
    `active_filters` shows what is active.
    """
    names = list(dict.fromkeys([*first, *(column.name for column in table.columns)]))
    conditions: list[Condition] = st.session_state.setdefault(_key(job_id), list(before.conditions))
    st.session_state.setdefault(f"search:{job_id}", before.search)
    search = st.text_input(
        "Search",
        placeholder="Search all text columns",
        icon=":material/search:",
        label_visibility="collapsed",
        key=f"search:{job_id}",
        persist_state="session",
        width=280,
    )
    # Another key after each filter, so that the box closes and begins empty.
    place = f"{job_id}:{len(conditions)}"
    with st.popover("Add filter", icon=":material/filter_list:", key=f"add:{place}"):
        _add_condition(table, names, place, zone, conditions)
    sort = _sort(names, job_id, before.sort)
    return Query(conditions=tuple(conditions), search=(search or "").strip(), sort=sort)


def active_filters(query: Query, job_id: str, zone: str) -> None:
    """Show each condition of a result as a button that removes it; nothing when there is none."""
    if not query.conditions:
        return
    conditions: list[Condition] = st.session_state[_key(job_id)]
    with st.container(horizontal=True, gap="small", key=f"active:{job_id}"):
        for place, condition in enumerate(query.conditions):
            if st.button(
                plain(describe(condition, zone)),
                icon=":material/close:",
                icon_position="right",
                help="Remove this filter",
                key=f"remove:{job_id}:{place}",
            ):
                del conditions[place]
                st.rerun()
        if st.button("Clear all", type="tertiary", key=f"clear:{job_id}"):
            conditions.clear()
            st.rerun()


def narrow(job_id: str, conditions: Sequence[Condition]) -> None:
    """Add conditions to the filters of a result, in place of those on the same column with the same operator.

    For what is chosen elsewhere than in the filter bar; takes effect when the page runs again.
    """
    kept: list[Condition] = st.session_state.setdefault(_key(job_id), [])
    replaced = {(condition.column, condition.operator) for condition in conditions}
    kept[:] = [each for each in kept if (each.column, each.operator) not in replaced] + list(conditions)


def forget_filters(job_id: str) -> None:
    """Begin anew with this result."""
    for key in (_key(job_id), f"search:{job_id}", f"sort:{job_id}", f"sort order:{job_id}"):
        st.session_state.pop(key, None)


def _key(job_id: str) -> str:
    return f"filters:{job_id}"


def _add_condition(table: Table, names: Sequence[str], job_id: str, zone: str, conditions: list[Condition]) -> None:
    by_name = {column.name: column for column in table.columns}
    name = st.selectbox("Column", names, key=f"filter column:{job_id}", width=340)
    column = by_name[name]
    choices = [
        (operator, negated)
        for operator in operators_for(column.kind)
        for negated in (False, True)
        if operator not in ELSEWHERE
        if operator is not Operator.IS_UNREADABLE or not table.is_readable(name)
    ]
    operator, negated = st.selectbox(
        "Condition",
        choices,
        format_func=lambda choice: WORDS[choice[0]][choice[1]],
        key=f"filter operator:{job_id}:{column.kind}",
        width=340,
    )
    values = _values(table, column, operator, f"filter value:{job_id}:{name}:{operator}", zone)
    inverted = operator is Operator.BETWEEN and values is not None and _is_inverted(*values)
    if inverted:
        st.error("It ends before it begins: swap the two.", icon=":material/error:")
    usable = values is not None and not inverted
    pressed = st.button(
        "Add filter", type="primary", disabled=not usable, key=f"filter add:{job_id}", icon=":material/add:"
    )
    if pressed and values is not None and usable:
        condition = Condition(column=name, operator=operator, values=values, negated=negated)
        if condition not in conditions:
            conditions.append(condition)
        st.rerun()


def _is_inverted(low: Any, high: Any) -> bool:
    """True for a range that nothing can lie in; the end of a range of times is not part of it."""
    if low is None or high is None:
        return False
    return bool(low >= high if isinstance(low, datetime) else low > high)


def _values(table: Table, column: Column, operator: Operator, key: str, zone: str) -> tuple[Any, ...] | None:
    """The values of a condition as the person gives them; None while they are not complete."""
    if operator in (Operator.IS_TRUE, Operator.IS_FALSE, Operator.IS_EMPTY, Operator.IS_UNREADABLE):
        return ()
    if operator is Operator.ONE_OF:
        return _one_of(table, column, key)
    if column.kind is Kind.TIME:
        return _times(table, column, operator, key, zone)
    if column.kind in (Kind.NUMBER, Kind.INTEGER):
        return _numbers(table, column, operator, key)
    text = st.text_input("Text", key=key, width=340)
    return (text,) if text else None


def _one_of(table: Table, column: Column, key: str) -> tuple[Any, ...] | None:
    found = dict(table.choices(column.name, limit=MOST_CHOICES))
    chosen = st.multiselect(
        "Values",
        list(found),
        format_func=lambda value: f"{'(empty)' if value is None else value} ({found[value]:,})",
        placeholder="Choose or type to search",
        key=key,
        width=340,
    )
    if len(found) == MOST_CHOICES:
        st.caption(f"The {MOST_CHOICES:,} most frequent values are offered; use “contains” for others.")
    return tuple(chosen) or None


def _numbers(table: Table, column: Column, operator: Operator, key: str) -> tuple[Any, ...] | None:
    whole = column.kind is Kind.INTEGER
    step: Any = 1 if whole else None

    def number(label: str, place: str) -> int | float | None:
        value: int | float | None = st.number_input(
            label, value=None, step=step, format=None if whole else "%g", key=f"{key}:{place}", width=165
        )
        return value

    if operator is Operator.EQUALS:
        value = number("Number", "one")
        return None if value is None else (value,)
    bounds = table.bounds(column.name)
    if bounds is not None:
        st.caption(f"From {bounds[0]:,g} to {bounds[1]:,g}{' ' + column.unit if column.unit else ''} here")
    with st.container(horizontal=True):
        low, high = number("From", "low"), number("To", "high")
    if low is None and high is None:
        return None
    return (low, high)


def _times(table: Table, column: Column, operator: Operator, key: str, zone: str) -> tuple[Any, ...] | None:
    place = ZoneInfo(zone)
    if operator is Operator.EQUALS:
        day = st.date_input("Day", value=None, key=f"{key}:one", width=165, format="YYYY-MM-DD")
        moment = st.time_input("Time", value=time(0), key=f"{key}:time", width=165, step=60)
        return None if day is None else (datetime.combine(day, moment, place),)
    bounds = table.bounds(column.name)
    if bounds is not None:
        first, last = (bound.astimezone(place) for bound in bounds)
        st.caption(f"From {first:%Y-%m-%d} to {last:%Y-%m-%d} here, {plain(zone)}")
    with st.container(horizontal=True):
        low = st.date_input("From day", value=None, key=f"{key}:low", width=165, format="YYYY-MM-DD")
        high = st.date_input("To day, included", value=None, key=f"{key}:high", width=165, format="YYYY-MM-DD")
    if low is None and high is None:
        return None
    return (_midnight(low, place), _midnight(high + timedelta(days=1) if high else None, place))


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(0), zone)


def _sort(names: Sequence[str], job_id: str, before: tuple[Sort, ...]) -> tuple[Sort, ...]:
    by, order = f"sort:{job_id}", f"sort order:{job_id}"
    if by not in st.session_state:
        st.session_state[by] = before[0].column if before else None
        st.session_state[order] = DESCENDING if before and before[0].descending else ASCENDING
    now, arrow = st.session_state[by], "↓" if st.session_state.get(order) == DESCENDING else "↑"
    label = "Sort" if now is None else f"{plain(now)} {arrow}"
    with st.popover(label, icon=":material/swap_vert:", key=f"sort box:{job_id}"):
        name = st.selectbox(
            "Sort by",
            [None, *names],
            format_func=lambda name: name or "As Gladly sent it",
            key=by,
            persist_state="session",
            width=340,
        )
        direction = st.segmented_control(
            "Order",
            [ASCENDING, DESCENDING],
            required=True,
            key=order,
            persist_state="session",
            disabled=name is None,
        )
    return () if name is None else (Sort(column=name, descending=direction == DESCENDING),)
