"""Contacts agree with the conversation and its report row, and calls take every course."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from gladly_tools.demo import Company
from gladly_tools.demo.calls import (
    Accepted,
    Ended,
    HoldEnded,
    HoldStarted,
    Joined,
    Offered,
    Rejected,
    Transferred,
)
from gladly_tools.demo.contacts import Contact
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.ids import Kind

from .conftest import TODAY, make_company


def all_of(company: Company) -> Iterator[tuple[Conversation, tuple[Contact, ...]]]:
    for conversation_id in company.conversations:
        conversation = company.conversations[conversation_id]
        yield conversation, company.contacts_of(conversation)


@pytest.fixture(scope="module")
def calls(company: Company) -> list[Contact]:
    """The phone calls of a few hundred conversations."""
    found = list(all_of(company))[:400]
    return [contact for _, contacts in found for contact in contacts if contact.channel == "PHONE_CALL"]


def test_contacts_agree_with_the_report(company: Company) -> None:
    for row in company.report_rows(company.timeline.first_day, TODAY):
        if row["Customer ID"] not in company.customers:
            continue
        contacts = company.contacts_of(company.conversations[row["Conversation ID"]])
        channels = [contact.channel for contact in contacts]
        assert len(contacts) == int(row["Count of Contacts"])
        assert contacts[0].id == row["First Contact ID"]
        assert contacts[0].started_at.isoformat(timespec="milliseconds")[:23] == row["Created At"][:23]
        named = [row[f"{name} Channel"] for name in ("First", "Second", "Third")]
        assert channels[: len(named) - named.count("")] == [name for name in named if name]
        assert channels[-1] == row["Last Channel"]
        assert len(set(channels)) == int(row["Count of Channels"])


def test_contacts_follow_each_other_and_stay_in_the_life_of_the_conversation(company: Company) -> None:
    for conversation, contacts in all_of(company):
        assert len({contact.id for contact in contacts}) == len(contacts)
        assert [contact.place for contact in contacts] == list(range(len(contacts)))
        for contact in contacts:
            times = [contact.started_at, *(step.at for step in contact.steps), contact.ended_at]
            assert times == sorted(times)
            assert all(at.microsecond % 1000 == 0 for at in times)
        for before, after in pairwise(contacts):
            assert before.ended_at <= after.started_at
        if not conversation.is_closed(contacts[-1].ended_at) and len(conversation.closes) > len(
            conversation.reopened_at
        ):
            assert contacts[-1].ended_at <= conversation.closes[-1].at


def test_the_same_seed_makes_the_same_contacts_whatever_the_order(company: Company) -> None:
    again = make_company()
    there = dict(all_of(company))
    back = {one: again.contacts_of(one) for one in reversed(list(there))}
    assert there == back


def test_only_the_first_contact_is_read_back_as_a_contact(company: Company) -> None:
    conversation, contacts = max(all_of(company), key=lambda pair: len(pair[1]))
    assert company.ids.read(Kind.CONTACT, contacts[0].id) == conversation.number
    assert [company.ids.read(Kind.ITEM, one.id) for one in contacts[1:]] == [
        conversation.number * 4096 + place for place in range(1, len(contacts))
    ]


def test_an_answered_call_is_offered_accepted_and_joined(calls: list[Contact]) -> None:
    answered = [call for call in calls if call.is_inbound and call.status == "ANSWERED"]
    assert answered
    for call in answered:
        kinds = [type(step) for step in call.steps]
        assert kinds.index(Offered) < kinds.index(Accepted) < kinds.index(Joined)
        assert call.answered_at == call.steps[kinds.index(Joined)].at
        assert call.entry_point
    for call in calls:
        assert (call.answered_at is not None) == (call.status == "ANSWERED")
        assert call.agents == tuple(dict.fromkeys(step.agent for step in call.steps if isinstance(step, Joined)))
        assert isinstance(call.steps[-1], Ended)
        assert sum(isinstance(step, Ended) for step in call.steps) == 1


def test_every_offer_is_settled_by_the_agent_who_got_it(calls: list[Contact]) -> None:
    for call in calls:
        for step, following in pairwise(call.steps):
            if isinstance(step, Offered):
                assert isinstance(following, Accepted | Rejected)
                assert following.agent == step.agent


def test_every_hold_that_begins_ends_for_the_same_reason(calls: list[Contact]) -> None:
    for call in calls:
        holding: str | None = None
        for step in call.steps:
            if isinstance(step, HoldStarted):
                assert holding is None
                holding = step.reason
            elif isinstance(step, HoldEnded):
                assert holding == step.reason
                holding = None
        assert holding is None


def test_a_call_is_passed_on_to_another_agent(company: Company, calls: list[Contact]) -> None:
    passed = [(call, step) for call in calls for step in call.steps if isinstance(step, Transferred)]
    for call, step in passed:
        place = call.steps.index(step)
        joined_before = {other.agent for other in call.steps[:place] if isinstance(other, Joined)}
        assert (step.to_agent in joined_before) == (step.kind == "WARM")
        assert len(call.agents) >= 2
        owner = call.assignees()[-1]
        assert (owner.inbox, owner.agent) == (step.inbox, call.agents[-1])
    for conversation, contacts in all_of(company):
        if any(isinstance(step, Transferred) for contact in contacts for step in contact.steps):
            assert conversation.agents_assigned > 1


def test_calls_take_every_course_among_a_few_hundred_conversations(calls: list[Contact]) -> None:
    steps = [step for call in calls for step in call.steps]
    assert {call.status for call in calls} == {"ANSWERED", "UNANSWERED", "ABANDONED"}
    assert {call.direction for call in calls} == {"INBOUND", "OUTBOUND"}
    assert {step.reason for step in steps if isinstance(step, Rejected)} == {"DECLINED", "MISSED", "DEVICE ERROR"}
    assert {step.kind for step in steps if isinstance(step, Transferred)} == {"COLD", "WARM"}
    assert {step.reason for step in steps if isinstance(step, HoldStarted)} == {
        "MANUAL",
        "COLD_TRANSFER",
        "WARM_TRANSFER",
        "CONFERENCE",
    }
    assert {step.reason for step in steps if isinstance(step, Ended)} >= {None, "AGENT_ENDED", "CUSTOMER_ABANDONED"}
    assert None in {call.final_ivr_selection for call in calls}
