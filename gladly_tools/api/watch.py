"""How a request asks whether to go on, and tells the person that it waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Watch(Protocol):
    """Whoever waits for a request; called from several threads at once when requests run side by side."""

    def check(self) -> None:
        """Return, or raise Cancelled when the person asked to stop."""

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep for `seconds`, or raise Cancelled as soon as the person asks to stop.

        `reason` is a sentence for the person; an empty one means that the wait is too short to be worth telling.
        """


class Patient:
    """A watch that nobody can interrupt: it sleeps, and tells no one."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def check(self) -> None:
        """Always go on."""

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep to the end."""
        self._sleep(seconds)
