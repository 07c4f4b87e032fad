"""Files with the rows that a query took of a result, kept for the next questions about the same rows."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 8
MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class KeptFile:
    """A file that is there as long as anybody holds this."""

    path: Path

    def __post_init__(self) -> None:
        """Have the file removed with this."""
        weakref.finalize(self, self.path.unlink, missing_ok=True)


class KeptRows:
    """The files asked for last, in one folder, bounded in number and in bytes. Thread-safe.

    A file that is no longer kept stays for those who hold it. Files belong to an `owner`, the folder of a table, and
    are let go with it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Path, Hashable], KeptFile] = OrderedDict()

    def file(self, owner: Path, key: Hashable, write: Callable[[Path], object]) -> KeptFile:
        """The owner's file with this key; written to the path that `write` is given when there is none yet."""
        with self._lock:
            found = self._kept.get((owner, key))
            if found is not None:
                self._kept.move_to_end((owner, key))
                return found
        made = KeptFile(self._folder / f"rows-{next(self._numbers)}.parquet")
        write(made.path)
        with self._lock:
            self._kept[owner, key] = made
            while len(self._kept) > MOST_FILES or (len(self._kept) > 1 and self._bytes() > MOST_BYTES):
                self._kept.popitem(last=False)
        return made

    def forget(self, owner: Path) -> None:
        """Let go what was kept of an owner, and of those whose folders lie in its."""
        with self._lock:
            for name in [name for name in self._kept if name[0].is_relative_to(owner)]:
                del self._kept[name]

    def _bytes(self) -> int:
        return sum(each.path.stat().st_size for each in self._kept.values())
