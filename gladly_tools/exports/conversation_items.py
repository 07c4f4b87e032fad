"""The items of a conversation as rows, with names beside the ids; what Gladly cut is recovered as far as it can be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gladly_tools.api import Client
from gladly_tools.exports.export import Workbench
from gladly_tools.exports.names import AskedNames
from gladly_tools.items import ITEM_COLUMNS, item_row, order_of
from gladly_tools.results.schema import Cell, Column, Kind, Row

MOST_ITEMS = 1000


def name_beside(name: str, of: str, help: str, *, kind: Kind = Kind.CHOICE) -> Column:
    """A name beside an id, for the view alone; left out where none could be read."""
    return Column(name=name, kind=kind, help=help, beside=True, optional=True, name_of=of)


NAMES = (
    name_beside("Customer", "customerId", "Name of the customer", kind=Kind.TEXT),
    name_beside("Initiator", "initiator.id", "Name of the initiator"),
    name_beside("Responder", "responder.id", "Name of the responder"),
    name_beside("Topics added", "content.addedTopicIds", "Names of the topics added", kind=Kind.LIST),
    name_beside("Topics removed", "content.removedTopicIds", "Names of the topics removed", kind=Kind.LIST),
)
"""Names that stand beside the ids in the view; no download holds them."""

COLUMNS = (*ITEM_COLUMNS, *NAMES)

SHOWN = (
    "timestamp",
    "content.type",
    "initiator.type",
    "Initiator",
    "content.subject",
    "content.content",
    "content.body",
    "Topics added",
    "content.status",
)
"""What a table of items shows at first."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """The items of one conversation, oldest first; whether Gladly cut the list, and how many came by their session."""

    items: tuple[Mapping[str, Any], ...]
    cut: bool = False
    recovered: int = 0


def fetch(client: Client, conversation_id: str) -> Fetched:
    """Every item that can be had. A cut list is asked for again session by session, as far as sessions are known.

    Raises NotFoundError when there is no such conversation.
    """
    listing = client.conversations.items(conversation_id)
    if not listing.cut:
        return Fetched(items=listing.found)
    items = {item_key(item): item for item in listing.found}
    sessions = {
        session
        for item in listing.found
        if isinstance(session := item.get("sessionId"), str) and session.strip() and session.isprintable()
    }
    for session in sorted(sessions):
        of_session = client.conversations.items(conversation_id, session_id=session)
        for item in of_session.found:
            items.setdefault(item_key(item), item)
    ordered = sorted(items.values(), key=order_of)
    return Fetched(
        items=tuple(ordered), cut=True, recovered=len(ordered) - len({item_key(item) for item in listing.found})
    )


def item_key(item: Mapping[str, Any]) -> str:
    """What tells an item from others: its id, or all that it says when it has none."""
    item_id = item.get("id")
    return item_id if isinstance(item_id, str) and item_id else json.dumps(item, sort_keys=True)


def remark(workbench: Workbench, fetched: Fetched) -> None:
    """Say what is missing of a conversation that Gladly cut."""
    if not fetched.cut:
        return
    workbench.remark(
        f"Conversations with more than the {MOST_ITEMS:,} items that Gladly gives of one; "
        "those that no session led to are missing",
        partial=True,
    )
    if fetched.recovered:
        workbench.remark("Items beyond the most that Gladly gives, found by their session", count=fetched.recovered)


def rows(fetched: Fetched, names: AskedNames) -> Iterator[Row]:
    """The rows of one conversation's items."""
    for item in fetched.items:
        row: dict[str, Cell] = dict(item_row(item))
        row["Customer"] = names.customer(_text(row, "customerId"))
        for party in ("initiator", "responder"):
            row[party.capitalize()] = names.party(_text(row, f"{party}.id"), _text(row, f"{party}.type"))
        for change in ("added", "removed"):
            topics = row.get(f"content.{change}TopicIds")
            row[f"Topics {change}"] = names.topics(str(topic) for topic in topics) if isinstance(topics, list) else None
        yield row


def _text(row: Row, name: str) -> str | None:
    cell = row.get(name)
    return cell if isinstance(cell, str) else None
