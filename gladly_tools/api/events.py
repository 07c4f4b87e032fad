"""Events: a live list of what happened, streamed line by line, for the last 24 hours alone.

A stream that breaks off is asked for again from its last whole event on; what comes twice by that is known by its id.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

import httpx

from gladly_tools import clock
from gladly_tools.api.arrival import Arrival
from gladly_tools.api.asking import Asking
from gladly_tools.api.retry import Kind
from gladly_tools.api.transport import Transport
from gladly_tools.api.watch import Watch
from gladly_tools.errors import RequestRefused

PATH = "/api/v1/events"
REACH = timedelta(hours=24)
"""How far back events exist; Gladly compares a window's start with its own clock when it is asked."""
LAG = timedelta(seconds=15)
"""How far the list may run behind what happens."""

_REFUSED_STEP = timedelta(minutes=1)
_NEAR_REACH = timedelta(hours=1)
_AGAIN = timedelta(milliseconds=1)  # whether a window's start belongs to it is not documented


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event: its JSON as values, and as the text that Gladly sent."""

    values: Mapping[str, Any]
    text: str

    @property
    def id(self) -> str:
        """Its unique id; empty when it has none."""
        value = self.values.get("id")
        return value if isinstance(value, str) else ""

    @property
    def type(self) -> str:
        """What happened, such as `CONTACT/STARTED`; empty when it does not say."""
        value = self.values.get("type")
        return value if isinstance(value, str) else ""

    @property
    def at(self) -> datetime | None:
        """When Gladly recorded it; None when that cannot be read."""
        return clock.read_moment(self.values.get("timestamp"))

    @property
    def content(self) -> Mapping[str, Any]:
        """What it says besides; empty when nothing."""
        value = self.values.get("content")
        return value if isinstance(value, dict) else {}


class Events:
    """The events of one window in Gladly's order, each once, in a temporary file. Close it, or use it in a `with`.

    `count` counts them; `last_at` is when the last one happened. `gone` is the stretch at the beginning of the
    window that Gladly no longer had when it was asked, or None.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ids: set[str] = set()
        self._unreadable: set[int] = set()
        self.count = 0
        self.gone: tuple[datetime, datetime] | None = None
        self.last_at: datetime | None = None

    def __iter__(self) -> Iterator[Event]:
        self._file.seek(0)
        for line in self._file:
            yield cast(Event, _read(line))

    @property
    def unreadable(self) -> int:
        """Different whole lines that are no JSON object."""
        return len(self._unreadable)

    def take(self, line: bytes) -> None:
        """Keep the event of a line, unless it is here already. Raises httpx.RemoteProtocolError for one cut off."""
        if not line.strip():
            return
        event = _read(line)
        if event is None:
            if not line.endswith(b"\n"):
                raise httpx.RemoteProtocolError("the list breaks off in a line")
            self._unreadable.add(hash(line))
            return
        if event.id in self._ids:
            return
        if event.id:
            self._ids.add(event.id)
        self._file.write(event.text.encode() + b"\n")
        self.count += 1
        self.last_at = event.at or self.last_at

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def __enter__(self) -> Events:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class EventCalls(Asking):
    """`client.events`"""

    def __init__(
        self,
        transport: Transport,
        watch: Watch,
        *,
        now: Callable[[], datetime] = lambda: clock.now(),
        temporary_dir: Path | None = None,
    ) -> None:
        super().__init__(transport, watch)
        self._now = now
        self._temporary_dir = temporary_dir

    def list(
        self,
        entities: Sequence[str],
        start: datetime,
        end: datetime,
        *,
        arrived: Callable[[int, datetime | None], None] = lambda _count, _last: None,
    ) -> Events:
        """The events of these entities from `start` to `end`, both aware; the caller closes them.

        `arrived` is told now and then how many there are and when the last one happened. Raises RequestRefused with
        `attr` `startAt`, `endAt` or `entities`.
        """
        file = cast(
            IO[bytes],
            tempfile.TemporaryFile(prefix="gladly-tools-events-", dir=self._temporary_dir),  # noqa: SIM115 it outlives this
        )
        events = Events(file)
        try:
            self._fill(events, entities, start, end, arrived)
        except BaseException:
            events.close()
            raise
        return events

    def _fill(
        self,
        events: Events,
        entities: Sequence[str],
        start: datetime,
        end: datetime,
        arrived: Callable[[int, datetime | None], None],
    ) -> None:
        def read(arrival: Arrival) -> bool:
            """True when the list came to its end; False when it broke off after something new."""
            before = events.count
            try:
                for line in arrival.lines():
                    events.take(line)
                    if events.count % 500 == 0:
                        arrived(events.count, events.last_at)
            except httpx.RequestError:
                if events.count == before:
                    raise  # the transport waits before it tries again
                return False
            return True

        since = start
        while True:
            try:
                params = (("startAt", _sent(since)), ("endAt", _sent(end)), *(("entities", name) for name in entities))
                if self._transport.ask("GET", PATH, self._watch, read=read, kind=Kind.STREAM, params=params):
                    return
                if events.last_at is not None:
                    since = max(since, events.last_at - _AGAIN)
            except RequestRefused as refused:
                # Nothing but Gladly's clock can tell what is too old; ours may differ from it.
                if refused.attr != "startAt" or since > self._now() - REACH + _NEAR_REACH:
                    raise
                later = min(since + _REFUSED_STEP, end)
                events.gone = (events.gone[0] if events.gone else since, later)
                if later == end:
                    return
                since = later


def _sent(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _read(line: bytes) -> Event | None:
    try:
        text = line.decode().strip()
        values = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return None
    return Event(values=values, text=text) if isinstance(values, dict) else None


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
