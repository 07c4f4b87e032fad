"""The course of a contact in steps: who was offered it, who took, held or passed it on, and how it ended."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

_REJECTIONS = ("DECLINED", "MISSED", "MISSED", "DEVICE ERROR")


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """An agent was asked to take the contact; agents and inboxes are positions in the company's lists."""

    at: dt.datetime
    agent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The agent took it, and is assigned from here on."""

    at: dt.datetime
    agent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """The agent did not take it; `reason` is DECLINED, MISSED or DEVICE ERROR."""

    at: dt.datetime
    agent: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """The agent takes part from here on."""

    at: dt.datetime
    agent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldStarted:
    """The customer waits; `reason` is MANUAL, COLD_TRANSFER, WARM_TRANSFER or CONFERENCE."""

    at: dt.datetime
    agent: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldEnded:
    """The customer is back; `agent` is who is there now, `reason` that of the start."""

    at: dt.datetime
    agent: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Transferred:
    """`agent` passed it on to an inbox, and in a WARM transfer to somebody who had joined before.

    `to_agent` None = whoever takes it from that inbox.
    """

    at: dt.datetime
    agent: int
    kind: str
    reason: str
    inbox: int
    to_agent: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fulfilled:
    """What the customer wanted from the contact was given (RESPONDED) or is wanted no more (CANCELED)."""

    at: dt.datetime
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """The end; `status` is ANSWERED, UNANSWERED or ABANDONED, `reason` None where none is known."""

    at: dt.datetime
    status: str
    reason: str | None


Step = Offered | Accepted | Rejected | Joined | HoldStarted | HoldEnded | Transferred | Fulfilled | Ended


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """The steps of a contact, oldest first, the last one an `Ended`.

    `answered_at` is when both sides began to talk; None when they never did.
    """

    steps: tuple[Step, ...]
    answered_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Handling:
    """Who there is for a contact: the first agent, the company's number of agents, and where a call may go.

    `agent` None = nobody takes it. `passed_to` is the inbox and the agent of a transfer; None = none.
    `seconds` is how long the two sides are busy with each other.
    """

    agent: int | None
    agents: int
    passed_to: tuple[int, int] | None
    seconds: float


class _Draft:
    """Steps at seconds from the beginning, squeezed into the time there is when they are made."""

    def __init__(self) -> None:
        self.now = 0.0
        self.answered: float | None = None
        self._steps: list[tuple[float, Callable[..., Step]]] = []

    def add(self, after: float, step: Callable[..., Step]) -> None:
        self.now += after
        self._steps.append((self.now, step))

    def made(self, begin: dt.datetime, room: dt.timedelta) -> Course:
        scale = min(1.0, room.total_seconds() / self.now) if self.now else 1.0

        def at(second: float) -> dt.datetime:
            return begin + dt.timedelta(milliseconds=int(second * scale * 1000))

        return Course(
            steps=tuple(step(at=at(second)) for second, step in self._steps),
            answered_at=None if self.answered is None else at(self.answered),
        )


def inbound_call(chance: random.Random, handling: Handling, begin: dt.datetime, room: dt.timedelta) -> Course:
    """A customer calls: the menu, the offers, and mostly a conversation with an agent."""
    draft = _Draft()
    draft.now = chance.uniform(15, 70)  # the menu, or a talk with the voice AI
    fate = chance.random()
    if fate < 0.07:
        draft.add(chance.uniform(1, 240), partial(Ended, status="ABANDONED", reason="CUSTOMER_ABANDONED"))
        return draft.made(begin, room)
    rejections = 0
    while chance.random() < 0.25 and rejections < 3:
        _reject(chance, draft, handling)
        rejections += 1
    agent = handling.agent
    if agent is None or fate < 0.15:
        if not rejections:
            _reject(chance, draft, handling)
        is_patient = chance.random() < 0.5
        draft.add(chance.uniform(2, 60), partial(Fulfilled, kind="CANCELED"))
        draft.add(
            0,
            partial(Ended, status="UNANSWERED", reason=None)
            if is_patient
            else partial(Ended, status="ABANDONED", reason="CUSTOMER_ABANDONED"),
        )
        return draft.made(begin, room)
    draft.add(chance.uniform(1, 30), partial(Offered, agent=agent))
    draft.add(chance.uniform(1, 15), partial(Accepted, agent=agent))
    draft.add(chance.uniform(0.2, 2), partial(Joined, agent=agent))
    draft.answered = draft.now
    draft.add(0, partial(Fulfilled, kind="RESPONDED"))
    _talk(chance, draft, handling, agent)
    return draft.made(begin, room)


def outbound_call(chance: random.Random, handling: Handling, begin: dt.datetime, room: dt.timedelta) -> Course:
    """An agent calls the customer, who may not pick up."""
    if handling.agent is None:
        raise ValueError("an outbound call needs the agent who makes it")
    draft = _Draft()
    draft.add(0, partial(Joined, agent=handling.agent))
    draft.now += chance.uniform(4, 30)
    if chance.random() < 0.25:
        draft.add(chance.uniform(5, 25), partial(Ended, status="UNANSWERED", reason="AGENT_ENDED"))
        return draft.made(begin, room)
    draft.answered = draft.now
    _talk(chance, draft, handling, handling.agent)
    return draft.made(begin, room)


def correspondence(
    chance: random.Random, handling: Handling, begin: dt.datetime, room: dt.timedelta, *, is_inbound: bool
) -> Course:
    """Messages to and fro; without an agent nobody answers."""
    draft = _Draft()
    agent = handling.agent
    if agent is None:
        draft.add(handling.seconds, partial(Ended, status="UNANSWERED", reason="NO_REPLY_NEEDED"))
        return draft.made(begin, room)
    if is_inbound:
        if chance.random() < 0.08:
            _reject(chance, draft, handling)
        draft.add(handling.seconds * chance.uniform(0.02, 0.1), partial(Offered, agent=agent))
        draft.add(handling.seconds * 0.01, partial(Accepted, agent=agent))
    draft.add(handling.seconds * 0.01, partial(Joined, agent=agent))
    draft.answered = draft.now
    draft.add(handling.seconds * 0.6, partial(Fulfilled, kind="RESPONDED"))
    reason = chance.choice(("AGENT_ENDED", "CONVERSATION_CLOSED", "CUSTOMER_NO_REPLY", None))
    draft.add(handling.seconds * 0.3, partial(Ended, status="ANSWERED", reason=reason))
    return draft.made(begin, room)


def _reject(chance: random.Random, draft: _Draft, handling: Handling) -> None:
    asked = chance.randrange(handling.agents)
    reason = chance.choice(_REJECTIONS)
    draft.add(chance.uniform(1, 20), partial(Offered, agent=asked))
    ringing = chance.uniform(14, 16) if reason == "MISSED" else chance.uniform(1, 8)
    draft.add(ringing, partial(Rejected, agent=asked, reason=reason))


def _talk(chance: random.Random, draft: _Draft, handling: Handling, agent: int) -> None:
    """From the first word to the last, with holds and at most one transfer."""
    first_half = handling.seconds * chance.uniform(0.2, 0.6)
    if chance.random() < 0.28:
        _hold(chance, draft, agent, first_half / 2)
    if handling.passed_to:
        agent = _pass_on(chance, draft, agent, *handling.passed_to, first_half)
    elif chance.random() < 0.05:
        third = (agent + 1 + chance.randrange(handling.agents - 1)) % handling.agents
        draft.add(first_half / 2, partial(HoldStarted, agent=agent, reason="CONFERENCE"))
        draft.add(chance.uniform(5, 30), partial(Joined, agent=third))
        draft.add(chance.uniform(1, 5), partial(HoldEnded, agent=agent, reason="CONFERENCE"))
    if chance.random() < 0.12:
        _hold(chance, draft, agent, handling.seconds * 0.1)
    reason = "AGENT_ENDED" if chance.random() < 0.55 else None
    draft.add(handling.seconds - first_half, partial(Ended, status="ANSWERED", reason=reason))


def _hold(chance: random.Random, draft: _Draft, agent: int, after: float) -> None:
    draft.add(after, partial(HoldStarted, agent=agent, reason="MANUAL"))
    draft.add(chance.uniform(4, 180), partial(HoldEnded, agent=agent, reason="MANUAL"))


def _pass_on(chance: random.Random, draft: _Draft, agent: int, inbox: int, taker: int, after: float) -> int:
    """Transfer a call, cold or warm; the agent who has it afterwards."""
    kind = "WARM" if chance.random() < 0.5 else "COLD"
    hold = f"{kind}_TRANSFER"
    passing = partial(Transferred, agent=agent, kind=kind, reason="MANUAL", inbox=inbox)
    draft.add(after, partial(HoldStarted, agent=agent, reason=hold))
    if kind == "COLD":
        draft.add(chance.uniform(2, 8), partial(passing, to_agent=None))
    draft.add(chance.uniform(1, 40), partial(Offered, agent=taker))
    draft.add(chance.uniform(1, 12), partial(Accepted, agent=taker))
    draft.add(chance.uniform(0.2, 2), partial(Joined, agent=taker))
    if kind == "WARM":
        draft.add(chance.uniform(10, 90), partial(passing, to_agent=taker))
    draft.add(chance.uniform(0.1, 1), partial(HoldEnded, agent=taker, reason=hold))
    return taker
