"""A topic's name has its hierarchy, and a broken hierarchy neither crashes nor loops."""

from __future__ import annotations

import pytest

from gladly_tools.api import Topic
from gladly_tools.exports.topics import topic_path


def topic(id: str, parent: str | None, name: str | None = None) -> Topic:
    return Topic(id=id, name=id.upper() if name is None else name, disabled=False, parent_id=parent)


@pytest.mark.parametrize(
    ("topics", "path", "whole"),
    [
        ([topic("a", None)], ("A",), True),
        ([topic("a", "b"), topic("b", "c"), topic("c", None)], ("C", "B", "A"), True),
        ([topic("a", "gone")], ("A",), False),
        ([topic("a", "a")], ("A",), False),
        ([topic("a", "b"), topic("b", "a")], ("B", "A"), False),
        ([topic("a", "b"), topic("b", "c"), topic("c", "b")], ("C", "B", "A"), False),
        ([topic("a", "b", name=""), topic("b", None)], ("B", ""), True),
    ],
)
def test_a_topics_path_ends_where_the_hierarchy_breaks(topics: list[Topic], path: tuple[str, ...], whole: bool) -> None:
    assert topic_path(topics[0], {item.id: item for item in topics}) == (path, whole)
