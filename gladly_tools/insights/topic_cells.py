"""Which topics a cell names: the one rule for charts and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gladly_tools.insights.columns import TOPIC_LIST
from gladly_tools.results.pieces import pieces_of

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TopicCells:
    """How a cell of topics is read: `separator` joins the levels of a topic's path, a comma stands between topics.

    A name that itself holds a comma stays whole when its path is among the `known`; those are None when the account has
    no export of its topics. What stands between topics is unconfirmed.
    """

    separator: str = ">>"
    known: Sequence[str] | None = None

    def topics(self, text: str) -> tuple[str, ...]:
        """The topics that a cell names, in order, each once: of several known ones that begin alike the longest."""
        pieces = pieces_of(text, TOPIC_LIST)
        found: dict[str, None] = {}
        start = 0
        while start < len(pieces):
            most = min(self._longest, len(pieces) - start)
            runs = (tuple(pieces[start : start + count]) for count in range(most, 1, -1))
            run = next((run for run in runs if run in self._whole), (pieces[start],))
            topic = self._whole.get(run, run[0])
            if topic:
                found[topic] = None
            start += len(run)
        return tuple(found)

    def path(self, topic: str) -> Path:
        """The levels of a topic's path, from the top."""
        return tuple(level for level in (part.strip() for part in topic.split(self.separator)) if level) or (topic,)

    @cached_property
    def _whole(self) -> dict[tuple[str, ...], str]:
        """The known topics whose names hold a comma, by the pieces that they would be cut into."""
        return {tuple(pieces_of(name, TOPIC_LIST)): name.strip() for name in self.known or () if TOPIC_LIST in name}

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._whole), default=1)
