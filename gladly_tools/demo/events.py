"""Everything that happened in the demo company, in order: from conversations, contacts, tasks and agents' days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from gladly_tools.demo.agent_events import agent_day, integration_checks
from gladly_tools.demo.chronicle import Event, in_order
from gladly_tools.demo.conversation_events import ConversationEvents
from gladly_tools.demo.task_events import task_events

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company

ENTITIES = (
    "AGENT_AVAILABILITY",
    "AGENT_STATUS",
    "CONTACT",
    "CONVERSATION",
    "CUSTOMER",
    "CUSTOMER_PROFILE",
    "PAYMENT_REQUEST",
    "TASK",
)
_OF_AGENTS = frozenset({"AGENT_AVAILABILITY", "AGENT_STATUS"})
_OF_CONVERSATIONS = frozenset({"CONTACT", "CONVERSATION", "CUSTOMER", "CUSTOMER_PROFILE", "PAYMENT_REQUEST"})
_DAY = dt.timedelta(days=1)
_LONGEST_LIFE = 45  # days; what a conversation does later than that is not told
_AFTERMATH = 3 * _DAY  # how long after its last turn a conversation can still have events
_KEPT = 4000


class Events:
    """The events of one company, made anew from its records whenever somebody asks."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._told = lru_cache(maxsize=_KEPT)(ConversationEvents(company).of)

    def between(self, start: dt.datetime, end: dt.datetime, entities: Collection[str] = ENTITIES) -> list[Event]:
        """The events from `start` on and before `end`, oldest first; future ones too."""
        wanted = frozenset(entities)
        found = [
            event for event in self._every(start, end, wanted) if start <= event.at < end and event.entity in wanted
        ]
        return in_order(found)

    def _every(self, start: dt.datetime, end: dt.datetime, wanted: frozenset[str]) -> Iterator[Event]:
        company = self._company
        if not company.inboxes or start >= end:
            return
        first = max(start.astimezone(company.zone).date() - _DAY, company.timeline.first_day)
        last = min(end.astimezone(company.zone).date(), company.timeline.last_day)
        days = [first + index * _DAY for index in range((last - first).days + 1)]
        if wanted & _OF_CONVERSATIONS:
            begin = max(first - _LONGEST_LIFE * _DAY, company.timeline.first_day)
            for index in range((last - begin).days + 1):
                for conversation in company.conversations.now_on(begin + index * _DAY):
                    turns = (conversation.created_at, *(close.at for close in conversation.closes))
                    turns += conversation.reopened_at
                    if conversation.created_at - _AFTERMATH <= end and max(turns) + _AFTERMATH >= start:
                        yield from self._told(conversation)
            for day in days:
                yield from integration_checks(company, day)
        if wanted & _OF_AGENTS:
            for day in days:
                for place in range(len(company.agents)):
                    yield from agent_day(company, place, day)
        if "TASK" in wanted:
            for task in company.tasks:
                yield from task_events(company, task)
