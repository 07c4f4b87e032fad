"""A report to send on: one HTML file with the charts of a result, its figures, and all that must be known of them."""

from __future__ import annotations

from gladly_tools.report_file.contents import Report, can_report, report_of
from gladly_tools.report_file.page import page

__all__ = ["Report", "can_report", "page", "report_of"]
