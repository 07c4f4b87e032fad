"""Reports as they are asked for: the request, what is repeated, what is waited for, what can be stopped."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import pytest
import respx

from gladly_tools.api import Client, Report
from gladly_tools.errors import (
    AnswerLost,
    Cancelled,
    InputError,
    RateLimitError,
    RequestRefused,
    ServerError,
    UnexpectedAnswer,
)
from tests.api.conftest import Patience
from tests.told import is_told

PATH = "/api/v1/reports"
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 7)
CSV = {"Content-Type": "text/csv"}


def fetch(client: Client, *inbox_ids: str) -> Report:
    return client.reports.fetch("ConversationExportReport", FIRST, LAST, "America/New_York", inbox_ids)


@pytest.mark.parametrize(("inboxes", "filters"), [((), {}), (("i", "j"), {"filters": {"inboxes": ["i", "j"]}})])
def test_a_report_is_asked_for_by_days_and_zone(
    gladly: respx.MockRouter, client: Client, inboxes: tuple[str, ...], filters: dict[str, object]
) -> None:
    route = gladly.post(PATH).respond(headers=CSV, text="A,B\n1,2\n")
    with fetch(client, *inboxes) as report:
        assert (report.columns, list(report.rows()), report.row_count) == (("A", "B"), [["1", "2"]], 1)
    assert json.loads(route.calls.last.request.content) == {
        "metricSet": "ConversationExportReport",
        "startAt": "2026-03-01",
        "endAt": "2026-03-07",
        "timezone": "America/New_York",
        **filters,
    }


@pytest.mark.parametrize("headers", [CSV, {}, {"Content-Type": "application/octet-stream"}])
def test_an_entirely_empty_body_is_a_report_without_rows(
    gladly: respx.MockRouter, client: Client, headers: dict[str, str]
) -> None:
    gladly.post(PATH).respond(headers=headers, content=b"")
    with fetch(client) as report:
        assert (report.columns, report.row_count, list(report.rows())) == ((), 0, [])


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("application/problem+json; charset=utf-8", b"A,B\n"),
        ("text/html", b"<html>"),
        ("text/csv", b"<!doctype html>"),
        ("text/csv", b'{"errors":[]}'),
    ],
)
def test_a_200_that_is_no_csv_is_unexpected(gladly: respx.MockRouter, client: Client, kind: str, body: bytes) -> None:
    route = gladly.post(PATH).respond(headers={"Content-Type": kind}, content=body)
    with pytest.raises(UnexpectedAnswer, match="not a CSV"):
        fetch(client)
    assert route.call_count == 1


class Breaking(httpx.SyncByteStream):
    """A body that breaks off."""

    def __iter__(self) -> object:  # type: ignore[override]  # a generator that always raises
        yield b"A,B\n1,2\n"
        raise httpx.RemoteProtocolError("peer closed connection")


@pytest.mark.parametrize(
    "first",
    [
        lambda: httpx.Response(200, headers=CSV, stream=Breaking()),
        lambda: httpx.Response(200, headers=CSV | {"Content-Length": "900"}, content=b"A,B\n1,2\n"),
        lambda: httpx.Response(200, headers=CSV, content=b'A,B,C\n1,2,3\n1,"cut in a ce'),
        lambda: httpx.Response(502),
    ],
)
def test_a_report_that_breaks_off_is_asked_for_again_as_a_whole(
    gladly: respx.MockRouter, client: Client, first: Callable[[], httpx.Response]
) -> None:
    gladly.post(PATH).mock(side_effect=[first(), httpx.Response(200, headers=CSV, content=b"A,B\n1,2\n3,4\n")])
    with fetch(client) as report:
        assert list(report.rows()) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(("answer", "error"), [(504, ServerError), (httpx.ReadTimeout("slow"), AnswerLost)])
def test_a_report_that_does_not_come_is_given_up_after_two_attempts(
    gladly: respx.MockRouter, client: Client, answer: int | Exception, error: type[Exception]
) -> None:
    route = gladly.post(PATH)
    route.mock(side_effect=answer if isinstance(answer, Exception) else [httpx.Response(answer)] * 2)
    with pytest.raises(error):
        fetch(client)
    assert route.call_count == 2


def test_a_429_of_reports_is_waited_out_and_told_and_does_not_slow_other_requests(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    ok = httpx.Response(200, headers=CSV, content=b"A\n1\n")
    gladly.post(PATH).mock(side_effect=[httpx.Response(429), httpx.Response(429), ok])
    before = client.reports._transport._pacing.requests.rate
    fetch(client).close()
    assert patience.reasons[:2] == [
        "Gladly asks us to slow down; trying again in 6 s",
        "Gladly asks us to slow down; trying again in 12 s",
    ]
    assert client.reports._transport._pacing.requests.rate >= before


def test_patience_with_429s_of_reports_ends(gladly: respx.MockRouter, client: Client, patience: Patience) -> None:
    gladly.post(PATH).respond(429)
    with pytest.raises(RateLimitError):
        fetch(client)
    assert 60 < sum(patience.waits) < 1500


def test_a_refused_report_passes_gladlys_words_on_and_frees_the_place(gladly: respx.MockRouter, client: Client) -> None:
    refused = httpx.Response(
        400, json={"errors": [{"attr": "filters.inboxes", "code": "present", "detail": "no such inbox"}]}
    )
    gladly.post(PATH).mock(side_effect=[refused, httpx.Response(200, headers=CSV, content=b"A\n")])
    with pytest.raises(RequestRefused, match="no such inbox") as caught:
        fetch(client, "i")
    assert caught.value.attr == "filters.inboxes"
    fetch(client).close()


def test_no_more_reports_a_minute_than_the_setting_says(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    moments: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        moments.append(patience.now)
        return httpx.Response(200, headers=CSV, content=b"A\n")

    gladly.post(PATH).mock(side_effect=answer)
    client = make_client(reports_per_minute=3)
    for _ in range(8):
        fetch(client).close()
    assert len(moments) == 8
    assert all(later - earlier > 60 for earlier, later in zip(moments, moments[3:], strict=False))
    assert any("limit of reports" in reason for reason in patience.reasons), patience.reasons[:5]


def test_the_first_day_after_the_last_is_an_input_error(client: Client) -> None:
    with pytest.raises(InputError) as caught:
        client.reports.fetch("ConversationExportReport", LAST, FIRST, "UTC")
    assert caught.value.field == "first_day"
    assert is_told(caught.value)


def test_the_csv_lies_in_the_folder_given_and_leaves_nothing_there(
    gladly: respx.MockRouter, client: Client, tmp_path: Path
) -> None:
    gladly.post(PATH).respond(headers=CSV, content=b"A\n1\n")
    fetch(client).close()
    assert list(tmp_path.iterdir()) == []


def test_stopping_does_not_wait_for_the_report_and_its_place_is_kept_until_it_is_over(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    go_on, over = threading.Event(), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        patience.stopped = True
        go_on.wait(5)
        return httpx.Response(200, headers=CSV, content=b"A\n1\n")

    gladly.post(PATH).mock(side_effect=answer)
    reports = client.reports._transport._pacing.reports
    finish = reports.finish

    def finished() -> None:
        finish()
        over.set()

    reports.finish = finished  # type: ignore[method-assign]  # to see when
    with pytest.raises(Cancelled):
        fetch(client)
    with reports.turn() as ask:
        assert ask() > 0
        go_on.set()
        assert over.wait(5)
        assert ask() == 0


def test_complete_asks_window_by_window_and_by_inbox_where_a_day_is_too_long(
    gladly: respx.MockRouter, make_client: Callable[..., Client]
) -> None:
    asked: list[tuple[str, str, tuple[str, ...]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        inboxes = tuple(body.get("filters", {}).get("inboxes", ()))
        asked.append((body["startAt"], body["endAt"], inboxes))
        busy = body["startAt"] <= "2026-03-02" <= body["endAt"]
        ids = ["a1", "a2", "b1", "c1"] if busy else ["z1"]
        kept = [name for name in ids if not inboxes or name[0] in inboxes]
        return httpx.Response(200, headers=CSV, text="Conversation ID\n" + "".join(f"{name}\n" for name in kept))

    gladly.post(PATH).mock(side_effect=answer)
    client = make_client(report_row_cap=4, report_window_days=2, reports_per_minute=1000)
    parts = client.reports.complete("X", FIRST, date(2026, 3, 4), "UTC", all_inbox_ids=lambda: ["a", "b"])
    found = []
    for part in parts:
        with part.report as report:
            found.append((part.window.words, [row[0] for row in report.rows()], bool(part.cut)))
    assert found == [
        ("2026-03-01", ["z1"], False),
        ("2026-03-02, inbox a", ["a1", "a2"], False),
        ("2026-03-02, inbox b", ["b1"], False),
        ("2026-03-02", ["a1", "a2", "b1", "c1"], True),
        ("2026-03-03 to 2026-03-04", ["z1"], False),
    ]
    assert asked[0] == ("2026-03-01", "2026-03-02", ())
    assert ("2026-03-02", "2026-03-02", ("b",)) in asked
