"""The editor of one condition: how to ask, the control that fits, not, and what would be left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from gladly_tools.charts import no_names
from gladly_tools.results.naming import Naming
from gladly_tools.results.query import Condition, Operator, Query, operators_for
from gladly_tools.results.schema import TEXT_KINDS, Column, Kind
from gladly_tools.results.table import Table
from gladly_tools.ui.filters.controls import WIDTH, Asked, control
from gladly_tools.ui.words import counted

FEW_VALUES = 50

WAYS: Mapping[Operator, str] = {
    Operator.CONTAINS: "Contains",
    Operator.STARTS_WITH: "Starts with",
    Operator.EQUALS: "Is",
    Operator.ONE_OF: "Values",
    Operator.LISTS: "Items",
    Operator.BETWEEN: "Range",
    Operator.LAST: "Recent",
    Operator.ON_WEEKDAYS: "Weekdays",
    Operator.AT_HOURS: "Hours",
    Operator.IS_TRUE: "Yes",
    Operator.IS_FALSE: "No",
    Operator.IS_EMPTY: "Empty",
    Operator.IS_UNREADABLE: "Unreadable",
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What was asked for so far: a condition, or why there is none yet."""

    condition: Condition | None
    problem: str = ""


def editor(
    table: Table,
    column: Column,
    before: Condition | None,
    others: Query,
    *,
    key: str,
    zone: str,
    naming: Naming = no_names,
) -> Draft:
    """Show the widgets that make a condition on a column and return what they make.

    They begin with the condition `before`; counts are those of the rows that the query `others` takes.
    `naming` names ids.
    """
    found = ways(table, column, before)
    operator = st.pills(
        "How",
        found,
        default=before.operator if before else found[0],
        required=True,
        format_func=lambda way: _way(way, column),
        label_visibility="collapsed",
        key=f"{key}:how",
        wrap=True,
    )
    operator = Operator(operator)
    values = control(
        operator,
        Asked(
            table=table,
            column=column,
            others=others,
            before=before.values if before and before.operator is operator else (),
            key=f"{key}:{operator}",
            zone=zone,
            naming=naming,
        ),
    )
    negated = st.toggle(
        "Not",
        value=bool(before and before.negated),
        key=f"{key}:not",
        help="Takes exactly the other rows, those where the column is empty among them.",
    )
    if isinstance(values, str):
        return Draft(condition=None, problem=values)
    condition = Condition(column=column.name, operator=operator, values=values, negated=negated)
    rows = table.count(others)
    left = table.count(Query(conditions=(*others.conditions, condition), search=others.search))
    st.caption(f"Leaves {left:,} of {counted(rows, 'row')}.", width=WIDTH)
    return Draft(condition=condition)


def ways(table: Table, column: Column, before: Condition | None) -> Sequence[Operator]:
    """How a column can be asked, what fits it best first; the way of the condition `before` always among them."""
    found = list(operators_for(column.kind))
    hidden = {Operator.LISTS}  # what joins the items is known to whoever made the condition
    if column.kind in (Kind.TIME, Kind.INTEGER, Kind.NUMBER):
        hidden.add(Operator.EQUALS)  # a range does as well
    if table.is_readable(column.name):
        hidden.add(Operator.IS_UNREADABLE)
    found = [each for each in found if each not in hidden or (before is not None and before.operator is each)]
    if column.kind in TEXT_KINDS and table.distinct_count(column.name, limit=FEW_VALUES + 1) <= FEW_VALUES:
        found.remove(Operator.ONE_OF)
        found.insert(0, Operator.ONE_OF)
    return found


def _way(operator: Operator, column: Column) -> str:
    if operator is Operator.BETWEEN and column.kind is Kind.TIME:
        return "Days"
    if operator is Operator.EQUALS and column.kind is Kind.TIME:
        return "Moment"
    return WAYS[operator]
