"""One bulk run: how far it is, what its rows came to, and what can be done next."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import islice

import pandas as pd
import streamlit as st

from gladly_tools.api import Impatient
from gladly_tools.bulk import ACTIONS, Choices, Status
from gladly_tools.bulk.records import BulkRun
from gladly_tools.errors import GladlyToolsError
from gladly_tools.jobs import Job, State
from gladly_tools.ui.account import base_path, browser_zone, session_of
from gladly_tools.ui.bulk_confirm import ask_to_confirm
from gladly_tools.ui.bulk_words import ORDER, beside_in_words, label_of, noun_of, state_in_words, title_of_run
from gladly_tools.ui.job_panel import BULK_LOOKS, POLL, attempt, expiry
from gladly_tools.ui.words import duration, moment, plain
from gladly_tools.web.bulk_routes import BulkFile, bulk_link
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

MOST_ROWS = 300
CARD, NARROWEST_CARD = 186, 150
NAMES_SECONDS = 10.0
RETRIED = (Status.FAILED, Status.NOT_ATTEMPTED)


def run_view(session: Session, run: BulkRun) -> None:
    """Everything about a run, at work or ended."""
    job = portal().bulk.job(run)
    _heading(run, job)
    if job is not None and job.state.active:
        _at_work(session, run.id)
        return
    if job is not None:
        _ending(session, run, job)
    counts = portal().bulk.counts(run)
    _figures(run, counts)
    if not run.forgotten:
        if run.is_check:
            _next_after_check(session, run, counts)
            _inboxes(session, run)
        else:
            _next(session, run, counts)
        _rows(run)


def _heading(run: BulkRun, job: Job | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(title_of_run(run), anchor=False, width="content")
        label, icon, color = state_in_words(run)
        st.badge(label, icon=icon, color=color)  # type: ignore[arg-type]  # these are Streamlit's colors
        st.space("stretch")
        if not (run.forgotten and run.is_check):
            _downloads(run)
    facts = [noun_of(run, run.total), run.file_name, f"begun {moment(run.created_at, browser_zone())}"]
    if run.choices.topic_id:
        facts.append(f"topic {run.topic_name or run.choices.topic_id}")
    if run.choices.force:
        facts.append("also while the customer waits")
    facts += [f"run {run.id}", expiry(job) if job is not None else ""]
    st.caption(plain(" · ".join(fact for fact in facts if fact)))


def _at_work(session: Session, run_id: str) -> None:
    """Progress with its buttons; refreshes itself, and draws the page anew when the run comes to a halt."""
    owner = session.account.owner

    @st.fragment(run_every=POLL)
    def panel() -> None:
        account = session_of(owner).account
        bulk = portal().bulk
        try:
            run = bulk.get(account, run_id)
        except GladlyToolsError:
            st.rerun()
        job = bulk.job(run)
        if job is None or not job.state.active:
            st.rerun()
        now = portal().runs.journal.now()
        label, icon, _color = BULK_LOOKS[job.state]
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"{icon} **{label}** · {plain(job.detail)}" if job.detail else f"{icon} **{label}**")
                with st.container(horizontal=True, width="content", gap="small"):
                    halting = job.stop_asked
                    if st.button(
                        "Pausing…" if halting and not run.stopped else "Pause",
                        icon=":material/pause_circle:",
                        key=f"pause:{run_id}",
                        disabled=halting,
                        help="Rows that were begun are finished; the rest waits until you resume.",
                    ):
                        attempt(lambda: bulk.pause(account, run_id))
                        st.rerun(scope="fragment")
                    if st.button(
                        "Stopping…" if halting and run.stopped else "Stop",
                        icon=":material/stop_circle:",
                        key=f"stop:{run_id}",
                        disabled=halting and run.stopped,
                        help="Ends the run for good. What is not attempted stays as it is.",
                    ):
                        attempt(lambda: bulk.stop(account, run_id))
                        st.rerun(scope="fragment")
            left = job.seconds_left(now)
            words = [f"{job.fraction:.0%}", f"{duration(job.seconds(now))} so far"]
            pace = job.requests_per_second(now)
            if pace:
                words.append(f"{pace:.1f} requests/s")
            if left is not None:
                words.append(f"about {duration(left)} left")
            st.progress(job.fraction, text=plain(" · ".join(words)))
            if job.waiting:
                st.caption(f":material/hourglass_top: {plain(job.waiting)}")
            st.caption("You can leave this page or close the tab; the run goes on.")
        _figures(run, bulk.counts(run))

    panel()


def _ending(session: Session, run: BulkRun, job: Job) -> None:
    """What can be done about a run that came to a halt before its end."""
    if not job.state.resumable:
        return
    bulk = portal().bulk
    label, icon, _color = BULK_LOOKS[job.state]
    with st.container(border=True):
        if job.what:
            st.error(f"**{plain(job.what)}** {plain(job.advice)}", icon=icon)
        elif job.state is State.INTERRUPTED:
            st.markdown(f"{icon} **{label}.** The server was stopped in the middle of this run.")
        else:
            st.markdown(f"{icon} **{label}**")
        st.caption("No row that is finished is sent again; one that was begun is read before anything else.")
        with st.container(horizontal=True):
            if st.button("Resume", icon=":material/play_arrow:", type="primary", key=f"resume:{run.id}"):
                attempt(lambda: bulk.resume(session.account, session.client, run.id))
                st.rerun()
            if st.button("Stop for good", icon=":material/stop_circle:", key=f"stop:{run.id}"):
                attempt(lambda: bulk.stop(session.account, run.id))
                st.rerun()


def _figures(run: BulkRun, counts: Mapping[Status, int]) -> None:
    shown = [status for status in ORDER if counts.get(status)]
    if shown:
        with st.grid(len(shown), min_column_width=NARROWEST_CARD, width=CARD * len(shown), key=f"figures:{run.id}"):
            for status in shown:
                st.metric(label_of(status, run), f"{counts[status]:,}", border=True)
    beside = portal().bulk.beside(run)
    if words := beside_in_words(beside):
        st.caption(f":material/playlist_remove: {plain(words)}")


def _next(session: Session, run: BulkRun, counts: Mapping[Status, int]) -> None:
    """Retry, take back, delete."""
    bulk, action = portal().bulk, ACTIONS[run.action]
    retried = sum(counts.get(status, 0) for status in RETRIED)
    waiting = counts.get(Status.SKIPPED, 0)
    with st.container(horizontal=True):
        if (
            run.finished_at is not None
            and retried
            and st.button(
                f"Retry {retried:,} failed"
                if not counts.get(Status.NOT_ATTEMPTED)
                else f"Run the remaining {retried:,}",
                icon=":material/refresh:",
                key=f"retry:{run.id}",
                help="Puts just those rows into the form, to be started as a run of their own.",
            )
        ):
            _into_form(session, run, RETRIED)
        if (
            run.finished_at is not None
            and waiting
            and st.button(
                f"Use the {waiting:,} skipped",
                icon=":material/redo:",
                key=f"skipped:{run.id}",
                help="Puts just the skipped rows into the form, to choose otherwise for them.",
            )
        ):
            _into_form(session, run, (Status.SKIPPED,))
        if (
            action.undo
            and counts.get(action.done)
            and st.button(
                "Reopen…",
                icon=":material/undo:",
                key=f"undo:{run.id}",
                help="In case of a mistake: puts what this run closed into the form that opens it again, "
                "with the inbox and the agent it had.",
            )
        ):
            undo = bulk.upload_reopening(session.account, run.id)
            st.session_state["bulk:go to"] = undo.name
            st.rerun()
        _delete(session, run)


def _next_after_check(session: Session, run: BulkRun, counts: Mapping[Status, int]) -> None:
    """Go on from a plan, with or without those whose customers wait."""
    action = ACTIONS[run.action]
    waiting = counts.get(Status.NEEDS_FORCE, 0)
    sure = sum(counts.get(status, 0) for status in (action.aim, Status.NEEDS_TOPIC))
    if counts.get(Status.NEEDS_TOPIC):
        st.caption(
            f":material/label: The {counts[Status.NEEDS_TOPIC]:,} that may need a topic are tried with the others. "
            "Where your organization requires one, Gladly refuses to close them without."
        )
    force = run.choices.force
    if waiting:
        force = st.toggle(
            f"Also close the {waiting:,} whose customers are waiting for an answer", value=False, key=f"force:{run.id}"
        )
    total = sure + (waiting if force else 0)
    with st.container(horizontal=True):
        if total and st.button(
            f"{action.verb.capitalize()} {noun_of(run, total)}",
            icon=":material/done_all:",
            type="primary",
            key=f"do:{run.id}",
            help="Each is read once more before it is changed, so what happened since the check is respected.",
        ):
            choices = Choices(topic_id=run.choices.topic_id, force=force)
            ask_to_confirm(action, choices=choices, topic_name=run.topic_name, plan_id=run.id)
            st.rerun()
        _delete(session, run)


def _into_form(session: Session, run: BulkRun, statuses: Sequence[Status]) -> None:
    if attempt(lambda: portal().bulk.upload_again(session.account, run.id, statuses)):
        st.session_state.pop("bulk:run", None)
        st.session_state["bulk:go to"] = run.action
        st.rerun()


def _delete(session: Session, run: BulkRun) -> None:
    with st.popover("Delete", icon=":material/delete:", type="tertiary"):
        st.markdown("Delete the rows and results of this run? What was changed in Gladly stays so.")
        st.caption("Who ran it, when, and the outcome of each ID stay in the audit record.")
        if st.button("Delete now", type="primary", key=f"delete run:{run.id}"):
            attempt(lambda: portal().bulk.delete(session.account, run.id))
            st.rerun()


def _downloads(run: BulkRun) -> None:
    # After a check, and while a run is paused, going on is the main thing to do.
    is_main = run.finished_at is not None and not run.is_check
    with st.popover("Download", icon=":material/download:", type="primary" if is_main else "secondary"):
        guard = st.checkbox(
            "Protect against formulas",
            value=True,
            key=f"guard:{run.id}",
            help="Puts an apostrophe before cells that begin with = + - @, which some IDs do. Lists are read with it "
            "as well as without.",
        )
        bom = st.checkbox("Mark as UTF-8 for Excel", value=True, key=f"bom:{run.id}")
        files = [] if run.forgotten else [(BulkFile.RESULTS, "Plan CSV" if run.is_check else "Results CSV")]
        if ACTIONS[run.action].undo and not run.is_check and not run.forgotten:
            files.append((BulkFile.REOPEN, "Reopen file"))
        if not run.is_check:
            files.append((BulkFile.AUDIT, "Audit record"))
        for kind, label in files:
            st.link_button(
                label,
                bulk_link(run, kind, bom=bom, guard=guard, base_path=base_path()),
                icon=":material/download:",
                width="stretch",
                key=f"download:{kind}:{run.id}",
            )
        if run.finished_at is None:
            st.caption("The run is not over; the file holds what happened until now.")


def _inboxes(session: Session, run: BulkRun) -> None:
    """How what would be changed spreads over the inboxes."""
    action = ACTIONS[run.action]
    journal = portal().bulk.journal
    found = {status: journal.inboxes(run.id, status) for status in action.would_change}
    used = [status for status in found if found[status]]
    if not used:
        return
    names = _inbox_names(session)
    ids = list(dict.fromkeys(inbox for status in used for inbox in found[status]))
    frame = pd.DataFrame(
        {
            "Inbox": [names.get(id_) or id_ or "None" for id_ in ids],
            **{label_of(status, run): [found[status].get(id_, 0) for id_ in ids] for status in used},
        }
    )
    st.subheader("By inbox", anchor=False)
    st.dataframe(
        frame,
        hide_index=True,
        width=560,
        height=min(38 + 35 * len(frame), 380),
        alt="How many rows of each inbox would be changed",
    )


def _inbox_names(session: Session) -> Mapping[str, str]:
    names, until = st.session_state.get("bulk:inbox names", ({}, 0.0))
    if time.monotonic() >= until:
        try:
            with st.spinner("Reading the inboxes…"):
                inboxes = session.client.watched_by(Impatient(NAMES_SECONDS)).inboxes.list()
            names, until = {inbox.id: inbox.name or inbox.id for inbox in inboxes}, time.monotonic() + 600
        except GladlyToolsError:
            names, until = {}, time.monotonic() + 60  # the IDs will do
        st.session_state["bulk:inbox names"] = (names, until)
    return names  # type: ignore[no-any-return]


def _rows(run: BulkRun) -> None:
    """The rows that a person may want to look at: those that did not go as wanted."""
    action = ACTIONS[run.action]
    fine = {status for status in Status if status.good} | {action.aim, Status.NOT_ATTEMPTED}
    odd = [status for status in Status if status not in fine]
    found = list(islice(portal().bulk.journal.result_rows(run.id, only=odd), MOST_ROWS + 1))
    if not found:
        return
    st.subheader("Rows to look at", anchor=False)
    frame = pd.DataFrame(
        [(row.line, row.id, label_of(row.status, run), row.error) for row in found[:MOST_ROWS]],
        columns=["Line", action.column, "Status", "Why"],
    )
    frame = frame.sort_values("Line", kind="stable")
    st.dataframe(
        frame,
        hide_index=True,
        height=min(38 + 35 * len(frame), 420),
        column_config={
            "Line": st.column_config.NumberColumn(width="small"),
            "Why": st.column_config.TextColumn(width="large"),
        },
        key=f"rows:{run.id}",
        alt="Rows that did not go as wanted, and why",
    )
    if len(found) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS:,} of them; the download has every row.")
