"""Each resource: which request is sent, and how its answer is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from gladly_tools.api import Agent, Answer, AnswerContent, Audience, Client, Inbox, Organization, PublicAnswer, Topic
from gladly_tools.errors import NotFoundError, RequestRefused, UnexpectedAnswer

NO_ANSWER = {"id": "a", "name": None, "description": None, "audience_ids": (), "created_at": None, "updated_at": None}


@pytest.mark.parametrize(
    ("path", "body", "call", "found"),
    [
        (
            "/api/v1/organization",
            {
                "id": "o",
                "name": "Acme",
                "loginDomain": "acme.test",
                "timezone": "America/New_York",
                "gladlyUrl": "u",
                "x": 1,
            },
            lambda client: client.organization.get(),
            Organization(id="o", name="Acme", login_domain="acme.test", timezone="America/New_York", url="u"),
        ),
        (
            "/api/v1/organization",
            {"id": "o", "name": None},
            lambda client: client.organization.get(),
            Organization(id="o", name=None, login_domain=None, timezone=None, url=None),
        ),
        (
            "/api/v1/topics",
            [{"id": "b", "name": "B", "disabled": True, "parentId": "a"}, {"id": 7}],
            lambda client: client.topics.list(),
            [
                Topic(id="b", name="B", disabled=True, parent_id="a"),
                Topic(id="7", name=None, disabled=None, parent_id=None),
            ],
        ),
        (
            "/api/v1/inboxes",
            [{"id": "i", "name": " Chat ", "disabled": "false"}],
            lambda client: client.inboxes.list(),
            [Inbox(id="i", name=" Chat ", disabled=False)],
        ),
        ("/api/v1/audiences", [], lambda client: client.audiences.list(), []),
        (
            "/api/v1/audiences",
            [{"id": "x", "name": "caf\ud800é"}],
            lambda client: client.audiences.list(),
            [Audience(id="x", name="caf\ufffdé")],
        ),
        (
            "/api/v1/agents",
            [{"id": "g", "name": "Bo", "emailAddress": "bo@acme.test"}],
            lambda client: client.agents.list(),
            [Agent(id="g", name="Bo", email_address="bo@acme.test")],
        ),
        (
            "/api/v1/answers/a",
            {"id": "a", "name": "N", "description": "D", "audienceIds": ["x", 2], "createdAt": "t1", "updatedAt": "t2"},
            lambda client: client.answers.get("a"),
            Answer(id="a", name="N", description="D", audience_ids=("x", "2"), created_at="t1", updated_at="t2"),
        ),
        (
            "/api/v1/answers/a/languages/es-419/type/reference",
            {"answerId": "a", "language": "es-419", "type": "reference", "bodyHtml": "<p>", "internal": True},
            lambda client: client.answers.content("a", "es-419", "reference"),
            AnswerContent(
                language="es-419", type="reference", body_html="<p>", title=None, subject=None, internal=True
            ),
        ),
        ("/api/v1/answers", [{"id": "a"}], lambda client: client.answers.list_all(), [Answer(**NO_ANSWER)]),
        (
            "/api/v1/answers",
            {"answers": [{"id": "a"}]},
            lambda client: client.answers.list_all(),
            [Answer(**NO_ANSWER)],
        ),
    ],
)
def test_an_answer_is_read_from_its_address(
    gladly: respx.MockRouter, client: Client, path: str, body: Any, call: Callable[[Client], Any], found: Any
) -> None:
    gladly.get(path).respond(content=json.dumps(body).encode())
    assert call(client) == found


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_a_list_of_all_answers_that_is_not_published_is_none(
    gladly: respx.MockRouter, client: Client, status: int
) -> None:
    gladly.get("/api/v1/answers").respond(status)
    assert client.answers.list_all() is None


@pytest.mark.parametrize("body", [{"a": [], "b": []}, {}, "text", {"answers": ["a"]}])
def test_a_list_of_all_answers_in_another_shape_is_unexpected(
    gladly: respx.MockRouter, client: Client, body: Any
) -> None:
    gladly.get("/api/v1/answers").respond(json=body)
    with pytest.raises(UnexpectedAnswer):
        client.answers.list_all()


def test_the_path_of_the_list_of_all_answers_is_a_setting(
    gladly: respx.MockRouter, make_client: Callable[..., Client]
) -> None:
    gladly.get("/api/v2/answers").respond(json=[])
    assert make_client(answers_path="/api/v2/answers").answers.list_all() == []


@pytest.mark.parametrize(
    ("audience", "query"), [(None, {"lng": "en-us"}), ("x&y", {"lng": "en-us", "audienceId": "x&y"})]
)
def test_the_public_list_is_asked_without_the_token(
    gladly: respx.MockRouter, client: Client, audience: str | None, query: dict[str, str]
) -> None:
    route = gladly.get("/api/v1/orgs/o%2F1/answers").respond(json=[{"id": "a", "name": "N", "language": "en-us"}])
    found = client.answers.list_public("o/1", "en-us", audience)
    assert found == [PublicAnswer(id="a", name="N", language="en-us")]
    request = route.calls.last.request
    assert dict(request.url.params) == query
    assert "authorization" not in request.headers
    assert client.answers.PUBLIC_LIST_CAP == 1000  # as documented


def test_content_that_does_not_exist_is_none_and_an_answer_that_does_not_is_an_error(
    gladly: respx.MockRouter, client: Client
) -> None:
    gladly.get("/api/v1/answers/a/languages/en-us/type/email").respond(404, json={"errors": {"code": "not_exist"}})
    gladly.get("/api/v1/answers/a").respond(404)
    assert client.answers.content("a", "en-us", "email") is None
    with pytest.raises(NotFoundError):
        client.answers.get("a")


def test_a_language_that_is_not_configured_says_so_in_attr(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get("/api/v1/answers/a/languages/xx/type/email").mock(
        return_value=httpx.Response(400, json={"errors": [{"attr": "language", "code": "invalid"}]})
    )
    with pytest.raises(RequestRefused) as caught:
        client.answers.content("a", "xx", "email")
    assert caught.value.attr == "language"
