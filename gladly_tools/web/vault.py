"""Who is signed in, by session id, in this process's memory alone; the API token lives nowhere else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.errors import TryLaterError


@dataclass(frozen=True, kw_only=True)
class Session:
    """A signed-in account and the client that holds its credentials."""

    account: Account
    client: Client


class Vault:
    """Sessions by session id; one that is not used for `hours` is dropped and handed to `retire`."""

    def __init__(
        self,
        *,
        hours: float,
        most: int,
        retire: Callable[[Session], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = hours * 3600
        self._most = most
        self._retire = retire
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[Session, float]] = {}

    def put(self, session_id: str, session: Session) -> Session | None:
        """Sign somebody in under a session id; returns the session that was in its place, for the caller to close.

        Raises TryLaterError when it is full.
        """
        self.drop_old()
        with self._lock:
            if session_id not in self._sessions and len(self._sessions) >= self._most:
                raise TryLaterError(
                    "As many people are signed in as this server takes.",
                    "Try again later, or ask whoever runs it to raise GLADLY_TOOLS_SESSIONS.",
                )
            before = self._sessions.get(session_id)
            self._sessions[session_id] = (session, self._clock())
        return None if before is None else before[0]

    def get(self, session_id: str) -> Session | None:
        """The session, or None when nobody is signed in under the id."""
        self.drop_old()
        with self._lock:
            found = self._sessions.get(session_id)
            if found is None:
                return None
            self._sessions[session_id] = (found[0], self._clock())
            return found[0]

    def drop(self, session_id: str) -> Session | None:
        """Sign out; returns the session that was dropped, for the caller to close."""
        with self._lock:
            found = self._sessions.pop(session_id, None)
        return None if found is None else found[0]

    def drop_old(self) -> None:
        """Sign out whoever has not been here for too long."""
        with self._lock:
            oldest = self._clock() - self._seconds
            old = [session_id for session_id, (_, used) in self._sessions.items() if used < oldest]
            dropped = [self._sessions.pop(session_id)[0] for session_id in old]
        for session in dropped:
            self._retire(session)
