"""Jobs: a durable journal and the threads that run what it lists."""

from __future__ import annotations

from gladly_tools.jobs.journal import Job, Journal, PlannedSlice, State
from gladly_tools.jobs.runner import Runner, Ticket, Work

__all__ = ["Job", "Journal", "PlannedSlice", "Runner", "State", "Ticket", "Work"]
