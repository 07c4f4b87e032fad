"""The contacts of a conversation: each time that one side turned to the other, and what came of it."""

from __future__ import annotations

import datetime as dt
import math
import random
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from gladly_tools.demo.calls import (
    Accepted,
    Course,
    Ended,
    Handling,
    Joined,
    Step,
    Transferred,
    correspondence,
    inbound_call,
    outbound_call,
)
from gladly_tools.demo.catalogue import AGENT_NAMES, COMPANY_LINES, COMPANY_MAILBOXES, IVR_SELECTIONS
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.ids import Ids, Kind, seeded

PLACES = 4096  # ids of the contacts and items of one conversation
CONTACT_PLACES = 64  # the first of them; no conversation has more contacts
_KEPT = 2000
_STILL_OPEN = dt.timedelta(hours=6)

# How long both sides write to each other about one thing; medians in seconds.
_SPANS = MappingProxyType(
    {
        "EMAIL": 3 * 3600,
        "CHAT": 500,
        "SMS": 1500,
        "VOICEMAIL": 600,
        "FB_MESSENGER": 2400,
        "INSTAGRAM_DIRECT": 2400,
        "WHATSAPP": 1800,
        "TWITTER": 3600,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignee:
    """An inbox and perhaps an agent of it, as positions in the company's lists."""

    inbox: int
    agent: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """The whole life of one contact, its future included; times are UTC with whole milliseconds.

    `channel` is a code of the report; `inbox` is where it began; `agents` took part, in this order.
    `entry_point` is the address that the customer used, None for outbound contacts and chats.
    """

    id: str
    place: int
    channel: str
    is_inbound: bool
    inbox: int
    agents: tuple[int, ...]
    started_at: dt.datetime
    answered_at: dt.datetime | None
    ended_at: dt.datetime
    status: str
    entry_point: str | None
    final_ivr_selection: str | None
    steps: tuple[Step, ...]

    @property
    def direction(self) -> str:
        return "INBOUND" if self.is_inbound else "OUTBOUND"

    def assignees(self) -> tuple[Assignee, ...]:
        """To whom the contact belonged just before each step."""
        agent = None if self.is_inbound or not self.agents else self.agents[0]
        current = Assignee(inbox=self.inbox, agent=agent)
        before = []
        for step in self.steps:
            before.append(current)
            if isinstance(step, Accepted):
                current = Assignee(inbox=current.inbox, agent=step.agent)
            elif isinstance(step, Transferred):
                current = Assignee(inbox=step.inbox, agent=step.to_agent)
        return tuple(before)


class Contacts:
    """Makes the contacts of any conversation, always the same ones, from its number alone."""

    def __init__(self, *, seed: int, ids: Ids) -> None:
        self._seed = seed
        self._ids = ids
        self._made = lru_cache(maxsize=_KEPT)(self._make)

    def of(self, conversation: Conversation) -> tuple[Contact, ...]:
        """As many as the conversation counts, oldest first, those that have not begun yet included."""
        return self._made(conversation)

    def _make(self, one: Conversation) -> tuple[Contact, ...]:
        chance = seeded(self._seed, "contacts", one.number)
        channels = _channels(chance, one)
        rooms = _rooms(chance, one)
        return tuple(
            self._contact(chance, one, place, channel, begin, room)
            for place, (channel, (begin, room)) in enumerate(zip(channels, rooms, strict=True))
        )

    def _contact(
        self,
        chance: random.Random,
        one: Conversation,
        place: int,
        channel: str,
        begin: dt.datetime,
        room: dt.timedelta,
    ) -> Contact:
        agent = one.agent
        passed_to = None
        if place == 0:
            agent = _first_agent(chance, one)
            if one.agents_assigned > 1 and one.agent not in (None, agent) and chance.random() < 0.9:
                passed_to = (one.inbox, one.agent)
        is_outbound = one.created_by == "AGENT" if place == 0 else agent is not None and chance.random() < 0.12
        if channel == "VOICEMAIL":
            is_outbound = False  # customers leave them, agents only listen
        seconds = one.handle_seconds / one.contacts**0.7
        if channel != "PHONE_CALL":
            seconds = chance.lognormvariate(math.log(_SPANS[channel]), 0.8)
        handling = Handling(agent=agent, agents=len(AGENT_NAMES), passed_to=passed_to, seconds=seconds)
        course: Course
        if channel != "PHONE_CALL":
            course = correspondence(chance, handling, begin, room, is_inbound=not is_outbound)
        else:
            course = (outbound_call if is_outbound else inbound_call)(chance, handling, begin, room)
        end = course.steps[-1]
        assert isinstance(end, Ended)
        return Contact(
            id=self._id(one.number, place),
            place=place,
            channel=channel,
            is_inbound=not is_outbound,
            inbox=one.inbox_created if place == 0 else one.inbox,
            agents=tuple(dict.fromkeys(step.agent for step in course.steps if isinstance(step, Joined))),
            started_at=begin,
            answered_at=course.answered_at,
            ended_at=end.at,
            status=end.status,
            entry_point=None if is_outbound else _entry_point(one, channel),
            final_ivr_selection=(
                chance.choice(IVR_SELECTIONS) if channel in ("PHONE_CALL", "VOICEMAIL") and not is_outbound else None
            ),
            steps=course.steps,
        )

    def _id(self, number: int, place: int) -> str:
        """The first one's id is what reports name; the others count among the conversation's items."""
        if place == 0:
            return self._ids.make(Kind.CONTACT, number)
        return self._ids.make(Kind.ITEM, number * PLACES + place)


def _channels(chance: random.Random, one: Conversation) -> list[str]:
    """The channel of each contact: the conversation's in their order, then any of them, at last its last."""
    channels = [
        one.channels[place] if place < len(one.channels) else chance.choice(one.channels)
        for place in range(one.contacts)
    ]
    channels[-1] = one.last_channel
    return channels


def _rooms(chance: random.Random, one: Conversation) -> list[tuple[dt.datetime, dt.timedelta]]:
    """When each contact begins, and how long it may take: until the next one, or until the conversation closes.

    Most reopenings are the work of a contact that begins then.
    """
    begins = (one.created_at, *one.reopened_at)
    closes = [close.at for close in one.closes]
    ends = closes if len(closes) == len(begins) else [*closes, begins[-1] + _STILL_OPEN]
    starts = [(one.created_at, ends[0])]
    reopeners = list(range(1, len(begins)))
    for _ in range(one.contacts - 1):
        if reopeners and chance.random() < 0.8:
            phase = reopeners.pop(0)
            starts.append((begins[phase], ends[phase]))
            continue
        phase = chance.randrange(len(begins))
        length = (ends[phase] - begins[phase]).total_seconds()
        after = dt.timedelta(milliseconds=int(length * chance.uniform(0.05, 0.9) * 1000))
        starts.append((begins[phase] + after, ends[phase]))
    starts.sort()
    following = [begin for begin, _ in starts[1:]]
    return [(begin, min([end, *following[place : place + 1]]) - begin) for place, (begin, end) in enumerate(starts)]


def _first_agent(chance: random.Random, one: Conversation) -> int | None:
    """Who had the conversation first: somebody else where two agents were assigned."""
    if one.agents_assigned < 2 or one.agent is None:
        return one.agent_created if one.agent_created is not None else one.agent
    if one.agent_created is not None and one.agent_created != one.agent:
        return one.agent_created
    return (one.agent + 1 + chance.randrange(len(AGENT_NAMES) - 1)) % len(AGENT_NAMES)


def _entry_point(one: Conversation, channel: str) -> str | None:
    if channel == "EMAIL":
        return COMPANY_MAILBOXES[one.number % len(COMPANY_MAILBOXES)]
    if channel in ("PHONE_CALL", "VOICEMAIL", "SMS"):
        return COMPANY_LINES[one.number % len(COMPANY_LINES)]
    return None
