"""Logs: look up what happened during a phone call, explore and download it."""

from gladly_tools.exports import Section
from gladly_tools.ui.export_panel import section_page

section_page(
    Section.LOGS,
    "Event-level data for troubleshooting: whose phone rang in a call, who talked, who was on hold, and when.",
)
