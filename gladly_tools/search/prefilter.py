"""Which lines of a batch may hold a phrase, from their bytes alone: too many may be named,
never too few.

A phrase becomes one anchor: a run of its characters that every text which holds the phrase must hold too, each in
one of few spellings. Bytes are compared without the bit that tells `a` from `A`; it tells others apart too, which
only names a line too many. What can hide an anchor from the bytes is looked for as well: tags, entities, and escaped
letters.

Case folding makes letters out of others (`ß` → `ss`, `ﬁ` → `fi`, the Kelvin sign → `k`). A place of a phrase that such
an expansion could have made has no fixed spelling, and no anchor goes across it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from gladly_tools.search.lines import Ends
from gladly_tools.search.phrases import fold

_CASE_BIT = 0x20
_MOST_PATTERNS = 24
_MOST_SPELLINGS = 4
_LEAST = 3
_GOOD = 8
_AT_ONCE = 2
_MOST_TOPICS = 100
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]+")
_LATIN_ESCAPE = "\\u00"
_ANY_ESCAPE = "\\u"
# What these stand for is in no anchor.
_OTHER_ENTITY = re.compile(rb"&(?!(?:nbsp|amp|lt|gt|quot|apos|#39);)")
_END_OF_CASE = 0x1F000  # no character from here on folds to another; going through all of them would be felt
_USABLE = re.compile(r"[a-z0-9_@.:;!?#%*()=+~-]|[^\x00-\x7f]")
# The most frequent first; what is not named is rare.
_FREQUENT = b' etaoinsrhldcumfpgwybvk0"123456789.,:-'

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Prefilter:
    """Says which lines are worth reading for some phrases.

    `hidden` finds where a tag may interrupt an anchor. A line of a topic change is worth reading where `topics` finds
    something in it; without `topics` none is.
    """

    def __init__(
        self, patterns: Iterable[bytes], hidden: re.Pattern[bytes], topics: re.Pattern[bytes] | None = None
    ) -> None:
        self._patterns = [_pattern(pattern) for pattern in sorted(set(patterns))]
        self._hidden = hidden
        self._topics = topics
        # Used again and again: new memory for each piece takes as long as the looking.
        self._space = _Space(0)

    def lines_worth_reading(self, piece: bytes, ends: Ends) -> set[int]:
        """The places of the lines that may hold a phrase; `ends` is where the lines end."""
        if len(piece) > len(self._space.text):
            self._space = _Space(len(piece))
        space = self._space
        space.take(piece)
        within = ends.tolist()
        worth = {line for pattern in self._patterns for line, _ in pattern.lines_in(space, within)}
        if self._topics is not None:
            for line, place in _CHANGE.lines_in(space, within):
                if line not in worth and self._topics.search(piece, place, within[line]):
                    worth.add(line)
        for mark, may_hide in ((b"<", self._may_be_cut), (b"&", self._may_be_spelled)):
            place = piece.find(mark)
            while place >= 0:
                line = bisect_right(within, place)
                if line not in worth and may_hide(piece, place, within[line]):
                    worth.add(line)
                place = piece.find(mark, within[line])
        return worth

    def _may_be_cut(self, _piece: bytes, first: int, end: int) -> bool:
        """Whether tags between these places, the first of which begins one, may stand within an anchor."""
        return self._hidden.search(self._space.text, first, end) is not None

    def _may_be_spelled(self, piece: bytes, first: int, end: int) -> bool:
        """Whether entities between these places may stand for what is in an anchor."""
        return _OTHER_ENTITY.search(piece, first, end) is not None


class _Space:
    """Room to look at a piece in: its bytes without their case bit, and flags for each; written over by the next."""

    def __init__(self, size: int) -> None:
        self.text = bytearray(size)
        self.flags = bytearray(size)
        self.count = 0
        self._bytes: Bytes = np.frombuffer(self.text, np.uint8)
        self._is: Flags = np.frombuffer(self.flags, np.bool_)
        self._other: Flags = np.empty(size, np.bool_)

    def take(self, piece: bytes) -> None:
        self.count = len(piece)
        np.bitwise_or(np.frombuffer(piece, np.uint8), np.uint8(_CASE_BIT), out=self._bytes[: self.count])

    def flag(self, count: int, parts: Iterable[tuple[int, int]]) -> None:
        """Flag those of the first `count` places that have these bytes at these offsets from them."""
        (first, byte), *rest = parts
        flags, other = self._is[:count], self._other[:count]
        np.equal(self._bytes[first : first + count], byte, out=flags)
        for offset, byte in rest:
            np.equal(self._bytes[offset : offset + count], byte, out=other)
            np.logical_and(flags, other, out=flags)


@dataclass(frozen=True, kw_only=True)
class _Pattern:
    """Bytes without their case bit; also as (offset, byte), the rarest first."""

    written: bytes
    parts: tuple[tuple[int, int], ...]

    def lines_in(self, space: _Space, within: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The lines, of those that end at these places, that hold the pattern; and where in the piece it first does."""
        count = space.count - len(self.written) + 1
        if count <= 0:
            return
        space.flag(count, self.parts[:_AT_ONCE])
        # Few places are left, and to find the next is far quicker than to gather all.
        find, is_here, written = space.flags.find, space.text.startswith, self.written
        place = find(1, 0, count)
        while place >= 0:
            if is_here(written, place):
                line = bisect_right(within, place)
                yield line, place
                place = find(1, within[line], count)
            else:
                place = find(1, place + 1, count)


def _pattern(written: bytes) -> _Pattern:
    parts = [(offset, byte | _CASE_BIT) for offset, byte in enumerate(written)]
    return _Pattern(
        written=bytes(byte for _, byte in parts), parts=tuple(sorted(parts, key=lambda part: _frequency(part[1])))
    )


def _frequency(byte: int) -> int:
    """0 for what is rare, more for what is more frequent."""
    place = _FREQUENT.find(byte)
    return 0 if place < 0 else len(_FREQUENT) - place


_CHANGE = _pattern(b"topicIds")


def prefilter_of(phrases: Iterable[str], *, topics: Collection[str] = ()) -> Prefilter | None:
    """The prefilter of some phrases; None when there is no good one, and every line is worth reading.

    `topics` are the ids of those that the phrases mean; lines that may change one are worth reading too.
    """
    anchors: set[str] = set()
    for phrase in phrases:
        spellings = _anchor(fold(phrase))
        if not spellings:
            return None
        anchors.update(spellings)
    if len(anchors) > _MOST_PATTERNS:
        return None
    latin = all(character < "\u0100" for anchor in anchors for character in anchor)
    patterns = {_without_case(anchor) for anchor in anchors}
    patterns.add(_without_case(_LATIN_ESCAPE if latin else _ANY_ESCAPE))
    return Prefilter(patterns, _cut(anchors), _any_of(topics) if topics else None)


def _without_case(text: str) -> bytes:
    return bytes(byte | _CASE_BIT for byte in text.encode("utf-8", "surrogatepass"))


def _cut(anchors: Iterable[str]) -> re.Pattern[bytes]:
    """Where a tag begins behind the beginning of an anchor, in text without its case bit.

    What is taken out of a text begins with `<`. So of an anchor of which something was taken out, the beginning up to
    the first such place stands right before one.
    """
    beginnings = {_without_case(anchor[:end]) for anchor in anchors for end in range(1, len(anchor))}
    return re.compile(b"<(?:" + b"|".join(b"(?<=%b<)" % re.escape(each) for each in sorted(beginnings)) + b")")


def _any_of(topics: Collection[str]) -> re.Pattern[bytes]:
    """What a line that changes one of these topics holds; escaped letters are looked for elsewhere."""
    if len(topics) > _MOST_TOPICS or not all(map(_PLAIN_ID.fullmatch, topics)):
        return re.compile(b"")
    return re.compile(b"|".join(re.escape(topic.encode()) for topic in sorted(topics)))


def _anchor(phrase: str) -> tuple[str, ...]:
    """All spellings of the best run of a folded phrase; none when no run is long enough to tell lines apart."""
    best: tuple[str, ...] = ()
    for start in range(len(phrase)):
        spellings: tuple[str, ...] = ("",)
        for place in range(start, min(start + _GOOD, len(phrase))):
            here = _spellings(phrase, place)
            if not here or len(spellings) * len(here) > _MOST_SPELLINGS:
                break
            spellings = tuple(before + one for before, one in product(spellings, here))
            if len(spellings[0].encode("utf-8", "surrogatepass")) >= _LEAST and _rank(spellings) > _rank(best):
                best = spellings
    return best


def _rank(spellings: tuple[str, ...]) -> tuple[float, int]:
    """Long and with few spellings is good."""
    return (len(spellings[0]) / len(spellings) ** 0.5, -len(spellings)) if spellings else (0.0, 0)


def _spellings(phrase: str, place: int) -> tuple[str, ...]:
    """The characters that fold to the one at this place, ASCII in lower case; none when an expansion may make it."""
    character = phrase[place]
    if not _USABLE.fullmatch(character) or character.isspace() or _may_be_made(phrase, place):
        return ()
    others = tuple(one for one in _folds()[0].get(character, ()) if not one.isascii())
    return (character, *others)


def _may_be_made(phrase: str, place: int) -> bool:
    """True when one character that folds to several could have made the one at this place."""
    for expansion in _folds()[1].get(phrase[place], ()):
        for inner, made in enumerate(expansion):
            if made != phrase[place]:
                continue
            low, high = max(0, place - inner), min(len(phrase), place - inner + len(expansion))
            if phrase[low:high] == expansion[low - place + inner : high - place + inner]:
                return True
    return False


@cache
def _folds() -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    """By folded character: what folds to it alone, and the expansions that it is in."""
    alone: dict[str, list[str]] = {}
    within: dict[str, set[str]] = {}
    for character in map(chr, range(_END_OF_CASE)):
        folded = character.casefold()
        if len(folded) > 1:
            for each in folded:
                within.setdefault(each, set()).add(folded)
        elif folded != character:
            alone.setdefault(folded, []).append(character)
    return alone, within
