"""An event as a row: fixed columns for every documented field, and the whole event as JSON as it came.

What is nested is flattened with dots. Nothing is lost: a field without a column, or a value that does not fit its
column, puts the event's JSON into `raw`, the last column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gladly_tools.items import fitting, leaves
from gladly_tools.results.schema import Cell, Column, Kind, Row

TYPES: Mapping[str, tuple[str, ...]] = {
    "AGENT_AVAILABILITY": (
        "AGENT_AVAILABILITY/UPDATED",
        "AGENT_AVAILABILITY/FOCUS_ENTERED",
        "AGENT_AVAILABILITY/FOCUS_EXITED",
    ),
    "AGENT_STATUS": (
        "AGENT_STATUS/LOGGED_IN",
        "AGENT_STATUS/LOGGED_OUT",
        "AGENT_STATUS/CHANGED_ACTIVE_REASON",
        "AGENT_STATUS/WENT_AWAY",
        "AGENT_STATUS/RETURNED_FROM_AWAY",
    ),
    "CONTACT": (
        "CONTACT/STARTED",
        "CONTACT/OFFERED",
        "CONTACT/OFFER_ACCEPTED",
        "CONTACT/OFFER_REJECTED",
        "CONTACT/JOINED",
        "CONTACT/TRANSFERRED",
        "CONTACT/HOLD_STARTED",
        "CONTACT/HOLD_ENDED",
        "CONTACT/MESSAGE_RECEIVED",
        "CONTACT/MESSAGE_SENT",
        "CONTACT/FULFILLED",
        "CONTACT/ENDED",
    ),
    "CONVERSATION": (
        "CONVERSATION/CREATED",
        "CONVERSATION/CLOSED",
        "CONVERSATION/REOPENED",
        "CONVERSATION/TOPIC_ADDED",
        "CONVERSATION/TOPIC_REMOVED",
        "CONVERSATION/NOTE_CREATED",
        "CONVERSATION/CUSTOM_ATTRIBUTE_ADDED",
        "CONVERSATION/CUSTOM_ATTRIBUTE_REMOVED",
        "CONVERSATION_ASSIGNEE/UPDATED",
    ),
    "CUSTOMER": ("CUSTOMER/MERGED",),
    "CUSTOMER_PROFILE": ("CUSTOMER_PROFILE/CREATED", "CUSTOMER_PROFILE/UPDATED", "CUSTOMER_PROFILE/DELETED"),
    "PAYMENT_REQUEST": ("PAYMENT_REQUEST/CREATED", "PAYMENT_REQUEST/VIEWED", "PAYMENT_REQUEST/STATUS_CHANGED"),
    "TASK": (
        "TASK/CREATED",
        "TASK/CLOSED",
        "TASK/REOPENED",
        "TASK/ASSIGNEE_UPDATED",
        "TASK/COMMENT_ADDED",
        "TASK/CONTENT_UPDATED",
        "TASK/DUE_DATE_UPDATED",
        "TASK/FOLLOWER_ADDED",
        "TASK/FOLLOWER_REMOVED",
    ),
}
"""The documented event types, by the entity that has to be asked for."""


def _id(name: str, help: str, *, of: str = "") -> Column:
    return Column(name=name, kind=Kind.ID, help=help, of=of)


def _choice(name: str, help: str) -> Column:
    return Column(name=name, kind=Kind.CHOICE, help=help)


def _time(name: str, help: str) -> Column:
    """A time as Gladly wrote it: its fractions of a second vary, and stay as they are."""
    return Column(name=name, kind=Kind.TIME, help=help, verbatim=True)


SENT_COLUMNS = (
    _id("id", "Unique id of the event"),
    _choice("type", "What happened"),
    _time("timestamp", "When Gladly recorded it"),
    _id("initiator.id", "Person or system that did it", of="agents"),
    _choice("initiator.type", "Kind of initiator"),
    _id("content.conversationId", "Conversation"),
    _id("content.customerId", "Customer", of="customers"),
    _id("content.contactId", "Contact; of a phone call also the id of its conversation item"),
    _choice("content.channel", "Channel of the contact"),
    _id("content.agentId", "Agent that it is about", of="agents"),
    Column(name="content.availableFor", kind=Kind.LIST, help="What the agent is available for from here on"),
    _time("content.occurredAt", "When it happened, where that is told apart from when it was recorded"),
    _id("content.activeReason.id", "Reason for being active"),
    _choice("content.activeReason.name", "Name of that reason"),
    _id("content.awayReason.id", "Reason for being away; empty after idling"),
    _choice("content.awayReason.name", "Name of that reason"),
    _time("content.awayAt", "When the agent who returned had gone away"),
    Column(name="content.entryPoint", help="Address that the customer used"),
    _choice("content.finalIVRSelection", "Last choice in the telephone menu"),
    Column(name="content.matchReasons", kind=Kind.LIST, help="Names of the routing boosts of an offer"),
    _choice("content.reason", "Reason of a rejection, a transfer, a hold, an end or a change of assignee"),
    _choice("content.transferType", "COLD or WARM"),
    _id("content.assignee.inboxId", "Inbox from here on", of="inboxes"),
    _id("content.assignee.agentId", "Agent from here on", of="agents"),
    _id("content.messageId", "Conversation item of a message"),
    _choice("content.fulfilledType", "How a contact was fulfilled"),
    _choice("content.status", "How a contact ended"),
    _time("content.dueAt", "When an answer or a task is due"),
    _id("content.topicId", "Topic added or removed", of="topics"),
    _id("content.noteId", "Note"),
    _id("content.customAttributeId", "Custom attribute"),
    _choice("content.customAttributeKey", "Name of the custom attribute for machines"),
    Column(name="content.customAttributeValue", help="Value of the custom attribute"),
    _id("content.destinationCustomerId", "Customer that another was merged into", of="customers"),
    _id("content.destinationConversationId", "Conversation that another was merged into"),
    _id("content.sourceCustomerId", "Customer that was merged away", of="customers"),
    _id("content.sourceConversationId", "Conversation that was merged away"),
    _id("content.paymentRequestId", "Payment request"),
    _choice("content.oldStatus", "Status of the payment request before"),
    _choice("content.newStatus", "Status of the payment request from here on"),
    _id("content.taskId", "Task"),
    _id("content.commentId", "Comment on a task"),
    _id("content.context.assignee.inboxId", "Inbox just before", of="inboxes"),
    _id("content.context.assignee.agentId", "Agent just before", of="agents"),
    Column(name="content.context.availableFor", kind=Kind.LIST, help="What the agent was available for just before"),
    _time("content.context.createdAt", "When the task was made"),
    _time("content.context.dueAt", "When the task was due just before"),
    _choice("content.context.currency", "Currency of the payment request"),
    Column(name="content.context.monetaryUnit", kind=Kind.NUMBER, help="Amount of the payment request"),
)
"""The columns of an event: the envelope, then what it is about, what changed, and the state just before."""

NAMES: Mapping[str, tuple[str, str]] = {
    "initiator": ("agent", "initiator.id"),
    "agent": ("agent", "content.agentId"),
    "inbox": ("inbox", "content.assignee.inboxId"),
    "assignee": ("agent", "content.assignee.agentId"),
    "inbox before": ("inbox", "content.context.assignee.inboxId"),
    "assignee before": ("agent", "content.context.assignee.agentId"),
    "topic": ("topic", "content.topicId"),
}
"""The names beside ids: of what kind they are, and of which column."""

NAME_COLUMNS = tuple(
    Column(
        name=name,
        kind=Kind.CHOICE,
        beside=True,
        help=f"Name that goes with {column}; in the view alone",
        name_of=column,
    )
    for name, (_, column) in NAMES.items()
)

RAW = Column(
    name="raw",
    help="The event's JSON, where the other columns cannot hold all of it; left out when they always can",
    optional=True,
)

ORIGINAL = Column(
    name="event",
    help="The event's JSON as it came, which is what the JSON downloads hold",
    beside=True,
    original=True,
)

EVENT_COLUMNS = (*SENT_COLUMNS, RAW, *NAME_COLUMNS, ORIGINAL)

_BY_NAME = {column.name: column for column in SENT_COLUMNS}
_FOLDERS = {
    ".".join(parts[:depth]) for parts in (name.split(".") for name in _BY_NAME) for depth in range(1, len(parts))
}


def event_row(values: Mapping[str, Any], text: str) -> Row:
    """The row of one event; `text` is its JSON as it came. Missing and null are the same, empty."""
    row: dict[str, Cell] = {ORIGINAL.name: text}
    is_whole = True
    for name, value in leaves("", values, _FOLDERS):
        column = _BY_NAME.get(name)
        cell = None if column is None else _number(value) if column.kind is Kind.NUMBER else fitting(value, column)
        if cell is None:
            is_whole = False
        else:
            row[name] = cell
    if not is_whole:
        row[RAW.name] = text
    return row


def _number(value: object) -> Cell:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53
    return float(value) if is_number else None  # type: ignore[arg-type]  # a number, as just seen
