"""Whether an item matches, by its line: the cheapest test first, and only what a test needs is decoded.

A line that does not fit the documented shapes is read as plain JSON and tested by the same rules, slowly. Either way
every line is read as far as it takes to know that it is a record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.criteria import Criteria
from gladly_tools.search.items import moment_of, people_of, senders_of, texts_of, topics_of
from gladly_tools.search.lines import read_record
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
    customers: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    conversations: frozenset[str] = frozenset()


class _Anything(msgspec.Struct, gc=False):
    """Any JSON object."""


class _InConversation(msgspec.Struct, gc=False):
    conversationId: Text = None


class _Content(msgspec.Struct, gc=False):
    content: SearchedContent | None = None  # type: ignore[valid-type]  # a class made of the list of fields


is_object = msgspec.json.Decoder(_Anything).decode
"""Decodes nothing of a line. Raises one of UNFIT for one that may be no record; the line is UTF-8."""

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
        self._envelope, self._envelope_tests = self._needed()
        self._prefilter: Prefilter | None = None
        # Contacts and agents leave few lines to look for phrases in; times are read of every line, to count those that
        # cannot be.
        if criteria.phrases and not (criteria.contacts or criteria.agents or self._has_range):
            self._prefilter = prefilter_of(criteria.phrases, with_topics=bool(search.topics))

    def worth_reading(self, lines: Sequence[bytes]) -> set[int] | None:
        """The places of the lines that can match; None for all."""
        if self._prefilter is None or sum(map(len, lines)) > _MOST_PREFILTERED:
            return None
        return self._prefilter.lines_worth_reading(lines)

    def typed(self) -> Callable[[bytes], bool]:
        """What tells whether the item of a line holds to all criteria.

        It raises one of UNFIT for a line to be read as plain JSON. The line is UTF-8: of what is skipped, the decoder
        does not see to that.
        """
        criteria = self._search.criteria
        if not self._envelope_tests:
            return self._has_phrase if criteria.phrases else _is_any
        if self._envelope_tests == [self._has_contact] and not criteria.phrases:
            decode, has_contact = self._envelope, self._has_contact
            return lambda line: has_contact(decode(line))
        return self._holds_to_all

    def _holds_to_all(self, line: bytes) -> bool:
        item = self._envelope(line)
        for test in self._envelope_tests:
            if not test(item):
                return False
        return not self._search.criteria.phrases or self._has_phrase(line)

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
        return not criteria.phrases or (
            any(topic in self._search.topics for topic in topics_of(content))
            or any(self._phrases.holds(text) for text in texts_of(content))
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

    def _needed(self) -> tuple[Callable[[bytes], Any], list[Callable[[Any], bool]]]:
        """A decoder of no more than the tests need, and the tests, the cheapest first."""
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
            inner.append(("sender", str | list[str] | None, None))
            tests.append(self._has_contact)
        if inner:
            content = msgspec.defstruct("Content", inner, rename={"sender": "from"}, gc=False)
            fields.append(("content", content | None, None))
        envelope = msgspec.defstruct("Envelope", fields, gc=False)
        return msgspec.json.Decoder(envelope).decode, tests

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


def _is_any(line: bytes) -> bool:
    is_object(line)
    return True


def _is_in(value: object, among: frozenset[str]) -> bool:
    return isinstance(value, str) and value in among
