"""From one file to one part of a result: nothing but paths and frozen values goes in, so any process can do it.

A search over many files is a map over them; the result puts the parts together:

    search = prepare(criteria, customers=[…], topics=[…])
    parts = map(partial(search_file, search=search), files, tasks)

Whole conversations take a second pass over the files, with the conversations that all parts of the first name:

    search = replace(search, conversations=read_ids(task.conversations for task in tasks))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow as pa

from gladly_tools.results.schema import Cell, Column, Kind
from gladly_tools.results.writer import SliceFile, SlicePlace, SliceWritten
from gladly_tools.search.columns import Columns, NamesById, add_names, columns_of
from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.criteria import Criteria
from gladly_tools.search.customers import matching_customers
from gladly_tools.search.ids import IdFile
from gladly_tools.search.lines import (
    BATCH_BYTES,
    UnreadableLine,
    batches_of,
    chunks_of,
    pieces_of,
    read_record,
    record_of,
    unreadable_text,
)
from gladly_tools.search.matching import ItemSearch
from gladly_tools.search.scan import Batch, Progress, scan
from gladly_tools.search.topics import matching_topics

Watch = Callable[[Progress], None]
"""Told how far a file is, every 256 kB or so; what it raises stops the search."""

MATCH = Column(
    name="Match", kind=Kind.BOOLEAN, help="Whether the item itself met the search", beside=True, optional=True
)
ORIGINAL = Column(name="original", help="The record as Gladly wrote it", beside=True, original=True)


_GATHERED_LINES = 1_000
_GATHERED_BYTES = 2 * BATCH_BYTES


class Take(StrEnum):
    """Which of the items found are taken: of two passes for whole conversations each takes its own."""

    ALL = "all"
    OUTSIDE = "outside any conversation"
    WITHIN = "within a conversation"


@dataclass(frozen=True, kw_only=True)
class Task:
    """Where what a file gives is to lie.

    `rows` is a place for the items taken: their cells, `MATCH` where whole conversations are taken, the names that are
    known beside their ids, and `ORIGINAL`, the line as it came. `unreadable` is for the lines that could not be read,
    said to be from `label`. `customers` is for the ids of the customers of the items taken, `conversations` for those
    of the conversations of the matches; both stay empty for a search that takes all, and without `conversations` nobody
    wants to know.

    """

    rows: SlicePlace
    unreadable: Path
    customers: Path
    label: str = "conversation_items"
    conversations: Path | None = None
    take: Take = Take.ALL
    names: NamesById = field(default_factory=NamesById)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one file gave."""

    progress: Progress
    written: SliceWritten


def prepare(criteria: Criteria, *, customers: Iterable[Path] = (), topics: Iterable[Path] = ()) -> ItemSearch:
    """The search of items, after a look at the customers and the topics of all files that are searched as one.

    Of the customers only the ids that match are held. Lines that cannot be read match nothing here; they are reported
    where these files are copied (see `select_customers`).
    """
    test = ContactTest(criteria.contacts)
    found = (key for path in customers for key in customers_in(chunks_of(path), test)) if criteria.contacts else ()
    records = (record for path in topics for record in _records(path))
    known = matching_topics(records, criteria.phrases) if criteria.phrases else frozenset()
    return ItemSearch(criteria=criteria, customers=frozenset(found), topics=known)


def customers_in(chunks: Iterable[bytes], test: ContactTest) -> Iterator[str]:
    """The ids of the customers in one file whose contacts match; one that is there twice may come twice."""
    for piece in pieces_of(chunks):
        yield from matching_customers(piece, test)


def search_file(source: Path, task: Task, search: ItemSearch, *, watch: Watch | None = None) -> Part:
    """Search one file of conversation items, compressed or not, and write what is taken."""
    return search_chunks(chunks_of(source), task, search, watch=watch)


def search_chunks(chunks: Iterable[bytes], task: Task, search: ItemSearch, *, watch: Watch | None = None) -> Part:
    """The same of bytes as they arrive. The rows are durable when this returns, and before that not there."""
    progress = Progress()
    with ExitStack() as stack:
        rows = stack.enter_context(SliceFile(task.rows))
        unreadable = stack.enter_context(task.unreadable.open("wb"))
        customers = stack.enter_context(IdFile(task.customers))
        conversations = stack.enter_context(IdFile(task.conversations)) if task.conversations else None

        def write(found: _Found) -> None:
            columns = _cells(found, task)
            if conversations is not None:
                conversations.add(_of_matches(found, columns))
            if not search.criteria.takes_all:
                customers.add(columns.get("customerId", ()))
            _write(rows, found, columns, task.take)

        found = _Found()
        for batch in scan(chunks, search):
            progress = batch.progress
            unreadable.writelines(unreadable_text(each, task.label) for each in batch.unreadable)
            found.take(batch)
            if len(found.lines) >= _GATHERED_LINES or found.size >= _GATHERED_BYTES:
                write(found)
                found = _Found()
            if watch is not None:
                watch(progress)
        write(found)
        return Part(progress=progress, written=rows.publish())


@dataclass
class _Found:
    """Lines that are taken, gathered: a handful at a time takes longer, and more memory, than it is worth."""

    lines: list[bytes] = field(default_factory=list)
    is_match: list[bool] = field(default_factory=list)
    size: int = 0

    def take(self, batch: Batch) -> None:
        self.lines += batch.lines
        self.is_match += batch.is_match
        self.size += sum(map(len, batch.lines))


def _cells(found: _Found, task: Task) -> Columns:
    columns = columns_of(found.lines)
    add_names(columns, task.names)
    if task.take is not Take.ALL:
        columns[MATCH.name] = list(found.is_match)
    return columns


def _of_matches(found: _Found, columns: Columns) -> Iterator[Cell]:
    """The conversations that matches are in."""
    for is_match, key in zip(found.is_match, columns.get("conversationId", ()), strict=False):
        if is_match and key:
            yield key


def _write(rows: SliceFile, found: _Found, columns: Columns, take: Take) -> None:
    lines = found.lines
    if take is not Take.ALL:
        inside = columns.get("conversationId", [None] * len(lines))
        places = [place for place, key in enumerate(inside) if bool(key) is (take is Take.WITHIN)]
        columns = {name: [cells[place] for place in places] for name, cells in columns.items()}
        lines = [lines[place] for place in places]
    if lines:
        rows.add_columns(len(lines), {**columns, ORIGINAL.name: _originals(lines)})


def _originals(lines: Sequence[bytes]) -> pa.StringArray:
    """Readable lines, which are UTF-8, as a column of text, without being made text in between."""
    records = [record_of(line) for line in lines]
    ends = np.zeros(len(records) + 1, np.int32)
    np.cumsum([len(record) for record in records], out=ends[1:])
    whole = pa.py_buffer(b"".join(records))
    return pa.StringArray.from_buffers(len(records), pa.py_buffer(ends.tobytes()), whole)


def _records(path: Path) -> Iterator[dict[str, object]]:
    for lines in batches_of(chunks_of(path)):
        for line in lines:
            try:
                yield read_record(line)
            except UnreadableLine:
                continue
