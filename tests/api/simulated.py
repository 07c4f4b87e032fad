"""A server that counts requests, another client, and threads of ours, all on one made-up clock."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gladly_tools.api.pacing import LONGEST_LOOK, Pacer


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What happened from `since` on: `used` is the part of what others left, `refused` the part of ours."""

    used: float
    refused: float


@dataclass(kw_only=True)
class Simulation:
    """`limit` requests per second; delays on the way there and back are drawn from `delay` (seconds, each way)."""

    seconds: float = 60.0
    since: float = 0.0
    limit: int = 10
    phase: float = 0.37
    delay: tuple[float, float] = (0.01, 0.04)
    others: Iterable[float] = ()
    is_sliding: bool = False
    tells: bool = True
    workers: int = 8
    ceiling: float | None = None
    seed: int = 1

    def run(self) -> Outcome:
        self._random = random.Random(self.seed)
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._in_second: Counter[int] = Counter()
        self._lately: deque[float] = deque()
        self._count: Counter[str] = Counter()
        self._pacer = Pacer(ceiling=self.ceiling, clock=lambda: self._now)
        for moment in self.others:
            self._at(moment, self._other)
        for number in range(self.workers):
            self._at(number / 1000, self._worker)
        while self._events and self._events[0][0] < self.seconds:
            self._now, _, event = heapq.heappop(self._events)
            event()
        left = self.limit * (self.seconds - self.since) - self._count["others"]
        ours = self._count["ours"] + self._count["refused"]
        return Outcome(used=self._count["ours"] / left, refused=self._count["refused"] / max(ours, 1))

    def _at(self, moment: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), event))

    def _take(self) -> tuple[bool, int]:
        if self.is_sliding:
            while self._lately and self._lately[0] <= self._now - 1:
                self._lately.popleft()
            is_allowed = len(self._lately) < self.limit
            if is_allowed:
                self._lately.append(self._now)
            return is_allowed, self.limit - len(self._lately)
        second = int((self._now - self.phase) // 1)
        is_allowed = self._in_second[second] < self.limit
        self._in_second[second] += is_allowed
        return is_allowed, self.limit - self._in_second[second]

    def _counted(self, what: str) -> None:
        if self._now >= self.since:
            self._count[what] += 1

    def _other(self) -> None:
        self._counted("others" if self._take()[0] else "others refused")

    def _worker(self) -> None:
        turn = self._pacer.turn()
        ask = turn.__enter__()

        def look() -> None:
            seconds = ask()
            if seconds > 0:  # a thread wakes up to 3 ms late
                self._at(self._now + min(seconds, LONGEST_LOOK) + self._random.random() * 0.003, look)
                return
            turn.__exit__(None, None, None)
            self._at(self._now + self._random.uniform(*self.delay), lambda sent=self._now: self._arrive(sent))

        look()

    def _arrive(self, sent: float) -> None:
        is_allowed, remaining = self._take()
        self._counted("ours" if is_allowed else "refused")

        def back() -> None:
            limit, left = (float(self.limit), float(remaining)) if self.tells else (None, None)
            self._pacer.learn(sent=sent, limit=limit, remaining=left, refused=not is_allowed)
            self._worker()

        self._at(self._now + self._random.uniform(*self.delay), back)


def evenly(rate: float, *, seconds: float = 60.0, offset: float = 0.0, until: float | None = None) -> list[float]:
    """Requests of another client, evenly spaced."""
    return [offset + number / rate for number in range(int((until or seconds) * rate))]


def in_bursts(size: int, *, every: float = 1.0, seconds: float = 60.0, offset: float = 0.0) -> list[float]:
    """Requests of another client, several at once and then none."""
    return [offset + start * every + step * 0.004 for start in range(int(seconds / every)) for step in range(size)]
