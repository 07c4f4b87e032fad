"""Customers by contact: whose e-mail addresses or phone numbers are searched for."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.lines import (
    Unreadable,
    UnreadableLine,
    batches_of,
    is_blank,
    read_record,
    record_of,
)
from gladly_tools.search.shapes import ABSENT


class _Customer(msgspec.Struct, gc=False):
    """The shape of the export; `emails` and `phones` are the REST API's."""

    id: str
    emailAddresses: list[str] | None = None
    phoneNumbers: list[str] | None = None
    emails: msgspec.Raw = ABSENT
    phones: msgspec.Raw = ABSENT


_decode = msgspec.json.Decoder(_Customer).decode


def matching_customers(piece: bytes, test: ContactTest) -> Iterator[str]:
    """The ids of the customers on these lines whose contacts match; lines that cannot be read are none."""
    lines = piece.split(b"\n")
    try:
        texts = piece.decode().split("\n")
    except UnicodeDecodeError:
        worth_reading: Iterable[int] = range(len(lines))
    else:
        # What a record says stands in its line as it is, unless an escape hides it.
        escaped = [place for place, text in enumerate(texts) if "\\" in text]
        worth_reading = sorted({*test.suspects(texts), *escaped})
    for place in worth_reading:
        with suppress(UnreadableLine):
            if (key := matching_customer(lines[place], test)) is not None:
                yield key


def matching_customer(line: bytes, test: ContactTest) -> str | None:
    """The id of the customer on this line when a contact is theirs, else None. Raises UnreadableLine."""
    if line.isascii():
        try:
            customer = _decode(line)
        except (msgspec.DecodeError, RecursionError):
            pass  # another shape: read as it is
        else:
            if customer.emails is ABSENT and customer.phones is ABSENT:
                for contacts in (customer.emailAddresses, customer.phoneNumbers):
                    for contact in contacts or ():
                        if test.holds(contact):
                            return customer.id
                return None
    record = read_record(line)
    key = record.get("id")
    return key if isinstance(key, str) and any(map(test.holds, contacts_of(record))) else None


def contacts_of(customer: Mapping[str, Any]) -> Iterator[str]:
    """Every e-mail address and phone number of a customer, in the export's shape or the REST API's."""
    for name in ("emailAddresses", "phoneNumbers", "emails", "phones"):
        value = customer.get(name)
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, str):
                yield entry
            elif isinstance(entry, dict):
                yield from (text for key in ("normalized", "original") if isinstance(text := entry.get(key), str))


def select_customers(
    chunks: Iterable[bytes], wanted: Container[str] | None
) -> Iterator[tuple[list[bytes], list[Unreadable]]]:
    """The records with these ids (None for all), as they came, and the lines that could not be read; batch by batch."""
    number = 0
    for lines in batches_of(chunks):
        taken: list[bytes] = []
        failed: list[Unreadable] = []
        for line in lines:
            number += 1
            if is_blank(line):
                continue
            try:
                record = read_record(line)
            except UnreadableLine as error:
                failed.append(Unreadable(number=number, line=record_of(line), why=str(error)))
                continue
            key = record.get("id")
            if wanted is None or (isinstance(key, str) and key in wanted):
                taken.append(record_of(line))
        yield taken, failed
