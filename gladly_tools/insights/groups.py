"""Figures by group: the busiest by name, all others in one row."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gladly_tools.insights.columns import MOST_GROUPS, Grouping, seconds_of
from gladly_tools.results.query import Query
from gladly_tools.results.sql import quoted
from gladly_tools.results.table import Table


@dataclass(frozen=True, kw_only=True)
class Grouped:
    """A frame whose first column, `member`, names the groups, the busiest first; None for the empty one.

    When there were more groups than shown, the last row of `frame` is all the others together, `others` says how many
    they are, and its member means nothing.
    """

    frame: pd.DataFrame
    others: int

    @property
    def shown(self) -> list[str | None]:
        """The groups that have a row of their own."""
        members = self.frame["member"].iloc[: len(self.frame) - bool(self.others)]
        return [None if pd.isna(member) else str(member) for member in members]

    def busiest(self, most: int) -> Grouped:
        """The same with at most so many groups shown, where every figure of the others is the sum of theirs."""
        shown = len(self.shown)
        if shown <= most:
            return self
        rest = self.frame.iloc[most:].drop(columns="member").sum()
        last = pd.DataFrame({"member": [None], **{name: [total] for name, total in rest.items()}})
        last = last.astype(self.frame.dtypes.drop("member"))
        frame = pd.concat([self.frame.iloc[:most], last], ignore_index=True)
        return Grouped(frame=frame, others=self.others + shown - most)


def counts_by(table: Table, query: Query, grouping: Grouping) -> Grouped:
    """`member`, `rows`."""
    return summed(table, query, f"{grouping.cell} AS member", "", "")


def durations_by(table: Table, query: Query, grouping: Grouping, column: str) -> Grouped:
    """`member`, `rows` with such a duration, and its `median`, `p90` and `total` in seconds."""
    seconds = seconds_of(column)
    figures = f"count(*) AS rows, quantile_cont({seconds}, [0.5, 0.9]) AS quantiles, sum({seconds}) AS total"
    known = f"{seconds} IS NOT NULL"
    frame = table.frame(
        f"SELECT {grouping.cell} AS member, {figures} FROM rows WHERE {known}"
        " GROUP BY member ORDER BY rows DESC, member",
        query,
    )
    others = max(len(frame) - MOST_GROUPS, 0)
    if others:
        # Once more for the others as one: quantiles of parts do not add up.
        shown = Grouped(frame=frame.iloc[:MOST_GROUPS], others=0).shown
        is_other = f"list_position($shown, {quoted(grouping.column)}) IS NULL"
        if None in shown:
            is_other += f" AND {grouping.cell} IS NOT NULL"
        rest = table.frame(
            f"SELECT NULL AS member, {figures} FROM rows WHERE {known} AND {is_other}",
            query,
            {"shown": [member for member in shown if member is not None]},
        )
        frame = pd.concat([frame.iloc[:MOST_GROUPS], rest], ignore_index=True)
    return with_quantiles(Grouped(frame=frame, others=others))


def with_quantiles(found: Grouped) -> Grouped:
    """The list in `quantiles` as two columns."""
    frame = found.frame
    median = [float(cell[0]) for cell in frame["quantiles"]]
    p90 = [float(cell[1]) for cell in frame["quantiles"]]
    return Grouped(frame=frame.drop(columns="quantiles").assign(median=median, p90=p90), others=found.others)


def summed(table: Table, query: Query, chosen: str, where: str, figures: str) -> Grouped:
    """Aggregate by `member`; `figures` are such that those of several groups are the sums of theirs."""
    listed = f", {figures}" if figures else ""
    where = f"WHERE {where}" if where else ""
    frame = table.frame(
        f", chosen AS (SELECT {chosen} FROM rows {where})"
        f" SELECT member, count(*) AS rows {listed} FROM chosen GROUP BY member ORDER BY rows DESC, member",
        query,
    )
    return Grouped(frame=frame, others=0).busiest(MOST_GROUPS)
