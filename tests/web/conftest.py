"""The portal in this process, and browsers signed in to it, for the routes beside the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gladly_tools.demo import DemoServer
from gladly_tools.web import portal as portal_module
from gladly_tools.web.bulk_routes import bulk_routes
from gladly_tools.web.cookie import NAME, new_cookie, session_id_of
from gladly_tools.web.portal import Portal, close_portal, open_portal
from gladly_tools.web.routes import routes
from gladly_tools.web.sql_routes import sql_routes
from tests.conftest import settings_for


@pytest.fixture
def here(server: DemoServer, tmp_path: Path) -> Iterator[Portal]:
    assert portal_module._portal is None
    yield open_portal(settings_for(server, tmp_path / "data"))
    close_portal()


def signed_in(here: Portal, server: DemoServer, account: int = 0) -> TestClient:
    """A browser in which one of the server's accounts is signed in."""
    browser = TestClient(Starlette(routes=[*routes(), *bulk_routes(), *sql_routes()]))
    cookie = new_cookie(here.cookie_key)
    browser.cookies.set(NAME, cookie)
    username, token = server.accounts[account]
    sid = session_id_of(cookie, here.cookie_key)
    assert sid is not None
    here.sign_in(sid, url=server.url, username=username, api_token=token)
    return browser


@pytest.fixture
def ann(here: Portal, server: DemoServer) -> TestClient:
    return signed_in(here, server)
