"""Goes through the items of one file, once: bytes in, matches out, in the memory of a batch or one longer line.

Nothing stops it: a line that cannot be read is handed on as it came, with its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from gladly_tools.search.csv_rows import ItemRows
from gladly_tools.search.lines import Unreadable, UnreadableLine, batches_of, is_blank, read_record, record_of
from gladly_tools.search.matching import UNFIT, ItemSearch, Matcher, is_object


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What was found in a piece of the file; lists of the same length, in the file's order.

    `lines` are the lines taken as they came, with their endings, `numbers` theirs, from 1; `is_match` tells a match
    from another item of its conversation; `rows` are their CSV rows where these were asked for.
    """

    progress: Progress = field(default_factory=Progress)
    lines: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    is_match: list[bool] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def scan(chunks: Iterable[bytes], search: ItemSearch, *, rows: ItemRows | None = None) -> Iterator[Batch]:
    """Search the lines of one file of conversation items, which come as chunks of bytes cut anywhere.

    Gives a batch every 128 kB or so, without matches too, so that progress can be shown and the scan be given up.
    For whole conversations scan the file a second time, with `conversations` of the first.
    """
    scanner = _Scanner(search, rows)
    progress = Progress()
    for lines in batches_of(chunks):
        batch, blank = scanner.batch(lines, progress.lines + 1)
        progress = replace(
            progress + Progress(bytes=sum(map(len, lines)), lines=len(lines), blank=blank),
            unreadable=progress.unreadable + len(batch.unreadable),
            matches=progress.matches + sum(batch.is_match),
            taken=progress.taken + len(batch.lines),
            untimed=scanner.untimed,
        )
        yield replace(batch, progress=progress)


class _Scanner:
    """One search at work on batches of lines."""

    def __init__(self, search: ItemSearch, rows: ItemRows | None) -> None:
        self._matcher = Matcher(search)
        self._matches = self._matcher.typed()
        self._with_conversations = bool(search.conversations)
        self._row_of = None if rows is None else rows.of
        self._takes_all = search.criteria.takes_all

    @property
    def untimed(self) -> int:
        """Items so far whose time could not be read."""
        return self._matcher.untimed

    def batch(self, lines: list[bytes], first: int) -> tuple[Batch, int]:
        """What was found in these lines, the first of which has this number, and how many are blank."""
        if self._takes_all and self._row_of is not None:
            try:
                # A row shows that its line is a record, so nothing is decoded twice.
                rows = list(map(self._row_of, lines))
            except UnreadableLine:
                pass  # one of them cannot be read: line by line
            else:
                numbers = list(range(first, first + len(lines)))
                return Batch(lines=lines, numbers=numbers, is_match=[True] * len(lines), rows=rows), 0
        return self._line_by_line(lines, first)

    def _line_by_line(self, lines: list[bytes], first: int) -> tuple[Batch, int]:
        batch = Batch()
        blank = 0
        worth = self._matcher.worth_reading(lines)
        matches, row_of, with_conversations = self._matches, self._row_of, self._with_conversations
        for place, line in enumerate(lines):
            try:
                matched = False
                try:
                    if not line.isascii():
                        line.decode()
                    if worth is None or place in worth:
                        matched = matches(line)
                    else:
                        is_object(line)
                except UNFIT:
                    matched = self._matcher.matches_record(read_record(line))
                if not matched and not (with_conversations and self._matcher.is_in_conversation(line)):
                    continue
                if row_of is not None:
                    batch.rows.append(row_of(line))
            except UnreadableLine as error:
                if is_blank(line):
                    blank += 1
                else:
                    batch.unreadable.append(Unreadable(number=first + place, line=record_of(line), why=str(error)))
                continue
            batch.lines.append(line)
            batch.numbers.append(first + place)
            batch.is_match.append(matched)
        return batch, blank
