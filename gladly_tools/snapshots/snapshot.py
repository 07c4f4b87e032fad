"""One snapshot of a configuration, and which one shows how it was on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One state of a configuration: first seen, last seen unchanged, both aware and in UTC.

    `asked` is what decided which rows there are: only snapshots that were asked alike can be compared. `note` is empty
    for what was read from Gladly by an export.
    """

    id: str
    export: str
    asked: Mapping[str, Any]
    first_at: datetime
    last_at: datetime
    rows: int
    bytes: int
    note: str


def variants(snapshots: Sequence[Snapshot]) -> Sequence[Mapping[str, Any]]:
    """What was asked, each once, in the order of the snapshots."""
    found: list[Mapping[str, Any]] = []
    for snapshot in snapshots:
        if snapshot.asked not in found:
            found.append(snapshot.asked)
    return found


def as_day_began(snapshots: Sequence[Snapshot], day: date, zone: str) -> Snapshot | None:
    """The state as a day began in a zone, else the first one of that day; None when none is so old.

    The snapshots are the newest first, all asked alike.
    """
    begun = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    before = next((each for each in snapshots if each.first_at <= begun), None)
    of_day = [each for each in snapshots if begun < each.first_at < _end(day, zone)]
    return before or (of_day[-1] if of_day else None)


def as_day_ended(snapshots: Sequence[Snapshot], day: date, zone: str) -> Snapshot | None:
    """The state as a day ended in a zone; None when none is so old. The snapshots are as for `as_day_began`."""
    return next((each for each in snapshots if each.first_at < _end(day, zone)), None)


def _end(day: date, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
