"""The conversations: each day is made anew from the seed when somebody asks, and kept while there is room."""

from __future__ import annotations

import datetime as dt
import math
import random
from bisect import bisect
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock

from gladly_tools.demo.catalogue import AGENT_NAMES, CHANNELS, INBOXES
from gladly_tools.demo.customers import is_deleted
from gladly_tools.demo.ids import Ids, Kind, seeded
from gladly_tools.demo.timeline import Timeline, Visits

_KEPT = 40_000
_CHANNEL_STEPS = tuple(accumulate(channel.share for channel in CHANNELS))
_INBOX_STEPS = tuple(accumulate(inbox.share for inbox in INBOXES))
_RULES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Close:
    """One time that a conversation was closed.

    `by` is an initiator type; agents and inboxes are positions in the company's lists.
    """

    at: dt.datetime
    by: str
    by_agent: int | None
    by_rule: str | None
    inbox: int
    agent: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """The whole life of one conversation, its future included; times are UTC with whole milliseconds.

    What is true at a moment follows from the closes and reopenings up to then: see `is_closed`,
    `past_closes`. Agents, inboxes and topics are positions in the company's lists; None = no agent.
    """

    id: str
    number: int
    customer: int
    created_at: dt.datetime
    created_by: str
    created_by_agent: int | None
    inbox_created: int
    agent_created: int | None
    inbox: int
    agent: int | None
    closes: tuple[Close, ...]
    reopened_at: tuple[dt.datetime, ...]
    topics: tuple[int, ...]
    channels: tuple[str, ...]
    last_channel: str
    contacts: int
    notes: int
    handle_seconds: float
    agents_assigned: int
    inboxes_assigned: int
    unassigned_by_rule: int
    topics_removed: int
    payments_completed: tuple[int, ...]
    payments_declined: tuple[int, ...]
    waiting: bool
    attributes: tuple[tuple[int, str], ...]

    def past_closes(self, now: dt.datetime) -> tuple[Close, ...]:
        return tuple(close for close in self.closes if close.at <= now)

    def past_reopenings(self, now: dt.datetime) -> int:
        return sum(1 for moment in self.reopened_at if moment <= now)

    def is_closed(self, now: dt.datetime) -> bool:
        return len(self.past_closes(now)) > self.past_reopenings(now)


class Conversations:
    """All conversations of the company, by id, by day and by customer, without those that have not begun.

    `conversations[id]` raises KeyError for an unknown id, one in the future, and one whose customer was
    deleted: deleting a customer removes the conversations too, and only reports still name them. `changed` holds,
    by number, those that callers changed.
    """

    def __init__(
        self,
        *,
        seed: int,
        ids: Ids,
        timeline: Timeline,
        visits: Visits,
        topic_weights: Sequence[float],
        now: Callable[[], dt.datetime],
    ) -> None:
        self._seed = seed
        self._ids = ids
        self._timeline = timeline
        self._visits = visits
        self._topic_steps = tuple(accumulate(topic_weights))
        self._now = now
        self._days: OrderedDict[dt.date, list[Conversation]] = OrderedDict()
        self._kept = 0
        self._lock = Lock()
        self.changed: dict[int, Conversation] = {}

    def __len__(self) -> int:
        """How many there are or will be by the end of the last day, those of deleted customers included."""
        return self._visits.conversations

    def __getitem__(self, conversation_id: str) -> Conversation:
        number = self._ids.read(Kind.CONVERSATION, conversation_id)
        if number is None or not 0 <= number < len(self):
            raise KeyError(conversation_id)
        conversation = self.numbered(number)
        if conversation.created_at > self._now() or is_deleted(conversation.customer):
            raise KeyError(conversation_id)
        return conversation

    def __contains__(self, conversation_id: str) -> bool:
        try:
            self[conversation_id]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        """The ids, oldest first."""
        day = self._timeline.first_day
        now = self._now()
        while day <= self._timeline.last_day:
            for conversation in self.on(day):
                if conversation.created_at <= now and not is_deleted(conversation.customer):
                    yield conversation.id
            day += dt.timedelta(days=1)

    def of_customer(self, customer: int) -> list[Conversation]:
        """The conversations of a customer, oldest first."""
        now = self._now()
        made = (self.numbered(number) for number in self._visits.numbers(customer))
        return [conversation for conversation in made if conversation.created_at <= now]

    def merged_into(self, conversation: Conversation) -> str | None:
        """The id of the conversation that this one was folded into; None for nearly all."""
        first, folded = self._merger(conversation.customer)
        return self._ids.make(Kind.CONVERSATION, first) if conversation.number == folded else None

    def merged_here(self, conversation: Conversation) -> tuple[str, ...]:
        """The ids of the conversations that were folded into this one."""
        first, folded = self._merger(conversation.customer)
        return (self._ids.make(Kind.CONVERSATION, folded),) if conversation.number == first else ()

    def on(self, day: dt.date) -> list[Conversation]:
        """The conversations of a day in the company's zone, oldest first; future and deleted ones too."""
        with self._lock:
            if day in self._days:
                self._days.move_to_end(day)
                return self._days[day]
        made = self._make_day(day)
        with self._lock:
            if day not in self._days:
                self._days[day] = made
                self._kept += len(made)
            while self._kept > _KEPT and len(self._days) > 1:
                _, dropped = self._days.popitem(last=False)
                self._kept -= len(dropped)
        return made

    def now_on(self, day: dt.date) -> list[Conversation]:
        """The conversations of a day as callers left them."""
        return [self.changed.get(one.number, one) for one in self.on(day)]

    def numbered(self, number: int) -> Conversation:
        """The conversation of a number, whether it has begun and its customer still exists or not."""
        changed = self.changed.get(number)
        if changed is not None:
            return changed
        day = self._timeline.day(number)
        return self.on(day)[number - self._timeline.numbers(day).start]

    def _merger(self, customer: int) -> tuple[int, int]:
        """Which conversation of a customer another was folded into, and that other; -1 for none."""
        if customer % 17 != 4:
            return -1, -1
        numbers = self._visits.numbers(customer)
        if len(numbers) < 2 or self._timeline.day(numbers[1]) >= self._now().astimezone(self._timeline.zone).date():
            return -1, -1
        return numbers[0], numbers[1]

    def _make_day(self, day: dt.date) -> list[Conversation]:
        chance = seeded(self._seed, "conversations", day.isoformat())
        numbers = self._timeline.numbers(day)
        moments = self._timeline.moments(day)
        return [self._make(chance, number, at) for number, at in zip(numbers, moments, strict=True)]

    def _make(self, chance: random.Random, number: int, created_at: dt.datetime) -> Conversation:
        draw = chance.random
        channel = CHANNELS[bisect(_CHANNEL_STEPS, draw() * _CHANNEL_STEPS[-1])]
        inbox_created = 4 if channel.code == "PHONE_CALL" and draw() < 0.4 else _inbox(chance)
        inbox = _inbox(chance) if draw() < 0.18 else inbox_created
        is_outbound = draw() < 0.05
        sender = _agent(chance) if is_outbound else None
        automatic = draw()
        created_by = (
            "AGENT"
            if is_outbound
            else "APPLICATION"
            if automatic < 0.03
            else "SYSTEM"
            if automatic < 0.04
            else "CUSTOMER"
        )
        agent = None if draw() < 0.06 else sender if sender is not None and draw() < 0.7 else _agent(chance)
        agent_created = sender if sender is not None else agent if agent is not None and draw() < 0.5 else None

        contacts = 1 + (int(math.log(1 - draw()) / math.log(0.42)) if draw() < 0.6 else 0)
        channels = [channel.code]
        while len(channels) < min(contacts, 3) and draw() < 0.16:
            channels.append(CHANNELS[bisect(_CHANNEL_STEPS, draw() * _CHANNEL_STEPS[-1])].code)

        closes, reopened = self._closings(chance, channel.to_close, created_at, inbox, agent)
        topics: list[int] = []
        if draw() > 0.07 and self._topic_steps:
            for _ in range(1 if draw() < 0.75 else 2 if draw() < 0.85 else 3):
                topic = bisect(self._topic_steps, draw() * self._topic_steps[-1])
                if topic not in topics:
                    topics.append(topic)
        paid = draw()
        attributes: list[tuple[int, str]] = []
        if draw() < 0.2:
            attributes = [(0, f"A-{number}")]
            if draw() < 0.3:
                attributes.append((0, f"A-{number + 1}"))
            if draw() < 0.4:
                attributes.append((1, chance.choice(("web", "store", "=app", "phone, mobile"))))
        return Conversation(
            id=self._ids.make(Kind.CONVERSATION, number),
            number=number,
            customer=self._visits.customer(number),
            created_at=created_at,
            created_by=created_by,
            created_by_agent=sender,
            inbox_created=inbox_created,
            agent_created=agent_created,
            inbox=inbox,
            agent=agent,
            closes=closes,
            reopened_at=reopened,
            topics=tuple(topics),
            channels=tuple(channels),
            last_channel=chance.choice(channels) if contacts > len(channels) else channels[-1],
            contacts=contacts,
            notes=int(draw() * 3) if draw() < 0.3 else 0,
            handle_seconds=round(chance.lognormvariate(math.log(channel.handle), 0.7) * contacts**0.7, 3),
            agents_assigned=0
            if agent is None and agent_created is None
            else 1 + int(agent != agent_created and draw() < 0.4),
            inboxes_assigned=1 + int(inbox != inbox_created),
            unassigned_by_rule=int(draw() < 0.05),
            topics_removed=int(draw() < 0.08),
            payments_completed=(chance.randrange(500, 40_000),) if paid < 0.03 else (),
            payments_declined=(chance.randrange(500, 40_000),) if 0.02 < paid < 0.035 else (),
            waiting=draw() < 0.3,
            attributes=tuple(attributes),
        )

    def _closings(
        self, chance: random.Random, median: float, created_at: dt.datetime, inbox: int, agent: int | None
    ) -> tuple[tuple[Close, ...], tuple[dt.datetime, ...]]:
        closes: list[Close] = []
        reopened: list[dt.datetime] = []
        if chance.random() < 0.012:
            return (), ()
        at = created_at + _after(chance, median)
        while True:
            kind = chance.random()
            by = "AGENT" if kind < 0.8 and agent is not None else "AUTOMATION" if kind < 0.94 else "APPLICATION"
            if kind > 0.985:
                by = "SYSTEM"
            closes.append(
                Close(
                    at=at,
                    by=by,
                    by_agent=(agent if chance.random() < 0.9 else _agent(chance)) if by == "AGENT" else None,
                    by_rule=self._ids.make(Kind.RULE, chance.randrange(_RULES)) if by == "AUTOMATION" else None,
                    inbox=inbox,
                    agent=agent,
                )
            )
            if len(closes) > 3 or chance.random() > 0.13:
                return tuple(closes), tuple(reopened)
            again = at + _after(chance, 20 * 3600)
            reopened.append(again)
            if chance.random() < 0.04:
                return tuple(closes), tuple(reopened)
            at = again + _after(chance, median)


def _inbox(chance: random.Random) -> int:
    return min(bisect(_INBOX_STEPS, chance.random() * _INBOX_STEPS[-1]), len(INBOXES) - 1)


def _agent(chance: random.Random) -> int:
    return int(chance.random() ** 1.5 * len(AGENT_NAMES))


def _after(chance: random.Random, median: float) -> dt.timedelta:
    return dt.timedelta(milliseconds=int(chance.lognormvariate(math.log(median), 1.0) * 1000) + 1000)
