"""Whether items match, by their lines: many at once, the cheapest test first, and only what a test needs is decoded.

Lines of which one does not fit the documented shapes are read one by one, and that one as plain JSON, tested by the
same rules, slowly. Either way every line is read as far as it takes to know that it is a record.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import compress
from operator import attrgetter
from typing import Any

import msgspec

from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.criteria import Criteria
from gladly_tools.search.ids import Ids
from gladly_tools.search.items import moment_of, people_of, senders_of, texts_of, topics_of
from gladly_tools.search.lines import Ends, is_record_a_line, read_record
from gladly_tools.search.phrases import PhraseTest
from gladly_tools.search.prefilter import Prefilter, prefilter_of
from gladly_tools.search.shapes import ABSENT, SearchedContent, Text

UNFIT = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding a line typed raises when it does not fit."""

# The prefilter takes a few times the memory of what it looks at: a very long line is better read.
_MOST_PREFILTERED = 4 * 1024 * 1024
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class ItemSearch:
    """A search of items, with all that it must know from other files; frozen and picklable.

    `customers` are the ids whose contacts match, `topics` the ids that the phrases mean. With `conversations`, items of
    these are taken too, whatever they are.
    """

    criteria: Criteria
    customers: Ids = frozenset()
    topics: frozenset[str] = frozenset()
    conversations: Ids = frozenset()


class _InConversation(msgspec.Struct, gc=False):
    conversationId: Text = None


class _Content(msgspec.Struct, gc=False):
    content: SearchedContent | None = None  # type: ignore[valid-type]  # a class made of the list of fields


_customer_of = attrgetter("customerId")
_sender_of = attrgetter("content.sender")
_read_conversation = msgspec.json.Decoder(_InConversation).decode
_read_content = msgspec.json.Decoder(_Content).decode


class Matcher:
    """One search at work on lines. `untimed` counts items whose time could not be read, when there is a time range."""

    def __init__(self, search: ItemSearch) -> None:
        criteria = search.criteria
        self.untimed = 0
        self._search = search
        self._start = criteria.start or _FIRST
        self._end = criteria.end or _LAST
        self._customers = search.customers
        self._has_range = criteria.start is not None or criteria.end is not None
        self._contacts = ContactTest(criteria.contacts)
        self._phrases = PhraseTest(criteria.phrases)
        self._decoder, self._tests = self._needed()
        self._prefilter: Prefilter | None = None
        # Contacts and agents leave few lines to look for phrases in; times are read of every line, to count those that
        # cannot be.
        if criteria.phrases and not (criteria.contacts or criteria.agents or self._has_range):
            self._prefilter = prefilter_of(criteria.phrases, topics=search.topics)

    def taken_of(self, piece: bytes, ends: Ends) -> tuple[list[int], list[bool]] | None:
        """The places of the lines that are taken, and of each whether it is a match; `ends` is where lines end.

        None for a piece to be read line by line: something in it is not what it usually is.
        """
        if not is_record_a_line(piece, ends):
            return None
        try:
            items = self._decoder.decode_lines(piece)
        except UNFIT:
            return None
        if len(items) != len(ends):
            return None
        places = self._matches_among(items, piece, ends)
        conversations = self._search.conversations
        if not conversations:
            return places, [True] * len(places)
        matches = set(places)
        others = [place for place, item in enumerate(items) if item.conversationId in conversations]
        taken = sorted(matches.union(others))
        return taken, [place in matches for place in taken]

    def _matches_among(self, items: Sequence[Any], piece: bytes, ends: Ends) -> list[int]:
        places = list(range(len(items)))
        if self._prefilter is not None and len(piece) <= _MOST_PREFILTERED:
            places = sorted(self._prefilter.lines_worth_reading(piece, ends))
        for test in self._tests:
            places = [place for place in places if test(items[place])]
        if self._search.criteria.contacts:
            places = self._of_contacts(items, places)
        if self._search.criteria.phrases:
            starts = [0, *ends.tolist()]
            places = [place for place in places if self._has_phrase_somehow(piece[starts[place] : starts[place + 1]])]
        return places

    def _of_contacts(self, items: Sequence[Any], places: Sequence[int]) -> list[int]:
        asked = items if len(places) == len(items) else [items[place] for place in places]
        taken = set(compress(places, map(self._customers.__contains__, map(_customer_of, asked))))
        sent: Sequence[int] = places
        try:
            senders: list[str] = list(map(_sender_of, asked))
            suspects = self._contacts.suspects(senders)
        except (AttributeError, TypeError):  # an item without a content, or with a list of senders
            senders, sent = [], []
            for place in places:
                content = items[place].content
                if content is not None and (sender := content.sender):
                    senders.append(sender if isinstance(sender, str) else "\n".join(sender))
                    sent.append(place)
            suspects = self._contacts.suspects(senders)
        taken.update(place for each in suspects if self._has_contact(items[place := sent[each]]))
        return sorted(taken)

    def _has_phrase_somehow(self, line: bytes) -> bool:
        try:
            return self._has_phrase(line)
        except UNFIT:
            return self._record_has_phrase(read_record(line).get("content"))

    def matches(self, line: bytes) -> bool:
        """Whether the item of one line holds to all criteria. Raises UnreadableLine."""
        try:
            if not line.isascii():
                line.decode()  # of what is skipped, the decoder does not see to that
            item = self._decoder.decode(line)
        except UNFIT:
            return self.matches_record(read_record(line))
        criteria = self._search.criteria
        return (
            all(test(item) for test in self._tests)
            and (not criteria.contacts or self._has_contact(item))
            and (not criteria.phrases or self._has_phrase_somehow(line))
        )

    def is_in_conversation(self, line: bytes) -> bool:
        """Whether the item of this line is in one of the conversations. Raises UnreadableLine."""
        try:
            key = _read_conversation(line).conversationId
        except UNFIT:
            key = read_record(line).get("conversationId")
        return isinstance(key, str) and key in self._search.conversations

    def matches_record(self, item: Mapping[str, Any]) -> bool:
        """Whether an item as plain JSON holds to all criteria."""
        criteria = self._search.criteria
        if self._has_range and not self._is_in_range(item.get("timestamp")):
            return False
        content = item.get("content")
        if criteria.types and not (isinstance(content, dict) and _is_in(content.get("type"), criteria.types)):
            return False
        if criteria.agents and not any(person in criteria.agents for person in people_of(item)):
            return False
        if criteria.contacts and not (
            _is_in(item.get("customerId"), self._search.customers)
            or any(self._contacts.holds(sender) for sender in senders_of(item))
        ):
            return False
        return not criteria.phrases or self._record_has_phrase(content)

    def _record_has_phrase(self, content: object) -> bool:
        return any(topic in self._search.topics for topic in topics_of(content)) or any(
            self._phrases.holds(text) for text in texts_of(content)
        )

    def _has_phrase(self, line: bytes) -> bool:
        content = _read_content(line).content
        if content is None:
            return False
        if content.messageData is not ABSENT:
            raise msgspec.DecodeError("options of a quick reply, which are texts of any depth")
        topics = self._search.topics
        if topics:
            for changed in (content.addedTopicIds, content.removedTopicIds):
                if isinstance(changed, str):
                    changed = [changed]
                if changed and not topics.isdisjoint(changed):
                    return True
        holds = self._phrases.holds
        summary, link = content.recordingSummary, content.link
        return bool(
            (content.content and holds(content.content))
            or (content.body and holds(content.body))
            or (content.subject and holds(content.subject))
            or (content.title and holds(content.title))
            or (summary and summary.summary and holds(summary.summary))
            or (link and link.text and holds(link.text))
        )

    def _needed(self) -> tuple[msgspec.json.Decoder[Any], list[Callable[[Any], bool]]]:
        """A decoder of no more than what is asked of an item, and the tests but those of contacts and phrases."""
        criteria = self._search.criteria
        fields: list[tuple[str, Any, Any]] = []
        inner: list[tuple[str, Any, Any]] = []
        tests: list[Callable[[Any], bool]] = []
        if self._has_range:
            fields.append(("timestamp", Text, None))
            tests.append(lambda item: self._is_in_range(item.timestamp))
        if criteria.types:
            inner.append(("type", Text, None))
            tests.append(lambda item: item.content is not None and item.content.type in criteria.types)
        if criteria.agents:
            person = msgspec.defstruct("Person", [("id", Text, None)], gc=False)
            fields += [("initiator", person | None, None), ("responder", person | None, None)]
            tests.append(self._has_agent)
        if criteria.contacts:
            fields.append(("customerId", Text, None))
            inner.append(("sender", str | list[str] | None, ""))  # so that all senders can be joined
        if self._search.conversations:
            fields.append(("conversationId", Text, None))
        if inner:
            content = msgspec.defstruct("Content", inner, rename={"sender": "from"}, gc=False)
            fields.append(("content", content | None, None))
        envelope = msgspec.defstruct("Envelope", fields, gc=False)
        return msgspec.json.Decoder(envelope), tests

    def _is_in_range(self, timestamp: object) -> bool:
        moment = moment_of(timestamp)
        if moment is None:
            self.untimed += 1
            return False
        return self._start <= moment < self._end

    def _has_agent(self, item: Any) -> bool:
        agents = self._search.criteria.agents
        return bool(
            (item.initiator is not None and item.initiator.id in agents)
            or (item.responder is not None and item.responder.id in agents)
        )

    def _has_contact(self, item: Any) -> bool:
        if item.customerId in self._customers:
            return True
        if (content := item.content) is None or (sender := content.sender) is None:
            return False
        return self._contacts.holds(sender) if isinstance(sender, str) else any(map(self._contacts.holds, sender))


def _is_in(value: object, among: Container[str]) -> bool:
    return isinstance(value, str) and value in among
