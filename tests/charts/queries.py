"""Filters under which every chart is looked at, by the columns that they need."""

from __future__ import annotations

from collections.abc import Mapping

from gladly_tools.charts.picking import one_of
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.table import Table

HANDLE_TIME = "Conversation Handle Time in seconds"

QUERIES: Mapping[str, Query] = {
    "all": Query(),
    "nothing": Query(search="no such text anywhere"),
    "one channel": Query(conditions=(one_of("First Channel", "EMAIL"),)),
    "long ones": Query(conditions=(Condition(column=HANDLE_TIME, operator=Operator.BETWEEN, values=(600, 4000.5)),)),
    "not closed": Query(
        conditions=(Condition(column="Status", operator=Operator.EQUALS, values=("CLOSED",), negated=True),)
    ),
    "two inboxes": Query(conditions=(one_of("Inbox Name - Current", "General", "Phone"),), search="a"),
    "one type": Query(conditions=(one_of("type", "CONTACT/STARTED", "CONTACT/ENDED"),)),
    "one type of the report": Query(conditions=(one_of("Event Type", "CONVERSATION/CREATED"),)),
}


def fits(query: Query, table: Table) -> bool:
    """Whether the table has the columns of the query."""
    return {condition.column for condition in query.conditions} <= {column.name for column in table.columns}
