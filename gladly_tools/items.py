"""A conversation item as a row: the portal's 41 columns, and the whole item as JSON where they cannot hold it.

What is nested is flattened with dots. Nothing is lost: a field without a column, or a value that does not fit its
column, puts the item's JSON into `raw`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from gladly_tools.results.readings import read_time
from gladly_tools.results.schema import Cell, Column, Kind, Row

ATTACHMENT = (
    ("id", Kind.ID),
    ("contentType", Kind.TEXT),
    ("filename", Kind.TEXT),
    ("fileSize", Kind.INTEGER),
)
"""The fields of an attachment."""


def _text(name: str, help: str, kind: Kind = Kind.TEXT, *, of: str = "") -> Column:
    return Column(name=name, kind=kind, help=help, of=of)


def _time(name: str, help: str) -> Column:
    """A time as Gladly wrote it: its fractions of a second vary, and stay as they are."""
    return Column(name=name, kind=Kind.TIME, help=help, verbatim=True)


PORTAL_COLUMNS = (
    _text("id", "Unique id of the item", Kind.ID),
    _text("customerId", "Unique id of the customer; may be one that was merged away since", Kind.ID, of="customers"),
    _text("conversationId", "Conversation that the item is in; empty for items in none", Kind.ID),
    _text("sessionId", "Session of the item", Kind.ID),
    _time("timestamp", "When the item happened"),
    _text("initiator.id", "Person or system that began it", Kind.ID),
    _text("initiator.type", "Kind of initiator", Kind.CHOICE),
    _text("responder.id", "The other side, where there is one", Kind.ID),
    _text("responder.type", "Kind of responder", Kind.CHOICE),
    _text("content.type", "Kind of item", Kind.CHOICE),
    _text("content.messageType", "Kind of chat message", Kind.CHOICE),
    _text("content.sessionId", "Chat session that the message belongs to", Kind.ID),
    _text("content.content", "Text of a message"),
    Column(name="content.attachments", kind=Kind.RECORDS, members=ATTACHMENT, help="Attached files"),
    _text("content.status", "Status that a change led to, or how far a spoken message was played", Kind.CHOICE),
    _text("content.title", "Title of an activity"),
    _text("content.body", "Text of a note, an activity or a spoken message; may hold HTML"),
    _text("content.activityType", "Kind of activity", Kind.CHOICE),
    _text("content.sourceName", "System that an activity came from", Kind.CHOICE),
    _text("content.link.url", "Address that an activity links to"),
    _text("content.link.text", "Words of that link"),
    Column(name="content.expandByDefault", kind=Kind.BOOLEAN, help="Whether Gladly shows the activity unfolded"),
    _time("content.occurredAt", "When an activity happened"),
    _time("content.receivedAt", "When Gladly received an activity"),
    _text("content.from", "Sender: e-mail address or phone number"),
    Column(name="content.to", kind=Kind.LIST, help="Recipients: e-mail addresses, or the one number called"),
    Column(name="content.cc", kind=Kind.LIST, help="Copy recipients of an e-mail"),
    Column(name="content.bcc", kind=Kind.LIST, help="Hidden copy recipients of an e-mail"),
    _text("content.subject", "Subject of an e-mail"),
    _text("content.pageId", "Facebook page", Kind.ID),
    _text("content.userId", "Facebook user", Kind.ID),
    _time("content.startedAt", "When a call or voicemail began"),
    _time("content.answeredAt", "When a call was answered; empty when it was not"),
    _time("content.completedAt", "When a call ended"),
    _text("content.recordingUrl", "Path of the recording at Gladly; needs a token"),
    Column(name="content.recordingDuration", kind=Kind.INTEGER, help="Length of the recording", unit="seconds"),
    _text("content.recordingSummary.status", "How far the AI summary is", Kind.CHOICE),
    _text("content.recordingSummary.summary", "AI summary of the call"),
    _text("content.recordingSummary.language", "Language of the summary", Kind.CHOICE),
    Column(name="content.addedTopicIds", kind=Kind.LIST, help="Topics added", of="topics"),
    Column(name="content.removedTopicIds", kind=Kind.LIST, help="Topics removed", of="topics"),
)
"""The columns of an item, in the portal's order."""

RAW = Column(
    name="raw",
    help="The item's JSON, where the other columns cannot hold all of it; left out when they always can",
    optional=True,
)

ITEM_COLUMNS = (*PORTAL_COLUMNS, RAW)
"""The portal's columns and `raw`."""

_BY_NAME = {column.name: column for column in PORTAL_COLUMNS}
_FOLDERS = {name.rpartition(".")[0] for name in _BY_NAME} - {""}
_LATEST = datetime.max.replace(tzinfo=UTC)
_WHOLE_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)


def item_row(item: Mapping[str, Any], *, json_text: str | None = None) -> Row:
    """The row of one item; missing and null are the same, empty.

    `json_text` is what `raw` holds when it is needed; without it, the item written as JSON again. One address where
    a list is usual becomes a list of one.
    """
    row: dict[str, Cell] = {}
    is_whole = True
    for name, value in leaves("", item, _FOLDERS):
        column = _BY_NAME.get(name)
        cell = None if column is None else fitting(value, column)
        if cell is None:
            is_whole = False
        else:
            row[name] = cell
            is_whole = is_whole and not (isinstance(cell, str) and not cell.isascii() and not _is_writable(cell))
    if not is_whole:
        row[RAW.name] = _json(item) if json_text is None else json_text
    return row


def order_of(item: Mapping[str, Any]) -> datetime:
    """When an item, or its row, happened, to order by; those whose time cannot be read come last."""
    stamp = item.get("timestamp")
    return (read_time(stamp, UTC) if isinstance(stamp, str) else None) or _LATEST


def _json(item: Mapping[str, Any]) -> str:
    """The item as JSON; with half characters, which no file can hold, written as escapes."""
    text = json.dumps(item, ensure_ascii=False)
    return text if _is_writable(text) else json.dumps(item)


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def fitting(value: object, column: Column) -> Cell:
    """The value as a cell of the column; None when the column cannot hold it without loss."""
    match column.kind:
        case Kind.LIST:
            if isinstance(value, str):
                return [value]
            whole = isinstance(value, list) and all(isinstance(item, str) for item in value)
            return value if whole else None  # type: ignore[return-value]  # a list of text, as just seen
        case Kind.RECORDS:
            return _records(value, column)
        case Kind.BOOLEAN:
            return value if isinstance(value, bool) else None
        case Kind.INTEGER:
            if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
                return int(value)
            return value if _is_integer(value) else None
        case _:
            return value if isinstance(value, str) else None


def _records(value: object, column: Column) -> Cell:
    if not isinstance(value, list):
        return None
    kinds = dict(column.members)
    for record in value:
        if not isinstance(record, dict) or not record.keys() <= kinds.keys():
            return None
        for name, inner in record.items():
            fits = _is_integer(inner) if kinds[name] is Kind.INTEGER else isinstance(inner, str)
            if inner is not None and not fits:
                return None
    return value


def _is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def leaves(prefix: str, values: Mapping[str, Any], folders: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Every value that is not null with its dotted name; objects are opened where their name is one of `folders`."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if value is None:
            continue
        if isinstance(value, dict) and name in folders:
            yield from leaves(f"{name}.", value, folders)
        else:
            yield name, value
