"""Filters in words, and ranges that nothing can lie in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gladly_tools.results.query import Condition, Operator
from gladly_tools.ui.filters import _is_inverted, describe


def midnight(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("low", "high", "inverted"),
    [
        (1, 2, False),
        (2, 2, False),
        (3, 2, True),
        (None, 2, False),
        (3, None, False),
        (midnight(4), midnight(5), False),
        (midnight(5), midnight(5), True),
        (midnight(6), midnight(5), True),
    ],
)
def test_a_range_that_nothing_can_lie_in_is_seen(low: Any, high: Any, inverted: bool) -> None:
    assert _is_inverted(low, high) is inverted


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition(column="N", operator=Operator.BETWEEN, values=(100.0, 300.0)), "N is between 100 and 300"),
        (Condition(column="N", operator=Operator.BETWEEN, values=(None, 300), negated=True), "N is not up to 300"),
        (
            Condition(column="T", operator=Operator.BETWEEN, values=(midnight(3), midnight(5))),
            "T is between 2026-03-03 and 2026-03-04",
        ),
        (
            Condition(column="S", operator=Operator.ONE_OF, values=("a", None, "c", "d")),
            "S is one of a, (empty), c and 1 more",
        ),
        (Condition(column="S", operator=Operator.IS_EMPTY, negated=True), "S is not empty"),
    ],
)
def test_a_filter_is_told_in_words(condition: Condition, words: str) -> None:
    assert describe(condition, "UTC") == words
