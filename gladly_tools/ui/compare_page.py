"""The Compare page: what to compare, then what changed."""

from __future__ import annotations

import streamlit as st

from gladly_tools.comparing.configuration import SHAPES
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS
from gladly_tools.ui.account import require_session
from gladly_tools.ui.compare_configuration import configuration_changes
from gladly_tools.ui.compare_numbers import PERIOD_EXPORTS, conversation_changes
from gladly_tools.ui.words import plain

KEY = "compare:export"


def compare_page() -> None:
    """The whole page."""
    session = require_session()
    st.title("Compare", anchor=False)
    st.caption("What changed: in the configuration between two days, in conversations between two periods.")
    export = _chosen()
    try:
        if export in SHAPES:
            configuration_changes(session, export)
        else:
            conversation_changes(session, export)
    except GladlyToolsError as error:
        st.warning(plain(error), icon=":material/refresh:")
        st.button("Load again", key="compare:again")


def _chosen() -> str:
    """The export; the address names it, so that a link to it works."""
    names = [*SHAPES, *PERIOD_EXPORTS]
    wanted = st.query_params.get("export")
    if wanted in names and wanted != st.session_state.get("compare:last export"):
        st.session_state[KEY] = wanted
    elif KEY not in st.session_state:
        st.session_state[KEY] = st.session_state.get("compare:last export", names[0])
    name = str(
        st.segmented_control(
            "What to compare",
            names,
            format_func=lambda name: EXPORTS[name].title.removeprefix("Export ").removeprefix("Conversation "),
            required=True,
            label_visibility="collapsed",
            key=KEY,
            wrap=True,
        )
    )
    st.session_state["compare:last export"] = name
    if wanted != name:
        st.query_params["export"] = name
    return name
