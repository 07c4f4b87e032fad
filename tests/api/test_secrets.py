"""The token leaves only where it is meant to: in the signature of a signed request."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import respx

from gladly_tools.api import Client, Credentials, read_instance
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.settings import Settings
from tests.api.conftest import TOKEN
from tests.api.wire import Wire, answer
from tests.told import is_told

ENCODED = base64.b64encode(f"ada@acme.test:{TOKEN}".encode()).decode()


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_server_that_repeats_the_signature_does_not_make_it_seen(
    gladly: respx.MockRouter, client: Client, status: int
) -> None:
    gladly.get("/api/v1/topics").respond(status, json={"errors": {"detail": f"odd header: Basic {ENCODED}"}})
    with pytest.raises(GladlyToolsError, match="odd header") as caught:
        client.topics.list()
    assert ENCODED not in f"{caught.value!r} {vars(caught.value)}"


def test_a_cookie_that_gladly_sets_is_not_sent_back(gladly: respx.MockRouter, client: Client) -> None:
    set_cookie = {"Set-Cookie": "session=abc; Path=/; Secure"}
    gladly.get("/api/v1/topics").respond(json=[], headers=set_cookie)
    public = gladly.get("/api/v1/orgs/o/answers").respond(json=[])
    client.topics.list()
    client.topics.list()
    client.answers.list_public("o", "en-us")
    assert "cookie" not in public.calls.last.request.headers
    assert all("cookie" not in call.request.headers for call in gladly.calls)


def test_a_password_in_the_machines_netrc_is_not_sent_with_an_unsigned_request(
    gladly: respx.MockRouter, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.gladly.com login x password y")
    monkeypatch.setenv("NETRC", str(netrc))
    public = gladly.get("/api/v1/orgs/o/answers").respond(json=[])
    client.answers.list_public("o", "en-us")
    assert "authorization" not in public.calls.last.request.headers


def test_the_most_talkative_log_of_a_real_request_does_not_hold_the_token(
    make_client: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")  # which the portal, where it ran in this process, has quietened
    with Wire([answer(b"[]", "Content-Length: 2")]) as wire:
        make_client(f"http://{wire.host}", allowed_hosts=(wire.host,)).topics.list()
    assert f"Authorization: Basic {ENCODED}".encode() in wire.heard[0]
    assert "/api/v1/topics" in caplog.text
    assert TOKEN not in caplog.text
    assert ENCODED not in caplog.text


@pytest.mark.parametrize(
    ("username", "token", "field"),
    [("ada\ud800@acme.test", TOKEN, "username"), ("ada@acme.test", "\udfff", "api_token")],
)
def test_credentials_with_half_characters_name_their_field(username: str, token: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        Credentials(instance=read_instance("acme.gladly.com", ()), username=username, api_token=token)
    assert caught.value.field == field
    assert is_told(caught.value)
    assert ("username" if field == "username" else "API token") in caught.value.what


def test_credentials_of_any_letters_are_sent_as_utf_8(gladly: respx.MockRouter) -> None:
    route = gladly.get("/api/v1/topics").respond(json=[])
    instance = read_instance("acme.gladly.com", ())
    with Client(Credentials(instance=instance, username="zoë@acme.test", api_token="tökén"), Settings()) as client:
        client.topics.list()
    signature = route.calls.last.request.headers["authorization"]
    assert base64.b64decode(signature.removeprefix("Basic ")).decode() == "zoë@acme.test:tökén"
