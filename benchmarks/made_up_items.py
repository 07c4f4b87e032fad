"""A made-up file export: `conversation_items.jsonl`, `customers.jsonl`, `topics.jsonl`, the same for the same number.

Lines are 1.2 kB on average, as measured of real ones. One item in 200 is from a searched domain, a little under one in
100 has a searched phrase; of those, a tenth only by case folding. A tenth of the texts is not ASCII, a few of these are
written with escapes, notes hold HTML, and `to` is a list in e-mails and a text elsewhere. There is nothing that the
other engines stop at: no lone surrogate, no broken line.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DOMAIN = "quillfeather.example"
PHRASES = ("größe", "partial refund")
ITEMS = "conversation_items.jsonl"
CUSTOMERS = "customers.jsonl"
TOPICS = "topics.jsonl"

_PATTERNS = 8_009  # a prime: patterns do not line up with customers or days
_FIRST = datetime(2026, 3, 1, tzinfo=UTC)
_DOMAIN_EVERY = 200
_TOPICS = 400
_BATCH = 10_000
_KINDS = (
    ("EMAIL", 30),
    ("CHAT_MESSAGE", 28),
    ("SMS", 10),
    ("TOPIC_CHANGE", 7),
    ("CONVERSATION_STATUS_CHANGE", 7),
    ("CONVERSATION_NOTE", 7),
    ("PHONE_CALL", 5),
    ("CUSTOMER_ACTIVITY", 3),
    ("WHATSAPP", 2),
    ("VOICEMAIL", 1),
)
_PLAIN = (
    "order parcel delivery return label address invoice payment customer service thanks regards waiting weeks since "
    "arrived damaged colour wrong item sent please could you check status number tracking carrier money account card "
    "charged twice discount code website login password reset email phone call tomorrow morning "
    "shipped. received? still nothing; hello, sorry for the delay; we will look into it and come back to you"
)
_OTHER = (
    "grüße schön möchten für über straße können zurück müssen está años teléfono mañana señor déjà reçu français "
    "très ça où garçon naïve smörgås ångström życzenia łódź zażółć"
)
_EMOJI = ("🙂", "👍", "🎉", "😡")


def write_items(path: Path, count: int) -> None:
    """Write so many lines."""
    with path.open("wb") as file:
        for batch in _lines(count):
            file.write("".join(batch).encode())


def write_customers(path: Path, count: int) -> None:
    """Write the customers that `count` items have: one for ten."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(_customers(count)):
            record = {
                "id": _customer(number),
                "name": f"Person {number}",
                "emailAddresses": [_address(number)],
                "phoneNumbers": [_phone(number)],
            }
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


def write_topics(path: Path) -> None:
    """Write the topics: a tree, in which one topic in a hundred has a searched phrase in its name."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(_TOPICS):
            record: dict[str, Any] = {"id": _topic(number), "name": f"Topic {number}", "disabled": number % 7 == 0}
            if number % 100 == 37:
                record["name"] = f"Partial Refund {number}"
            if number >= 20:
                record["parentId"] = _topic(number % 20)
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


def _lines(count: int) -> Iterator[list[str]]:
    patterns = [_pattern(random.Random(number), number) for number in range(_PATTERNS)]
    step = timedelta(days=1) / count
    customers = _customers(count)
    batch = []
    for number in range(count):
        customer = number * 7919 % customers
        before, after, is_agent = patterns[number * 31 % _PATTERNS]
        at = (_FIRST + step * number).isoformat(timespec="milliseconds")[:-6]
        if before.endswith("FROM"):
            sender = f"agent.{number % 60}@shop.example" if is_agent else _address(customer)
            before = before[:-4] + sender
        elif before.endswith("PHONE"):
            before = before[:-5] + ("+15550100" if is_agent else _phone(customer))
        initiator = f"Ag{number % 60:020d}" if is_agent else _customer(customer)
        kind = "AGENT" if is_agent else "CUSTOMER"
        batch.append(
            f'{{"id":"It{number:020d}","conversationId":"Co{number // 8:020d}","customerId":"{_customer(customer)}",'
            f'"timestamp":"{at}Z","initiator":{{"id":"{initiator}","type":"{kind}"}},"content":{before}{after}}}\n'
        )
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _pattern(chance: random.Random, number: int) -> tuple[str, str, bool]:
    """The content of one in so many items, in two halves, between which the sender stands; and if an agent began it."""
    kind = chance.choices([name for name, _ in _KINDS], [weight for _, weight in _KINDS])[0]
    content: dict[str, Any] = {"type": kind}
    is_agent = chance.random() < 0.45
    files = [
        {"id": f"At{number:020d}", "contentType": "image/jpeg", "filename": "partial refund.jpg", "fileSize": 120_031}
    ]
    match kind:
        case "EMAIL":
            content |= {"from": "FROM", "to": ["help@shop.example"], "cc": [], "bcc": []}
            content |= {"subject": _text(chance, number, 6), "content": _text(chance, number, 335)}
            content["attachments"] = files if chance.random() < 0.1 else []
        case "CHAT_MESSAGE":
            content |= {"sessionId": f"Se{number:020d}", "messageType": "TEXT", "content": _text(chance, number, 60)}
        case "SMS":
            content |= {"from": "PHONE", "to": "+15550100", "content": _text(chance, number, 30)}
        case "TOPIC_CHANGE":
            content["addedTopicIds"] = [_topic(chance.randrange(_TOPICS))]
            is_agent = True
        case "CONVERSATION_STATUS_CHANGE":
            content["status"] = "CLOSED"
            is_agent = True
        case "CONVERSATION_NOTE":
            content["body"] = f"<p>{_text(chance, number, 25)}</p><p>{_text(chance, number, 25)} &amp; more</p>"
            is_agent = True
        case "PHONE_CALL":
            summary = {"status": "READY", "summary": _text(chance, number, 80), "language": "en"}
            content |= {"from": "PHONE", "to": "+15550100", "startedAt": "2026-03-01T10:00:00.000Z"}
            content |= {"answeredAt": "2026-03-01T10:00:10.000Z", "completedAt": "2026-03-01T10:08:10.000Z"}
            content |= {"recordingStatus": "AVAILABLE", "recordingUrl": f"/api/v1/conversation-items/{number}/media"}
            content |= {"recordingDuration": chance.randrange(20, 900), "recordingSummary": summary}
        case "CUSTOMER_ACTIVITY":
            content |= {"activityType": "ISSUE", "title": _text(chance, number, 5), "body": _text(chance, number, 90)}
            content |= {"sourceName": "Web shop", "link": {"url": "https://shop.example/order", "text": "Order"}}
            content |= {"expandByDefault": True, "occurredAt": "2026-03-01T10:00:00.000Z"}
            content["receivedAt"] = "2026-03-01T10:00:01.000Z"
        case "VOICEMAIL":
            content |= {"startedAt": "2026-03-01T10:00:00.000Z", "recordingStatus": "AVAILABLE"}
            content["recordingDuration"] = 33
        case _:
            content["content"] = _text(chance, number, 40)
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=number % 50 == 3)
    for mark in ("FROM", "PHONE"):
        before, found, after = text.partition(f'"from":"{mark}')
        if found:
            return before + found, after, is_agent
    return text, "", is_agent


def _text(chance: random.Random, number: int, words: int) -> str:
    made = chance.choices(_PLAIN.split(), k=words)
    if number % 10 == 3:
        for place in range(0, words, chance.randrange(3, 9)):
            made[place] = chance.choice((*_OTHER.split(), *_EMOJI))
    for place in range(12, words, chance.randrange(13, 40)):
        made[place] = f"{made[place]}.\n\n{made[place - 1].title()}"
    if number % 150 == 5:
        made[chance.randrange(words)] = chance.choice(("partial refund", "Partial refund", "PARTIAL REFUND"))
    elif number % 1500 == 7:
        made[chance.randrange(words)] = chance.choice(("Größe", "GRÖSSE"))
    return " ".join(made)


def _customers(count: int) -> int:
    return max(1, count // 10)


def _customer(number: int) -> str:
    return f"Cu{number:020d}"


def _topic(number: int) -> str:
    return f"To{number:020d}"


def _address(customer: int) -> str:
    return f"person.{customer}@{DOMAIN if customer % _DOMAIN_EVERY == 11 else f'mail{customer % 97}.example'}"


def _phone(customer: int) -> str:
    return f"+1555{customer:07d}"
