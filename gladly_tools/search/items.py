"""What of a conversation item is searched, on an item as plain JSON: slow, and right for every shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from gladly_tools.results.readings import read_time

NOT_TEXT = frozenset(
    (
        *("type", "messageType", "activityType", "status", "recordingStatus", "language"),
        *("sessionId", "id", "pageId", "userId", "addedTopicIds", "removedTopicIds"),
        *("from", "to", "cc", "bcc", "companyNumber", "customerNumber", "sourceName"),
        *("url", "recordingUrl", "recordingDuration", "expandByDefault", "attachments", "contentType", "filename"),
        *("startedAt", "answeredAt", "completedAt", "occurredAt", "receivedAt"),
    )
)
"""Fields of an item's content that a phrase is not looked for in: kinds, ids, addresses, times, files."""

_NOT_TEXT_ENDINGS = ("Id", "Ids", "Url", "URL", "At", "Type", "Status")
_AT = slice(4, 20, 3)


def senders_of(item: Mapping[str, Any]) -> Iterator[str]:
    """The texts of `content.from`, one or a list."""
    content = item.get("content")
    sender = content.get("from") if isinstance(content, dict) else None
    for each in sender if isinstance(sender, list) else [sender]:
        if isinstance(each, str):
            yield each


def texts_of(content: object) -> Iterator[str]:
    """Every text of an item's content, at any depth, in fields known and unknown, in no order."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(inner for name, inner in value.items() if is_text(name))


def is_text(name: str) -> bool:
    """True for a field of the content that phrases are looked for in."""
    return name not in NOT_TEXT and not name.endswith(_NOT_TEXT_ENDINGS)


def topics_of(content: object) -> Iterator[str]:
    """The ids of the topics that an item adds or removes."""
    if isinstance(content, dict):
        for name in ("addedTopicIds", "removedTopicIds"):
            value = content.get(name)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str):
                    yield each


def people_of(item: Mapping[str, Any]) -> Iterator[str]:
    """The ids of the initiator and the responder."""
    for name in ("initiator", "responder"):
        person = item.get(name)
        if isinstance(person, dict) and isinstance(key := person.get("id"), str):
            yield key


def moment_of(timestamp: object) -> datetime | None:
    """The moment of an item, microseconds, finer fractions cut; without an offset in UTC. None when it is none."""
    if not isinstance(timestamp, str):
        return None
    # Gladly's own form, which C reads; the tests say that both read it alike.
    if len(timestamp) == 24 and timestamp[_AT] == "--T::." and timestamp[23] == "Z" and timestamp.isascii():
        try:
            return datetime.fromisoformat(timestamp)
        except ValueError:
            return None
    return read_time(timestamp, UTC)
