"""How much the server allows: requests a second, reports a minute, and how long its lists may get."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

_MINUTE = 60.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of one organization, over all of its accounts together, and the lengths of its lists."""

    requests_per_second: int = 10
    reports_per_minute: int = 10
    reports_in_flight: int = 2
    report_rows: int = 100_000
    public_answers: int = 1000
    customers_found: int = 50
    conversations_of_customer: int = 100
    items_of_conversation: int = 1000
    tasks_of_customer: int = 2000


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """What the server has seen so far: how near callers came to the limits, and how often they broke one."""

    requests: int = 0
    refused_requests: int = 0
    refused_reports: int = 0
    most_requests_in_a_second: int = 0
    most_reports_in_a_minute: int = 0
    most_reports_in_flight: int = 0

    @property
    def refused(self) -> int:
        return self.refused_requests + self.refused_reports


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a request may pass, and what the rate headers say about it."""

    is_allowed: bool
    limit: int
    remaining: int


class Turnstile:
    """Counts requests in fixed seconds, and reports over the last minute and in flight."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._second = -1
        self._in_second = 0
        self._report_starts: deque[float] = deque()
        self._in_flight = 0
        self._pressure = Pressure()

    def pressure(self) -> Pressure:
        with self._lock:
            return self._pressure

    def forget(self) -> None:
        """Set `pressure` back; what the current second and minute hold still counts for the limits."""
        with self._lock:
            self._pressure = Pressure()

    def enter(self) -> Verdict:
        """Count one request of any kind. A refused one does not use up the second."""
        limit = self._limits.requests_per_second
        with self._lock:
            second = int(self._clock())
            if second != self._second:
                self._second, self._in_second = second, 0
            is_allowed = self._in_second < limit
            self._in_second += is_allowed
            so_far = self._pressure
            self._pressure = replace(
                so_far,
                requests=so_far.requests + 1,
                refused_requests=so_far.refused_requests + (not is_allowed),
                most_requests_in_a_second=max(so_far.most_requests_in_a_second, self._in_second),
            )
            return Verdict(is_allowed=is_allowed, limit=limit, remaining=limit - self._in_second)

    def begin_report(self) -> bool:
        """Whether one more report may begin; whoever gets True must call `end_report`."""
        with self._lock:
            now = self._clock()
            while self._report_starts and now - self._report_starts[0] >= _MINUTE:
                self._report_starts.popleft()
            is_allowed = (
                len(self._report_starts) < self._limits.reports_per_minute
                and self._in_flight < self._limits.reports_in_flight
            )
            if is_allowed:
                self._report_starts.append(now)
                self._in_flight += 1
            so_far = self._pressure
            self._pressure = replace(
                so_far,
                refused_reports=so_far.refused_reports + (not is_allowed),
                most_reports_in_a_minute=max(so_far.most_reports_in_a_minute, len(self._report_starts)),
                most_reports_in_flight=max(so_far.most_reports_in_flight, self._in_flight),
            )
            return is_allowed

    def end_report(self) -> None:
        with self._lock:
            self._in_flight -= 1
