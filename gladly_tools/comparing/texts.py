"""Two texts line by line: what stayed, what went, what came; and within a changed line, which words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_LINES = 1_000
MOST_STEPS = 500_000
CONTEXT_LINES = 3
LEAST_ALIKE = 0.4
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a line; `changed` when the other text's line has something else here."""

    text: str
    changed: bool = False


Line = tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A line of each text, side by side; None where one has no line here. Equal lines are `same`.

    `skipped` counts equal lines that are left out here, and then there is no line.
    """

    before: Line | None = None
    after: Line | None = None
    same: bool = False
    skipped: int = 0


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How two texts differ, in pairs of lines from the top; `cut` when they are too long to be compared whole."""

    pairs: tuple[Pair, ...]
    removed: int
    added: int
    cut: bool


def difference(before: str, after: str, *, context: int = CONTEXT_LINES) -> Difference:
    """How one text became the other. Of equal lines, only `context` around each change are kept.

    Time is bounded: of each text the first `MOST_LINES` lines are compared, and their words for `MOST_STEPS` steps.
    """
    old, new = before.splitlines(), after.splitlines()
    cut = max(len(old), len(new)) > MOST_LINES
    pairs = list(_pairs(old[:MOST_LINES], new[:MOST_LINES]))
    return Difference(
        pairs=tuple(_folded(pairs, context)),
        removed=sum(pair.before is not None and not pair.same for pair in pairs),
        added=sum(pair.after is not None and not pair.same for pair in pairs),
        cut=cut,
    )


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    steps = 0
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            for text in old[i1:i2]:
                line = (Piece(text=text),)
                yield Pair(before=line, after=line, same=True)
            continue
        both = min(i2 - i1, j2 - j1)
        for offset in range(both):
            was, is_ = old[i1 + offset], new[j1 + offset]
            words = _WORDS.findall(was), _WORDS.findall(is_)
            steps += len(words[0]) * len(words[1])
            lines = _marked(*words) if steps < MOST_STEPS else None
            before, after = lines or ((Piece(text=was, changed=True),), (Piece(text=is_, changed=True),))
            yield Pair(before=before, after=after)
        for text in old[i1 + both : i2]:
            yield Pair(before=(Piece(text=text, changed=True),))
        for text in new[j1 + both : j2]:
            yield Pair(after=(Piece(text=text, changed=True),))


def _marked(before: Sequence[str], after: Sequence[str]) -> tuple[Line, Line] | None:
    """Two lines in pieces, those that differ marked; None when they have little in common."""
    matcher = SequenceMatcher(None, before, after)
    alike = sum(_letters(before[block.a : block.a + block.size]) for block in matcher.get_matching_blocks())
    if 2 * alike < LEAST_ALIKE * (_letters(before) + _letters(after)):
        return None
    lines: tuple[list[Piece], list[Piece]] = ([], [])
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        for line, words in ((lines[0], before[i1:i2]), (lines[1], after[j1:j2])):
            if words:
                line.append(Piece(text="".join(words), changed=tag != "equal"))
    return tuple(lines[0]), tuple(lines[1])


def _letters(words: Sequence[str]) -> int:
    """How much there is to read in words; spaces are in every line."""
    return sum(len(word) for word in words if not word.isspace())


def _folded(pairs: Sequence[Pair], context: int) -> Iterator[Pair]:
    """The same with long runs of equal lines left out."""
    near = [False] * len(pairs)
    for place, pair in enumerate(pairs):
        if not pair.same:
            for other in range(max(0, place - context), min(len(pairs), place + context + 1)):
                near[other] = True
    skipped = 0
    for pair, is_near in zip(pairs, near, strict=True):
        if not is_near:
            skipped += 1
            continue
        if skipped:
            yield Pair(skipped=skipped)
            skipped = 0
        yield pair
    if skipped:
        yield Pair(skipped=skipped)
