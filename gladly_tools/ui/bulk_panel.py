"""The Bulk Close page: choose an action, give it a list, check, confirm, follow, and see past runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gladly_tools.bulk import ACTIONS, Action
from gladly_tools.bulk.records import BulkRun
from gladly_tools.errors import GladlyToolsError
from gladly_tools.ui.account import browser_zone, require_session
from gladly_tools.ui.bulk_confirm import confirmation
from gladly_tools.ui.bulk_form import bulk_form
from gladly_tools.ui.bulk_run import run_view
from gladly_tools.ui.bulk_words import counts_in_words, state_in_words, title_of_run
from gladly_tools.ui.words import counted, moment, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

FORM_WIDTH = 760
FIRST_RUNS = 10
CHOSEN = "bulk:action"
SHOWN = "bulk:run"
GO_TO = "bulk:go to"


def bulk_page() -> None:
    """The whole page."""
    session = require_session()
    st.title("Bulk Close", anchor=False)
    st.caption(
        f"Close conversations or tasks of {plain(session.account.organization)} from a list of IDs. "
        "These are actions, not exports: they change live data."
    )
    runs = portal().bulk.list(session.account)
    shown = _shown(session)
    action = _chosen(shown)
    if shown is not None and shown.action == action.name:
        # Folded away while there is a run to look at; another key for each, so that it folds after a start.
        title = f"**Another list to {action.verb}**"
        with st.expander(title, icon=":material/add_circle:", width=FORM_WIDTH, key=f"form:{shown.id}"):
            bulk_form(session, action)
        run_view(session, shown)
    else:
        with st.container(border=True, width=FORM_WIDTH):
            st.header(action.title, anchor=False)
            bulk_form(session, action)
    _past(runs)
    confirmation(session)


def _shown(session: Session) -> BulkRun | None:
    """The run to look at: the one just started, or the one in the address, which then names it."""
    asked, written = st.query_params.get("run"), st.session_state.get("bulk:run in address")
    if asked is not None and asked != written:
        st.session_state[SHOWN] = asked
    run_id = st.session_state.get(SHOWN)
    if run_id is None:
        st.query_params.pop("run", None)
        return None
    try:
        run = portal().bulk.get(session.account, run_id)
    except GladlyToolsError as error:
        st.toast(plain(error), icon=":material/history:")
        st.session_state.pop(SHOWN, None)
        st.query_params.pop("run", None)
        return None
    if run_id != written:
        # Another run than before was asked for: its action is the one to show.
        st.session_state[CHOSEN] = run.action
    st.session_state["bulk:run in address"] = run.id
    if asked != run.id:
        st.query_params["run"] = run.id
    return run


def _chosen(shown: BulkRun | None) -> Action:
    wanted = st.session_state.pop(GO_TO, None)
    if wanted in ACTIONS:
        st.session_state[CHOSEN] = wanted
    st.session_state.setdefault(CHOSEN, shown.action if shown else next(iter(ACTIONS)))
    name = st.segmented_control(
        "Action",
        list(ACTIONS),
        format_func=lambda name: ACTIONS[name].title,
        required=True,
        label_visibility="collapsed",
        key=CHOSEN,
        persist_state="session",
        wrap=True,
    )
    return ACTIONS[str(name)]


def _past(runs: Sequence[BulkRun]) -> None:
    """Every run of the account, those included whose results are deleted."""
    st.header("Past runs", anchor=False)
    if not runs:
        with st.container(border=True, width=FORM_WIDTH):
            st.markdown(":material/done_all: **No runs yet**")
            st.caption("Upload a list and press Check without closing. Nothing is changed by a check.")
        return
    zone = browser_zone()
    every = len(runs) <= FIRST_RUNS or st.session_state.get("bulk:every run", False)
    for run in runs if every else runs[:FIRST_RUNS]:
        _line(run, zone)
    if not every and st.button(f"Show all {len(runs)}", icon=":material/expand_more:", type="tertiary"):
        st.session_state["bulk:every run"] = True
        st.rerun()


def _line(run: BulkRun, zone: str) -> None:
    label, icon, color = state_in_words(run)
    with st.container(border=True, key=f"run-{run.id}"):
        words, button = st.columns([6, 1], vertical_alignment="center")
        with words, st.container(gap=None):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{title_of_run(run)}**", width="content")
                st.badge(label, icon=icon, color=color)  # type: ignore[arg-type]  # these are Streamlit's colors
            of = counted(run.total, ACTIONS[run.action].noun)
            # Of one at work, what is drawn here would soon be untrue.
            job = portal().bulk.job(run)
            counts = "" if job is not None and job.state.active else counts_in_words(run)
            facts = [moment(run.created_at, zone), of, run.file_name, counts, f"run {run.id}"]
            st.caption(plain(" · ".join(fact for fact in facts if fact)))
        with button, st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Open", icon=":material/table_view:", key=f"open run:{run.id}"):
                st.session_state[SHOWN] = run.id
                st.session_state[GO_TO] = run.action
                st.rerun()
