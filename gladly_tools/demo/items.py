"""The items of a conversation: everything that was written, spoken or changed in it, in one list by time."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from gladly_tools.demo.contacts import CONTACT_PLACES, PLACES
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.customers import is_deleted
from gladly_tools.demo.dialogues import GENERAL
from gladly_tools.demo.drafts import Change, Draft, Party, Scene, Voice
from gladly_tools.demo.happenings import happenings
from gladly_tools.demo.ids import Ids, Kind, seeded
from gladly_tools.demo.media import file_bytes
from gladly_tools.demo.messages import marathon, messages_of
from gladly_tools.demo.timeline import Visits
from gladly_tools.demo.voice import call, voicemail

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company

_KEPT = 300
_MARATHON = 1380  # more messages than a list of items may hold
_CANDIDATES = 12
_FILES = 16
_INBOUND = frozenset({"CUSTOMER", "EXTERNAL"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """One file of an item; `token` is where it can be fetched, `number` what its bytes are made from."""

    id: str
    token: str
    filename: str | None
    content_type: str | None
    number: int

    @property
    def data(self) -> bytes:
        return file_bytes(self.content_type, self.number)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One item as it is at a moment; `content` and `unknown` (fields that no document names) are JSON data.

    `at` is UTC in whole milliseconds, `digits` how many digits of a second it is written with; `contact` is
    the place of its contact, None for what belongs to none; `later` is what nobody knows yet.
    """

    id: str
    conversation_id: str
    customer_id: str
    at: dt.datetime
    digits: int
    session_id: str | None
    initiator: Party | None
    responder: Party | None
    content: Mapping[str, object]
    unknown: Mapping[str, object]
    contact: int | None
    attachments: tuple[Attachment, ...]
    voice: Voice | None
    later: tuple[Change, ...]

    @property
    def type(self) -> str:
        return str(self.content["type"])

    @property
    def is_inbound(self) -> bool:
        return self.initiator is not None and self.initiator.type in _INBOUND

    def as_of(self, now: dt.datetime) -> Item:
        """The item with what had become known by then."""
        if not self.later:
            return self
        known = dict(self.content)
        for change in sorted(self.later, key=attrgetter("at")):
            if change.at <= now:
                known |= change.fields
        return replace(self, content=known, later=tuple(change for change in self.later if change.at > now))


class Items:
    """All items of the company, by conversation and by id, without those that lie in the future.

    `items[id]` raises KeyError for an unknown id, one in the future, and one of a deleted customer.
    """

    def __init__(self, company: Company, visits: Visits) -> None:
        self._company = company
        self._visits = visits
        self._ids: Ids = company.ids
        self._made = lru_cache(maxsize=_KEPT)(self._make)

    def of(self, conversation: Conversation, at: dt.datetime | None = None) -> tuple[Item, ...]:
        """The items so far, or up to `at`, ascending by time; none when the customer was deleted."""
        now = at or self._company.now()
        return tuple(item.as_of(now) for item in self.whole(conversation) if item.at <= now)

    def whole(self, conversation: Conversation) -> tuple[Item, ...]:
        """The same with those that lie in the future."""
        return () if is_deleted(conversation.customer) else self._made(conversation)

    def __getitem__(self, item_id: str) -> Item:
        number = self._ids.read(Kind.CONTACT, item_id)
        if number is None:
            place = self._ids.read(Kind.ITEM, item_id)
            if place is None:
                raise KeyError(item_id)
            number = place // PLACES
        conversation = self._company.conversations[self._ids.make(Kind.CONVERSATION, number)]
        for item in self.of(conversation):
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def attachment(self, token: str) -> Attachment:
        """The file behind a token. Raises KeyError where the item of the file cannot be read either."""
        number = self._ids.read(Kind.FILE, token)
        if number is None:
            raise KeyError(token)
        item = self[self._ids.make(Kind.ITEM, number // _FILES)]
        return next(one for one in item.attachments if one.token == token)

    @cached_property
    def longest(self) -> int | None:
        """The number of the conversation with more items than a list holds: a chat of customer 0.

        It need not have begun yet; None for a company without conversations.
        """
        candidates = [self._company.conversations.numbered(number) for number in self._visits.numbers(0)[:_CANDIDATES]]
        if not candidates:
            return None
        # So many messages look natural only in a chat that lasts.
        return max(candidates, key=self._chat_seconds).number

    def _chat_seconds(self, conversation: Conversation) -> float:
        chats = [one for one in self._company.contacts_of(conversation) if one.channel == "CHAT"]
        return (chats[0].ended_at - chats[0].started_at).total_seconds() if chats else 0.0

    def _make(self, one: Conversation) -> tuple[Item, ...]:
        chance = seeded(self._company.seed, "items", one.number)
        scene = self._scene(one)
        drafts = [*self._spoken_and_written(chance, scene), *happenings(chance, scene)]
        digits = {draft: _digits(chance, draft.at) for draft in drafts}
        # As text, too, a time with more digits comes after the same one with fewer.
        drafts.sort(key=lambda draft: (draft.at, max(digits[draft], 3)))
        item_ids = {
            draft: draft.id or self._ids.make(Kind.ITEM, one.number * PLACES + CONTACT_PLACES + place)
            for place, draft in enumerate(drafts)
        }
        customer_ids = self._customer_ids(one)
        items = []
        for place, draft in enumerate(drafts):
            customer_id = customer_ids[len(customer_ids) * place // len(drafts)]
            attachments = self._attachments(one.number * PLACES + CONTACT_PLACES + place, draft)
            if draft.answers:
                draft.content["messageData"] = {
                    **_object(draft.content["messageData"]),
                    "requestMessageId": item_ids[draft.answers],
                }
            if attachments:
                draft.content["attachments"] = [_listed(chance, attachment) for attachment in attachments]
            unknown: dict[str, object] = {}
            if chance.random() < 0.03:
                draft.content["sentiment"] = {"score": chance.randrange(-100, 101) / 100, "labels": ["a", "b"]}
            elif chance.random() < 0.03:
                unknown = {"revision": chance.randrange(9)}
            items.append(
                Item(
                    id=item_ids[draft],
                    conversation_id=one.id,
                    customer_id=customer_id,
                    at=draft.at,
                    digits=digits[draft],
                    session_id=draft.session_id,
                    initiator=_named(draft.initiator, customer_id),
                    responder=_named(draft.responder, customer_id),
                    content=draft.content,
                    unknown=unknown,
                    contact=draft.contact,
                    attachments=attachments,
                    voice=draft.voice,
                    later=draft.later,
                )
            )
        return tuple(items)

    def _scene(self, one: Conversation) -> Scene:
        company = self._company
        area = company.topic_path(company.topics[one.topics[0]].id).split(">>")[0] if one.topics else GENERAL
        return Scene(
            conversation=one,
            contacts=company.contacts_of(one),
            customer=company.customers[company.customers.current_id(one.customer)],
            agent_ids=[agent.id for agent in company.agents],
            topic_ids=[topic.id for topic in company.topics],
            area=area,
            ids=self._ids,
        )

    def _spoken_and_written(self, chance: random.Random, scene: Scene) -> list[Draft]:
        one = scene.conversation
        drafts: list[Draft] = []
        longest = None
        if one.customer == 0 and one.number == self.longest:
            longest = next((contact for contact in scene.contacts if contact.channel == "CHAT"), scene.contacts[0])
        for contact in scene.contacts:
            if contact.channel == "PHONE_CALL":
                drafts += call(chance, scene, contact)
            elif contact.channel == "VOICEMAIL":
                drafts += voicemail(chance, scene, contact)
            elif contact is not longest:
                drafts += messages_of(chance, scene, contact)
            if contact is longest:
                drafts += marathon(chance, scene, contact, _MARATHON)
        return drafts

    def _customer_ids(self, one: Conversation) -> tuple[str, ...]:
        """The ids that the customer had in turn, where the conversation is older than a merger."""
        current = self._company.customers.current_id(one.customer)
        if self._company.report_customer_id(one) == current:
            return (current,)
        return (*self._company.customers[current].former_ids, current)

    def _attachments(self, place: int, draft: Draft) -> tuple[Attachment, ...]:
        made = []
        for index, (filename, content_type) in enumerate(draft.files):
            number = place * _FILES + index
            token = self._ids.make(Kind.FILE, number)
            # Plain base64 as well, whose slashes and plus signs a path must not take literally.
            attachment_id = token if number % 3 else token.replace("-", "+").replace("_", "/") + "=="
            made.append(
                Attachment(id=attachment_id, token=token, filename=filename, content_type=content_type, number=number)
            )
        return tuple(made)


def _digits(chance: random.Random, at: dt.datetime) -> int:
    """How many digits of a second a time is written with: fewer than three only where none is lost."""
    if at.microsecond == 0 and chance.random() < 0.9:
        return 0
    if at.microsecond % 10_000 == 0 and chance.random() < 0.9:
        return 2
    return chance.choice((3, 3, 8, 9))


def _named(party: Party | None, customer_id: str) -> Party | None:
    return replace(party, id=customer_id) if party is not None and party.type == "CUSTOMER" else party


def _listed(chance: random.Random, attachment: Attachment) -> dict[str, object]:
    shape: dict[str, object] = {"id": attachment.id}
    if attachment.filename is not None:
        shape["filename"] = attachment.filename
    if attachment.content_type is not None:
        shape["contentType"] = attachment.content_type
    if chance.random() < 0.9:
        shape["fileSize"] = len(attachment.data)
    return shape


def _object(value: object) -> Mapping[str, object]:
    assert isinstance(value, dict)
    return value
