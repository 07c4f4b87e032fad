"""One-time tickets: whoever signs in gets a session id that nobody can have known before."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

SECONDS = 60.0
MOST = 1_000


class Tickets:
    """Tickets from a browser's session id to the new one; each for one use, by that browser, for a minute."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tickets: OrderedDict[str, tuple[str, str, float]] = OrderedDict()

    def issue(self, before: str, after: str) -> str:
        """A ticket with which the browser that has the id `before` gets the id `after`."""
        ticket = secrets.token_urlsafe(24)
        with self._lock:
            self._tickets[ticket] = (before, after, self._clock() + SECONDS)
            while len(self._tickets) > MOST:
                self._tickets.popitem(last=False)
        return ticket

    def redeem(self, before: str, ticket: str) -> str | None:
        """The new id; None for a ticket that is unknown, used, too old, or another browser's."""
        with self._lock:
            owner, after, until = self._tickets.pop(ticket, ("", "", 0.0))
        if not hmac.compare_digest(owner.encode(), before.encode()) or self._clock() >= until:
            return None
        return after or None
