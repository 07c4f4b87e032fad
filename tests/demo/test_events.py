"""The demo company's events are as strict as the contract, and reports, items and calls tell the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.call_routes import CallEndpoints
from gladly_tools.demo.timestamp_reports import CONTACT_COLUMNS, CONVERSATION_COLUMNS, ContactTimestamps
from tests.conftest import NOW, UNLIMITED, make_company

EVENTS = "/api/v1/events"
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def http(server: DemoServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, auth=(server.username, server.api_token)) as client:
        yield client


def z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def ask(http: httpx.Client, start: datetime | None, end: datetime | None, *entities: str) -> httpx.Response:
    params = [("startAt", z(start))] if start else []
    params += [("endAt", z(end))] if end else []
    return http.get(EVENTS, params=[*params, *(("entities", name) for name in entities)])


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-jsonlines")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_events_are_lines_in_order_with_an_envelope_of_five(http: httpx.Client) -> None:
    found = lines(ask(http, NOW - timedelta(hours=20), NOW, "CONTACT", "TASK"))
    assert len(found) > 50
    assert all(list(event) == ["id", "type", "timestamp", "initiator", "content"] for event in found)
    moments = [datetime.fromisoformat(event["timestamp"]) for event in found]
    assert moments == sorted(moments)
    assert {event["type"].split("/")[0] for event in found} == {"CONTACT", "TASK"}
    assert len({event["id"] for event in found}) == len(found)


def test_the_conversation_entity_gives_changes_of_assignee_too(http: httpx.Client) -> None:
    found = lines(ask(http, NOW - timedelta(hours=20), NOW, "CONVERSATION"))
    assert {event["type"].split("/")[0] for event in found} == {"CONVERSATION", "CONVERSATION_ASSIGNEE"}


def test_the_end_is_now_when_none_is_given_and_the_last_seconds_are_not_there_yet(
    http: httpx.Client, company: Company
) -> None:
    found = lines(ask(http, NOW - timedelta(hours=3), None, "AGENT_STATUS", "CONTACT", "CONVERSATION"))
    latest = max(datetime.fromisoformat(event["timestamp"]) for event in found)
    assert latest < NOW - timedelta(seconds=15)


@pytest.mark.parametrize(
    ("start", "end", "entities", "attrs"),
    [
        (NOW - timedelta(hours=24, seconds=1), NOW, ("TASK",), ["startAt"]),
        (NOW - timedelta(hours=1), NOW - timedelta(hours=2), ("TASK",), ["startAt"]),
        (NOW - timedelta(hours=1), NOW - timedelta(hours=1), ("TASK",), ["startAt"]),
        (NOW - timedelta(hours=1), NOW, (), ["entities"]),
        (NOW - timedelta(hours=1), NOW, ("CONTACT,TASK",), ["entities"]),
        (NOW - timedelta(hours=1), NOW, ("NOTHING",), ["entities"]),
        (None, NOW, (), ["startAt", "entities"]),
    ],
)
def test_a_bad_question_is_refused_with_its_field(
    http: httpx.Client, start: datetime | None, end: datetime, entities: tuple[str, ...], attrs: list[str]
) -> None:
    answer = ask(http, start, end, *entities)
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == attrs


def test_a_time_that_cannot_be_read_is_refused(http: httpx.Client) -> None:
    answer = http.get(EVENTS, params={"startAt": "yesterday", "endAt": "2026-03-20T01:00:00", "entities": "TASK"})
    assert [(error["attr"], error["code"]) for error in answer.json()["errors"]] == [
        ("startAt", "invalid"),
        ("endAt", "invalid"),
    ]


def test_exactly_24_hours_back_is_allowed(http: httpx.Client) -> None:
    assert ask(http, NOW - timedelta(hours=24), NOW, "TASK").status_code == 200


def test_two_windows_that_touch_share_nothing_and_lose_nothing(company: Company) -> None:
    start, middle, end = NOW - timedelta(hours=9), NOW - timedelta(hours=4), NOW
    whole = company.events.between(start, end)
    assert company.events.between(start, middle) + company.events.between(middle, end) == whole


def test_events_are_the_same_for_the_same_company() -> None:
    first, second = (make_company().events.between(NOW - timedelta(hours=24), NOW) for _ in range(2))
    assert first == second


def test_a_company_of_the_usual_size_shows_nearly_every_type_within_a_day() -> None:
    company = Company.make(today=NOW.date(), now=lambda: NOW)
    assert len({event.type for event in company.events.between(NOW - timedelta(hours=24), NOW)}) >= 43


def test_messages_notes_and_topics_are_those_of_the_conversations_items(company: Company) -> None:
    week = company.events.between(NOW - timedelta(days=7), NOW, ("CONTACT", "CONVERSATION"))
    messages = [event for event in week if event.type.startswith("CONTACT/MESSAGE")]
    assert len(messages) > 50
    for event in messages:
        item = company.item(event.content["messageId"])
        assert (item.at, item.conversation_id) == (event.at, event.content["conversationId"])
        assert item.is_inbound == event.type.endswith("RECEIVED")
    for event in week:
        if event.type == "CONVERSATION/NOTE_CREATED":
            assert company.item(event.content["noteId"]).type == "CONVERSATION_NOTE"


def test_a_contact_of_a_call_has_the_id_of_the_calls_item(company: Company) -> None:
    found = company.events.between(NOW - timedelta(days=2), NOW, ("CONTACT",))
    calls = {event.content["contactId"] for event in found if event.content["channel"] == "PHONE_CALL"}
    assert calls
    assert {company.item(contact_id).type for contact_id in calls} == {"PHONE_CALL"}


def test_the_context_of_an_assignment_is_what_the_one_before_led_to(company: Company) -> None:
    week = company.events.between(NOW - timedelta(days=30), NOW, ("CONVERSATION",))
    by_conversation: dict[str, list[Any]] = {}
    for event in week:
        if event.type == "CONVERSATION_ASSIGNEE/UPDATED":
            by_conversation.setdefault(event.content["conversationId"], []).append(event.content)
    several = [changes for changes in by_conversation.values() if len(changes) > 1]
    assert several
    for changes in several:
        for before, after in pairwise(changes):
            assert after["context"]["assignee"] == before["assignee"]


def test_reports_run_an_hour_behind(company: Company) -> None:
    rows = list(ContactTimestamps(company, first_day=NOW.date(), last_day=NOW.date(), zone=UTC_ZONE).rows())
    latest = max(datetime.fromisoformat(row["Timestamp"]) for row in rows)
    assert NOW - timedelta(hours=3) < latest < NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("metric_set", "columns"),
    [("ConversationTimestampsReport", CONVERSATION_COLUMNS), ("ContactTimestampsReport", CONTACT_COLUMNS)],
)
def test_both_reports_are_served_without_filters_and_cut_without_a_sign(
    company: Company, metric_set: str, columns: tuple[str, ...]
) -> None:
    with (
        DemoServer(company, limits=replace(UNLIMITED, report_rows=25)) as server,
        httpx.Client(base_url=server.url, auth=(server.username, server.api_token)) as http,
    ):
        body = {"metricSet": metric_set, "startAt": "2026-03-10", "endAt": "2026-03-12", "timezone": "UTC"}
        answer = http.post("/api/v1/reports", json=body)
        assert answer.headers["content-disposition"] == f"attachment; filename={metric_set}-20260310-20260312.csv"
        rows = answer.text.splitlines()
        assert rows[0] == ",".join(columns)
        assert len(rows) == 26
        for more in ({"filters": {"inboxes": []}}, {"aggregationLevel": "daily"}):
            assert http.post("/api/v1/reports", json=body | more).status_code == 400


def test_report_names_differ_from_event_names_where_the_contract_says_so(company: Company) -> None:
    report = ContactTimestamps(company, first_day=date(2026, 3, 1), last_day=date(2026, 3, 19), zone=UTC_ZONE)
    types = {row["Event Type"] for row in report.rows()}
    assert "PAYMENT_REQUEST/CHANGED" in types
    assert "PAYMENT_REQUEST/STATUS_CHANGED" not in types


def test_what_no_document_names_can_be_switched_off(company: Company) -> None:
    call = next(
        contact
        for each in company.conversations
        for contact in company.contacts_of(company.conversations[each])
        if contact.channel == "PHONE_CALL" and contact.ended_at < NOW
    )
    paths = [f"/api/v1/conversation-items/{call.id}/participant-events", "/api/v1/ivrs"]
    paths += [f"/api/v1/ivrs/{company.ivrs[0].id}/recordings"]
    for is_on, status in ((True, 200), (False, 404)):
        with (
            DemoServer(company, limits=UNLIMITED, publish_voice=is_on) as server,
            httpx.Client(base_url=server.url, auth=(server.username, server.api_token)) as http,
        ):
            assert {http.get(path).status_code for path in paths} == {status}


def test_participant_events_say_who_left(company: Company) -> None:
    endpoint = CallEndpoints(company, is_published=True)
    for each in company.conversations:
        conversation = company.conversations[each]
        for contact in company.contacts_of(conversation):
            if contact.channel == "PHONE_CALL" and contact.agents and contact.ended_at < NOW:
                types = [event["type"] for _, event in endpoint.told(conversation, contact)]
                assert types[-1] == "HUNG_UP"
                return
    raise AssertionError


def test_an_item_that_is_no_call_has_no_participant_events(http: httpx.Client, company: Company) -> None:
    item = next(
        item
        for each in company.conversations
        for item in company.items_of(company.conversations[each])
        if item.type == "EMAIL"
    )
    answer = http.get(f"/api/v1/conversation-items/{item.id}/participant-events")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid")
    assert http.get("/api/v1/conversation-items/nope/participant-events").status_code == 404
