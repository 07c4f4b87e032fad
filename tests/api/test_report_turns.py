"""Reports have a budget of their own: one at a time, so many a minute, whatever becomes of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest
import respx

from gladly_tools.api import Client, Report
from gladly_tools.errors import (
    AnswerLost,
    Cancelled,
    GladlyToolsError,
    RateLimitError,
    RequestRefused,
    ServerError,
    UnexpectedAnswer,
)
from tests.api.conftest import Patience

PATH = "/api/v1/reports"
CSV = b"A,B\r\n1,2\r\n"
DAY = date(2026, 3, 2)


def fetch(client: Client) -> Report:
    return client.reports.fetch("ConversationExportReport", DAY, DAY, "UTC")


def test_the_limit_of_reports_is_waited_for_and_told(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    moments: list[float] = []

    def answered(request: httpx.Request) -> httpx.Response:
        moments.append(patience.now)
        return httpx.Response(200, content=CSV)

    gladly.post(PATH).mock(side_effect=answered)
    client = make_client(reports_per_minute=2)
    for _ in range(5):
        fetch(client).close()
    assert moments[1] - moments[0] < 2
    assert all(later - earlier > 60 for earlier, later in zip(moments, moments[2:], strict=False))
    assert set(patience.reasons) == {"Waiting for the limit of reports: one at a time, 2 a minute"}


def test_a_second_report_is_not_asked_for_before_the_first_has_come(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    bodies: list[str] = []
    second_is_here, first_is_over = threading.Event(), threading.Event()
    wait = patience.wait

    def noted_wait(seconds: float, reason: str) -> None:
        if "limit of reports" in reason and not first_is_over.is_set():
            second_is_here.set()
            first_is_over.wait(5)
        wait(seconds, reason)

    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            bodies.append("begins")
            if len(bodies) > 1:
                second_is_here.set()
            second_is_here.wait(5)
            yield CSV
            bodies.append("ends")
            first_is_over.set()

    patience.wait = noted_wait  # type: ignore[method-assign]  # to let the second come while the first is on its way
    gladly.post(PATH).mock(side_effect=lambda request: httpx.Response(200, stream=Body()))
    client = make_client(requests_in_flight=2)
    for report in client.each(lambda _: fetch(client), range(2)):
        report.close()
    assert bodies == ["begins", "ends", "begins", "ends"]


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (httpx.Response(400), RequestRefused),
        (httpx.Response(503), ServerError),
        (httpx.Response(429), RateLimitError),
        (httpx.ReadError("reset"), AnswerLost),
        (httpx.Response(200, content=b"A\n\xff\n"), UnexpectedAnswer),
        (httpx.Response(200, html="<html>"), UnexpectedAnswer),
    ],
)
def test_a_report_that_fails_gives_its_place_back(
    gladly: respx.MockRouter,
    make_client: Callable[..., Client],
    outcome: httpx.Response | Exception,
    error: type[GladlyToolsError],
) -> None:
    client = make_client(reports_per_minute=100)
    outcomes: list[httpx.Response | Exception] = [outcome]

    def answered(request: httpx.Request) -> httpx.Response:
        now = outcomes[-1]
        if isinstance(now, Exception):
            raise now
        return now

    gladly.post(PATH).mock(side_effect=answered)
    with pytest.raises(error):
        fetch(client)
    outcomes.append(httpx.Response(200, content=CSV))
    fetch(client).close()


def test_a_report_that_no_thread_can_be_had_for_still_comes(
    gladly: respx.MockRouter, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    route = gladly.post(PATH).respond(content=CSV)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    for _ in range(2):
        fetch(client).close()
    assert route.call_count == 2


def test_stopping_ends_the_wait_for_the_report_limit(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    client = make_client(reports_per_minute=1)
    route = gladly.post(PATH).respond(content=CSV)
    fetch(client).close()
    wait = patience.wait

    def stop_soon(seconds: float, reason: str) -> None:
        wait(seconds, reason)
        patience.stopped = len(patience.waits) == 3

    patience.wait = stop_soon  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        fetch(client)
    assert route.call_count == 1
    patience.stopped, patience.wait = False, wait  # type: ignore[method-assign]
    fetch(client).close()


def test_a_report_that_comes_when_nobody_waits_for_it_any_more_is_closed(
    gladly: respx.MockRouter, client: Client, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answering, closed = threading.Event(), threading.Event(), threading.Event()
    here = threading.current_thread()

    def check() -> None:
        if asked.is_set() and threading.current_thread() is here:
            raise KeyboardInterrupt

    def answered(request: httpx.Request) -> httpx.Response:
        asked.set()
        answering.wait(5)
        return httpx.Response(200, content=CSV)

    gladly.post(PATH).mock(side_effect=answered)
    patience.check = check  # type: ignore[method-assign]  # whoever waits goes away; the report does not know
    monkeypatch.setattr(Report, "close", lambda report: closed.set())
    with pytest.raises(KeyboardInterrupt):
        fetch(client)
    assert not closed.is_set()
    answering.set()
    assert closed.wait(5)


def test_what_a_report_answers_does_not_change_the_pace_of_other_requests(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    headers = {"Ratelimit-Limit-Second": "1", "Ratelimit-Remaining-Second": "0", "Retry-After": "20"}
    gladly.post(PATH).respond(429, headers=headers)
    pacer = client._transport._pacing.requests
    before = pacer.rate
    with pytest.raises(RateLimitError):
        fetch(client)
    patience.now += 1
    assert pacer.rate >= before
    with pacer.turn() as ask:
        assert ask() == 0


def test_a_429_of_another_request_does_change_the_pace(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    gladly.get("/api/v1/topics").mock(
        side_effect=[httpx.Response(200, json=[]), httpx.Response(429), httpx.Response(200, json=[])]
    )
    client.topics.list()
    before = client._transport._pacing.requests.rate
    client.topics.list()
    assert client._transport._pacing.requests.rate < 0.9 * before


def test_a_report_may_take_the_time_its_setting_says(
    gladly: respx.MockRouter, make_client: Callable[..., Client]
) -> None:
    route = gladly.post(PATH).respond(content=CSV)
    topics = gladly.get("/api/v1/topics").respond(json=[])
    client = make_client(report_timeout_seconds=200.0, request_timeout_seconds=20.0)
    fetch(client).close()
    client.topics.list()
    assert route.calls.last.request.extensions["timeout"]["read"] == 200
    assert topics.calls.last.request.extensions["timeout"]["read"] == 20


@pytest.mark.parametrize(
    ("chosen", "everything", "asked"),
    [
        ((), ("i", "j"), [None, ["i"], ["j"]]),
        (("j", "k"), ("i", "j", "k"), [["j", "k"], ["j"], ["k"]]),
        (("j",), ("i", "j"), [["j"]]),
        ((), (), [None]),
    ],
)
def test_a_full_day_is_asked_for_by_the_inboxes_chosen_else_by_all(
    gladly: respx.MockRouter,
    make_client: Callable[..., Client],
    chosen: tuple[str, ...],
    everything: tuple[str, ...],
    asked: list[Any],
) -> None:
    sent: list[Any] = []

    def answered(request: httpx.Request) -> httpx.Response:
        inboxes = json.loads(request.content).get("filters", {}).get("inboxes")
        sent.append(inboxes)
        rows = 4 if len(sent) == 1 else 1
        return httpx.Response(200, content=b"Conversation ID\n" + b"c\n" * rows)

    gladly.post(PATH).mock(side_effect=answered)
    client = make_client(report_row_cap=4, reports_per_minute=100)
    for part in client.reports.complete("X", DAY, DAY, "UTC", chosen, lambda: everything):
        part.report.close()
    assert sent == asked
