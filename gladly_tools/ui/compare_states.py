"""The states of a configuration that an account can compare: kept snapshots, and results that none stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import load_parameters
from gladly_tools.jobs import Job, State
from gladly_tools.results.table import Table
from gladly_tools.snapshots import Snapshot
from gladly_tools.ui.account import browser_zone
from gladly_tools.ui.job_panel import attempt
from gladly_tools.ui.words import counted, moment, plain
from gladly_tools.web.last_month import keep_last_month
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

PAGES = Path(__file__).parents[2] / "pages"
A_WHILE = timedelta(minutes=2)
OLD_ENOUGH = timedelta(days=20)


@dataclass(frozen=True, kw_only=True)
class Known:
    """How the configuration was from one moment to another, as far as anybody looked."""

    key: str
    first_at: datetime
    last_at: datetime
    rows: int
    asked: Mapping[str, Any]
    open: Callable[[], Table]
    lacks_rows: bool = False
    note: str = ""

    def label(self, zone: str, *, newest: bool) -> str:
        """The state in a line: when it was first seen, and until when it stayed so."""
        parts = [moment(self.first_at, zone)]
        if self.last_at - self.first_at > A_WHILE:
            parts.append(f"unchanged until {moment(self.last_at, zone)}")
        parts.append(counted(self.rows, "row"))
        parts += ["partial: data is missing"] if self.lacks_rows else []
        parts += [self.note] if self.note else []
        return ("Newest: " if newest else "") + " · ".join(parts)


def known_states(session: Session, export: str) -> Sequence[Known]:
    """The account's states of a configuration export, the newest first."""
    runs, account = portal().runs, session.account
    mine = runs.snapshots.of(account.owner)
    snapshots = mine.list(export)
    states = [_of_snapshot(each, partial(mine.open, each.id)) for each in snapshots]
    for job in runs.jobs(account, kind=export):
        if job.state in (State.DONE, State.PARTIAL):
            states += _of_job(session, job, snapshots)
    return sorted(states, key=lambda each: (each.first_at, each.key), reverse=True)


def _of_snapshot(snapshot: Snapshot, opened: Callable[[], Table]) -> Known:
    return Known(
        key=snapshot.id,
        first_at=snapshot.first_at,
        last_at=snapshot.last_at,
        rows=snapshot.rows,
        asked=snapshot.asked,
        open=opened,
        note=snapshot.note,
    )


def _of_job(session: Session, job: Job, snapshots: Sequence[Snapshot]) -> list[Known]:
    """A result as a state, unless a snapshot stands for it already."""
    runs = portal().runs
    try:
        result = runs.result(session.account, job.id)
        manifest = None if result is None else result.manifest
    except GladlyToolsError:  # damaged or just deleted; the Jobs page tells
        return []
    if result is None or manifest is None or manifest.finished is None:
        return []
    export, at = EXPORTS[job.kind], manifest.finished
    assert export.snapshot is not None
    asked = export.snapshot(load_parameters(export.parameters, job.parameters), runs.settings)
    if not manifest.partial and any(each.asked == asked and each.first_at <= at <= each.last_at for each in snapshots):
        return []
    return [
        Known(
            key=f"job {job.id}",
            first_at=at,
            last_at=at,
            rows=manifest.rows or 0,
            asked=asked,
            open=lambda: Table(result),
            lacks_rows=manifest.partial,
            note="result of an export",
        )
    ]


def of_one_kind(states: Sequence[Known], export: str) -> Sequence[Known]:
    """The states that were asked alike, as chosen where there are several kinds; only those can be compared."""
    kinds: list[Mapping[str, Any]] = []
    for state in states:
        if state.asked not in kinds:
            kinds.append(state.asked)
    if len(kinds) < 2:
        return states
    place = st.selectbox(
        "Exported with",
        range(len(kinds)),
        format_func=lambda place: words_of(kinds[place]),
        key=f"compare:kind:{export}",
        width=420,
        help="Exports that asked for different things cannot be compared with each other.",
    )
    return [state for state in states if state.asked == kinds[place]]


def words_of(asked: Mapping[str, Any]) -> str:
    """What was asked, in a few words."""
    labels = {"languages": "languages", "answer_ids": "more answer IDs", "separator": "names joined by"}
    parts = []
    for name, value in asked.items():
        if isinstance(value, list):
            shown = ", ".join(map(str, value)) if len(value) < 6 else f"{len(value)} of them"
        else:
            shown = str(value)
        if shown:
            parts.append(f"{labels.get(name, name)} {shown}")
    return "; ".join(parts)


def how_to_get_one(session: Session, export: str, states: Sequence[Known]) -> None:
    """What to do where there is nothing older to compare with."""
    noun = EXPORTS[export].title.removeprefix("Export ").lower()
    with st.container(border=True, width=760, key="nothing to compare"):
        if not states:
            st.markdown(f":material/photo_camera: **No snapshot of the {plain(noun)} yet**")
            st.caption(
                f"Gladly tells how things are, not how they were. Every complete export of the {noun} keeps a small "
                "snapshot here; from the second one on, this page says what changed."
            )
        else:
            seen = states[0]
            zone = browser_zone()
            first, last = moment(seen.first_at, zone), moment(seen.last_at, zone)
            times = first if first == last else f"first {first} and last {last}"
            st.markdown(f":material/photo_camera: **Only one state of the {plain(noun)} is known so far**")
            st.caption(
                plain(f"It was seen {times}. Export the {noun} again when something has changed, or from time to time.")
            )
        with st.container(horizontal=True):
            _to_the_export(export, noun)
        st.caption(
            f"On a schedule: `gladly-tools export {export} --out {export}.csv` keeps snapshots for the same account, "
            "in the same data folder."
        )


def how_old(export: str, newest: Known) -> None:
    """Say that the newest state is not of today, with the way to a newer one."""
    days = (portal().runs.journal.now() - newest.last_at).days
    if days < 1:
        return
    noun = EXPORTS[export].title.removeprefix("Export ").lower()
    with st.container(horizontal=True, vertical_alignment="center", key="how old"):
        st.caption(f":material/info: The newest state is {counted(days, 'day')} old.", width="content")
        _to_the_export(export, noun)


def _to_the_export(export: str, noun: str) -> None:
    st.page_link(
        PAGES / "configuration.py",
        label=f"Export the {noun}",
        icon=":material/tune:",
        query_params={"export": export},
    )


def demo_past(session: Session, states: Sequence[Known]) -> None:
    """For the demo company alone: a way to know its past, which is made up like the rest of it."""
    now = portal().runs.journal.now()
    if not session.account.demo or any(now - each.first_at > OLD_ENOUGH for each in states):
        return
    with st.container(border=True, width=760, key="demo past"):
        st.markdown(":material/storefront: **The demo company remembers last month**")
        st.caption(
            "Its topics, inboxes, answers and audiences as they were 30 days ago, made up like everything about it. "
            "They are kept as snapshots that say so. With your own Gladly, snapshots come from your exports alone."
        )
        if st.button("Read the demo company of last month", icon=":material/history:", key="compare:last month"):
            with st.spinner("Reading…"):
                done = attempt(lambda: keep_last_month(portal().runs, session.account))
            if done:
                st.rerun()
