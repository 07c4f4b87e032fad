"""What the answers tell of an organization's budget: when the server's second begins, and what others take of it."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One answer: when its request left, when it came (seconds on one clock), and how many requests were left."""

    sent: float
    came: float
    remaining: float


class ServerSecond:
    """When the server's counting second begins, told in the time at which our requests leave.

    The number left rises only when a new second begins, so each rise says: the border lies between these two
    requests. The stretch that all rises agree on is kept, and is believed once several agreed in a row; a server that
    counts a sliding second never gets there. A border is as blurred as the answers' delay varies.
    """

    _FORGIVEN = 0.08
    _BELIEVED_AFTER = 4
    _CLOSE_PAIR = 0.5
    _REMEMBERED = 2.0
    _LEAST_BLUR, _MOST_BLUR = 0.005, 0.1

    def __init__(self) -> None:
        self._early = 0.0
        self._width = 1.0
        self._agreed = -1
        self._recent: list[Seen] = []
        self._delay: float | None = None
        self._jitter = 0.0

    @property
    def is_believed(self) -> bool:
        """True once enough answers agreed on the border."""
        return self._agreed >= self._BELIEVED_AFTER

    def number(self, moment: float) -> int:
        """Which second a moment falls into; one near a border counts to the later second."""
        return math.floor(moment - self._early + self._blur)

    def is_clear(self, moment: float) -> bool:
        """False near a border, where a request may have been counted to either second."""
        return (moment - self._early + self._blur) % 1.0 > self._width + 2 * self._blur

    def end(self, moment: float) -> float:
        """When the next border is passed for sure; a moment near a border means that one."""
        sure = self._early + self._width + self._blur
        return math.floor(moment - sure) + 1 + sure

    def learn(self, seen: Seen) -> None:
        """Take in one answer; answers may come in any order."""
        self._learn_delay(seen.came - seen.sent)
        kept = [item for item in self._recent if item.sent > seen.sent - self._REMEMBERED]
        before = [item for item in kept if item.sent < seen.sent]
        after = [item for item in kept if item.sent >= seen.sent]
        self._recent = [*before, seen, *after]
        if before:
            self._compare(before[-1], seen)
        if after:
            self._compare(seen, after[0])

    @property
    def _blur(self) -> float:
        return min(self._LEAST_BLUR + self._jitter, self._MOST_BLUR)

    def _learn_delay(self, delay: float) -> None:
        if self._delay is None:
            self._delay = delay
        self._delay += 0.1 * (delay - self._delay)
        self._jitter += 0.1 * (abs(delay - self._delay) - self._jitter)

    def _compare(self, earlier: Seen, later: Seen) -> None:
        in_order = earlier.came <= later.sent  # else one may have overtaken the other, and a rise of 1 proves nothing
        between = later.sent - earlier.sent
        if later.remaining - earlier.remaining < (1 if in_order else 2) or between > self._CLOSE_PAIR:
            return
        early = (self._early - earlier.sent + 0.5) % 1.0 - 0.5
        first, last = max(early, 0.0), min(early + self._width, between)
        if self._agreed < 0 or first - last > self._FORGIVEN:
            if self._agreed > self._BELIEVED_AFTER:
                self._agreed -= 2
                return
            self._agreed, first, last = 0, 0.0, between
        else:
            self._agreed = min(self._agreed + 1, self._BELIEVED_AFTER + 3)
        self._early = (earlier.sent + min(first, last)) % 1.0
        self._width = abs(last - first)


class Others:
    """How many requests of each second are taken by others, from the last few seconds.

    What comes after our last answer in a second is not seen, so the second highest of the last eight counts. A
    refusal says exactly what others took: that is kept until seconds with room to spare disprove it.
    """

    _SECONDS = 8
    _ROOM_SECONDS = 4
    _WELL_SEEN = 0.85
    _POORLY_SEEN_IN_A_ROW = 3

    def __init__(self) -> None:
        self._second: int | None = None
        self._taken = 0.0
        self._used = 0.0
        self._seen_until = 0.0
        self._poorly_seen = 0
        self._past_taken: deque[float] = deque(maxlen=self._SECONDS)
        self._past_used: deque[float] = deque(maxlen=self._ROOM_SECONDS)
        self._proven = 0.0

    @property
    def is_known(self) -> bool:
        """True once a whole second was seen."""
        return bool(self._past_taken)

    @property
    def taken(self) -> float:
        """Requests per second that others take, as far as is known."""
        return max(self._usually(), self._proven)

    def learn(self, *, second: int, into: float, used: float, own: float) -> None:
        """Take in one answer, which came `into` (0 to 1) of a second: so many used so far, of them so many ours."""
        if self._second is not None and second < self._second:
            return
        if second != self._second:
            self._close()
            self._second, self._taken, self._used, self._seen_until = second, 0.0, 0.0, 0.0
        self._taken = max(self._taken, used - own)
        self._used = max(self._used, used)
        self._seen_until = max(self._seen_until, into)

    def prove(self, taken: float) -> None:
        """A refusal: the second was full, and others had taken this many. Believed one step at a time."""
        self._proven = max(self._proven, min(taken, self.taken + 1))

    def take_back(self, limit: float) -> bool:
        """True when the last seconds all left room; what a refusal proved is then lowered by a step."""
        room = limit - max(self._past_used) if len(self._past_used) == self._ROOM_SECONDS else 0.0
        if room < max(2.0, limit / 5):
            return False
        if self._proven:
            self._proven = max(self._proven - max(1.0, limit / 10), 0.0)
            self._past_used.clear()
        return True

    def _usually(self) -> float:
        if not self._past_taken:
            return 0.0
        ranked = sorted(self._past_taken)
        return max(ranked[round(0.9 * (len(ranked) - 1))], 0.0)

    def _close(self) -> None:
        if self._second is None:
            return
        self._past_used.append(self._used)
        if self._seen_until >= self._WELL_SEEN or self._poorly_seen >= self._POORLY_SEEN_IN_A_ROW:
            self._past_taken.append(self._taken)
            self._poorly_seen = 0
        else:
            self._poorly_seen += 1
