"""Draws a dashboard: headline figures, sections as tabs, each chart in a card; a chosen mark becomes a filter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from gladly_tools.charts import (
    DASHBOARDS,
    OTHER_TABLES,
    Chart,
    Choice,
    Dashboard,
    Drawn,
    Figures,
    Look,
    Mark,
    Names,
    Section,
    Size,
    TopicCells,
    no_names,
)
from gladly_tools.charts.chart import MARK
from gladly_tools.charts.picking import together
from gladly_tools.charts.picture import PictureFormat, render
from gladly_tools.exports import EXPORTS
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.table import Table
from gladly_tools.ui.drawing import draw_chart, legend, look
from gladly_tools.ui.event_charts import STORIES, story
from gladly_tools.ui.filters import narrow
from gladly_tools.ui.words import counted, plain
from gladly_tools.web.portal import portal

FILE_TYPES = {PictureFormat.PNG: "image/png", PictureFormat.SVG: "image/svg+xml"}


def charts_of(
    export: str, table: str | None
) -> Callable[[Table, Query, str, str, Names, Sequence[str] | None], None] | None:
    """What shows the charts of an export's table; None where there are none.

    It takes the table, the query whose rows count, the zone, the place that the table's filters are kept under, what
    names ids, and the account's topics as far as they are known.
    """
    is_first = table is None or table == EXPORTS[export].table
    dashboard = DASHBOARDS.get(export) if is_first else OTHER_TABLES.get(str(table))
    return None if dashboard is None else partial(_show, export, dashboard)


def chosen_options(export: str, place: str) -> dict[str, str]:
    """What is chosen in the sections of a place's charts, by the keys of the choices; the usual one is left out."""
    choices = [choice for section in DASHBOARDS[export].sections for choice in section.choices]
    chosen = {choice.key: st.session_state.get(_choice_key(choice, place)) for choice in choices}
    return {choice.key: str(chosen[choice.key]) for choice in choices if chosen[choice.key] in choice.options[1:]}


def _choice_key(choice: Choice, place: str) -> str:
    return f"chart choice:{choice.key}:{place}"


def _show(
    export: str,
    dashboard: Dashboard,
    table: Table,
    query: Query,
    zone: str,
    place: str,
    names: Names,
    known_topics: Sequence[str] | None,
) -> None:
    if export in STORIES:
        story(STORIES[export], table, query, zone)
    dashboard_view(dashboard, table, query, zone, place, names, known_topics)


def dashboard_view(
    dashboard: Dashboard,
    table: Table,
    query: Query,
    zone: str,
    place: str,
    names: Names = no_names,
    known_topics: Sequence[str] | None = None,
) -> None:
    """Show the charts of the rows that the query takes; only the section that is looked at is worked out.

    `place` is what the filters of the table are kept under.
    """
    topics = TopicCells(separator=portal().settings.topic_separator, known=known_topics)
    scope = dashboard.scope(table, query, zone, names, topics=topics)
    if dashboard.headline is not None:
        _draw(dashboard.headline(scope), query, place)
    with st.container(horizontal=True, vertical_alignment="center", key=f"charts bar:{place}"):
        section = _section(dashboard.sections, place)
        chosen = _choices(section, place)
    _draw(section.draw(replace(scope, chosen=chosen)), query, place)


def _section(sections: Sequence[Section], place: str) -> Section:
    if len(sections) == 1:
        return sections[0]
    by_title = {section.title: section for section in sections}
    title = st.segmented_control(
        "Charts of",
        list(by_title),
        default=sections[0].title,
        required=True,
        label_visibility="collapsed",
        key=f"charts:{place}",
        persist_state="session",
        wrap=True,
    )
    return by_title[str(title)]


def _choices(section: Section, place: str) -> dict[str, str]:
    return {
        choice.key: str(
            st.selectbox(
                choice.label or choice.options[0],
                choice.options,
                format_func=choice.words,
                key=_choice_key(choice, place),
                persist_state="session",
                label_visibility="collapsed",
                width=210,
            )
        )
        for choice in section.choices
    }


def _draw(drawn: Iterator[Drawn], query: Query, place: str) -> None:
    """Charts that want half a row stand two by two."""
    waiting: Any = None
    for each in drawn:
        if isinstance(each, Figures):
            _figures(each)
            continue
        if each.size is Size.FULL:
            spot, waiting = st.container(), None
        elif waiting is None:
            spot, waiting = st.columns(2)
        else:
            spot, waiting = waiting, None
        with spot, st.container(border=True, height="stretch", key=f"chart card:{each.key}:{place}"):
            _card(each, query, place)


def _figures(found: Figures) -> None:
    with st.grid(len(found.figures), min_column_width=170, key=f"figures:{found.key}"):
        for figure in found.figures:
            with st.container(border=True, height="stretch", gap=None):
                st.metric(figure.label, figure.shown, help=figure.help or None)
                st.caption(plain(figure.basis))
    for note in found.notes:
        st.caption(plain(note))


def _card(chart: Chart, query: Query, place: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(chart.title)}**", help=chart.help or None, width="stretch")
        if len(chart.frame):
            # Side by side also where they go below the title.
            with st.container(horizontal=True, gap="small", width="content"):
                _filter_by(chart, query, place)
                _save(chart, place)
    if len(chart.frame):
        seen = look()
        _drawn(chart, seen, query, place)
        if chart.colors is not None:
            legend(chart.colors(seen))
    if chart.notes:
        st.caption(plain(" ".join(chart.notes)))


def _drawn(chart: Chart, seen: Look, query: Query, place: str) -> None:
    key = f"chart:{chart.key}:{place}"
    turn = f"turn of {key}"
    st.session_state.setdefault(turn, 0)
    # Another key after each choice and each filter, so that a choice is gone once it is a filter.
    widget = f"{key}:{st.session_state[turn]}:{hash(query)}"
    draw_chart(
        chart,
        seen,
        key=widget,
        on_select=partial(_selected, chart, query, place, widget, turn),
    )


def _selected(chart: Chart, query: Query, place: str, widget: str, turn: str) -> None:
    conditions = selected(chart, st.session_state[widget].selection)
    if conditions:
        st.session_state[turn] += 1
        narrow(place, together(query, conditions))


def selected(chart: Chart, selection: Any) -> tuple[Condition, ...]:
    """What a selection in the drawing means: the mark that was clicked, or the stretch that was brushed."""
    # A line across a chart, or the brush itself, can be clicked too, and stands for no mark.
    clicked = [point.get(MARK) for point in selection.get("pick") or []]
    places = [int(place) for place in clicked if place is not None and 0 <= int(place) < len(chart.marks)]
    if places:
        mark = chart.marks[places[0]]
        return mark.conditions if mark.rows else ()
    stretch = selection.get("brush") or {}
    if chart.brush is not None and chart.brush.field in stretch:
        low, high = stretch[chart.brush.field]
        return chart.brush.chosen(float(low), float(high))
    return ()


def _filter_by(chart: Chart, query: Query, place: str) -> None:
    """The same as a click on a mark, for who has no mouse."""
    marks = [mark for mark in chart.marks if mark.rows]
    if not marks:
        return
    key = f"filter by:{chart.key}:{place}:{hash(query)}"

    def chosen() -> None:
        mark = st.session_state[key]
        if mark is not None:
            narrow(place, together(query, marks[mark].conditions))

    with st.popover("Filter", icon=":material/filter_list:", type="tertiary", help="Filter by what this chart shows"):
        st.selectbox(
            "Filter by",
            range(len(marks)),
            index=None,
            format_func=lambda place: f"{marks[place].label} ({counted(marks[place].rows, 'row')})",
            placeholder="Choose or type",
            key=key,
            on_change=chosen,
            width=320,
        )
        st.caption(plain(" ".join(["The same as a click on the chart.", *_left_out(marks)])))


def _left_out(marks: Sequence[Mark]) -> list[str]:
    """What no mark of a chart counts, and a filter by one therefore leaves out, in words."""
    shared = set.intersection(*(set(mark.conditions) for mark in marks))
    columns = sorted(each.column for each in shared if each.operator is Operator.IS_EMPTY and each.negated)
    return [f"As in the chart, rows without {' or '.join(columns)} are left out."] if columns else []


def _save(chart: Chart, place: str) -> None:
    name = re.sub(r"[^a-z0-9]+", "-", chart.title.lower()).strip("-")
    seen = look()
    with st.popover("Save", icon=":material/download:", type="tertiary", help="Save this chart"):
        st.download_button(
            "Figures as CSV",
            chart.csv,
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/table:",
            on_click="ignore",
            key=f"save csv:{chart.key}:{place}",
            width="stretch",
        )
        for format, mime in FILE_TYPES.items():
            st.download_button(
                f"Picture as {format.value.upper()}",
                # Drawn when it is asked for.
                partial(picture, chart, seen, format),
                file_name=f"{name}.{format.value}",
                mime=mime,
                icon=":material/image:",
                on_click="ignore",
                key=f"save {format}:{chart.key}:{place}",
                width="stretch",
            )


def picture(chart: Chart, seen: Look, format: PictureFormat) -> bytes:
    """The chart as a picture that explains itself."""
    return render(chart.picture(seen), format)
