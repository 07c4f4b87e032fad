"""The headers that keep a page of ours to itself."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gladly_tools.web.headers import POLICY, SecurityHeaders, content_security_policy


def browser(page: str = "") -> TestClient:
    return TestClient(
        Starlette(
            routes=[Route("/", lambda _: PlainTextResponse("hello", headers={"X-Frame-Options": "SAMEORIGIN"}))],
            middleware=[Middleware(SecurityHeaders, page=page)],
        )
    )


def directives(policy: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in policy.split("; "))


@pytest.mark.parametrize("address", ["/", "/nothing-here"])
def test_every_answer_has_the_headers(address: str) -> None:
    headers = browser().get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert directives(headers["content-security-policy"]) == POLICY


def test_what_an_answer_says_itself_stays() -> None:
    assert browser().get("/").headers["x-frame-options"] == "SAMEORIGIN"


def test_no_directive_lets_another_host_in() -> None:
    words = {word for sources in POLICY.values() for word in sources.split()}
    assert words <= {"'self'", "'none'", "data:", "blob:", "'unsafe-inline'"}
    assert "'unsafe-inline'" not in POLICY["script-src"]
    assert POLICY["default-src"] == POLICY["frame-ancestors"] == "'none'"


def test_only_the_scripts_that_stand_in_the_page_now_may_run() -> None:
    page = "<html><script>one()</script><script src='x.js'></script><script>\n two()\n</script></html>"
    sources = directives(content_security_policy(page))["script-src"].split()
    assert [word for word in sources if word.startswith("'sha256-")] == [
        "'sha256-HR7iaask9daLMRRskMI++QeJtjWDOjyPA6lGzYGzKW4='",
        "'sha256-9orsu/7LtT3q0NYAmpre59SxClg/j0V3ob74IrQJPLs='",
    ]
