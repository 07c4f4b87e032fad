"""The questions that the result view asks of a result, each by name: what the portal does for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from benchmarks.rows import SEARCHED, ZONE
from gladly_tools.charts import DASHBOARDS, LIGHT, Chart
from gladly_tools.exports.conversation_report import CUSTOMER, KEY
from gladly_tools.insights import (
    GROUPINGS,
    TopicCells,
    counts_by,
    durations_by,
    durations_by_topic,
    first_contact_resolution_by,
    first_to_last,
    headline,
    load_by,
    members_over_time,
    open_by,
    open_by_age,
    per_day,
    per_hour_of_week,
    per_week,
    reopened_by,
    spread,
    topics,
    topics_over_time,
)
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


INBOX = GROUPINGS["Inbox"]
FIRST_CLOSED = "Created-to-First Closed Time in seconds"
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
TOPIC_CELLS = TopicCells()
DASHBOARD = "contact-information"


def searches() -> Iterator[Query]:
    """One search, each time with other capital letters, so that what is kept of one is of no use to the next."""
    for number in itertools.count():
        yield Query(search="".join(c.upper() if number >> place & 1 else c for place, c in enumerate(SEARCH.search)))


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
    "chart: creation to first close, distribution": lambda table: _spread(table, FIRST_CLOSED),
    "chart: conversations per week": lambda table: rounded(per_week(table, ALL, ZONE)),
    "chart: conversations by weekday and hour": lambda table: rounded(per_hour_of_week(table, ALL, ZONE)),
    "chart: channel mix per week": lambda table: _channels(table),
    "chart: first to last channel": lambda table: rounded(first_to_last(table, ALL)),
    "chart: first contact resolution by inbox": lambda table: rounded(
        first_contact_resolution_by(table, ALL, INBOX).frame
    ),
    "chart: reopened by inbox": lambda table: rounded(reopened_by(table, ALL, INBOX).frame),
    "chart: topics": lambda table: _topics(table),
    "chart: topics per week": lambda table: _topics_over_time(table),
    "chart: handle time by topic": lambda table: _handle_time_by_topic(table),
    "chart: open by age": lambda table: rounded(open_by_age(table, ALL, AS_OF)),
    "chart: open by inbox": lambda table: rounded(open_by(table, ALL, INBOX).frame),
    "chart: load by agent": lambda table: rounded(load_by(table, ALL, GROUPINGS["Agent"]).frame),
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


def _channels(table: Table) -> list[list[Any]]:
    return rounded(members_over_time(table, ALL, ZONE, GROUPINGS["Channel"].cell, unit="week"))


def _topics(table: Table) -> list[list[Any]]:
    found = topics(table, ALL, TOPIC_CELLS)
    return [[" > ".join(topic.path), topic.rows] for topic in found.topics] + [["", found.without]]


def _topics_over_time(table: Table) -> list[list[Any]]:
    found = topics(table, ALL, TOPIC_CELLS)
    shown = sorted(found.topics, key=lambda topic: topic.path)
    return rounded(topics_over_time(table, ALL, ZONE, found, shown, unit="week"))


def _handle_time_by_topic(table: Table) -> list[list[Any]]:
    found = topics(table, ALL, TOPIC_CELLS)
    shown = [topic.items for topic in sorted(found.topics, key=lambda topic: topic.path)]
    return sorted(rounded(durations_by_topic(table, ALL, SECONDS, found, shown).frame))


def dashboard(table: Table, query: Query = ALL) -> list[str]:
    """Everything that the charts of contact information show, all sections of it, with their drawings."""
    drawn = []
    for each in DASHBOARDS[DASHBOARD](table, query, ZONE):
        if isinstance(each, Chart):
            each.drawing(LIGHT).to_dict()
        drawn.append(each.key)
    return drawn
