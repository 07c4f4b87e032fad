"""The portal in this process with somebody signed in, and its pages, run without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from gladly_tools.demo import DemoServer
from gladly_tools.ui import account as account_module
from gladly_tools.web import portal as portal_module
from gladly_tools.web.portal import Portal, close_portal, open_portal
from gladly_tools.web.vault import Session
from tests.conftest import settings_for

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "gladly_tools" / "ui" / "main.py"
SID = "a-session"
PATIENCE = 30


@pytest.fixture(scope="session", autouse=True)
def _packages_are_looked_through_once() -> Iterator[None]:
    """Each page that is opened has Streamlit read what every installed package says of itself, for components."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def here(server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    assert portal_module._portal is None
    monkeypatch.setattr(account_module, "session_id_of", lambda _value, _key: SID)
    yield open_portal(settings_for(server, tmp_path / "data"))
    close_portal()


@pytest.fixture
def session(here: Portal, server: DemoServer) -> Session:
    here.sign_in(SID, url=server.url, username=server.username, api_token=server.api_token)
    session = here.session(SID)
    assert session is not None
    return session


def open_page(name: str, **query: str) -> AppTest:
    """A page by its file name, as its address with this query opens it."""
    at = AppTest.from_file(str(MAIN), default_timeout=PATIENCE)
    at.run().switch_page(f"../../pages/{name}.py")
    for key, value in query.items():
        at.query_params[key] = value
    return at.run()
