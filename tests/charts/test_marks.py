"""Choosing a mark takes as many rows as the mark says, beside any filter, and stays so once it is a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from gladly_tools.charts import Chart, Mark
from gladly_tools.charts.picking import together
from gladly_tools.results.query import Condition, Query
from tests.charts.conftest import Case, Sides, cases
from tests.charts.queries import with_queries

# Of very many marks, those at the ends and some between; fewer under a filter, which takes marks away and adds none.
MOST = 18
MOST_FILTERED = 6


def sample(marks: Sequence[Mark], most: int) -> Sequence[Mark]:
    """At most about so many marks, a third of them from each end."""
    third = most // 3
    return (
        marks if len(marks) <= most else [*marks[:third], *marks[third : -third : len(marks) // third], *marks[-third:]]
    )


def narrowed(query: Query, conditions: tuple[Condition, ...]) -> Query:
    """As the filter bar takes what is chosen: in place of conditions on the same column with the same operator."""
    replaced = {(each.column, each.operator) for each in conditions}
    kept = [each for each in query.conditions if (each.column, each.operator) not in replaced]
    return replace(query, conditions=(*kept, *conditions))


@pytest.mark.parametrize(("case", "query"), with_queries(cases()))
def test_a_mark_takes_as_many_rows_as_it_says(made: Mapping[str, Sides], case: Case, query: Query) -> None:
    sides = made[case.export]
    for chart in case.drawn(sides, query):
        if not isinstance(chart, Chart):
            continue
        for mark in sample(list(chart.marks), MOST_FILTERED if query.conditions else MOST):
            after = narrowed(query, together(query, mark.conditions))
            assert sides.table.count(after) == mark.rows, (chart.key, mark.label)


@pytest.mark.parametrize(("case", "query"), with_queries(cases()))
def test_a_brushed_stretch_takes_the_rows_of_its_marks(made: Mapping[str, Sides], case: Case, query: Query) -> None:
    sides = made[case.export]
    for chart in case.drawn(sides, query):
        if not isinstance(chart, Chart) or chart.brush is None or not len(chart.frame):
            continue
        brush = chart.brush
        at = list(brush.at)
        assert at == sorted(at)
        if chart.key == "topics-over-time":
            continue  # its marks share rows, and leave others out: a stretch takes all that were created in it
        whole = narrowed(query, together(query, brush.chosen(at[0], at[-1])))
        assert sides.table.count(whole) == sum(mark.rows for mark in chart.marks), chart.key
        assert brush.chosen(at[-1] + 1e12, at[-1] + 2e12) == ()
        if len(at) == len(chart.marks) and len(at) > 2:
            part = narrowed(query, together(query, brush.chosen(at[1], at[-2])))
            assert sides.table.count(part) == sum(mark.rows for mark in chart.marks[1:-1]), chart.key
