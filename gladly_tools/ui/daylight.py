"""A browser that turns from light to dark, as many do in the evening: the page is drawn anew, its charts with it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_ASSETS = Path(__file__).parent / "assets"


def daylight() -> None:
    """Draw the page anew when the browser turns from light to dark or back. It takes no room."""
    st.components.v2.component("gladly_tools.daylight", js=(_ASSETS / "daylight.js").read_text(encoding="utf-8"))(
        key="daylight", height=1, on_turned_change=lambda: None
    )
