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
from collections.abc import Iterable, Sequence
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
_TOPICS = b"topicIds"
_MARKUP = (b"<", b"&")
_LATIN_ESCAPE = b"\\u00"
_ANY_ESCAPE = b"\\u"
_END_OF_CASE = 0x1F000  # no character from here on folds to another; going through all of them would be felt
_USABLE = re.compile(r"[a-z0-9_@.:;!?#%*()=+~-]|[^\x00-\x7f]")
# The most frequent first; what is not named is rare.
_FREQUENT = b' etaoinsrhldcumfpgwybvk0"123456789.,:-'

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Prefilter:
    """Says which lines are worth reading for some phrases."""

    def __init__(self, patterns: Iterable[bytes]) -> None:
        self._patterns = [_pattern(pattern) for pattern in sorted(set(patterns))]
        # Used again and again: new memory for each piece takes as long as the looking.
        self._text: Bytes = np.empty(0, np.uint8)
        self._masks: list[Flags] = []

    def lines_worth_reading(self, piece: bytes, ends: Ends) -> set[int]:
        """The places of the lines that may hold a phrase; `ends` is where the lines end."""
        if len(piece) > len(self._text):
            self._text = np.empty(len(piece), np.uint8)
            self._masks = [np.empty(len(piece), np.bool_) for _ in range(2)]
        text = np.bitwise_or(np.frombuffer(piece, np.uint8), np.uint8(_CASE_BIT), out=self._text[: len(piece)])
        found = [places for pattern in self._patterns if len(places := pattern.places_in(text, *self._masks))]
        worth: set[int] = set()
        if found:
            worth.update(np.searchsorted(ends, np.concatenate(found), side="right").tolist())
        within = ends.tolist()
        for mark in _MARKUP:
            place = piece.find(mark)
            while place >= 0:
                line = bisect_right(within, place)
                worth.add(line)
                place = piece.find(mark, within[line])
        return worth


@dataclass(frozen=True, kw_only=True)
class _Pattern:
    """Bytes without their case bit, as (offset, byte), the rarest first."""

    length: int
    parts: tuple[tuple[int, int], ...]

    def places_in(self, text: Bytes, mask: Flags, other: Flags) -> Sequence[int]:
        """Where the pattern begins; the flags are space to work in."""
        count = len(text) - self.length + 1
        if count <= 0:
            return ()
        (first, byte), *rest = self.parts
        mask, other = mask[:count], other[:count]
        np.equal(text[first : first + count], byte, out=mask)
        for offset, byte in rest[: _AT_ONCE - 1]:
            np.equal(text[offset : offset + count], byte, out=other)
            np.logical_and(mask, other, out=mask)
        if not np.count_nonzero(mask):  # far quicker than to look for the places
            return ()
        places = np.flatnonzero(mask)
        for offset, byte in rest[_AT_ONCE - 1 :]:
            if not len(places):
                break
            places = places[text[places + offset] == byte]
        return places  # type: ignore[return-value]  # an array, where there are any


def _pattern(written: bytes) -> _Pattern:
    parts = [(offset, byte | _CASE_BIT) for offset, byte in enumerate(written)]
    return _Pattern(length=len(written), parts=tuple(sorted(parts, key=lambda part: _frequency(part[1]))))


def _frequency(byte: int) -> int:
    """0 for what is rare, more for what is more frequent."""
    place = _FREQUENT.find(byte)
    return 0 if place < 0 else len(_FREQUENT) - place


def prefilter_of(phrases: Iterable[str], *, with_topics: bool) -> Prefilter | None:
    """The prefilter of some phrases; None when there is no good one, and every line is worth reading.

    `with_topics` points at every change of topics, for phrases that mean topics.
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
    patterns = [anchor.encode("utf-8", "surrogatepass") for anchor in anchors]
    patterns.append(_LATIN_ESCAPE if latin else _ANY_ESCAPE)
    if with_topics:
        patterns.append(_TOPICS)
    return Prefilter({bytes(byte | _CASE_BIT for byte in pattern) for pattern in patterns})


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
