"""Changes: what is sent, what is sent again, and which answers say that a change was made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from gladly_tools.api import Client
from gladly_tools.api.tasks import Task
from gladly_tools.errors import (
    AnswerLost,
    GladlyToolsError,
    InputError,
    NotFoundError,
    RateLimitError,
    RequestRefused,
    ServerError,
    UnexpectedAnswer,
)
from tests.told import is_told

Call = Callable[[Client], None]

CALLS: dict[str, tuple[Call, str, str, dict[str, Any]]] = {
    "close": (
        lambda client: client.conversations.close("-a/b"),
        "PATCH",
        "/api/v1/conversations/-a%2Fb",
        {"status": {"value": "CLOSED"}},
    ),
    "close with force": (
        lambda client: client.conversations.close("c1", force=True),
        "PATCH",
        "/api/v1/conversations/c1",
        {"status": {"value": "CLOSED", "force": True}},
    ),
    "reopen": (
        lambda client: client.conversations.reopen("c1"),
        "PATCH",
        "/api/v1/conversations/c1",
        {"status": {"value": "OPEN"}},
    ),
    "assign": (
        lambda client: client.conversations.assign("c1", inbox_id="i1", agent_id="a1"),
        "PATCH",
        "/api/v1/conversations/c1",
        {"assignee": {"inboxId": "i1", "agentId": "a1"}},
    ),
    "assign an inbox alone": (
        lambda client: client.conversations.assign("c1", inbox_id="i1", agent_id=None),
        "PATCH",
        "/api/v1/conversations/c1",
        {"assignee": {"inboxId": "i1"}},
    ),
    "add topics": (
        lambda client: client.conversations.add_topics("c1", ["t1", "t2"]),
        "POST",
        "/api/v1/conversations/c1/topics",
        {"topicIds": ["t1", "t2"]},
    ),
    "close a task": (
        lambda client: client.tasks.set_status("t1", "CLOSED", inbox_id="i1", agent_id="a1"),
        "PATCH",
        "/api/v1/tasks/t1",
        {"status": "CLOSED", "assignee": {"inboxId": "i1", "agentId": "a1"}},
    ),
    "close a task without its assignee": (
        lambda client: client.tasks.set_status("t1", "CLOSED"),
        "PATCH",
        "/api/v1/tasks/t1",
        {"status": "CLOSED"},
    ),
}

each_call = pytest.mark.parametrize(("call", "method", "path", "body"), list(CALLS.values()), ids=list(CALLS))


@each_call
def test_a_change_is_sent_as_the_contract_says(
    gladly: respx.MockRouter, client: Client, call: Call, method: str, path: str, body: dict[str, Any]
) -> None:
    route = gladly.request(method, path).respond(204)
    call(client)
    assert json.loads(route.calls.last.request.content) == body
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"return_value": httpx.Response(500)}, ServerError),
        ({"return_value": httpx.Response(503)}, ServerError),
        ({"return_value": httpx.Response(200, json={})}, UnexpectedAnswer),
        ({"return_value": httpx.Response(302, headers={"Location": "/x"})}, UnexpectedAnswer),
        ({"side_effect": httpx.ReadTimeout("late")}, AnswerLost),
        ({"side_effect": httpx.RemoteProtocolError("gone")}, AnswerLost),
        ({"return_value": httpx.Response(404, json={"errors": {"code": "not_exist"}})}, NotFoundError),
        ({"return_value": httpx.Response(400, json={"errors": [{"code": "invalid_state"}]})}, RequestRefused),
    ],
)
def test_a_change_that_may_have_been_made_is_never_sent_again(
    gladly: respx.MockRouter, client: Client, answer: dict[str, Any], error: type[GladlyToolsError]
) -> None:
    route = gladly.patch("/api/v1/conversations/c1").mock(**answer)
    with pytest.raises(error) as caught:
        client.conversations.close("c1")
    assert is_told(caught.value) or error is RequestRefused  # whose words are Gladly's
    assert route.call_count == 1


@pytest.mark.parametrize("first", [httpx.Response(429), httpx.ConnectError("refused")])
def test_a_change_that_was_not_made_for_sure_is_sent_again(
    gladly: respx.MockRouter, client: Client, first: httpx.Response | Exception
) -> None:
    route = gladly.patch("/api/v1/conversations/c1").mock(side_effect=[httpx.Response(429), first, httpx.Response(204)])
    client.conversations.close("c1")
    assert route.call_count == 3


def test_429_without_an_end_is_told(gladly: respx.MockRouter, client: Client) -> None:
    gladly.patch("/api/v1/tasks/t1").respond(429)
    with pytest.raises(RateLimitError):
        client.tasks.set_status("t1", "CLOSED")


def test_gladlys_own_words_come_with_their_attr_and_code(gladly: respx.MockRouter, client: Client) -> None:
    body = {"errors": [{"attr": "assignee.agentId", "code": "invalid_state", "detail": "not of that inbox"}]}
    gladly.patch("/api/v1/tasks/t1").respond(400, json=body)
    with pytest.raises(RequestRefused, match="not of that inbox") as caught:
        client.tasks.set_status("t1", "CLOSED")
    assert (caught.value.attr, caught.value.code) == ("assignee.agentId", "invalid_state")


@pytest.mark.parametrize("id_", ["", "  ", ".."])
def test_a_blank_id_is_refused_before_anything_is_sent(client: Client, id_: str) -> None:
    for call in (
        lambda: client.conversations.close(id_),
        lambda: client.conversations.add_topics(id_, ["t"]),
        lambda: client.tasks.set_status(id_, "CLOSED"),
        lambda: client.tasks.get(id_),
    ):
        with pytest.raises(InputError):
            call()


@pytest.mark.parametrize(
    ("assignee", "expected"),
    [
        ({"inboxId": "i1", "agentId": "a1"}, ("i1", "a1")),
        ({"inboxId": "i1", "agentId": None}, ("i1", None)),
        ({"inboxId": "i1"}, ("i1", None)),
        (None, (None, None)),
    ],
)
def test_a_task_is_read_with_its_assignee(
    gladly: respx.MockRouter, client: Client, assignee: object, expected: tuple[str | None, str | None]
) -> None:
    times = {"timestamp": "2026-03-01T00:00:00Z", "dueAt": "2026-03-02T00:00:00Z"}
    body = {"id": "t1", "customerId": "c", "status": "OPEN", "body": "Call back", "assignee": assignee} | times
    gladly.get("/api/v1/tasks/t1").respond(200, json=body)
    inbox_id, agent_id = expected
    assert client.tasks.get("t1") == Task(
        id="t1", customer_id="c", inbox_id=inbox_id, agent_id=agent_id, status="OPEN",
        created_at="2026-03-01T00:00:00Z", due_at="2026-03-02T00:00:00Z", body="Call back",
    )  # fmt: skip


def test_an_unknown_task_is_none(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get("/api/v1/tasks/t1").respond(404, json={"errors": [{"code": "not_exist"}]})
    assert client.tasks.get("t1") is None


@pytest.mark.parametrize(("header", "cut"), [("true", True), ("false", False), (None, False)])
def test_the_tasks_of_a_customer_say_whether_they_were_cut(
    gladly: respx.MockRouter, client: Client, header: str | None, cut: bool
) -> None:
    headers = {} if header is None else {"Gladly-Limited-Data": header}
    body = [{"id": "t1", "customerId": "c", "timestamp": "x"}]
    route = gladly.get("/api/v1/customers/c/tasks").respond(200, json=body, headers=headers)
    listing = client.tasks.of_customer("c", status="OPEN")
    assert ([task.id for task in listing.found], listing.cut) == (["t1"], cut)
    assert route.calls.last.request.url.params["status"] == "OPEN"
