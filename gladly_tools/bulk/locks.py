"""Which IDs are being worked on: two runs of one organization never work on the same one at once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping


class Locks:
    """The IDs that the runs of this process hold, by organization and kind of thing. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str, str], str] = {}

    def claim(self, organization: str, noun: str, ids: Iterable[str], *, run: str) -> Mapping[str, str]:
        """Hold these IDs for a run; returns those that another run holds, each with that run."""
        taken = {}
        with self._lock:
            for id_ in ids:
                holder = self._held.setdefault((organization, noun, id_), run)
                if holder != run:
                    taken[id_] = holder
        return taken

    def release(self, run: str) -> None:
        """Give back everything that a run holds."""
        with self._lock:
            for key in [key for key, holder in self._held.items() if holder == run]:
                del self._held[key]
