"""Goes through the items of one file, once: bytes in, matches out, in the memory of a batch or one longer line.

Nothing stops it: a line that cannot be read is handed on as it came, with its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gladly_tools.search.lines import (
    Ends,
    Unreadable,
    UnreadableLine,
    ends_of,
    is_blank,
    lines_of,
    pieces_of,
    record_of,
)
from gladly_tools.search.matching import ItemSearch, Matcher


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a scan is: bytes and lines read, and of these blank, unreadable and matching ones.

    `taken` counts the matches and, where these were asked for, the other items of their conversations. `untimed` are
    items whose time could not be read, when there is a time range.
    """

    bytes: int = 0
    lines: int = 0
    blank: int = 0
    unreadable: int = 0
    matches: int = 0
    taken: int = 0
    untimed: int = 0

    def __add__(self, other: Progress) -> Progress:
        return Progress(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


@dataclass(kw_only=True, slots=True)
class Batch:
    """What was found in a piece of the file; lists of the same length, in the file's order.

    `progress` is how far the scan is with it. `lines` are the lines taken as they came, with their endings, `numbers`
    theirs, from 1; `is_match` tells a match from another item of its conversation. `blank` lines are counted alone.
    """

    progress: Progress = Progress()
    lines: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    is_match: list[bool] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    blank: int = 0


def scan(chunks: Iterable[bytes], search: ItemSearch) -> Iterator[Batch]:
    """Search the lines of one file of conversation items, which come as chunks of bytes cut anywhere.

    Gives a batch every 256 kB or so, without matches too, so that progress can be shown and the scan be given up.
    For whole conversations scan the file a second time, with `conversations` of the first.
    """
    matcher = Matcher(search)
    progress = Progress()
    for piece in pieces_of(chunks):
        ends = ends_of(piece)
        batch = _batch_of(matcher, piece, ends, progress.lines + 1, with_others=bool(search.conversations))
        batch.progress = progress = Progress(
            bytes=progress.bytes + len(piece),
            lines=progress.lines + len(ends),
            blank=progress.blank + batch.blank,
            unreadable=progress.unreadable + len(batch.unreadable),
            matches=progress.matches + sum(batch.is_match),
            taken=progress.taken + len(batch.lines),
            untimed=matcher.untimed,
        )
        yield batch


def _batch_of(matcher: Matcher, piece: bytes, ends: Ends, first: int, *, with_others: bool) -> Batch:
    """What was found in these lines, the first of which has this number."""
    taken = matcher.taken_of(piece, ends)
    if taken is None:
        return _line_by_line(matcher, lines_of(piece), first, with_others=with_others)
    places, is_match = taken
    starts = [0, *ends.tolist()]
    lines = [piece[starts[place] : starts[place + 1]] for place in places]
    return Batch(lines=lines, numbers=[first + place for place in places], is_match=is_match)


def _line_by_line(matcher: Matcher, lines: Sequence[bytes], first: int, *, with_others: bool) -> Batch:
    batch = Batch()
    for number, line in enumerate(lines, start=first):
        try:
            matched = matcher.matches(line)
            taken = matched or (with_others and matcher.is_in_conversation(line))
        except UnreadableLine as error:
            if is_blank(line):
                batch.blank += 1
            else:
                batch.unreadable.append(Unreadable(number=number, line=record_of(line), why=str(error)))
            continue
        if taken:
            batch.lines.append(line)
            batch.numbers.append(number)
            batch.is_match.append(matched)
    return batch
