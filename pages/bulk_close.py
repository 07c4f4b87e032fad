"""Bulk Close: close conversations or tasks from a list of IDs, and take it back."""

from gladly_tools.ui.bulk_panel import bulk_page

bulk_page()
