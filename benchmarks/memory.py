"""The memory of another process, looked at from outside every few milliseconds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil  # type: ignore[import-untyped]

EVERY_SECONDS = 0.02
MB = 1024 * 1024


class Watched:
    """The resident memory of one process while it is watched, in bytes."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.before: int = self._process.memory_info().rss
        self.peak: int = self.before
        self._over = threading.Event()

    @property
    def added(self) -> int:
        """By how much the peak is above what there was before."""
        return self.peak - self.before

    def look(self) -> None:
        """Look every few milliseconds until told to stop, or until the process ends."""
        with suppress(psutil.NoSuchProcess):
            while not self._over.wait(EVERY_SECONDS):
                self.peak = max(self.peak, self._process.memory_info().rss)

    def stop(self) -> None:
        """Look no more."""
        self._over.set()


@contextmanager
def memory_of(pid: int) -> Iterator[Watched]:
    """Watch a process's resident memory during the context."""
    watched = Watched(pid)
    thread = threading.Thread(target=watched.look, name="memory", daemon=True)
    thread.start()
    try:
        yield watched
    finally:
        watched.stop()
        thread.join()
