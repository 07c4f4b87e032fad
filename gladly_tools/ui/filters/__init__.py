"""The filter bar of a result: search, a condition a pill, its editor by the column's kind, views, links and undo."""

from __future__ import annotations

from gladly_tools.results.words import describe
from gladly_tools.ui.filters.bar import active_filters, filter_bar
from gladly_tools.ui.filters.links import open_shared
from gladly_tools.ui.filters.state import forget_filters, narrow
from gladly_tools.ui.filters.views import Looked, views_menu

__all__ = [
    "Looked",
    "active_filters",
    "describe",
    "filter_bar",
    "forget_filters",
    "narrow",
    "open_shared",
    "views_menu",
]
