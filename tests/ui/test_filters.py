"""Ranges that nothing can lie in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gladly_tools.ui.filters import _is_inverted


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
