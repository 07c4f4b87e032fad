"""Events arrive line by line: whatever breaks on the way, each is kept once and in its order."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from gladly_tools.api import Client
from gladly_tools.api.arrival import LONGEST_LINE
from gladly_tools.api.events import PATH
from gladly_tools.clock import read_moment
from gladly_tools.errors import AnswerLost, Cancelled, RequestRefused, UnexpectedAnswer
from tests.api.conftest import Patience
from tests.api.wire import Wire, answer, in_chunks

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def at(seconds: float) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def line(number: int, *, seconds: float | None = None) -> bytes:
    event = {
        "id": f"e{number}",
        "type": "CONTACT/STARTED",
        "timestamp": at(number if seconds is None else seconds),
        "initiator": {"id": "x", "type": "SYSTEM"},
        "content": {"number": number, "text": "é\u2028"},
    }
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


def asked(client: Client, *, hours: float = 1, **more: Any) -> Any:
    return client.events.list(["CONTACT", "TASK"], NOON, NOON + timedelta(hours=hours), **more)


def numbers(events: Any) -> list[int]:
    with events:
        return [event.content["number"] for event in events]


def starts(wire: Wire) -> list[str]:
    return [httpx.URL(head.split()[1].decode()).params["startAt"] for head in wire.heard]


def test_entities_are_sent_as_a_repeated_key_and_times_with_a_z(gladly: respx.MockRouter, client: Client) -> None:
    route = gladly.get(PATH).respond(content=line(1) + line(2), content_type="application/x-jsonlines")
    events = asked(client)
    query = route.calls.last.request.url.params
    assert query.multi_items() == [
        ("startAt", "2026-03-20T12:00:00.000Z"),
        ("endAt", "2026-03-20T13:00:00.000Z"),
        ("entities", "CONTACT"),
        ("entities", "TASK"),
    ]
    assert numbers(events) == [1, 2]


def test_it_is_told_now_and_then_how_many_events_arrived_and_up_to_when(
    gladly: respx.MockRouter, client: Client
) -> None:
    told: list[tuple[int, datetime | None]] = []
    gladly.get(PATH).respond(content=b"".join(line(number) for number in range(1, 1200)))
    asked(client, arrived=lambda count, last: told.append((count, last))).close()
    assert told == [(count, NOON + timedelta(seconds=count)) for count in (500, 1000)]


def test_an_event_keeps_the_text_it_came_as(gladly: respx.MockRouter, client: Client) -> None:
    sent = b'{ "id": "a", "odd":  1.10, "content": {"z": 1, "a": [2]} }\r\n'
    gladly.get(PATH).respond(content=sent)
    with asked(client) as events:
        (event,) = events
    assert event.text == sent.decode().strip()
    assert (event.id, event.type, event.at) == ("a", "", None)


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n\n"])
def test_no_events_are_an_empty_body(gladly: respx.MockRouter, client: Client, body: bytes) -> None:
    gladly.get(PATH).respond(content=body)
    with asked(client) as events:
        assert list(events) == []
        assert (events.count, events.unreadable) == (0, 0)


def test_a_whole_line_that_is_no_event_is_counted_and_the_rest_goes_on(
    gladly: respx.MockRouter, client: Client
) -> None:
    gladly.get(PATH).respond(content=line(1) + b"oops\n" + b'["a"]\n' + b'{"id":NaN}\n' + b"\xff\xfe\n" + line(2))
    with asked(client) as events:
        assert [event.content["number"] for event in events] == [1, 2]
        assert events.unreadable == 4


def test_a_last_line_without_a_line_end_is_an_event_when_it_is_whole(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PATH).respond(content=line(1) + line(2).rstrip())
    assert numbers(asked(client)) == [1, 2]


def test_events_without_an_id_all_stay(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PATH).respond(content=b'{"content":{"number":1}}\n{"content":{"number":1}}\n')
    assert numbers(asked(client)) == [1, 1]


def cut_stream(pieces: Sequence[tuple[int, int]], count: int) -> list[bytes]:
    """Answers that begin at a line and break off within another one; then one that is whole."""
    every = [line(number) for number in range(count)]
    answers = [
        answer(in_chunks(b"".join(every[first:last]), every[last][:-9]), "Transfer-Encoding: chunked")
        for first, last in pieces
    ]
    whole = b"".join(every[pieces[-1][1] - 1 :])
    return [*answers, answer(whole, f"Content-Length: {len(whole)}")]


@pytest.mark.parametrize(
    "pieces",
    [
        [(0, 5)],
        [(0, 5), (4, 6), (5, 19)],  # each begins with what is here already
        [(0, 1), (0, 2), (1, 3)],
    ],
)
def test_a_stream_cut_several_times_equals_an_uncut_one(
    make_client: Callable[..., Client], pieces: Sequence[tuple[int, int]]
) -> None:
    with Wire(cut_stream(pieces, 20)) as wire:
        client = make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))
        assert numbers(asked(client)) == list(range(20))
        since = starts(wire)
    assert since[0] == at(0)
    # Whether the start of a window belongs to it is unknown, so it is set a moment before the last whole event.
    assert since[1:] == [max(at(0), at(last - 1 - 0.001)) for _, last in pieces]


def test_events_of_the_same_moment_as_the_last_whole_one_are_not_lost(make_client: Callable[..., Client]) -> None:
    same = [line(number, seconds=7) for number in range(4)]
    first = answer(in_chunks(same[0], same[1], same[2][:20]), "Transfer-Encoding: chunked")
    rest = b"".join(same)
    with Wire([first, answer(rest, f"Content-Length: {len(rest)}")]) as wire:
        client = make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))
        assert numbers(asked(client)) == [0, 1, 2, 3]


def test_a_stream_that_always_breaks_at_the_same_place_is_given_up_in_the_end(
    make_client: Callable[..., Client], patience: Patience
) -> None:
    with Wire([answer(in_chunks(line(1), line(2)[:9]), "Transfer-Encoding: chunked")] * 9) as wire:
        client = make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))
        with pytest.raises(AnswerLost):
            asked(client)
        assert 2 < len(wire.heard) < 9
    assert patience.waits


def test_a_stream_may_take_longer_than_an_answer_may(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    class Slow(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            for number in range(5):
                patience.now += 100
                yield line(number)

    gladly.get(PATH).mock(return_value=httpx.Response(200, stream=Slow()))
    assert numbers(asked(make_client(request_timeout_seconds=30))) == [0, 1, 2, 3, 4]


def test_a_stop_is_seen_in_the_middle_of_a_stream(gladly: respx.MockRouter, client: Client, patience: Patience) -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            number = 0
            while True:
                number += 1
                patience.stopped = number > 3
                yield line(number)

    gladly.get(PATH).mock(return_value=httpx.Response(200, stream=Endless()))
    with pytest.raises(Cancelled):
        asked(client)


def test_a_line_without_an_end_does_not_fill_the_memory(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PATH).respond(content=b"x" * (LONGEST_LINE + 1))
    with pytest.raises(UnexpectedAnswer):
        asked(client)


def refusal(attr: str) -> httpx.Response:
    return httpx.Response(400, json={"errors": [{"attr": attr, "code": "invalid", "detail": "no"}]})


def test_a_start_that_gladly_calls_too_old_is_moved_up_until_it_is_taken(
    gladly: respx.MockRouter, client: Client
) -> None:
    route = gladly.get(PATH)
    route.mock(side_effect=[refusal("startAt"), refusal("startAt"), httpx.Response(200, content=line(1))])
    client.events._now = lambda: NOON + timedelta(hours=24)
    with asked(client) as events:
        assert events.count == 1
        assert events.gone == (NOON, NOON + timedelta(minutes=2))
    assert route.calls.last.request.url.params["startAt"] == at(120)


def test_a_window_that_is_gone_altogether_has_no_events(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PATH).mock(return_value=refusal("startAt"))
    client.events._now = lambda: NOON + timedelta(hours=25)
    with asked(client, hours=0.05) as events:
        assert (events.count, events.gone) == (0, (NOON, NOON + timedelta(minutes=3)))


@pytest.mark.parametrize(("attr", "age"), [("startAt", 12), ("entities", 24), ("endAt", 24)])
def test_any_other_refusal_is_passed_on_with_its_field(
    gladly: respx.MockRouter, client: Client, attr: str, age: int
) -> None:
    gladly.get(PATH).mock(return_value=refusal(attr))
    client.events._now = lambda: NOON + timedelta(hours=age)
    with pytest.raises(RequestRefused) as refused:
        asked(client)
    assert refused.value.attr == attr


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-20T12:00:00Z", NOON),
        ("2026-03-20T12:00:00.07Z", NOON + timedelta(milliseconds=70)),
        ("2026-03-20T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2026-03-20T07:00:00.000-05:00", NOON),
        ("2026-03-20T12:00:00", NOON),
        ("yesterday", None),
        (None, None),
        (17, None),
    ],
)
def test_times_are_read_with_any_number_of_digits(text: object, moment: datetime | None) -> None:
    assert read_moment(text) == moment
