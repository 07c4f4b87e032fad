"""Topics by name: which topics a phrase means, the place in the hierarchy included."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from gladly_tools.search.phrases import PhraseTest

_STEP = re.compile(r"\s*>+\s*")
_BETWEEN = " >> "


def matching_topics(topics: Iterable[Mapping[str, Any]], phrases: Iterable[str]) -> frozenset[str]:
    """The ids of the topics whose path, from the top level down, holds any of the phrases.

    A topic matches by its own name, by the name of one above it, and by a phrase across levels: `Returns > Damaged`,
    with any number of `>`. Of topics with the same id the last counts. A parent that is missing, or that is already on
    the path, ends the path there.
    """
    test = PhraseTest([_steps(phrase) for phrase in phrases])
    return frozenset(key for key, path in topic_paths(topics).items() if test.is_in(_steps(path)))


def topic_paths(topics: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    """The names of topics by id, after those of the topics above: `Returns >> Damaged`; see `matching_topics`."""
    known: dict[str, tuple[str, str]] = {}
    for topic in topics:
        if isinstance(key := topic.get("id"), str):
            known[key] = (_text(topic.get("name")), _text(topic.get("parentId")))
    return {key: _path(key, known) for key in known}


def _path(key: str, known: Mapping[str, tuple[str, str]]) -> str:
    names: list[str] = []
    visited: set[str] = set()
    while key in known and key not in visited:
        visited.add(key)
        name, key = known[key]
        names.append(name)
    return _BETWEEN.join(reversed(names))


def _steps(text: str) -> str:
    return _STEP.sub(_BETWEEN, text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
