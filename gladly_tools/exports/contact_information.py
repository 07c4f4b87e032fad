"""Conversations created in a date range: their report columns, then who the customer is.

55 columns are the text of Gladly's `ConversationExportReport`; the last seven come from one look-up per customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gladly_tools import clock
from gladly_tools.api import Client, Report, windows
from gladly_tools.errors import InputError
from gladly_tools.exports.conversation_report import (
    CUSTOMER,
    KEY,
    METRIC_SET,
    REPORT_COLUMNS,
    column_names,
    match_columns,
    report_parts,
)
from gladly_tools.exports.customer_look_up import CUSTOMER_COLUMNS, CUSTOMERS
from gladly_tools.exports.export import Estimate, Export, Plan, Remark, Section, Slice, Workbench
from gladly_tools.exports.inputs import (
    DateRange,
    DateRangeQuestion,
    IdsQuestion,
    Parameters,
    SwitchQuestion,
    ask,
)
from gladly_tools.exports.look_ups import LookUp, look_up_all
from gladly_tools.results.schema import Row
from gladly_tools.settings import Settings


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
    first, last = _days(slice)
    for part in report_parts(workbench, first, last, parameters.dates.zone, parameters.inbox_ids):
        with part.report as report:
            names = column_names(workbench, report)
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


def _days(slice: Slice) -> tuple[date, date]:
    return date.fromisoformat(str(slice.arguments["first"])), date.fromisoformat(str(slice.arguments["last"]))


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
