"""Which phone call: what was typed, and where it names a conversation with several, the one chosen among them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gladly_tools.api import Impatient
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports.call_question import CallQuestion, calls_at
from gladly_tools.ui.words import plain
from gladly_tools.web.vault import Session

SECONDS = 10.0


def call_choice(question: CallQuestion, key: str, session: Session, *, is_told: bool = False) -> str:
    """The id of the chosen call; what was typed where nothing is found by it, which is told unless it is already."""
    text = st.text_input(
        question.label,
        placeholder="ID of the call, or ID or address of its conversation",
        help=question.help,
        key=key,
        persist_state="session",
    )
    try:
        given = question.check(text, name="")
    except InputError:
        return text
    calls = _calls(given, key, session, is_told=is_told)
    if not calls:
        return text
    if len(calls) == 1:
        (id_, words) = next(iter(calls.items()))
        st.caption(f":material/call: {plain(words)}")
        return id_
    chosen = st.selectbox(
        f"This conversation has {len(calls)} phone calls",
        list(calls),
        index=None,
        placeholder="Choose one of them",
        format_func=calls.__getitem__,
        key=f"{key}:which:{given}",
        persist_state="session",
    )
    # None chosen: what was typed is refused, as it names several.
    return text if chosen is None else chosen


def _calls(given: str, key: str, session: Session, *, is_told: bool) -> Mapping[str, str]:
    """The calls that the text names, in words by id; asked for once while the text stays. None when there are none."""
    before, words = st.session_state.get(f"{key}:found", (None, {}))
    if before == given:
        return words  # type: ignore[no-any-return]
    try:
        with st.spinner("Asking Gladly…"):
            found = calls_at(session.client.watched_by(Impatient(SECONDS)), given, name="")
    except GladlyToolsError as error:
        if not is_told:
            st.caption(f":material/call_end: {plain(error)}")
        return {}
    words = {call.id: call.words for call in found}
    st.session_state[f"{key}:found"] = (given, words)
    return words
