"""The text field for SQL: completion of names, colors, Ctrl+Enter; a small component of our own.

The editors that can be installed are frames of several megabytes around an older way of Streamlit's to be extended, the
last of them released in 2024 and without types. This one is a text field, so that keyboards and screen readers know it,
with suggestions and colors beside it; it follows the theme and asks for nothing over the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_ASSETS = Path(__file__).parent / "assets"


def sql_editor(
    text: str,
    version: int,
    words: Sequence[Mapping[str, str]],
    *,
    running: bool,
    wrong: Mapping[str, Any] | None,
    key: str,
) -> str | None:
    """Draw the field; returns the query that was just asked to run, None when there is none.

    `text` is put into the field when it is first drawn and whenever `version` changes. `wrong` is a position in a text,
    which is marked while that is what stands there.
    """
    state = _component()(
        data={
            "text": text,
            "version": version,
            "words": list(words),
            "running": running,
            "wrong": wrong,
            "place": key,
        },
        on_run_change=lambda: None,
        key=key,
    )
    asked = state.get("run")
    return asked if isinstance(asked, str) else None


def _component() -> Any:
    """The component. Registered with every run of the page, since what runs a page in a test has its own register."""
    return st.components.v2.component(
        "gladly_tools.sql_editor",
        html=(_ASSETS / "sql_editor.html").read_text(encoding="utf-8"),
        css=(_ASSETS / "sql_editor.css").read_text(encoding="utf-8"),
        js=(_ASSETS / "sql_editor.js").read_text(encoding="utf-8"),
    )
