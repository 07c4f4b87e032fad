"""The search against a reference that is slow and obvious, on files that are as nasty as they come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gladly_tools.search import Criteria, ItemSearch, Unreadable, parse_contacts, scan
from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.customers import matching_customer
from gladly_tools.search.lines import ends_of
from gladly_tools.search.matching import Matcher
from gladly_tools.search.topics import matching_topics
from tests.search import reference
from tests.search.strategies import SENDERS, TEXTS, files, item_lines

CUSTOMERS: list[dict[str, Any]] = [
    {"id": "c1", "emailAddresses": ["Ann@Example.com"], "phoneNumbers": []},
    {"id": "c2", "emailAddresses": [], "phoneNumbers": ["+16505550100"]},
    {"id": "c3", "emailAddresses": ["x@sub.example.com", "y@other.test"], "phoneNumbers": []},
    {"id": "-c4", "emailAddresses": [], "phoneNumbers": []},
]
TOPICS: list[dict[str, Any]] = [
    {"id": "t1", "name": "Refund"},
    {"id": "t2", "name": "Late", "parentId": "t1"},
    {"id": "t3", "name": "Größe", "parentId": "t3"},
]
CRITERIA = [
    Criteria(),
    Criteria(phrases=("größe",)),
    Criteria(phrases=("refund",)),
    Criteria(phrases=("partial refund", "возврат")),
    Criteria(phrases=("fund", "日本")),
    Criteria(phrases=("k",)),
    Criteria(phrases=("rest", "refit")),
    Criteria(phrases=('"',)),
    Criteria(phrases=("status",)),
    Criteria(phrases=("ann@example.com",)),
    Criteria(contacts=parse_contacts("@example.com")),
    Criteria(contacts=parse_contacts("ann@example.com, +16505550100")),
    Criteria(contacts=parse_contacts("@*.example.com")),
    Criteria(contacts=parse_contacts("@example.com"), phrases=("refund",)),
    Criteria(types=frozenset({"SMS", "EMAIL"})),
    Criteria(types=frozenset({"NEW"}), phrases=("refund",)),
    Criteria(agents=frozenset({"c1", "_c5"})),
    Criteria(start=datetime(2026, 3, 1, 10, tzinfo=UTC)),
    Criteria(end=datetime(2026, 3, 1, 10, tzinfo=UTC), phrases=("refund",)),
    Criteria(
        start=datetime(2026, 3, 1, 10, tzinfo=UTC), end=datetime(2026, 3, 2, tzinfo=UTC), agents=frozenset({"c2"})
    ),
]

ENDS = [b"\n", b"\r\n"]


def prepared(criteria: Criteria, **more: Any) -> ItemSearch:
    test = ContactTest(criteria.contacts)
    found = {matching_customer(json.dumps(each).encode(), test) for each in CUSTOMERS}
    return ItemSearch(
        criteria=criteria,
        customers=frozenset(each for each in found if each is not None),
        topics=matching_topics(TOPICS, criteria.phrases),
        **more,
    )


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The data in chunks of these sizes, again and again; without sizes in one."""
    place = turn = 0
    while sizes and place < len(data):
        size = sizes[turn % len(sizes)]
        yield data[place : place + size]
        place, turn = place + size, turn + 1
    if not sizes:
        yield data


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    data=files(),
    criteria=st.sampled_from(CRITERIA),
    sizes=st.lists(st.integers(1, 40), max_size=3),
)
@example(data=b'{"content":{"body":"\\u0052e<b>fund</b>"}}', criteria=CRITERIA[2], sizes=[1])
def test_the_search_finds_what_the_reference_finds(data: bytes, criteria: Criteria, sizes: list[int]) -> None:
    matched: list[tuple[int, bytes]] = []
    failed: list[tuple[int, bytes]] = []
    for number, line in reference.lines_of(data):
        item = reference.parse(line)
        if item is None:
            failed.append((number, line))
        elif reference.matches(item, criteria, CUSTOMERS, TOPICS):
            matched.append((number, line))
    batches = list(scan(cut(data, sizes), prepared(criteria)))
    found = [
        (number, line.removesuffix(b"\n").removesuffix(b"\r"))
        for batch in batches
        for number, line in zip(batch.numbers, batch.lines, strict=True)
    ]
    assert found == matched
    assert [(each.number, each.line) for batch in batches for each in batch.unreadable] == failed
    if batches:
        progress = batches[-1].progress
        assert (progress.matches, progress.taken, progress.unreadable) == (len(matched), len(matched), len(failed))
        assert progress.bytes >= len(data) - 3


def one_batch(data: bytes, criteria: Criteria, **more: Any) -> list[int]:
    return [number for batch in scan([data], prepared(criteria, **more)) for number in batch.numbers]


def note(text: str, **more: Any) -> bytes:
    return json.dumps({"id": "i", "content": {"type": "CONVERSATION_NOTE", "body": text}, **more}).encode() + b"\n"


def test_a_whole_conversation_is_taken_and_a_match_can_be_told_from_the_rest() -> None:
    data = (
        note("refund", conversationId="a")
        + note("x", conversationId="a")
        + note("x", conversationId="b")
        + note("refund")
        + note("x", conversationId=["a"])
    )
    search = prepared(Criteria(phrases=("refund",)), conversations=frozenset({"a"}))
    (batch,) = scan([data], search)
    assert batch.numbers == [1, 2, 4]
    assert batch.is_match == [True, False, True]
    assert (batch.progress.matches, batch.progress.taken) == (2, 3)


def test_unreadable_lines_keep_their_number_their_bytes_and_a_reason() -> None:
    (batch,) = scan([b'{"a":1}\r\n\r\n{"b": \xff}\r\n[1]\n{"c":'], prepared(Criteria()))
    assert batch.unreadable == [
        Unreadable(number=3, line=b'{"b": \xff}', why="not UTF-8"),
        Unreadable(number=4, line=b"[1]", why="not a JSON object"),
        Unreadable(number=5, line=b'{"c":', why=batch.unreadable[2].why),
    ]
    assert batch.unreadable[2].why.startswith("not JSON")
    assert batch.progress.blank == 1
    assert batch.progress.lines == 5


def test_items_whose_time_cannot_be_read_are_in_no_range_and_counted_once() -> None:
    data = (
        note("a", timestamp="soon")
        + note("a")
        + note("a", timestamp=5, more=10**30)
        + note("a", timestamp="2026-03-01T00:00:00Z")
    )
    criteria = Criteria(start=datetime(2026, 1, 1, tzinfo=UTC))
    (batch,) = scan([data], prepared(criteria))
    assert batch.numbers == [4]
    assert batch.progress.untimed == 3


def test_every_way_to_cut_a_file_into_chunks_gives_the_same() -> None:
    data = "".join(f'{{"content":{{"body":"refund é {number}"}}}}\r\n' for number in range(4)).encode()
    whole = one_batch(data, Criteria(phrases=("refund é 3",)))
    assert whole == [4]
    for place in range(len(data)):
        found = [
            n
            for batch in scan([data[:place], b"", data[place:]], prepared(Criteria(phrases=("refund é 3",))))
            for n in batch.numbers
        ]
        assert found == whole


@pytest.mark.parametrize("criteria", CRITERIA, ids=[str(number) for number in range(len(CRITERIA))])
def test_an_empty_file_has_no_matches(criteria: Criteria) -> None:
    assert one_batch(b"", criteria) == []
    assert one_batch(b"\xef\xbb\xbf", criteria) == []


def test_the_scan_goes_on_batch_by_batch_so_that_it_can_be_given_up() -> None:
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield note("x" * 1000) * 64

    batches = scan(chunks(), prepared(Criteria(phrases=("refund",))))
    next(batches)
    assert taken <= 4


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    lines=st.lists(item_lines(), min_size=1, max_size=8), criteria=st.sampled_from(CRITERIA), end=st.sampled_from(ENDS)
)
def test_lines_taken_at_once_are_those_taken_one_by_one(lines: list[bytes], criteria: Criteria, end: bytes) -> None:
    readable = [line + end for line in lines if reference.parse(line) is not None]
    piece = b"".join(readable)
    search = prepared(criteria, conversations=frozenset({"c1"}))
    matcher = Matcher(search)
    one_by_one = [
        (place, matcher.matches(line))
        for place, line in enumerate(readable)
        if matcher.matches(line) or matcher.is_in_conversation(line)
    ]
    taken = Matcher(search).taken_of(piece, ends_of(piece))
    assert taken is None or list(zip(*taken, strict=True)) == one_by_one


@pytest.mark.parametrize("end", ENDS)
def test_usual_lines_are_taken_at_once(end: bytes) -> None:
    piece = b"".join(note(f"refund é {number}").removesuffix(b"\n") + end for number in range(3))
    for criteria in CRITERIA:
        assert Matcher(prepared(criteria)).taken_of(piece, ends_of(piece)) is not None


@pytest.mark.parametrize(
    "piece",
    [
        b'{"a":\n{}} {}\n',
        b'{"a":[{}\n{}]} {}\n',
        b'{"a":[{}\n,{}]}\n{}{}\n',
        b"{}{}\n{\n}\n",
        b"{\n}{}\n",
        b"{}\n\n{}\n",
        b"{}\n{}",
        b"{}\r\n{}\n{}\r\n",
        b"{} \n{}\n",
        b"\n{}\n",
        b"\r\n",
        b"}\n",
        b"{\r\n",
        b'{"a":"\xff"}\n',
        b'{"a":"\xed\xa0\xbd"}\n',
        b'{"a":"\x01"}\n{}\n',
    ],
)
def test_lines_that_hide_how_many_records_they_are_are_read_one_by_one(piece: bytes) -> None:
    assert Matcher(prepared(Criteria())).taken_of(piece, ends_of(piece)) is None
    found = [number for batch in scan([piece], prepared(Criteria())) for number in batch.numbers]
    assert found == [number for number, line in reference.lines_of(piece) if reference.parse(line) is not None]


@given(
    texts=st.lists(SENDERS | TEXTS, max_size=5),
    contacts=st.sampled_from(
        ["@example.com", "ann@example.com, +16505550100", "@*.example.com", "@größe.example", "+16505550100"]
    ),
)
def test_a_look_at_many_senders_never_misses_one(texts: list[str], contacts: str) -> None:
    test = ContactTest(parse_contacts(contacts))
    assert {place for place, text in enumerate(texts) if test.holds(text)} <= set(test.suspects(texts))
