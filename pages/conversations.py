"""Conversations: choose an export, run it, explore and download the result."""

from gladly_tools.exports import Section
from gladly_tools.ui.export_panel import section_page

section_page(
    Section.CONVERSATIONS,
    "One conversation, a customer's, or all of some days; and Gladly's own export files, searched.",
)
