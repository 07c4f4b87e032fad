"""Resolution: what was resolved at the first contact, and what had to be opened again, with what it is out of."""

from __future__ import annotations

from collections.abc import Iterator

from gladly_tools.charts.bar_charts import share_bars
from gladly_tools.charts.dashboard import Choice, Drawn, Scope
from gladly_tools.charts.picking import is_true, present
from gladly_tools.insights import GROUPINGS, first_contact_resolution_by, reopened_by
from gladly_tools.insights.columns import FCR_ELIGIBLE, REOPENED

RESOLVED_BY = Choice(key="resolved-by", label="By", options=("Inbox", "Channel", "Agent"))


def resolution_charts(scope: Scope) -> Iterator[Drawn]:
    """First contact resolution and reopening, by group."""
    grouping = GROUPINGS[scope.option(RESOLVED_BY)]
    yield share_bars(
        first_contact_resolution_by(scope.table, scope.query, grouping),
        key="first-contact-resolution",
        title=f"First contact resolution by {grouping.one}",
        help="Of the conversations that count towards it, how many were resolved at the first contact.",
        grouping=grouping,
        whole="Eligible",
        part="Resolved",
        rate="Resolved at first contact, %",
        more=(is_true(FCR_ELIGIBLE),),
        note="Out of the conversations that are eligible, as the report says.",
    )
    yield share_bars(
        reopened_by(scope.table, scope.query, grouping),
        key="reopened",
        title=f"Reopened by {grouping.one}",
        help="How many conversations were reopened at least once.",
        grouping=grouping,
        whole="Conversations",
        part="Reopened",
        rate="Reopened, %",
        more=present(scope.table, REOPENED),
        note="At least once, out of all whose reopening is counted.",
    )
