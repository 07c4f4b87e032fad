"""Whether to try again, and after how long: one pure function of what happened."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

RETRIED = frozenset({429, 502, 503, 504})
MOST_ATTEMPTS = 8
MOST_SECONDS = 300.0
LONGEST_WAIT = 60.0


class Kind(Enum):
    """What is being asked, which decides what is safe and how long to wait."""

    READ = "read"
    WRITE = "write"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What went wrong: a status, or (None) a connection that broke; `sent` is False when nothing can have arrived."""

    status: int | None
    sent: bool = True
    retry_after: float | None = None


def wait_before_retry(
    failure: Failure, kind: Kind, *, attempt: int, waited: float, chance: Callable[[], float] = random.random
) -> float | None:
    """Seconds to wait before the next attempt; None to give up. `attempt` counts from 1, `waited` is the sum so far."""
    if failure.status is not None and failure.status not in RETRIED:
        return None
    safe = kind is not Kind.WRITE or failure.status == 429 or not failure.sent
    if not safe or attempt >= MOST_ATTEMPTS:
        return None
    if failure.retry_after is not None:
        seconds = min(failure.retry_after, LONGEST_WAIT)
    elif failure.status == 429:
        # An ordinary budget is new every second; that of reports only after a while.
        first = 6.0 if kind is Kind.REPORT else 0.5
        seconds = min(first * 2 ** (attempt - 1), LONGEST_WAIT) * (0.75 + 0.5 * chance())
    else:
        seconds = min(0.5 * 2 ** (attempt - 1), 30.0) * (0.5 + chance())
    return seconds if waited + seconds <= MOST_SECONDS else None


def read_retry_after(text: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds in a Retry-After header, given as a number or a date; None when missing or nonsense."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - (now or datetime.now(UTC))).total_seconds()
        except (TypeError, ValueError):
            return None
    return max(0.0, seconds) if seconds == seconds and abs(seconds) < 86_400 else None
