"""The server answers about items, recordings, transcripts, attachments and custom attributes as the contract says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import islice
from urllib.parse import quote

import httpx
import pytest

from gladly_tools.demo import Company, DemoServer, Limits, shapes
from gladly_tools.demo.customers import is_deleted
from gladly_tools.demo.items import Item

from .conftest import NOW, TODAY, UNLIMITED, caller, make_company
from .test_media import FRAME_SECONDS, frames_of

UNSUPPORTED = "HOLOGRAM_CALL"


def items_of(company: Company, conversations: int = 1200) -> Iterator[Item]:
    for conversation_id in islice(company.conversations, conversations):
        yield from company.items_of(company.conversations[conversation_id])


def one_item(company: Company, wanted: Callable[[Item], object]) -> Item:
    return next(item for item in items_of(company) if wanted(item))


def list_path(conversation_id: str) -> str:
    return f"/api/v1/conversations/{conversation_id}/items"


def item_path(item_id: str, tail: str = "") -> str:
    return f"/api/v1/conversation-items/{item_id}{tail}"


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_a_conversation_lists_its_items(company: Company, client: httpx.Client) -> None:
    for conversation_id in islice(company.conversations, 150):
        answer = client.get(list_path(conversation_id))
        truth = [shapes.item(item) for item in company.items_of(company.conversations[conversation_id])]
        assert answer.status_code == 200
        assert answer.json() == truth
        assert answer.headers["gladly-limited-data"] == "false"


def test_every_item_has_the_required_fields_and_no_null_in_its_envelope(client: httpx.Client, company: Company) -> None:
    conversation_id = next(iter(company.conversations))
    for item in client.get(list_path(conversation_id)).json():
        assert {"id", "customerId", "conversationId", "timestamp", "content"} <= set(item)
        assert None not in item.values()
        assert "type" in item["content"]


def test_a_list_is_cut_at_its_newest_end_and_says_so(company: Company, client: httpx.Client) -> None:
    longest = company.longest_conversation
    assert longest
    found = company.items_of(company.conversations[longest])
    cut = client.get(list_path(longest))
    assert cut.headers["gladly-limited-data"] == "true"
    assert [one["id"] for one in cut.json()] == [item.id for item in found[:1000]]
    with (
        DemoServer(company, limits=Limits(requests_per_second=1000, items_of_conversation=len(found))) as server,
        caller(server) as calling,
    ):
        whole = calling.get(list_path(longest))
    assert whole.headers["gladly-limited-data"] == "false"
    assert len(whole.json()) == len(found)


def test_a_session_brings_back_what_a_cut_list_lost(company: Company, client: httpx.Client) -> None:
    longest = company.longest_conversation
    assert longest
    found = company.items_of(company.conversations[longest])
    listed = client.get(list_path(longest)).json()
    ids = {one["id"] for one in listed}
    for session_id in {one["sessionId"] for one in listed if "sessionId" in one}:
        answer = client.get(list_path(longest), params={"sessionId": session_id})
        assert answer.headers["gladly-limited-data"] == "false"
        assert [one["id"] for one in answer.json()] == [item.id for item in found if item.session_id == session_id]
        ids |= {one["id"] for one in answer.json()}
    assert 1000 < len(ids) < len(found), "what belongs to no known session stays lost"


def test_an_unknown_session_has_no_items(company: Company, client: httpx.Client) -> None:
    answer = client.get(list_path(next(iter(company.conversations))), params={"sessionId": "nothing"})
    assert (answer.status_code, answer.json()) == (200, [])


def test_half_an_emoji_is_sent_as_its_escape(company: Company, client: httpx.Client) -> None:
    item = one_item(company, lambda item: "\ud83d" in str(item.content.get("content")))
    answer = client.get(item_path(item.id))
    assert b"\\ud83d" in answer.content
    assert answer.content.decode() == answer.text
    assert answer.json()["content"]["content"] == item.content["content"]


def test_one_item_is_the_same_alone_as_in_its_list(company: Company, client: httpx.Client) -> None:
    seen = set()
    for item in items_of(company, 100):
        answer = client.get(item_path(item.id))
        if item.type == UNSUPPORTED:
            continue
        assert (answer.status_code, answer.json()) == (200, shapes.item(item))
        seen.add(item.type)
    assert len(seen) > 8


def test_a_type_that_is_listed_may_not_be_readable_alone(company: Company, client: httpx.Client) -> None:
    item = one_item(company, lambda item: item.type == UNSUPPORTED)
    assert error_of(client.get(item_path(item.id))) == (400, "invalid")
    assert item.id in {one["id"] for one in client.get(list_path(item.conversation_id)).json()}


@pytest.mark.parametrize("tail", ["", "/media/recording", "/voice-transcript", "/attachments/x"])
def test_an_unknown_item_is_404_on_every_path(client: httpx.Client, tail: str) -> None:
    assert error_of(client.get(item_path("x", tail))) == (404, "not_exist")


def test_an_unknown_conversation_has_no_list(client: httpx.Client) -> None:
    assert error_of(client.get(list_path("x"))) == (404, "not_exist")


def test_nothing_of_a_deleted_customer_or_of_the_future_is_answered(company: Company, client: httpx.Client) -> None:
    days = [TODAY - dt.timedelta(days=back) for back in range(30)]
    gone = next(one for day in days for one in company.conversations.on(day) if is_deleted(one.customer))
    future = next(one for one in company.conversations.on(TODAY) if one.created_at > NOW)
    for conversation in (gone, future):
        assert client.get(list_path(conversation.id)).status_code == 404
        first_contact = company.contacts_of(conversation)[0]
        assert client.get(item_path(first_contact.id)).status_code == 404


def test_a_recording_is_an_mp3_of_the_stated_duration(company: Company, client: httpx.Client) -> None:
    recorded = [item for item in items_of(company) if item.content.get("recordingStatus") == "AVAILABLE"]
    assert {item.type for item in recorded} == {"PHONE_CALL", "VOICEMAIL"}
    for item in sorted(recorded, key=lambda item: int(item.content["recordingDuration"]))[:40]:
        answer = client.get(str(item.content["recordingUrl"]))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "audio/mpeg"
        seconds = len(frames_of(answer.content)) * FRAME_SECONDS
        assert abs(seconds - int(str(item.content["recordingDuration"]))) <= 1


@pytest.mark.parametrize("status", ["DELETED", "ERROR", None])
def test_a_recording_that_is_not_available_is_404(company: Company, client: httpx.Client, status: str | None) -> None:
    item = one_item(company, lambda item: item.type == "PHONE_CALL" and item.content.get("recordingStatus") == status)
    assert error_of(client.get(item_path(item.id, "/media/recording"))) == (404, "not_exist")
    assert error_of(client.get(item_path(item.id, "/voice-transcript"))) == (404, "not_exist")


def test_an_item_without_sound_has_no_recording(company: Company, client: httpx.Client) -> None:
    for type_ in ("EMAIL", UNSUPPORTED):
        item = one_item(company, lambda item, type_=type_: item.type == type_)
        for tail in ("/media/recording", "/voice-transcript"):
            assert error_of(client.get(item_path(item.id, tail))) == (404, "not_exist")


def test_a_transcript_tells_who_spoke_when(company: Company, client: httpx.Client) -> None:
    statuses = set()
    for item in items_of(company):
        if item.content.get("recordingStatus") != "AVAILABLE":
            continue
        answer = client.get(item_path(item.id, "/voice-transcript"))
        statuses.add(answer.status_code)
        if answer.status_code == 404:
            continue
        body = answer.json()
        assert body["customerId"] == item.customer_id
        assert body["numberOfSpeakers"] == len({one["speaker"] for one in body["paragraphs"]})
        ends = 0.0
        for one in body["paragraphs"]:
            assert ends <= one["startTime"] <= one["endTime"] <= int(item.content["recordingDuration"]) + 1
            assert one["transcript"]
            ends = one["endTime"]
    assert statuses == {200, 404}


def test_an_attachment_redirects_to_a_file_that_needs_no_credentials(
    company: Company, server: DemoServer, client: httpx.Client
) -> None:
    types = set()
    odd_ids = 0
    with httpx.Client(base_url=server.url, trust_env=False) as nobody:
        for item in islice((item for item in items_of(company) if item.attachments), 120):
            for attachment in item.attachments:
                answer = client.get(item_path(item.id, "/attachments/" + quote(attachment.id, safe="")))
                assert (answer.status_code, answer.content) == (303, b"")
                location = answer.headers["location"]
                assert nobody.base_url.join(location).host == nobody.base_url.host
                fetched = nobody.get(location)
                assert (fetched.status_code, fetched.content) == (200, attachment.data)
                expected = attachment.content_type or "application/octet-stream"
                assert fetched.headers["content-type"] == expected
                assert "ratelimit-limit-second" not in fetched.headers
                types.add(expected)
                odd_ids += "/" in attachment.id
    assert len(types) >= 6
    assert odd_ids


def test_files_do_not_use_up_the_limit(company: Company) -> None:
    item = one_item(company, lambda item: item.attachments)
    with DemoServer(company, clock=lambda: 1000.0) as server, caller(server) as calling:
        for _ in range(15):
            assert calling.get(f"/files/{item.attachments[0].token}").status_code == 200
        assert server.pressure.requests == 0
        assert len(server.seen) == 15


@pytest.mark.parametrize("type_", ["PHONE_CALL", "TOPIC_CHANGE", "TWITTER", UNSUPPORTED])
def test_a_kind_without_attachments_refuses_to_look_for_one(company: Company, client: httpx.Client, type_: str) -> None:
    item = one_item(company, lambda item: item.type == type_)
    assert error_of(client.get(item_path(item.id, "/attachments/x"))) == (400, "invalid")


def test_an_attachment_or_file_that_does_not_exist_is_404(company: Company, client: httpx.Client) -> None:
    item = one_item(company, lambda item: item.attachments)
    for attachment_id in ("x", "a/b", item.id):
        path = item_path(item.id, "/attachments/" + quote(attachment_id, safe=""))
        assert client.get(path).status_code == 404
    assert error_of(client.get(item_path(item.id, "/attachments/x"))) == (404, "not_exist")
    assert client.get("/files/x").status_code == 404


def test_a_file_is_hidden_as_long_as_its_item_is() -> None:
    moment = NOW
    company = make_company(now=lambda: moment)
    item = one_item(company, lambda item: item.attachments)
    token = item.attachments[0].token
    moment = item.at - dt.timedelta(milliseconds=1)
    with pytest.raises(KeyError):
        company.attachment(token)
    moment = item.at
    assert company.attachment(token) == item.attachments[0]


def test_a_custom_attribute_of_a_conversation_is_found_by_its_id(company: Company, client: httpx.Client) -> None:
    ids = set()
    for conversation_id in islice(company.conversations, 200):
        body = client.get(f"/api/v1/conversations/{conversation_id}").json()
        ids |= {one["id"] for one in body.get("customAttributes", ())}
    found = [client.get(f"/api/v1/custom-attributes/{one}").json() for one in ids]
    assert {one["key"] for one in found} == {"orderId", "source"}
    assert {one["deactivated"] for one in found} == {True, False}
    agents = {agent.id for agent in company.agents}
    for one in found:
        assert set(one) == {"id", "key", "label", "deactivated", "createdAt", "createdBy"}
        assert one["createdBy"] in agents
    assert error_of(client.get("/api/v1/custom-attributes/x")) == (404, "not_exist")


def test_the_inside_of_a_conversation_needs_credentials(company: Company, server: DemoServer) -> None:
    conversation_id = next(iter(company.conversations))
    item_id = company.items_of(company.conversations[conversation_id])[0].id
    for path in (list_path(conversation_id), item_path(item_id), "/api/v1/custom-attributes/x"):
        assert httpx.get(server.url + path, trust_env=False).status_code == 401


def test_answers_do_not_depend_on_what_was_asked_before(company: Company, client: httpx.Client) -> None:
    ids = list(islice(company.conversations, 40))
    forward = {one: client.get(list_path(one)).content for one in ids}
    with DemoServer(make_company(), limits=UNLIMITED) as fresh, caller(fresh) as calling:
        backward = {one: calling.get(list_path(one)).content for one in reversed(ids)}
    assert forward == backward
