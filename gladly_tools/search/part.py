"""From one file to one part of a result: nothing but paths and a frozen search goes in, so any process can do it.

A search over many files is a map and a merge:

    search = prepare(criteria, customers=[…], topics=[…])
    parts = map(partial(search_file, search=search), files, folders)
    lines = merged([part.items for part in parts], folder)

Whole conversations take a second pass over the files, with `conversations` of all parts of the first:

    search = replace(search, conversations=frozenset().union(*(part.conversations for part in parts)))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.criteria import Criteria
from gladly_tools.search.csv_rows import ItemRows, csv_header
from gladly_tools.search.customers import matching_customer
from gladly_tools.search.lines import (
    Unreadable,
    UnreadableLine,
    batches_of,
    chunks_of,
    is_blank,
    read_record,
    record_of,
)
from gladly_tools.search.matching import UNFIT, ItemSearch
from gladly_tools.search.scan import Batch, Progress, scan
from gladly_tools.search.shapes import Text
from gladly_tools.search.topics import matching_topics

Watch = Callable[[Progress], None]
"""Told how far a file is, every 128 kB or so; what it raises stops the search."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one file gave: where it lies, how much it is, and what it leads to.

    `items` holds the lines taken, as they came, each ending in LF; `rows` the same as CSV, where asked for;
    `unreadable` the lines that could not be read. `customers` are those of the lines taken, `conversations` those of
    the matches; both are empty for a search that takes all.
    """

    progress: Progress
    items: Path
    unreadable: Path
    rows: Path | None = None
    customers: frozenset[str] = frozenset()
    conversations: frozenset[str] = frozenset()


class _Keys(msgspec.Struct, gc=False):
    customerId: Text = None
    conversationId: Text = None


_read_keys = msgspec.json.Decoder(_Keys).decode


def prepare(criteria: Criteria, *, customers: Iterable[Path] = (), topics: Iterable[Path] = ()) -> ItemSearch:
    """The search of items, after a look at the customers and the topics of all files that are searched as one.

    Of the customers only the ids that match are held. Lines that cannot be read match nothing here; they are reported
    where these files are copied (see `select_customers`).
    """
    found: set[str] = set()
    if criteria.contacts:
        test = ContactTest(criteria.contacts)
        for path in customers:
            found |= customers_in(chunks_of(path), test)
    known = frozenset[str]()
    if criteria.phrases:
        known = matching_topics((record for path in topics for record in _records(path)), criteria.phrases)
    return ItemSearch(criteria=criteria, customers=frozenset(found), topics=known)


def customers_in(chunks: Iterable[bytes], test: ContactTest) -> set[str]:
    """The ids of the customers in one file whose contacts match."""
    found = set()
    for lines in batches_of(chunks):
        for line in lines:
            try:
                key = matching_customer(line, test)
            except UnreadableLine:
                continue
            if key is not None:
                found.add(key)
    return found


def search_file(
    source: Path, into: Path, search: ItemSearch, *, csv: bool = False, guard: bool = True, watch: Watch | None = None
) -> Part:
    """Search one file of conversation items, compressed or not, and write what is taken into a folder that exists."""
    return search_chunks(chunks_of(source), into, search, name=source.name, csv=csv, guard=guard, watch=watch)


def search_chunks(
    chunks: Iterable[bytes],
    into: Path,
    search: ItemSearch,
    *,
    name: str = "conversation_items.jsonl",
    csv: bool = False,
    guard: bool = True,
    watch: Watch | None = None,
) -> Part:
    """The same of bytes as they arrive; `name` is what unreadable lines are said to be from."""
    items, unreadable, rows = into / "found.jsonl", into / "unreadable.txt", into / "found.csv"
    customers: set[str] = set()
    conversations: set[str] = set()
    progress = Progress()
    with ExitStack() as stack:
        items_file = stack.enter_context(items.open("wb"))
        unreadable_file = stack.enter_context(unreadable.open("wb"))
        rows_file = stack.enter_context(rows.open("wb")) if csv else None
        if rows_file is not None:
            rows_file.write(csv_header())
        for batch in scan(chunks, search, rows=ItemRows(guard=guard) if csv else None):
            items_file.write(b"".join(map(_ended, batch.lines)))
            unreadable_file.write(b"".join(unreadable_text(each, name) for each in batch.unreadable))
            if rows_file is not None:
                rows_file.write(b"".join(batch.rows))
            if not search.criteria.takes_all:
                _gather(batch, customers, conversations)
            progress = batch.progress
            if watch is not None:
                watch(progress)
    return Part(
        progress=progress,
        items=items,
        unreadable=unreadable,
        rows=rows if csv else None,
        customers=frozenset(customers),
        conversations=frozenset(conversations),
    )


def select_customers(
    chunks: Iterable[bytes], wanted: frozenset[str] | None
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


def unreadable_text(unreadable: Unreadable, name: str) -> bytes:
    """One line of `unreadable.txt`: where it is from, why, and the line as it came."""
    return f"{name}, line {unreadable.number}, {unreadable.why}: ".encode() + unreadable.line + b"\n"


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") and not line.endswith(b"\r\n") else record_of(line) + b"\n"


def _gather(batch: Batch, customers: set[str], conversations: set[str]) -> None:
    """Note whose the lines are, and of what conversations the matches are."""
    for line, is_match in zip(batch.lines, batch.is_match, strict=True):
        customer: object
        conversation: object
        try:
            keys = _read_keys(line)
            customer, conversation = keys.customerId, keys.conversationId
        except UNFIT:
            record = read_record(line)
            customer, conversation = record.get("customerId"), record.get("conversationId")
        if isinstance(customer, str):
            customers.add(customer)
        if is_match and isinstance(conversation, str):
            conversations.add(conversation)


def _records(path: Path) -> Iterator[dict[str, object]]:
    for lines in batches_of(chunks_of(path)):
        for line in lines:
            try:
                yield read_record(line)
            except UnreadableLine:
                continue
