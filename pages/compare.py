"""Compare: what changed in the configuration between two days, and in conversations between two periods."""

from gladly_tools.ui.compare_page import compare_page

compare_page()
