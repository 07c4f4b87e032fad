"""Export jobs and their files: whole or not at all, over as many connections as it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import respx

from gladly_tools.api import Client, Downloaded
from gladly_tools.api.export_jobs import ExportJob
from gladly_tools.errors import AnswerLost, NotFoundError, UnexpectedAnswer
from tests.api.conftest import Patience
from tests.api.wire import Wire, answer, in_chunks
from tests.told import is_told

FILE = bytes(range(256)) * 4
HALF = len(FILE) // 2
PATH = "/api/v1/export/jobs/j/files/conversation_items.jsonl"


def whole(*headers: str) -> bytes:
    return answer(FILE, f"Content-Length: {len(FILE)}", *headers)


def cut(size: int, *headers: str) -> bytes:
    return answer(FILE[:size], f"Content-Length: {len(FILE)}", *headers)


def part(start: int, end: int = len(FILE), *, total: object = len(FILE), body: bytes | None = None) -> bytes:
    sent = FILE[start:end] if body is None else body
    ranged = f"Content-Range: bytes {start}-{end - 1}/{total}"
    return answer(sent, f"Content-Length: {end - start}", ranged, status="206 Partial Content")


@pytest.fixture
def download(make_client: Callable[..., Client]) -> Callable[..., tuple[Downloaded, bytes, list[bytes]]]:
    def download_(*answers: bytes) -> tuple[Downloaded, bytes, list[bytes]]:
        taken: list[bytes] = []
        with Wire(answers) as wire:
            client = make_client(f"http://{wire.host}", allowed_hosts=(wire.host,))
            done = client.export_jobs.download("j", "conversation_items.jsonl", taken.append)
        return done, b"".join(taken), wire.heard

    return download_


@pytest.mark.parametrize(
    ("answers", "resumed", "restarted"),
    [
        pytest.param([whole()], 0, 0, id="in one go"),
        pytest.param([cut(HALF), part(HALF)], 1, 0, id="gone on with"),
        pytest.param([cut(HALF), whole()], 0, 1, id="fetched anew"),
        pytest.param([cut(100), part(100, 150), part(150)], 2, 0, id="a range that was answered in two"),
        pytest.param([cut(100), part(100, 200, body=FILE[100:150]), part(150)], 2, 0, id="a range that was cut too"),
        pytest.param([answer(in_chunks(FILE), "Transfer-Encoding: chunked"), whole()], 0, 1, id="no end, no length"),
        pytest.param([answer(in_chunks(FILE) + b"0\r\n\r\n", "Transfer-Encoding: chunked")], 0, 0, id="no length"),
        pytest.param(
            [
                answer(in_chunks(FILE), "Transfer-Encoding: chunked"),
                answer(b"", f"Content-Range: bytes */{len(FILE)}", "Content-Length: 0", status="416 Range"),
            ],
            0,
            0,
            id="only the end was lost",
        ),
    ],
)
def test_a_file_is_whole_however_often_the_connection_breaks(
    download: Callable[..., Any], answers: list[bytes], resumed: int, restarted: int
) -> None:
    done, taken, _heard = download(*answers)
    assert taken == FILE
    assert done == Downloaded(bytes=len(FILE), resumed=resumed, restarted=restarted)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(part(HALF, total=len(FILE) * 2), id="another size"),
        pytest.param(part(HALF - 1), id="another beginning"),
        pytest.param(answer(b"", "Content-Range: bytes */7", "Content-Length: 0", status="416 Range"), id="shorter"),
        pytest.param(answer(FILE[::-1], f"Content-Length: {len(FILE)}"), id="other bytes"),
        pytest.param(answer(FILE[:9], "Content-Length: 9"), id="shorter, from its beginning"),
    ],
)
def test_a_file_that_changed_meanwhile_is_refused(download: Callable[..., Any], second: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="changed while it was fetched"):
        download(cut(HALF), second)


def test_a_compressed_answer_is_refused_since_its_end_cannot_be_told(download: Callable[..., Any]) -> None:
    with pytest.raises(UnexpectedAnswer, match="compressed"):
        download(answer(FILE, f"Content-Length: {len(FILE)}", "Content-Encoding: gzip"))


def test_the_rest_is_asked_for_plain_and_of_the_same_version(download: Callable[..., Any]) -> None:
    _done, _taken, (first, second) = download(cut(HALF, 'ETag: "v1"'), part(HALF))
    assert b"accept-encoding: identity" in first.lower()
    assert b"range:" not in first.lower()
    assert f"range: bytes={HALF}-".encode() in second.lower()
    assert b'if-range: "v1"' in second.lower()
    _done, _taken, (_first, second) = download(cut(HALF), part(HALF))
    assert b"if-range" not in second.lower()


def test_a_connection_that_brings_next_to_nothing_again_and_again_is_given_up(
    download: Callable[..., Any], patience: Patience
) -> None:
    with pytest.raises(AnswerLost, match="again and again") as caught:
        download(*[cut(size) for size in range(1, 40)])
    assert is_told(caught.value)


def test_a_file_that_is_gone_is_not_found(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PATH).respond(404)
    with pytest.raises(NotFoundError, match="not there") as caught:
        client.export_jobs.download("j", "conversation_items.jsonl", lambda _chunk: None)
    assert is_told(caught.value)


def test_a_job_is_read_in_full_and_its_times_are_its_own(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get("/api/v1/export/jobs/j").respond(
        json={
            "id": "j",
            "scheduleId": "s",
            "status": "COMPLETED",
            "updatedAt": "2026-03-03T00:00:00Z",
            "parameters": {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00+01:00"},
            "files": ["agents.jsonl", "topics.jsonl"],
        }
    )
    assert client.export_jobs.get("j") == ExportJob(
        id="j",
        schedule_id="s",
        status="COMPLETED",
        updated_at=datetime(2026, 3, 3, tzinfo=UTC),
        start_at=datetime(2026, 3, 1, tzinfo=UTC),
        end_at=datetime(2026, 3, 1, 23, tzinfo=UTC),
        files=("agents.jsonl", "topics.jsonl"),
    )


def test_how_large_a_file_is_is_told_where_gladly_says_so(gladly: respx.MockRouter, client: Client) -> None:
    sizes: list[int] = []
    gladly.get(PATH).respond(content=FILE)
    client.export_jobs.download("j", "conversation_items.jsonl", lambda _chunk: None, sized=sizes.append)
    assert sizes == [len(FILE)]


def test_jobs_come_with_the_one_updated_last_first_whatever_is_missing(
    gladly: respx.MockRouter, client: Client
) -> None:
    gladly.get("/api/v1/export/jobs").respond(
        json=[
            {"id": "old", "status": "COMPLETED", "updatedAt": "2026-03-01T07:15:19Z", "files": ["agents.jsonl"]},
            {"id": "bare"},
            {
                "id": "new",
                "status": "IN_PROGRESS",
                "updatedAt": "2026-03-02T07:15:19.07272933Z",
                "parameters": {"startAt": "2026-03-01T00:00:00Z", "endAt": "soon"},
                "files": None,
            },
        ]
    )
    new, old, bare = client.export_jobs.list()
    assert [new.id, old.id, bare.id] == ["new", "old", "bare"]
    assert new.updated_at == datetime(2026, 3, 2, 7, 15, 19, 72729, tzinfo=UTC)
    assert (new.start_at, new.end_at, new.files) == (datetime(2026, 3, 1, tzinfo=UTC), None, ())
    assert [job.is_complete for job in (new, old, bare)] == [False, True, False]


def test_a_job_that_is_not_there_is_none(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get("/api/v1/export/jobs/a%2Fb").respond(404, json={"errors": [{"code": "not_exist"}]})
    assert client.export_jobs.get("a/b") is None
