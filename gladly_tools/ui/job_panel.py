"""Jobs on the page: the badge in the sidebar, a job's progress with its buttons, how it ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import streamlit as st

from gladly_tools.bulk import ACTIONS
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import Job, State
from gladly_tools.ui.account import browser_zone, session_of
from gladly_tools.ui.words import counted, duration, moment, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

POLL = timedelta(seconds=2)

LOOKS = {
    State.QUEUED: ("Waiting for its turn", ":material/hourglass_empty:", "gray"),
    State.RUNNING: ("Running", ":material/progress_activity:", "blue"),
    State.DONE: ("Complete", ":material/check_circle:", "green"),
    State.PARTIAL: ("Partial: data is missing", ":material/warning:", "orange"),
    State.FAILED: ("Failed", ":material/error:", "red"),
    State.CANCELLED: ("Stopped", ":material/cancel:", "gray"),
    State.INTERRUPTED: ("Interrupted", ":material/power_off:", "orange"),
}

BULK_LOOKS = {
    **LOOKS,
    State.DONE: ("Done", ":material/check_circle:", "green"),
    State.PARTIAL: ("Ended, not all done", ":material/rule:", "orange"),
    State.FAILED: ("Paused by a problem", ":material/error:", "red"),
    State.CANCELLED: ("Paused", ":material/pause_circle:", "gray"),
}


CHECKED = ("Checked", ":material/fact_check:", "blue")


def look_of(job: Job) -> tuple[str, str, str]:
    """How a job stands: words, an icon, a color."""
    if _is_check(job) and job.state is State.DONE:
        return CHECKED
    return (BULK_LOOKS if job.kind in ACTIONS else LOOKS)[job.state]


def state_badge(job: Job) -> None:
    """A job's state in a word and a color."""
    label, icon, color = look_of(job)
    st.badge(label, icon=icon, color=color)  # type: ignore[arg-type]  # the colors above are Streamlit's


def title_of(job: Job) -> str:
    """What a job does, in the words of its export or bulk action."""
    if job.kind in ACTIONS:
        return title_of_action(job.kind, is_check=_is_check(job))
    return EXPORTS[job.kind].title if job.kind in EXPORTS else job.kind


def title_of_action(name: str, *, is_check: bool) -> str:
    """What a run of a bulk action does; a check, which changes nothing, is never called as what changes is."""
    title = ACTIONS[name].title
    return f"Check before {title}" if is_check else title


def _is_check(job: Job) -> bool:
    return job.kind in ACTIONS and bool(job.parameters.get("is_check"))


def job_badge(session: Session) -> None:
    """How many jobs run and how far they are; refreshes itself while there are any, on every page."""
    owner = session.account.owner
    active = any(job.state.active for job in portal().runs.jobs(session.account))

    @st.fragment(run_every=POLL if active else None)
    def badge() -> None:
        jobs = [job for job in portal().runs.jobs(session_of(owner).account) if job.state.active]
        if active and not jobs:
            st.rerun()
        for job in jobs[:3]:
            left = job.seconds_left(portal().runs.journal.now())
            words = "" if left is None else f" · about {duration(left)} left"
            st.progress(job.fraction, text=f"{plain(title_of(job))} · {job.fraction:.0%}{words}")
        if len(jobs) > 3:
            st.caption(f"and {counted(len(jobs) - 3, 'more job')}")

    badge()


def job_progress(session: Session, job_id: str) -> None:
    """A running job: share, rows, requests, pace, time left, what it waits for; refreshes itself; can be stopped.

    Draws the page anew when more rows can be seen, and when the job has ended.
    """
    owner = session.account.owner
    seen = portal().runs.durable_slices(job_id)

    @st.fragment(run_every=POLL)
    def panel() -> None:
        account = session_of(owner).account
        try:
            job = portal().runs.job(account, job_id)
        except GladlyToolsError:
            st.rerun()
        if not job.state.active or portal().runs.durable_slices(job_id) > seen:
            st.rerun()
        now = portal().runs.journal.now()
        label, icon, _color = LOOKS[job.state]
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"{icon} **{label}** · {plain(job.detail)}" if job.detail else f"{icon} **{label}**")
                if st.button(
                    "Stopping…" if job.stop_asked else "Stop",
                    icon=":material/stop_circle:",
                    key=f"stop:{job_id}",
                    disabled=job.stop_asked,
                ):
                    portal().runs.stop(account, job_id)
                    st.rerun(scope="fragment")
            st.progress(job.fraction, text=plain(" · ".join(_figures(job, now))))
            if job.waiting:
                st.caption(f":material/hourglass_top: {plain(job.waiting)}")
            st.caption("You can leave this page or close the tab; the job goes on.")

    panel()


def _figures(job: Job, now: datetime) -> list[str]:
    figures = [f"{job.fraction:.0%}", counted(job.requests, "request")]
    if job.row_count:
        figures.insert(1, counted(job.row_count, "row"))
    pace, left = job.requests_per_second(now), job.seconds_left(now)
    if pace:
        figures.append(f"{pace:.1f} requests/s")
    figures.append(f"{duration(job.seconds(now))} so far")
    if left is not None:
        figures.append(f"about {duration(left)} left")
    return figures


def job_ending(session: Session, job: Job) -> None:
    """What became of a job that has no whole result, with what can be done about it."""
    if not job.state.resumable:
        return
    label, icon, _color = LOOKS[job.state]
    with st.container(border=True):
        if job.what:
            st.error(f"**{label}.** {plain(job.what)} {plain(job.advice)}", icon=icon)
        else:
            st.markdown(f"{icon} **{label}**")
        st.caption(
            f"{counted(job.row_count, 'row')} so far. What was finished is kept; resuming goes on from there."
            if job.row_count
            else "No rows are finished yet. What was looked up so far is remembered."
        )
        if st.button("Resume", icon=":material/play_arrow:", type="primary", key=f"resume:{job.id}"):
            attempt(lambda: portal().runs.resume(session.account, session.client, job.id))
            st.rerun()


def expiry(job: Job) -> str:
    """When a job's result will be deleted, in words."""
    expires = portal().runs.expires(job)
    return "" if expires is None else f"kept until {moment(expires, browser_zone())}"


def attempt(action: Callable[[], object]) -> bool:
    """Do something; show a toast with the reason when it cannot be done."""
    try:
        action()
    except GladlyToolsError as error:
        st.toast(plain(error), icon=":material/error:")
        return False
    return True
