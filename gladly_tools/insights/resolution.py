"""Whether conversations were resolved at the first contact, and whether they had to be opened again."""

from __future__ import annotations

from gladly_tools.insights.columns import FCR_ELIGIBLE, FCR_SUCCESS, REOPENED, Grouping
from gladly_tools.insights.groups import Grouped, summed
from gladly_tools.results.query import Query
from gladly_tools.results.sql import quoted
from gladly_tools.results.table import Table


def first_contact_resolution_by(table: Table, query: Query, grouping: Grouping) -> Grouped:
    """`member`, `rows` that were eligible, and of them the `part` that was resolved."""
    return _shares(table, query, grouping, f"coalesce({quoted(FCR_ELIGIBLE)}, false)", quoted(FCR_SUCCESS))


def reopened_by(table: Table, query: Query, grouping: Grouping) -> Grouped:
    """`member`, `rows` that say how often they were reopened, and of them the `part` that was, once or more."""
    return _shares(table, query, grouping, f"{quoted(REOPENED)} IS NOT NULL", f"{quoted(REOPENED)} > 0")


def _shares(table: Table, query: Query, grouping: Grouping, whole: str, part: str) -> Grouped:
    return summed(
        table,
        query,
        f"{grouping.cell} AS member, ({part}) AS part",
        whole,
        "count(*) FILTER (WHERE part) AS part",
    )
