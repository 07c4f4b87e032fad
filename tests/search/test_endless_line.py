"""A line that does not end costs the memory of the longest line that is read, and no other line."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from gladly_tools.search import Criteria, ItemSearch, UnreadableLine, lines, scan
from gladly_tools.search.lines import LONGEST_LINE, read_record

ITEM = b'{"id":"a","content":{"type":"SMS","content":"hi"}}\n'
EVERYTHING = ItemSearch(criteria=Criteria(), customers=frozenset(), topics=frozenset(), conversations=frozenset())


def test_a_line_that_is_too_long_is_told_as_such_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1024 * 1024)
    endless = [b'{"content":{"content":"', *[b"x" * 100_000] * 30]
    batches = list(scan([ITEM, *endless, b"\n", ITEM], EVERYTHING))
    assert [line for batch in batches for line in batch.lines] == [ITEM, ITEM]
    (unreadable,) = (each for batch in batches for each in batch.unreadable)
    assert (unreadable.number, len(unreadable.line)) == (2, 1024 * 1024)
    assert unreadable.why == "longer than 1 MB, of which only the beginning is here"


def test_a_file_of_one_endless_line_gives_that_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1024 * 1024)
    batches = list(scan([b"x" * 100_000] * 30, EVERYTHING))
    assert [len(each.line) for batch in batches for each in batch.unreadable] == [1024 * 1024]


def test_the_longest_line_is_the_limit_and_not_beyond_it() -> None:
    assert LONGEST_LINE == 64 * 1024 * 1024
    with pytest.raises(UnreadableLine, match="longer than 64 MB"):
        read_record(b" " * LONGEST_LINE)


def test_a_gigabyte_without_a_line_ending_is_gone_through_in_little_memory() -> None:
    measured = textwrap.dedent(
        """
        import resource
        from gladly_tools.search import Criteria, ItemSearch, scan

        def most():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

        search = ItemSearch(
            criteria=Criteria(phrases=("xyz",)), customers=frozenset(), topics=frozenset(), conversations=frozenset()
        )
        before = most()
        count = sum(len(batch.unreadable) for batch in scan((b"x" * 262_144 for _ in range(4_000)), search))
        print(count, most() - before)
        """
    )
    done = subprocess.run([sys.executable, "-c", measured], capture_output=True, text=True, check=True)
    count, megabytes = map(int, done.stdout.split())
    assert count == 1
    assert megabytes < 500
