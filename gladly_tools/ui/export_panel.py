"""A section's page: choose an export, answer its questions, run it, see its results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import Export, Section, exports_of
from gladly_tools.exports.inputs import Parameters, check_parameters
from gladly_tools.jobs import Job
from gladly_tools.ui.account import browser_zone, require_session
from gladly_tools.ui.filters import open_shared
from gladly_tools.ui.job_panel import attempt, job_ending, job_progress
from gladly_tools.ui.result_view import result_view
from gladly_tools.ui.widgets import ask
from gladly_tools.ui.words import counted, duration, moment, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

FORM_WIDTH = 760


def section_page(section: Section, introduction: str) -> None:
    """The whole page of a section."""
    session = require_session()
    st.title(section.value, anchor=False)
    st.caption(introduction)
    export = _chosen(exports_of(section))
    jobs = portal().runs.jobs(session.account, kind=export.name)
    open_shared(session, export.name, jobs)
    # The first time, the form is the page; later the result is, and the form waits above it.
    if jobs:
        # Another key after each start, so that the form folds away from the result it led to.
        key = f"{export.name}:form:{jobs[0].id}"
        with st.expander(f"**{export.title}**", icon=":material/add_circle:", width=FORM_WIDTH, key=key):
            _form(export, session)
        _results(export, session, jobs)
    else:
        # One that another export of this page wrote there is not what was asked for.
        if st.query_params.pop("job", None) not in (None, st.session_state.get("job in address")):
            st.toast("The result in the address is gone.", icon=":material/history:")
        with st.container(border=True, width=FORM_WIDTH):
            st.header(export.title, anchor=False)
            _form(export, session)
        with st.container(border=True, width=FORM_WIDTH):
            st.markdown(":material/table_view: **No results yet**")
            st.caption("Press Export. The result appears here, to filter, to explore and to download.")


def _chosen(exports: Sequence[Export[Any]]) -> Export[Any]:
    by_name = {export.name: export for export in exports}
    if len(exports) == 1:
        return exports[0]
    # The address names the export, so that a link to it works; without one, the export looked at last is shown.
    key, last = f"{exports[0].section}:export", f"{exports[0].section}:last export"
    wanted, before = st.query_params.get("export"), st.session_state.get(last)
    if wanted in by_name and wanted != before:
        st.session_state[key] = wanted
    elif key not in st.session_state:
        st.session_state[key] = before or exports[0].name
    name = st.segmented_control(
        "Export",
        list(by_name),
        format_func=lambda name: by_name[name].title.removeprefix("Export "),
        required=True,
        label_visibility="collapsed",
        key=key,
        wrap=True,
    )
    st.session_state[last] = name
    if wanted != name:
        st.query_params["export"] = str(name)
    return by_name[str(name)]


def _form(export: Export[Any], session: Session) -> None:
    """The export's questions and its button."""
    problem: GladlyToolsError | None = st.session_state.pop(f"{export.name}:problem", None)
    st.markdown(f"{export.summary} {export.grain[0].upper()}{export.grain[1:]}.", help=export.use_case)
    answers = ask(export, session, problem if isinstance(problem, InputError) else None)
    if export.caveat:
        st.caption(f":material/info: {export.caveat}")
    _estimate(export, session, answers)
    if problem is not None and not isinstance(problem, InputError):
        st.error(f"**{plain(problem.what)}** {plain(problem.advice)}", icon=":material/error:")
    if st.button("Export", icon=":material/play_arrow:", type="primary", key=f"{export.name}:run"):
        try:
            parameters = check_parameters(export.parameters, answers)
            job = portal().runs.start(session.account, session.client, export, parameters)
        except GladlyToolsError as error:
            st.session_state[f"{export.name}:problem"] = error
            st.rerun()
        # Noted before anything is drawn: a page may be drawn anew at any time, and must then show this job.
        st.session_state[f"{export.name}:job"] = job.id
        st.rerun()


def _estimate(export: Export[Any], session: Session, answers: dict[str, Any]) -> None:
    """What the run will ask of Gladly and how long it takes; how to find out when that is not known yet."""
    try:
        parameters = check_parameters(export.parameters, answers)
    except InputError:
        return
    found = export.estimate(parameters, portal().settings, portal().runs.known(session.account))
    if found is None:
        if export.sample is not None:
            _sample(export, session, parameters)
        return
    parts = [counted(found.reports, "report")] if found.reports else []
    if found.requests:
        parts.append(f"about {counted(found.requests, 'request')}")
    basis = f", going by {found.basis}" if found.basis else ""
    st.caption(f":material/schedule: Expect {' and '.join(parts)}, about {duration(found.seconds)}{basis}.")


def _sample(export: Export[Any], session: Session, parameters: Parameters) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        rate = portal().settings.requests_per_second or 10
        st.caption(
            f":material/schedule: Each look-up is one request, {rate:g} a second at most. "
            "Estimate counts what one day needs, with one report."
        )
        if st.button("Estimate", icon=":material/calculate:", key=f"{export.name}:estimate"):
            with st.spinner("Counting one day…"):
                attempt(lambda: portal().runs.sample(session.account, session.client, export, parameters))
            st.rerun()


def _results(export: Export[Any], session: Session, jobs: Sequence[Job]) -> None:
    job = _pick(export, jobs)
    if job.state.active:
        job_progress(session, job.id)
    else:
        job_ending(session, job)
    result_view(session, job)


def _pick(export: Export[Any], jobs: Sequence[Job]) -> Job:
    """The job to show: the one just started, the one in the address, or the latest; the address then names it."""
    by_id = {job.id: job for job in jobs}
    key = f"{export.name}:job"
    asked, written = st.query_params.get("job"), st.session_state.get("job in address")
    if asked != written and asked in by_id:
        st.session_state[key] = asked
    elif asked != written and asked is not None:
        st.toast("The result in the address is gone; this is the latest.", icon=":material/history:")
    if st.session_state.get(key) not in by_id:
        st.session_state[key] = jobs[0].id
    if len(jobs) > 1:
        labels = _labels(jobs, browser_zone())
        st.selectbox(
            "Which result",
            list(by_id),
            label_visibility="collapsed",
            format_func=labels.__getitem__,
            key=key,
            width=FORM_WIDTH,
        )
    chosen = by_id[st.session_state[key]]
    st.session_state["job in address"] = chosen.id
    if asked != chosen.id:
        st.query_params["job"] = chosen.id
    return chosen


def _labels(jobs: Sequence[Job], zone: str) -> Mapping[str, str]:
    """What each job is called, by its id; no two alike, since a choice is told from another by its words alone."""
    labels: dict[str, str] = {}
    times: Counter[str] = Counter()
    for job in reversed(jobs):
        # Not the state, which changes while the label stays.
        label = " · ".join(part for part in (moment(job.created_at, zone), job.title) if part)
        times[label] += 1
        labels[job.id] = label if times[label] == 1 else f"{label} ({times[label]})"
    return labels
