"""An answer that breaks off on its way is never taken for whole: on a real connection, and inside a cell."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from typing import IO, Any

import pytest

from gladly_tools.api import Client, Report
from gladly_tools.errors import AnswerLost
from tests.api.wire import Wire, answer, in_chunks

CSV = b"A,B\r\n1,2\r\n3,4\r\n"
ROWS = [["1", "2"], ["3", "4"]]


def fetch(client: Client) -> Report:
    return client.reports.fetch("ConversationExportReport", date(2026, 3, 2), date(2026, 3, 8), "UTC")


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[IO[bytes]]:
    """Every temporary file that is made."""
    made: list[IO[bytes]] = []
    make = tempfile.TemporaryFile

    def noted(*args: Any, **more: Any) -> IO[bytes]:
        made.append(make(*args, **more))
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    return made


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(answer(CSV[:9], f"Content-Length: {len(CSV)}"), id="shorter than announced"),
        pytest.param(answer(CSV[:10], f"Content-Length: {len(CSV)}"), id="shorter than announced, at a line's end"),
        pytest.param(answer(b"", f"Content-Length: {len(CSV)}"), id="no body"),
        pytest.param(answer(in_chunks(CSV[:5], CSV[5:]), "Transfer-Encoding: chunked"), id="chunks without an end"),
        pytest.param(answer(in_chunks(CSV[:5])[:-4], "Transfer-Encoding: chunked"), id="in the middle of a chunk"),
        pytest.param(answer(b'A,B\r\n1,"2', "Content-Type: text/csv"), id="in the middle of the last cell"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-", id="in the headers"),
        pytest.param(b"", id="before anything came"),
    ],
)
def test_a_report_that_breaks_off_is_asked_for_again_and_never_taken_for_whole(
    make_client: Callable[..., Client], files: list[IO[bytes]], cut: bytes
) -> None:
    whole = answer(CSV, f"Content-Length: {len(CSV)}")
    with Wire([answer(b"[]", "Content-Length: 2"), cut, whole, cut, cut]) as wire:
        client = make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))
        client.topics.list()
        with fetch(client) as report:
            assert list(report.rows()) == ROWS
        with pytest.raises(AnswerLost):
            fetch(client)
        assert len(wire.heard) == 5
        assert wire.heard[1].splitlines()[-1] == wire.heard[2].splitlines()[-1]
    assert files
    assert all(file.closed for file in files)


@pytest.mark.parametrize(
    "whole",
    [
        answer(CSV, f"Content-Length: {len(CSV)}"),
        answer(in_chunks(CSV[:7], CSV[7:]) + b"0\r\n\r\n", "Transfer-Encoding: chunked"),
    ],
)
def test_a_whole_report_is_taken_at_once(make_client: Callable[..., Client], whole: bytes) -> None:
    with Wire([whole]) as wire:
        with fetch(make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))) as report:
            assert list(report.rows()) == ROWS
        assert len(wire.heard) == 1


def test_a_json_answer_that_breaks_off_is_asked_for_again(make_client: Callable[..., Client]) -> None:
    body = b'[{"id":"a"},{"id":"b"}]'
    length = f"Content-Length: {len(body)}"
    with Wire([answer(body[:12], length), answer(body, length)]) as wire:
        client = make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))
        assert [topic.id for topic in client.topics.list()] == ["a", "b"]
        assert len(wire.heard) == 2
