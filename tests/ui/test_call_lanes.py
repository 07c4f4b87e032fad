"""The time axis of a call's lanes."""

from __future__ import annotations

import pytest

from gladly_tools.ui.call_lanes import MOST_TICKS, ticks


@pytest.mark.parametrize(
    ("seconds", "first"),
    [
        (0.4, [0]),
        (7.2, [0, 1, 2]),
        (95, [0, 10, 20]),
        (520, [0, 60, 120]),
        (3000, [0, 300, 600]),
        (100_000, [0, 3600, 7200]),
    ],
)
def test_the_time_axis_is_marked_where_a_clock_would_be(seconds: float, first: list[int]) -> None:
    marks = ticks(seconds)
    assert marks[:3] == first
    assert marks[-1] <= seconds


@pytest.mark.parametrize("seconds", [9, 61, 601, 1801, 7201])
def test_the_marks_of_a_long_call_do_not_crowd(seconds: int) -> None:
    assert len(ticks(seconds)) <= MOST_TICKS + 1
