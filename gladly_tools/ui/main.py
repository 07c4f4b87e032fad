"""The main script: the page frame, who is signed in, the sections, the job badge; then the page itself."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from gladly_tools.portal_files import portal_folder
from gladly_tools.ui.account import current_session, session_id
from gladly_tools.ui.daylight import daylight
from gladly_tools.ui.job_panel import job_badge
from gladly_tools.ui.keyboard import keyboard
from gladly_tools.ui.sign_in import sign_in_page
from gladly_tools.ui.words import plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

ASSETS = Path(__file__).parent / "assets"
PAGES = portal_folder() / "pages"

SECTIONS = (
    ("configuration", "Configuration", ":material/tune:", "Topics, inboxes, answers, audiences"),
    ("conversations", "Conversations", ":material/forum:", "Conversations, contacts, handle times"),
    ("events", "Events", ":material/bolt:", "What happened in the last 24 hours, and before"),
    ("bulk_close", "Bulk Close", ":material/done_all:", "Close conversations and tasks from a list, safely"),
    ("logs", "Logs", ":material/call_log:", "What happened during a phone call"),
    ("ivr", "IVR", ":material/dialpad:", "Recordings of the telephone menus"),
    ("compare", "Compare", ":material/compare_arrows:", "What changed between two days or two periods"),
    ("jobs", "Jobs", ":material/schedule:", "Everything this account has run"),
)

# Each request's address, with its ids, is nobody's business in a log.
logging.getLogger("httpx").setLevel(logging.WARNING)


def main() -> None:
    """Run one page for whoever is signed in, or the sign-in page."""
    st.set_page_config(page_title="Gladly Tools", page_icon=str(ASSETS / "mark.svg"), layout="wide")
    session = current_session()
    if session is not None:  # the sign-in page shows the mark itself
        st.logo(str(ASSETS / "logo.svg"), icon_image=str(ASSETS / "mark.svg"), size="large")
    st.html(ASSETS / "portal.css")
    _forget_others(session)
    # Signed out, the same pages are there but hidden, so that a deep link survives the sign-in.
    sections = [
        st.Page(
            PAGES / f"{name}.py",
            title=title,
            icon=icon,
            url_path=name.replace("_", "-"),
            visibility="visible" if session else "hidden",
            help=help,
        )
        for name, title, icon, help in SECTIONS
    ]
    # The default page has no address of its own but "/", so it must not be a section: it leads to the first one.
    start = st.Page(
        lambda: st.switch_page(sections[0]), title="Start", url_path="start", default=True, visibility="hidden"
    )
    page = st.navigation([start, *sections])
    if session is None:
        sign_in_page()
        return
    _sidebar(session)
    page.run()
    keyboard()
    daylight()


def _forget_others(session: Session | None) -> None:
    """Clear what a tab still holds of whoever was signed in before: filters, names, what was typed."""
    owner = None if session is None else session.account.owner
    before = st.session_state.get("owner")
    if before is not None and before != owner:
        st.session_state.clear()
    if owner is not None:
        st.session_state["owner"] = owner


def _sidebar(session: Session) -> None:
    account = session.account
    with st.sidebar:
        job_badge(session)
        with st.container(border=True, key="account"):
            st.markdown(f"**{plain(account.organization)}**")
            st.caption(f"{plain(account.username)}  \n{plain(account.zone)}")
            if account.demo:
                st.badge("Demo company", icon=":material/storefront:", color="green")
            if st.button("Sign out", icon=":material/logout:", width="stretch", key="sign_out"):
                sid = session_id()
                if sid is not None:
                    portal().sign_out(sid)
                st.session_state.clear()
                st.rerun()


main()
