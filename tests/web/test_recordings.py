"""Recordings: asked of Gladly once, kept with the result, and heard by the account it belongs to alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Barrier
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.items import Item
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import Parameters, check_parameters
from gladly_tools.jobs import Job
from gladly_tools.results.download import Format
from gladly_tools.results.store import Result
from gladly_tools.web import recordings
from gladly_tools.web.cookie import NAME, new_cookie, session_id_of
from gladly_tools.web.portal import Portal
from gladly_tools.web.recordings import SHELF, note_calls, recording_link
from gladly_tools.web.routes import download_link, routes
from gladly_tools.web.vault import Session
from tests.web.conftest import signed_in

MEDIA = "/media/recording"
Exporting = Callable[..., Job]


@pytest.fixture
def session(here: Portal, ann: TestClient) -> Session:
    session = here.session(session_id_of(ann.cookies[NAME], here.cookie_key))
    assert session is not None
    return session


@pytest.fixture
def export(here: Portal, session: Session, server: DemoServer) -> Exporting:
    """Runs an export of the first account; what it asked of Gladly is forgotten."""

    def run(name: str, **answers: object) -> Job:
        parameters: Parameters = check_parameters(EXPORTS[name].parameters, answers)
        job = here.runs.run_here(session.account, session.client, EXPORTS[name], parameters, lambda _ticket: None)
        server.forget()
        return job

    return run


def calls(company: Company, status: str) -> Iterator[Item]:
    """The calls and voicemails whose recordings have a status, in conversations that can be read."""
    for conversation_id in islice(company.conversations, 600):
        for item in company.items_of(company.conversations[conversation_id]):
            if item.content.get("recordingStatus") == status:
                yield item


@pytest.fixture(scope="session")
def call(company: Company) -> Item:
    return next(calls(company, "AVAILABLE"))


@pytest.fixture
def job(export: Exporting, call: Item) -> Job:
    """The conversation of the call."""
    return export("conversation", conversation_id=call.conversation_id)


def asked(server: DemoServer) -> list[str]:
    """The recordings that Gladly was asked for."""
    return [request.path for request in server.seen if request.path.endswith(MEDIA)]


def straight_from(server: DemoServer, item: Item) -> bytes:
    """The recording as Gladly sends it; the request is forgotten."""
    with httpx.Client(base_url=server.url, auth=(server.username, server.api_token), trust_env=False) as gladly:
        sent = gladly.get(str(item.content["recordingUrl"]))
    assert sent.status_code == 200
    server.forget()
    return sent.content


def result_of(here: Portal, session: Session, job: Job) -> Result:
    result = here.runs.result(session.account, job.id)
    assert result is not None
    return result


def kept(result: Result) -> list[Path]:
    return list((result.folder / SHELF).glob("*")) if (result.folder / SHELF).exists() else []


def test_the_owner_hears_the_recording_as_gladly_has_it(
    ann: TestClient, server: DemoServer, job: Job, call: Item
) -> None:
    sound = straight_from(server, call)
    answer = ann.get(recording_link(job.id, call.id))
    assert answer.status_code == 200
    assert answer.content == sound
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["content-length"] == str(len(sound))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-encoding"] == "identity"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"].startswith("inline;")


def test_gladly_is_asked_when_somebody_listens_and_then_never_again(
    here: Portal, session: Session, ann: TestClient, server: DemoServer, job: Job, call: Item
) -> None:
    result = result_of(here, session, job)
    assert asked(server) == []
    assert kept(result) == []
    first = ann.get(recording_link(job.id, call.id))
    second = ann.get(recording_link(job.id, call.id, save=True))
    assert first.content == second.content
    assert asked(server) == [f"/api/v1/conversation-items/{call.id}{MEDIA}"]
    assert [path.read_bytes() for path in kept(result)] == [first.content]


def test_two_who_listen_at_once_both_hear_all_of_it(ann: TestClient, server: DemoServer, job: Job, call: Item) -> None:
    sound = straight_from(server, call)
    together = Barrier(2)

    def listen(_turn: int) -> httpx.Response:
        browser = TestClient(Starlette(routes=routes()), cookies=dict(ann.cookies), raise_server_exceptions=False)
        together.wait(10)
        return browser.get(recording_link(job.id, call.id))

    # Late enough that both have begun before either has ended.
    server.faults.add(f"/api/v1/conversation-items/{call.id}{MEDIA}", delay=0.3)
    server.faults.add(f"/api/v1/conversation-items/{call.id}{MEDIA}", delay=0.4)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(listen, range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all(answer.content == sound for answer in answers)


def test_a_recording_goes_when_its_job_is_deleted(
    here: Portal, session: Session, ann: TestClient, server: DemoServer, job: Job, call: Item
) -> None:
    result = result_of(here, session, job)
    assert ann.get(recording_link(job.id, call.id)).status_code == 200
    here.runs.delete(session.account, job.id)
    assert not result.folder.exists()
    assert ann.get(recording_link(job.id, call.id)).status_code == 404
    assert len(asked(server)) == 1


def test_a_recording_is_no_part_of_the_download(
    here: Portal, session: Session, ann: TestClient, company: Company, export: Exporting, call: Item
) -> None:
    job = export("customer-conversations", customer=company.customers.current_id(_owner(company, call)))
    assert ann.get(recording_link(job.id, call.id)).status_code == 200
    assert len(kept(result_of(here, session, job))) == 1
    archive = ann.get(download_link(job, Format.CSV, packed=True))
    assert archive.headers["content-type"] == "application/zip"
    assert b".mp3" not in archive.content


def _owner(company: Company, call: Item) -> int:
    return company.conversations[call.conversation_id].customer


def test_nobody_listens_without_signing_in(server: DemoServer, job: Job, call: Item) -> None:
    stranger = TestClient(Starlette(routes=routes()))
    for cookie in (None, new_cookie(b"x" * 32)):
        if cookie is not None:
            stranger.cookies.set(NAME, cookie)
        answer = stranger.get(recording_link(job.id, call.id))
        assert answer.status_code == 401
        assert call.id not in answer.text
    assert asked(server) == []


def test_signing_out_ends_the_listening(here: Portal, ann: TestClient, job: Job, call: Item) -> None:
    assert ann.get(recording_link(job.id, call.id)).status_code == 200
    sid = session_id_of(ann.cookies[NAME], here.cookie_key)
    assert sid is not None
    here.sign_out(sid)
    assert ann.get(recording_link(job.id, call.id)).status_code == 401


def test_another_account_learns_nothing_of_a_recording(
    here: Portal, ann: TestClient, server: DemoServer, job: Job, call: Item
) -> None:
    assert ann.get(recording_link(job.id, call.id)).status_code == 200
    bob = signed_in(here, server, account=1)
    server.forget()
    foreign = bob.get(recording_link(job.id, call.id))
    absent = bob.get(recording_link("nothing", call.id))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.text == absent.text
    assert asked(server) == []


def test_a_call_that_is_not_in_the_result_is_not_asked_for(
    ann: TestClient, company: Company, server: DemoServer, job: Job, call: Item
) -> None:
    elsewhere = next(item for item in calls(company, "AVAILABLE") if item.conversation_id != call.conversation_id)
    inside = recording_link(job.id, call.id)
    for item_id in (elsewhere.id, "nothing", "", " ", f"{call.id} ", call.id[:-1], "%", "' OR 1=1 --"):
        answer = ann.get(recording_link(job.id, item_id))
        assert answer.status_code == 404
        assert "no such call" in answer.text
    for link in (inside.split("?")[0], inside.replace("item=", "id="), f"{inside.split('?')[0]}?save=1"):
        assert ann.get(link).status_code == 404
    assert asked(server) == []


def test_the_calls_of_a_conversation_that_was_read_as_a_whole_are_heard_and_no_others(
    here: Portal,
    session: Session,
    ann: TestClient,
    company: Company,
    server: DemoServer,
    export: Exporting,
    call: Item,
) -> None:
    others = [item for item in company.items_of(company.conversations[call.conversation_id]) if item.id != call.id]
    listed = f"/api/v1/conversations/{call.conversation_id}/items"
    only = [{"id": others[0].id, "conversationId": call.conversation_id, "content": {"type": "SMS", "content": "x"}}]
    server.faults.add(listed, status=200, body=json.dumps(only), headers={"Content-Type": "application/json"})
    job = export("conversation", conversation_id=call.conversation_id)
    elsewhere = next(item for item in calls(company, "AVAILABLE") if item.conversation_id != call.conversation_id)
    link = recording_link(job.id, call.id)
    assert ann.get(link).status_code == 404
    result = result_of(here, session, job)
    note_calls(result, elsewhere.conversation_id, [elsewhere.id])
    note_calls(result, "", [call.id])
    assert (ann.get(link).status_code, asked(server)) == (404, [])
    note_calls(result, call.conversation_id, ["another", ""])
    note_calls(result, call.conversation_id, [call.id])
    assert ann.get(link).content == straight_from(server, call)
    for item_id in (elsewhere.id, "", " ", call.id[:-1]):
        assert ann.get(recording_link(job.id, item_id)).status_code == 404
    bob = signed_in(here, server, account=1)
    assert bob.get(link).status_code == 404
    other_job = export("conversation", conversation_id=elsewhere.conversation_id)
    assert ann.get(recording_link(other_job.id, call.id)).status_code == 404
    here.runs.delete(session.account, job.id)
    note_calls(result, call.conversation_id, ["late"])
    assert not result.folder.exists()
    assert ann.get(link).status_code == 404


def test_a_result_without_items_has_no_recordings(ann: TestClient, export: Exporting, server: DemoServer) -> None:
    job = export("inboxes")
    inbox = server.company.inboxes[0].id
    assert ann.get(recording_link(job.id, inbox)).status_code == 404
    assert asked(server) == []


def test_a_call_in_the_second_table_of_a_result_is_heard_too(
    ann: TestClient, company: Company, export: Exporting, server: DemoServer, call: Item
) -> None:
    job = export("customer-conversations", customer=company.customers.current_id(_owner(company, call)))
    sound = straight_from(server, call)
    assert ann.get(recording_link(job.id, call.id)).content == sound


@pytest.mark.parametrize(
    ("asked_for", "status", "begin", "end"),
    [
        ("bytes=0-", 206, 0, None),
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-1099", 206, 100, 1100),
        ("bytes=-144", 206, -144, None),
        ("bytes=1000-", 206, 1000, None),
    ],
)
def test_a_player_gets_the_piece_that_it_asks_for(
    ann: TestClient, server: DemoServer, job: Job, call: Item, asked_for: str, status: int, begin: int, end: int | None
) -> None:
    sound = straight_from(server, call)
    answer = ann.get(recording_link(job.id, call.id), headers={"Range": asked_for})
    assert answer.status_code == status
    assert answer.content == sound[begin:end]
    first = begin % len(sound)
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(sound)}"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "no-store"


def test_a_piece_beyond_the_end_is_refused(ann: TestClient, job: Job, call: Item) -> None:
    answer = ann.get(recording_link(job.id, call.id), headers={"Range": "bytes=999999999-"})
    assert answer.status_code == 416


def test_saving_gives_a_file_with_a_name(ann: TestClient, job: Job, call: Item) -> None:
    answer = ann.get(recording_link(job.id, call.id, save=True))
    kind, _, name = answer.headers["content-disposition"].partition("; ")
    assert kind == "attachment"
    assert name.startswith('filename="recording-')
    assert name.endswith('.mp3"')


@pytest.mark.parametrize(
    "item_id",
    [
        'x"\r\nSet-Cookie: a=b',
        "x\nSet-Cookie: a=b",
        '"; filename="evil.exe',
        "../../etc/passwd",
        "..\\..\\x",
        "a/b?c#d&save=1",
        "größe, 日本 🎧",
        "x" * 400,
        "%2e%2e%2f",
        "null\x00byte",
    ],
)
def test_an_id_of_any_kind_stays_out_of_headers_and_paths(
    here: Portal,
    session: Session,
    ann: TestClient,
    server: DemoServer,
    export: Exporting,
    call: Item,
    item_id: str,
) -> None:
    hostile = {"id": item_id, "content": {"type": "PHONE_CALL", "recordingUrl": "http://evil.test/x"}}
    listed = f"/api/v1/conversations/{call.conversation_id}/items"
    server.faults.add(listed, status=200, body=json.dumps([hostile]), headers={"Content-Type": "application/json"})
    job = export("conversation", conversation_id=call.conversation_id)
    media = "/api/v1/conversation-items/"
    server.faults.add(media, status=200, body=b"sound", headers={"Content-Type": "audio/mpeg"})
    answer = ann.get(recording_link(job.id, item_id, save=True))
    assert server.faults.left == 0
    assert (answer.status_code, answer.content) == (200, b"sound")
    assert asked(server) == [f"{media}{item_id}{MEDIA}"]
    assert "set-cookie" not in answer.headers
    disposition = answer.headers["content-disposition"]
    assert disposition.count('"') == 2
    assert disposition.isascii()
    name = disposition.split('"')[1]
    assert len(name) < 200
    assert not set(name) & set("/\\%;\r\n ")
    assert name.endswith(".mp3")
    (file,) = kept(result_of(here, session, job))
    assert file.read_bytes() == b"sound"
    assert file.parent == result_of(here, session, job).folder / SHELF


def test_a_link_carries_any_id_whole() -> None:
    link = recording_link("j/1", "a/b&save=1 +", base_path="/support")
    assert link == f"/support/recordings/j%2F1?item={quote('a/b&save=1 +', safe='')}"
    assert recording_link("j", "i", save=True) == "/recordings/j?item=i&save=1"
    assert "/support/recordings/{job_id}" in [
        route.path
        for route in routes(base_path="support/")  # type: ignore[attr-defined]
    ]


@pytest.mark.parametrize("status", ["DELETED", "ERROR"])
def test_a_recording_that_gladly_no_longer_has_is_told_and_nothing_is_kept(
    here: Portal,
    session: Session,
    ann: TestClient,
    company: Company,
    server: DemoServer,
    export: Exporting,
    status: str,
) -> None:
    gone = next(calls(company, status))
    job = export("conversation", conversation_id=gone.conversation_id)
    answer = ann.get(recording_link(job.id, gone.id))
    assert answer.status_code == 404
    assert "no recording of this call" in answer.text
    assert len(asked(server)) == 1
    assert kept(result_of(here, session, job)) == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"status": 500, "body": "<h1>trace of the secret</h1>"}, 503),
        ({"status": 503, "times": 9}, 503),
        ({"status": 429, "times": 9}, 503),
        ({"drop": True, "times": 9}, 503),
        ({"cut_after": 700, "times": 9}, 503),
        ({"status": 401}, 400),
        ({"status": 200, "body": "<html>secret</html>", "headers": {"Content-Type": "text/html"}}, 400),
    ],
)
def test_a_recording_that_cannot_be_had_now_is_told_and_nothing_is_kept(
    here: Portal,
    session: Session,
    ann: TestClient,
    server: DemoServer,
    job: Job,
    call: Item,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, object],
    status: int,
) -> None:
    server.faults.add(f"/api/v1/conversation-items/{call.id}{MEDIA}", **fault)  # type: ignore[arg-type]
    with monkeypatch.context() as hurried:
        hurried.setattr(recordings, "SECONDS", 0.2)
        answer = ann.get(recording_link(job.id, call.id))
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text
    assert "secret" not in answer.text
    assert kept(result_of(here, session, job)) == []
    server.faults.clear()
    assert ann.get(recording_link(job.id, call.id)).content == straight_from(server, call)
