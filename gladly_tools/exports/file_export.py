"""Gladly's export jobs, whole or searched: what is asked, which jobs are meant, and the slices of the work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

from gladly_tools.api import Client, ExportJob
from gladly_tools.errors import InputError
from gladly_tools.exports import file_search
from gladly_tools.exports.choices import ChoicesQuestion
from gladly_tools.exports.export import Export, Into, OtherTable, Plan, Remark, Section, Slice, Workbench
from gladly_tools.exports.export_files import ITEMS, NAMES, job_files
from gladly_tools.exports.file_search import COLUMNS, LOCAL, ORIGINAL, Step
from gladly_tools.exports.inputs import DateRange, DateRangeQuestion, IdsQuestion, Parameters, SwitchQuestion, ask
from gladly_tools.exports.local_files import check_items, open_local
from gladly_tools.exports.search_questions import ContactsQuestion, PhrasesQuestion, Where, WhereQuestion
from gladly_tools.results.schema import Row
from gladly_tools.search import Contact, Criteria
from gladly_tools.settings import Settings

WHICH_JOBS = "Gladly keeps jobs for 14 days. Find Jobs lists them here, `gladly-tools export-jobs` on the command line."

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
            end = datetime.combine(self.days.last, time_of_day(), tzinfo=zone) + timedelta(days=1)
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
        check_items(open_local(where.file, name=where.file_name, field="where"), field="where")
    if where.upload and ITEMS not in where.files:
        raise InputError("The uploaded file holds no conversation items.", "Upload another one.", field="where")
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
                WHICH_JOBS,
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
            WHICH_JOBS,
            field="where",
        )
    return job


def plan(client: Client, _settings: Settings, parameters: FileExportParameters) -> Plan:
    """The slices over all jobs; a file that a job lacks is remarked."""
    where = parameters.where
    if where.file_name:
        names = {LOCAL: where.file_name}
        arguments: dict[str, dict[str, Any]] = {LOCAL: {}}
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
        remarks += [
            Remark(text=f"{_name(job)} has a file {file}, which nobody knows how to read", partial=True)
            for job in jobs
            for file in job.files
            if file not in job_files(job.files).values()
        ]

    def slices(kind: str, words: str) -> list[Slice]:
        return [
            Slice(key=f"{kind}:{key}", title=f"{words} of {name}", arguments={"source": key, **arguments[key]})
            for key, name in names.items()
        ]

    everything: dict[str, Any] = {"sources": arguments}
    found = [*slices(Step.OTHERS, "agents and topics")]
    found.append(Slice(key=Step.MEANING, title="who and what is searched for", arguments=everything))
    found += slices(Step.ITEMS, "items")
    if parameters.whole_conversations and not parameters.criteria.takes_all:
        found += slices(Step.WHOLE, "whole conversations")
    found.append(Slice(key=Step.CUSTOMERS, title="customers", arguments=everything))
    return Plan(slices=tuple(found), remarks=tuple(remarks))


def _name(job: ExportJob) -> str:
    return f"the job of {job.start_at:%Y-%m-%d}" if job.start_at else f"job {job.id}"


def rows(workbench: Workbench, parameters: FileExportParameters, slice: Slice) -> Iterator[Row | Into]:
    """The rows of one slice of the plan."""
    return file_search.rows(workbench, parameters.where, parameters.criteria, slice)


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
    others=tuple(
        OtherTable(name=name, grain=f"one row per {name[:-1]}", columns=(*columns, ORIGINAL), unique="id")
        for name, columns in file_search.OTHERS.items()
    ),
)
