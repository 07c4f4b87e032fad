"""IVR: download the recordings of all prompts, listen to one."""

from gladly_tools.exports import Section
from gladly_tools.ui.export_panel import section_page

section_page(Section.IVR, "The recorded prompts of your telephone menus, for backup or review.")
