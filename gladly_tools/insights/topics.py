"""Topics as a tree: a conversation counts once in each of its topics, and once in each topic above those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from gladly_tools.insights.columns import CREATED, QUARTER, TOPIC_LIST, TOPICS, WALL, seconds_of
from gladly_tools.insights.groups import Grouped, with_quantiles
from gladly_tools.insights.topic_cells import Path, TopicCells
from gladly_tools.results.pieces import lists_any
from gladly_tools.results.query import Query
from gladly_tools.results.sql import filled, quoted
from gladly_tools.results.table import Table

# A place instead of a text is told once for each different text of a part of the file, not for each row.
_PLACED = f"rows JOIN members ON list_position($texts, {quoted(TOPICS)}) = cell"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One topic with those beneath it: how many conversations have any, and as which items the cells name them.

    `own` are those of the items that name this topic itself.
    """

    path: Path
    rows: int
    items: tuple[str, ...]
    own: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Topics:
    """All topics of some conversations, and how many conversations have none; `by_text` tells each cell's items."""

    topics: tuple[Topic, ...]
    without: int
    by_text: Mapping[str, frozenset[str]]

    def texts_with(self, items: Iterable[str]) -> frozenset[str]:
        """The cells that have one of these items."""
        wanted = frozenset(items)
        return frozenset(text for text, own in self.by_text.items() if own & wanted)

    def is_listed_alike(self, items: Sequence[str]) -> bool:
        """Whether cutting the cells at each comma, as a filter does, finds these items where they count, only there."""
        if not self._has_commas:
            return True
        return self.texts_with(items) == {text for text in self.by_text if lists_any(text, TOPIC_LIST, items)}

    @cached_property
    def _has_commas(self) -> bool:
        return any(TOPIC_LIST in item for own in self.by_text.values() for item in own)

    def busiest(self, most: int) -> tuple[Topic, ...]:
        """So many topics with the most conversations, each beneath the one above it, the busiest first."""
        chosen = sorted(self.topics, key=lambda topic: (-topic.rows, len(topic.path), topic.path))[:most]
        rows = {topic.path: topic.rows for topic in chosen}

        def place(topic: Topic) -> list[tuple[int, str]]:
            return [(-rows[topic.path[: depth + 1]], name) for depth, name in enumerate(topic.path)]

        return tuple(sorted(chosen, key=place))

    def roots(self, most: int) -> tuple[Topic, ...]:
        """So many of the topics with none above, the busiest first."""
        found = [topic for topic in self.topics if len(topic.path) == 1]
        return tuple(sorted(found, key=lambda topic: (-topic.rows, topic.path))[:most])


def topics(table: Table, query: Query, cells: TopicCells) -> Topics:
    """The tree of the topics.

    Different cells are few beside the rows, so those are counted by the engine and taken apart here.
    """
    frame = table.frame(
        f"SELECT {filled(TOPICS)} AS text, count(*) AS rows FROM rows GROUP BY text ORDER BY text", query
    )
    without = 0
    by_text: dict[str, frozenset[str]] = {}
    counts: Counter[Path] = Counter()
    items_of: dict[Path, set[str]] = {}
    for text, rows in zip(frame["text"], frame["rows"], strict=True):
        if pd.isna(text):
            without = int(rows)
            continue
        by_text[text] = frozenset(cells.topics(text))
        above: set[Path] = set()
        for item in by_text[text]:
            path = cells.path(item)
            for depth in range(1, len(path) + 1):
                above.add(path[:depth])
                items_of.setdefault(path[:depth], set()).add(item)
        for node in above:
            counts[node] += int(rows)
    return Topics(
        topics=tuple(
            Topic(
                path=path,
                rows=rows,
                items=tuple(sorted(items_of[path])),
                own=tuple(sorted(item for item in items_of[path] if cells.path(item) == path)),
            )
            for path, rows in sorted(counts.items())
        ),
        without=without,
        by_text=by_text,
    )


def topics_over_time(
    table: Table, query: Query, zone: str, found: Topics, shown: Sequence[Topic], *, unit: str
) -> pd.DataFrame:
    """`day` (a date in the zone: itself, or its Monday when `unit` is `week`), `place` among those shown, `rows`."""
    frame = table.frame(
        f"""
        , members AS (SELECT unnest($cells) AS cell, unnest($places) AS place),
        quarters AS (SELECT {QUARTER} AS quarter, place, count(*) AS rows
                     FROM {_PLACED} WHERE "{CREATED}" IS NOT NULL GROUP BY ALL)
        SELECT CAST(date_trunc($unit, {WALL}) AS DATE) AS day, place,
               CAST(sum(rows) AS BIGINT) AS rows
        FROM quarters GROUP BY ALL ORDER BY ALL
        """,
        query,
        {"zone": zone, "unit": unit, **_members(found, [topic.items for topic in shown])},
    )
    frame["day"] = pd.to_datetime(frame["day"])
    return frame


def durations_by_topic(
    table: Table, query: Query, column: str, found: Topics, shown: Sequence[Sequence[str]]
) -> Grouped:
    """`member` (a place among those shown), `rows`, `median`, `p90` and `total`; a row counts in each of its topics.

    Each of those shown is some items; rows that have any of them count in it.
    """
    frame = table.frame(
        f"""
        , members AS (SELECT unnest($cells) AS cell, unnest($places) AS place)
        SELECT place AS member, count(*) AS rows, quantile_cont({seconds_of(column)}, [0.5, 0.9]) AS quantiles,
               sum({seconds_of(column)}) AS total
        FROM {_PLACED} WHERE {seconds_of(column)} IS NOT NULL
        GROUP BY place ORDER BY rows DESC, place
        """,
        query,
        _members(found, shown),
    )
    return with_quantiles(Grouped(frame=frame, others=0))


def _members(found: Topics, shown: Sequence[Sequence[str]]) -> dict[str, object]:
    """Which cells, by their place among `texts`, belong to which of those shown."""
    chosen = list(map(frozenset, shown))
    texts = [text for text, own in found.by_text.items() if any(own & items for items in chosen)]
    pairs = [
        (cell, place)
        for cell, text in enumerate(texts, 1)
        for place, items in enumerate(chosen)
        if found.by_text[text] & items
    ]
    # A cell that is no row's, so that the engine knows the types where there is none.
    return {
        "texts": [*texts, ""],
        "cells": [-1, *(cell for cell, _ in pairs)],
        "places": [-1, *(place for _, place in pairs)],
    }
