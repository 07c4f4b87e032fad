"""The Jobs page: an account's jobs and results, to open, stop, resume and delete."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gladly_tools.bulk import ACTIONS
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import Job
from gladly_tools.ui.account import browser_zone, require_session, session_of
from gladly_tools.ui.job_panel import POLL, attempt, expiry, state_badge, title_of
from gladly_tools.ui.words import counted, duration, moment, plain, size
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

PAGES = Path(__file__).parents[2] / "pages"


def jobs_page() -> None:
    """The whole page."""
    session = require_session()
    hours = portal().settings.retention_hours
    st.title("Jobs", anchor=False)
    st.caption(
        f"What {plain(session.account.username)} has run at {plain(session.account.organization)}. "
        f"Results are deleted {duration(hours * 3600)} after they finished; nobody but this account sees them."
    )
    jobs = portal().runs.jobs(session.account)
    if not jobs:
        with st.container(border=True, width=560):
            st.markdown(":material/schedule: **No jobs yet**")
            st.caption("Run an export, or check a list under Bulk Close; it appears here.")
        return
    owner = session.account.owner
    active = any(job.state.active for job in jobs)

    @st.fragment(run_every=POLL if active else None)
    def listed() -> None:
        now = session_of(owner)
        current = portal().runs.jobs(now.account)
        if active and not any(job.state.active for job in current):
            st.rerun()
        for job in current:
            _line(now, job)

    listed()


def _line(session: Session, job: Job) -> None:
    zone = browser_zone()
    with st.container(border=True, key=f"job-{job.id}"):
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            with st.container(gap=None, key=f"words-of-job-{job.id}"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(f"**{plain(title_of(job))}**", width="content")
                    state_badge(job)
                st.caption(plain(" · ".join(_facts(job, zone))))
            # As wide as they are, so that they stay in one line beside the words, or below them.
            with st.container(horizontal=True, horizontal_alignment="right", gap="small", width="content"):
                _buttons(session, job)
        if job.state.active:
            st.progress(job.fraction, text=plain(job.waiting or job.detail or "Waiting for its turn"))
        elif job.what:
            st.caption(f"**{plain(job.what)}** {plain(job.advice)}")


def _facts(job: Job, zone: str) -> list[str]:
    facts = [f"Started {moment(job.created_at, zone)}", job.title, counted(job.row_count, "row")]
    if job.finished_at is not None:
        facts.append(f"took {duration(job.seconds(job.finished_at))}")
    used = portal().runs.store.size(job.id)
    if used:
        facts.append(size(used))
    return [fact for fact in (*facts, expiry(job)) if fact]


def _buttons(session: Session, job: Job) -> None:
    runs = portal().runs
    if job.kind in ACTIONS:
        # A bulk run is paused, resumed and deleted where its rows can be seen.
        if st.button("Open", icon=":material/table_view:", key=f"open:{job.id}"):
            st.session_state.update({"bulk:run": job.id, "bulk:go to": job.kind})
            st.switch_page(PAGES / "bulk_close.py", query_params={"run": job.id})
        return
    if job.kind in EXPORTS and st.button("Open", icon=":material/table_view:", key=f"open:{job.id}"):
        export = EXPORTS[job.kind]
        st.session_state[f"{export.name}:job"] = job.id
        st.switch_page(PAGES / f"{export.section.name.lower()}.py", query_params={"export": export.name, "job": job.id})
    if job.state.active and st.button("Stop", icon=":material/stop_circle:", key=f"stop:{job.id}"):
        attempt(lambda: runs.stop(session.account, job.id))
        st.rerun()
    if job.state.resumable and st.button("Resume", icon=":material/play_arrow:", key=f"resume:{job.id}"):
        attempt(lambda: runs.resume(session.account, session.client, job.id))
        st.rerun()
    with st.popover("Delete", icon=":material/delete:", disabled=job.state.active):
        st.markdown("Delete this job and its result? This cannot be undone.")
        if st.button("Delete now", type="primary", key=f"delete:{job.id}"):
            attempt(lambda: runs.delete(session.account, job.id))
            st.rerun()
