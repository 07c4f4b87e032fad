"""The session cookie is ours or nobody's."""

from __future__ import annotations

import errno
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from itsdangerous import TimestampSigner
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from gladly_tools.errors import GladlyToolsError
from gladly_tools.web.cookie import (
    NAME,
    SALT,
    SessionCookie,
    cookie_value,
    new_cookie,
    session_id_of,
    signing_key,
)
from gladly_tools.web.headers import SecurityHeaders

KEY = b"k" * 32


def browser(base_url: str = "http://localhost") -> TestClient:
    app = Starlette(
        routes=[
            Route("/", lambda _request: HTMLResponse("<p>page</p>")),
            Route("/data", lambda _request: PlainTextResponse("x")),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(SessionCookie, key=lambda: KEY)],
    )
    return TestClient(app, base_url=base_url)


def test_a_page_brings_a_cookie_that_scripts_cannot_read() -> None:
    answer = browser().get("/")
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "secure" not in flags
    assert session_id_of(answer.cookies[NAME], KEY)


@pytest.mark.parametrize(
    ("base_url", "headers"), [("https://localhost", {}), ("http://localhost", {"x-forwarded-proto": "https"})]
)
def test_over_https_the_cookie_travels_over_https_alone(base_url: str, headers: dict[str, str]) -> None:
    assert "; secure" in browser(base_url).get("/", headers=headers).headers["set-cookie"].lower()


def test_a_browser_with_a_valid_cookie_keeps_it() -> None:
    client = browser()
    first = client.get("/").cookies[NAME]
    again = client.get("/")
    assert "set-cookie" not in again.headers
    assert client.cookies[NAME] == first


@pytest.mark.parametrize(
    ("days", "is_known"), [(-400, True), (-0.0001, True), (0.0001, True), (29.9, True), (30.1, False), (400, False)]
)
def test_a_clock_that_is_set_back_signs_nobody_out(
    days: float, is_known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`days` is by how much the clock stands later than when the cookie was made."""
    made_at = time.time()
    monkeypatch.setattr(time, "time", lambda: made_at - days * 86_400)
    cookie = new_cookie(KEY)
    monkeypatch.undo()
    assert (session_id_of(cookie, KEY) is not None) is is_known


@pytest.mark.parametrize("condition", ["if-none-match", "if-modified-since"])
def test_a_browser_that_kept_the_page_and_lost_its_cookie_gets_a_new_one(condition: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    pages = StaticFiles(directory=tmp_path, html=True)
    client = TestClient(Starlette(routes=[Mount("/", pages)], middleware=[Middleware(SessionCookie, key=lambda: KEY)]))
    first = client.get("/")
    kept = {condition: first.headers["etag" if condition == "if-none-match" else "last-modified"]}
    assert client.get("/", headers=kept).status_code == 304
    client.cookies.clear()
    again = client.get("/", headers=kept)
    assert again.status_code == 200
    assert session_id_of(again.cookies[NAME], KEY)


def test_only_pages_bring_a_cookie() -> None:
    assert "set-cookie" not in browser().get("/data").headers


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "abc",
        "abc.def.ghi",
        new_cookie(b"another key of thirty-two bytes!"),
        TimestampSigner(KEY, salt="another use").sign("abc").decode(),
        new_cookie(KEY)[:-1],
        "x" + new_cookie(KEY),
    ],
    ids=["none", "empty", "no-signature", "nonsense", "another-key", "another-use", "cut", "longer"],
)
def test_a_cookie_that_is_not_ours_is_nobody(value: str | None) -> None:
    assert session_id_of(value, KEY) is None


def test_a_forged_cookie_is_replaced() -> None:
    client = browser()
    client.cookies.set(NAME, "forged.value.here")
    assert session_id_of(client.get("/").headers["set-cookie"].split("=", 1)[1].split(";")[0], KEY)


def test_the_cookie_is_found_among_others_and_in_nonsense() -> None:
    assert cookie_value(f"a=1; {NAME}=v; b=2") == "v"
    assert cookie_value(f'_hj={{"id":1}}; a[b]=1; a=x,y z; b=é; {NAME}=v') == "v"
    assert cookie_value("=;;;\x00") is None
    assert cookie_value(None) is None


def test_the_signing_key_lasts_and_is_readable_for_its_owner_alone(tmp_path: Path) -> None:
    key = signing_key(tmp_path)
    assert signing_key(tmp_path) == key
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "cookie.key").stat().st_mode) == 0o600
    assert session_id_of(new_cookie(key), key)
    assert SALT


@pytest.mark.parametrize("path", ["/", "/data"])
def test_every_answer_has_the_security_headers(path: str) -> None:
    headers = browser().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_a_damaged_signing_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cookie.key").write_bytes(b"")
    with pytest.raises(GladlyToolsError, match=r"cookie\.key"):
        signing_key(tmp_path)


def test_of_those_who_start_at_once_all_sign_with_one_key(tmp_path: Path) -> None:
    ready = Barrier(8)

    def start(_place: int) -> bytes:
        ready.wait()
        return signing_key(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cookie.key", "cookie.lock"]


def test_a_file_system_without_hard_links_holds_a_signing_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    key = signing_key(tmp_path)
    assert signing_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "cookie.key").stat().st_mode) == 0o600


def test_a_signing_key_that_cannot_be_written_whole_is_none_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            signing_key(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cookie.lock"]
    assert len(signing_key(tmp_path)) == 32
