"""Conversations created in a date range: their report columns, then who the customer is.

55 columns are the text of Gladly's `ConversationExportReport`; the last seven come from one look-up per customer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gladly_tools import clock
from gladly_tools.api import Client, Customer, Report, ReportPart, windows
from gladly_tools.errors import InputError, UnexpectedAnswer
from gladly_tools.exports.export import Estimate, Export, Plan, Remark, Section, Slice, Workbench
from gladly_tools.exports.headers import matched, spelling
from gladly_tools.exports.inputs import (
    DateRange,
    DateRangeQuestion,
    IdsQuestion,
    JsonValue,
    Parameters,
    SwitchQuestion,
    ask,
)
from gladly_tools.exports.look_ups import Known, LookUp, look_up_all
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.settings import Settings

METRIC_SET = "ConversationExportReport"
KEY = "Conversation ID"
CUSTOMER = "Customer ID"

# How Gladly's own spelling may differ from the portal's: dashes, case, spaces, and a unit left off.
OTHER_SPELLINGS = {
    "created-to-first closed time": "Created-to-First Closed Time in seconds",
    "created-to-last closed time": "Created-to-Last Closed Time in seconds",
    "conversation handle time": "Conversation Handle Time in seconds",
}


def _sent(name: str, kind: Kind, help: str, *, unit: str = "", of: str = "", name_of: str = "") -> Column:
    """A column whose cells are the report's text."""
    return Column(name=name, kind=kind, help=help, verbatim=True, unit=unit, of=of, name_of=name_of)


REPORT_COLUMNS = (
    _sent("Timezone Filter", Kind.CHOICE, "Time zone that the report ran in"),
    _sent("Inboxes Filter", Kind.CHOICE, "Inboxes that the report was asked for"),
    _sent("Created At", Kind.TIME, "When the conversation was created"),
    _sent("Conversation ID", Kind.ID, "Unique id of the conversation"),
    _sent("Customer ID", Kind.ID, "Unique id of the customer", of="customers"),
    _sent("Conversation Link", Kind.URL, "Opens the conversation in Gladly"),
    _sent("Status", Kind.CHOICE, "Current status"),
    _sent("Assigned Agent ID - Current", Kind.ID, "Agent assigned now", of="agents"),
    _sent(
        "Assigned Agent Name - Current",
        Kind.CHOICE,
        "Name of the agent assigned now",
        name_of="Assigned Agent ID - Current",
    ),
    _sent("Inbox ID - Current", Kind.ID, "Inbox now", of="inboxes"),
    _sent("Inbox Name - Current", Kind.CHOICE, "Name of the inbox now", name_of="Inbox ID - Current"),
    _sent("First Closed At", Kind.TIME, "When it was first closed"),
    _sent("Last Closed At", Kind.TIME, "When it was last closed"),
    _sent("Initiator Type - Created", Kind.CHOICE, "Who started the conversation"),
    _sent("Initiator Agent ID - Created", Kind.ID, "Agent who started it, if an agent did", of="agents"),
    _sent(
        "Initiator Agent Name - Created",
        Kind.CHOICE,
        "Name of the agent who started it",
        name_of="Initiator Agent ID - Created",
    ),
    _sent("Inbox ID - Created", Kind.ID, "Inbox it was first routed to", of="inboxes"),
    _sent(
        "Inbox Name - Created", Kind.CHOICE, "Name of the inbox it was first routed to", name_of="Inbox ID - Created"
    ),
    _sent("Assigned Agent ID - Created", Kind.ID, "Agent assigned at creation", of="agents"),
    _sent(
        "Assigned Agent Name - Created",
        Kind.CHOICE,
        "Name of the agent assigned at creation",
        name_of="Assigned Agent ID - Created",
    ),
    _sent("Initiator Type - Last Closed", Kind.CHOICE, "Who closed it last"),
    _sent("Initiator Agent ID - Last Closed", Kind.ID, "Agent who closed it last", of="agents"),
    _sent(
        "Initiator Agent Name - Last Closed",
        Kind.CHOICE,
        "Name of the agent who closed it last",
        name_of="Initiator Agent ID - Last Closed",
    ),
    _sent("Initiator Rule ID - Last Closed", Kind.ID, "Rule that closed it last, if one did"),
    _sent("Inbox ID - Last Closed", Kind.ID, "Inbox at the last close", of="inboxes"),
    _sent(
        "Inbox Name - Last Closed", Kind.CHOICE, "Name of the inbox at the last close", name_of="Inbox ID - Last Closed"
    ),
    _sent("Assigned Agent ID - Last Closed", Kind.ID, "Agent assigned at the last close", of="agents"),
    _sent(
        "Assigned Agent Name - Last Closed",
        Kind.CHOICE,
        "Name of the agent assigned at the last close",
        name_of="Assigned Agent ID - Last Closed",
    ),
    _sent("Topics", Kind.TEXT, "Topic names, comma-separated"),
    _sent("Topics with Hierarchy", Kind.TEXT, "Topic names with their parents"),
    _sent("First Contact ID", Kind.ID, "Id of the first contact"),
    _sent("First Channel", Kind.CHOICE, "Channel of the first contact"),
    _sent("Second Channel", Kind.CHOICE, "Channel of the second contact, if any"),
    _sent("Third Channel", Kind.CHOICE, "Channel of the third contact, if any"),
    _sent("Last Channel", Kind.CHOICE, "Channel of the latest contact"),
    _sent("Created-to-First Closed Time in seconds", Kind.NUMBER, "From creation to the first close", unit="seconds"),
    _sent("Created-to-Last Closed Time in seconds", Kind.NUMBER, "From creation to the last close", unit="seconds"),
    _sent("Conversation Handle Time in seconds", Kind.NUMBER, "Agents' handle time in all", unit="seconds"),
    _sent("Is FCR Eligible", Kind.BOOLEAN, "Counts towards first contact resolution"),
    _sent("Is FCR Success", Kind.BOOLEAN, "Was resolved at the first contact"),
    _sent("Merged Conversations", Kind.TEXT, "Conversations merged into this one"),
    _sent("Count of Contacts", Kind.INTEGER, "Contacts in all"),
    _sent("Count of Channels", Kind.INTEGER, "Different channels used"),
    _sent("Count of Notes", Kind.INTEGER, "Internal notes"),
    _sent("Count of Agents Assigned", Kind.INTEGER, "Agents who were assigned"),
    _sent("Count of Inboxes Assigned", Kind.INTEGER, "Inboxes it passed through"),
    _sent("Times Agent Unassigned by Rule", Kind.INTEGER, "How often a rule took the agent off"),
    _sent("Times Closed", Kind.INTEGER, "How often it was closed"),
    _sent("Times Reopened", Kind.INTEGER, "How often it was reopened"),
    _sent("Times Topic Added", Kind.INTEGER, "How often a topic was added"),
    _sent("Times Topic Removed", Kind.INTEGER, "How often a topic was removed"),
    _sent("Payment Requests - Completed", Kind.INTEGER, "Payment requests completed"),
    _sent("Payment Requests - Declined", Kind.INTEGER, "Payment requests declined"),
    _sent("Payment Amount - Completed USD", Kind.NUMBER, "Amount of the completed payments", unit="USD"),
    _sent("Payment Amount - Declined USD", Kind.NUMBER, "Amount of the declined payments", unit="USD"),
)

CUSTOMER_COLUMNS = (
    Column(name="Name", help="The customer's name", name_of=CUSTOMER),
    Column(name="Address", help="The customer's address"),
    Column(name="Email", help="The customer's primary e-mail address, else the first"),
    Column(name="Phone", help="The customer's primary phone number (E.164), else the first"),
    Column(name="Phone Type", kind=Kind.CHOICE, help="Type of that phone number; empty when unknown"),
    Column(name="SMS Preference", kind=Kind.CHOICE, help="Whether the customer takes SMS on that number"),
    Column(name="External Customer IDs", help="Ids in other systems: JSON by adaptor, or the one id of older profiles"),
)


@dataclass(frozen=True, kw_only=True)
class ContactInformationParameters(Parameters):
    """Which conversations, and whether to look their customers up."""

    dates: DateRange = ask(
        DateRangeQuestion(
            label="Created",
            help="Conversations created on these days, both included, in this time zone.",
        )
    )
    inbox_ids: tuple[str, ...] = ask(
        IdsQuestion(
            label="Inboxes",
            help="Only conversations of these inboxes. None chosen means all.",
            of="inboxes",
            option="inbox-id",
            empty_means="all inboxes",
        ),
        default=(),
    )
    customers: bool = ask(
        SwitchQuestion(
            label="Look customers up",
            help="Fills the last seven columns (name, address, e-mail, phone, phone type, SMS preference, external "
            "IDs) with one request per customer. Without it they stay empty and the export is much quicker.",
            option="customers",
            on_means="with customers",
            off_means="without customers",
        ),
        default=True,
    )


def plan(client: Client, settings: Settings, parameters: ContactInformationParameters) -> Plan:
    """One slice per report window. Raises InputError for an inbox that does not exist."""
    if parameters.inbox_ids:
        known = {inbox.id for inbox in client.inboxes.list()}
        unknown = [inbox_id for inbox_id in parameters.inbox_ids if inbox_id not in known]
        if unknown:
            raise InputError(
                f"There is no inbox with the ID {unknown[0]}.",
                "Export Inboxes to see which there are.",
                field="inbox_ids",
            )
    dates = parameters.dates
    remarks = []
    if dates.last == clock.now().astimezone(ZoneInfo(dates.zone)).date():
        remarks.append(
            Remark(
                text="The range ends today, and reports run about an hour behind: run it again tomorrow for the rest"
            )
        )
    return Plan(
        remarks=tuple(remarks),
        slices=tuple(
            Slice(
                key=f"{window.first}_{window.last}",
                title=f"{window.first} to {window.last}" if window.first != window.last else f"{window.first}",
                arguments={"first": window.first.isoformat(), "last": window.last.isoformat()},
            )
            for window in windows(dates.first, dates.last, settings.report_window_days)
        ),
    )


def rows(workbench: Workbench, parameters: ContactInformationParameters, slice: Slice) -> Iterator[Row]:
    """The slice's conversations in the order Gladly sent them, each conversation once."""
    return rows_with(workbench, parameters, slice)


def rows_with(
    workbench: Workbench, parameters: ContactInformationParameters, slice: Slice, *others: LookUp
) -> Iterator[Row]:
    """The slice's conversations with what their customers, where asked for, and other look-ups add to them."""
    look_ups = [*([CUSTOMERS] if parameters.customers else []), *others]
    seen: set[str] = set()
    customers: set[str] = set()
    twice = 0
    workbench.progress(0, "waiting for the report")
    for part in report_parts(workbench, parameters, slice):
        with part.report as report:
            names = _column_names(report, workbench)
            found = look_up_all(workbench, look_ups, lambda look_up: _ids(report, names, look_up))  # noqa: B023
            workbench.expect(report.row_count - report.unreadable)
            for cells in report.rows():
                row: dict[str, Any] = {name: cell or None for name, cell in zip(names, cells, strict=True) if name}
                if row[KEY] in seen:
                    workbench.expect(-1)
                    twice += 1
                    continue
                # A conversation without an id cannot be told from another one, so it stays.
                seen.update(filter(None, [row[KEY]]))
                customers.update(filter(None, [row[CUSTOMER]]))
                for look_up in look_ups:
                    row.update(found.cells(look_up, row[look_up.column]))
                yield row
    if not parameters.inbox_ids:
        first, last = _days(slice)
        workbench.fact("days", (last - first).days + 1)
        workbench.fact("customers", len(customers))
        workbench.fact("conversations", len(seen))
    if twice:
        workbench.remark(
            "Conversations that came twice, kept once (a day asked for again by inbox repeats some)", count=twice
        )


def _ids(report: Report, names: Sequence[str], look_up: LookUp) -> Iterator[str]:
    """What the report has to be looked up, possibly more than once."""
    if report.columns:
        place = names.index(look_up.column)
        yield from (cells[place] for cells in report.rows() if cells[place])


def report_parts(workbench: Workbench, parameters: ContactInformationParameters, slice: Slice) -> Iterator[ReportPart]:
    """The slice's report in parts that are whole; what could not be had whole is remarked by its window."""
    client = workbench.client
    first, last = _days(slice)
    parts = client.reports.complete(
        METRIC_SET,
        first,
        last,
        parameters.dates.zone,
        inbox_ids=parameters.inbox_ids,
        all_inbox_ids=lambda: [inbox.id for inbox in client.inboxes.list()],
    )
    for part in parts:
        if part.cut:
            workbench.remark(part.cut, partial=True)
        report = part.report
        if report.unreadable:
            workbench.remark(
                "Report lines with more cells than the header, left out, since no one can tell which cell is which",
                count=report.unreadable,
                partial=True,
            )
        if report.ragged > report.unreadable:
            workbench.remark(
                "Report lines with fewer cells than the header, whose last columns are empty",
                count=report.ragged - report.unreadable,
                partial=True,
            )
        yield part


def _days(slice: Slice) -> tuple[date, date]:
    return date.fromisoformat(str(slice.arguments["first"])), date.fromisoformat(str(slice.arguments["last"]))


def _column_names(report: Report, workbench: Workbench) -> list[str]:
    """For each of the report's columns the export's name for it, or '' when the export has none."""
    names = match_columns(report.columns)
    if not report.columns:
        return names
    if KEY not in names or CUSTOMER not in names:
        raise UnexpectedAnswer(
            f"Gladly's report has no column “{KEY if KEY not in names else CUSTOMER}”.",
            "Nothing was exported from it. Ask Gladly Support whether the report has changed.",
        )
    absent = [column.name for column in REPORT_COLUMNS if column.name not in names]
    if absent:
        workbench.remark(f"Columns that Gladly's report did not have, left empty: {', '.join(absent)}", partial=True)
    new = [sent for sent, name in zip(report.columns, names, strict=True) if not name]
    if new:
        workbench.remark(f"Columns that Gladly's report had besides, or twice, left out: {', '.join(new)}")
    return names


def match_columns(sent: Sequence[str]) -> list[str]:
    """The export's column for each column sent; '' for an unknown one, and for the second of two that are the same."""
    return matched(sent, {spelling(column.name): column.name for column in REPORT_COLUMNS} | OTHER_SPELLINGS)


def _ask_customer(workbench: Workbench, customer_id: str) -> Known:
    customer = workbench.client.customers.get(customer_id)
    became = "gone" if customer is None else "merged" if customer.moved_from else "found"
    return Known(became=became, cells=customer_row(customer))


CUSTOMERS = LookUp(
    column=CUSTOMER,
    kind="customer",
    noun="customers",
    ask=_ask_customer,
    remarks={
        "gone": "Customers deleted in Gladly; their seven columns are empty",
        "merged": "Customers merged into another profile, whose details are given",
    },
    unreadable="Customers whose profile Gladly did not send as it should; their seven columns are empty",
)


def customer_row(customer: Customer | None) -> dict[str, JsonValue]:
    """The seven customer columns; a deleted customer has none of them."""
    if customer is None:
        return {}
    phone, email = customer.phone, customer.email
    outside = customer.external_customer_ids
    return {
        "Name": customer.name,
        "Address": customer.address,
        "Email": None if email is None else email.original or email.normalized,
        "Phone": None if phone is None else phone.normalized or phone.original,
        "Phone Type": None if phone is None else phone.type,
        "SMS Preference": None if phone is None else phone.sms_preference,
        "External Customer IDs": json.dumps(outside, ensure_ascii=False) if outside else customer.external_customer_id,
    }


def sample(client: Client, _settings: Settings, parameters: ContactInformationParameters) -> Mapping[str, float]:
    """Count one day's customers: the middle one of the days asked for that are over."""
    dates = parameters.dates
    over = min(dates.last, clock.now().astimezone(ZoneInfo(dates.zone)).date() - timedelta(days=1))
    day = dates.first + timedelta(days=max((over - dates.first).days, 0) // 2)
    with client.reports.fetch(METRIC_SET, day, day, dates.zone, parameters.inbox_ids) as report:
        names = match_columns(report.columns)
        place = names.index(CUSTOMER) if CUSTOMER in names else None
        customers = set() if place is None else {cells[place] for cells in report.rows()}
    return {"days": 1, "customers": len(customers), "conversations": report.row_count}


def estimate(
    parameters: ContactInformationParameters, settings: Settings, known: Mapping[str, float]
) -> Estimate | None:
    """What the run will ask, from what earlier runs of the account have shown of a day.

    `known` holds `customers_per_day`: different customers in a day's conversations. None when it is not known yet.
    """
    return estimate_with(parameters, settings, known, ("customers",) if parameters.customers else ())


def estimate_with(
    parameters: ContactInformationParameters,
    settings: Settings,
    known: Mapping[str, float],
    looked_up: Sequence[str],
) -> Estimate | None:
    """The estimate of a run that looks up each of what is named: `customers`, `conversations`."""
    days = parameters.dates.days
    reports = len(windows(parameters.dates.first, parameters.dates.last, settings.report_window_days))
    waiting = max(0, reports - settings.reports_per_minute) * 60 / settings.reports_per_minute
    if not looked_up:
        return Estimate(reports=reports, requests=0, seconds=waiting + reports, basis="")
    if any(f"{what}_per_day" not in known for what in looked_up):
        return None
    requests = round(days * sum(known[f"{what}_per_day"] for what in looked_up))
    rate = settings.requests_per_second or 10
    return Estimate(
        reports=reports,
        requests=requests,
        seconds=max(waiting, requests / rate) + reports,
        basis=" and ".join(f"about {known[f'{what}_per_day']:,.0f} {what} a day" for what in looked_up),
    )


EXPORT = Export(
    name="contact-information",
    title="Export Conversation Contact Information",
    section=Section.CONVERSATIONS,
    place=3,
    summary="Every conversation created in a date range, with handle times, channels, agents, topics and the customer.",
    use_case="Build operational reports, analyze handle times, measure first contact resolution, review channel mix.",
    grain="one row per conversation",
    columns=REPORT_COLUMNS + CUSTOMER_COLUMNS,
    parameters=ContactInformationParameters,
    plan=plan,
    rows=rows,
    estimate=estimate,
    sample=sample,
    zone=lambda parameters: parameters.dates.zone,
    unique=KEY,
    shown=(
        "Created At",
        "Status",
        "Inbox Name - Current",
        "Assigned Agent Name - Current",
        "First Channel",
        "Topics",
        "Conversation Handle Time in seconds",
        "Count of Contacts",
        "Is FCR Success",
        "Name",
        "Email",
        "Phone",
        "Conversation ID",
        "Conversation Link",
    ),
    caveat="Report data runs about an hour behind Gladly, so today is not complete.",
)
