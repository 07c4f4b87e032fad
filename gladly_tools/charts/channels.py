"""Channels: which conversations begin in, how that changes, and where those that change channel end."""

from __future__ import annotations

from collections.abc import Iterator

from gladly_tools.charts.bar_charts import count_bars
from gladly_tools.charts.dashboard import Drawn, Scope
from gladly_tools.insights import GROUPINGS, counts_by


def channel_charts(scope: Scope) -> Iterator[Drawn]:
    """The mix of first channels."""
    yield count_bars(
        counts_by(scope.table, scope.query, GROUPINGS["Channel"]),
        key="channel-mix",
        title="Channel mix",
        help="The channel of each conversation's first contact.",
        grouping=GROUPINGS["Channel"],
    )
