"""Which two periods of conversations are compared: two results of an export, or two ranges of days in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import streamlit as st

from gladly_tools.comparing.numbers import Period, in_days
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import Job, State
from gladly_tools.results.query import Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.ui.account import browser_zone
from gladly_tools.ui.words import moment, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

PAGES = Path(__file__).parents[2] / "pages"
RESULTS, RANGES = "Two results", "Two ranges of days in one result"
WIDTH = 440


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One side: its conversations, and the result and the job that they are of."""

    period: Period
    result: Result
    job: Job

    @property
    def partial(self) -> bool:
        """True when the result is known to lack rows."""
        return self.result.manifest.partial

    @property
    def asked(self) -> dict[str, object]:
        """What was asked besides the days."""
        return {name: value for name, value in self.job.parameters.items() if name not in ("dates", "customers")}


def chosen_periods(session: Session, export: str) -> tuple[Choice, Choice] | None:
    """The two periods, as chosen; None, with words for what to do, where there is nothing to compare."""
    results = _results(session, export)
    if not results:
        _how_to_get_one(export)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", key="which way"):
        way = st.segmented_control(
            "Compare",
            [RESULTS, RANGES],
            default=RESULTS if len(results) > 1 else RANGES,
            required=True,
            key=f"compare:way:{export}:{len(results) > 1}",
            persist_state="session",
            label_visibility="collapsed",
            wrap=True,
        )
    if way == RANGES:
        return _two_ranges(results, export)
    if len(results) < 2:
        st.info(
            "There is one result so far. Export another range of days, or compare two ranges of days in this one.",
            icon=":material/compare_arrows:",
        )
        return None
    return _two_results(results, export)


def _results(session: Session, export: str) -> Sequence[tuple[Job, Result]]:
    """The account's finished results of an export, the newest first."""
    found = []
    for job in portal().runs.jobs(session.account, kind=export):
        if job.state in (State.DONE, State.PARTIAL):
            try:
                result = portal().runs.result(session.account, job.id)
            except GladlyToolsError:  # damaged; the Jobs page tells
                continue
            if result is not None and result.is_finished:
                found.append((job, result))
    return found


def _two_results(results: Sequence[tuple[Job, Result]], export: str) -> tuple[Choice, Choice] | None:
    by_id = {job.id: (job, result) for job, result in results}
    with st.container(horizontal=True, key="which results"):
        chosen = [
            _result_box(label, list(by_id), by_id, export, index) for label, index in (("Before", 1), ("After", 0))
        ]
    if chosen[0] == chosen[1]:
        st.info("Both are the same result. Choose two different ones.", icon=":material/compare_arrows:")
        return None
    before, after = (_whole(*by_id[job_id]) for job_id in chosen)
    return before, after


def _result_box(label: str, ids: list[str], by_id: dict[str, tuple[Job, Result]], export: str, index: int) -> str:
    return str(
        st.selectbox(
            label,
            ids,
            index=index,
            format_func=lambda job_id: _label(by_id[job_id][0]) if job_id in by_id else job_id,
            # Another key when there is a newer result, so that the newest is chosen anew.
            key=f"compare:{label}:{export}:{ids[0]}",
            persist_state="session",
            width=WIDTH,
        )
    )


def _label(job: Job) -> str:
    """A result in a line, what tells it apart first."""
    days, *rest = job.title.split(" · ")
    partial = ["partial: data is missing"] if job.state is State.PARTIAL else []
    days = days.partition(",")[0]
    return " · ".join([days, *partial, f"made {moment(job.created_at, browser_zone())}", *rest])


def _whole(job: Job, result: Result) -> Choice:
    first, last, zone = _dates(job)
    return Choice(
        period=Period(table=Table(result), query=Query(), first=first, last=last, zone=zone), result=result, job=job
    )


def _dates(job: Job) -> tuple[date, date, str]:
    """The days that a result covers: those asked for, as far as they had come when it was made."""
    dates = job.parameters["dates"]
    return date.fromisoformat(dates["first"]), date.fromisoformat(dates["last"]), str(dates["zone"])


def _two_ranges(results: Sequence[tuple[Job, Result]], export: str) -> tuple[Choice, Choice] | None:
    by_id = {job.id: (job, result) for job, result in results}
    job, result = results[0]
    if len(results) > 1:
        job, result = by_id[_result_box("Result", list(by_id), by_id, export, 0)]
    else:
        st.caption(plain(_label(job)))
    first, last, zone = _dates(job)
    days = (last - first).days + 1
    if days < 2:
        st.info("This result covers one day only; export more days to compare them.", icon=":material/compare_arrows:")
        return None
    # Equally long halves; with an odd number the day in the middle belongs to neither.
    half = timedelta(days=days // 2 - 1)
    usual = (first, first + half), (last - half, last)
    with st.container(horizontal=True, key="which days"):
        chosen = [
            st.date_input(
                f"{label}: first and last day",
                value=value,
                min_value=first,
                max_value=last,
                format="YYYY-MM-DD",
                key=f"compare:{label} days:{job.id}",
                persist_state="session",
                width=260,
            )
            for label, value in zip(("Before", "After"), usual, strict=True)
        ]
    # While a person has chosen the first day and not yet the last, there is one.
    ranges = [(each[0], each[-1]) for each in chosen if len(each) == 2]
    if len(ranges) < 2:
        st.info("Choose a first and a last day for both.", icon=":material/date_range:")
        return None
    table = Table(result)
    before, after = (Choice(period=in_days(table, begin, end, zone), result=result, job=job) for begin, end in ranges)
    return before, after


def _how_to_get_one(export: str) -> None:
    title = EXPORTS[export].title.removeprefix("Export ")
    with st.container(border=True, width=760, key="nothing to compare"):
        st.markdown(f":material/compare_arrows: **No result of {plain(title)} yet**")
        hours = portal().settings.retention_hours
        st.caption(
            "Export two ranges of days, such as this week and last week, or one long range: two parts of it can be "
            f"compared too. Results are kept for {hours:g} hours."
        )
        st.page_link(
            PAGES / "conversations.py",
            label=f"Export {title}",
            icon=":material/forum:",
            query_params={"export": export},
        )
