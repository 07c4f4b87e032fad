"""Addresses that no document names are read liberally, and their absence is told apart from a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import respx

from gladly_tools.api import Client
from gladly_tools.errors import InputError, RequestRefused, ServerError, UnexpectedAnswer

PATH = "/api/v1/conversation-items/{}/participant-events"


@pytest.mark.parametrize("body", [[{"a": 1}], {"events": [{"a": 1}]}, {"total": 1, "data": [{"a": 1}]}])
def test_a_list_is_taken_bare_or_as_the_only_one_of_an_object(
    gladly: respx.MockRouter, client: Client, body: Any
) -> None:
    gladly.get(PATH.format("x")).respond(json=body)
    assert client.call_events.of("x") == ({"a": 1},)


@pytest.mark.parametrize("body", [{"a": [], "b": []}, {"a": 1}, "text", [1]])
def test_what_holds_no_one_list_of_objects_is_unexpected(gladly: respx.MockRouter, client: Client, body: Any) -> None:
    gladly.get(PATH.format("x")).respond(json=body)
    with pytest.raises(UnexpectedAnswer):
        client.call_events.of("x")


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_an_address_that_is_not_there_gives_none(gladly: respx.MockRouter, client: Client, status: int) -> None:
    gladly.get(PATH.format("x")).respond(status)
    assert client.call_events.of("x") is None


@pytest.mark.parametrize(("status", "error"), [(400, RequestRefused), (500, ServerError)])
def test_other_refusals_are_raised(
    gladly: respx.MockRouter, client: Client, status: int, error: type[Exception]
) -> None:
    gladly.get(PATH.format("x")).respond(status)
    with pytest.raises(error):
        client.call_events.of("x")


def test_an_id_is_one_segment_of_the_path(gladly: respx.MockRouter, client: Client) -> None:
    route = gladly.get(path__startswith="/api/v1/conversation-items/").respond(json=[])
    client.call_events.of("a/b?c")
    assert route.calls.last.request.url.raw_path == b"/api/v1/conversation-items/a%2Fb%3Fc/participant-events"
    with pytest.raises(InputError):
        client.call_events.of(" ")


def test_the_path_is_a_setting(gladly: respx.MockRouter, make_client: Callable[..., Client]) -> None:
    gladly.get("/api/v1/phone-calls/x/events").respond(json=[])
    assert make_client(call_events_path="/api/v1/phone-calls/{itemId}/events").call_events.of("x") == ()
