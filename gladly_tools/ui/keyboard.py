"""What the keyboard lacks in a page: the way into a box that a key opened."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_ASSETS = Path(__file__).parent / "assets"


def keyboard() -> None:
    """Make boxes that open from a button reachable by Tab. It takes no room."""
    st.components.v2.component("gladly_tools.keyboard", js=(_ASSETS / "keyboard.js").read_text(encoding="utf-8"))(
        key="keyboard", height=1
    )
