"""The sign-in page: the portal's three fields, and the demo company in one click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from gladly_tools.account import Account
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.ui.account import base_path, session_id
from gladly_tools.ui.words import plain
from gladly_tools.web.cookie import new_session_id
from gladly_tools.web.portal import portal
from gladly_tools.web.session_route import session_link

MARK = Path(__file__).parent / "assets" / "mark.svg"
FIELDS = ("username", "api_token", "url")
TICKET = "sign_in_ticket"

# Only an answer to the browser itself can give it a cookie, and only a page that is loaded anew shows it to us.
_HAND_IN = component(
    "gladly_tools.sign_in",
    js="""
    const handedIn = new Set()
    export default function ({ data }) {
      if (handedIn.has(data.ticket)) return
      handedIn.add(data.ticket)
      fetch(data.address, { method: "POST", body: data.ticket, credentials: "same-origin" })
        .finally(() => window.location.reload())
    }
    """,
)


def sign_in_page() -> None:
    """Ask who it is; a rerun follows once somebody is signed in."""
    with st.container(horizontal_alignment="center"), st.container(width=460):
        st.image(str(MARK), width=56, alt="Gladly Tools")
        st.title("Sign in to Gladly Tools", anchor=False)
        st.caption("Export, explore and chart your Gladly data without writing code.")
        sid = session_id()
        if sid is None:
            st.warning(
                "Your browser did not send this site's cookie. Reload the page; if this stays, allow cookies for it.",
                icon=":material/cookie_off:",
            )
            return
        if TICKET in st.session_state:
            st.info("Signing you in…", icon=":material/login:")
            _HAND_IN(data={"ticket": st.session_state[TICKET], "address": session_link(base_path=base_path())})
            return
        problem: GladlyToolsError | None = st.session_state.pop("sign_in_problem", None)
        with st.container(border=True):
            st.markdown("**Just looking?**")
            st.caption("A made-up company with lifelike data. No account needed, and nothing is sent to Gladly.")
            if st.button("Try the demo company", icon=":material/storefront:", type="primary", width="stretch"):
                _enter(sid, portal().sign_in_to_demo, "Opening the demo company…")
        with st.form("sign in", border=True):
            _field(
                "Username",
                "username",
                problem,
                placeholder="you@yourcompany.com",
                help=("The e-mail address you use to sign in to Gladly. Your user needs the API User permission."),
            )
            _field(
                "API Token",
                "api_token",
                problem,
                secret=True,
                help=(
                    "In Gladly: Settings, then API Tokens, then Create Token. "
                    "It is kept in this server's memory until you sign out, and nowhere else."
                ),
            )
            _field(
                "Gladly URL",
                "url",
                problem,
                placeholder="yourcompany.us-1.gladly.com",
                help=("The address of your Gladly, such as us-1.gladly.com. Paste it from your browser if you like."),
            )
            if st.form_submit_button("Authenticate", icon=":material/login:", width="stretch"):
                values = {name: str(st.session_state.get(_key(name)) or "") for name in FIELDS}
                _enter(sid, lambda fresh: portal().sign_in(fresh, **values), "Asking Gladly…")
        if problem is not None and not (isinstance(problem, InputError) and problem.field in FIELDS):
            st.error(f"**{plain(problem.what)}** {plain(problem.advice)}", icon=":material/error:")


def _field(
    label: str, name: str, problem: GladlyToolsError | None, *, help: str, placeholder: str = "", secret: bool = False
) -> None:
    st.text_input(
        label,
        key=_key(name),
        type="password" if secret else "default",
        autocomplete="off" if secret else "username" if name == "username" else "url",
        placeholder=placeholder,
        help=help,
    )
    if isinstance(problem, InputError) and problem.field == name:
        st.error(f"{plain(problem.what)} {plain(problem.advice)}", icon=":material/error:")


def _key(name: str) -> str:
    # The token's field is a new, empty one at each attempt, so that no token stays in the browser or in widget state.
    return f"sign_in_{name}_{st.session_state.get('sign_in_attempts', 0)}" if name == "api_token" else f"sign_in_{name}"


def _enter(sid: str, sign_in: Callable[[str], Account], words: str) -> None:
    """Sign in under a new session id, and start over with a ticket for it.

    The id of a browser that is not signed in may be known to others, who would then be signed in with it. The token
    leaves the widgets' state either way; the other fields stay as typed.
    """
    fresh = new_session_id()
    with st.spinner(words):
        try:
            sign_in(fresh)
        except GladlyToolsError as error:
            st.session_state["sign_in_problem"] = error
        else:
            st.session_state[TICKET] = portal().tickets.issue(sid, fresh)
    st.session_state.pop(_key("api_token"), None)
    st.session_state["sign_in_attempts"] = st.session_state.get("sign_in_attempts", 0) + 1
    st.rerun()
