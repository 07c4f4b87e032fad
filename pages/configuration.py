"""Configuration: choose an export, run it, explore and download the result."""

from gladly_tools.exports import Section
from gladly_tools.ui.export_panel import section_page

section_page(Section.CONFIGURATION, "A snapshot of how your Gladly is set up: topics, inboxes, answers and audiences.")
