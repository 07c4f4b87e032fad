"""The work of a search through export files, slice by slice: a map over the files of every job.

Each job's agents and topics; what the search means, from all jobs' customers and topics; each job's items; for whole
conversations each job's items once more, from what was kept; the customers of what was found. What one slice learns for
a later one lies in the run's folder, in files of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any

from gladly_tools.errors import NotFoundError
from gladly_tools.exports.conversation_items import NAMES as NAME_COLUMNS
from gladly_tools.exports.export import Into, Slice, Workbench
from gladly_tools.exports.export_files import (
    AGENTS,
    CUSTOMERS,
    ITEMS,
    TOPICS,
    JobFiles,
    KeptSet,
    Source,
)
from gladly_tools.exports.local_files import open_local
from gladly_tools.exports.search_questions import Where
from gladly_tools.items import ITEM_COLUMNS
from gladly_tools.kept_files import check_disk
from gladly_tools.results.schema import Cell, Column, Kind, Row
from gladly_tools.search import (
    AGENT_COLUMNS,
    CUSTOMER_COLUMNS,
    TOPIC_COLUMNS,
    Criteria,
    ItemSearch,
    Progress,
    RecordRows,
    Unreadable,
    UnreadableLine,
    item_row_of,
    scan,
    select_customers,
    unreadable_text,
)
from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.lines import batches_of, is_blank, read_record, record_of
from gladly_tools.search.part import customers_in
from gladly_tools.search.topics import matching_topics

LOCAL = "file"
"""What stands for a job where a file is searched."""

MATCH = Column(
    name="Match", kind=Kind.BOOLEAN, help="Whether the item itself met the search", beside=True, optional=True
)
ORIGINAL = Column(name="original", help="The record as Gladly wrote it", beside=True, original=True)
COLUMNS = (*ITEM_COLUMNS, MATCH, *NAME_COLUMNS, ORIGINAL)
OTHERS: Mapping[str, Sequence[Column]] = {
    AGENTS: AGENT_COLUMNS,
    CUSTOMERS: CUSTOMER_COLUMNS,
    TOPICS: TOPIC_COLUMNS,
}
"""The columns of the other files."""

MOST_NAMES = 200_000
"""Customers whose names are held while items are read; names stand beside ids, and must not cost memory without end."""


class Step(StrEnum):
    """The kinds of slice, in their order."""

    OTHERS = "others"
    MEANING = "meaning"
    ITEMS = "items"
    WHOLE = "whole"
    CUSTOMERS = "customers"


def rows(workbench: Workbench, where: Where, criteria: Criteria, slice: Slice) -> Iterator[Row | Into]:
    """The rows of one slice; its key names the step and, where it is of one job alone, that job."""
    run = _Run(workbench, where, criteria)
    kind, _, key = slice.key.partition(":")
    match Step(kind):
        case Step.OTHERS:
            source = run.source(key, slice.arguments)
            for file in (AGENTS, TOPICS):
                yield from run.records(source, file)
        case Step.MEANING:
            run.find_meaning(run.sources(slice.arguments))
        case Step.ITEMS:
            yield from run.items(run.source(key, slice.arguments), key)
        case Step.WHOLE:
            yield from run.whole(run.source(key, slice.arguments), key)
        case Step.CUSTOMERS:
            yield from run.customers(run.sources(slice.arguments))
            run.hand_over_unreadable()


class _Run:
    """One slice's work."""

    def __init__(self, workbench: Workbench, where: Where, criteria: Criteria) -> None:
        self._bench = workbench
        self._where = where
        self._criteria = criteria
        self._notes = _Notes(workbench)

    def source(self, key: str, arguments: Mapping[str, Any]) -> Source:
        """Where the files of a slice come from."""
        where = self._where
        if where.upload:
            return KeptSet(self._bench, where.upload, where.files, name=where.file_name)
        if where.file:
            return open_local(where.file, name=where.file_name, field="where")
        return JobFiles(self._bench, key, arguments["files"])

    def sources(self, arguments: Mapping[str, Any]) -> list[Source]:
        """Where the files of all jobs come from."""
        return [self.source(key, of_one) for key, of_one in arguments["sources"].items()]

    def records(self, source: Source, file: str) -> Iterator[Into]:
        """Every record of one of a job's other files."""
        shaped = RecordRows(OTHERS[file])
        with _UnreadableLines(self._bench, f"{file} of {source.name}") as unreadable:
            for number, line in enumerate(self._lines(source, file), start=1):
                try:
                    row = shaped.row_of(line)
                except UnreadableLine as error:
                    unreadable.add(number, line, str(error))
                else:
                    yield Into(table=file, row={**row, ORIGINAL.name: record_of(line).decode()})

    def find_meaning(self, sources: Sequence[Source]) -> None:
        """Note the customers whose contacts match, and the topics that the phrases mean. Fetches the customers."""
        found: set[str] = set()
        test = ContactTest(self._criteria.contacts)
        for place, source in enumerate(sources):
            self._bench.progress(place / len(sources), "reading the customers")
            chunks = self._chunks(source, CUSTOMERS)
            if self._criteria.contacts:
                found |= customers_in(chunks, test)
            else:
                for _ in chunks:  # to be kept for later
                    pass
        records = (record for source in sources for record in _records(self._lines(source, TOPICS, again=True)))
        topics = matching_topics(records, self._criteria.phrases) if self._criteria.phrases else ()
        self._notes.put(Step.MEANING, {"customers": sorted(found), "topics": sorted(topics)})

    def items(self, source: Source, key: str) -> Iterator[Row]:
        """The items of a job that match; for whole conversations only which conversations those are."""
        is_first_of_two = self._criteria.whole_conversation and not self._criteria.takes_all
        conversations: set[str] = set()
        for row in self._scanned(source, self._search(), key):
            if not is_first_of_two:
                yield row
            elif isinstance(conversation_id := row.get("conversationId"), str):
                conversations.add(conversation_id)
            else:
                yield {**row, MATCH.name: True}  # it is in no conversation, so the second pass leaves it out
        if is_first_of_two:
            self._notes.put(f"conversations of {key}", sorted(conversations))

    def whole(self, source: Source, key: str) -> Iterator[Row]:
        """Every item of the conversations that matched in any job."""
        wanted = frozenset(self._notes.all("conversations of "))
        for row in self._scanned(source, self._search(wanted), key, is_again=True):
            if row.get("conversationId"):
                yield row

    def customers(self, sources: Sequence[Source]) -> Iterator[Into]:
        """The customers of what was found; all of them where nothing was searched for."""
        if self._criteria.takes_all:
            for source in sources:
                yield from self.records(source, CUSTOMERS)
            return
        wanted = frozenset(self._notes.all("customers of "))
        shaped = RecordRows(CUSTOMER_COLUMNS)
        for place, source in enumerate(sources):
            self._bench.progress(place / len(sources), "reading the customers")
            with _UnreadableLines(self._bench, f"{CUSTOMERS} of {source.name}") as unreadable:
                for taken, failed in select_customers(self._chunks(source, CUSTOMERS), wanted):
                    unreadable.extend(failed)
                    for line in taken:
                        yield Into(table=CUSTOMERS, row={**shaped.row_of(line), ORIGINAL.name: line.decode()})

    def hand_over_unreadable(self) -> None:
        """All lines that could not be read, as one file of the result."""
        parts = sorted(self._bench.folder.glob("unreadable-*.txt"))
        if not any(path.stat().st_size for path in parts):
            return
        with self._bench.keep_file("unreadable.txt") as file:
            for path in parts:
                with path.open("rb") as part:
                    while piece := part.read(1024 * 1024):
                        file.write(piece)

    def _search(self, conversations: frozenset[str] = frozenset()) -> ItemSearch:
        meaning = self._notes.get(Step.MEANING)
        return ItemSearch(
            criteria=self._criteria,
            customers=frozenset(meaning["customers"]),
            topics=frozenset(meaning["topics"]),
            conversations=conversations,
        )

    def _scanned(self, source: Source, search: ItemSearch, key: str, *, is_again: bool = False) -> Iterator[Row]:
        """The rows of the items that a search takes; notes whose they are."""
        if not source.has(ITEMS):
            return
        names = _NamesBeside(self, source, with_customers=not self._criteria.takes_all)
        progress = Progress()
        customers: set[str] = set()
        # A second pass meets the same lines again.
        with (
            _UnreadableLines(self._bench, f"{ITEMS} of {source.name}", is_again=is_again) as unreadable,
            source.open(ITEMS) as arriving,
        ):
            try:
                for batch in scan(arriving.chunks, search):
                    progress = batch.progress
                    unreadable.extend(batch.unreadable)
                    for line, is_match in zip(batch.lines, batch.is_match, strict=True):
                        row = dict(item_row_of(line))
                        if not self._criteria.takes_all and isinstance(customer_id := row.get("customerId"), str):
                            customers.add(customer_id)
                        names.put(row)
                        row[ORIGINAL.name] = record_of(line).decode()
                        if search.conversations:
                            row[MATCH.name] = is_match
                        yield row
                    check_disk(self._bench.folder)
                    self._bench.progress(_share(progress.bytes, arriving.total), _words(progress))
            except NotFoundError:
                self._gone(source, ITEMS)
        if progress.untimed and not is_again:
            self._bench.remark(
                "Items whose time could not be read, which are in no range of days",
                count=progress.untimed,
                partial=True,
            )
        self._notes.put(f"customers of {'whole ' if is_again else ''}{key}", sorted(customers))

    def _chunks(self, source: Source, file: str) -> Iterator[bytes]:
        """The bytes of a file; none, and a remark, where Gladly has deleted it since it was listed."""
        if source.has(file):
            with source.open(file) as arriving:
                try:
                    yield from arriving.chunks
                except NotFoundError:
                    self._gone(source, file)

    def _lines(self, source: Source, file: str, *, again: bool = False) -> Iterator[bytes]:
        if not again:
            self._bench.progress(0, f"reading {file}")
        for lines in batches_of(self._chunks(source, file)):
            yield from lines

    def _gone(self, source: Source, file: str) -> None:
        self._bench.remark(
            f"{file}.jsonl of {source.name} is no longer at Gladly; what is missing from it cannot be had", partial=True
        )

    def names(self, source: Source, file: str) -> Mapping[str, str]:
        """The names in one of a job's other files by id, as many as may be held."""
        found: dict[str, str] = {}
        for record in _records(self._lines(source, file, again=True)):
            if len(found) >= MOST_NAMES:
                self._bench.remark(f"Names beside ids stop after the first {MOST_NAMES:,} {file}; the ids are there")
                break
            key, name = record.get("id"), record.get("name")
            if isinstance(key, str) and isinstance(name, str):
                found[key] = name
        return found


class _Notes:
    """What slices learn for later ones; a slice that is done again writes its note anew."""

    def __init__(self, workbench: Workbench) -> None:
        self._bench = workbench

    def put(self, label: str, value: object) -> None:
        """Keep a JSON value."""
        self._path(label).write_text(json.dumps({"label": label, "value": value}), encoding="utf-8")

    def get(self, label: str) -> Any:
        """What was kept under the label."""
        return json.loads(self._path(label).read_text(encoding="utf-8"))["value"]

    def all(self, prefix: str) -> Iterator[Any]:
        """The items of every list whose label begins so."""
        for path in sorted(self._bench.folder.glob("note-*.json")):
            note = json.loads(path.read_text(encoding="utf-8"))
            if note["label"].startswith(prefix):
                yield from note["value"]

    def _path(self, label: str) -> Any:
        return self._bench.folder / f"note-{_digest(label)}.json"


class _UnreadableLines:
    """The lines of one file that could not be read, written where the last slice finds them, and counted once.

    A second pass over the same file writes the same lines again, and does not count them again.
    """

    def __init__(self, workbench: Workbench, label: str, *, is_again: bool = False) -> None:
        self._bench = workbench
        self._label = label
        self._path = workbench.folder / f"unreadable-{_digest(label)}.txt"
        self._is_again = is_again
        self._count = 0

    def __enter__(self) -> _UnreadableLines:
        self._path.write_bytes(b"")
        return self

    def __exit__(self, *_error: object) -> None:
        if self._count and not self._is_again:
            self._bench.remark(
                "Lines that could not be read; they are in unreadable.txt", count=self._count, partial=True
            )

    def add(self, number: int, line: bytes, why: str) -> None:
        """Note one line."""
        if not is_blank(line):
            self.extend([Unreadable(number=number, line=record_of(line), why=why)])

    def extend(self, found: Iterable[Unreadable]) -> None:
        """Note lines."""
        lines = list(found)
        if lines:
            with self._path.open("ab") as target:
                target.write(b"".join(unreadable_text(each, self._label) for each in lines))
            self._count += len(lines)


class _NamesBeside:
    """Names beside the ids of items, from the files of their own job."""

    def __init__(self, run: _Run, source: Source, *, with_customers: bool) -> None:
        self._run = run
        self._source = source
        self._with_customers = with_customers

    def put(self, row: dict[str, Cell]) -> None:
        """Add what is known to a row."""
        row["Customer"] = self._customers.get(str(row.get("customerId")))
        for party in ("initiator", "responder"):
            party_id = str(row.get(f"{party}.id"))
            row[party.capitalize()] = self._agents.get(party_id) or self._customers.get(party_id)
        for change in ("added", "removed"):
            topics = row.get(f"content.{change}TopicIds")
            if isinstance(topics, list):
                row[f"Topics {change}"] = [self._topics.get(str(topic)) or str(topic) for topic in topics]

    @cached_property
    def _agents(self) -> Mapping[str, str]:
        return self._run.names(self._source, AGENTS)

    @cached_property
    def _topics(self) -> Mapping[str, str]:
        return self._run.names(self._source, TOPICS)

    @cached_property
    def _customers(self) -> Mapping[str, str]:
        return self._run.names(self._source, CUSTOMERS) if self._with_customers else {}


def _records(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """The records of lines; those that cannot be read are told where the file is copied."""
    for line in lines:
        try:
            yield read_record(line)
        except UnreadableLine:
            continue


def _share(done: int, total: int | None) -> float:
    """How much of a file is done; of one that does not say how large it is, always a bit less than all."""
    return min(done / total, 1.0) if total else 1 - 1 / (1 + done / 50_000_000)


def _words(progress: Progress) -> str:
    return f"{progress.bytes / 1e6:,.0f} MB, {progress.lines:,} lines, {progress.matches:,} matches"


def _digest(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()[:32]
