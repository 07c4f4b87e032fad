"""Export jobs' files, whole or searched: one pass that fetches, searches and writes.

The work in slices: each job's agents and topics; what the search means, from all jobs' customers and topics; each job's
items; for whole conversations each job's items once more, from what was kept; the customers of what was found. So a
search over many jobs is a map over their files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as time_of_day
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from gladly_tools.api import Client, ExportJob
from gladly_tools.errors import InputError
from gladly_tools.exports.choices import ChoicesQuestion
from gladly_tools.exports.export import Export, Into, OtherTable, Plan, Remark, Section, Slice, Workbench
from gladly_tools.exports.export_files import (
    AGENTS,
    CUSTOMERS,
    ITEMS,
    NAMES,
    TOPICS,
    JobFiles,
    KeptSet,
    Source,
    job_files,
    open_local,
)
from gladly_tools.exports.inputs import DateRange, DateRangeQuestion, IdsQuestion, Parameters, SwitchQuestion, ask
from gladly_tools.exports.search_questions import ContactsQuestion, PhrasesQuestion, Where, WhereQuestion
from gladly_tools.items import ITEM_COLUMNS
from gladly_tools.results.schema import Cell, Column, Kind, Row
from gladly_tools.search import (
    AGENT_COLUMNS,
    CUSTOMER_COLUMNS,
    TOPIC_COLUMNS,
    Contact,
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
from gladly_tools.settings import Settings

KINDS = (
    "CHAT_MESSAGE",
    "CONVERSATION_NOTE",
    "CONVERSATION_STATUS_CHANGE",
    "CUSTOMER_ACTIVITY",
    "EMAIL",
    "FACEBOOK_MESSAGE",
    "INSTAGRAM_DIRECT",
    "PHONE_CALL",
    "SMS",
    "TOPIC_CHANGE",
    "TWITTER",
    "VOICE_AI_MESSAGE",
    "VOICEMAIL",
    "WHATSAPP",
)
"""The kinds of item that can be asked for; without any, all are taken, also those that no document names."""

ORIGINAL = Column(name="original", help="The record as Gladly wrote it", beside=True, original=True)
BESIDE = (
    Column(name="Match", kind=Kind.BOOLEAN, help="Whether the item itself met the search", beside=True, optional=True),
    Column(name="Customer", help="Name of the customer", beside=True, optional=True),
    Column(name="Initiator", kind=Kind.CHOICE, help="Name of the initiator", beside=True, optional=True),
    Column(name="Responder", kind=Kind.CHOICE, help="Name of the responder", beside=True, optional=True),
    Column(name="Topics added", kind=Kind.LIST, help="Names of the topics added", beside=True, optional=True),
    Column(name="Topics removed", kind=Kind.LIST, help="Names of the topics removed", beside=True, optional=True),
    ORIGINAL,
)
COLUMNS = (*ITEM_COLUMNS, *BESIDE)

MOST_NAMES = 200_000
"""Customers whose names are held while items are read; names stand beside ids, and must not cost memory without end."""

_OTHERS, _MEANING, _ITEMS, _WHOLE, _CUSTOMERS = "others", "meaning", "items", "whole", "customers"
_LOCAL = "file"


@dataclass(frozen=True, kw_only=True)
class FileExportParameters(Parameters):
    """Where to search, and for what; nothing to search for takes everything."""

    where: Where = ask(WhereQuestion(label="Export jobs", help="Gladly keeps export jobs and their files for 14 days."))
    contacts: tuple[Contact, ...] = ask(
        ContactsQuestion(
            label="Contact Information",
            help="E-mail addresses, phone numbers such as +16505550123, or domains: @example.com, and @*.example.com "
            "for its subdomains; one a line, or separated by commas. An item matches by its sender or by its customer.",
            option="contact",
        ),
        default=(),
    )
    phrases: tuple[str, ...] = ask(
        PhrasesQuestion(
            label="Digital Transcript Search",
            help="Phrases, one a line; any one of them, in any case, in what was written or said, in a subject, or in "
            "the name of a topic added or removed.",
            option="phrase",
        ),
        default=(),
    )
    types: tuple[str, ...] = ask(
        ChoicesQuestion(
            label="Kinds of item",
            help="None chosen means all.",
            option="type",
            what="kinds of item",
            groups={"": KINDS},
            compact=True,
        ),
        default=(),
    )
    agent_ids: tuple[str, ...] = ask(
        IdsQuestion(
            label="Agents",
            help="Only items that one of these agents began or answered.",
            of="agents",
            option="agent-id",
            empty_means="",
        ),
        default=(),
    )
    days: DateRange | None = ask(
        DateRangeQuestion(
            label="Item days",
            help="Only items of these days, both included, in this time zone.",
            optional=True,
            prefix="item-",
        ),
        default=None,
    )
    whole_conversations: bool = ask(
        SwitchQuestion(
            label="Whole conversations",
            help="Also the other items of each conversation in which something matches.",
            option="whole-conversations",
            on_means="with whole conversations",
            off_means="",
            usual=False,
        ),
        default=False,
    )

    @property
    def criteria(self) -> Criteria:
        """The search as the engine takes it."""
        start = end = None
        if self.days is not None:
            zone = ZoneInfo(self.days.zone)
            start = datetime.combine(self.days.first, time_of_day(), tzinfo=zone)
            end = datetime.combine(self.days.last + timedelta(days=1), time_of_day(), tzinfo=zone)
        return Criteria(
            contacts=self.contacts,
            phrases=self.phrases,
            types=frozenset(self.types),
            agents=frozenset(self.agent_ids),
            start=start,
            end=end,
            whole_conversation=self.whole_conversations,
        )


def confirm(client: Client, parameters: FileExportParameters) -> FileExportParameters:
    """The jobs by their ids. Raises InputError for one that is not there or not complete, and for an unusable file."""
    where = parameters.where
    if where.file:
        open_local(where.file, name=where.file_name, field="where")
    if where.file or where.upload:
        return parameters
    return replace(parameters, where=Where(job_ids=tuple(job.id for job in chosen_jobs(client, where))))


def chosen_jobs(client: Client, where: Where) -> Sequence[ExportJob]:
    """The jobs that are searched, the one with the earliest data first."""
    listed = client.export_jobs.list()
    if where.first is not None and where.last is not None:
        found = [
            job
            for job in listed
            if job.is_complete and job.start_at and where.first <= job.start_at.date() <= where.last
        ]
        if not found:
            raise InputError(
                f"No complete export job has data that begins between {where.first} and {where.last} (UTC).",
                "Gladly keeps jobs for 14 days; press Find Jobs to see them.",
                field="where",
            )
    else:
        by_id = {job.id: job for job in listed}
        found = [by_id.get(job_id) or _asked_for(client, job_id) for job_id in where.job_ids]
    for job in found:
        if not job.is_complete:
            state = (job.status or "without a state").replace("_", " ").lower()
            raise InputError(
                f"Export job {job.id} is {state}, so it has no files.", "Choose a job that is completed.", field="where"
            )
    return sorted(found, key=lambda job: (job.start_at.isoformat() if job.start_at else "", job.id))


def _asked_for(client: Client, job_id: str) -> ExportJob:
    job = client.export_jobs.get(job_id)
    if job is None:
        raise InputError(
            f"There is no export job with the ID {job_id}.",
            "Gladly keeps jobs for 14 days; press Find Jobs to see them.",
            field="where",
        )
    return job


def plan(client: Client, _settings: Settings, parameters: FileExportParameters) -> Plan:
    """The slices over all jobs; a file that a job lacks is remarked."""
    if parameters.where.file_name:
        names = {_LOCAL: parameters.where.file_name}
        arguments: dict[str, dict[str, Any]] = {_LOCAL: {}}
        remarks: list[Remark] = []
    else:
        jobs = chosen_jobs(client, parameters.where)
        names = {job.id: _name(job) for job in jobs}
        arguments = {job.id: {"files": job_files(job.files)} for job in jobs}
        remarks = [
            Remark(text=f"{_name(job)} has no {name}.jsonl, so what it would hold is missing", partial=True)
            for job in jobs
            for name in NAMES
            if name not in job_files(job.files)
        ]

    def slices(kind: str, words: str) -> list[Slice]:
        return [
            Slice(key=f"{kind}:{key}", title=f"{words} of {name}", arguments={"source": key, **arguments[key]})
            for key, name in names.items()
        ]

    everything: dict[str, Any] = {"sources": arguments}
    found = [*slices(_OTHERS, "agents and topics")]
    found.append(Slice(key=_MEANING, title="who and what is searched for", arguments=everything))
    found += slices(_ITEMS, "items")
    if parameters.whole_conversations and not parameters.criteria.takes_all:
        found += slices(_WHOLE, "whole conversations")
    found.append(Slice(key=_CUSTOMERS, title="customers", arguments=everything))
    return Plan(slices=tuple(found), remarks=tuple(remarks))


def _name(job: ExportJob) -> str:
    return f"the job of {job.start_at:%Y-%m-%d}" if job.start_at else f"job {job.id}"


def rows(workbench: Workbench, parameters: FileExportParameters, slice: Slice) -> Iterator[Row | Into]:
    """The rows of one slice; for its key see the plan."""
    run = _Run(workbench, parameters)
    kind, _, key = slice.key.partition(":")
    match kind:
        case "others":
            source = run.source(key, slice.arguments)
            yield from run.records(source, AGENTS, AGENT_COLUMNS)
            yield from run.records(source, TOPICS, TOPIC_COLUMNS)
        case "meaning":
            run.find_meaning(run.sources(slice.arguments))
        case "items":
            yield from run.items(run.source(key, slice.arguments), key)
        case "whole":
            yield from run.whole(run.source(key, slice.arguments), key)
        case "customers":
            yield from run.customers(run.sources(slice.arguments))
            run.hand_over_unreadable()


class _Run:
    """One slice's work. What later slices need lies in the workbench's folder, in files of its own for each slice."""

    def __init__(self, workbench: Workbench, parameters: FileExportParameters) -> None:
        self._bench = workbench
        self._parameters = parameters
        self._criteria = parameters.criteria

    def source(self, key: str, arguments: Mapping[str, Any]) -> Source:
        """Where the files of a slice come from."""
        where = self._parameters.where
        if where.upload:
            return KeptSet(self._bench, where.upload, name=where.file_name)
        if where.file:
            return open_local(where.file, name=where.file_name, field="where")
        return JobFiles(self._bench, key, arguments["files"])

    def sources(self, arguments: Mapping[str, Any]) -> list[Source]:
        """Where the files of all jobs come from."""
        return [self.source(key, of_one) for key, of_one in arguments["sources"].items()]

    def records(self, source: Source, file: str, columns: Sequence[Column]) -> Iterator[Into]:
        """Every agent or topic of a job."""
        if not source.has(file):
            return
        self._bench.progress(0, f"reading {file}")
        shaped = RecordRows(columns)
        with self._unreadable(f"{file}-{source.name}") as unreadable, source.open(file) as arriving:
            for number, line in _numbered(arriving.chunks):
                try:
                    row = shaped.row_of(line)
                except UnreadableLine as error:
                    unreadable.add(number, line, str(error), file=f"{file}.jsonl")
                else:
                    yield Into(table=file, row={**row, ORIGINAL.name: record_of(line).decode()})

    def find_meaning(self, sources: Sequence[Source]) -> None:
        """Note the customers whose contacts match, and the topics that the phrases mean. Fetches the customers."""
        found: set[str] = set()
        test = ContactTest(self._criteria.contacts)
        for place, source in enumerate(sources):
            self._bench.progress(place / len(sources), "reading the customers")
            if source.has(CUSTOMERS):
                with source.open(CUSTOMERS) as arriving:
                    found |= customers_in(arriving.chunks, test)
        with_topics = (source for source in sources if source.has(TOPICS))
        topics = matching_topics(
            (record for source in with_topics for record in _records(source, TOPICS)), self._criteria.phrases
        )
        self._note(_MEANING, {"customers": sorted(found), "topics": sorted(topics)})

    def items(self, source: Source, key: str) -> Iterator[Row]:
        """The items of a job that match; for whole conversations only which conversations those are."""
        meaning = self._noted(_MEANING)
        search = ItemSearch(
            criteria=self._criteria,
            customers=frozenset(meaning["customers"]),
            topics=frozenset(meaning["topics"]),
        )
        is_first_of_two = self._criteria.whole_conversation and not self._criteria.takes_all
        conversations: set[str] = set()
        customers: set[str] = set()
        for row in self._scanned(source, search, key):
            customers.update(_ids(row, "customerId"))
            if is_first_of_two:
                conversations.update(_ids(row, "conversationId"))
                if not row.get("conversationId"):
                    yield row  # it is in no conversation, so the second pass would not find it
            else:
                yield row
        self._note(f"{_CUSTOMERS}-{key}", sorted(customers))
        if is_first_of_two:
            self._note(f"conversations-{key}", sorted(conversations))

    def whole(self, source: Source, key: str) -> Iterator[Row]:
        """Every item of the conversations that matched in any job."""
        wanted: set[str] = set()
        for path in self._bench.folder.glob("conversations_*.json"):
            wanted.update(json.loads(path.read_text(encoding="utf-8")))
        meaning = self._noted(_MEANING)
        search = ItemSearch(
            criteria=self._criteria,
            customers=frozenset(meaning["customers"]),
            topics=frozenset(meaning["topics"]),
            conversations=frozenset(wanted),
        )
        customers: set[str] = set()
        for row in self._scanned(source, search, key, is_again=True):
            customers.update(_ids(row, "customerId"))
            if row.get("conversationId"):
                yield row
        self._note(f"{_CUSTOMERS}-again-{key}", sorted(customers))

    def customers(self, sources: Sequence[Source]) -> Iterator[Into]:
        """The customers of what was found; all of them where nothing was searched for."""
        wanted: frozenset[str] | None = None
        if not self._criteria.takes_all:
            wanted = frozenset().union(
                *(json.loads(path.read_text(encoding="utf-8")) for path in self._bench.folder.glob("customers_*.json"))
            )
        shaped = RecordRows(CUSTOMER_COLUMNS)
        for place, source in enumerate(sources):
            self._bench.progress(place / len(sources), "reading the customers")
            if not source.has(CUSTOMERS):
                continue
            with self._unreadable(f"{CUSTOMERS}-{source.name}") as unreadable, source.open(CUSTOMERS) as arriving:
                for taken, failed in select_customers(arriving.chunks, wanted):
                    unreadable.extend(failed, file=f"{CUSTOMERS}.jsonl")
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

    def _scanned(self, source: Source, search: ItemSearch, key: str, *, is_again: bool = False) -> Iterator[Row]:
        if not source.has(ITEMS):
            return
        names = _Names(self._bench, source, with_customers=not self._criteria.takes_all)
        progress = Progress()
        # A second pass meets the same lines again.
        with self._unreadable(f"{ITEMS}-{key}") as unreadable, source.open(ITEMS) as arriving:
            for batch in scan(arriving.chunks, search):
                progress = batch.progress
                unreadable.extend(batch.unreadable, file=f"{ITEMS}.jsonl", is_again=is_again)
                for line, is_match in zip(batch.lines, batch.is_match, strict=True):
                    row = dict(item_row_of(line))
                    names.put_beside(row)
                    row[ORIGINAL.name] = record_of(line).decode()
                    if search.conversations:
                        row["Match"] = is_match
                    yield row
                self._bench.progress(_share(progress.bytes, arriving.total), _words(progress))
        if progress.untimed and not is_again:
            self._bench.remark(
                "Items whose time could not be read, which are in no range of days",
                count=progress.untimed,
                partial=True,
            )

    def _unreadable(self, label: str) -> _UnreadableLines:
        return _UnreadableLines(self._bench, label)

    def _note(self, name: str, value: object) -> None:
        path = self._bench.folder / f"{_plain(name)}.json"
        path.write_text(json.dumps(value), encoding="utf-8")

    def _noted(self, name: str) -> Any:
        return json.loads((self._bench.folder / f"{_plain(name)}.json").read_text(encoding="utf-8"))


class _UnreadableLines:
    """The lines of one file that could not be read, written where the last slice finds them, and counted."""

    def __init__(self, workbench: Workbench, label: str) -> None:
        self._bench = workbench
        self._path = workbench.folder / f"unreadable-{_plain(label)}.txt"
        self._count = 0

    def __enter__(self) -> _UnreadableLines:
        self._path.write_bytes(b"")
        return self

    def __exit__(self, *_error: object) -> None:
        if self._count:
            self._bench.remark(
                "Lines that could not be read; they are in unreadable.txt", count=self._count, partial=True
            )

    def add(self, number: int, line: bytes, why: str, *, file: str) -> None:
        """Note one line."""
        if not is_blank(line):
            self.extend([Unreadable(number=number, line=record_of(line), why=why)], file=file)

    def extend(self, found: Iterable[Unreadable], *, file: str, is_again: bool = False) -> None:
        """Note lines; those that a second pass meets again are written again and not counted again."""
        lines = list(found)
        if lines:
            with self._path.open("ab") as target:
                target.write(b"".join(unreadable_text(each, file) for each in lines))
            self._count += 0 if is_again else len(lines)


class _Names:
    """Names beside the ids of items, from the files of their own job."""

    def __init__(self, workbench: Workbench, source: Source, *, with_customers: bool) -> None:
        self._bench = workbench
        self._source = source
        self._with_customers = with_customers

    def put_beside(self, row: dict[str, Cell]) -> None:
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
        return self._names(AGENTS)

    @cached_property
    def _topics(self) -> Mapping[str, str]:
        return self._names(TOPICS)

    @cached_property
    def _customers(self) -> Mapping[str, str]:
        return self._names(CUSTOMERS) if self._with_customers else {}

    def _names(self, file: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for record in _records(self._source, file) if self._source.has(file) else ():
            key, name = record.get("id"), record.get("name")
            if isinstance(key, str) and isinstance(name, str):
                found[key] = name
            if len(found) >= MOST_NAMES:
                break
        return found


def _numbered(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    for lines in batches_of(chunks):
        for line in lines:
            number += 1
            yield number, line


def _records(source: Source, file: str) -> Iterator[Mapping[str, Any]]:
    """The records of a small file; lines that cannot be read are told where the file is copied."""
    with source.open(file) as arriving:
        for _, line in _numbered(arriving.chunks):
            try:
                yield read_record(line)
            except UnreadableLine:
                continue


def _ids(row: Mapping[str, Cell], column: str) -> Iterator[str]:
    cell = row.get(column)
    if isinstance(cell, str):
        yield cell


def _share(done: int, total: int | None) -> float:
    """How much of a file is done; of one that does not say how large it is, always a bit less than all."""
    return min(done / total, 1.0) if total else 1 - 1 / (1 + done / 50_000_000)


def _words(progress: Progress) -> str:
    return f"{progress.bytes / 1e6:,.0f} MB, {progress.lines:,} lines, {progress.matches:,} matches"


def _plain(label: str) -> str:
    """A label as part of a file name."""
    return "".join(each if each.isalnum() else "_" for each in label)[:80]


EXPORT = Export(
    name="file-export",
    title="GET File Export",
    section=Section.CONVERSATIONS,
    place=5,
    summary="The files of Gladly's own export jobs: all of them, or what a search finds in them.",
    use_case="Load data warehouses and BI tools, or find what was said to whom in gigabytes of transcripts.",
    grain="one row per conversation item, with its agents, customers and topics in files of their own",
    columns=COLUMNS,
    parameters=FileExportParameters,
    confirm=confirm,
    plan=plan,
    rows=rows,
    unique="id",
    order=lambda parameters: "timestamp" if len(parameters.where.job_ids) > 1 else "",
    shown=("timestamp", "content.type", "Customer", "Initiator", "content.subject", "content.content", "content.body"),
    table=ITEMS,
    others=(
        OtherTable(name=AGENTS, grain="one row per agent", columns=(*AGENT_COLUMNS, ORIGINAL), unique="id"),
        OtherTable(name=CUSTOMERS, grain="one row per customer", columns=(*CUSTOMER_COLUMNS, ORIGINAL), unique="id"),
        OtherTable(name=TOPICS, grain="one row per topic", columns=(*TOPIC_COLUMNS, ORIGINAL), unique="id"),
    ),
)
