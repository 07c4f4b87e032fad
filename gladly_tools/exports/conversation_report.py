"""Gladly's conversation report: its columns, by whatever spelling they come, and its parts, each whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from gladly_tools.api import Report, ReportPart
from gladly_tools.errors import UnexpectedAnswer
from gladly_tools.exports.export import Workbench
from gladly_tools.exports.headers import matched, spelling
from gladly_tools.results.schema import Column, Kind

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


def report_parts(
    workbench: Workbench, first: date, last: date, zone: str, inbox_ids: Sequence[str]
) -> Iterator[ReportPart]:
    """The report of these days, both included, in parts that are whole; what could not be had whole is remarked.

    No `inbox_ids` means all inboxes.
    """
    client = workbench.client
    parts = client.reports.complete(
        METRIC_SET,
        first,
        last,
        zone,
        inbox_ids=inbox_ids,
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


def column_names(workbench: Workbench, report: Report) -> list[str]:
    """As `match_columns`; what is absent or new is remarked. Raises UnexpectedAnswer without the columns of ids."""
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
