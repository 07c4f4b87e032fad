"""Two texts line by line: nothing lost, nothing marked that is the same."""

from __future__ import annotations

import random
import time

import pytest

from gladly_tools.comparing.texts import MOST_LINES, Line, difference


def text_of(line: Line | None) -> str:
    return "" if line is None else "".join(piece.text for piece in line)


@pytest.mark.parametrize("seed", range(50))
def test_both_texts_can_be_read_off_the_pairs(seed: int) -> None:
    chance = random.Random(seed)
    lines = ["same words here", "other words here", "<b>bold</b>", "", "é 🌱", "x" * 50]
    before, after = ("\n".join(chance.choices(lines, k=chance.randrange(12))) for _ in range(2))
    found = difference(before, after, context=1000)
    assert [text_of(pair.before) for pair in found.pairs if pair.before is not None] == before.splitlines()
    assert [text_of(pair.after) for pair in found.pairs if pair.after is not None] == after.splitlines()
    for pair in found.pairs:
        if pair.same:
            assert pair.before == pair.after
            assert not any(piece.changed for piece in pair.before or ())
    assert found.removed == len([pair for pair in found.pairs if pair.before is not None and not pair.same])
    assert found.added == len([pair for pair in found.pairs if pair.after is not None and not pair.same])


def test_equal_texts_have_no_change() -> None:
    found = difference("a\nb", "a\nb")
    assert (found.removed, found.added) == (0, 0)


def test_in_a_changed_line_only_the_words_that_differ_are_marked() -> None:
    (pair,) = difference("Returns take 30 days.", "Returns take 45 days.").pairs
    assert [piece.text for piece in pair.before or () if piece.changed] == ["30"]
    assert [piece.text for piece in pair.after or () if piece.changed] == ["45"]


def test_lines_with_little_in_common_are_marked_whole() -> None:
    (pair,) = difference("Returns take thirty days", "Bonjour tout le monde!").pairs
    assert [piece.changed for piece in pair.before or ()] == [True]


def test_long_equal_stretches_are_left_out_and_counted() -> None:
    lines = [f"line {number}" for number in range(40)]
    found = difference("\n".join(lines), "\n".join([*lines[:20], "new", *lines[20:]]), context=2)
    assert [pair.skipped for pair in found.pairs if pair.skipped] == [18, 18]
    assert len([pair for pair in found.pairs if pair.same]) == 4


def test_texts_that_are_too_long_are_cut_and_say_so() -> None:
    found = difference("\n".join(map(str, range(MOST_LINES + 1))), "x")
    assert found.cut
    assert found.removed == MOST_LINES


@pytest.mark.parametrize(
    "one", ["a b " * 20_000, "\n" * 50_000, "a\nb\n" * 20_000, ("word " * 300 + "\n") * 900, "a b " * 170]
)
def test_no_text_takes_long(one: str) -> None:
    begun = time.perf_counter()
    difference(one, one.replace("a", "c").replace("word", "ward", 5000) + "end")
    assert time.perf_counter() - begun < 10
