"""What a search in export files found, to be read one by one: the words marked, the whole conversation on a click."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.transcript import entries
from gladly_tools.ui.account import browser_zone
from gladly_tools.ui.table_rows import plain_rows
from gladly_tools.ui.transcript import WIDTH, show_entry
from gladly_tools.ui.whole_conversation import whole_conversation
from gladly_tools.ui.words import counted, plain
from gladly_tools.web.vault import Session

PAGE_MATCHES = 25


def show_matches(session: Session, result: Result, job_id: str, place: str) -> None:
    """The items that were found, in the result's order."""
    table = Table(result)
    zone = browser_zone()
    words: Sequence[str] = result.manifest.parameters.get("phrases") or ()
    pages = -(-table.rows // PAGE_MATCHES)
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=f"matches page:{place}") if pages > 1 else 1
        st.caption(plain(f"{counted(table.rows, 'item')} · times in {zone}"))
    rows = plain_rows(table.page(offset=(page - 1) * PAGE_MATCHES, limit=PAGE_MATCHES))
    with st.container(width=WIDTH, gap="small", key=f"matches:{place}"):
        for number, (row, entry) in enumerate(zip(rows, entries(rows), strict=True)):
            # Not by their ids: an item may have none, and two may have the same.
            key = f"{place}:{page}:{number}"
            show_entry(session, entry, job_id, zone, words, key, day=True)
            conversation_id = row.get("conversationId")
            if conversation_id and st.button(
                "Whole conversation", icon=":material/forum:", type="tertiary", key=f"whole:{key}"
            ):
                whole_conversation(session, result, conversation_id, job_id, zone, words)
