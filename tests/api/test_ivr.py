"""Telephone menus and their recorded prompts, from addresses that are not published."""

from __future__ import annotations

import io
from collections.abc import Callable

import httpx
import pytest
import respx

from gladly_tools.api import Client
from gladly_tools.api.ivr import Audio, Ivr, Prompt
from gladly_tools.demo.media import FRAME_SECONDS, frame_count, recording
from gladly_tools.errors import UnexpectedAnswer
from tests.told import is_told

LIST, PROMPTS = "/api/v1/ivrs", "/api/v1/ivrs/a%2Fb/recordings"
AUDIO = b"".join(recording(5, []))
PROMPT = Prompt(id="r 1", name=None, path=None)


@pytest.mark.parametrize(
    "body", [[{"id": "i", "name": "Main"}, {"id": 2}], {"ivrs": [{"id": "i", "name": "Main"}, {"id": 2}]}]
)
def test_ivrs_are_read_in_gladlys_order(gladly: respx.MockRouter, client: Client, body: object) -> None:
    gladly.get(LIST).respond(json=body)
    assert client.ivrs.list() == (Ivr(id="i", name="Main"), Ivr(id="2", name=None))


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_where_there_is_no_such_address_there_are_none(gladly: respx.MockRouter, client: Client, status: int) -> None:
    gladly.get(LIST).respond(status)
    gladly.get(PROMPTS).respond(status)
    assert client.ivrs.list() is None
    assert client.ivrs.prompts("a/b") is None


@pytest.mark.parametrize(
    ("sent", "name", "path"),
    [
        ({}, None, None),
        ({"name": "Welcome", "title": "t", "fileName": "f"}, "Welcome", None),
        ({"title": "t", "fileName": "f"}, "t", None),
        ({"name": "", "fileName": "f"}, "f", None),
        ({"recordingUrl": "/media/1", "url": "/other"}, None, "/media/1"),
        ({"url": "/media/1"}, None, "/media/1"),
        ({"url": "https://evil.test/media/1"}, None, None),
        ({"url": "//evil.test/media/1"}, None, None),
        ({"url": "media/1"}, None, None),
        ({"url": ""}, None, None),
    ],
)
def test_a_prompt_is_fetched_from_gladlys_own_host_or_from_the_usual_address(
    gladly: respx.MockRouter, client: Client, sent: dict[str, str], name: str | None, path: str | None
) -> None:
    gladly.get(PROMPTS).respond(json=[{"id": "r"} | sent])
    assert client.ivrs.prompts("a/b") == (Prompt(id="r", name=name, path=path),)


def test_the_addresses_are_settings(gladly: respx.MockRouter, make_client: Callable[..., Client]) -> None:
    client = make_client(
        ivrs_path="/v9/menus", ivr_recordings_path="/v9/{ivrId}", ivr_audio_path="/v9/{ivrId}/x/{recordingId}"
    )
    gladly.get("/v9/menus").respond(json=[])
    gladly.get("/v9/a%2Fb").respond(json=[])
    gladly.get("/v9/a%2Fb/x/r%201").respond(content=AUDIO)
    assert client.ivrs.list() == client.ivrs.prompts("a/b") == ()
    assert client.ivrs.audio("a/b", PROMPT, io.BytesIO()) is not None


@pytest.mark.parametrize("path", [None, "/media/1"])
def test_the_audio_takes_the_place_of_what_was_in_the_file(
    gladly: respx.MockRouter, client: Client, path: str | None
) -> None:
    gladly.get(path or "/api/v1/ivrs/a%2Fb/recordings/r%201").respond(content=AUDIO, content_type="audio/mpeg")
    target = io.BytesIO(b"x" * 2 * len(AUDIO))
    found = client.ivrs.audio("a/b", Prompt(id="r 1", name=None, path=path), target)
    assert found == Audio(size=len(AUDIO), seconds=pytest.approx(frame_count(5) * FRAME_SECONDS))  # type: ignore[arg-type]
    assert target.getvalue() == AUDIO


def test_audio_that_breaks_off_is_begun_again(gladly: respx.MockRouter, client: Client) -> None:
    cut = httpx.Response(200, headers={"Content-Length": str(len(AUDIO))}, content=AUDIO[:500])
    gladly.get("/media/1").mock(side_effect=[cut, httpx.Response(200, content=AUDIO)])
    target = io.BytesIO()
    found = client.ivrs.audio("i", Prompt(id="r", name=None, path="/media/1"), target)
    assert found is not None
    assert (found.size, target.getvalue()) == (len(AUDIO), AUDIO)


def test_a_prompt_without_audio_has_none(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get("/media/1").respond(404)
    assert client.ivrs.audio("i", Prompt(id="r", name=None, path="/media/1"), io.BytesIO()) is None


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("text/html", AUDIO),
        (" Application/JSON; charset=utf-8", AUDIO),
        ("application/xml", AUDIO),
        ("application/xhtml+xml", AUDIO),
        ("audio/mpeg", b"RIFF no MP3"),
        ("audio/mpeg", b""),
    ],
)
def test_what_is_no_mp3_is_told_by_its_address(
    gladly: respx.MockRouter, client: Client, content_type: str, content: bytes
) -> None:
    gladly.get("/media/1").respond(content=content, content_type=content_type)
    with pytest.raises(UnexpectedAnswer) as caught:
        client.ivrs.audio("i", Prompt(id="r", name=None, path="/media/1"), io.BytesIO())
    assert caught.value.what == "Gladly's answer to /media/1 is no MP3."
    assert is_told(caught.value)
