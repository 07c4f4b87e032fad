"""The result view that every export shares: notes, filters, table, charts, columns and downloads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import Job
from gladly_tools.names import Names
from gladly_tools.portal_files import portal_folder
from gladly_tools.report_file import can_report
from gladly_tools.results.download import Format
from gladly_tools.results.query import Query
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.ui.account import base_path, browser_zone, session_id
from gladly_tools.ui.charts import charts_of, chosen_options
from gladly_tools.ui.filters import Looked, active_filters, filter_bar, forget_filters, views_menu
from gladly_tools.ui.job_panel import expiry, state_badge
from gladly_tools.ui.names_beside import with_names
from gladly_tools.ui.readings import READINGS
from gladly_tools.ui.sql_box import sql_box
from gladly_tools.ui.words import counted, moment, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.routes import download_link, report_link, view_key
from gladly_tools.web.vault import Session

PAGE_SIZES = (50, 100, 250, 500)
KINDS = {
    Kind.ID: "ID",
    Kind.BOOLEAN: "yes or no",
    Kind.INTEGER: "whole number",
    Kind.URL: "link",
    Kind.RECORDS: "list of records",
}
FORMATS = {Format.CSV: "CSV", Format.JSON: "JSON", Format.JSONL: "JSON Lines", Format.PARQUET: "Parquet"}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One table of a job's result as it is looked at; `name` is None when it is the only one."""

    job: Job
    result: Result
    name: str | None

    @property
    def place(self) -> str:
        """What the widgets and the filters of this table are kept under."""
        return view_key(self.job, self.name)

    @property
    def usual_columns(self) -> Sequence[str]:
        """The columns that the export shows at first; none when it names none."""
        export = EXPORTS.get(self.job.kind)
        if export is None:
            return ()
        others = {other.name: other.shown for other in export.others}
        names = {column.name for column in self.result.columns}
        return [name for name in others.get(self.name or "", export.shown) if name in names]


def result_view(session: Session, job: Job) -> None:
    """Everything about a job's result, be it whole, partial or still growing; nothing when there is none yet."""
    place = job.id
    try:
        result = portal().runs.result(session.account, job.id)
        if result is None or (result.rows == 0 and not job.state.finished):
            return
        heading = _heading(job, result)
        shown = Shown(job=job, result=result, name=None)
        if len(result.tables) > 1:
            name = _table_chooser(job, result)
            shown = Shown(job=job, result=result.tables[name], name=name)
        place = shown.place
        _shown(session, shown, heading)
    except InputError as error:
        st.error(plain(error), icon=":material/filter_list_off:")
        if st.button("Clear filters", key=f"clear broken:{place}"):
            portal().views.remember(session_id() or "", place, Query())
            forget_filters(place)
            st.rerun()
    except GladlyToolsError as error:
        _unread(error, job)


def _unread(error: GladlyToolsError, job: Job) -> None:
    """Why the result cannot be shown, with what can be done about it: read it again, or delete it among the jobs."""
    st.warning(plain(error), icon=":material/refresh:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Load again", key=f"reload:{job.id}")
        st.page_link(portal_folder() / "pages" / "jobs.py", label="Open Jobs", icon=":material/schedule:")


def _table_chooser(job: Job, result: Result) -> str:
    tables, key = result.tables, f"which table:{job.id}"
    st.session_state.setdefault(key, next(iter(tables)))
    return str(
        st.segmented_control(
            "Table",
            list(tables),
            required=True,
            label_visibility="collapsed",
            format_func=lambda name: f"{re.sub('[-_]', ' ', name).capitalize()} ({tables[name].rows:,})",
            key=key,
            persist_state="session",
            wrap=True,
        )
    )


def _shown(session: Session, shown: Shown, heading: DeltaGenerator) -> None:
    job, place, table = shown.job, shown.place, Table(shown.result)
    if table.rows == 0:
        hint = " Try another date range." if "dates" in job.parameters else ""
        st.info(f"The result has no rows.{hint}", icon=":material/inbox:")
        with heading:
            _download(shown, Query(), 0, 0)
        return
    zone = shown.result.manifest.zone
    charts = charts_of(job.kind, shown.name)
    reading = READINGS.get((job.kind, shown.name))
    views = [
        *([reading.label] if reading else []),
        "Table",
        *(["Charts"] if charts else []),
        "SQL",
        "About the columns",
    ]
    st.session_state.setdefault(f"view:{place}", views[0])
    with st.container(horizontal=True, vertical_alignment="center", key=f"bar:{place}"):
        view = st.segmented_control(
            "View",
            views,
            required=True,
            label_visibility="collapsed",
            key=f"view:{place}",
            persist_state="session",
            wrap=True,
        )
        is_reading = reading is not None and view == reading.label
        names = Names(portal().runs, session.account)
        query = Query() if is_reading else _filters(shown, table, zone, names)
    if reading is not None and is_reading:
        with heading:
            _download(shown, query, table.rows, table.rows)
        reading.show(session, shown.result, job.id, place)
        return
    taken = table.count(query)
    with heading:
        views_menu(_looked(session, shown, table, zone, names))
        _download(shown, query, taken, table.rows)
    active_filters(table, query, place, zone, names.of)
    if view == "SQL":
        sql_box(session, job, shown.name, replace(query, sort=()), zone, place=place)
    elif taken == 0:
        st.info("No row meets these filters. Remove one to see more.", icon=":material/filter_list_off:")
    elif view == "Charts" and charts is not None:
        charts(table, replace(query, sort=()), zone, place, names.of, names.topics())
    elif view == "About the columns":
        _columns(table)
    else:
        _table(shown, table, query, taken, zone, names)


def _filters(shown: Shown, table: Table, zone: str, names: Names) -> Query:
    """The filter bar; what it makes is remembered, so that a page that is loaded anew begins with it."""
    browser, kept = session_id() or "", portal().views
    before = kept.recall(browser, shown.place)
    query = filter_bar(table, shown.place, zone, first=shown.usual_columns, before=before, naming=names.of)
    kept.remember(browser, shown.place, query)
    return query


def _looked(session: Session, shown: Shown, table: Table, zone: str, names: Names) -> Looked:
    shelf = shown.job.kind if shown.name is None else f"{shown.job.kind}:{shown.name}"
    owner = session.account.owner
    return Looked(
        owner=owner, job=shown.job.id, shelf=shelf, place=shown.place, table=table, zone=zone, naming=names.of
    )


def _heading(job: Job, result: Result) -> DeltaGenerator:
    """Name the result and say what must be known of it; returns the place for what can be done with it."""
    manifest = result.manifest
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header("Result" if job.state.finished else "Result so far", anchor=False, width="content")
        state_badge(job)
        others = [note for note in manifest.notes if note.level != "partial"]
        if others:
            with st.popover(counted(len(others), "note"), icon=":material/info:", type="tertiary"):
                for note in others:
                    st.markdown(f"- {plain(note.text)}: {note.count:,}")
        if job.state.active:
            st.button("Refresh", icon=":material/refresh:", type="tertiary", key=f"refresh:{job.id}")
        st.space("stretch")
        download = st.container(horizontal=True, width="content")
    made = f"made {moment(job.created_at, browser_zone())}"
    parts = [counted(result.rows, "row"), plain(job.title), plain(made), plain(expiry(job))]
    if not job.state.finished:
        parts[0] += ", unfinished"
    if manifest.expected_rows is not None and manifest.expected_rows != manifest.rows:
        parts[0] += f" of {manifest.expected_rows:,} expected"
    if len(result.tables) > 1:
        del parts[0]  # the chooser of tables says how many rows each has
    st.caption(" · ".join(part for part in parts if part))
    missing = [note for note in manifest.notes if note.level == "partial"]
    if missing:
        st.warning(
            "**Data is missing.** " + " ".join(f"{plain(note.text)} ({note.count:,})." for note in missing),
            icon=":material/warning:",
        )
    return download


def _table(shown_table: Shown, table: Table, query: Query, taken: int, zone: str, names: Names) -> None:
    place = shown_table.place
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"table bar:{place}"):
        with st.popover("Columns", icon=":material/view_column:"):
            shown = _column_chooser(shown_table, table)
            with_ids = _names_beside_ids(place, table)
        size = st.selectbox(
            "Rows a page",
            PAGE_SIZES,
            index=1,
            key=f"page size:{place}",
            persist_state="session",
            width=120,
            label_visibility="collapsed",
            format_func=lambda size: f"{size} a page",
        )
        pages = max(1, -(-taken // size))
        # A new filter or page size begins at the first page again.
        page = st.pagination(pages, key=f"page:{place}:{hash(query)}:{size}") if pages > 1 else 1
    offset = (page - 1) * size
    frame = table.page(query, shown, offset=offset, limit=size)
    by_name = {column.name: column for column in table.columns}
    config = {name: _config(by_name[name], table) for name in shown}
    if with_ids:
        beside = with_names(frame, table, names, browser_zone())
        frame, config = beside.frame, config | {name: _plain_config(column) for name, column in beside.added.items()}
    st.dataframe(
        in_zone(frame, zone),
        hide_index=True,
        placeholder="",
        height=min(38 + 35 * len(frame), 640),
        column_config=config,
        key=f"table:{place}",
        alt=f"Rows {offset + 1} to {offset + len(frame)} of the result",
    )
    total = "" if taken == table.rows else f" (of {table.rows:,} in all)"
    times = f" · times in {zone}" if any(by_name[name].kind is Kind.TIME for name in shown) else ""
    st.caption(plain(f"Showing {offset + 1:,} to {offset + len(frame):,} of {counted(taken, 'row')}{total}{times}"))


def _column_chooser(shown: Shown, table: Table) -> list[str]:
    names = [column.name for column in table.columns]
    usual = list(shown.usual_columns)
    key = f"columns:{shown.place}"
    st.session_state.setdefault(key, usual or names)
    with st.container(horizontal=True):
        if st.button("Show all", key=f"{key}:all"):
            st.session_state[key] = names
        if usual and st.button("Show the usual ones", key=f"{key}:usual"):
            st.session_state[key] = usual
    chosen = st.multiselect(
        "Columns shown",
        names,
        key=key,
        persist_state="session",
        width=420,
        help="Only what you see; downloads always hold every column.",
    )
    return chosen or usual or names


def _names_beside_ids(place: str, table: Table) -> bool:
    """Whether ids get their names; not asked where nobody can tell what the ids are of."""
    return any(column.of for column in table.columns) and st.checkbox(
        "Names beside IDs",
        value=True,
        key=f"names:{place}",
        persist_state="session",
        help="Adds the name after a column of IDs of agents, inboxes, topics or customers, where an earlier result of "
        "yours knows it. Only what you see; downloads do not hold it.",
    )


def in_zone(frame: pd.DataFrame, zone: str) -> pd.DataFrame:
    """The frame with its times in a zone."""
    times = frame.select_dtypes(include=["datetimetz"]).columns
    return frame.assign(**{name: frame[name].dt.tz_convert(zone) for name in times})


def _config(column: Column, table: Table) -> Any:
    if not table.is_readable(column.name):
        return st.column_config.TextColumn(
            help=f"{column.help}. Some cells could not be read, so all are shown as text."
        )
    return _plain_config(column)


def _plain_config(column: Column) -> Any:
    help = column.help or None
    match column.kind:
        case Kind.TIME:
            return st.column_config.DatetimeColumn(help=help, format="YYYY-MM-DD HH:mm:ss")
        case Kind.NUMBER | Kind.INTEGER:
            unit = f" ({column.unit})" if column.unit else ""
            return st.column_config.NumberColumn(help=f"{column.help}{unit}", format="localized")
        case Kind.BOOLEAN:
            return st.column_config.CheckboxColumn(help=help)
        case Kind.URL:
            return st.column_config.LinkColumn(help=help, display_text="Open")
        case Kind.LIST | Kind.RECORDS:
            return st.column_config.ListColumn(help=help)
        case _:
            return st.column_config.TextColumn(help=help)


def _columns(table: Table) -> None:
    """All columns one below the other, to be read and to be found with the browser's own search."""
    told = pd.DataFrame(
        {
            "Column": [f"**{plain(column.name)}**" for column in table.columns],
            "What it holds": [plain(column.help) for column in table.columns],
            "Kind": [KINDS.get(column.kind, column.kind.value) for column in table.columns],
            "Unit": [plain(column.unit) for column in table.columns],
        }
    )
    st.table(
        told if told["Unit"].any() else told.drop(columns="Unit"),
        border="horizontal",
        hide_index=True,
        alt="The columns of this result and what they hold",
    )


def _download(shown: Shown, query: Query, taken: int, rows: int) -> None:
    job, place = shown.job, shown.place
    filtered = taken != rows or bool(query.sort)
    packed = bool(shown.result.manifest.tables) or shown.name is not None
    with st.popover("Download", icon=":material/download:", type="primary"):
        which = "all"
        if filtered:
            which = st.radio(
                "Rows",
                ["filtered", "all"],
                format_func={
                    "filtered": f"Filtered: {taken:,} rows" if taken != rows else "In the order chosen here",
                    "all": "Everything, as one ZIP" if packed else f"All: {rows:,} rows, as Gladly sent them",
                }.__getitem__,
                key=f"download rows:{place}",
            )
        is_view = which == "filtered" and filtered
        view = portal().views.put(place, query) if is_view else None
        table = shown.name if is_view else None
        bom, guard = _csv_options(place)
        for format, label in FORMATS.items():
            is_csv = format is Format.CSV
            st.link_button(
                f"Download ZIP of {label}" if packed and not is_view else f"Download {label}",
                download_link(
                    job,
                    format,
                    packed=packed and not is_view,
                    table=table,
                    view=view,
                    bom=is_csv and bom,
                    guard=guard or not is_csv,
                    base_path=base_path(),
                ),
                icon=":material/folder_zip:" if packed and not is_view else ":material/download:",
                width="stretch",
                key=f"download:{format}:{place}",
            )
        if can_report(job.kind, shown.name) and taken:
            st.link_button(
                "Report with charts",
                report_link(
                    job, table=shown.name, view=view, chosen=chosen_options(job.kind, place), base_path=base_path()
                ),
                icon=":material/summarize:",
                width="stretch",
                key=f"report:{place}",
                help="One HTML file to send on: the charts, their figures and what must be known of them. It opens "
                "anywhere, without a connection, and prints well.",
            )
        if not job.state.finished:
            st.caption("This result is unfinished; the file's name says so.")


def _csv_options(place: str) -> tuple[bool, bool]:
    guard = st.checkbox(
        "CSV: protect against formulas",
        value=True,
        key=f"guard:{place}",
        help="Puts an apostrophe before cells that begin with = + - @, so that no spreadsheet runs them as a formula. "
        "Phone numbers and some IDs begin so too; switch it off for a file that another program reads.",
    )
    bom = st.checkbox(
        "CSV: mark as UTF-8 for Excel",
        value=True,
        key=f"bom:{place}",
        help="Begins the file with a byte order mark, so that Excel shows accents and emoji.",
    )
    return bom, guard
