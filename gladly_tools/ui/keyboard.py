"""What the keyboard lacks in a page: the way into a box that a key opened, and a focus that can be seen everywhere."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_ASSETS = Path(__file__).parent / "assets"
_FOCUS = (
    "<style>[data-testid='stSidebarNavLink']:focus-visible, [data-testid='stElementToolbar'] button:focus-visible"
    " { outline: 2px solid currentColor; outline-offset: -2px }</style>"
)


def keyboard() -> None:
    """Make boxes that open from a button reachable by Tab, and the focus visible. It takes no room."""
    st.html(_FOCUS)
    st.components.v2.component("gladly_tools.keyboard", js=(_ASSETS / "keyboard.js").read_text(encoding="utf-8"))(
        key="keyboard", height=1
    )
