"""Filters under which every chart is looked at, by the columns that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from gladly_tools.charts.picking import one_of
from gladly_tools.exports import EXPORTS
from gladly_tools.results.query import Condition, Operator, Query
from tests.charts.conftest import Case

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


def fits(query: Query, export: str) -> bool:
    """Whether the export has the columns of the query."""
    return {condition.column for condition in query.conditions} <= {column.name for column in EXPORTS[export].columns}


def with_queries(found: Iterable[Case]) -> list[Any]:
    """Each case under each filter that its export has the columns for."""
    return [
        pytest.param(case, query, id=f"{case}-{name}")
        for case in found
        for name, query in QUERIES.items()
        if fits(query, case.export)
    ]


def queries_of(export: str) -> list[Any]:
    """Each filter that the export has the columns for."""
    return [pytest.param(query, id=name) for name, query in QUERIES.items() if fits(query, export)]
