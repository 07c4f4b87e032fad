"""Items outside any conversation: news that a program sent, in JSON that is right but hard to read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gladly_tools.demo.customers import is_deleted
from gladly_tools.demo.ids import Kind, seeded
from gladly_tools.demo.moments import moment

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company

_HOUR = dt.timedelta(hours=1)
_EVERY = 6  # hours
_BIG = 123_456_789_012_345_678_901_234_567_890  # more than 64 bits hold
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

# Title, body, source, and what is hard about it.
_NEWS = (
    ("Parcel scanned", "Depot NJ-4", "Courier, Inc.", "big integer"),
    ("Parcel found", "It was behind the door.", "Courier, Inc.", "duplicate key"),
    ("Size exchanged", "Größe L statt größe S", 'Shop "main"', "escapes"),
    ("Thumbs up", "half an emoji: \ud83d", "Surveys", "lone surrogate"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideItem:
    """One item without a conversation; `line` is its JSON."""

    customer_id: str
    at: dt.datetime
    line: bytes


def outside_items(company: Company, begin: dt.datetime, end: dt.datetime) -> Iterator[OutsideItem]:
    """Those of a window, in no order: several in every sixth hour since the company's first day."""
    customers = company.customer_count
    hour = (begin - _EPOCH) // _HOUR
    while customers and (at := _EPOCH + hour * _HOUR) < end:
        if hour % _EVERY == 2 and at.date() >= company.timeline.first_day:
            for place in range(len(_NEWS)):
                made = _made(company, hour * len(_NEWS) + place, at, customers)
                if begin <= made.at < end:
                    yield made
        hour += 1


def _made(company: Company, number: int, hour: dt.datetime, customers: int) -> OutsideItem:
    chance = seeded(company.seed, "outside", number)
    title, body, source, trouble = _NEWS[number % len(_NEWS)]
    customer = chance.randrange(customers)
    if is_deleted(customer):
        customer = 0
    customer_id = company.customers.current_id(customer)
    at = hour + dt.timedelta(milliseconds=chance.randrange(3_600_000))
    content: dict[str, object] = {
        "type": "CUSTOMER_ACTIVITY",
        "activityType": "ISSUE",
        "title": title,
        "body": body,
        "sourceName": source,
        "receivedAt": moment(at, 3),
    }
    if trouble == "big integer":
        content["trackingNumber"] = _BIG
    shape = {
        "id": company.ids.make(Kind.OUTSIDE_ITEM, number),
        "customerId": customer_id,
        "timestamp": moment(at, 3),
        "initiator": {"type": "API", "id": company.agents[0].id},
        "content": content,
    }
    text = json.dumps(shape, ensure_ascii=trouble in ("escapes", "lone surrogate"), separators=(",", ":"))
    if trouble == "duplicate key":
        text = text.replace('"title":', '"title":"Parcel lost","title":', 1)
    return OutsideItem(customer_id=customer_id, at=at, line=text.encode())
