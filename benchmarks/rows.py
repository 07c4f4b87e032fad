"""Made-up contact information: rows of the export's shape, any number of them, the same for the same number."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from gladly_tools.exports.conversation_report import REPORT_COLUMNS
from gladly_tools.exports.customer_look_up import CUSTOMER_COLUMNS
from gladly_tools.results.schema import Cell, Column, Kind

COLUMNS = REPORT_COLUMNS + CUSTOMER_COLUMNS
ZONE = "America/New_York"
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 365
SEARCHED = "Quillfeather"
"""A word in the names of a few customers."""

_PATTERNS = 5_003  # a prime: patterns do not line up with days or customers
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CHOICES = {
    "Timezone Filter": [ZONE],
    "Inboxes Filter": ["All"],
    "Status": ["CLOSED", "CLOSED", "CLOSED", "OPEN", "WAITING"],
    "First Channel": ["EMAIL", "EMAIL", "VOICE", "SMS", "CHAT", "FACEBOOK_MESSENGER"],
    "Second Channel": ["", "", "EMAIL", "SMS"],
    "Third Channel": ["", "", "", "VOICE"],
    "Last Channel": ["EMAIL", "VOICE", "SMS", "CHAT"],
    "Phone Type": ["MOBILE", "HOME", ""],
    "SMS Preference": ["ALLOWED", "DISALLOWED", ""],
}
_TOPICS = ["Returns", "Shipping Delay", "Refund, partial", "Order Change", 'Size "Large"', "Payment", "Gift Card"]


def rows(first: int, count: int, of: int) -> Iterator[dict[str, Cell]]:
    """Rows `first` to `first + count` of `of` rows that lie evenly over a year."""
    patterns = [_pattern(random.Random(number)) for number in range(_PATTERNS)]
    step = timedelta(days=DAYS) / of
    for number in range(first, first + count):
        created = FIRST + step * number
        customer = number * 7919 % (of * 7 // 10 + 1)
        key = f"{number:022d}"
        yield {
            **patterns[number % _PATTERNS],
            "Created At": _text(created),
            "Conversation ID": key,
            "Customer ID": f"c{customer:021d}",
            "First Contact ID": f"f{number * 48_271 % 2**61:021d}",
            "Last Closed At": _text(created + timedelta(seconds=number * 7_907 % 900_001)),
            "Conversation Link": f"https://example.us-1.gladly.com/conversation/{key}",
            "Conversation Handle Time in seconds": str(number * 104_729 % 3_601 + number % 13 * 40),
            "Email": f"person.{customer}@example.com",
        }


def _pattern(chance: random.Random) -> dict[str, Cell]:
    """The cells that repeat, of one in so many rows."""
    return {column.name: _cell(column, chance) for column in COLUMNS}


def _cell(column: Column, chance: random.Random) -> str | None:
    name = column.name
    if name in _CHOICES:
        return chance.choice(_CHOICES[name]) or None
    if name.startswith("Inbox Name"):
        return f"Inbox {chance.randrange(12)}"
    if "Agent Name" in name:
        return f"Agent {chance.randrange(80)}"
    if "Topics" in name:
        return ", ".join(chance.sample(_TOPICS, chance.randrange(4))) or None
    if name == "Name":
        return f"Person {chance.choice([SEARCHED, *map(str, range(200))])}"
    if name == "Address":
        return f"{chance.randrange(900)} Long Street, Some Town, {chance.randrange(90_000):05d}"
    if name == "Merged Conversations":
        return None
    return _of_kind(column.kind, chance)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _of_kind(kind: Kind, chance: random.Random) -> str:
    match kind:
        case Kind.TIME:
            return _text(FIRST + timedelta(seconds=chance.randrange(DAYS * 86_400)))
        case Kind.INTEGER:
            return str(chance.randrange(6))
        case Kind.NUMBER:
            return f"{chance.random() * 90_000:.2f}"
        case Kind.BOOLEAN:
            return chance.choice(["true", "false"])
        case Kind.ID:
            return "".join(chance.choices(_ALPHABET, k=22))
        case _:
            return f"+1555{chance.randrange(10_000_000):07d}"
