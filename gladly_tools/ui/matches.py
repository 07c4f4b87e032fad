"""What a search in export files found, to be read one by one: the words marked, the whole conversation on a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from gladly_tools.api import Impatient
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports.conversation_items import fetch
from gladly_tools.items import item_row
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.transcript import entries
from gladly_tools.ui.account import browser_zone
from gladly_tools.ui.transcript import WIDTH, show_entry
from gladly_tools.ui.words import counted, plain
from gladly_tools.web.vault import Session

PAGE_MATCHES = 25
ASK_SECONDS = 30.0
MOST_ENTRIES = 200


def show_matches(session: Session, result: Result, job_id: str, place: str) -> None:
    """The items that were found, in the result's order."""
    table = Table(result)
    zone = browser_zone()
    words: Sequence[str] = result.manifest.parameters.get("phrases") or ()
    pages = -(-table.rows // PAGE_MATCHES)
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=f"matches page:{place}") if pages > 1 else 1
        st.caption(plain(f"{counted(table.rows, 'item')} · times in {zone}"))
    frame = table.page(offset=(page - 1) * PAGE_MATCHES, limit=PAGE_MATCHES)
    rows = [_plain_row(row) for row in frame.to_dict("records")]
    with st.container(width=WIDTH, gap="small", key=f"matches:{place}"):
        for number, (row, entry) in enumerate(zip(rows, entries(rows), strict=True)):
            key = f"{place}:{page}:{number}"
            show_entry(session, entry, job_id, zone, words, key, day=True)
            conversation_id = row.get("conversationId")
            if conversation_id and st.button(
                "Whole conversation", icon=":material/forum:", type="tertiary", key=f"whole:{key}"
            ):
                _conversation(session, conversation_id, names_of(result), job_id, zone, words)


def names_of(result: Result) -> Mapping[str, str]:
    """The names of agents and customers in a result, by id."""
    found: dict[str, str] = {}
    for name in ("agents", "customers"):
        part = result.tables.get(name)
        if part is not None:
            frame = Table(part).page(columns=["id", "name"], limit=10_000)
            found |= {
                str(key): str(name) for key, name in zip(frame["id"], frame["name"], strict=True) if pd.notna(name)
            }
    return found


@st.dialog("Whole conversation", width="large", icon=":material/forum:")
def _conversation(
    session: Session, conversation_id: str, names: Mapping[str, str], job_id: str, zone: str, words: Sequence[str]
) -> None:
    """The conversation as it is in Gladly now."""
    try:
        fetched = fetch(session.client.watched_by(Impatient(ASK_SECONDS)), conversation_id)
    except GladlyToolsError as error:
        st.error(plain(error), icon=":material/error:")
        return
    rows = [
        {
            **row,
            "Initiator": names.get(str(row.get("initiator.id"))),
            "Responder": names.get(str(row.get("responder.id"))),
        }
        for row in map(item_row, fetched.items)
    ]
    found = entries(rows)
    st.caption(plain(f"As it is in Gladly now: {counted(len(found), 'item')} · times in {zone}"))
    if len(found) > MOST_ENTRIES:
        st.info(f"The first {MOST_ENTRIES} are shown; export the conversation to read all.", icon=":material/info:")
    for number, entry in enumerate(found[:MOST_ENTRIES]):
        show_entry(session, entry, job_id, zone, words, f"dialog:{conversation_id}:{number}", day=True)


def _plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of a page as plain values: times as text, lists as lists, None for empty."""
    return {str(name): _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return list(value)
    if isinstance(value, list):
        return value
    if value is None or pd.isna(value):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value
