"""Ids that a search gathers and asks for: on disk while they come in, few bytes each when they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

_FEW = 100_000
_LONGEST = 40
_REMEMBERED = 50_000


class IdFile:
    """Takes ids into a file, one a line as JSON; most of those that come again are left out."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="ascii")
        self._recent: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, ids: Iterable[object]) -> None:
        """Take those of the ids that are text."""
        new = {key for key in ids if isinstance(key, str)} - self._recent
        if len(self._recent) >= _REMEMBERED:
            self._recent.clear()
        self._recent |= new
        self._file.writelines(f"{json.dumps(key)}\n" for key in new)


def read_ids(paths: Iterable[Path]) -> Ids:
    """The ids in some files: a set of a few, or else so that each takes little more than its length."""
    found: set[str] = set()
    packed: list[np.ndarray[Any, Any]] = []
    odd: set[str] = set()
    for key in _each(paths):
        found.add(key)
        if len(found) >= _FEW:
            packed.append(_packed(found, odd))
            found.clear()
    if not packed:
        return frozenset(found)
    packed.append(_packed(found, odd))
    return ManyIds(packed, odd)


class ManyIds:
    """A set of ids, sorted in one array; picklable. Ids that are no short ASCII are held as text."""

    def __init__(self, packed: Iterable[np.ndarray[Any, Any]], odd: Iterable[str]) -> None:
        self._sorted = np.unique(np.concatenate(list(packed)))
        self._odd = frozenset(odd)

    def __len__(self) -> int:
        return len(self._sorted) + len(self._odd)

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str):
            return False
        if not _is_usual(key):
            return key in self._odd
        written = key.encode()
        place = int(self._sorted.searchsorted(written))
        return place < len(self._sorted) and bool(self._sorted[place] == written)


Ids = frozenset[str] | ManyIds


def _packed(ids: Iterable[str], odd: set[str]) -> np.ndarray[Any, Any]:
    """The ids as an array, without those that such an array cannot tell from others, which are put to the odd ones."""
    usual = []
    for key in ids:
        if _is_usual(key):
            usual.append(key.encode())
        else:
            odd.add(key)
    return np.array(usual, np.bytes_)


def _is_usual(key: str) -> bool:
    return len(key) <= _LONGEST and key.isascii() and "\0" not in key


def _each(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        with path.open(encoding="ascii") as file:
            for line in file:
                yield json.loads(line)
