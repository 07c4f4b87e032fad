"""Questions in SQL to a result: the field, examples, what ran before, the tables there are, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from gladly_tools.errors import Cancelled, GladlyToolsError, NotFoundError, QueryError
from gladly_tools.jobs import Job
from gladly_tools.queries import AskedQuery
from gladly_tools.results.download import Format
from gladly_tools.results.query import Query
from gladly_tools.results.sandbox_answer import Answer
from gladly_tools.results.sandbox_tables import Source
from gladly_tools.results.sandbox_words import place_of
from gladly_tools.results.schema import Kind
from gladly_tools.ui.account import session_of
from gladly_tools.ui.sql_box_editor import sql_editor
from gladly_tools.ui.sql_box_examples import examples_for
from gladly_tools.ui.sql_box_words import as_name, kind_words, words_for
from gladly_tools.ui.words import counted, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.sql_routes import answer_link
from gladly_tools.web.vault import Session

SHOWN_ROWS = 10_000
MOST_RECENT = 20
POLL = timedelta(seconds=1)
PATIENCE_SECONDS = 0.8  # most answers are there before anybody would see that something runs
_EXACT = 2**53  # a browser's numbers are whole up to here
_RECENT = "sql recent"
_FORMATS = {Format.CSV: "CSV", Format.JSON: "JSON", Format.JSONL: "JSON Lines", Format.PARQUET: "Parquet"}


def sql_box(session: Session, job: Job, table: str | None, query: Query, zone: str, *, place: str) -> None:
    """Ask anything of a job's result, or of one table of it. `query` is what the filters take, `zone` where times are.

    Refreshes itself while a query runs.
    """
    owner = session.account.owner
    tables = portal().queries.tables(session.account, job, table=table, query=query, zone=zone)
    asked = _asked(session, place)
    is_running = asked is not None and asked.active

    @st.fragment(run_every=POLL if is_running else None)
    def box() -> None:
        current = session_of(owner)
        if is_running and not _is_active(current, place):
            st.rerun()  # the answer is there, and the clock need not tick any more
        _box(current, tables, query, zone, place)

    box()


def _box(session: Session, tables: Sequence[Source], query: Query, zone: str, place: str) -> None:
    version = f"sql version:{place}"
    draft = f"sql draft:{place}"
    examples = examples_for(tables[0].column_names)
    st.session_state.setdefault(version, 0)
    st.session_state.setdefault(draft, examples[0].sql)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"sql bar:{place}"):
        _offers("Examples", ":material/lightbulb:", [(each.title, each.sql) for each in examples], place)
        # Numbered, since a menu tells its entries apart by what they say.
        latest = enumerate(st.session_state.get(_RECENT, []), start=1)
        recent = [(f"{number}. {' '.join(text.split())}", text) for number, text in latest]
        _offers("Recent", ":material/history:", recent, place)
        with st.popover("Tables", icon=":material/database:"):
            _tables(tables, place)
    asked = _asked(session, place)
    error = asked.error if asked is not None else None
    wrong = {"text": asked.text, "position": error.position} if asked and isinstance(error, QueryError) else None
    text = sql_editor(
        st.session_state[draft],
        st.session_state[version],
        words_for(tables),
        running=asked is not None and asked.active,
        wrong=wrong if wrong is not None and wrong["position"] is not None else None,
        key=f"sql editor:{place}",
    )
    _what_it_sees(tables, query, zone)
    if text is not None:
        st.session_state[draft] = text
        _start(session, text, tables, zone, place)
        return
    if asked is not None:
        _outcome(session, asked, zone, place)


def _start(session: Session, text: str, tables: Sequence[Source], zone: str, place: str) -> None:
    try:
        asked = portal().queries.start(session.account, text, tables, zone=zone)
    except GladlyToolsError as error:
        st.warning(plain(error), icon=":material/hourglass_empty:")
        return
    st.session_state[f"sql asked:{place}"] = asked.id
    recent = [each for each in st.session_state.get(_RECENT, []) if each != text]
    st.session_state[_RECENT] = [text, *recent][:MOST_RECENT]
    asked.wait(PATIENCE_SECONDS)
    st.rerun()


def _offers(label: str, icon: str, offers: Sequence[tuple[str, str]], place: str) -> None:
    """A menu of queries, each put into the field by one click; nothing while there are none."""
    if not offers:
        return
    chosen = st.menu_button(
        label,
        range(len(offers)),
        icon=icon,
        format_func=lambda number: plain(_title(offers[number][0])),
        key=f"sql {label}:{place}",
    )
    if chosen is not None:
        st.session_state[f"sql draft:{place}"] = offers[chosen][1]
        st.session_state[f"sql version:{place}"] += 1


def _title(words: str) -> str:
    return words if len(words) <= 70 else f"{words[:69]}…"


def _tables(tables: Sequence[Source], place: str) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Name": [table.name for table in tables],
                "Rows": [table.rows for table in tables],
                "Columns": [len(table.columns) for table in tables],
                "Which": [table.about for table in tables],
            }
        ),
        hide_index=True,
        width=680,
        column_config={"Rows": st.column_config.NumberColumn(format="localized")},
        alt="The tables that a query can read",
    )
    by_name = {table.name: table for table in tables}
    chosen = by_name[st.selectbox("Columns of", list(by_name), key=f"sql columns:{place}", width=360)]
    about = {column.name: (kind_words(column.kind), column.unit, column.help) for column in chosen.columns}
    rows = [
        (as_name(name), *about.get(name, ("text", "", f"{name.removeprefix('text of ')} as Gladly sent it")))
        for name in chosen.column_names
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=["In SQL", "Kind", "Unit", "What it holds"]),
        hide_index=True,
        width=680,
        height=min(38 + 35 * len(rows), 320),
        alt=f"The columns of {chosen.name}",
    )


def _what_it_sees(tables: Sequence[Source], query: Query, zone: str) -> None:
    whole, filtered = tables[0], tables[1]
    follows = "those that your filters take" if not query.takes_all else "the same until you set a filter"
    others = len(tables) - 2
    more = f" {counted(others, 'more table')} under Tables." if others else ""
    st.caption(
        f"`{whole.name}` is all {counted(whole.rows, 'row')}, whatever the filters say; `{filtered.name}` is {follows}."
        f"{more} Times are read in {plain(zone)}."
    )


def _asked(session: Session, place: str) -> AskedQuery | None:
    """The query asked here last, unless its answer is gone."""
    query_id = st.session_state.get(f"sql asked:{place}")
    if query_id is None:
        return None
    try:
        return portal().queries.get(session.account, query_id)
    except NotFoundError:
        del st.session_state[f"sql asked:{place}"]
        return None


def _is_active(session: Session, place: str) -> bool:
    asked = _asked(session, place)
    return asked is not None and asked.active


def _outcome(session: Session, asked: AskedQuery, zone: str, place: str) -> None:
    if asked.active:
        _running(session, asked, place)
    elif isinstance(asked.error, Cancelled):
        st.info("You stopped this query.", icon=":material/stop_circle:")
    elif asked.error is not None:
        _error(asked.error, asked.text)
    elif asked.answer is not None:
        _answer(asked, asked.answer, zone, place)


def _running(session: Session, asked: AskedQuery, place: str) -> None:
    most = portal().settings.sql_seconds
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f":material/progress_activity: **Running** · {asked.seconds:.0f} s of {most:g} s at most")
        if st.button("Stop", icon=":material/stop_circle:", key=f"sql stop:{place}"):
            portal().queries.stop(session.account, asked.id)
            asked.wait(PATIENCE_SECONDS)
            st.rerun()


def _error(error: GladlyToolsError, text: str) -> None:
    where = ""
    position = error.position if isinstance(error, QueryError) else None
    if position is not None:
        place = place_of(text, position)
        where = f" (line {place.line}, column {place.column})"
    st.error(f"**{plain(error.what)}**{where} {plain(error.advice)}", icon=":material/error:")
    if position is not None:
        st.code(place_of(text, position).marked, language=None)


def _answer(asked: AskedQuery, answer: Answer, zone: str, place: str) -> None:
    frame = answer.frame(SHOWN_ROWS)
    if answer.rows == 0:
        st.info("The query found no rows.", icon=":material/inbox:")
        return
    shown, config = _for_view(frame, answer, zone)
    with st.container(horizontal=True, vertical_alignment="center", key=f"sql answer bar:{place}"):
        st.caption(plain(_counted(answer, len(frame), zone)))
        st.space("stretch")
        _download(asked, answer, place)
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="",
        height=min(38 + 35 * len(frame), 560),
        column_config=config,
        key=f"sql answer:{place}:{asked.id}",
        alt=f"The answer: {counted(len(frame), 'row')}",
    )


def _counted(answer: Answer, shown: int, zone: str) -> str:
    found = f"more than {answer.rows:,}" if answer.cut else f"{answer.rows:,}"
    if shown == answer.rows and not answer.cut:
        words = counted(answer.rows, "row")
    else:
        held = f"the first {answer.rows:,}" if answer.cut else "all"
        words = f"Showing the first {shown:,} of {found} rows; a download holds {held}"
    times = f" · times in {zone}" if any(column.kind is Kind.TIME for column in answer.columns) else ""
    return f"{words} · {answer.seconds:.1f} s{times}"


def _for_view(frame: pd.DataFrame, answer: Answer, zone: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The frame and how its columns look; numbers that a browser would round are shown as text."""
    config: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    for column, type in zip(answer.columns, answer.types, strict=True):
        cells = frame[column.name]
        match column.kind:
            case Kind.TIME:
                changed[column.name] = cells.dt.tz_convert(zone)
                config[column.name] = st.column_config.DatetimeColumn(help=type, format="YYYY-MM-DD HH:mm:ss")
            case Kind.INTEGER if not cells.isna().all() and cells.abs().max() > _EXACT:
                changed[column.name] = cells.astype("string")
                config[column.name] = st.column_config.TextColumn(help=type)
            case Kind.INTEGER | Kind.NUMBER if not column.verbatim:
                config[column.name] = st.column_config.NumberColumn(help=type, format="localized")
            case Kind.BOOLEAN:
                config[column.name] = st.column_config.CheckboxColumn(help=type)
            case Kind.LIST:
                config[column.name] = st.column_config.ListColumn(help=type)
            case _:
                config[column.name] = st.column_config.TextColumn(help=type)
    return frame.assign(**changed), config


def _download(asked: AskedQuery, answer: Answer, place: str) -> None:
    base_path = str(st.get_option("server.baseUrlPath") or "")
    with st.popover("Download answer", icon=":material/download:"):
        guard = st.checkbox(
            "CSV: protect against formulas",
            value=True,
            key=f"sql guard:{place}",
            help="Puts an apostrophe before texts that begin with = + - @, so that no spreadsheet runs them.",
        )
        for format, label in _FORMATS.items():
            is_csv = format is Format.CSV
            st.link_button(
                f"Download {label}",
                answer_link(asked, format, bom=is_csv, guard=guard or not is_csv, base_path=base_path),
                icon=":material/download:",
                width="stretch",
                key=f"sql download:{format}:{place}",
            )
        if answer.cut:
            st.caption(f"Files hold the first {answer.rows:,} rows; their names say so.")
