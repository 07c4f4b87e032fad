"""What a person sees when a page fails in a way nobody foresaw: words and a reference, never a traceback."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from gladly_tools.disk_faults import disk_fault
from gladly_tools.errors import GladlyToolsError
from gladly_tools.ui.words import plain

logger = logging.getLogger(__name__)


def show_failure(error: Exception) -> bool:
    """Show the error on the page it happened on; the details go to the log under the reference shown."""
    known = error if isinstance(error, GladlyToolsError) else disk_fault(error)
    reference = secrets.token_hex(4)
    if known is not error:
        logger.error("a page failed, reference %s", reference, exc_info=error)
    if known is not None:
        st.error(f"**{plain(known.what)}** {plain(known.advice)}", icon=":material/error:")
        return True
    st.error(
        f"**This page met an error that it did not expect (reference {reference}).** Reload it; your jobs and results "
        "are safe. If it happens again, show the reference to whoever runs this application: the log has the details.",
        icon=":material/error:",
    )
    return True
