"""What the items of a conversation are made from, and what their makers know about it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gladly_tools.demo.catalogue import AGENT_NAMES
from gladly_tools.demo.contacts import Contact
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.customers import Customer, mobile
from gladly_tools.demo.dialogues import DIALOGUES, GENERAL, PRODUCTS
from gladly_tools.demo.ids import Ids, Kind
from gladly_tools.demo.media import Paragraph

SESSIONS = 8  # ids of sessions that one contact may have
_CONTACTS = 64
_RULES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """Who started an item, or was on its other side. The id of a CUSTOMER is filled in with the item's own."""

    type: str
    id: str | None = None


CUSTOMER = Party(type="CUSTOMER")
GLADLY_AI = Party(type="SYSTEM", id="SIDEKICK_V2")


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """What was said in a call or a voicemail; `recorded_at` None = no recording, `transcribed_at` likewise."""

    seconds: float
    paragraphs: tuple[Paragraph, ...]
    recorded_at: dt.datetime | None
    transcribed_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Fields of an item's content that are known only from a moment on."""

    at: dt.datetime
    fields: Mapping[str, object]


@dataclass(eq=False, kw_only=True, slots=True)
class Draft:
    """An item before it has a place among the others.

    `id` is for one whose id is that of its contact; `files` are (name, type); `answers` is the request that
    a quick reply belongs to.
    """

    at: dt.datetime
    initiator: Party | None
    content: dict[str, object]
    contact: int | None = None
    session_id: str | None = None
    responder: Party | None = None
    id: str | None = None
    files: tuple[tuple[str | None, str | None], ...] = ()
    answers: Draft | None = None
    later: tuple[Change, ...] = ()
    voice: Voice | None = None


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the makers of items know: the conversation, who takes part, and what it is about.

    `area` is the name of the topmost topic; agents and topics are ids by their positions.
    """

    conversation: Conversation
    contacts: tuple[Contact, ...]
    customer: Customer
    agent_ids: Sequence[str]
    topic_ids: Sequence[str]
    area: str
    ids: Ids

    def agent(self, place: int) -> Party:
        return Party(type="AGENT", id=self.agent_ids[place])

    def rule(self, number: int) -> Party:
        return Party(type="AUTOMATION", id=self.ids.make(Kind.RULE, number % _RULES))

    @property
    def api_user(self) -> Party:
        """Who writes through the API: an agent, or a user that the list of agents does not name."""
        unlisted = self.ids.make(Kind.AGENT, 999)
        return Party(type="API", id=unlisted if self.conversation.number % 2 else self.agent_ids[0])

    def session(self, contact: int, number: int = 0) -> str:
        place = (self.conversation.number * _CONTACTS + contact) * SESSIONS + number
        return self.ids.make(Kind.SESSION, place)

    @property
    def ends_at(self) -> dt.datetime:
        """The last close, or the end of the last contact of a conversation that was never closed."""
        closes = self.conversation.closes
        return closes[-1].at if closes else self.contacts[-1].ended_at

    @property
    def first_part_ends_at(self) -> dt.datetime:
        closes = self.conversation.closes
        return closes[0].at if closes else self.contacts[0].ended_at

    @property
    def customer_number(self) -> str:
        phones = self.customer.phones
        return phones[0].normalized if phones else mobile(self.customer.number)

    @property
    def customer_address(self) -> str:
        emails = self.customer.emails
        return emails[0].original if emails else f"guest{self.customer.number}@post.example"

    @cached_property
    def _fillings(self) -> dict[str, str]:
        name = (self.customer.name or "").split()
        agent = next((contact.agents[0] for contact in self.contacts if contact.agents), 0)
        number = self.conversation.number
        return {
            "order": f"A-{number}",
            "product": PRODUCTS[number % len(PRODUCTS)],
            "name": name[0] if name else "there",
            "agent": AGENT_NAMES[agent].split()[0],
        }

    def filled(self, text: str) -> str:
        """A text with its blanks filled in."""
        return text.format_map(self._fillings)

    def dialogue(self, chance: random.Random) -> list[tuple[str, str]]:
        """What is said, as (speaker, text), on what the conversation is about."""
        lines = chance.choice(DIALOGUES.get(self.area, DIALOGUES[GENERAL]))
        return [(speaker, self.filled(text)) for speaker, text in lines]


def between(chance: random.Random, begin: dt.datetime, end: dt.datetime) -> dt.datetime:
    """A moment in between, in whole milliseconds."""
    length = max(0, (end - begin) // dt.timedelta(milliseconds=1))
    return begin + dt.timedelta(milliseconds=chance.randint(0, length))
