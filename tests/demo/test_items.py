"""Items agree with the conversation, its contacts and its report row; every type and every trap is there."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest

from gladly_tools.demo import Company, shapes
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.customers import is_deleted
from gladly_tools.demo.dialogues import HOSTILE
from gladly_tools.demo.items import Item

from .conftest import NOW, TODAY, make_company

MESSAGE_TYPES = {
    "CHAT": "CHAT_MESSAGE",
    "EMAIL": "EMAIL",
    "SMS": "SMS",
    "FB_MESSENGER": "FACEBOOK_MESSAGE",
    "INSTAGRAM_DIRECT": "INSTAGRAM_DIRECT",
    "WHATSAPP": "WHATSAPP",
    "TWITTER": "TWITTER",
    "PHONE_CALL": "PHONE_CALL",
    "VOICEMAIL": "VOICEMAIL",
}
OTHER_TYPES = {
    "CONVERSATION_NOTE",
    "CONVERSATION_STATUS_CHANGE",
    "CUSTOMER_ACTIVITY",
    "TOPIC_CHANGE",
    "VOICE_AI_MESSAGE",
    "HOLOGRAM_CALL",
}
Listed = dict[str, tuple[Conversation, tuple[Item, ...]]]


@pytest.fixture(scope="module")
def listed(company: Company) -> Listed:
    """The items of the first 1,200 conversations."""
    found = {}
    for conversation_id in islice(company.conversations, 1200):
        conversation = company.conversations[conversation_id]
        found[conversation_id] = (conversation, company.items_of(conversation))
    return found


@pytest.fixture(scope="module")
def items(listed: Listed) -> list[Item]:
    return [item for _, found in listed.values() for item in found]


def over(listed: Listed, company: Company) -> Iterator[tuple[Conversation, tuple[Item, ...]]]:
    """Those conversations whose whole life lies in the past."""
    for conversation, found in listed.values():
        last = [*(close.at for close in conversation.closes), *conversation.reopened_at]
        if max([company.contacts_of(conversation)[-1].ended_at, *last]) < NOW - dt.timedelta(days=1):
            yield conversation, found


def text_of(item: Item) -> str:
    return str(item.content.get("content", item.content.get("body", "")))


def test_the_same_seed_makes_the_same_items_whatever_the_order(company: Company, listed: Listed) -> None:
    again = make_company()
    for conversation_id in reversed(listed):
        assert again.items_of(again.conversations[conversation_id]) == listed[conversation_id][1]
    other = make_company(seed=8)
    ids = {item.id for _, found in listed.values() for item in found}
    assert not ids & {item.id for one in islice(other.conversations, 50) for item in items_by(other, one)}


def items_by(company: Company, conversation_id: str) -> tuple[Item, ...]:
    return company.items_of(company.conversations[conversation_id])


def test_every_item_is_found_by_its_id(company: Company, listed: Listed) -> None:
    seen = set()
    for _, found in islice(listed.values(), 300):
        for item in found:
            assert company.item(item.id) == item
            seen.add(item.id)
    assert len(seen) == sum(len(found) for _, found in islice(listed.values(), 300))


@pytest.mark.parametrize("item_id", ["", "x", "A" * 22])
def test_an_unknown_item_is_a_key_error(company: Company, item_id: str) -> None:
    with pytest.raises(KeyError):
        company.item(item_id)


def test_an_id_of_something_else_is_no_item(company: Company, listed: Listed) -> None:
    conversation, _ = next(pair for pair in listed.values() if pair[0].channels == ("CHAT",))
    (contact, *_) = company.contacts_of(conversation)
    for other in (conversation.id, contact.id, company.topics[0].id):
        with pytest.raises(KeyError):
            company.item(other)


def test_times_ascend_as_moments_and_as_they_are_written(listed: Listed) -> None:
    for _, found in listed.values():
        assert [item.at for item in found] == sorted(item.at for item in found)
        # Filled up to nine digits, texts compare like the times they stand for.
        written = [str(shapes.item(item)["timestamp"]).removesuffix("Z") for item in found]
        whole = [(text if "." in text else f"{text}.").ljust(29, "0") for text in written]
        assert whole == sorted(whole)


def test_times_come_with_any_number_of_digits(items: list[Item]) -> None:
    written = [str(shapes.item(item)["timestamp"]) for item in items]
    digits = Counter(len(text.partition(".")[2].removesuffix("Z")) for text in written)
    assert set(digits) == {0, 2, 3, 8, 9}
    assert min(digits.values()) > 100


def test_every_type_and_every_initiator_occurs(items: list[Item]) -> None:
    assert {item.type for item in items} == {*MESSAGE_TYPES.values(), *OTHER_TYPES}
    assert {item.initiator.type if item.initiator else None for item in items} == {
        "AGENT",
        "API",
        "AUTOMATION",
        "CUSTOMER",
        "INTERNAL",
        "EXTERNAL",
        "SYSTEM",
        None,
    }


def test_items_agree_with_the_report(company: Company, listed: Listed) -> None:
    rows = {row["Conversation ID"]: row for row in company.report_rows(company.timeline.first_day, TODAY)}
    compared = 0
    for conversation, found in over(listed, company):
        row = rows[conversation.id]
        statuses = [item.content["status"] for item in found if item.type == "CONVERSATION_STATUS_CHANGE"]
        changes = [item.content for item in found if item.type == "TOPIC_CHANGE"]
        assert sum(item.type == "CONVERSATION_NOTE" for item in found) == int(row["Count of Notes"])
        assert statuses.count("CLOSED") == int(row["Times Closed"])
        assert statuses.count("OPEN") == int(row["Times Reopened"])
        assert sum(len(one.get("addedTopicIds", ())) for one in changes) == int(row["Times Topic Added"])
        assert sum(len(one.get("removedTopicIds", ())) for one in changes) == int(row["Times Topic Removed"])
        assert {item.contact for item in found} - {None} == set(range(int(row["Count of Contacts"])))
        compared += 1
    assert compared > 900


def test_adding_and_removing_topics_leads_to_those_of_the_conversation(company: Company, listed: Listed) -> None:
    removals = 0
    for conversation, found in over(listed, company):
        topics: set[str] = set()
        for item in found:
            if item.type == "TOPIC_CHANGE":
                added, removed = (set(item.content.get(f"{name}TopicIds", ())) for name in ("added", "removed"))
                assert removed <= topics
                assert not added & topics
                topics = (topics - removed) | added
                removals += bool(removed)
        assert topics == {company.topics[place].id for place in conversation.topics}
    assert removals > 20


def test_status_changes_are_the_closes_and_reopenings(listed: Listed) -> None:
    for conversation, found in listed.values():
        told = [(item.at, item.content["status"]) for item in found if item.type == "CONVERSATION_STATUS_CHANGE"]
        truth = [(close.at, "CLOSED") for close in conversation.past_closes(NOW)]
        truth += [(at, "OPEN") for at in conversation.reopened_at if at <= NOW]
        assert sorted(told) == sorted(truth)


def test_messages_are_those_of_their_contact(company: Company, listed: Listed) -> None:
    for conversation, found in listed.values():
        contacts = company.contacts_of(conversation)
        for item in found:
            if item.contact is None:
                assert item.type in OTHER_TYPES
                continue
            contact = contacts[item.contact]
            assert contact.started_at <= item.at <= contact.ended_at
            assert item.type in (MESSAGE_TYPES[contact.channel], "VOICE_AI_MESSAGE")
            assert (item.id == contact.id) == (item.type in ("PHONE_CALL", "VOICEMAIL"))
            if item.initiator and item.initiator.type == "AGENT":
                assert item.initiator.id in {company.agents[place].id for place in contact.agents}


def test_a_call_tells_both_sides_and_when_it_was_answered(company: Company, listed: Listed) -> None:
    for conversation, found in over(listed, company):
        contacts = company.contacts_of(conversation)
        for item in found:
            if item.type != "PHONE_CALL":
                continue
            contact = contacts[item.contact or 0]
            assert item.is_inbound == contact.is_inbound
            assert ("answeredAt" in item.content) == (contact.status == "ANSWERED")
            assert "completedAt" in item.content
            assert (item.responder is None) == (contact.is_inbound and not contact.agents)


def test_recordings_come_in_every_state(items: list[Item]) -> None:
    voices = [item.content for item in items if item.type in ("PHONE_CALL", "VOICEMAIL")]
    assert {one.get("recordingStatus") for one in voices} == {"AVAILABLE", "DELETED", "ERROR", None}
    summaries = [one["recordingSummary"] for one in voices if "recordingSummary" in one]
    assert {one["status"] for one in summaries} == {"READY", "FAILED", "PENDING", "REDACTED"}
    assert {type(one["recordingDuration"]) for one in voices if "recordingDuration" in one} == {int, str}
    for one in voices:
        is_available = one.get("recordingStatus") == "AVAILABLE"
        assert ("recordingUrl" in one) == ("recordingDuration" in one) == is_available
        summary = one.get("recordingSummary", {})
        assert ("summary" in summary) == (summary.get("status") == "READY")
        assert (summary.get("status") == "REDACTED") == (one.get("recordingStatus") == "DELETED")


def test_chat_messages_come_in_three_kinds_and_without_one(items: list[Item]) -> None:
    chats = {item.id: item for item in items if item.type == "CHAT_MESSAGE"}
    kinds = Counter(item.content.get("messageType") for item in chats.values())
    assert set(kinds) == {"TEXT", "QUICK_REPLY_REQUEST", "QUICK_REPLY_RESPONSE", None}
    for item in chats.values():
        assert item.content["sessionId"] == item.session_id
        if item.content.get("messageType") == "QUICK_REPLY_RESPONSE":
            data = item.content["messageData"]
            request = chats[data["requestMessageId"]]
            options = {option["id"]: option["label"] for option in request.content["messageData"]["options"]}
            assert request.at <= item.at
            assert data["quickReplyRequest"]["options"] == request.content["messageData"]["options"]
            assert options[data["selectedOptionId"]] == item.content["content"]


def test_the_voice_ai_speaks_as_the_system_in_one_session(items: list[Item]) -> None:
    sessions: dict[str | None, list[Item]] = {}
    for item in items:
        if item.type == "VOICE_AI_MESSAGE":
            sessions.setdefault(item.session_id, []).append(item)
    assert len(sessions) > 20
    assert None not in sessions
    for spoken in sessions.values():
        assert len({(item.conversation_id, item.contact) for item in spoken}) == 1
        for item in spoken:
            assert item.initiator is not None
            is_ai = (item.initiator.type, item.initiator.id) == ("SYSTEM", "SIDEKICK_V2")
            assert is_ai == ("status" in item.content)
    assert {item.content.get("status") for spoken in sessions.values() for item in spoken} == {
        "PLAYED",
        "INTERRUPTED",
        None,
    }


def test_activities_come_in_every_kind_with_and_without_what_is_optional(items: list[Item]) -> None:
    activities = [item.content for item in items if item.type == "CUSTOMER_ACTIVITY"]
    assert {one["activityType"] for one in activities} == {"EMAIL", "ISSUE", "SMS", "SURVEY"}
    for field in ("title", "sourceName", "link", "expandByDefault", "occurredAt"):
        assert {field in one for one in activities} == {True, False}


def test_files_have_awkward_names_and_may_share_one(items: list[Item]) -> None:
    names = [[one.filename for one in item.attachments] for item in items if item.attachments]
    assert {"../invoice.pdf", "CON.txt", None, ""} <= {name for group in names for name in group}
    assert any(len(group) > len(set(group)) for group in names)
    listed = [one for item in items for one in item.content.get("attachments", ())]
    assert all("id" in one for one in listed)
    assert {"fileSize" in one for one in listed} == {True, False}
    assert any("/" in one["id"] or "+" in one["id"] for one in listed)
    for item in items:
        for told, attachment in zip(item.content.get("attachments", ()), item.attachments, strict=True):
            assert told.get("fileSize", len(attachment.data)) == len(attachment.data)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_every_hostile_text_occurs(items: list[Item], hostile: str) -> None:
    assert any(hostile in text_of(item) for item in items)


def test_a_type_from_the_future_carries_what_no_reader_expects(items: list[Item]) -> None:
    content = next(item.content for item in items if item.type == "HOLOGRAM_CALL")
    assert content["photons"] > 2**63
    assert isinstance(content["content"], dict)
    assert [type(one) for one in content["participants"]] == [dict, dict]
    assert json.loads(json.dumps(content)) == content


def test_fields_that_no_document_names_come_now_and_then(items: list[Item]) -> None:
    assert 100 < sum("sentiment" in item.content for item in items) < len(items) / 10
    assert 100 < sum(bool(item.unknown) for item in items) < len(items) / 10


def test_items_of_merged_customers_name_the_former_ids_first(company: Company, listed: Listed) -> None:
    seen = set()
    for conversation, found in listed.values():
        ids = list(dict.fromkeys(item.customer_id for item in found))
        current = company.customers.current_id(conversation.customer)
        chain = [*company.customers[current].former_ids, current]
        assert ids == [one for one in chain if one in ids]
        seen.add(len(ids))
        for item in found:
            if item.initiator and item.initiator.type == "CUSTOMER":
                assert item.initiator.id == item.customer_id
    assert seen == {1, 2, 3}


def test_no_item_tells_what_has_not_happened_yet() -> None:
    moment = NOW
    company = make_company(now=lambda: moment)
    for conversation_id in company.conversations:
        text = json.dumps([shapes.item(item) for item in items_by(company, conversation_id)])
        for told in re.findall(r"\"(2026-\d\d-\d\dT\d\d:\d\d:\d\d)[.\dZ]*\"", text):
            assert told <= f"{NOW:%Y-%m-%dT%H:%M:%S}"


def test_items_appear_when_their_time_comes() -> None:
    moment = NOW
    company = make_company(now=lambda: moment)
    begun = [one for one in company.conversations.on(TODAY) if one.created_at <= NOW and not is_deleted(one.customer)]
    before = {one.id: company.items_of(one) for one in begun}
    moment = NOW + dt.timedelta(days=60)
    grown = 0
    for one in begun:
        after = company.items_of(one)
        assert [item.id for item in after[: len(before[one.id])]] == [item.id for item in before[one.id]]
        for item in after[len(before[one.id]) :]:
            assert item.at > NOW
            grown += 1
            moment = NOW
            with pytest.raises(KeyError):
                company.item(item.id)
            moment = NOW + dt.timedelta(days=60)
            assert company.item(item.id) == item
    assert grown > 20


def test_a_call_gets_its_recording_once_it_is_over() -> None:
    moment = NOW
    company = make_company(now=lambda: moment)
    call = next(
        item
        for conversation_id in company.conversations
        for item in items_by(company, conversation_id)
        if item.type == "PHONE_CALL" and item.voice and item.voice.recorded_at and "recordingSummary" in item.content
    )
    assert call.voice is not None
    assert call.voice.recorded_at is not None
    moment = call.at
    assert not {"answeredAt", "completedAt", "recordingStatus"} & set(company.item(call.id).content)
    moment = call.voice.recorded_at
    recorded = company.item(call.id).content
    assert {"answeredAt", "completedAt"} <= set(recorded)
    assert (recorded["recordingStatus"], recorded["recordingSummary"]) == ("AVAILABLE", {"status": "PENDING"})


def test_deleted_customers_take_their_items_with_them(company: Company) -> None:
    days = [TODAY - dt.timedelta(days=back) for back in range(1, 30)]
    gone = [one for day in days for one in company.conversations.on(day) if is_deleted(one.customer)]
    assert gone
    for one in gone:
        assert company.items_of(one) == ()
        for contact in company.contacts_of(one):
            with pytest.raises(KeyError):
                company.item(contact.id)


def test_one_conversation_holds_more_items_than_a_list(company: Company) -> None:
    assert company.longest_conversation
    conversation = company.conversations[company.longest_conversation]
    found = company.items_of(conversation)
    assert company.customers.current_id(conversation.customer) == company.busiest_customer
    assert 1350 < len(found) < 1450
    known = Counter(item.session_id for item in found[:1000])
    lost = Counter(item.session_id for item in found[1000:])
    assert len(known) >= 5
    assert sum(count for session_id, count in lost.items() if session_id in known) > 350
    assert all(sum(item.session_id == session_id for item in found) < 1000 for session_id in known)


def test_the_company_names_its_busiest_customer_and_a_merged_chain() -> None:
    company = make_company(conversations=5400)
    assert company.busiest_customer
    counts = Counter(company.conversations[one].customer for one in company.conversations)
    assert len(company.conversations_of(company.busiest_customer)) == max(counts.values()) > 100
    first, second, current = company.merged_chain
    assert company.customers.moved_to(first) == second
    assert company.customers.moved_to(second) == current
    assert company.customers[first].id == current


@pytest.mark.parametrize("conversations", [1, 2, 5])
def test_a_very_small_company_has_items_too(conversations: int) -> None:
    company = make_company(conversations=conversations, days=1, now=lambda: NOW + dt.timedelta(days=30))
    found = {one: items_by(company, one) for one in company.conversations}
    assert len(found) == conversations
    assert all(found.values())
    assert company.merged_chain == ()


def test_an_empty_company_names_nobody() -> None:
    company = Company.make_empty()
    assert company.longest_conversation is None
    assert company.busiest_customer is None
    assert company.merged_chain == ()
