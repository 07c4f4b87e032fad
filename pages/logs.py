"""Logs: look up what happened during a phone call, explore and download it."""

from gladly_tools.exports import Section
from gladly_tools.ui.export_panel import section_page

section_page(Section.LOGS, "Event-level data for troubleshooting: who rang, talked and held in a phone call, and when.")
