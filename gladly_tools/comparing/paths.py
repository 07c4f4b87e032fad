"""Names with those of what is above before them: who is above whom, as far as the names tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

TOP = "(top level)"


class Paths:
    """All things of one table by their path. `named` gives each id with its path, whose names `separator` joins."""

    def __init__(self, named: Iterable[tuple[str, str]], separator: str) -> None:
        self._separator = separator
        self._ids: dict[str, set[str]] = defaultdict(set)
        for key, path in named:
            self._ids[path].add(key)

    def split(self, path: str) -> tuple[str, str]:
        """The path of what is above, empty at the top, and the thing's own name."""
        above, _separator, own = path.rpartition(self._separator)
        return above, own

    def differ_above(self, path: str, others: Paths, other_path: str) -> bool:
        """Whether two paths lie under different things; what is above may have another name now and be the same."""
        above, other_above = self.split(path)[0], others.split(other_path)[0]
        if above == other_above:
            return False
        ids, other_ids = self._ids.get(above, set()), others._ids.get(other_above, set())
        return not (above and other_above and ids & other_ids)
