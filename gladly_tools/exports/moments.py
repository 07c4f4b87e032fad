"""The question for a window of time that lies within reach, which moves with the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from gladly_tools import clock
from gladly_tools.errors import InputError
from gladly_tools.exports.inputs import JsonValue, Question, check_zone


@dataclass(frozen=True, kw_only=True)
class MomentRange:
    """A window of time, from `start` on and before `end`, both aware; `zone` is the one that people read it in."""

    start: datetime
    end: datetime
    zone: str


@dataclass(frozen=True, kw_only=True)
class MomentRangeQuestion(Question):
    """Start and end in a time zone, within the `reach` that there is, which moves with the clock.

    What happened within the last `lag` may not be there yet. `usual` is the length of the window at first.
    """

    reach: timedelta
    lag: timedelta
    usual: timedelta
    beyond: str
    grace: ClassVar[timedelta] = timedelta(hours=24)

    @property
    def options(self) -> tuple[str, ...]:
        """Two times and the zone that they are read in."""
        return ("start", "end", "timezone")

    def window(self, start: datetime | None, end: datetime | None, zone: str) -> MomentRange:
        """The window where one or both ends are left open: up to now, and as long as usual."""
        end = clock.now() - self.lag if end is None else end
        return MomentRange(start=end - self.usual if start is None else start, end=end, zone=zone)

    def check(self, value: Any, *, name: str) -> MomentRange:
        """The window. A start that has just grown too old, and an end in the future, are for the export to mend."""
        window = self._formed(value, name=name)
        now = clock.now()
        hours = f"{self.reach.total_seconds() / 3600:g} hours"
        if window.start < now - self.reach - self.grace:
            raise InputError(
                f"The start ({_in_words(window.start, window.zone)}) is more than {hours} ago.",
                f"Pick a later start. {self.beyond}",
                field=name,
            )
        if window.end <= now - self.reach:
            raise InputError(
                f"Nothing of this window is within the last {hours} any more.",
                f"Pick a later one. {self.beyond}",
                field=name,
            )
        if window.start >= now - self.lag:
            raise InputError("The window begins in the future, or only just now.", "Pick an earlier start.", field=name)
        return window

    def load(self, stored: Any, *, name: str) -> MomentRange:
        """The window as it was asked for, however long ago."""
        start, end = (datetime.fromisoformat(stored[key]) for key in ("start", "end"))
        return self._formed(MomentRange(start=start, end=end, zone=stored["zone"]), name=name)

    def _formed(self, value: Any, *, name: str) -> MomentRange:
        if not isinstance(value, MomentRange) or value.start.tzinfo is None or value.end.tzinfo is None:
            raise InputError("The window is not complete.", "Pick a start and an end.", field=name)
        check_zone(value.zone, name=name)
        if value.end <= value.start:
            raise InputError("The window ends before it begins.", "Pick an end that is after the start.", field=name)
        return value

    def dump(self, value: MomentRange) -> JsonValue:
        return {"start": value.start.isoformat(), "end": value.end.isoformat(), "zone": value.zone}

    def describe(self, value: MomentRange) -> str:
        start, end = (moment.astimezone(ZoneInfo(value.zone)) for moment in (value.start, value.end))
        last = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
        return f"{start:%Y-%m-%d %H:%M} to {last}, {value.zone}"


def _in_words(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
