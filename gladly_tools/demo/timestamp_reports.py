"""The reports of what happened when: one row per event of conversations or of contacts, an hour behind."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gladly_tools.demo.chronicle import Event, Json
from gladly_tools.demo.csv_text import csv_pieces
from gladly_tools.demo.ids import seeded
from gladly_tools.demo.timeline import midnight

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company

LAG = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)

_STATE_COLUMNS = ("Assigned Inbox ID", "Assigned Inbox Name", "Assigned Agent ID", "Assigned Agent Name")
CONVERSATION_COLUMNS = (
    "Timezone Filter",
    "Timestamp",
    "Event Type",
    "Conversation ID",
    "Customer ID",
    "Initiator Type",
    "Initiator ID",
    "Initiator Agent Name",
    *_STATE_COLUMNS,
    "Topic ID",
    "Topic Name",
    "Newly Assigned Inbox ID",
    "Newly Assigned Inbox Name",
    "Newly Assigned Agent ID",
    "Newly Assigned Agent Name",
    "Assignment Update Reason",
    "Merged Customer ID",
    "Merged Conversation ID",
)
# Of the last columns only three names are public; the other three follow their pattern.
CONTACT_COLUMNS = (
    "Timezone Filter",
    "Timestamp",
    "Event Type",
    "Contact ID",
    "Conversation ID",
    "Customer ID",
    "Channel",
    "Initiator Type",
    "Initiator ID",
    "Initiator Agent Name",
    *_STATE_COLUMNS,
    "Transferred To Inbox ID",
    "Transferred To Inbox Name",
    "Transferred To Agent ID",
    "Transferred To Agent Name",
    "Final IVR Selection",
    "Fulfilled by Contact ID",
)
# What a report calls an event that the live list calls otherwise.
_RENAMED = {"CONVERSATION/NOTE_CREATED": "NOTE/CREATED", "PAYMENT_REQUEST/STATUS_CHANGED": "PAYMENT_REQUEST/CHANGED"}
_CONVERSATION_EVENTS = frozenset(
    {
        "CONVERSATION/CREATED",
        "CONVERSATION/CLOSED",
        "CONVERSATION/REOPENED",
        "CONVERSATION/TOPIC_ADDED",
        "CONVERSATION/TOPIC_REMOVED",
        "CONVERSATION/NOTE_CREATED",
        "CONVERSATION_ASSIGNEE/UPDATED",
        "CUSTOMER/MERGED",
    }
)


class TimestampsReport:
    """Base of the two reports: whole days of a zone, as far as an hour ago, in no order."""

    name: str
    columns: tuple[str, ...]
    entities: tuple[str, ...]

    def __init__(self, company: Company, *, first_day: dt.date, last_day: dt.date, zone: ZoneInfo) -> None:
        self.filename = f"{self.name}-{first_day:%Y%m%d}-{last_day:%Y%m%d}.csv"
        self._company = company
        self._zone = zone
        self._begin = midnight(first_day, zone)
        self._end = min(midnight(last_day + _DAY, zone), company.now() - LAG)
        self._agents = {agent.id: agent.name for agent in company.agents}
        self._inboxes = {inbox.id: inbox.name for inbox in company.inboxes}
        self._topics = {topic.id: topic.name for topic in company.topics}

    def csv(self, row_limit: int) -> Iterator[bytes]:
        rows = list(self.rows())
        if not rows:
            return iter(())  # a window without data: sometimes not even a header comes
        seeded(self._company.seed, "order", self.filename).shuffle(rows)
        if len(rows) > row_limit:
            # Which rows are lost is nobody's promise: a step without a common divisor leaves gaps everywhere.
            total = len(rows)
            step = next(step for step in range(int(total * 0.618) | 1, 2 * total) if math.gcd(step, total) == 1)
            rows = [row for place, row in enumerate(rows) if place * step % total < row_limit]
        return csv_pieces(self.columns, ([row.get(name, "") for name in self.columns] for row in rows))

    def rows(self) -> Iterator[dict[str, str]]:
        """The rows, oldest first, each as column -> cell; an empty cell is missing."""
        if self._begin >= self._end:
            return
        for event in self._company.events.between(self._begin, self._end, self.entities):
            if self.has(event):
                yield {name: cell for name, cell in self.cells(event).items() if cell}

    def has(self, event: Event) -> bool:
        """Whether the report lists such an event."""
        return True

    def cells(self, event: Event) -> dict[str, str]:
        """The cells that both reports have."""
        content = event.content
        by_agent = event.initiator.type == "AGENT"
        text = event.at.astimezone(self._zone).isoformat(timespec="milliseconds")
        return {
            "Timezone Filter": self._zone.key,
            "Timestamp": text.removesuffix("+00:00") + "Z" if self._zone.key == "UTC" else text,
            "Event Type": _RENAMED.get(event.type, event.type),
            "Conversation ID": content.get("conversationId", ""),
            "Customer ID": content.get("customerId", ""),
            "Initiator Type": event.initiator.type,
            "Initiator ID": event.initiator.id,
            "Initiator Agent Name": self._agents[event.initiator.id] if by_agent else "",
            **self.assignee("Assigned", content.get("context", {}).get("assignee", {})),
        }

    def assignee(self, which: str, assignee: Json) -> dict[str, str]:
        """The four cells of an assignee."""
        inbox, agent = assignee.get("inboxId", ""), assignee.get("agentId", "")
        return {
            f"{which} Inbox ID": inbox,
            f"{which} Inbox Name": self._inboxes.get(inbox, ""),
            f"{which} Agent ID": agent,
            f"{which} Agent Name": self._agents.get(agent, ""),
        }


class ConversationTimestamps(TimestampsReport):
    """What happened to conversations."""

    name = "ConversationTimestampsReport"
    columns = CONVERSATION_COLUMNS
    entities = ("CONVERSATION", "CUSTOMER")

    def has(self, event: Event) -> bool:
        return event.type in _CONVERSATION_EVENTS

    def cells(self, event: Event) -> dict[str, str]:
        content = event.content
        cells = super().cells(event)
        if event.type == "CUSTOMER/MERGED":
            return {
                **cells,
                "Conversation ID": content.get("destinationConversationId", ""),
                "Customer ID": content["destinationCustomerId"],
                "Merged Customer ID": content["sourceCustomerId"],
                "Merged Conversation ID": content.get("sourceConversationId", ""),
            }
        topic = content.get("topicId", "")
        return {
            **cells,
            "Topic ID": topic,
            "Topic Name": self._topics.get(topic, ""),
            **self.assignee("Newly Assigned", content.get("assignee", {})),
            "Assignment Update Reason": content.get("reason", ""),
        }


class ContactTimestamps(TimestampsReport):
    """What happened to contacts, and to the payment requests in them. Does not say who was offered one."""

    name = "ContactTimestampsReport"
    columns = CONTACT_COLUMNS
    entities = ("CONTACT", "PAYMENT_REQUEST")

    def cells(self, event: Event) -> dict[str, str]:
        content = event.content
        is_transfer = event.type == "CONTACT/TRANSFERRED"
        return {
            **super().cells(event),
            "Contact ID": content["contactId"],
            "Channel": content.get("channel", ""),
            **self.assignee("Transferred To", content["assignee"] if is_transfer else {}),
            "Final IVR Selection": content.get("finalIVRSelection", ""),
            "Fulfilled by Contact ID": content["contactId"] if event.type == "CONTACT/FULFILLED" else "",
        }
