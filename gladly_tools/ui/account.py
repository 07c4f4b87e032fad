"""Who is signed in on this page; every page begins by asking."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from gladly_tools.web.cookie import NAME, session_id_of
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session


def session_id() -> str | None:
    """The browser's session id; None when its cookie is missing or not ours."""
    return session_id_of(st.context.cookies.get(NAME), portal().cookie_key)


def base_path() -> str:
    """The path that the portal is served under; empty for the root."""
    return str(st.get_option("server.baseUrlPath") or "")


def current_session() -> Session | None:
    """Who is signed in, if anybody."""
    return portal().session(session_id())


def require_session() -> Session:
    """Who is signed in; ends the page when nobody is."""
    session = current_session()
    if session is None:
        st.error("You are signed out. Reload the page to sign in.", icon=":material/lock:")
        st.stop()
    return session


def session_of(owner: str) -> Session:
    """The session of the account that a fragment was drawn for; draws the page anew when it is no longer there.

    A fragment runs again on its own, long after its page did, so it must not hold on to a session.
    """
    session = current_session()
    if session is None or session.account.owner != owner:
        st.rerun()
    return session


def browser_zone() -> str:
    """The browser's IANA time zone; the organization's where the browser does not tell."""
    session = current_session()
    for zone in (st.context.timezone, session.account.zone if session else None):
        try:
            if zone:
                return ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    return "UTC"
