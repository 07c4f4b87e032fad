"""Jobs: everything this account has run, with what became of it."""

from gladly_tools.ui.jobs_page import jobs_page

jobs_page()
