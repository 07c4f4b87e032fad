"""The filter bar, and the pills of what is active: each opens the editor of its condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from gladly_tools.charts import no_names
from gladly_tools.errors import GladlyToolsError
from gladly_tools.results.naming import Naming, names_in_condition
from gladly_tools.results.query import Condition, Query
from gladly_tools.results.schema import Kind
from gladly_tools.results.table import Table
from gladly_tools.results.words import describe
from gladly_tools.ui.account import current_session, session_of
from gladly_tools.ui.filters import state
from gladly_tools.ui.filters.controls import WIDTH
from gladly_tools.ui.filters.editor import editor
from gladly_tools.ui.words import plain

LONGEST_PILL = 90


def filter_bar(
    table: Table, place: str, zone: str, *, first: Sequence[str], before: Query, naming: Naming = no_names
) -> Query:
    """Show the widgets that filter and sort a table, and return the query that they make.

    The columns in `first` are offered before the others; a page that is loaded anew begins with the query `before`.
    `active_filters` shows what is active. `naming` names the ids among the values to choose from.
    """
    names = list(dict.fromkeys([*first, *(column.name for column in table.columns)]))
    state.begin(place, before)
    st.text_input(
        "Search",
        placeholder="Search all text",
        icon=":material/search:",
        label_visibility="collapsed",
        key=state.search_key(place),
        persist_state="session",
        width=200,
    )
    with st.container(horizontal=True, width="content"):  # where a line breaks they go together
        with st.container(width="content"):  # a fragment by itself takes what room there is
            _add(table, names, place, zone, _owner(), naming)
        _sort(names, place)
    return state.query_of(place)


def active_filters(table: Table, query: Query, place: str, zone: str, naming: Naming = no_names) -> None:
    """Show each condition as a pill that opens its editor, with what takes it away, all of them, or the last change."""
    step = state.last_step(place)
    if not query.conditions and step is None:
        return

    def told(condition: Condition) -> str:
        return describe(condition, zone, names=names_in_condition(table.columns, condition, naming))

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"active:{place}"):
        for position, condition in enumerate(query.conditions):
            with st.container(horizontal=True, gap=None, width="content", key=f"pill:{place}:{position}"):
                _pill(table, query, position, place, zone, _owner(), told(condition), naming)
                st.button(
                    ":material/close:",
                    help=plain(f"Remove: {told(condition)}"),
                    key=f"remove:{place}:{state.revision(place)}:{position}",
                    on_click=state.remove,
                    args=(place, condition),
                )
        if query.conditions or query.search:
            st.button("Clear all", type="tertiary", key=f"clear:{place}", on_click=state.clear, args=(place,))
        if step is not None:
            st.button(
                "Undo",
                icon=":material/undo:",
                type="tertiary",
                help=plain(f"Take back: {step.words(told)}"),
                key=f"undo:{place}",
                on_click=state.undo,
                args=(place,),
            )
    said = state.notice(place)
    if said:
        st.warning(plain(said), icon=":material/rule:")
    kinds = {column.name: column.kind for column in table.columns}
    if any(kinds.get(condition.column) is Kind.TIME for condition in query.conditions):
        st.caption(plain(f"Times of the filters are in {zone}."))


def _owner() -> str:
    session = current_session()
    return "" if session is None else session.account.owner


@st.fragment
def _pill(
    table: Table, query: Query, position: int, place: str, zone: str, owner: str, words: str, naming: Naming
) -> None:
    """One condition in words; opened, its editor. A fragment, so that nothing else is drawn anew while one edits."""
    session_of(owner)
    condition = query.conditions[position]
    key = f"edit:{place}:{state.revision(place)}:{position}"
    short = words if len(words) <= LONGEST_PILL else f"{words[:LONGEST_PILL]}…"
    help = plain(words) if short != words else None
    with st.popover(plain(short), key=key, on_change="rerun", help=help, wrap=True) as box:
        if not box.open:
            return
        others = [each for number, each in enumerate(query.conditions) if number != position]
        with st.container(width=WIDTH):
            made = _edited(table, condition.column, condition, query, others, key, zone, "Apply", naming)
    if made is not None:
        state.replace(place, position, made)
        st.rerun()


@st.fragment
def _add(table: Table, names: Sequence[str], place: str, zone: str, owner: str, naming: Naming) -> None:
    """A new condition: its column first, then the control that fits."""
    session_of(owner)
    # Another key after each change, so that the box closes and begins empty.
    key = f"add:{place}:{state.revision(place)}"
    with st.popover("Add filter", icon=":material/filter_list:", key=key, on_change="rerun") as box:
        if not box.open:
            return
        name = st.selectbox(
            "Column",
            names,
            index=None,
            placeholder="Choose, or type to search",
            key=f"{key}:column",
            width=WIDTH,
        )
        if name is None:
            return
        query = state.query_of(place)
        with st.container(width=WIDTH):
            made = _edited(table, name, None, query, query.conditions, f"{key}:{name}", zone, "Add", naming)
    if made is not None:
        state.add(place, made)
        st.rerun()


def _edited(
    table: Table,
    name: str,
    before: Condition | None,
    query: Query,
    others: Sequence[Condition],
    key: str,
    zone: str,
    verb: str,
    naming: Naming,
) -> Condition | None:
    """The editor with its button; the condition when the button is pressed and there is one."""
    column = next((each for each in table.columns if each.name == name), None)
    if column is None:
        st.error("This result has no such column.", icon=":material/error:")
        return None
    if before is not None:
        st.markdown(f"**{plain(name)}**", help=plain(column.help) if column.help else None)
    elif column.help:
        st.caption(plain(column.help), width=WIDTH)
    rest = replace(query, conditions=tuple(others), sort=())
    try:
        draft = editor(table, column, before, rest, key=key, zone=zone, naming=naming)
    except GladlyToolsError as error:
        st.error(plain(error), icon=":material/error:")
        return None
    if not st.button(verb, type="primary", key=f"{key}:use", width="stretch"):
        return None
    if draft.condition is None:
        st.error(draft.problem, icon=":material/error:")
    return draft.condition


def _sort(names: Sequence[str], place: str) -> None:
    by, order = state.sort_keys(place)
    now, arrow = st.session_state[by], "↓" if st.session_state.get(order) == state.DESCENDING else "↑"
    label = "Sort" if now is None else f"{plain(now)} {arrow}"
    with st.popover(label, icon=":material/swap_vert:", key=f"sort box:{place}"):
        name = st.selectbox(
            "Sort by",
            [None, *names],
            format_func=lambda name: name or "As Gladly sent it",
            key=by,
            persist_state="session",
            width=340,
        )
        if name is None:
            return
        st.segmented_control(
            "Order",
            [state.ASCENDING, state.DESCENDING],
            required=True,
            key=order,
            persist_state="session",
            wrap=True,
        )
