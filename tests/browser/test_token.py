"""After everything that people do with it, the token is in no file, log, address, page, storage or later frame."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gladly_tools.demo import Company, DemoServer
from tests.browser.conftest import App
from tests.browser.test_journeys import start_contact_information, state
from tests.bulk.conftest import open_conversations
from tests.conftest import UNLIMITED

TOKEN = "tok-Zq8/unique+in=the~world-4711"
EVERYTHING_KEPT = """async () => JSON.stringify({
    local: {...localStorage}, session: {...sessionStorage}, cookies: document.cookie,
    page: document.documentElement.outerHTML,
    typed: [...document.querySelectorAll('input,textarea')].map(field => field.value), name: window.name,
    history: history.state,
})"""


def forms_of(token: str, username: str) -> list[bytes]:
    """The token as it may stand somewhere: plain, in an address, in JSON, signed with."""
    signature = base64.b64encode(f"{username}:{token}".encode())
    texts = {token, quote(token), quote(token, safe=""), json.dumps(token)[1:-1], token.replace("/", "\\/")}
    return [*(text.encode() for text in texts), base64.b64encode(token.encode()).rstrip(b"="), signature.rstrip(b"=")]


class Heard:
    """All that a page asks for, sends and is sent."""

    def __init__(self, page: Any) -> None:
        self.addresses: list[str] = []
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.bodies: list[str] = []
        page.on("request", self._asked)
        page.on("console", lambda message: self.bodies.append(message.text))
        page.on("websocket", self._opened)

    def _asked(self, request: Any) -> None:
        self.addresses.append(request.url)
        self.bodies.append(json.dumps(request.headers))
        if request.post_data_buffer:
            self.bodies.append(request.post_data_buffer.decode("latin-1"))

    def _opened(self, socket: Any) -> None:
        self.addresses.append(socket.url)
        socket.on("framesent", lambda frame: self.sent.append(_bytes(frame)))
        socket.on("framereceived", lambda frame: self.received.append(_bytes(frame)))


def _bytes(frame: Any) -> bytes:
    return frame.encode() if isinstance(frame, str) else bytes(frame)


def sign_in(page: Any, server: DemoServer) -> None:
    page.get_by_label("Username", exact=True).fill(server.username)
    page.get_by_label("API Token", exact=True).fill(TOKEN)
    page.get_by_label("Gladly URL", exact=True).fill(server.url)
    page.get_by_role("button", name="Authenticate").click()


def test_the_token_is_nowhere_after_a_full_journey(new_context: Any, tmp_path: Path) -> None:
    company = Company.make(conversations=300)
    first, *others = company.accounts
    company.accounts = (type(first)(first.username, TOKEN), *others)
    kept: list[str] = []
    with DemoServer(company, limits=UNLIMITED) as server:
        app = App(tmp_path, GLADLY_TOOLS_ALLOWED_HOSTS=server.url.removeprefix("http://"))
        try:
            context = new_context()
            page = context.new_page()
            heard = Heard(page)
            page.goto(app.url)
            # Refused once, by a server that repeats all that it was told.
            repeated = json.dumps({"errors": [{"attr": TOKEN, "code": TOKEN, "detail": f"no {TOKEN} here"}]})
            server.faults.add("/api/v1/organization", status=400, body=repeated)
            sign_in(page, server)
            page.get_by_test_id("stAlert").first.wait_for()
            kept.append(page.evaluate(EVERYTHING_KEPT))
            sign_in(page, server)
            page.get_by_role("button", name="Sign out").wait_for()

            page.get_by_role("button", name="Export", exact=True).click()
            state(page, "Complete").wait_for()
            page.get_by_role("button", name="Download", exact=True).click()
            with page.expect_download() as waiting:
                page.get_by_role("link", name="Download CSV").click()
            waiting.value.save_as(tmp_path / "data" / "topics.csv")
            page.keyboard.press("Escape")
            kept.append(page.evaluate(EVERYTHING_KEPT))

            server.faults.add("/api/v1/reports", status=400, body=repeated)
            start_contact_information(page)
            page.get_by_text("Gladly refused the request").first.wait_for()
            kept.append(page.evaluate(EVERYTHING_KEPT))

            page.get_by_role("link", name="Bulk Close").click()
            page.get_by_text("No runs yet").wait_for()
            upload = tmp_path / "ids.csv"
            upload.write_text("\n".join(["Conversation ID", *open_conversations(company, 3)]))
            page.locator("input[type=file]").set_input_files(upload)
            page.get_by_text("3 conversations to close").wait_for()
            page.get_by_role("button", name="Check without closing").click()
            page.get_by_text("By inbox").wait_for()
            page.get_by_role("link", name="Jobs").click()
            page.get_by_role("heading", name="Jobs").wait_for()
            kept.append(page.evaluate(EVERYTHING_KEPT))
            page.reload()
            page.get_by_role("button", name="Sign out").click()
            page.get_by_role("button", name="Authenticate").wait_for()
            kept.append(page.evaluate(EVERYTHING_KEPT))
            cookies = json.dumps(context.cookies())
        finally:
            app.close()

    forms = forms_of(TOKEN, server.username)

    def holds(data: bytes) -> bool:
        return any(form in data for form in forms)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"jobs.sqlite", "bulk.sqlite", "server.log", "topics.csv"} <= {path.name for path in files}
    assert [path for path in files if holds(path.read_bytes())] == []
    assert len(heard.addresses) > 20
    assert [address for address in heard.addresses if holds(address.encode())] == []
    assert [body for body in [*heard.bodies, *kept, cookies] if holds(body.encode())] == []
    assert [frame for frame in heard.received if holds(frame)] == []
    # A frame each time that it was typed and sent in: no later one repeats it.
    assert 2 <= len(told := [place for place, frame in enumerate(heard.sent) if holds(frame)]) <= 4
    assert max(told) < len(heard.sent) / 2
