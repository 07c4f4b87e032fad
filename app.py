"""The portal: `streamlit run app.py`. Streamlit, with the session cookie, the download routes and the job runner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from gladly_tools import ui
from gladly_tools.settings import Settings
from gladly_tools.ui.failure import show_failure
from gladly_tools.web.bulk_routes import bulk_routes
from gladly_tools.web.cookie import SessionCookie
from gladly_tools.web.headers import SecurityHeaders
from gladly_tools.web.portal import close_portal, open_portal, portal
from gladly_tools.web.routes import routes
from gladly_tools.web.session_route import session_routes
from gladly_tools.web.sql_routes import sql_routes

# The main script lies away from `pages/`: a folder of that name beside the main script would make Streamlit serve its
# files directly, past the sign-in.
MAIN = Path(ui.__file__).parent / "main.py"
PAGE = Path(st.__file__).parent / "static" / "index.html"


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Open the journal and the results before the first browser connects; interrupt the jobs at the end."""
    open_portal(Settings.from_environment())
    try:
        yield {}
    finally:
        close_portal()


base_path = str(st.get_option("server.baseUrlPath") or "")
app = st.App(
    MAIN,
    lifespan=lifespan,
    on_script_error=show_failure,
    routes=[
        *routes(base_path=base_path),
        *bulk_routes(base_path=base_path),
        *session_routes(base_path=base_path),
        *sql_routes(base_path=base_path),
    ],
    middleware=[
        Middleware(SecurityHeaders, page=PAGE.read_text(encoding="utf-8")),
        Middleware(SessionCookie, key=lambda: portal().cookie_key),
    ],
)
