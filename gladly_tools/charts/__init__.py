"""The charts of each export: declarations that a page, a picture file and a report draw alike."""

from __future__ import annotations

from collections.abc import Mapping

from gladly_tools.charts.chart import Brush, Chart, Figure, Figures, Mark, Size
from gladly_tools.charts.conversations import CONVERSATIONS
from gladly_tools.charts.dashboard import Choice, Dashboard, Drawn, Names, Scope, Section, no_names
from gladly_tools.charts.events import EVENT_CHARTS, EVENT_HISTORY_CHARTS
from gladly_tools.charts.look import DARK, LIGHT, Look
from gladly_tools.charts.records import ANSWER_CHARTS, CUSTOMER_CHARTS, ITEM_CHARTS
from gladly_tools.insights import TopicCells

DASHBOARDS: Mapping[str, Dashboard] = {
    "answers": ANSWER_CHARTS,
    "contact-information": CONVERSATIONS,
    "conversation": ITEM_CHARTS,
    "customer-conversations": CUSTOMER_CHARTS,
    "event-history": EVENT_HISTORY_CHARTS,
    "events": EVENT_CHARTS,
    "file-export": ITEM_CHARTS,
    "freeform-topics": CONVERSATIONS,
}
"""The dashboards by the name of their export; of several tables, they show the first."""
OTHER_TABLES: Mapping[str, Dashboard] = {"conversation-items": ITEM_CHARTS}
"""The dashboards of further tables, by the name of the table."""

__all__ = [
    "DARK",
    "DASHBOARDS",
    "LIGHT",
    "OTHER_TABLES",
    "Brush",
    "Chart",
    "Choice",
    "Dashboard",
    "Drawn",
    "Figure",
    "Figures",
    "Look",
    "Mark",
    "Names",
    "Scope",
    "Section",
    "Size",
    "TopicCells",
    "no_names",
]
