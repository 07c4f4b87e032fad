"""The command line: the same exports and bulk actions as the portal, for scripts and schedules.

A module for each kind of command; what they share is beside them: who is signed in, progress, and where files go.
"""

from __future__ import annotations

from gladly_tools.cli.commands import main

__all__ = ["main"]
