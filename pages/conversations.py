"""Conversations: choose an export, run it, explore and download the result."""

from gladly_tools.exports import Section
from gladly_tools.ui.export_panel import section_page

section_page(Section.CONVERSATIONS, "Conversation records with handle times, channels, agents, topics and customers.")
