"""The figures behind the charts of conversations: small frames, aggregated by the engine over the filtered rows.

Every function takes the table and the query whose rows count. Nothing here knows how a figure is drawn or said.
Rows that lack what a figure is about are left out of it, and every frame says how many rows it is made of.
"""

from __future__ import annotations

from gladly_tools.insights.backlog import AGES, load_by, open_by, open_by_age
from gladly_tools.insights.channels import first_to_last, members_over_time
from gladly_tools.insights.columns import DURATIONS, GROUPINGS, Grouping
from gladly_tools.insights.groups import Grouped, counts_by, durations_by
from gladly_tools.insights.headline import Headline, headline
from gladly_tools.insights.resolution import first_contact_resolution_by, reopened_by
from gladly_tools.insights.times import Spread, spread
from gladly_tools.insights.topic_cells import TopicCells
from gladly_tools.insights.topics import Topic, Topics, durations_by_topic, topics, topics_over_time
from gladly_tools.insights.volume import per_day, per_hour_of_week, per_week

__all__ = [
    "AGES",
    "DURATIONS",
    "GROUPINGS",
    "Grouped",
    "Grouping",
    "Headline",
    "Spread",
    "Topic",
    "TopicCells",
    "Topics",
    "counts_by",
    "durations_by",
    "durations_by_topic",
    "first_contact_resolution_by",
    "first_to_last",
    "headline",
    "load_by",
    "members_over_time",
    "open_by",
    "open_by_age",
    "per_day",
    "per_hour_of_week",
    "per_week",
    "reopened_by",
    "spread",
    "topics",
    "topics_over_time",
]
