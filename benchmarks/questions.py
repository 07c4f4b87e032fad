"""The questions that the result view asks of a result, each by name: what the portal does for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from benchmarks.rows import SEARCHED, ZONE
from gladly_tools.exports.contact_information import CUSTOMER, KEY
from gladly_tools.insights import GROUPINGS, counts_by, durations_by, headline, per_day, spread
from gladly_tools.results.naming import names_in
from gladly_tools.results.query import Condition, Operator, Query, Sort
from gladly_tools.results.table import Table

PAGE = 100
SECONDS = "Conversation Handle Time in seconds"
FROM, TO = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
STATUSES = ("OPEN", "WAITING")
LEAST_SECONDS, MOST_SECONDS = 600, 1800

FILTER = Query(
    conditions=(
        Condition(column="Status", operator=Operator.ONE_OF, values=STATUSES),
        Condition(column="Created At", operator=Operator.BETWEEN, values=(FROM, TO)),
        Condition(column=SECONDS, operator=Operator.BETWEEN, values=(LEAST_SECONDS, MOST_SECONDS)),
    )
)
SEARCH = Query(search=SEARCHED.lower())
SORTED = Query(sort=(Sort(column=SECONDS, descending=True),))
ALL = Query()


def ids(frame: Any) -> list[str]:
    """What a page is known by."""
    return [str(cell) for cell in frame[KEY]]


def rounded(frame: Any) -> list[list[Any]]:
    """A chart's figures, to be compared: numbers to four digits, everything else as text."""
    return [
        [round(float(cell), 4) if isinstance(cell, int | float) else str(cell) for cell in row]
        for row in frame.astype(object).itertuples(index=False)
    ]


def deep(rows: int) -> int:
    """Where a deep page begins."""
    return rows * 9 // 10


def _handle_time(table: Table, group: str) -> list[list[Any]]:
    return rounded(durations_by(table, ALL, GROUPINGS[group], SECONDS).frame)


PORTAL: Mapping[str, Callable[[Table], Any]] = {
    "count with three filters": lambda table: table.count(FILTER),
    "count with a search of all text": lambda table: table.count(SEARCH),
    "first page, sorted": lambda table: ids(table.page(SORTED, limit=PAGE)),
    "deep page, sorted": lambda table: ids(table.page(SORTED, offset=deep(table.rows), limit=PAGE)),
    "deep page, as stored": lambda table: ids(table.page(ALL, offset=deep(table.rows), limit=PAGE)),
    "names of a page's customers": lambda table: _names(table),
    "chart: headline figures": lambda table: _figures(table),
    "chart: conversations per day": lambda table: rounded(per_day(table, ALL, ZONE)),
    "chart: channel mix": lambda table: rounded(counts_by(table, ALL, GROUPINGS["Channel"]).frame),
    "chart: handle time distribution": lambda table: _spread(table, SECONDS),
    **{f"chart: handle time by {name.lower()}": partial(_handle_time, group=name) for name in GROUPINGS},
}


def _names(table: Table) -> list[tuple[str, str]]:
    page = table.page(ALL, [CUSTOMER], limit=PAGE)
    return sorted(names_in(table, "customers", page[CUSTOMER]).items())


def _figures(table: Table) -> list[float]:
    found = headline(table, ALL)
    values = (
        found.conversations,
        found.customers,
        found.open_now,
        found.with_handle_time,
        found.median_seconds or 0.0,
        found.p90_seconds or 0.0,
        found.fcr_eligible,
        found.fcr_rate or 0.0,
        found.with_reopened,
        found.reopen_rate or 0.0,
    )
    return [round(float(value), 4) for value in values]


def _spread(table: Table, column: str) -> list[Any]:
    found = spread(table, ALL, column)
    return [rounded(found.bins), found.beyond, round(found.median or 0.0, 4), round(found.p90 or 0.0, 4)]
