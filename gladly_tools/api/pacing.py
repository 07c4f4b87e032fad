"""How fast one organization may be asked: one budget, shared by every job and every person of this process.

Gladly counts requests per organization, over all its clients, and tells with each answer how many are left in the
current second. A `Pacer` spreads our requests evenly over what others leave, keeps still when a second is used up,
and eases off a little after each 429. Even spacing is right for a server that counts a sliding second too. Reports
have a budget of their own: so many a minute, one at a time.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from gladly_tools.api.budget import Others, Seen, ServerSecond
from gladly_tools.api.host import Instance
from gladly_tools.api.watch import Watch
from gladly_tools.settings import Settings

Clock = Callable[[], float]
Ask = Callable[[], float]
"""Returns 0 when it is one's turn, which is taken by that; else the seconds after which to ask again."""

DEFAULT_LIMIT = 10.0
"""Requests per second, until the organization announces its own number."""
HEADROOM = 0.97
"""The part of our share that is used: delays shift evenly spaced requests over the border of a second."""
LONGEST_LOOK = 0.4
"""Seconds after which one who waits asks again at the latest, as the budget may have changed."""
LONGEST_TOLD_LOOK = 2.0
"""The same for one whose wait the person is told of, which is more work each time."""
WORTH_TELLING = 3.0
"""Seconds of waiting for a turn from which the person is told of it; less is the normal pace."""


class Line:
    """Who waits, first come first served. Not locked: its owner is."""

    def __init__(self) -> None:
        self._waiting: list[object] = []

    def join(self) -> object:
        """A place at the end."""
        place = object()
        self._waiting.append(place)
        return place

    def ahead_of(self, place: object) -> int:
        """How many come first."""
        return self._waiting.index(place)

    def leave(self, place: object) -> None:
        """Give the place up; doing so twice is harmless."""
        with suppress(ValueError):
            self._waiting.remove(place)


class Pacer:
    """Spreads the requests of all threads over what is left of the organization's budget. Thread-safe."""

    _SLOWEST = 0.5
    _LEARNING_SECONDS = 3.0
    _PAUSE_BLIND = 0.5
    _EASE_PROVEN, _EASE_UNPROVEN, _EASE_BLIND, _EASE_LEAST = 0.98, 0.93, 0.8, 0.2
    _RECOVERY, _RECOVERY_WITH_ROOM, _RECOVERY_BLIND = 0.0005, 0.02, 0.003  # per second
    _CATCH_UP = 0.25

    def __init__(self, *, ceiling: float | None = None, clock: Clock = time.monotonic) -> None:
        self._ceiling = ceiling
        self._clock = clock
        self._lock = threading.Lock()
        self._line = Line()
        self._limit = DEFAULT_LIMIT
        self._is_heard = False  # an answer came
        self._is_told = False  # an answer said how many requests are left
        self._first_sent: float | None = None
        self._sent: deque[float] = deque()
        self._next = -math.inf
        self._quiet_until = -math.inf
        self._second = ServerSecond()
        self._others = Others()
        self._ease = 1.0
        self._eased_at = -math.inf
        self._recovered_at = -math.inf

    @property
    def rate(self) -> float:
        """Requests per second that are sent at present, when there is enough to do."""
        with self._lock:
            return self._rate(self._clock())

    @contextmanager
    def turn(self) -> Iterator[Ask]:
        """Stand in line for one request; ask until it answers 0, then send at once."""
        with self._lock:
            place = self._line.join()
        try:
            yield lambda: self._ask(place)
        finally:
            with self._lock:
                self._line.leave(place)

    def hold(self, seconds: float) -> None:
        """Send nothing for `seconds`: the server asked for it."""
        with self._lock:
            self._quiet_until = max(self._quiet_until, self._clock() + seconds)

    def learn(self, *, sent: float, limit: float | None, remaining: float | None, refused: bool = False) -> None:
        """Take in one answer: when its request was sent, what its headers announced, whether it was a 429."""
        with self._lock:
            now = self._clock()
            self._is_heard = True
            self._is_told = self._is_told or remaining is not None
            self._limit = limit or self._limit
            if refused:
                remaining = 0 if self._is_told else None
                with suppress(ValueError):
                    self._sent.remove(sent)  # it took nothing of the budget
                self._ease_off(now, sent)
            if remaining is not None:
                self._second.learn(Seen(sent=sent, came=now, remaining=remaining))
                self._count(sent, self._limit - remaining, refused)
            self._recover(now)
            if self._second.is_believed and remaining is not None and remaining <= 0:
                self._quiet_until = max(self._quiet_until, self._second.end(sent))
            elif refused:
                self._quiet_until = max(self._quiet_until, now + self._PAUSE_BLIND)

    def _ask(self, place: object) -> float:
        with self._lock:
            now = self._clock()
            interval = 1.0 / self._rate(now)
            ahead = self._line.ahead_of(place)
            free = max(self._next, self._quiet_until)
            if ahead or free > now:
                return max(free - now, 0.0) + ahead * interval
            self._line.leave(place)
            # A thread that woke a little late does not cost the others their time; a pause is not made up for.
            self._next = max(self._next, now - self._CATCH_UP * interval) + interval
            if self._first_sent is None:
                self._first_sent = now
            self._sent.append(now)
            while self._sent[0] < now - 60:
                self._sent.popleft()
            return 0.0

    def _rate(self, now: float) -> float:
        taken = self._others.taken
        if self._is_learning(now):
            taken = max(taken, self._limit / 2)  # others may be using half: begin gently
        share = self._limit - taken
        rate = max(share * HEADROOM * self._ease, min(self._SLOWEST, self._limit))
        return rate if self._ceiling is None else min(rate, self._ceiling)

    def _is_learning(self, now: float) -> bool:
        if self._is_heard and not self._is_told:
            return False  # a server that announces nothing: only its refusals teach
        if self._second.is_believed and self._others.is_known:
            return False
        return self._first_sent is None or now - self._first_sent < self._LEARNING_SECONDS

    def _count(self, sent: float, used: float, refused: bool) -> None:
        number = self._second.number(sent)
        if not self._second.is_believed:
            own = sum(1 for moment in self._lately(sent) if moment > sent - 1)
            self._others.learn(second=number, into=1.0, used=used, own=own)
        elif self._second.is_clear(sent):
            own = sum(1 for moment in self._lately(sent) if self._second.number(moment) == number)
            into = 1.0 - (self._second.end(sent) - sent)
            self._others.learn(second=number, into=into, used=used, own=own)
            if refused:
                self._others.prove(used - own)

    def _lately(self, sent: float) -> Iterator[float]:
        """When our requests left, from the one at `sent` back over two seconds."""
        for moment in reversed(self._sent):
            if moment <= sent - 2:
                return
            if moment <= sent:
                yield moment

    def _ease_off(self, now: float, sent: float) -> None:
        if now - self._eased_at < 1.0:
            return  # one full second can refuse several requests
        self._eased_at = now
        if not self._is_told:
            factor = self._EASE_BLIND
        elif self._second.is_believed and self._second.is_clear(sent):
            factor = self._EASE_PROVEN
        else:
            factor = self._EASE_UNPROVEN
        self._ease = max(self._ease * factor, self._EASE_LEAST)

    def _recover(self, now: float) -> None:
        has_room = self._others.take_back(self._limit)
        pace = self._RECOVERY_WITH_ROOM if has_room else self._RECOVERY
        if not self._is_told:
            pace = self._RECOVERY_BLIND
        if self._ease < 1.0 and self._recovered_at > -math.inf:
            self._ease = min(1.0, self._ease + (now - self._recovered_at) * pace)
        self._recovered_at = now


class ReportPacer:
    """At most so many reports started in any minute, one under way at a time. Thread-safe."""

    _MINUTE = 61.0  # a second more: two requests may take unlike times to arrive

    def __init__(self, *, per_minute: int, clock: Clock = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._line = Line()
        self._started: deque[float] = deque(maxlen=per_minute)
        self._is_busy = False

    @contextmanager
    def turn(self) -> Iterator[Ask]:
        """Stand in line for one report; ask until it answers 0. Whoever got 0 calls `finish` when it is over."""
        with self._lock:
            place = self._line.join()
        try:
            yield lambda: self._ask(place)
        finally:
            with self._lock:
                self._line.leave(place)

    def finish(self) -> None:
        """The report that is under way has come, or failed."""
        with self._lock:
            self._is_busy = False

    def _ask(self, place: object) -> float:
        with self._lock:
            now = self._clock()
            if self._is_busy or self._line.ahead_of(place):
                return WORTH_TELLING  # nobody knows how long; it may be minutes
            if len(self._started) == self._per_minute and now < self._started[0] + self._MINUTE:
                return self._started[0] + self._MINUTE - now
            self._line.leave(place)
            self._started.append(now)
            self._is_busy = True
            return 0.0


@dataclass(frozen=True, kw_only=True)
class Pacing:
    """The two budgets of one organization."""

    requests: Pacer
    reports: ReportPacer


_known: dict[tuple[str, float | None, int], Pacing] = {}
_known_lock = threading.Lock()


def pacing_for(instance: Instance, settings: Settings) -> Pacing:
    """The budgets of the organization behind this instance; the same ones whenever this process asks for them."""
    key = (instance.name, settings.requests_per_second, settings.reports_per_minute)
    with _known_lock:
        if key not in _known:
            _known[key] = Pacing(
                requests=Pacer(ceiling=settings.requests_per_second),
                reports=ReportPacer(per_minute=settings.reports_per_minute),
            )
        return _known[key]


def wait_for_turn(turn: AbstractContextManager[Ask], watch: Watch, reason: str) -> None:
    """Stand in line until it is one's turn. Raises Cancelled; a wait worth telling is told with `reason`."""
    with turn as ask:
        watch.check()
        while (seconds := ask()) > 0:
            if seconds >= WORTH_TELLING:
                watch.wait(min(seconds, LONGEST_TOLD_LOOK), reason)
            else:
                watch.wait(min(seconds, LONGEST_LOOK), "")
            watch.check()
