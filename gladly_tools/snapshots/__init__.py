"""Snapshots: what the configuration was and when, kept for long, so that two days can be compared."""

from __future__ import annotations

from gladly_tools.snapshots.index import AccountSnapshots, Snapshots
from gladly_tools.snapshots.snapshot import Snapshot, as_day_began, as_day_ended, variants

__all__ = ["AccountSnapshots", "Snapshot", "Snapshots", "as_day_began", "as_day_ended", "variants"]
