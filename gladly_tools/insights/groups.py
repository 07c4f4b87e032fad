"""Figures by group: the busiest by name, all others in one row."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gladly_tools.insights.columns import MOST_GROUPS, Grouping, seconds_of
from gladly_tools.results.query import Query
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


def counts_by(table: Table, query: Query, grouping: Grouping, *, most: int = MOST_GROUPS) -> Grouped:
    """`member`, `rows`."""
    return grouped(table, query, f"{grouping.cell} AS member, 1 AS one", "", "", most=most)


def durations_by(table: Table, query: Query, grouping: Grouping, column: str, *, most: int = MOST_GROUPS) -> Grouped:
    """`member`, `rows` with such a duration, and its `median`, `p90` and `total` in seconds."""
    seconds = seconds_of(column)
    return with_quantiles(
        grouped(
            table,
            query,
            f"{grouping.cell} AS member, {seconds} AS seconds",
            f"{seconds} IS NOT NULL",
            "quantile_cont(seconds, [0.5, 0.9]) AS quantiles, sum(seconds) AS total",
            most=most,
        )
    )


def with_quantiles(found: Grouped) -> Grouped:
    """The list in `quantiles` as two columns."""
    frame = found.frame
    median = [float(cell[0]) for cell in frame["quantiles"]]
    p90 = [float(cell[1]) for cell in frame["quantiles"]]
    return Grouped(frame=frame.drop(columns="quantiles").assign(median=median, p90=p90), others=found.others)


def grouped(table: Table, query: Query, chosen: str, where: str, figures: str, *, most: int = MOST_GROUPS) -> Grouped:
    """Aggregate by `member`; what is beyond the `most` busiest is aggregated once more, as one.

    Two steps, since quantiles of parts do not add up: how many rows each group has, then the figures of what has a row.
    """
    listed = f", {figures}" if figures else ""
    where = f"WHERE {where}" if where else ""
    source = f", chosen AS (SELECT {chosen} FROM rows {where})"
    counts = table.frame(
        f"{source} SELECT member, count(*) AS rows {listed} FROM chosen GROUP BY member ORDER BY rows DESC, member",
        query,
    )
    if len(counts) <= most:
        return Grouped(frame=counts, others=0)
    top = counts.iloc[:most]
    named = [str(member) for member in top["member"] if not pd.isna(member)]
    blank = "OR member IS NULL" if top["member"].isna().any() else ""
    rest = table.frame(
        f"{source} SELECT NULL AS member, count(*) AS rows {listed} FROM chosen"
        f" WHERE NOT coalesce(list_contains($shown, member) {blank}, false)",
        query,
        {"shown": named},
    )
    return Grouped(frame=pd.concat([top, rest], ignore_index=True), others=len(counts) - most)
