"""Texts that hold several items, the file that is emptied while it is written, and the edges of bins."""

from __future__ import annotations

from typing import Any

import pytest

from gladly_tools.results.histogram import bin_edges
from gladly_tools.results.pieces import lists_any, pieces_of, run_of
from gladly_tools.results.schema import Kind
from gladly_tools.results.sink import Sink


def test_pieces_are_trimmed_and_empty_ones_stay() -> None:
    assert pieces_of(" a ; ;\u00a0b\n", ";") == ["a", "", "b"]
    assert run_of(" a ", ";") == [" a "]
    assert run_of(" a ;b", ";") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "items", "is_there"),
    [
        ("a; b; c", ["b"], True),
        ("a; b; c", ["x", "c"], True),
        ("a; b; c", ["a; b"], True),
        ("a; b; c", ["b;c"], True),
        ("a; b; c", ["a; c"], False),
        ("a; b; c", ["a; b; c"], True),
        ("a; b; c", ["a; b; c; d"], False),
        ("ab", ["a"], False),
        ("a; b", [], False),
    ],
)
def test_a_text_lists_an_item_when_its_pieces_stand_there_in_a_row(text: str, items: list[str], is_there: bool) -> None:
    assert lists_any(text, ";", items) is is_there


def test_a_sink_gives_each_byte_once_and_knows_its_place() -> None:
    sink = Sink()
    assert sink.writable()
    assert [sink.write(b"abc"), sink.write(memoryview(b"de"))] == [3, 2]
    assert (sink.waiting, sink.tell(), sink.taken()) == (5, 5, b"abcde")
    assert (sink.waiting, sink.tell(), sink.taken()) == (0, 5, b"")
    sink.write(b"f")
    assert (sink.taken(), sink.tell()) == (b"f", 6)


@pytest.mark.parametrize(
    ("low", "high", "usual", "bins", "whole", "edges"),
    [
        (0, 10, 10, 5, False, [0, 2, 4, 6, 8, 10]),
        (0, 100, 10, 5, False, [0, 2, 4, 6, 8, 100]),
        (0, 9, 9, 5, True, [0, 2, 4, 6, 8, 10]),
        (0, 10, 10, 5, True, [0, 3, 6, 9, 12]),
        (0, 50, 10, 5, True, [0, 3, 6, 9, 50]),
        (1, 3, 3, 10, True, [1, 2, 3, 4]),
        (7, 7, 7, 4, True, [7, 8]),
        (7.5, 7.5, 7.5, 4, False, [7.5, 8.5]),
        (1.0, 9.0, 1.0, 4, False, [1.0, 9.0]),
        (-1.7e308, 1.7e308, 1.7e308, 4, False, [-1.7e308, 1.7e308]),
        (1e300, 1e300, 1e300, 4, False, [1e300, 1e300 + 1]),
    ],
)
def test_bins_have_one_width_and_reach_to_the_highest(
    low: float, high: float, usual: float, bins: int, whole: bool, edges: list[Any]
) -> None:
    assert bin_edges(low, high, usual, bins=bins, whole=whole) == edges


def test_the_kinds_are_the_words_that_results_already_hold() -> None:
    assert [kind.value for kind in Kind] == [
        "id", "text", "choice", "url", "integer", "number", "boolean", "time", "list", "records",
    ]  # fmt: skip
