"""The topics: a tree with every trap that a reader of it can fall into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gladly_tools.demo.catalogue import CYCLE_TOPICS, ORPHAN_TOPIC, TOPIC_TREE
from gladly_tools.demo.ids import Ids, Kind, seeded


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One topic; `disabled` None = the field is missing. A parent may not exist, or be part of a circle."""

    id: str
    name: str
    disabled: bool | None
    parent_id: str | None


def make_topics(ids: Ids) -> tuple[Topic, ...]:
    """The topics, shuffled: a parent may come after its children."""
    names: list[tuple[int, str]] = []
    for line in TOPIC_TREE.splitlines():
        text = line.lstrip(" ")
        names.append(((len(line) - len(text)) // 2, text))
    made_ids = [ids.make(Kind.TOPIC, n) for n in range(len(names) + 1 + len(CYCLE_TOPICS))]
    # Ids that a careless reader trips over: a leading dash, a leading underscore, two that differ only in
    # case.
    made_ids[1] = "-" + made_ids[1][1:]
    made_ids[2] = "_" + made_ids[2][1:]
    made_ids[3] = "Ab" + made_ids[3][2:]
    made_ids[4] = "aB" + made_ids[3][2:]
    topics = []
    above: list[str] = []
    for n, (level, text) in enumerate(names):
        del above[level:]
        disabled: bool | None = text.startswith("~")
        if n % 11 == 5:
            disabled = None
        topics.append(
            Topic(
                id=made_ids[n],
                name=text.removeprefix("~"),
                disabled=disabled,
                parent_id=above[-1] if above else None,
            )
        )
        above.append(made_ids[n])
    orphan, chicken, egg = made_ids[-3:]
    topics.append(Topic(id=orphan, name=ORPHAN_TOPIC, disabled=False, parent_id=ids.make(Kind.TOPIC, 999)))
    topics.append(Topic(id=chicken, name=CYCLE_TOPICS[0], disabled=False, parent_id=egg))
    topics.append(Topic(id=egg, name=CYCLE_TOPICS[1], disabled=True, parent_id=chicken))
    seeded(7, "topics").shuffle(topics)
    return tuple(topics)


def topic_weights(seed: int, topics: Sequence[Topic]) -> list[float]:
    """How often each topic is used, in proportion; disabled ones hardly ever."""
    chance = seeded(seed, "topic weights")
    return [0.1 if topic.disabled else chance.paretovariate(1.2) for topic in topics]


def topic_paths(topics: Sequence[Topic]) -> dict[str, str]:
    """Every topic's name after those of its parents, joined by `>>`, by its id."""
    by_id = {topic.id: topic for topic in topics}
    paths = {}
    for topic in topics:
        walk = [topic]
        while (parent := by_id.get(walk[-1].parent_id or "")) is not None and parent not in walk:
            walk.append(parent)
        paths[topic.id] = ">>".join(step.name for step in reversed(walk))
    return paths
