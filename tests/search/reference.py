"""The search as plainly as it can be written: one line after the other, the standard library's JSON, no shortcut.

Written from what the search promises, not from how it works; the two share the reading of times.
"""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from gladly_tools.results.readings import read_time
from gladly_tools.search import ContactKind, Criteria

BLOCKS = {"p", "br", "div", "li", "td", "tr", "table", "h1"}
INLINES = {"a", "b", "i", "em", "strong", "span", "font", "img", "u"}
NO_TEXTS = {
    *("type", "messageType", "status", "language", "from", "to", "cc", "bcc", "url", "sourceName", "attachments"),
    *("recordingDuration", "expandByDefault"),
}


def lines_of(data: bytes) -> list[tuple[int, bytes]]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    lines = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip(b" \t\r")]


def parse(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line.decode(), parse_int=lambda text: int(text) if len(text) < 4000 else Decimal(text))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def is_contact(text: Any, criteria: Criteria) -> bool:
    if not isinstance(text, str):
        return False
    for piece in re.split(r"[,;\r\n]", text):
        piece = piece.strip().casefold()
        found = re.search(r"<([^<>]*)>$", piece)
        address = (found[1] if found else piece).strip()
        for contact in criteria.contacts:
            domain = address.rpartition("@")[2] if "@" in address else ""
            digits = "+" + re.sub(r"\D", "", address, flags=re.ASCII)
            is_phone = address.startswith("+") and not re.search(r"[^-\d\s().+/\u2010\u2011]", address, re.ASCII)
            if (
                (contact.kind is ContactKind.EMAIL and address == contact.value)
                or (contact.kind is ContactKind.DOMAIN and domain == contact.value)
                or (contact.kind is ContactKind.SUBDOMAINS and domain.endswith("." + contact.value))
                or (contact.kind is ContactKind.PHONE and is_phone and digits == contact.value)
            ):
                return True
    return False


def as_seen(text: str) -> str:
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)

    def tag(found: re.Match[str]) -> str:
        name = found[1].lower()
        return " " if name in BLOCKS else "" if name in INLINES else found[0]

    return html.unescape(re.sub(r"</?([A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?>", tag, text))


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    if isinstance(value, dict):
        kept = {
            name: inner
            for name, inner in value.items()
            if name not in NO_TEXTS and not re.search(r"^id$|(Id|Ids|Url|URL|At|Type|Status)$", name)
        }
        return [text for inner in kept.values() for text in texts(inner)]
    return []


def has_phrase(item: dict[str, Any], criteria: Criteria, topics: list[dict[str, Any]]) -> bool:
    phrases = [" ".join(phrase.split()).casefold() for phrase in criteria.phrases]
    content = item.get("content")
    names = {topic["id"]: topic for topic in topics}
    found = [" ".join(as_seen(text).casefold().split()) for text in texts(content)]
    if any(phrase in text for phrase in phrases for text in found):
        return True
    changed = [
        each
        for name in ("addedTopicIds", "removedTopicIds")
        if isinstance(content, dict)
        for each in as_list(content.get(name))
    ]
    for topic in changed:
        path: list[str] = []
        seen: set[str] = set()
        while isinstance(topic, str) and topic in names and topic not in seen:
            seen.add(topic)
            path.insert(0, names[topic]["name"])
            topic = names[topic].get("parentId")
        if any(phrase in " >> ".join(path).casefold() for phrase in phrases):
            return True
    return False


def matches(
    item: dict[str, Any], criteria: Criteria, customers: list[dict[str, Any]], topics: list[dict[str, Any]]
) -> bool:
    content = item.get("content")
    inner = content if isinstance(content, dict) else {}
    if criteria.contacts:
        own = [customer for customer in customers if customer["id"] == item.get("customerId")]
        contacts = [text for each in own for text in each["emailAddresses"] + each["phoneNumbers"]]
        if not any(is_contact(text, criteria) for text in [*contacts, *as_list(inner.get("from"))]):
            return False
    if criteria.phrases and not has_phrase(item, criteria, topics):
        return False
    if criteria.types and not (isinstance(inner.get("type"), str) and inner["type"] in criteria.types):
        return False
    people = [item.get("initiator"), item.get("responder")]
    ids = [person.get("id") for person in people if isinstance(person, dict)]
    if criteria.agents and not any(isinstance(each, str) and each in criteria.agents for each in ids):
        return False
    if criteria.start or criteria.end:
        timestamp = item.get("timestamp")
        moment = read_time(timestamp, UTC) if isinstance(timestamp, str) else None
        return (
            moment is not None
            and moment >= (criteria.start or datetime.min.replace(tzinfo=UTC))
            and moment < (criteria.end or datetime.max.replace(tzinfo=UTC))
        )
    return True
