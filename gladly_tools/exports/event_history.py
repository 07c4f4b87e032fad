"""Events of conversations or contacts on any past days, as Gladly's timestamps reports have them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from gladly_tools import clock
from gladly_tools.api import Client, Report, windows
from gladly_tools.errors import UnexpectedAnswer
from gladly_tools.exports.choices import ChoiceQuestion
from gladly_tools.exports.export import Estimate, Export, Plan, Remark, Section, Slice, Workbench
from gladly_tools.exports.headers import matched, spelling
from gladly_tools.exports.inputs import DateRange, DateRangeQuestion, Parameters, ask
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.settings import Settings

METRIC_SETS: Mapping[str, str] = MappingProxyType(
    {"conversation": "ConversationTimestampsReport", "contact": "ContactTimestampsReport"}
)
TIMESTAMP, EVENT_TYPE = "Timestamp", "Event Type"
WINDOW_DAYS = 1
"""Days that one report covers: a row per event makes many, and a longer window is sooner cut without a sign."""


def _sent(name: str, kind: Kind, help: str, *, of: str = "", name_of: str = "") -> Column:
    """A column whose cells are the report's text."""
    return Column(name=name, kind=kind, help=help, verbatim=True, of=of, name_of=name_of)


_STATE = (
    _sent("Assigned Inbox ID", Kind.ID, "Inbox just before", of="inboxes"),
    _sent("Assigned Inbox Name", Kind.CHOICE, "Name of that inbox", name_of="Assigned Inbox ID"),
    _sent("Assigned Agent ID", Kind.ID, "Agent just before", of="agents"),
    _sent("Assigned Agent Name", Kind.CHOICE, "Name of that agent", name_of="Assigned Agent ID"),
)
_INITIATOR = (
    _sent("Initiator Type", Kind.CHOICE, "Kind of initiator"),
    _sent("Initiator ID", Kind.ID, "Person or system that did it", of="agents"),
    _sent("Initiator Agent Name", Kind.CHOICE, "Name of the agent who did it", name_of="Initiator ID"),
)
_ZONE = _sent("Timezone Filter", Kind.CHOICE, "Time zone that the report ran in")
_TIMESTAMP = _sent(TIMESTAMP, Kind.TIME, "When it happened")
_TYPE = _sent(EVENT_TYPE, Kind.CHOICE, "What happened")
_CONVERSATION = _sent("Conversation ID", Kind.ID, "Conversation")
_CUSTOMER = _sent("Customer ID", Kind.ID, "Customer", of="customers")

CONVERSATION_COLUMNS = (
    _ZONE,
    _TIMESTAMP,
    _TYPE,
    _CONVERSATION,
    _CUSTOMER,
    *_INITIATOR,
    *_STATE,
    _sent("Topic ID", Kind.ID, "Topic added or removed", of="topics"),
    _sent("Topic Name", Kind.CHOICE, "Name of that topic", name_of="Topic ID"),
    _sent("Newly Assigned Inbox ID", Kind.ID, "Inbox from here on", of="inboxes"),
    _sent("Newly Assigned Inbox Name", Kind.CHOICE, "Name of that inbox", name_of="Newly Assigned Inbox ID"),
    _sent("Newly Assigned Agent ID", Kind.ID, "Agent from here on", of="agents"),
    _sent("Newly Assigned Agent Name", Kind.CHOICE, "Name of that agent", name_of="Newly Assigned Agent ID"),
    _sent("Assignment Update Reason", Kind.CHOICE, "Why the assignee changed"),
    _sent("Merged Customer ID", Kind.ID, "Customer that was merged away", of="customers"),
    _sent("Merged Conversation ID", Kind.ID, "Conversation that was merged away"),
)
CONTACT_COLUMNS = (
    _ZONE,
    _TIMESTAMP,
    _TYPE,
    _sent("Contact ID", Kind.ID, "Contact; of a phone call also the id of its conversation item"),
    _CONVERSATION,
    _CUSTOMER,
    _sent("Channel", Kind.CHOICE, "Channel of the contact"),
    *_INITIATOR,
    *_STATE,
    # Only some names of the rest are public (unconfirmed); a column called otherwise is kept in the last one.
    _sent("Transferred To Inbox ID", Kind.ID, "Inbox that it was passed on to", of="inboxes"),
    _sent("Transferred To Inbox Name", Kind.CHOICE, "Name of that inbox", name_of="Transferred To Inbox ID"),
    _sent("Transferred To Agent ID", Kind.ID, "Agent that it was passed on to", of="agents"),
    _sent("Transferred To Agent Name", Kind.CHOICE, "Name of that agent", name_of="Transferred To Agent ID"),
    _sent("Final IVR Selection", Kind.CHOICE, "Last choice in the telephone menu"),
    _sent("Fulfilled by Contact ID", Kind.ID, "Contact that fulfilled it"),
)
OTHER = Column(
    name="Other columns",
    help="What the report's other columns hold, as JSON by their names; left out when there are none",
    optional=True,
)
REPORT_COLUMNS: Mapping[str, Sequence[Column]] = MappingProxyType(
    {"conversation": CONVERSATION_COLUMNS, "contact": CONTACT_COLUMNS}
)


@dataclass(frozen=True, kw_only=True)
class EventHistoryParameters(Parameters):
    """Which report, and which days."""

    report: str = ask(
        ChoiceQuestion(
            label="Report",
            help="One report has what happened to conversations, the other what happened in contacts.",
            option="report",
            choices={"conversation": "Conversation timestamps", "contact": "Contact timestamps"},
        ),
        default="conversation",
    )
    dates: DateRange = ask(
        DateRangeQuestion(label="Happened", help="Events of these days, both included, in this time zone.")
    )


def columns_of(parameters: EventHistoryParameters) -> Sequence[Column]:
    """The columns of the report asked for."""
    return (*REPORT_COLUMNS[parameters.report], OTHER)


def plan(_client: Client, _settings: Settings, parameters: EventHistoryParameters) -> Plan:
    """One slice a day."""
    dates = parameters.dates
    remarks = []
    if dates.last == clock.now().astimezone(ZoneInfo(dates.zone)).date():
        remarks.append(
            Remark(text="The range ends today, and reports run about an hour behind: run it again later for the rest")
        )
    return Plan(
        remarks=tuple(remarks),
        slices=tuple(
            Slice(
                key=window.first.isoformat(),
                title=window.first.isoformat(),
                arguments={"first": window.first.isoformat(), "last": window.last.isoformat()},
            )
            for window in windows(dates.first, dates.last, WINDOW_DAYS)
        ),
    )


def rows(workbench: Workbench, parameters: EventHistoryParameters, slice: Slice) -> Iterator[Row]:
    """The day's events as Gladly sent them, which is in no order."""
    workbench.progress(0, "waiting for the report")
    first, last = (date.fromisoformat(str(slice.arguments[name])) for name in ("first", "last"))
    for part in workbench.client.reports.complete(
        METRIC_SETS[parameters.report], first, last, parameters.dates.zone, key_column=""
    ):
        with part.report as report:
            if part.cut:
                workbench.remark(part.cut, partial=True)
            if report.unreadable:
                workbench.remark(
                    "Report lines with more cells than the header, left out", count=report.unreadable, partial=True
                )
            workbench.expect(report.row_count - report.unreadable)
            yield from report_rows(report, REPORT_COLUMNS[parameters.report])


def report_rows(report: Report, columns: Sequence[Column]) -> Iterator[Row]:
    """The report's rows by our columns; cells of columns that are not among them are in `Other columns`."""
    names = matched(report.columns, {spelling(column.name): column.name for column in columns})
    if report.columns and (TIMESTAMP not in names or EVENT_TYPE not in names):
        raise UnexpectedAnswer(
            f"Gladly's report has no column “{EVENT_TYPE if EVENT_TYPE not in names else TIMESTAMP}”.",
            "Nothing was exported from it. Ask Gladly Support whether the report has changed.",
        )
    for cells in report.rows():
        row = {name: cell or None for name, cell in zip(names, cells, strict=True) if name}
        others = {
            sent: cell for sent, name, cell in zip(report.columns, names, cells, strict=True) if not name and cell
        }
        yield {**row, OTHER.name: json.dumps(others, ensure_ascii=False)} if others else row


def estimate(parameters: EventHistoryParameters, settings: Settings, _known: Mapping[str, float]) -> Estimate | None:
    """One report a day."""
    reports = parameters.dates.days
    waiting = max(0, reports - settings.reports_per_minute) * 60 / settings.reports_per_minute
    return Estimate(reports=reports, requests=0, seconds=waiting + reports, basis="")


EXPORT = Export(
    name="event-history",
    title="Event History (reports)",
    section=Section.EVENTS,
    place=2,
    summary="What happened to conversations or contacts on any past days, from Gladly's timestamps reports.",
    use_case="Follow conversations or contacts through days longer ago than the live events reach.",
    grain="one row per event",
    columns=(*{column.name: column for columns in REPORT_COLUMNS.values() for column in columns}.values(), OTHER),
    columns_of=columns_of,
    parameters=EventHistoryParameters,
    plan=plan,
    rows=rows,
    estimate=estimate,
    zone=lambda parameters: parameters.dates.zone,
    order=lambda _parameters: TIMESTAMP,
    shown=(
        "Timestamp",
        "Event Type",
        "Channel",
        "Initiator Type",
        "Initiator Agent Name",
        "Assigned Inbox Name",
        "Assigned Agent Name",
        "Topic Name",
        "Newly Assigned Inbox Name",
        "Newly Assigned Agent Name",
        "Assignment Update Reason",
        "Transferred To Inbox Name",
        "Conversation ID",
        "Contact ID",
    ),
    caveat="These are reports, about an hour behind, with fewer details than live events, and no event ids.",
)
