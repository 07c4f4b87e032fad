"""The figures behind the charts of conversations: small frames, aggregated by the engine over the filtered rows.

Every function takes the table and the query whose rows count. Nothing here knows how a figure is drawn or said.
Rows that lack what a figure is about are left out of it, and every frame says how many rows it is made of.
"""

from __future__ import annotations

from gladly_tools.insights.columns import DURATIONS, GROUPINGS, Grouping
from gladly_tools.insights.groups import Grouped, counts_by, durations_by, shares_by
from gladly_tools.insights.headline import Headline, headline
from gladly_tools.insights.times import Spread, spread
from gladly_tools.insights.volume import per_day, per_hour_of_week, per_week

__all__ = [
    "DURATIONS",
    "GROUPINGS",
    "Grouped",
    "Grouping",
    "Headline",
    "Spread",
    "counts_by",
    "durations_by",
    "headline",
    "per_day",
    "per_hour_of_week",
    "per_week",
    "shares_by",
    "spread",
]
