"""Files to parts of a result: across processes, several files as one, in bounded memory."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import pickle
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gladly_tools.errors import Cancelled
from gladly_tools.items import ITEM_COLUMNS
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.writer import SlicePlace
from gladly_tools.search import (
    MATCH,
    ORIGINAL,
    Criteria,
    IdFile,
    ItemSearch,
    NamesById,
    Progress,
    Take,
    Task,
    parse_contacts,
    prepare,
    read_ids,
    scan,
    search_chunks,
    search_file,
    select_customers,
)
from gladly_tools.search import ids as ids_module
from gladly_tools.search.ids import ManyIds

NAMES = (Column(name="Customer"), Column(name="Initiator"), Column(name="Responder"))
COLUMNS = (*ITEM_COLUMNS, MATCH, *NAMES, Column(name="Topics added", kind=Kind.LIST), ORIGINAL)


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


def task(folder: Path, name: str = "part", **more: Any) -> Task:
    return Task(
        rows=SlicePlace(target=folder / f"{name}.parquet", columns=COLUMNS, index=0, key=name),
        unreadable=folder / f"{name}.txt",
        customers=folder / f"{name}-customers",
        conversations=folder / f"{name}-conversations",
        label="items.jsonl",
        **more,
    )


def cells(part: Task, name: str) -> list[Any]:
    place = [column.name for column in COLUMNS].index(name)
    return pq.read_table(part.rows.target, columns=[f"c{place}"]).column(0).to_pylist()


def test_a_part_holds_the_items_as_they_came_and_what_they_lead_to(tmp_path: Path) -> None:
    found, other = line("1", 1, "refund", conversation="a"), line("2", 2, "x", conversation="a", customer="v")
    source = written(tmp_path / "items.jsonl", found, b"{broken", other, line("3", 3, "x"), end=b"\r\n")
    search = prepare(Criteria(phrases=("refund",), whole_conversation=True))
    first = task(tmp_path, names=NamesById(customers={"u": "Ann"}))
    part = search_file(source, first, search)
    assert part.written.rows == part.progress.matches == 1
    assert cells(first, "original") == [found.decode()]
    assert (cells(first, "content.body"), cells(first, "Customer")) == (["refund"], ["Ann"])
    assert first.unreadable.read_bytes().startswith(b"items.jsonl, line 2, not JSON")
    assert first.unreadable.read_bytes().endswith(b": {broken\n")
    assert first.conversations is not None
    assert (read_ids([first.customers]), read_ids([first.conversations])) == ({"u"}, {"a"})
    second = task(tmp_path, "whole", take=Take.WITHIN)
    whole = search_file(source, second, replace(search, conversations=read_ids([first.conversations])))
    assert cells(second, "original") == [found.decode(), other.decode()]
    assert cells(second, "Match") == [True, False]
    assert (whole.progress.matches, whole.progress.taken) == (1, 2)
    assert read_ids([second.customers]) == {"u", "v"}


def test_two_passes_for_whole_conversations_take_each_item_once(tmp_path: Path) -> None:
    lines = [
        line("1", 1, "refund", conversation="a"),
        line("2", 1, "refund", conversation=""),
        b'{"id":"3","content":{"body":"refund"}}',
        line("4", 1, conversation=""),
        line("5", 1, conversation="a"),
        line("6", 1, conversation="b"),
    ]
    search = prepare(Criteria(phrases=("refund",), whole_conversation=True))
    outside, within = task(tmp_path, "outside", take=Take.OUTSIDE), task(tmp_path, "within", take=Take.WITHIN)
    data = b"\n".join(lines)
    search_chunks([data], outside, search)
    assert outside.conversations is not None
    search_chunks([data], within, replace(search, conversations=read_ids([outside.conversations])))
    assert (cells(outside, "id"), cells(within, "id")) == (["2", "3"], ["1", "5"])


def test_a_compressed_file_is_searched_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "items.jsonl.gz"
    source.write_bytes(gzip.compress(line("1", 1, "refund") + b"\n" + line("2", 1)))
    part = search_file(source, task(tmp_path), prepare(Criteria(phrases=("refund",))))
    assert cells(task(tmp_path), "id") == ["1"]
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


def test_progress_is_told_and_what_the_watcher_raises_stops_the_search_without_a_part(tmp_path: Path) -> None:
    source = written(tmp_path / "items.jsonl", *[line(str(number), 1, "x" * 500) for number in range(2000)])
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        search_file(source, task(tmp_path), prepare(Criteria(phrases=("xx",))), watch=watch)
    assert len(seen) == 3
    assert 0 < seen[0].bytes < seen[1].bytes < seen[2].bytes < source.stat().st_size
    assert seen[2].lines == seen[2].matches
    assert not list(tmp_path.glob("*.parquet*"))


def test_a_search_is_a_map_over_files_in_other_processes(tmp_path: Path) -> None:
    sources = [
        written(tmp_path / f"{number}" / "items.jsonl", line(str(number), number, "refund")) for number in range(3)
    ]
    tasks = [task(tmp_path, str(number), names=NamesById(customers={"u": "Ann"})) for number in range(3)]
    search = replace(prepare(Criteria(phrases=("refund",))), customers=frozenset({"u"}))
    assert pickle.loads(pickle.dumps(search)) == search
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        parts = pool.starmap(partial(search_file, search=search), zip(sources, tasks, strict=True))
    assert [part.progress.matches for part in parts] == [part.written.rows for part in parts] == [1, 1, 1]
    assert sum((part.progress for part in parts), Progress()).lines == 3
    assert [cells(each, "id") for each in tasks] == [["0"], ["1"], ["2"]]


ODD_IDS = ["", "é", "a\0", "a\0\0", "\ud83d", "x" * 41, "x" * 1000, "a\nb", '"']


@pytest.mark.parametrize("few", [3, 100_000])
def test_ids_come_back_from_their_file_whatever_they_are_and_however_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(ids_module, "_FEW", few)
    first, second = tmp_path / "1.ids", tmp_path / "2.ids"
    there = [*ODD_IDS, *(f"id{number}" for number in range(0, 40, 2)), "x" * 40]
    with IdFile(first) as file:
        file.add([*there[::2], None, 5, ["list"]])
        file.add(there[::2])
    with IdFile(second) as file:
        file.add(there[1::2])
        file.add(there)
    found = pickle.loads(pickle.dumps(read_ids([first, second])))
    assert isinstance(found, ManyIds) is (few == 3)
    assert all(key in found for key in there)
    others = ["a", "id1", "id", "id22222", "x" * 39, "x" * 42, "e", "z", "\0", None]
    assert not [key for key in others if key in found]
    assert len(found) == len(there)


@pytest.mark.parametrize(
    "criteria", [Criteria(phrases=("refund",)), Criteria(contacts=parse_contacts("@example.com")), Criteria()], ids=str
)
def test_memory_is_bounded_by_a_batch_whatever_the_size_of_the_file(criteria: Criteria) -> None:
    block = b"".join(line(str(number), 1, f"refund {'x' * 400}") + b"\n" for number in range(500))

    def chunks() -> Iterator[bytes]:
        for _ in range(100):  # some 30 MB
            yield block

    search = ItemSearch(criteria=criteria)
    for _ in scan([block], search):
        pass  # what is loaded once is not measured
    tracemalloc.start()
    try:
        taken = [batch.progress.taken for batch in scan(chunks(), search)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken[-1] == (0 if criteria.contacts else 50_000)
    assert peak < 3_000_000


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
