"""A link to what somebody sees: made in the filter bar, opened by the page that it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.jobs import Job
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table
from gladly_tools.saved_views import SharedView
from gladly_tools.ui.filters import state
from gladly_tools.ui.words import plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

NAME = "shared"
_TOLD = "shared link told"


def address_of(key: str) -> str:
    """The address of this page with the key of a link, and with what it says of export and job."""
    kept = {name: st.query_params[name] for name in ("export", "job") if name in st.query_params}
    base = str(st.context.url or "").split("?")[0]
    return f"{base}?{urlencode({**kept, NAME: key})}"


def open_shared(session: Session, export: str, jobs: Sequence[Job]) -> None:
    """Look through the link in the address, if there is one, before anything of the result is drawn.

    Where it leads nowhere, say so and show the result without any filter. The address then no longer holds it, so
    that a page that is loaded anew keeps what was filtered since.
    """
    key = st.query_params.get(NAME)
    if key is not None:
        del st.query_params[NAME]
        st.session_state.pop(_TOLD, None)
        try:
            found = portal().saved.shared(session.account.owner, key)
            _open(session, found, export, jobs)
        except GladlyToolsError as error:
            st.session_state[_TOLD] = str(error)
            for job in jobs:
                if job.id == st.query_params.get("job"):
                    state.begin(job.id, Query())
                    state.clear(job.id)
    _tell()


def _open(session: Session, found: SharedView, export: str, jobs: Sequence[Job]) -> None:
    result = portal().runs.result(session.account, found.job) if found.job in {job.id for job in jobs} else None
    name = found.place.removeprefix(found.job).removeprefix(":")
    table = None if result is None else result.tables.get(name) if name else result
    if table is None:
        raise NotFoundError("The result of this link is gone.", "Run the export again, and filter it anew.")
    st.session_state[f"{export}:job"] = found.job
    st.query_params["job"] = found.job
    if name:
        st.session_state[f"which table:{found.job}"] = name
    st.session_state[f"view:{found.place}"] = "Table"
    state.apply(Table(table), found.place, found.view, what="Opened a link")
    st.toast("Filtered as the link says. Undo takes it back.", icon=":material/link:")


def _tell() -> None:
    told = st.session_state.get(_TOLD)
    if told is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(plain(told), icon=":material/link_off:", width="stretch")
        if st.button("Dismiss", key="dismiss shared link"):
            del st.session_state[_TOLD]
            st.rerun()
