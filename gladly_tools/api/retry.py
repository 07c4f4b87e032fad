"""Whether to try again, and after how long: one pure function of what happened."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum


class Kind(Enum):
    """What is being asked, which decides what is safe and how long to wait."""

    READ = "read"
    WRITE = "write"
    REPORT = "report"
    STREAM = "stream"


class Cause(Enum):
    """Why there is no answer to be used."""

    BUSY = "429"
    UNAVAILABLE = "502, 503, 504"
    UNSENT = "no connection: nothing was sent"
    LOST = "sent, but no complete answer came"
    FINAL = "trying again would change nothing"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What went wrong. `retry_after` is what the server asked for, in seconds."""

    cause: Cause
    retry_after: float | None = None

    @classmethod
    def of_status(cls, status: int, retry_after: str | None = None) -> Failure:
        """The failure that a status other than success means."""
        if status == 429:
            return cls(cause=Cause.BUSY, retry_after=read_retry_after(retry_after))
        if status in (502, 503, 504):
            return cls(cause=Cause.UNAVAILABLE, retry_after=read_retry_after(retry_after))
        return cls(cause=Cause.FINAL)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often to try at most, and the waits in seconds: the first one, the longest, and all of them together."""

    attempts: int
    first: float
    longest: float
    total: float


_USUAL: Mapping[Cause, Patience] = {
    # The budget is new every second, and the pacing eases off by itself: begin with short waits.
    Cause.BUSY: Patience(attempts=12, first=0.5, longest=30, total=300),
    Cause.UNAVAILABLE: Patience(attempts=7, first=1, longest=30, total=120),
    Cause.UNSENT: Patience(attempts=7, first=1, longest=30, total=120),
    Cause.LOST: Patience(attempts=4, first=1, longest=30, total=120),
}
_REPORT: Mapping[Cause, Patience] = {
    # The budget of reports is new after a minute.
    Cause.BUSY: Patience(attempts=12, first=6, longest=60, total=600),
    # One that Gladly cannot make in time is better asked for in smaller pieces than again and again.
    Cause.UNAVAILABLE: Patience(attempts=2, first=5, longest=30, total=120),
    Cause.UNSENT: _USUAL[Cause.UNSENT],
    Cause.LOST: Patience(attempts=2, first=5, longest=30, total=120),
}
_FIRST_CONTACT = Patience(attempts=2, first=0.5, longest=1, total=2)
"""For a host that never answered: most likely the address is wrong, and somebody sits in front of the screen."""

LONGEST_ASKED = 120.0
"""A server that asks for a longer wait than this is taken to mean this."""


def wait_before_retry(
    failure: Failure,
    kind: Kind,
    *,
    attempt: int,
    waited: float,
    reached: bool = True,
    chance: Callable[[], float] = random.random,
) -> float | None:
    """Seconds to wait before the next attempt; None to give up.

    `attempt` counts the failures of this cause from 1; `waited` is the sum of all waits so far; `reached` is False
    while the host has never answered; `chance` gives numbers from 0 to 1.
    """
    if failure.cause is Cause.FINAL:
        return None
    if kind is Kind.WRITE and failure.cause not in (Cause.BUSY, Cause.UNSENT):
        return None  # it may have been carried out
    patience = (_REPORT if kind is Kind.REPORT else _USUAL)[failure.cause]
    if not reached and failure.cause in (Cause.UNSENT, Cause.LOST):
        patience = _FIRST_CONTACT
    if attempt >= patience.attempts:
        return None
    if failure.retry_after is not None:
        seconds = min(failure.retry_after, LONGEST_ASKED) + 0.5 * chance()
    else:
        seconds = min(patience.first * 2 ** (attempt - 1), patience.longest) * (0.5 + 0.5 * chance())
    return seconds if waited + seconds <= patience.total else None


def read_retry_after(text: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds in a Retry-After header, given as a number or a date; None when missing or nonsense."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) and abs(seconds) < 86_400 else None
