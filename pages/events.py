"""Events: choose an export, run it, explore and download the result."""

from gladly_tools.exports import Section
from gladly_tools.ui.export_panel import section_page

section_page(Section.EVENTS, "What happened in your Gladly: live for the last 24 hours, from reports for any past day.")
