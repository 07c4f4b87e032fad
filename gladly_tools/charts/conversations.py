"""Charts of conversations: contact information and what has its columns."""

from __future__ import annotations

from collections.abc import Iterator

from gladly_tools.amounts import short_duration
from gladly_tools.charts.backlog import backlog_charts
from gladly_tools.charts.channels import channel_charts
from gladly_tools.charts.chart import Figure, Figures
from gladly_tools.charts.dashboard import Dashboard, Drawn, Scope, Section
from gladly_tools.charts.resolution import RESOLVED_BY, resolution_charts
from gladly_tools.charts.times import GROUP, MEASURE, time_charts
from gladly_tools.charts.topics import topic_charts
from gladly_tools.charts.volume import STEP, TREND_STEP, volume_charts
from gladly_tools.insights import headline
from gladly_tools.insights.columns import FIGURE_COLUMNS


def headline_figures(scope: Scope) -> Iterator[Drawn]:
    """How many, how long, and how many were resolved at once."""
    found = headline(scope.table, scope.query)
    yield Figures(
        key="headline",
        figures=(
            Figure(
                label="Conversations",
                number=found.conversations,
                shown=f"{found.conversations:,}",
                basis=f"{found.customers:,} different customers",
            ),
            Figure(
                label="Median handle time",
                number=found.median_seconds,
                shown=short_duration(found.median_seconds),
                basis=f"9 in 10 under {short_duration(found.p90_seconds)}, of {found.with_handle_time:,}"
                if found.with_handle_time
                else "no handle time yet",
                help="Of conversations with a handle time: half are below the median, nine in ten below the 90th "
                "percentile.",
            ),
            Figure(
                label="First contact resolution",
                number=found.fcr_rate,
                shown=_percent(found.fcr_rate),
                basis=f"of {found.fcr_eligible:,} eligible",
            ),
            Figure(
                label="Reopened",
                number=found.reopen_rate,
                shown=_percent(found.reopen_rate),
                basis=f"of {found.with_reopened:,}, at least once",
            ),
            Figure(
                label="Open now",
                number=found.open_now,
                shown=f"{found.open_now:,}",
                basis="when the export was made",
            ),
        ),
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


CONVERSATIONS = Dashboard(
    headline=headline_figures,
    columns=FIGURE_COLUMNS,
    sections=(
        Section(title="Volume", draw=volume_charts, choices=(STEP,)),
        Section(title="Channels", draw=channel_charts, choices=(TREND_STEP,)),
        Section(title="Times", draw=time_charts, choices=(MEASURE, GROUP)),
        Section(title="Resolution", draw=resolution_charts, choices=(RESOLVED_BY,)),
        Section(title="Topics", draw=topic_charts, choices=(TREND_STEP,)),
        Section(title="Backlog and agents", draw=backlog_charts),
    ),
)
