"""Answers that never end, in size, in depth or in time: each is given up with words and little memory."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from gladly_tools.api import Client, arrival
from gladly_tools.api.arrival import LARGEST_BODY, LEAST_BYTES
from gladly_tools.api.transport import LULL
from gladly_tools.errors import AnswerLost, UnexpectedAnswer
from tests.api.conftest import Patience

PATH = "/api/v1/topics"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Body(httpx.SyncByteStream):
    """A body made while it is read."""

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[bytes]:
        return self._make()


def packed(encoding: str, make: Callable[[], Iterator[bytes]]) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(200, headers={"Content-Encoding": encoding}, stream=Body(make))


def bomb() -> Iterator[bytes]:
    """Gigabytes of spaces, in a few packed megabytes."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    spaces = bytes(2**20)
    while True:
        yield pack.compress(spaces) + pack.flush(zlib.Z_FULL_FLUSH)


def test_only_what_can_be_unpacked_in_pieces_is_asked_for(gladly: respx.MockRouter, client: Client) -> None:
    route = gladly.get(PATH).respond(json=[])
    client.topics.list()
    assert route.calls.last.request.headers["accept-encoding"] == "gzip"


def test_a_packed_answer_is_unpacked_also_in_several_members(gladly: respx.MockRouter, client: Client) -> None:
    whole = json.dumps([{"id": str(number), "name": "n"} for number in range(50_000)]).encode()
    members = gzip.compress(whole[:9]) + gzip.compress(b"") + gzip.compress(whole[9:])
    pieces = [members[start : start + 7_000] for start in range(0, len(members), 7_000)]
    gladly.get(PATH).mock(side_effect=packed("gzip", lambda: iter(pieces)))
    assert len(client.topics.list()) == 50_000


def assert_refused_in_little_memory(client: Client) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UnexpectedAnswer, match="larger"):
            client.topics.list()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2 * LARGEST_BODY


def test_a_packed_bomb_is_refused_before_it_fills_the_memory(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PATH).mock(side_effect=packed("gzip", bomb))
    assert_refused_in_little_memory(client)


def test_one_packed_piece_that_stands_for_gigabytes_is_never_unpacked_whole(
    gladly: respx.MockRouter, client: Client
) -> None:
    piece = b"".join(chunk for chunk, _ in zip(bomb(), range(100), strict=False))
    assert len(piece) < 2**20
    gladly.get(PATH).mock(side_effect=packed("gzip", lambda: iter([piece])))
    assert_refused_in_little_memory(client)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip, gzip, gzip", "deflate", "br", "zstd", "identity, gzip", "x"])
def test_a_packing_that_was_not_asked_for_is_refused(gladly: respx.MockRouter, client: Client, encoding: str) -> None:
    route = gladly.get(PATH).mock(side_effect=packed(encoding, bomb))
    with pytest.raises(UnexpectedAnswer, match="packed"):
        client.topics.list()
    assert route.call_count == 1


def test_a_packed_answer_that_breaks_off_is_asked_for_again(gladly: respx.MockRouter, client: Client) -> None:
    whole = gzip.compress(b"[]")
    answers = iter([[whole[:-4]], [whole]])
    gladly.get(PATH).mock(side_effect=lambda request: packed("gzip", lambda: iter(next(answers)))(request))
    assert client.topics.list() == []


def test_a_packed_body_that_trickles_without_ever_saying_anything_is_given_up(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    """The name of a packed file may be of any length, and stands before everything else."""

    def body() -> Iterator[bytes]:
        yield b"\x1f\x8b\x08\x08" + bytes(6)
        while True:
            patience.now += 1
            yield b"n"

    gladly.get(PATH).mock(side_effect=packed("gzip", body))
    with pytest.raises(AnswerLost, match="in time"):
        make_client(request_timeout_seconds=5.0).topics.list()


def test_a_stream_that_brings_just_enough_each_time_goes_on(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(4):
            patience.now += LULL * 5.0
            yield b" " * LEAST_BYTES

    gladly.get("/api/v1/events").mock(side_effect=lambda request: httpx.Response(200, stream=Body(body)))
    client = make_client(request_timeout_seconds=5.0)
    assert client.events.list(["AGENT"], NOON, NOON + timedelta(hours=1)).count == 0


def test_a_stream_that_trickles_is_given_up_however_lively_it_looks(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    begun: list[float] = []

    def body() -> Iterator[bytes]:
        begun.append(patience.now)
        while True:
            patience.now += 1
            yield b" "

    gladly.get("/api/v1/events").mock(side_effect=lambda request: httpx.Response(200, stream=Body(body)))
    with pytest.raises(AnswerLost, match="in time"):
        make_client(request_timeout_seconds=5.0).events.list(["AGENT"], NOON, NOON + timedelta(hours=1))
    assert patience.now - begun[-1] <= LULL * 5.0 + 2


def test_a_stream_of_unlimited_size_is_given_up(
    gladly: respx.MockRouter, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival.Arrival.chunks, "__kwdefaults__", {"most": 1_000_000})

    def body() -> Iterator[bytes]:
        number = 0
        while True:
            number += 1
            yield b'{"id":"%d","type":"AGENT_STATUS/ONLINE","timestamp":"2026-03-04T12:00:00Z"}\n' % number

    gladly.get("/api/v1/events").mock(side_effect=lambda request: httpx.Response(200, stream=Body(body)))
    with pytest.raises(UnexpectedAnswer, match="larger"):
        client.events.list(["AGENT_STATUS"], NOON, NOON + timedelta(hours=1))


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":['])
@pytest.mark.parametrize("depth", [1_000, 100_000, 5_000_000])
def test_an_answer_of_unlimited_depth_is_refused(
    gladly: respx.MockRouter, client: Client, opening: str, depth: int
) -> None:
    gladly.get(PATH).respond(content=(opening * depth).encode())
    with pytest.raises(UnexpectedAnswer, match="no JSON"):
        client.topics.list()


@pytest.mark.parametrize("depth", [100, 300, 500, 700, 800, 900, 950, 980, 990, 5_000])
def test_an_item_of_any_depth_is_kept_whole_or_the_answer_is_refused(
    gladly: respx.MockRouter, client: Client, depth: int
) -> None:
    item: Any = f'{{"id":"i","content":{nested(depth)}}}'
    gladly.get("/api/v1/conversations/c/items").respond(content=f"[{item}]".encode())
    try:
        found = client.conversations.items("c")
    except UnexpectedAnswer:
        assert depth > 900  # far deeper than any item is
    else:
        assert "".join(json.dumps(found.found[0]).split()) == item
