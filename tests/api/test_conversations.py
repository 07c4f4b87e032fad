"""Conversations, their items and recordings, custom attributes, and customers found by what they are known by."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import respx

from gladly_tools.api import Attribute, AttributeValue, Client, Conversation, Paragraph
from gladly_tools.errors import ConnectionFailed, InputError, NotFoundError, RequestRefused, UnexpectedAnswer
from tests.api.wire import Wire, answer, in_chunks

CONVERSATIONS = "/api/v1/conversations"
ITEMS = "/api/v1/conversation-items"
PROFILES = "/api/v1/customer-profiles"
MP3 = bytes((0xFF, 0xF3, 0x48, 0xC0)) + bytes(range(256))
NOT_THERE = {"errors": [{"attr": "id", "code": "not_exist", "detail": "there is none"}]}
BARE = {
    "customer_id": None,
    "inbox_id": None,
    "agent_id": None,
    "status": None,
    "topic_ids": (),
    "attributes": (),
    "created_at": None,
    "closed_at": None,
}


def asked(router: respx.MockRouter) -> str:
    """Path and query of the last request, as they were sent."""
    sent: bytes = router.calls.last.request.url.raw_path
    return sent.decode()


def test_a_conversation_is_read_in_full(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(f"{CONVERSATIONS}/v").respond(
        json={
            "id": "v",
            "customerId": "c",
            "inboxId": "i",
            "agentId": "g",
            "status": "WAITING",
            "topicIds": ["t2", "t1"],
            "customAttributes": [
                {"id": "order", "value": "A-1"},
                {"id": "source", "value": "web"},
                {"id": "order", "value": "A-2"},
            ],
            "createdAt": "2026-03-01T10:00:00.07Z",
            "closedAt": "2026-03-02T10:00:00Z",
            "surprise": {"any": ["thing"]},
        }
    )
    assert client.conversations.get("v") == Conversation(
        id="v",
        customer_id="c",
        inbox_id="i",
        agent_id="g",
        status="WAITING",
        topic_ids=("t2", "t1"),
        attributes=(
            AttributeValue(id="order", value="A-1"),
            AttributeValue(id="source", value="web"),
            AttributeValue(id="order", value="A-2"),
        ),
        created_at="2026-03-01T10:00:00.07Z",
        closed_at="2026-03-02T10:00:00Z",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"id": "v"},
        {
            "id": "v",
            "customerId": None,
            "inboxId": None,
            "agentId": None,
            "status": None,
            "topicIds": None,
            "customAttributes": None,
            "createdAt": None,
            "closedAt": None,
        },
    ],
)
def test_what_is_missing_and_what_is_null_are_the_same(
    gladly: respx.MockRouter, client: Client, body: dict[str, Any]
) -> None:
    gladly.get(f"{CONVERSATIONS}/v").respond(json=body)
    assert client.conversations.get("v") == Conversation(id="v", **BARE)


def test_a_status_that_no_document_names_and_values_that_are_no_text_are_kept(
    gladly: respx.MockRouter, client: Client
) -> None:
    values = [{"id": "a", "value": 17}, {"id": "a", "value": None}, {"id": 3}, {"id": "a", "value": True}]
    gladly.get(f"{CONVERSATIONS}/v").respond(json={"id": "v", "status": "MERGED", "customAttributes": values})
    found = client.conversations.get("v")
    assert found is not None
    assert found.status == "MERGED"
    assert [(each.id, each.value) for each in found.attributes] == [
        ("a", "17"),
        ("a", None),
        ("3", None),
        ("a", "true"),
    ]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda client, it: client.conversations.get(it), f"{CONVERSATIONS}/{{id}}"),
        (lambda client, it: client.conversations.item(it), f"{ITEMS}/{{id}}"),
        (lambda client, it: client.conversations.transcript(it), f"{ITEMS}/{{id}}/voice-transcript"),
        (
            lambda client, it: client.conversations.recording(it, io.BytesIO()) or None,
            f"{ITEMS}/{{id}}/media/recording",
        ),
        (lambda client, it: client.attributes.get(it), "/api/v1/custom-attributes/{id}"),
    ],
)
def test_an_id_is_one_part_of_the_path_and_what_does_not_exist_is_none(
    gladly: respx.MockRouter, client: Client, call: Callable[[Client, str], Any], path: str
) -> None:
    route = gladly.get(url__regex=".*").respond(404, json=NOT_THERE)
    assert call(client, "a/b?c#ä +%2F") is None
    assert asked(gladly) == path.replace("{id}", "a%2Fb%3Fc%23%C3%A4%20%2B%252F")
    for strange in ("", " ", ".", ".."):
        with pytest.raises(InputError):
            call(client, strange)
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda client: client.conversations.items("a/b"), f"{CONVERSATIONS}/a%2Fb/items"),
        (lambda client: client.conversations.of_customer("a/b"), "/api/v1/customers/a%2Fb/conversations"),
    ],
)
def test_a_list_of_what_does_not_exist_is_told_as_such(
    gladly: respx.MockRouter, client: Client, call: Callable[[Client], Any], path: str
) -> None:
    gladly.get(url__regex=".*").respond(404, json=NOT_THERE)
    with pytest.raises(NotFoundError, match=r"a(/|%2F)b"):
        call(client)
    assert asked(gladly) == path


@pytest.mark.parametrize(
    ("header", "cut"),
    [
        (None, False),
        ("", False),
        ("  ", False),
        ("false", False),
        ("False", False),
        (" FALSE ", False),
        ("true", True),
        ("True", True),
        ("1", True),
        ("yes", True),
        ("1000", True),
    ],
)
def test_a_list_is_cut_when_the_header_says_anything_but_false(
    gladly: respx.MockRouter, client: Client, header: str | None, cut: bool
) -> None:
    headers = {} if header is None else {"Gladly-Limited-Data": header}
    gladly.get(f"{CONVERSATIONS}/v/items").respond(json=[{"id": "i"}], headers=headers)
    gladly.get("/api/v1/customers/c/conversations").respond(json=[{"id": "v"}], headers=headers)
    assert client.conversations.items("v").cut is cut
    assert client.conversations.of_customer("c").cut is cut


def test_a_customers_conversations_keep_their_order(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get("/api/v1/customers/c/conversations").respond(json=[{"id": "b"}, {"id": "a", "status": "OPEN"}])
    found = client.conversations.of_customer("c").found
    assert [(each.id, each.status) for each in found] == [("b", None), ("a", "OPEN")]


def test_items_stay_what_they_came_as_in_their_order(gladly: respx.MockRouter, client: Client) -> None:
    sent: list[dict[str, Any]] = [
        {"id": "2", "content": {"type": "HOLOGRAM", "photons": 12345678901234567890123, "half": "\ud83d"}},
        {"no": "id", "content": None},
        {},
    ]
    gladly.get(f"{CONVERSATIONS}/v/items").respond(content=json.dumps(sent).encode())
    assert list(client.conversations.items("v").found) == sent


def test_items_of_one_session_are_asked_for_by_its_id_alone(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(url__regex=".*").respond(json=[])
    client.conversations.items("v")
    assert asked(gladly) == f"{CONVERSATIONS}/v/items"
    client.conversations.items("v", session_id="s+/ &=ä")
    assert asked(gladly).startswith(f"{CONVERSATIONS}/v/items?sessionId=s%2B")
    assert dict(gladly.calls.last.request.url.params) == {"sessionId": "s+/ &=ä"}


def test_an_item_stays_the_json_it_is(gladly: respx.MockRouter, client: Client) -> None:
    sent = {"id": "i", "content": {"type": "SMS", "to": ["a", 1], "null": None}}
    gladly.get(f"{ITEMS}/i").respond(json=sent)
    assert client.conversations.item("i") == sent


def test_an_item_of_a_kind_that_cannot_be_read_alone_is_refused(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(f"{ITEMS}/i").respond(400, json={"errors": [{"code": "invalid", "detail": "not supported"}]})
    with pytest.raises(RequestRefused) as caught:
        client.conversations.item("i")
    assert caught.value.code == "invalid"


@pytest.mark.parametrize(
    ("path", "body", "call"),
    [
        (f"{CONVERSATIONS}/v", [], lambda client: client.conversations.get("v")),
        (f"{CONVERSATIONS}/v", {"status": "OPEN"}, lambda client: client.conversations.get("v")),
        (f"{CONVERSATIONS}/v", {"id": "v", "topicIds": "t"}, lambda client: client.conversations.get("v")),
        (f"{CONVERSATIONS}/v", {"id": "v", "customAttributes": {}}, lambda client: client.conversations.get("v")),
        (
            f"{CONVERSATIONS}/v",
            {"id": "v", "customAttributes": [{"value": "no id"}]},
            lambda client: client.conversations.get("v"),
        ),
        (f"{CONVERSATIONS}/v/items", {"items": []}, lambda client: client.conversations.items("v")),
        (f"{CONVERSATIONS}/v/items", ["text"], lambda client: client.conversations.items("v")),
        ("/api/v1/customers/v/conversations", {}, lambda client: client.conversations.of_customer("v")),
        (f"{ITEMS}/v", [], lambda client: client.conversations.item("v")),
        (f"{ITEMS}/v/voice-transcript", [], lambda client: client.conversations.transcript("v")),
        (f"{ITEMS}/v/voice-transcript", {"paragraphs": ["hi"]}, lambda client: client.conversations.transcript("v")),
        ("/api/v1/custom-attributes/v", {"key": "no id"}, lambda client: client.attributes.get("v")),
        (PROFILES, {"id": "c"}, lambda client: client.customers.find(email="a@b.test")),
    ],
)
def test_an_answer_of_another_shape_is_unexpected_and_not_shown(
    gladly: respx.MockRouter, client: Client, path: str, body: Any, call: Callable[[Client], Any]
) -> None:
    gladly.get(path).respond(json=body)
    with pytest.raises(UnexpectedAnswer) as caught:
        call(client)
    assert path in caught.value.what
    assert "no id" not in str(caught.value)


class Tape(io.BytesIO):
    """A file that counts what is written at once."""

    def __init__(self, held: bytes = b"") -> None:
        super().__init__(held)
        self.pieces: list[int] = []

    def write(self, data: Any) -> int:
        self.pieces.append(len(data))
        return super().write(data)


@pytest.mark.parametrize("kind", ["audio/mpeg", "Audio/MPEG; x=y", "audio/mp3", "application/octet-stream"])
def test_a_recording_replaces_what_its_file_held(gladly: respx.MockRouter, client: Client, kind: str) -> None:
    gladly.get(f"{ITEMS}/i/media/recording").respond(content=MP3, headers={"Content-Type": kind})
    target = Tape(b"x" * 5000)
    assert client.conversations.recording("i", target) is True
    assert target.getvalue() == MP3


def test_a_recording_is_written_as_it_arrives(gladly: respx.MockRouter, client: Client) -> None:
    target = Tape()
    written_before: list[int] = []

    def arriving() -> Iterator[bytes]:
        for _ in range(4):
            written_before.append(len(target.getvalue()))
            yield MP3

    gladly.get(f"{ITEMS}/i/media/recording").mock(
        return_value=httpx.Response(200, headers={"Content-Type": "audio/mpeg"}, content=arriving())
    )
    assert client.conversations.recording("i", target)
    assert written_before == [0, len(MP3), 2 * len(MP3), 3 * len(MP3)]
    assert target.pieces == [len(MP3)] * 4


def test_where_there_is_no_recording_the_file_is_left_alone(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(f"{ITEMS}/i/media/recording").respond(404, json=NOT_THERE)
    target = Tape(b"as it was")
    assert client.conversations.recording("i", target) is False
    assert target.getvalue() == b"as it was"
    assert target.pieces == []


@pytest.mark.parametrize(
    "sent",
    [
        {"html": "<html>Sign in</html>"},
        {"json": {"recording": "later"}},
        {"content": b"plain", "headers": {"Content-Type": "text/plain"}},
        {"content": MP3},
        {"content": MP3, "headers": {"Content-Type": "text/html; name=audio/mpeg"}},
    ],
)
def test_what_is_not_said_to_be_audio_is_no_recording(
    gladly: respx.MockRouter, client: Client, sent: dict[str, Any]
) -> None:
    gladly.get(f"{ITEMS}/i/media/recording").respond(200, **sent)
    target = Tape(b"as it was")
    with pytest.raises(UnexpectedAnswer, match="no recording") as caught:
        client.conversations.recording("i", target)
    assert target.getvalue() == b"as it was"
    assert "Sign in" not in str(caught.value)


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(
            answer(b"x" * 900, "Content-Type: audio/mpeg", "Content-Length: 1000"), id="shorter than announced"
        ),
        pytest.param(
            answer(in_chunks(b"x" * 900, b"y"), "Content-Type: audio/mpeg", "Transfer-Encoding: chunked"),
            id="chunks without an end",
        ),
    ],
)
def test_a_recording_that_breaks_off_is_asked_for_again_and_its_file_begun_anew(
    make_client: Callable[..., Client], cut: bytes
) -> None:
    whole = answer(MP3, "Content-Type: audio/mpeg", f"Content-Length: {len(MP3)}")
    with Wire([cut, whole]) as wire:
        client = make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))
        target = Tape()
        assert client.conversations.recording("a/b", target)
        assert target.getvalue() == MP3
        assert [heard.split(b" ")[1] for heard in wire.heard] == [f"{ITEMS}/a%2Fb/media/recording".encode()] * 2
    assert sum(target.pieces) > len(MP3), "a part of the first answer had been written"


def test_a_recording_that_never_arrives_whole_is_an_error(make_client: Callable[..., Client]) -> None:
    cut = answer(MP3[:9], "Content-Type: audio/mpeg", f"Content-Length: {len(MP3)}")
    with Wire([cut] * 9) as wire:
        client = make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))
        with pytest.raises(ConnectionFailed):
            client.conversations.recording("i", Tape())
        assert 1 < len(wire.heard) < 9


def test_a_transcript_is_read_in_its_order_with_numbers_in_any_form(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(f"{ITEMS}/i/voice-transcript").respond(
        json={
            "numberOfSpeakers": 2,
            "paragraphs": [
                {"speaker": 1, "transcript": "Hello?", "startTime": 4.25, "endTime": 6},
                {"speaker": "0", "transcript": "Hi", "startTime": "0.5", "endTime": "1e1"},
                {"speaker": 2.0, "transcript": None, "startTime": None, "endTime": "soon"},
                {"speaker": "someone", "startTime": ""},
                {},
            ],
        }
    )
    assert client.conversations.transcript("i") == (
        Paragraph(speaker=1, text="Hello?", start_seconds=4.25, end_seconds=6.0),
        Paragraph(speaker=0, text="Hi", start_seconds=0.5, end_seconds=10.0),
        Paragraph(speaker=2, text="", start_seconds=None, end_seconds=None),
        Paragraph(speaker=None, text="", start_seconds=None, end_seconds=None),
        Paragraph(speaker=None, text="", start_seconds=None, end_seconds=None),
    )


@pytest.mark.parametrize("number", ["nan", "inf", "-Infinity", "1e999"])
def test_a_speaker_that_no_number_can_be_is_nobody(gladly: respx.MockRouter, client: Client, number: str) -> None:
    gladly.get(f"{ITEMS}/i/voice-transcript").respond(
        json={"paragraphs": [{"speaker": number, "startTime": number, "transcript": "Hi"}]}
    )
    found = client.conversations.transcript("i")
    assert found is not None
    assert [(paragraph.speaker, paragraph.start_seconds) for paragraph in found] == [(None, None)]


@pytest.mark.parametrize("body", [{}, {"paragraphs": []}, {"paragraphs": None}])
def test_a_transcript_in_which_nothing_was_said_is_empty_and_not_none(
    gladly: respx.MockRouter, client: Client, body: dict[str, Any]
) -> None:
    gladly.get(f"{ITEMS}/i/voice-transcript").respond(json=body)
    assert client.conversations.transcript("i") == ()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            {"id": "a", "key": "orderId", "label": "Order", "deactivated": True, "createdBy": "g"},
            Attribute(id="a", key="orderId", label="Order", deactivated=True),
        ),
        (
            {"id": "a", "key": None, "label": "", "deactivated": "false"},
            Attribute(id="a", key=None, label="", deactivated=False),
        ),
        ({"id": "a"}, Attribute(id="a", key=None, label=None, deactivated=None)),
    ],
)
def test_an_attribute_is_read(gladly: respx.MockRouter, client: Client, body: dict[str, Any], found: Attribute) -> None:
    gladly.get("/api/v1/custom-attributes/a").respond(json=body)
    assert client.attributes.get("a") == found


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ({"email": "ida+garden@mail.test"}, "email=ida%2Bgarden%40mail.test"),
        ({"email": "zoë&x=1@mail.test"}, "email=zo%C3%AB%26x%3D1%40mail.test"),
        ({"phone": "+16505550123"}, "phoneNumber=%2B16505550123"),
    ],
)
def test_customers_are_looked_for_by_one_key_with_its_plus_kept(
    gladly: respx.MockRouter, client: Client, key: dict[str, str], query: str
) -> None:
    gladly.get(url__regex=".*").respond(json=[{"id": "b", "name": "Bo"}, {"id": "a"}])
    found = client.customers.find(**key)
    assert asked(gladly) == f"{PROFILES}?{query}"
    assert [(customer.id, customer.name, customer.moved_from) for customer in found.found] == [
        ("b", "Bo", ()),
        ("a", None, ()),
    ]
    assert not found.cut


@pytest.mark.parametrize(("count", "cut"), [(0, False), (49, False), (50, True), (51, True)])
def test_fifty_customers_found_may_be_more(gladly: respx.MockRouter, client: Client, count: int, cut: bool) -> None:
    gladly.get(PROFILES).respond(json=[{"id": str(number)} for number in range(count)])
    found = client.customers.find(phone="+16505550123")
    assert len(found.found) == count
    assert found.cut is cut


def test_fewer_customers_are_cut_where_gladly_says_so(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PROFILES).respond(json=[{"id": "a"}], headers={"Gladly-Limited-Data": "true"})
    assert client.customers.find(email="a@b.test").cut


def test_nobody_found_may_also_come_as_a_404(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PROFILES).respond(404, json=NOT_THERE)
    found = client.customers.find(email="a@b.test")
    assert (found.found, found.cut) == ((), False)


def test_a_search_that_gladly_cannot_read_is_refused_in_its_words(gladly: respx.MockRouter, client: Client) -> None:
    reason = {"attr": "phoneNumber", "code": "invalid", "detail": "must be in E.164 format"}
    gladly.get(PROFILES).respond(400, json={"errors": [reason]})
    with pytest.raises(RequestRefused, match=r"E\.164") as caught:
        client.customers.find(phone="555")
    assert (caught.value.code, caught.value.attr) == ("invalid", "phoneNumber")
