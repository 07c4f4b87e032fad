"""The course of a call from three sources: the same steps, and spans that nobody talks in before the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gladly_tools.calls import (
    CALL_ANSWERED,
    CALL_STARTED,
    Doing,
    Participant,
    Span,
    Step,
    contact_steps,
    in_order,
    item_steps,
    meaning,
    participant_steps,
    report_steps,
    spans,
)

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
CUSTOMER = Participant(id="c", type="CUSTOMER", name="Cam")
ANN, BEN = (Participant(id=name, type="AGENT", name=name) for name in ("Ann", "Ben"))


def at(seconds: float) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def step(seconds: float, who: Participant, doing: Doing, what: str = "X") -> Step:
    return Step(at=at(seconds), what=what, participant=who, doing=doing)


def told(found: list[Span]) -> list[tuple[str | None, str, float, float]]:
    return [
        (
            span.participant.name,
            span.doing.value,
            *((moment - NOON).total_seconds() for moment in (span.start, span.end)),
        )
        for span in found
    ]


@pytest.mark.parametrize(
    ("word", "doing"),
    [
        ("RINGING", Doing.RINGING),
        ("OFFERED", Doing.RINGING),
        ("participantInvited", Doing.RINGING),
        ("OFFER_ACCEPTED", Doing.TALKING),
        ("ANSWERED", Doing.TALKING),
        ("AgentJoined", Doing.TALKING),
        ("NO_ANSWER", Doing.GONE),
        ("OFFER_REJECTED", Doing.GONE),
        ("MISSED", Doing.GONE),
        ("HOLD_STARTED", Doing.HOLD),
        ("PLACED_ON_HOLD", Doing.HOLD),
        ("HOLD_ENDED", Doing.TALKING),
        ("UNHOLD", Doing.TALKING),
        ("resumed", Doing.TALKING),
        ("LEFT", Doing.GONE),
        ("DISCONNECTED", Doing.GONE),
        ("hangup", Doing.GONE),
        ("TRANSFERRED", Doing.GONE),
        ("STARTED", Doing.WAITING),
        ("QUEUED", Doing.WAITING),
        ("MUTED", None),
        ("", None),
    ],
)
def test_a_word_is_understood_by_what_it_holds(word: str, doing: Doing | None) -> None:
    assert meaning(word) is doing


@pytest.mark.parametrize(
    "values",
    [
        {"id": "1", "timestamp": at(1), "type": "JOINED", "participant": {"id": "a", "type": "AGENT"}},
        {"id": "1", "occurredAt": at(1), "eventType": "JOINED", "participantId": "a", "participantType": "AGENT"},
        {"id": "1", "createdAt": at(1), "event": "JOINED", "agentId": "a"},
        {"id": "1", "time": at(1), "name": "JOINED", "agent": {"id": "a"}},
    ],
)
def test_participant_events_are_read_by_any_usual_field_name(values: dict[str, Any]) -> None:
    (found,) = participant_steps([values])
    assert (found.at, found.what, found.doing, found.id) == (at(1), "JOINED", Doing.TALKING, "1")
    assert found.participant is not None
    assert (found.participant.id, found.participant.type) == ("a", "AGENT")
    assert found.values == values


def test_a_participant_event_without_anything_known_is_kept() -> None:
    (found,) = participant_steps([{"strange": [1, {"a": None}]}])
    assert (found.at, found.participant, found.doing, found.values) == (None, None, None, {"strange": [1, {"a": None}]})


def test_contact_events_of_other_contacts_are_left_out() -> None:
    events = [
        {"type": "CONTACT/OFFERED", "timestamp": at(1), "content": {"contactId": "call", "agentId": "a"}},
        {"type": "CONTACT/OFFERED", "timestamp": at(1), "content": {"contactId": "other", "agentId": "a"}},
        {"type": "PAYMENT_REQUEST/CREATED", "timestamp": at(1), "content": {"contactId": "call"}},
        {"type": "CONTACT/ENDED", "timestamp": at(2), "content": "odd"},
    ]
    assert [found.what for found in contact_steps(events, "call")] == ["CONTACT/OFFERED"]


def test_in_a_report_whoever_answers_an_offer_is_whom_it_rang() -> None:
    def row(seconds: int, what: str, **more: str) -> dict[str, str | None]:
        return {"Timestamp": at(seconds), "Event Type": f"CONTACT/{what}", "Contact ID": "call", **more}

    by_ann = {"Initiator Type": "AGENT", "Initiator ID": "Ann", "Initiator Agent Name": "Ann"}
    system = {"Initiator Type": "SYSTEM", "Initiator ID": "gladly"}
    rows = [
        row(9, "OFFER_ACCEPTED", **by_ann),
        row(1, "OFFERED", **system),
        row(3, "OFFER_REJECTED", **system),
        row(5, "OFFERED", **system),
        {**row(5, "OFFERED"), "Contact ID": "other"},
    ]
    found = report_steps(rows, "call")
    assert [(each.what, each.participant and each.participant.id) for each in found] == [
        ("CONTACT/OFFERED", None),
        ("CONTACT/OFFER_REJECTED", None),
        ("CONTACT/OFFERED", "Ann"),
        ("CONTACT/OFFER_ACCEPTED", "Ann"),
    ]


def test_a_call_item_tells_start_answer_and_end_as_far_as_it_has_them() -> None:
    item = {"content": {"startedAt": at(0), "completedAt": at(9), "answeredAt": None}}
    assert [(each.what, each.at) for each in item_steps(item)] == [("CALL STARTED", at(0)), ("CALL COMPLETED", at(9))]
    assert item_steps({"content": "odd"}) == []


def test_the_start_of_a_call_names_who_made_it() -> None:
    item = {"initiator": {"id": "c", "type": "CUSTOMER"}, "content": {"startedAt": at(0), "completedAt": at(9)}}
    assert [each.participant for each in item_steps(item)] == [Participant(id="c", type="CUSTOMER"), None]


def test_steps_are_put_in_order_and_one_without_a_time_stays_behind_its_neighbour() -> None:
    first, odd, last = step(5, ANN, Doing.TALKING), Step(at="?", what="odd"), step(1, ANN, Doing.RINGING)
    assert in_order([first, odd, last]) == [last, first, odd]
    assert in_order([odd]) == [odd]


def test_the_customer_waits_talks_and_is_on_hold_as_the_agents_do() -> None:
    found = spans(
        [
            step(0, CUSTOMER, Doing.WAITING),
            step(10, ANN, Doing.RINGING),
            step(15, ANN, Doing.GONE),
            step(20, BEN, Doing.RINGING),
            step(25, BEN, Doing.TALKING),
            step(26, BEN, Doing.TALKING),
            step(40, BEN, Doing.HOLD),
            step(50, BEN, Doing.TALKING),
        ],
        NOON + timedelta(seconds=60),
    )
    assert told(found) == [
        ("Cam", "waiting", 0, 25),
        ("Cam", "talking", 25, 40),
        ("Cam", "hold", 40, 50),
        ("Cam", "talking", 50, 60),
        ("Ann", "ringing", 10, 15),
        ("Ben", "ringing", 20, 25),
        ("Ben", "talking", 25, 40),
        ("Ben", "hold", 40, 50),
        ("Ben", "talking", 50, 60),
    ]


def test_after_a_transfer_the_first_agent_is_gone_and_the_customer_waits_for_the_next() -> None:
    found = spans(
        [
            step(0, CUSTOMER, Doing.WAITING),
            step(5, ANN, Doing.TALKING),
            step(20, ANN, Doing.GONE),
            step(30, BEN, Doing.TALKING),
            step(50, CUSTOMER, Doing.GONE),
        ],
        NOON + timedelta(seconds=55),
    )
    assert told(found)[:4] == [
        ("Cam", "waiting", 0, 5),
        ("Cam", "talking", 5, 20),
        ("Cam", "waiting", 20, 30),
        ("Cam", "talking", 30, 50),
    ]
    assert ("Ann", "talking", 5, 20) in told(found)


def test_nobody_talks_before_the_call_is_answered() -> None:
    item = [
        Step(at=at(0), what=CALL_STARTED, source="call item"),
        Step(at=at(8), what=CALL_ANSWERED, source="call item"),
    ]
    found = spans([*item, step(1, ANN, Doing.TALKING)], NOON + timedelta(seconds=20))
    assert told(found) == [("Ann", "ringing", 1, 8), ("Ann", "talking", 8, 20)]


def started_by(who: Participant | None) -> list[Step]:
    return [
        Step(at=at(0), what=CALL_STARTED, source="call item", participant=who),
        Step(at=at(8), what=CALL_ANSWERED, source="call item"),
    ]


@pytest.mark.parametrize("caller", [CUSTOMER, None])
def test_a_customer_who_rang_waits_for_the_answer_while_the_agents_phone_rings(caller: Participant | None) -> None:
    found = spans(
        [
            *started_by(caller),
            step(0, CUSTOMER, Doing.WAITING),
            step(2, ANN, Doing.RINGING),
            step(7, ANN, Doing.TALKING),
        ],
        NOON + timedelta(seconds=20),
    )
    assert told(found) == [
        ("Cam", "waiting", 0, 8),
        ("Cam", "talking", 8, 20),
        ("Ann", "ringing", 2, 8),
        ("Ann", "talking", 8, 20),
    ]
    assert not any(span.is_caller for span in found)


@pytest.mark.parametrize("caller", [ANN, None])
def test_an_agent_who_rang_the_customer_is_told_from_the_one_whose_phone_rings(caller: Participant | None) -> None:
    found = spans(
        [*started_by(caller), step(0, CUSTOMER, Doing.WAITING), step(0, ANN, Doing.TALKING)],
        NOON + timedelta(seconds=20),
    )
    assert told(found) == [
        ("Cam", "ringing", 0, 8),
        ("Cam", "talking", 8, 20),
        ("Ann", "ringing", 0, 8),
        ("Ann", "talking", 8, 20),
    ]
    assert [(span.participant.name, span.doing.value) for span in found if span.is_caller] == [("Ann", "ringing")]


def test_in_a_call_that_was_never_answered_nobody_talks() -> None:
    item = [Step(at=at(0), what=CALL_STARTED, source="call item")]
    found = spans([*item, step(1, ANN, Doing.TALKING)], NOON + timedelta(seconds=20))
    assert told(found) == [("Ann", "ringing", 1, 20)]


def test_a_source_that_tells_the_customers_own_steps_is_believed() -> None:
    found = spans(
        [step(0, CUSTOMER, Doing.RINGING), step(4, CUSTOMER, Doing.TALKING), step(2, ANN, Doing.TALKING)],
        NOON + timedelta(seconds=9),
    )
    assert told(found)[:2] == [("Cam", "ringing", 0, 4), ("Cam", "talking", 4, 9)]


def test_no_steps_give_no_spans() -> None:
    assert spans([]) == []
    assert spans([Step(at=None, what="odd", participant=ANN, doing=Doing.TALKING)]) == []
