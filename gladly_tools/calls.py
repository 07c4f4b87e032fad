"""The course of a phone call: who rang, talked, waited or held when, whatever the source says it with.

Three sources lead to the same steps: the call's own participant events (an unpublished address, whose words are
unknown), the contact events of the live list, and those of the contact timestamps report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from gladly_tools import clock

PARTICIPANT_EVENTS, LIVE_EVENTS, REPORT, ITEM = "participant events", "live events", "report", "call item"
"""Where a step can be from."""

CALL_STARTED, CALL_ANSWERED, CALL_COMPLETED = "CALL STARTED", "CALL ANSWERED", "CALL COMPLETED"
"""What the call's item tells."""
CUSTOMER_LANE = "customer"


class Doing(StrEnum):
    """What a participant does from a step on."""

    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    HOLD = "hold"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Participant:
    """Somebody on the call; `id` is None where the source does not name them. Types are Gladly's words."""

    id: str | None
    type: str | None
    name: str | None = None

    @property
    def is_customer(self) -> bool:
        """True for the customer's side of the call."""
        return (self.type or "").upper() in ("CUSTOMER", "EXTERNAL", "CALLER")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that happened in a call. `at` is the time as the source wrote it, `what` the source's own word.

    `doing` is what the participant does from here on; None where it says nothing of that. `source`
    is where it is from, `values` all that was said there.
    """

    at: str | None
    what: str
    participant: Participant | None = None
    doing: Doing | None = None
    reason: str | None = None
    to_inbox_id: str | None = None
    to_agent_id: str | None = None
    to_inbox_name: str | None = None
    id: str | None = None
    source: str = ""
    values: Mapping[str, Any] | None = None

    @property
    def moment(self) -> datetime | None:
        """When it happened; None when that cannot be read."""
        return clock.read_moment(self.at)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a call in which a participant did one thing.

    While it rings, `is_caller` tells who made the call from those whose phone rings.
    """

    participant: Participant
    doing: Doing
    start: datetime
    end: datetime
    is_caller: bool = False


# The words of the unpublished address are not known: what they mean is told by what they hold, the first that fits.
_MEANINGS: Sequence[tuple[re.Pattern[str], Doing | None]] = tuple(
    (re.compile(pattern), doing)
    for pattern, doing in (
        (r"REJECT|DECLIN|MISS|NO_?ANSWER|BUSY|FAIL|CANCEL", Doing.GONE),
        (r"UNHOLD|OFF_?HOLD|HOLD_?(END|STOP|OFF)|RESUM|RETRIEV", Doing.TALKING),
        (r"HOLD", Doing.HOLD),
        (r"DISCONNECT|LEFT|LEAVE|HANG|HUNG|ENDED|COMPLET|TRANSFERRED", Doing.GONE),
        (r"ACCEPT|ANSWER|JOIN|CONNECTED|TALK", Doing.TALKING),
        (r"RING|OFFER|DIAL|ALERT|INVIT", Doing.RINGING),
        (r"START|QUEUE|ENTER|WAIT|INITIATED", Doing.WAITING),
    )
)

_CONTACT_DOINGS: Mapping[str, Doing] = {
    "OFFERED": Doing.RINGING,
    "OFFER_ACCEPTED": Doing.TALKING,
    "OFFER_REJECTED": Doing.GONE,
    "JOINED": Doing.TALKING,
    "HOLD_STARTED": Doing.HOLD,
    "HOLD_ENDED": Doing.TALKING,
    # Nobody says when an agent leaves; who passed a call on is taken to have left it.
    "TRANSFERRED": Doing.GONE,
}


def meaning(what: str) -> Doing | None:
    """What a word for an event says of its participant; None for one that says nothing, or is not known."""
    word = re.sub(r"[^A-Z]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", what).upper())
    return next((doing for pattern, doing in _MEANINGS if pattern.search(word)), None)


def participant_steps(events: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The steps of a call from its own participant events, read by the names that their fields usually have."""
    return in_order(_participant_step(values) for values in events)


def contact_steps(events: Iterable[Mapping[str, Any]], item_id: str) -> list[Step]:
    """The steps of a call from the live list's contact events, of which others' are left out."""
    return in_order(
        _contact_step(values)
        for values in events
        if _object(values, "content").get("contactId") == item_id and _text(values, "type")[:8] == "CONTACT/"
    )


def report_steps(rows: Iterable[Mapping[str, str | None]], item_id: str) -> list[Step]:
    """The steps of a call from rows of the contact timestamps report, of which others' are left out.

    The report does not say who was offered the call: that is told by who accepted or rejected it next.
    """
    steps = in_order(
        _report_step(row)
        for row in rows
        if row.get("Contact ID") == item_id and (row.get("Event Type") or "").startswith("CONTACT/")
    )
    for place, step in enumerate(steps):
        if step.what == "CONTACT/OFFERED":
            answer = next((later for later in steps[place + 1 :] if later.what.startswith("CONTACT/OFFER")), None)
            if answer is not None and answer.what != "CONTACT/OFFERED":
                steps[place] = replace(step, participant=answer.participant)
    return steps


def item_steps(item: Mapping[str, Any]) -> list[Step]:
    """Start, with who made the call, answer and end as the call's conversation item has them."""
    content, initiator = _object(item, "content"), _object(item, "initiator")
    caller = Participant(id=_first(initiator, "id"), type=_first(initiator, "type")) if initiator else None
    named = (("startedAt", CALL_STARTED), ("answeredAt", CALL_ANSWERED), ("completedAt", CALL_COMPLETED))
    return [
        Step(at=content[name], what=what, source=ITEM, participant=caller if what == CALL_STARTED else None)
        for name, what in named
        if isinstance(content.get(name), str)
    ]


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Oldest first; one whose time cannot be read stays behind the one before it."""
    found = list(steps)
    moments: list[datetime | None] = []
    for step in found:
        moments.append(step.moment or (moments[-1] if moments else None))
    first = min((moment for moment in moments if moment is not None), default=None)
    if first is None:
        return found
    keys = [moment or first for moment in moments]
    return [found[place] for place in sorted(range(len(found)), key=lambda place: (keys[place], place))]


def spans(steps: Sequence[Step], end: datetime | None = None) -> list[Span]:
    """What each participant did from when to when, in the order in which they came in; `end` is the call's.

    The customer waits until somebody talks, and is on hold while an agent holds, unless the source says so itself.
    Whoever is on the line before the call is answered does not talk yet: it rings on the other side. A customer who
    made the call goes on waiting until then.
    """
    timed = [(step, moment) for step in steps if (moment := step.moment) is not None]
    if not timed:
        return []
    over = end or max(moment for _, moment in timed)
    lanes: dict[str, list[tuple[datetime, Doing, Participant]]] = {}
    for step, moment in timed:
        if step.participant is not None and step.doing is not None:
            lane = lanes.setdefault(lane_of(step.participant), [])
            lane.append((moment, step.doing, step.participant))
    customer = next((lane[0][2] for lane in lanes.values() if lane[0][2].is_customer), None)
    if customer is not None and all(doing in (Doing.WAITING, Doing.GONE) for _, doing, _ in lanes[lane_of(customer)]):
        lanes[lane_of(customer)] = list(_customers_turns(customer, lanes))
    found = [span for lane in lanes.values() for span in _lane_spans(lane, over)]
    moments = {step.what: moment for step, moment in timed if step.source == ITEM}
    if CALL_STARTED not in moments:
        return found
    answered = moments.get(CALL_ANSWERED, over)
    by_customer = _is_by_customer([step for step, _ in timed])
    return list(_joined(part for span in found for part in _from_answer(span, answered, by_customer=by_customer)))


def lane_of(participant: Participant) -> str:
    """What tells one participant of a call from another."""
    return CUSTOMER_LANE if participant.is_customer else participant.id or participant.name or "unknown"


def _customers_turns(
    customer: Participant, lanes: Mapping[str, Sequence[tuple[datetime, Doing, Participant]]]
) -> Iterator[tuple[datetime, Doing, Participant]]:
    """What the customer does, told by what the agents do."""
    own = lanes[lane_of(customer)]
    begin, gone = own[0][0], next((moment for moment, doing, _ in own if doing is Doing.GONE), None)
    turns = sorted(
        ((moment, name, doing) for name, lane in lanes.items() for moment, doing, who in lane if not who.is_customer),
        key=lambda turn: turn[0],
    )
    now: dict[str, Doing] = {}
    state = Doing.WAITING
    yield begin, state, customer
    for moment, name, doing in turns:
        if gone is not None and moment >= gone:
            break
        now[name] = doing
        doings = set(now.values())
        after = Doing.HOLD if Doing.HOLD in doings else Doing.TALKING if Doing.TALKING in doings else Doing.WAITING
        if after is not state:
            state = after
            yield moment, state, customer
    if gone is not None:
        yield gone, Doing.GONE, customer


def _lane_spans(lane: Sequence[tuple[datetime, Doing, Participant]], over: datetime) -> Iterator[Span]:
    current: tuple[datetime, Doing, Participant] | None = None
    for turn in [*lane, None]:
        if current is not None and (turn is None or turn[1] is not current[1]):
            start, doing, who = current
            end = min(over, turn[0]) if turn is not None else over
            if doing is not Doing.GONE and end > start:
                yield Span(participant=who, doing=doing, start=start, end=end)
        if turn is not None and (current is None or turn[1] is not current[1]):
            current = turn


def _is_by_customer(steps: Sequence[Step]) -> bool:
    """Whether the customer made the call: that the customer began it means so (inferred).

    Where nobody is named, a call that rang at an agent came from the customer.
    """
    caller = next((step.participant for step in steps if step.source == ITEM and step.what == CALL_STARTED), None)
    if caller is not None and caller.type is not None:
        return caller.is_customer
    return any(
        step.doing is Doing.RINGING and step.participant is not None and not step.participant.is_customer
        for step in steps
    )


def _from_answer(span: Span, answered: datetime, *, by_customer: bool) -> Iterator[Span]:
    """A span of talking from the answer on; before it there is ringing, or the caller's waiting for an agent."""
    if span.doing is not Doing.TALKING or span.start >= answered:
        yield span
        return
    is_customer = span.participant.is_customer
    before = replace(span, end=min(span.end, answered))
    if by_customer and is_customer:
        yield replace(before, doing=Doing.WAITING)
    else:
        yield replace(before, doing=Doing.RINGING, is_caller=not by_customer and not is_customer)
    if span.end > answered:
        yield replace(span, start=answered)


def _joined(found: Iterable[Span]) -> Iterator[Span]:
    """The spans of each lane, of which those that go on with the same are one."""
    last: Span | None = None
    for span in found:
        if (
            last is not None
            and replace(last, end=span.end) == replace(span, start=last.start)
            and last.end == span.start
        ):
            last = replace(last, end=span.end)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _participant_step(values: Mapping[str, Any]) -> Step:
    what = _first(values, "type", "eventType", "event", "name", "action") or ""
    return Step(
        at=_first(values, "timestamp", "occurredAt", "createdAt", "at", "time"),
        what=what,
        participant=_participant(values),
        doing=meaning(what),
        reason=_first(values, "reason"),
        to_inbox_id=_first(_object(values, "assignee"), "inboxId") or _first(values, "toInboxId"),
        to_agent_id=_first(_object(values, "assignee"), "agentId") or _first(values, "toAgentId"),
        id=_first(values, "id"),
        source=PARTICIPANT_EVENTS,
        values=values,
    )


def _participant(values: Mapping[str, Any]) -> Participant | None:
    for key in ("participant", "initiator", "agent", "customer"):
        found = _object(values, key)
        if found:
            usual = key.upper() if key in ("agent", "customer") else None
            return Participant(id=_first(found, "id"), type=_first(found, "type") or usual, name=_first(found, "name"))
    for key, usual in (("participantId", None), ("agentId", "AGENT"), ("customerId", "CUSTOMER")):
        id_ = _first(values, key)
        if id_:
            type_ = _first(values, "participantType") or usual
            return Participant(id=id_, type=type_, name=_first(values, "participantName"))
    return None


def _contact_step(values: Mapping[str, Any]) -> Step:
    content, initiator = _object(values, "content"), _object(values, "initiator")
    what = _text(values, "type")
    kind = what.removeprefix("CONTACT/")
    offered = _first(content, "agentId")
    who: Participant | None
    if offered:
        who = Participant(id=offered, type="AGENT")
    else:
        who = Participant(id=_first(initiator, "id"), type=_first(initiator, "type"))
    if kind == "STARTED":
        who = Participant(id=_first(content, "customerId"), type="CUSTOMER")
    to = _object(content, "assignee")
    return Step(
        at=_first(values, "timestamp"),
        what=what,
        participant=who,
        doing=Doing.WAITING if kind == "STARTED" else _CONTACT_DOINGS.get(kind),
        reason=_reason(
            _first(content, "reason") or _first(content, "fulfilledType"),
            _first(content, "transferType") or _first(content, "status"),
        ),
        to_inbox_id=_first(to, "inboxId"),
        to_agent_id=_first(to, "agentId"),
        id=_first(values, "id"),
        source=LIVE_EVENTS,
        values=values,
    )


def _report_step(row: Mapping[str, str | None]) -> Step:
    what = row.get("Event Type") or ""
    kind = what.removeprefix("CONTACT/")
    is_agent = row.get("Initiator Type") == "AGENT"
    who: Participant = Participant(
        id=row.get("Initiator ID"), type=row.get("Initiator Type"), name=row.get("Initiator Agent Name")
    )
    if kind in ("OFFERED", "OFFER_REJECTED") and not is_agent:
        who = Participant(id=None, type="AGENT")
    if kind == "STARTED":
        who = Participant(id=row.get("Customer ID"), type="CUSTOMER")
    return Step(
        at=row.get("Timestamp"),
        what=what,
        participant=who,
        doing=Doing.WAITING if kind == "STARTED" else _CONTACT_DOINGS.get(kind),
        to_inbox_id=row.get("Transferred To Inbox ID"),
        to_inbox_name=row.get("Transferred To Inbox Name"),
        to_agent_id=row.get("Transferred To Agent ID"),
        source=REPORT,
        values=row,
    )


def _reason(first: str | None, second: str | None) -> str | None:
    return ", ".join(part for part in (second, first) if part) or None


def _object(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _first(values: Mapping[str, Any], *names: str) -> str | None:
    """The first of these fields that holds a text."""
    return next((value for name in names if (value := _text(values, name))), None)
