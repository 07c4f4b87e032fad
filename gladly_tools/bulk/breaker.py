"""Pauses a run that gets nowhere, instead of burning through its file."""

from __future__ import annotations

import threading

from gladly_tools.bulk.action import Outcome, Status
from gladly_tools.errors import GladlyToolsError, SignInError

MOST_IN_A_ROW = 20


class Breaker:
    """Trips at once when the account is refused, and after so many failures of one cause in a row. Thread-safe."""

    def __init__(self, *, most: int = MOST_IN_A_ROW) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._cause = ""
        self._in_a_row = 0
        self._tripped: GladlyToolsError | None = None

    @property
    def tripped(self) -> GladlyToolsError | None:
        """Why the run has to pause; None while it may go on."""
        return self._tripped

    def refuse(self, error: SignInError) -> None:
        """The account is not accepted (401), or may not do this (403)."""
        with self._lock:
            self._tripped = self._tripped or type(error)(
                f"Paused: {error.what}", f"{error.advice} Then resume; nothing was lost.".strip()
            )

    def note(self, outcome: Outcome) -> None:
        """Take in what became of a row."""
        with self._lock:
            if outcome.status is not Status.FAILED:
                self._in_a_row = 0
                return
            self._in_a_row = self._in_a_row + 1 if outcome.cause == self._cause else 1
            self._cause = outcome.cause
            if self._in_a_row >= self._most and self._tripped is None:
                self._tripped = GladlyToolsError(
                    f"Paused after {self._in_a_row} failures in a row: {outcome.error}",
                    "Mend the cause, then resume. The rows that failed can be retried in a run of their own.",
                )
