"""Files to parts, and parts to one: across processes, several files as one, in bounded memory."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import pickle
import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from gladly_tools.errors import Cancelled
from gladly_tools.search import (
    Criteria,
    ItemRows,
    ItemSearch,
    Progress,
    merged,
    parse_contacts,
    prepare,
    scan,
    search_file,
    select_customers,
)


def line(key: str | None, minute: int, text: str = "", *, conversation: str = "c", customer: str = "u") -> bytes:
    item = {
        "conversationId": conversation,
        "customerId": customer,
        "timestamp": f"2026-03-01T{minute // 60:02d}:{minute % 60:02d}:00.000Z",
        "content": {"type": "CONVERSATION_NOTE", "body": text},
    }
    return json.dumps({"id": key, **item} if key else item).encode()


def written(path: Path, *lines: bytes, end: bytes = b"\n") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(each + end for each in lines))
    return path


def test_a_part_holds_the_lines_as_they_came_and_what_they_lead_to(tmp_path: Path) -> None:
    found, other = line("1", 1, "refund", conversation="a"), line("2", 2, "x", conversation="a", customer="v")
    source = written(tmp_path / "items.jsonl", found, b"{broken", other, line("3", 3, "x"), end=b"\r\n")
    (tmp_path / "out").mkdir()
    search = prepare(Criteria(phrases=("refund",), whole_conversation=True))
    part = search_file(source, tmp_path / "out", search, csv=True)
    assert part.items.read_bytes() == found + b"\n"
    assert part.unreadable.read_bytes().startswith(b"items.jsonl, line 2, not JSON")
    assert part.unreadable.read_bytes().endswith(b": {broken\n")
    assert part.rows is not None
    assert part.rows.read_bytes().count(b"\r\n") == 2
    assert (part.customers, part.conversations) == ({"u"}, {"a"})
    whole = search_file(source, tmp_path / "out", replace(search, conversations=part.conversations))
    assert whole.items.read_bytes() == found + b"\n" + other + b"\n"
    assert (whole.progress.matches, whole.progress.taken, whole.customers) == (1, 2, {"u", "v"})


def test_a_compressed_file_is_searched_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "items.jsonl.gz"
    source.write_bytes(gzip.compress(line("1", 1, "refund") + b"\n" + line("2", 1)))
    part = search_file(source, tmp_path, prepare(Criteria(phrases=("refund",))))
    assert part.items.read_bytes() == line("1", 1, "refund") + b"\n"
    assert part.progress.lines == 2


def test_contacts_and_topics_come_from_all_files_that_are_searched_as_one(tmp_path: Path) -> None:
    first = written(tmp_path / "a.jsonl", b'{"id":"u","emailAddresses":["ann@example.com"]}', b"broken")
    second = written(tmp_path / "b.jsonl", b'{"id":"v","emailAddresses":["bob@example.com"]}', b'{"id":"w"}')
    topics = written(tmp_path / "t.jsonl", b'{"id":"t","name":"Refund"}', b"[]")
    criteria = Criteria(contacts=parse_contacts("@example.com"), phrases=("refund",))
    search = prepare(criteria, customers=[first, second], topics=[topics])
    assert (search.customers, search.topics) == ({"u", "v"}, {"t"})


def test_customers_are_copied_as_they_came_and_broken_lines_reported() -> None:
    data = b'{"id": "u"}\r\n\n{"id":"v"}\n{broken'
    ((taken, failed),) = select_customers([data], frozenset({"u"}))
    assert taken == [b'{"id": "u"}']
    assert [(each.number, each.line) for each in failed] == [(4, b"{broken")]
    ((taken, _),) = select_customers([data], None)
    assert len(taken) == 2


def test_progress_is_told_and_what_the_watcher_raises_stops_the_search(tmp_path: Path) -> None:
    source = written(tmp_path / "items.jsonl", *[line(str(number), 1, "x" * 500) for number in range(2000)])
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        search_file(source, tmp_path, prepare(Criteria(phrases=("xx",))), watch=watch)
    assert len(seen) == 3
    assert 0 < seen[0].bytes < seen[1].bytes < seen[2].bytes < source.stat().st_size
    assert seen[2].lines == seen[2].matches


def test_a_search_is_a_map_over_files_in_other_processes(tmp_path: Path) -> None:
    sources = [
        written(tmp_path / f"{number}" / "items.jsonl", line(str(number), number, "refund")) for number in range(3)
    ]
    search = prepare(Criteria(phrases=("refund",)))
    assert pickle.loads(pickle.dumps(search)) == search
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        parts = pool.starmap(partial(search_file, search=search), [(source, source.parent) for source in sources])
    assert [part.progress.matches for part in parts] == [1, 1, 1]
    assert sum((part.progress for part in parts), Progress()).lines == 3
    assert len(list(merged([part.items for part in parts], tmp_path))) == 3


def test_parts_are_merged_by_time_and_the_last_of_an_id_stays(tmp_path: Path) -> None:
    first = written(tmp_path / "1.jsonl", line("a", 5), line("b", 9, "old"), line(None, 2), b'{"id":"x"}')
    second = written(tmp_path / "2.jsonl", line("b", 1, "new"), line("c", 5), line(None, 2), end=b"\r\n")
    expected = [line("b", 1, "new"), line(None, 2), line(None, 2), line("a", 5), line("c", 5), b'{"id":"x"}']
    assert list(merged([first, second], tmp_path)) == expected
    assert list(merged([], tmp_path)) == []


def test_times_are_in_order_to_the_nanosecond_and_across_offsets(tmp_path: Path) -> None:
    times = [
        "2026-03-01T10:30:00+01:00",
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00.1Z",
        "2026-03-01T10:00:00.100000001Z",
        "2026-03-01T10:00:00.100000010Z",
        "never",
    ]
    lines = [json.dumps({"id": str(n), "timestamp": each}).encode() for n, each in enumerate(times)]
    mixed = random.Random(1).sample(lines, len(lines))
    assert list(merged([written(tmp_path / "x.jsonl", *mixed)], tmp_path)) == lines


def test_a_merge_of_many_runs_is_the_same_as_in_memory(tmp_path: Path) -> None:
    chance = random.Random(7)
    parts = [
        written(
            tmp_path / f"{number}.jsonl",
            *[line(str(chance.randrange(300)), chance.randrange(900), f"{number} {n}") for n in range(300)],
        )
        for number in range(3)
    ]
    latest = {json.loads(each)["id"]: each for part in parts for each in part.read_bytes().splitlines()}
    small = list(merged(parts, tmp_path, run_bytes=1000))
    assert sorted(small) == sorted(latest.values())
    assert [json.loads(each)["timestamp"] for each in small] == sorted(json.loads(each)["timestamp"] for each in small)
    assert small == list(merged(parts, tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.jsonl", "1.jsonl", "2.jsonl"]


@pytest.mark.parametrize(
    "criteria", [Criteria(phrases=("refund",)), Criteria(contacts=parse_contacts("@example.com")), Criteria()], ids=str
)
def test_memory_is_bounded_by_a_batch_whatever_the_size_of_the_file(criteria: Criteria) -> None:
    block = b"".join(line(str(number), 1, f"refund {'x' * 400}") + b"\n" for number in range(500))

    def chunks() -> Iterator[bytes]:
        for _ in range(100):  # some 30 MB
            yield block

    search = ItemSearch(criteria=criteria)
    for _ in scan([block], search, rows=ItemRows()):
        pass  # what is loaded once is not measured
    tracemalloc.start()
    try:
        taken = [batch.progress.taken for batch in scan(chunks(), search, rows=ItemRows())]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken[-1] == (0 if criteria.contacts else 50_000)
    assert peak < 2_000_000


def test_one_long_line_takes_a_few_times_its_length() -> None:
    long = line("1", 1, "y " * 5_000_000 + "refund")
    search = ItemSearch(criteria=Criteria(phrases=("refund",)))
    tracemalloc.start()
    try:
        chunks = (long[place : place + 65_536] for place in range(0, len(long), 65_536))
        found = [number for batch in scan(chunks, search) for number in batch.numbers]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == [1]
    assert peak < 12 * len(long)
