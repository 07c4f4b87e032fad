"""Which export jobs to search: found at Gladly and picked from a list, pasted by ID, or a file of one's own."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from gladly_tools.api import ExportJob, Impatient
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports.export_files import ITEMS, NAMES
from gladly_tools.exports.file_kind import HEAD_BYTES
from gladly_tools.exports.local_files import LocalFile, check_holds_items, check_items, check_unpacked
from gladly_tools.exports.search_questions import Where, WhereQuestion
from gladly_tools.kept_files import AccountFiles
from gladly_tools.ui.job_panel import attempt
from gladly_tools.ui.words import counted, plain, size
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

FIND_SECONDS = 20.0
KEPT_DAYS = timedelta(days=14)
MOST_UPLOAD_MB = 200
MOST_UNPACKED_MB = 4000
STATES = {"COMPLETED": "Completed", "IN_PROGRESS": "Running", "PENDING": "Waiting", "FAILED": "Failed"}
UNFINISHED = {"IN_PROGRESS": "is still running", "PENDING": "is still waiting", "FAILED": "has failed"}
JOBS, FILE = "Export jobs", "A file from Gladly Support"


def where_to_search(question: WhereQuestion, key: str, session: Session) -> Where | None:
    """The jobs or the file chosen so far; None when there is none."""
    kind = st.segmented_control(
        "Search in",
        [JOBS, FILE],
        default=JOBS,
        required=True,
        label_visibility="collapsed",
        key=f"{key}:kind",
        persist_state="session",
        wrap=True,
    )
    if kind == FILE:
        return _uploaded(key, session)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Find Jobs", icon=":material/search:", key=f"{key}:find"):
            _find(key, session)
        st.caption(question.help)
    chosen = _picked(st.session_state.get(f"{key}:jobs"), key)
    pasted = st.text_input(
        "Job ID",
        placeholder="Or paste one ID, or several separated by commas",
        help="For a job whose ID you know already.",
        key=f"{key}:pasted",
        persist_state="session",
    )
    _kept(key, session)
    ids = (*chosen, *(part.strip() for part in pasted.replace("\n", ",").split(",") if part.strip()))
    return Where(job_ids=ids) if ids else None


def _find(key: str, session: Session) -> None:
    try:
        with st.spinner("Asking Gladly…"):
            jobs = session.client.watched_by(Impatient(FIND_SECONDS)).export_jobs.list()
    except GladlyToolsError as error:
        st.session_state[f"{key}:jobs"] = error
    else:
        st.session_state[f"{key}:jobs"] = jobs


def _picked(found: Any, key: str) -> Sequence[str]:
    """The ids of the jobs picked from the list, those that can be searched."""
    if found is None:
        return ()
    if isinstance(found, GladlyToolsError):
        st.error(plain(found), icon=":material/error:")
        return ()
    jobs: Sequence[ExportJob] = found
    if not jobs:
        st.info("Gladly has no export jobs of the last 14 days.", icon=":material/inbox:")
        return ()
    # Above the table: the newest jobs come first, and those are the ones that are not completed.
    st.caption("Select one or more completed jobs. Others cannot be exported.")
    picked = st.dataframe(
        jobs_frame(jobs, datetime.now(UTC)),
        hide_index=True,
        height=min(38 + 35 * len(jobs), 320),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Data from": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", help="In UTC"),
            "Data to": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", help="In UTC, not included"),
            "Updated": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", help="In UTC"),
            "Days left": st.column_config.NumberColumn(help="Until Gladly deletes the job and its files"),
        },
        key=f"{key}:table:{hash(tuple(job.id for job in jobs))}",
        alt="Export jobs of the last 14 days; select rows to search them",
    )
    rows: Sequence[int] = picked["selection"]["rows"]
    chosen = [jobs[row] for row in rows]
    for job in chosen:
        if not job.is_complete:
            standing = UNFINISHED.get(job.status or "", "is not completed")
            st.warning(f"{_words(job)} {standing}, so it cannot be exported.", icon=":material/block:")
        elif missing := _missing(job):
            st.warning(f"{_words(job)} has no {plain(missing)}; the result will be partial.", icon=":material/warning:")
    usable = [job.id for job in chosen if job.is_complete]
    if usable:
        st.caption(f"{counted(len(usable), 'job')} chosen.")
    return usable


def jobs_frame(jobs: Sequence[ExportJob], now: datetime) -> pd.DataFrame:
    """The jobs as a table, in their order; times in UTC."""
    return pd.DataFrame(
        {
            "Status": [STATES.get(job.status or "", job.status or "unknown") for job in jobs],
            "Data from": [job.start_at for job in jobs],
            "Data to": [job.end_at for job in jobs],
            "Files": [_files(job) for job in jobs],
            "Updated": [job.updated_at for job in jobs],
            "Days left": [
                None if job.updated_at is None else max((KEPT_DAYS - (now - job.updated_at)).days, 0) for job in jobs
            ],
            "Job ID": [job.id for job in jobs],
        }
    )


def _words(job: ExportJob) -> str:
    """A job by its data, as the list shows it."""
    if job.start_at is None or job.end_at is None:
        return f"Job {plain(job.id)}"
    return f"The job of {job.start_at:%Y-%m-%d %H:%M} to {job.end_at:%Y-%m-%d %H:%M}"


def _files(job: ExportJob) -> str:
    missing = _missing(job)
    if not job.files:
        return "none"
    return f"{len(job.files)}, without {missing}" if missing else str(len(job.files))


def _missing(job: ExportJob) -> str:
    usual = (f"{name}.jsonl" for name in NAMES)
    return ", ".join(name for name in usual if name not in job.files) if job.is_complete else ""


def _kept(key: str, session: Session) -> None:
    """The files that were fetched before, which the person can delete."""
    files = portal().runs.kept.of(session.account.owner)
    sizes = files.sizes()
    if not sizes:
        return
    with st.popover(f"Kept files: {size(sum(sizes.values()))}", icon=":material/inventory_2:", type="tertiary"):
        st.caption("Fetched before and kept for a while, so that the next search is quick.")
        for name, used in sizes.items():
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"{plain(name)} · {size(used)}", width="content")
                if st.button("Delete", icon=":material/delete:", key=f"{key}:forget:{name}"):
                    attempt(lambda name=name: files.delete(name))  # type: ignore[misc]
                    st.rerun()


def _uploaded(key: str, session: Session) -> Where | None:
    file = st.file_uploader(
        "File",
        type=["jsonl", "zip"],
        max_upload_size=MOST_UPLOAD_MB,
        help="The ZIP of a job, or its conversation items (.jsonl), as Gladly Support sends them. For larger files use "
        "the command line: gladly-tools export file-export --file PATH.",
        key=f"{key}:file",
    )
    if file is None:
        return None
    key_of = f"{key}:uploaded"
    where: Where | None
    before, where = st.session_state.get(key_of, (None, None))
    if before != file.file_id:
        with st.spinner("Reading the file…"):
            try:
                where = _kept_upload(file, portal().runs.kept.of(session.account.owner))
            except GladlyToolsError as error:
                st.error(plain(error), icon=":material/error:")
                return None
        st.session_state[key_of] = (file.file_id, where)
    return where


def _kept_upload(file: Any, kept: AccountFiles) -> Where:
    """Put what was uploaded beside the files that were fetched. Raises InputError for what cannot be read."""
    label = f"upload {file.name} {hashlib.sha256(file.getbuffer()).hexdigest()[:16]}"
    if not zipfile.is_zipfile(file):
        check_unpacked(bytes(file.getbuffer()[:HEAD_BYTES]), name=file.name, field="where")
        with kept.writing(label, ITEMS) as take:
            file.seek(0)
            while piece := file.read(1024 * 1024):
                take(piece)
        return Where(upload=label, files=(ITEMS,), file_name=file.name)
    found = LocalFile(file, name=file.name)
    check_holds_items(found, field="where")
    check_items(found, field="where")
    if found.unpacked_bytes > MOST_UNPACKED_MB * 1_000_000:
        raise InputError(
            f"The ZIP unpacks to {size(found.unpacked_bytes)}, too much for an upload.",
            "Use the command line: gladly-tools export file-export --file PATH.",
        )
    for part in found.files:
        with kept.writing(label, part) as take, found.open(part) as arriving:
            for chunk in arriving.chunks:
                take(chunk)
    return Where(upload=label, files=tuple(found.files), file_name=file.name)
