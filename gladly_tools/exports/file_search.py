"""The work of a search through export files, slice by slice: a map over the files of every job.

Each job's agents and topics; what the search means, from all jobs' customers and topics; each job's items; for whole
conversations each job's items once more, from what was kept; the customers of what was found. What one slice learns for
a later one lies in the run's folder, in files of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
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
from gladly_tools.results.schema import Column
from gladly_tools.results.writer import SliceWritten
from gladly_tools.search import (
    AGENT_COLUMNS,
    CUSTOMER_COLUMNS,
    MATCH,
    ORIGINAL,
    TOPIC_COLUMNS,
    Criteria,
    IdFile,
    ItemSearch,
    NamesById,
    Progress,
    RecordRows,
    Take,
    Task,
    Unreadable,
    UnreadableLine,
    read_ids,
    search_chunks,
    select_customers,
    unreadable_text,
)
from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.ids import Ids
from gladly_tools.search.lines import batches_of, is_blank, read_record, record_of
from gladly_tools.search.part import customers_in
from gladly_tools.search.topics import matching_topics, topic_paths

LOCAL = "file"
"""What stands for a job where a file is searched."""

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


def rows(workbench: Workbench, where: Where, criteria: Criteria, slice: Slice) -> Iterator[Into | SliceWritten]:
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
        test = ContactTest(self._criteria.contacts)
        with IdFile(self._found("meant")) as meant:
            for place, source in enumerate(sources):
                self._bench.progress(place / len(sources), "reading the customers")
                chunks = self._chunks(source, CUSTOMERS)
                if self._criteria.contacts:
                    meant.add(customers_in(chunks, test))
                else:
                    for _ in chunks:  # to be kept for later
                        pass
        records = (record for source in sources for record in _records(self._lines(source, TOPICS, again=True)))
        with IdFile(self._found("topics")) as topics:
            topics.add(matching_topics(records, self._criteria.phrases) if self._criteria.phrases else ())

    def items(self, source: Source, key: str) -> Iterator[SliceWritten]:
        """The items of a job that match; of whole conversations only what is in none."""
        take = Take.OUTSIDE if self._criteria.whole_conversation and not self._criteria.takes_all else Take.ALL
        yield from self._searched(source, self._search(), key, take)

    def whole(self, source: Source, key: str) -> Iterator[SliceWritten]:
        """Every item of the conversations that matched in any job."""
        wanted = read_ids(self._bench.folder.glob("conversations-*.ids"))
        yield from self._searched(source, self._search(wanted), key, Take.WITHIN)

    def customers(self, sources: Sequence[Source]) -> Iterator[Into]:
        """The customers of what was found; all of them where nothing was searched for."""
        if self._criteria.takes_all:
            for source in sources:
                yield from self.records(source, CUSTOMERS)
            return
        wanted = read_ids(self._bench.folder.glob("customers-*.ids"))
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

    def _found(self, label: str) -> Path:
        """Where ids lie that later slices need; a slice that is done again writes them anew."""
        return self._bench.folder / f"{label}.ids"

    def _search(self, conversations: Ids = frozenset()) -> ItemSearch:
        topics = read_ids([self._found("topics")])
        assert isinstance(topics, frozenset), "an organization has a few hundred"
        return ItemSearch(
            criteria=self._criteria,
            customers=read_ids([self._found("meant")]),
            topics=topics,
            conversations=conversations,
        )

    def _searched(self, source: Source, search: ItemSearch, key: str, take: Take) -> Iterator[SliceWritten]:
        """Write the items that a search takes, which are the whole of this slice."""
        if not source.has(ITEMS):
            return
        label, digest = f"{ITEMS} of {source.name}", _digest(f"{take} {key}")
        task = Task(
            rows=self._bench.place,
            unreadable=_unreadable_path(self._bench, label),
            label=label,
            customers=self._found(f"customers-{digest}"),
            conversations=self._found(f"conversations-{digest}") if take is Take.OUTSIDE else None,
            take=take,
            names=self._names(source),
        )
        with source.open(ITEMS) as arriving:

            def watch(progress: Progress) -> None:
                check_disk(self._bench.folder)
                self._bench.progress(_share(progress.bytes, arriving.total), _words(progress), rows=progress.taken)

            part = search_chunks(self._while_there(source, ITEMS, arriving.chunks), task, search, watch=watch)
        # A second pass meets the same lines again.
        if take is not Take.WITHIN:
            _remark_unreadable(self._bench, part.progress.unreadable)
            if part.progress.untimed:
                self._bench.remark(
                    "Items whose time could not be read, which are in no range of days",
                    count=part.progress.untimed,
                    partial=True,
                )
        yield part.written

    def _names(self, source: Source) -> NamesById:
        """The names of a job's own agents and topics; of its customers where there is a search."""
        customers = {} if self._criteria.takes_all else self.names(source, CUSTOMERS)
        topics = topic_paths(_records(self._lines(source, TOPICS, again=True)))
        return NamesById(agents=self.names(source, AGENTS), customers=customers, topics=topics)

    def _chunks(self, source: Source, file: str) -> Iterator[bytes]:
        """The bytes of a file; none, and a remark, where Gladly has deleted it since it was listed."""
        if source.has(file):
            with source.open(file) as arriving:
                yield from self._while_there(source, file, arriving.chunks)

    def _while_there(self, source: Source, file: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from chunks
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


class _UnreadableLines:
    """The lines of one file that could not be read, written where the last slice finds them, and counted."""

    def __init__(self, workbench: Workbench, label: str) -> None:
        self._bench = workbench
        self._label = label
        self._path = _unreadable_path(workbench, label)
        self._count = 0

    def __enter__(self) -> _UnreadableLines:
        self._path.write_bytes(b"")
        return self

    def __exit__(self, *_error: object) -> None:
        _remark_unreadable(self._bench, self._count)

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


def _unreadable_path(workbench: Workbench, label: str) -> Path:
    return workbench.folder / f"unreadable-{_digest(label)}.txt"


def _remark_unreadable(workbench: Workbench, count: int) -> None:
    if count:
        workbench.remark("Lines that could not be read; they are in unreadable.txt", count=count, partial=True)


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
