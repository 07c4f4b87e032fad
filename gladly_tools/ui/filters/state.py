"""The filters of one table as this tab holds them, what they were before, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from gladly_tools.errors import InputError
from gladly_tools.results.query import Condition, Query, Sort, check_condition
from gladly_tools.results.table import Table
from gladly_tools.saved_views import View

MOST_STEPS = 20
ASCENDING, DESCENDING = "Ascending", "Descending"


class _Absent:
    """What stands for a key that was not there."""


_ABSENT: Final = _Absent()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change: what was done, to which conditions, and what was there before, by key."""

    what: str
    conditions: tuple[Condition, ...]
    before: Mapping[str, Any]

    def words(self, told: Callable[[Condition], str]) -> str:
        """What was done, in words; `told` are those of a condition."""
        return " ".join([self.what, "; ".join(told(each) for each in self.conditions)]).strip()


def conditions_key(place: str) -> str:
    """Where the conditions of a table are held."""
    return f"filters:{place}"


def search_key(place: str) -> str:
    """Where the text that is searched for is held."""
    return f"search:{place}"


def sort_keys(place: str) -> tuple[str, str]:
    """Where the column to sort by and the direction are held."""
    return f"sort:{place}", f"sort order:{place}"


def columns_key(place: str) -> str:
    """Where the columns shown are held."""
    return f"columns:{place}"


def begin(place: str, before: Query) -> None:
    """Begin with a query, unless the table is filtered in this tab already."""
    by, order = sort_keys(place)
    st.session_state.setdefault(conditions_key(place), before.conditions)
    st.session_state.setdefault(search_key(place), before.search)
    if by not in st.session_state:
        st.session_state[by] = before.sort[0].column if before.sort else None
        st.session_state[order] = DESCENDING if before.sort and before.sort[0].descending else ASCENDING


def conditions_of(place: str) -> tuple[Condition, ...]:
    """The conditions of a table."""
    found: tuple[Condition, ...] = st.session_state.get(conditions_key(place), ())
    return found


def query_of(place: str) -> Query:
    """The rows and the order that are asked for."""
    by, order = (st.session_state.get(key) for key in sort_keys(place))
    return Query(
        conditions=conditions_of(place),
        search=(st.session_state.get(search_key(place)) or "").strip(),
        sort=(Sort(column=by, descending=order == DESCENDING),) if by else (),
    )


def revision(place: str) -> int:
    """How often the filters were changed: editors begin anew with each change."""
    return int(st.session_state.get(f"filters revision:{place}", 0))


def notice(place: str) -> str:
    """What must be said of the last change; nothing after the next one."""
    return str(st.session_state.get(f"filters notice:{place}", ""))


def narrow(place: str, conditions: Sequence[Condition]) -> bool:
    """Add conditions to the filters of a table, in place of those on the same column with the same operator.

    For what is chosen elsewhere than in the filter bar. Takes effect when the page runs again, and can be undone;
    False when it changes nothing.
    """
    replaced = {(condition.column, condition.operator) for condition in conditions}
    kept = [each for each in conditions_of(place) if (each.column, each.operator) not in replaced]
    return _set_conditions(place, "Narrowed to", conditions, [*kept, *conditions])


def add(place: str, condition: Condition) -> None:
    """Add a condition, unless it is there."""
    now = conditions_of(place)
    if condition not in now:
        _set_conditions(place, "Added", [condition], [*now, condition])


def replace(place: str, position: int, condition: Condition) -> None:
    """Put a condition in the place of another one."""
    now = list(conditions_of(place))
    before, now[position] = now[position], condition
    _set_conditions(place, "Changed", [before], dict.fromkeys(now))


def remove(place: str, condition: Condition) -> None:
    """Take a condition away."""
    _set_conditions(place, "Removed", [condition], [each for each in conditions_of(place) if each != condition])


def clear(place: str) -> None:
    """Take every condition and the search away; the order stays."""
    _change(place, "Cleared all filters", (), {conditions_key(place): (), search_key(place): ""})


def apply(table: Table, place: str, view: View, *, what: str) -> None:
    """Look at a table through a view, as far as it fits; what does not is left out, and `notice` says so."""
    fitting, missing = what_fits(table, view)
    by, order = sort_keys(place)
    sort = fitting.query.sort[0] if fitting.query.sort else None
    after: dict[str, Any] = {
        conditions_key(place): fitting.query.conditions,
        search_key(place): fitting.query.search,
        by: sort.column if sort else None,
        order: DESCENDING if sort and sort.descending else ASCENDING,
    }
    if fitting.columns:
        after[columns_key(place)] = list(fitting.columns)
    _change(place, what, (), after)
    if missing:
        words = f"Left out, since this result does not have it: {', '.join(missing)}."
        st.session_state[f"filters notice:{place}"] = words


def what_fits(table: Table, view: View) -> tuple[View, list[str]]:
    """The part of a view that fits a table, and in words what does not."""
    kinds = {column.name: column.kind for column in table.columns}
    conditions, missing = [], []
    for condition in view.query.conditions:
        try:
            if condition.column not in kinds:
                raise InputError("There is no such column.")
            check_condition(condition, kinds[condition.column])
        except InputError:
            missing.append(f"the filter on “{condition.column}”")
        else:
            conditions.append(condition)
    sort = tuple(each for each in view.query.sort if each.column in kinds)
    missing += [f"the order by “{each.column}”" for each in view.query.sort if each not in sort]
    columns = tuple(name for name in view.columns if name in kinds)
    missing += [f"the column “{name}”" for name in view.columns if name not in kinds]
    query = Query(conditions=tuple(conditions), search=view.query.search, sort=sort)
    return View(query=query, columns=columns), missing


def last_step(place: str) -> Step | None:
    """The change that `undo` takes back."""
    steps = st.session_state.get(f"filters steps:{place}")
    return steps[-1] if steps else None


def undo(place: str) -> None:
    """Take back the last change; nothing when there is none."""
    steps: list[Step] = st.session_state.get(f"filters steps:{place}", [])
    if not steps:
        return
    for key, value in steps.pop().before.items():
        if value is _ABSENT:
            st.session_state.pop(key, None)
        else:
            st.session_state[key] = value
    _changed(place)


def forget_filters(place: str) -> None:
    """Begin anew with this table."""
    keys = (conditions_key(place), search_key(place), *sort_keys(place), f"filters steps:{place}")
    for key in keys:
        st.session_state.pop(key, None)
    _changed(place)


def _set_conditions(
    place: str, what: str, named: Sequence[Condition], after: Sequence[Condition] | Mapping[Condition, Any]
) -> bool:
    return _change(place, what, tuple(named), {conditions_key(place): tuple(after)})


def _change(place: str, what: str, named: tuple[Condition, ...], after: Mapping[str, Any]) -> bool:
    before = {key: st.session_state.get(key, _ABSENT) for key in after}
    if before == after:
        return False
    steps: list[Step] = st.session_state.setdefault(f"filters steps:{place}", [])
    steps.append(Step(what=what, conditions=named, before=before))
    del steps[:-MOST_STEPS]
    st.session_state.update(after)
    _changed(place)
    return True


def _changed(place: str) -> None:
    st.session_state[f"filters revision:{place}"] = revision(place) + 1
    st.session_state.pop(f"filters notice:{place}", None)
