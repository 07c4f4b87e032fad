"""Where the portal's own files lie: beside the package in a checkout, inside it when it is installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def portal_folder() -> Path:
    """The folder of `app.py`, `pages/` and Streamlit's settings."""
    installed = _PACKAGE / "portal"
    return installed if installed.is_dir() else _PACKAGE.parent
