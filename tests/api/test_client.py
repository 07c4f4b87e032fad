"""Many calls side by side: in order, a few ahead, and over when one fails or nobody wants more."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from gladly_tools.api import Client
from gladly_tools.errors import Cancelled, NotFoundError
from gladly_tools.settings import Settings
from tests.api.conftest import Patience


def request_threads() -> int:
    return sum(thread.name.startswith("request") for thread in threading.enumerate())


def test_results_come_in_the_order_of_the_arguments_however_long_each_takes(make_client: Callable[..., Client]) -> None:
    client = make_client(requests_in_flight=3)
    second_done = threading.Event()

    def call(number: int) -> int:
        if number == 0:
            assert second_done.wait(5)
        if number == 1:
            second_done.set()
        return number * 10

    assert list(client.each(call, range(20))) == [number * 10 for number in range(20)]
    assert request_threads() == 0


def test_no_more_calls_at_once_than_the_setting_says_and_as_many(make_client: Callable[..., Client]) -> None:
    client = make_client(requests_in_flight=3)
    meeting, lock = threading.Barrier(3), threading.Lock()
    running, most = [0], [0]

    def call(number: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        meeting.wait(5)
        with lock:
            running[0] -= 1
        meeting.wait(5)

    list(client.each(call, range(9)))
    assert most[0] == 3


def test_arguments_are_taken_only_a_few_ahead(make_client: Callable[..., Client]) -> None:
    client = make_client(requests_in_flight=2)
    taken: list[int] = []

    def arguments() -> Iterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    results = client.each(lambda number: number, arguments())
    assert taken == []
    assert next(results) == 0
    assert len(taken) <= 5
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert request_threads() == 0


def test_the_first_error_comes_in_its_place_and_ends_it(make_client: Callable[..., Client]) -> None:
    client = make_client(requests_in_flight=2)
    called: list[int] = []

    def call(number: int) -> int:
        called.append(number)
        if number == 3:
            raise NotFoundError("gone")
        return number

    results, found = client.each(call, range(1000)), list[int]()
    with pytest.raises(NotFoundError):
        found.extend(results)
    assert found == [0, 1, 2]
    assert len(called) < 20
    assert request_threads() == 0


def test_an_error_in_the_arguments_passes_and_leaves_no_thread(client: Client) -> None:
    def arguments() -> Iterator[int]:
        yield 1
        raise LookupError

    with pytest.raises(LookupError):
        list(client.each(lambda number: number, arguments()))
    assert request_threads() == 0


def test_closing_wakes_what_still_waits_to_be_sent(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    client = make_client(requests_in_flight=2)
    waiting, go_on = threading.Event(), threading.Event()
    wait = patience.wait

    def told_wait(seconds: float, reason: str) -> None:
        if "trying again" in reason:
            waiting.set()
            go_on.wait(5)
        wait(seconds, reason)

    patience.wait = told_wait  # type: ignore[method-assign]  # to hold the wait until it is closed
    route = gladly.get("/api/v1/answers/b").respond(503)
    gladly.get("/api/v1/answers/a").respond(json={"id": "a"})
    results = client.each(client.answers.get, ["a", "b"])
    assert next(results).id == "a"
    assert waiting.wait(5)
    threading.Timer(0.01, go_on.set).start()
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert route.call_count <= 2
    assert request_threads() == 0


def test_a_client_watched_by_another_shares_connections_and_pace(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    other = Patience()
    other.stopped = True
    watched = client.watched_by(other)
    gladly.get("/api/v1/topics").respond(json=[])
    client.topics.list()
    with pytest.raises(Cancelled):
        watched.topics.list()
    assert watched.topics._transport is client.topics._transport
    assert patience.requests == 1


def test_a_client_is_closed_at_the_end_of_its_with(make_client: Callable[..., Client]) -> None:
    with make_client() as client, respx.mock:
        pass
    with respx.mock, pytest.raises(RuntimeError, match="closed"):
        client.topics.list()


def test_nothing_a_person_sees_of_a_client_holds_the_token(client: Client) -> None:
    assert "secret" not in f"{client!r} {client.credentials!r}"
    assert isinstance(client.topics._transport._http, httpx.Client)


@pytest.mark.parametrize("is_given", [True, False])
def test_what_arrives_lies_where_the_results_do_and_not_in_the_systems_folder(
    gladly: respx.MockRouter,
    make_client: Callable[..., Client],
    patience: Patience,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_given: bool,
) -> None:
    folders: list[object] = []
    real = tempfile.TemporaryFile

    def noted(**named: Any) -> Any:
        folders.append(named["dir"])
        return real(**named)

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    gladly.get("/api/v1/events").respond(content=b"")
    gladly.post("/api/v1/reports").respond(content=b"A\n1\n", content_type="text/csv")
    made = make_client()
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    folder = tmp_path if is_given else data_dir
    client = Client(
        made.credentials,
        Settings(data_dir=data_dir),
        watch=patience,
        transport=made.topics._transport,
        temporary_dir=tmp_path if is_given else None,
    )
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    client.events.list(["AGENT_STATUS"], noon, noon + timedelta(hours=1)).close()
    client.watched_by(patience).reports.fetch("X", noon.date(), noon.date(), "UTC").close()
    assert folders == [folder, folder]
