"""Another site's page cannot open the portal's socket, nor send it a file: asked of the portal as it really runs."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import App

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    running = App(tmp_path_factory.mktemp("portal"))
    yield running
    running.close()


def status(app: App, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> int:
    connection = http.client.HTTPConnection("localhost", app.port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_socket_opens_for_the_portals_own_pages_alone(app: App) -> None:
    assert status(app, "GET", "/_stcore/stream", {**UPGRADE, "Origin": app.url}) == 101
    for origin in (
        "https://evil.test",
        f"http://evil.test:{app.port}",
        "null",
        f"http://localhost.evil.test:{app.port}",
    ):
        assert status(app, "GET", "/_stcore/stream", {**UPGRADE, "Origin": origin}) == 403


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_no_file_is_taken_without_the_pages_own_mark(app: App, method: str) -> None:
    headers = {"Origin": "https://evil.test", "Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="../../a"\r\n\r\nx\r\n--x--\r\n'
    assert status(app, method, "/_stcore/upload_file/session/file", headers, body) in (400, 403, 404, 405)


def test_no_answer_may_be_read_by_another_sites_page(app: App) -> None:
    for path in ("/", "/jobs", "/results/x/x.csv", "/session", "/_stcore/health"):
        connection = http.client.HTTPConnection("localhost", app.port, timeout=10)
        connection.request("GET", path, headers={"Origin": "https://evil.test"})
        answer = connection.getresponse()
        answer.read()
        allowed = {
            answer.headers.get("Access-Control-Allow-Origin"),
            answer.headers.get("Access-Control-Allow-Credentials"),
        }
        assert not allowed & {"*", "https://evil.test", "true"}, path
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        connection.close()


def test_the_log_says_nothing_of_who_asked_for_what(app: App) -> None:
    status(app, "GET", "/results/secret-job/secret-name.csv?view=secret-view", {})
    assert "secret" not in Path(app.folder / "server.log").read_text()
