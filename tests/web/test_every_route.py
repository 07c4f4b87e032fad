"""Every route of the portal: for its owner alone, with the same words for what is absent and what is another's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from gladly_tools.demo import DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.web.bulk_routes import bulk_routes
from gladly_tools.web.cookie import NAME, cookie_of, new_session_id
from gladly_tools.web.portal import Portal
from gladly_tools.web.routes import routes
from gladly_tools.web.session_route import session_routes
from gladly_tools.web.sql_routes import sql_routes
from tests.web.conftest import signed_in

ROUTES = [route for route in (*routes(), *bulk_routes(), *session_routes(), *sql_routes()) if isinstance(route, Route)]
ADDRESSES = {
    "/results/{job_id}/{name}": "/results/{id}/x.csv?format=csv",
    "/reports/{job_id}/{name}": "/reports/{id}/x.html",
    "/recordings/{job_id}": "/recordings/{id}?item=i",
    "/bulk-runs/{run_id}/{kind}/{name}": "/bulk-runs/{id}/results/x.csv",
    "/sql/{query_id}/{name}": "/sql/{id}/x.csv?format=csv",
}
STRANGE = ("../../etc/passwd", "%2e%2e%2f%2e%2e%2fcookie.key", "a%00b", "a%0d%0aSet-Cookie:%20x=y", ".", "..", "%FF")
GUESSES = ("x", "0", "A" * 300, *STRANGE)


@pytest.fixture
def job_of_ann(here: Portal, ann: TestClient) -> str:
    session = next(iter(here.vault._sessions.values()))[0]
    export = EXPORTS["topics"]
    job = here.runs.run_here(session.account, session.client, export, export.parameters(), lambda _ticket: None)
    assert ann.get(f"/results/{job.id}/x.csv?format=csv").status_code == 200
    return job.id


def test_every_route_is_asked_here() -> None:
    assert {route.path for route in ROUTES} == {*ADDRESSES, "/session"}


def test_the_portal_has_no_other_routes() -> None:
    source = Path(__file__).parents[2].joinpath("app.py").read_text(encoding="utf-8")
    assert source.count("routes(base_path=base_path)") == 4


@pytest.mark.parametrize("address", ADDRESSES.values())
def test_a_guessed_id_is_told_the_same_as_one_of_another_account(
    address: str, here: Portal, server: DemoServer, job_of_ann: str
) -> None:
    ben = signed_in(here, server, account=1)
    foreign = ben.get(address.replace("{id}", job_of_ann))
    assert foreign.status_code == 404
    assert job_of_ann not in foreign.text
    for guess in GUESSES:
        guessed = ben.get(address.replace("{id}", guess))
        assert guessed.status_code == 404
        assert "set-cookie" not in guessed.headers
        assert guess in STRANGE or guessed.text == foreign.text
        assert str(here.settings.data_dir) not in guessed.text


@pytest.mark.parametrize("address", ADDRESSES.values())
def test_nobody_without_a_session_learns_whether_an_id_exists(
    address: str, here: Portal, server: DemoServer, job_of_ann: str
) -> None:
    stranger = signed_in(here, server)
    for cookie in (
        None,
        "forged",
        cookie_of(new_session_id(), here.cookie_key),
        cookie_of(new_session_id(), b"k" * 32),
    ):
        stranger.cookies.clear()
        if cookie is not None:
            stranger.cookies.set(NAME, cookie)
        answers = [stranger.get(address.replace("{id}", id)) for id in (job_of_ann, "x")]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert answers[0].text == answers[1].text


@pytest.mark.parametrize("address", ADDRESSES.values())
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_download_route_changes_anything(address: str, method: str, ann: TestClient, job_of_ann: str) -> None:
    assert ann.request(method, address.replace("{id}", job_of_ann)).status_code == 405


def test_a_cookie_that_was_copied_is_worth_nothing_after_the_sign_out(
    here: Portal, ann: TestClient, job_of_ann: str
) -> None:
    (session_id,) = here.vault._sessions
    here.sign_out(session_id)
    assert ann.get(f"/results/{job_of_ann}/x.csv?format=csv").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
    ],
)
def test_another_site_cannot_sign_a_browser_in_or_over(here: Portal, headers: dict[str, Any]) -> None:
    """It knows no ticket, and a ticket works in the browser that it was made for alone."""
    from starlette.applications import Starlette

    mine, theirs = new_session_id(), new_session_id()
    browser = TestClient(Starlette(routes=session_routes()))
    browser.cookies.set(NAME, cookie_of(mine, here.cookie_key))
    tickets: Sequence[str] = ("", "x", here.tickets.issue(theirs, new_session_id()))
    for ticket in tickets:
        answer = browser.post("/session", content=ticket, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
