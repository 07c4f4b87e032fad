"""Call events: three sources that agree on what they know, each named with what it lacks; words for what is no call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gladly_tools import clock
from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.contacts import Contact
from gladly_tools.errors import InputError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.call_events import CallEventsParameters, confirm
from gladly_tools.jobs import Job, State
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import NOW, UNLIMITED, connect, make_company, settings_for
from tests.exports.truth import eventful_call

EXPORT = EXPORTS["call-events"]
# The words of the call's own events for those of contacts.
SAME = {
    "STARTED": "CONTACT/STARTED",
    "RINGING": "CONTACT/OFFERED",
    "ANSWERED": "CONTACT/OFFER_ACCEPTED",
    "REJECTED": "CONTACT/OFFER_REJECTED",
    "JOINED": "CONTACT/JOINED",
    "HOLD_STARTED": "CONTACT/HOLD_STARTED",
    "HOLD_ENDED": "CONTACT/HOLD_ENDED",
    "TRANSFERRED": "CONTACT/TRANSFERRED",
}


@pytest.fixture(scope="module")
def unpublished(company: Company) -> Iterator[DemoServer]:
    """The same company without the addresses that no document names."""
    with DemoServer(company, limits=UNLIMITED, publish_voice=False) as running:
        yield running


def export(runs: Runs, client: Client, account: Account, item_id: str) -> tuple[Job, list[dict[str, Any]], list[str]]:
    job = runs.run_here(account, client, EXPORT, CallEventsParameters(item_id=item_id), lambda _ticket: None)
    result = runs.result(account, job.id)
    assert result is not None
    frame = Table(result).page(limit=1000).astype(object)
    rows = frame.where(frame.notna(), None).to_dict("records")
    return job, rows, [note.text for note in result.manifest.notes]


def calls(company: Company) -> list[Contact]:
    return [
        contact
        for each in company.conversations
        for contact in company.contacts_of(company.conversations[each])
        if contact.channel == "PHONE_CALL" and contact.ended_at < NOW - timedelta(minutes=5)
    ]


def known(rows: list[dict[str, Any]], source: str) -> set[tuple[Any, ...]]:
    """What every source can know of an event: when, what, and who, where that is named."""
    return {
        (row["timestamp"], SAME.get(row["event"], row["event"]), row["participant.id"])
        for row in rows
        if row["source"] == source and SAME.get(row["event"], row["event"]) in SAME.values()
    }


@pytest.fixture
def both(
    server: DemoServer, unpublished: DemoServer, tmp_path: Path, open_runs: Callable[[Settings], Runs]
) -> Callable[[str], tuple[Any, Any]]:
    """Runs the export of a call with its own events, and without."""
    settings, without = settings_for(server, tmp_path / "a"), settings_for(unpublished, tmp_path / "b")
    first, second = (
        (open_runs(settings), *connect(server, settings)),
        (open_runs(without), *connect(unpublished, without)),
    )

    def run(item_id: str) -> tuple[Any, Any]:
        return export(*first, item_id), export(*second, item_id)

    return run


def test_a_call_of_today_is_the_same_from_its_own_events_and_from_live_ones(
    both: Callable[[str], tuple[Any, Any]], company: Company
) -> None:
    today = [call for call in calls(company) if call.started_at > NOW - timedelta(hours=20)]
    assert len(today) > 2
    for call in today:
        (_, own, _), (job, live, notes) = both(call.id)
        assert job.state is State.DONE
        assert known(own, "participant events") == known(live, "live events") != set()
        assert any(text.startswith("Source: rebuilt from the contact events of the last 24 hours") for text in notes)
        assert any("GLADLY_TOOLS_CALL_EVENTS_PATH" in text for text in notes)


def test_an_older_call_is_the_same_from_its_own_events_and_from_the_report(
    both: Callable[[str], tuple[Any, Any]], company: Company
) -> None:
    older = [call for call in calls(company) if call.started_at < NOW - timedelta(days=2)]
    chosen = [eventful_call(company), *older[:6], *older[-6:]]
    for call in chosen:
        (_, own, _), (job, reported, notes) = both(call.id)
        assert job.state is State.DONE
        from_own, from_report = known(own, "participant events"), known(reported, "report")
        # The report does not say whom a call rang that nobody took.
        named = {each for each in from_report if each[2] is not None}
        assert named <= {(*each[:2], each[2]) for each in from_own}
        assert {each[:2] for each in from_own} == {each[:2] for each in from_report}
        unnamed = {each[1] for each in from_report if each[2] is None}
        assert unnamed <= {"CONTACT/OFFERED", "CONTACT/OFFER_REJECTED"}
        assert any("contact timestamps report" in text and "whom a call rang" in text for text in notes)


def test_the_items_start_answer_and_end_are_there_whatever_the_source(
    both: Callable[[str], tuple[Any, Any]], company: Company
) -> None:
    for _, rows, _ in both(eventful_call(company).id):
        item = [row["event"] for row in rows if row["source"] == "call item"]
        assert item == ["CALL STARTED", "CALL ANSWERED", "CALL COMPLETED"]
        times = [row["seconds"] for row in rows]
        assert times == sorted(times)
        assert times[0] == 0


def test_all_that_the_source_said_is_kept(both: Callable[[str], tuple[Any, Any]], company: Company) -> None:
    for _, rows, _ in both(eventful_call(company).id):
        for row in rows:
            assert (row["raw"] is None) == (row["source"] == "call item")
            assert row["raw"] is None or isinstance(json.loads(row["raw"]), dict)


def test_a_call_whose_events_are_nowhere_is_told_by_its_item_alone(
    unpublished: DemoServer, tmp_path: Path, open_runs: Callable[[Settings], Runs], company: Company
) -> None:
    settings = settings_for(unpublished, tmp_path / "data")
    client, account = connect(unpublished, settings)
    unpublished.faults.add("/api/v1/reports", status=200, body="", headers={"content-type": "text/csv"})
    job, rows, notes = export(open_runs(settings), client, account, eventful_call(company).id)
    assert job.state is State.PARTIAL
    assert {row["source"] for row in rows} == {"call item"}
    assert any(text.startswith("No event of this call was found") for text in notes)


@pytest.mark.parametrize("status", [403, 405, 501, 400])
def test_an_address_that_is_kept_closed_counts_as_not_there(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company, status: int
) -> None:
    call = eventful_call(company)
    server.faults.add(f"/api/v1/conversation-items/{call.id}/participant-events", status=status)
    _, rows, _ = export(runs, client, account, call.id)
    assert {row["source"] for row in rows} == {"call item", "report"}


@pytest.mark.parametrize("wrapped", ['{"events": %s, "total": 2}', "%s"])
def test_the_answer_is_read_whether_it_is_a_list_or_holds_one(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company, wrapped: str
) -> None:
    call = eventful_call(company)
    events = [{"when": "?", "type": "JOINED", "agentId": "a"}, {"type": "LEFT", "occurredAt": "2026-03-10T01:00:00Z"}]
    path = f"/api/v1/conversation-items/{call.id}/participant-events"
    server.faults.add(path, status=200, body=wrapped % json.dumps(events))
    _, rows, _ = export(runs, client, account, call.id)
    assert [row["event"] for row in rows if row["source"] == "participant events"] in (
        ["LEFT", "JOINED"],
        ["JOINED", "LEFT"],
    )


def conversation_with(company: Company, count: int) -> tuple[str, list[str]]:
    """The id of a conversation with so many calls, and theirs."""
    for each in company.conversations:
        items = company.items_of(company.conversations[each])
        found = [item.id for item in items if item.type == "PHONE_CALL"]
        if len(found) == count and each != company.longest_conversation:
            return each, found
    raise AssertionError


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "https://acme.us-1.gladly.com/customer/someone/conversation/{}",
        "  {}\n",
        "/customer/a/conversation/{}?x=1",
    ],
)
def test_a_conversation_with_one_call_leads_to_it(client: Client, company: Company, written: str) -> None:
    conversation_id, (item_id,) = conversation_with(company, 1)
    question = CallEventsParameters.__dataclass_fields__["item_id"].metadata["question"]
    given = question.check(written.format(conversation_id), name="item_id")
    assert confirm(client, CallEventsParameters(item_id=given)).item_id == item_id


@pytest.mark.parametrize(
    "text", ["", "  ", "two ids", "https://acme.gladly.com/inbox/x", "https://[broken/conversation/x"]
)
def test_what_holds_no_one_id_is_told_at_the_field(text: str) -> None:
    question = CallEventsParameters.__dataclass_fields__["item_id"].metadata["question"]
    with pytest.raises(InputError) as refused:
        question.check(text, name="item_id")
    assert refused.value.field == "item_id"


def test_an_address_of_a_recording_leads_to_its_call(company: Company) -> None:
    question = CallEventsParameters.__dataclass_fields__["item_id"].metadata["question"]
    call = eventful_call(company)
    text = f"https://acme.gladly.com/api/v1/conversation-items/{call.id}/media/recording"
    assert question.check(text, name="item_id") == call.id


def test_a_conversation_with_several_calls_lists_them(client: Client, company: Company) -> None:
    conversation_id, item_ids = conversation_with(company, 3)
    with pytest.raises(InputError) as refused:
        confirm(client, CallEventsParameters(item_id=conversation_id))
    assert refused.value.field == "item_id"
    assert all(item_id in refused.value.advice for item_id in item_ids)


def test_what_is_no_call_gets_its_own_words(client: Client, company: Company) -> None:
    def refusal(item_id: str) -> str:
        with pytest.raises(InputError) as refused:
            confirm(client, CallEventsParameters(item_id=item_id))
        assert refused.value.field == "item_id"
        assert refused.value.advice
        return refused.value.what

    kinds = {
        item.type: item.id for each in company.conversations for item in company.items_of(company.conversations[each])
    }
    without, _ = conversation_with(company, 0)
    said = {
        refusal(kinds["EMAIL"]),
        refusal(kinds["HOLOGRAM_CALL"]),
        refusal("no-such-id"),
        refusal(without),
    }
    assert said == {
        "This conversation item is no phone call, but: email.",
        "This conversation item is no phone call.",
        "There is no conversation item and no conversation with the ID no-such-id.",
        "This conversation has no phone call.",
    }


def test_a_call_that_goes_on_is_told_as_far_as_it_is(
    tmp_path: Path, open_runs: Callable[[Settings], Runs], monkeypatch: pytest.MonkeyPatch, company: Company
) -> None:
    call = next(call for call in reversed(calls(company)) if len(call.steps) > 4 and call.answered_at is not None)
    assert call.answered_at is not None
    moment = call.answered_at + (call.ended_at - call.answered_at) / 2
    monkeypatch.setattr(clock, "now", lambda: moment)
    with DemoServer(make_company(now=lambda: moment), limits=UNLIMITED, publish_voice=False) as server:
        settings = settings_for(server, tmp_path / "data")
        client, account = connect(server, settings)
        _, rows, _ = export(open_runs(settings), client, account, call.id)
    assert "CALL COMPLETED" not in {row["event"] for row in rows}
    assert {"CALL ANSWERED", "CONTACT/STARTED"} <= {row["event"] for row in rows}
