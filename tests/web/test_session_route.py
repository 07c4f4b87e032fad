"""A browser gets a session id of its own when somebody signs in, so that one planted before is worth nothing."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gladly_tools.demo import DemoServer
from gladly_tools.web.cookie import NAME, cookie_of, new_cookie, new_session_id, session_id_of
from gladly_tools.web.portal import Portal
from gladly_tools.web.session_route import session_link, session_routes


def browser(here: Portal, cookie: str | None = None, *, base_path: str = "", https: bool = False) -> TestClient:
    client = TestClient(
        Starlette(routes=session_routes(base_path=base_path)), base_url="https://test" if https else "http://test"
    )
    if cookie is not None:
        client.cookies.set(NAME, cookie)
    return client


def sign_in(here: Portal, server: DemoServer, cookie: str) -> str:
    """Sign in as the page does; returns the ticket that the page hands in."""
    before, after = session_id_of(cookie, here.cookie_key), new_session_id()
    assert before is not None
    here.sign_in(after, url=server.url, username=server.username, api_token=server.api_token)
    return here.tickets.issue(before, after)


def test_the_cookie_of_before_is_signed_in_neither_before_nor_after_the_ticket_is_used(
    here: Portal, server: DemoServer
) -> None:
    planted = new_cookie(here.cookie_key)
    ticket = sign_in(here, server, planted)
    assert here.session(session_id_of(planted, here.cookie_key)) is None
    answer = browser(here, planted).post(session_link(), content=ticket)
    assert answer.status_code == 204
    fresh = answer.cookies[NAME]
    assert fresh != planted
    assert here.session(session_id_of(planted, here.cookie_key)) is None
    session = here.session(session_id_of(fresh, here.cookie_key))
    assert session is not None
    assert session.account.username == server.username


@pytest.mark.parametrize(
    ("https", "flags"), [(False, {"HttpOnly", "SameSite=Lax"}), (True, {"HttpOnly", "SameSite=Lax", "Secure"})]
)
def test_the_new_cookie_is_out_of_reach_of_scripts_and_other_sites(
    here: Portal, server: DemoServer, https: bool, flags: set[str]
) -> None:
    cookie = new_cookie(here.cookie_key)
    answer = browser(here, cookie, https=https).post(session_link(), content=sign_in(here, server, cookie))
    given = set(answer.headers["set-cookie"].split("; ")[1:])
    assert given & {"HttpOnly", "SameSite=Lax", "Secure"} == flags


@pytest.mark.parametrize("cookie", ["another browser's", "none", "forged"])
def test_a_stolen_ticket_is_of_no_use(here: Portal, server: DemoServer, cookie: str) -> None:
    ticket = sign_in(here, server, new_cookie(here.cookie_key))
    thief = {"another browser's": new_cookie(here.cookie_key), "none": None, "forged": cookie_of("x", b"k" * 32)}
    answer = browser(here, thief[cookie]).post(session_link(), content=ticket)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("content", [b"", b"made-up", b"\xff\xfe", b"x" * 1_000_000])
def test_what_is_no_ticket_gets_no_cookie(here: Portal, server: DemoServer, content: bytes) -> None:
    cookie = new_cookie(here.cookie_key)
    sign_in(here, server, cookie)
    answer = browser(here, cookie).post(session_link(), content=content)
    assert answer.status_code == 403
    assert "sign in again" in answer.text
    assert "set-cookie" not in answer.headers


def test_the_route_takes_no_get_so_that_no_ticket_stands_in_an_address(here: Portal) -> None:
    assert browser(here).get(session_link()).status_code == 405


def test_the_route_lies_under_the_base_path(here: Portal, server: DemoServer) -> None:
    cookie = new_cookie(here.cookie_key)
    ticket = sign_in(here, server, cookie)
    assert session_link(base_path="/support/") == "/support/session"
    answer = browser(here, cookie, base_path="support").post("/support/session", content=ticket)
    assert answer.status_code == 204
