"""Matches and their whole conversations: read from what was exported where it is there, and said so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.export_jobs import ExportJob
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import check_parameters
from gladly_tools.exports.search_questions import Where
from gladly_tools.jobs import Job
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.ui import whole_conversation
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.exports.test_file_export import daily_jobs, defaults, readable
from tests.ui.conftest import open_page

Search = Callable[..., Job]


@pytest.fixture
def job(company: Company) -> ExportJob:
    return daily_jobs(company)[-1]


@pytest.fixture
def search(here: Portal, session: Session, server: DemoServer) -> Search:
    """Searches; what it asked of Gladly is forgotten."""

    def run(where: Where, **given: Any) -> Job:
        export = EXPORTS["file-export"]
        parameters = check_parameters(export.parameters, defaults() | {"where": where} | given)
        found = here.runs.run_here(session.account, session.client, export, parameters, lambda _ticket: None)
        server.forget()
        return found

    return run


def several(company: Company, job: ExportJob, kind: str = "EMAIL") -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """A conversation of the job with an item of a kind and others: its id, that item, all of them."""
    of: dict[str, list[dict[str, Any]]] = {}
    for _, item in readable(company, job):
        if item.get("conversationId"):
            of.setdefault(item["conversationId"], []).append(item)
    for conversation_id, items in of.items():
        first = next((item for item in items if item["content"]["type"] == kind), None)
        kinds = Counter(item["content"]["type"] for item in items)
        if first is not None and len(items) > 3 and kinds[kind] < len(items):
            return conversation_id, first, items
    raise AssertionError("no such conversation")


def open_conversation(job: Job, conversation_id: str, here: Portal, session: Session) -> AppTest:
    """Press the button of the first match of the conversation."""
    at = open_page("conversations", export="file-export", job=job.id)
    result = result_of(here, session, job)
    ids = list(Table(result).page(limit=25)["conversationId"])
    return at.button(key=f"whole:{view(job)}:1:{ids.index(conversation_id)}").click().run()


def ask_gladly(at: AppTest, job: Job) -> None:
    """Press the button within the conversation, which stays open in a browser; here it is opened with it."""
    next(each for each in at.button if str(each.key).startswith("whole:")).click()
    at.button(key=f"now:{job.id}").click().run()


def view(job: Job) -> str:
    return f"{job.id}:conversation_items"


def result_of(here: Portal, session: Session, job: Job) -> Result:
    result = here.runs.result(session.account, job.id)
    assert result is not None
    return result


def captions(at: AppTest) -> list[str]:
    return [caption.value.replace("\\", "") for caption in at.caption]


def said(at: AppTest, words: str) -> str:
    return next((caption for caption in captions(at) if words in caption), "")


def asked(server: DemoServer) -> list[str]:
    return [seen.path for seen in server.seen if "/conversations/" in seen.path]


def test_a_conversation_is_read_from_the_kept_file_without_a_request(
    here: Portal, session: Session, server: DemoServer, company: Company, job: ExportJob, search: Search
) -> None:
    conversation_id, match, items = several(company, job)
    done = search(Where(job_ids=(job.id,)), types=("EMAIL",), days=None, phrases=(match["content"]["subject"],))
    at = open_conversation(done, conversation_id, here, session)
    assert not at.exception
    assert f"From the export files as they were kept; nothing was asked of Gladly: {len(items)} items" in said(
        at, "nothing was asked"
    )
    assert said(at, "Export files hold what happened in their own days")
    assert asked(server) == []
    names = {agent["id"]: agent["name"] for _, agent in readable(company, job, "agents.jsonl")}
    for item in items:
        if item["initiator"]["id"] in names and item["content"]["type"] in ("EMAIL", "CHAT_MESSAGE"):
            assert said(at, f"**{names[item['initiator']['id']]}**")


def test_what_gladly_has_now_is_a_click_away_and_a_failure_keeps_what_was_there(
    here: Portal, session: Session, server: DemoServer, company: Company, job: ExportJob, search: Search
) -> None:
    conversation_id, match, items = several(company, job)
    done = search(Where(job_ids=(job.id,)), phrases=(match["content"]["subject"],))
    at = open_conversation(done, conversation_id, here, session)
    path = f"/api/v1/conversations/{conversation_id}/items"
    server.faults.add(path, status=404, times=1)
    ask_gladly(at, done)
    assert at.error
    assert said(at, f"nothing was asked of Gladly: {len(items)} items")
    ask_gladly(at, done)
    now = company.items_of(company.conversations[conversation_id])
    assert said(at, f"As it is in Gladly now: {len(now)} items")
    assert asked(server) == [path, path]
    assert not at.error


def test_without_kept_files_gladly_is_asked_and_that_is_said(
    here: Portal, session: Session, server: DemoServer, company: Company, job: ExportJob, search: Search
) -> None:
    conversation_id, match, _ = several(company, job)
    done = search(Where(job_ids=(job.id,)), phrases=(match["content"]["subject"],))
    here.runs.kept.of(session.account.owner).delete(job.id)
    at = open_conversation(done, conversation_id, here, session)
    assert said(at, "As it is in Gladly now")
    assert asked(server) == [f"/api/v1/conversations/{conversation_id}/items"]


def test_a_conversation_that_is_neither_kept_nor_at_gladly_is_told(
    here: Portal, session: Session, server: DemoServer, company: Company, job: ExportJob, search: Search
) -> None:
    conversation_id, match, _ = several(company, job)
    done = search(Where(job_ids=(job.id,)), phrases=(match["content"]["subject"],))
    here.runs.kept.of(session.account.owner).delete(job.id)
    server.faults.add(f"/api/v1/conversations/{conversation_id}/items", status=404, times=1)
    at = open_conversation(done, conversation_id, here, session)
    assert not at.exception
    assert at.error


@pytest.mark.parametrize("given", [{}, {"types": ("EMAIL",), "whole_conversations": True}])
def test_a_result_that_has_the_whole_conversation_needs_no_kept_file(
    here: Portal,
    session: Session,
    server: DemoServer,
    company: Company,
    job: ExportJob,
    search: Search,
    given: dict[str, Any],
) -> None:
    done = search(Where(job_ids=(job.id,)), **given)
    here.runs.kept.of(session.account.owner).delete(job.id)
    ids = list(Table(result_of(here, session, done)).page(limit=25)["conversationId"])
    conversation_id = next(each for each in ids if isinstance(each, str))
    items = [item for _, item in readable(company, job) if item.get("conversationId") == conversation_id]
    at = open_conversation(done, conversation_id, here, session)
    assert said(at, f"From this result; nothing was asked of Gladly: {len(items)} item")
    assert asked(server) == []


def test_a_local_file_is_read_again_and_its_loss_is_no_fault(
    here: Portal,
    session: Session,
    server: DemoServer,
    company: Company,
    job: ExportJob,
    search: Search,
    tmp_path: Path,
) -> None:
    conversation_id, match, items = several(company, job)
    path = tmp_path / "items.jsonl"
    path.write_bytes(b"".join(company.export_lines(job.id, "conversation_items.jsonl")))
    done = search(Where(file=str(path)), phrases=(match["content"]["subject"],))
    at = open_conversation(done, conversation_id, here, session)
    assert said(at, f"nothing was asked of Gladly: {len(items)} items")
    path.unlink()
    again = open_conversation(done, conversation_id, here, session)
    assert said(again, "As it is in Gladly now")


def test_a_conversation_is_looked_for_once_while_a_few_others_are_read(
    here: Portal,
    session: Session,
    company: Company,
    job: ExportJob,
    search: Search,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[str] = []
    find = whole_conversation.find_kept

    def counted(kept: Any, where: Where, conversation_id: str, **more: Any) -> Any:
        looked.append(conversation_id)
        return find(kept, where, conversation_id, **more)

    monkeypatch.setattr(whole_conversation, "find_kept", counted)
    conversation_id, match, _ = several(company, job)
    done = search(Where(job_ids=(job.id,)), phrases=(match["content"]["subject"],))
    at = open_conversation(done, conversation_id, here, session)
    for _ in range(2):
        at.button(key=next(each.key for each in at.button if str(each.key).startswith("whole:"))).click().run()
    assert looked == [conversation_id]
    assert len(at.session_state["whole conversations"]) == 1


def test_items_without_an_id_or_with_the_same_one_are_all_shown(
    here: Portal, session: Session, search: Search, tmp_path: Path
) -> None:
    call = {"type": "PHONE_CALL", "recordingUrl": "/x", "from": "+1", "to": "+2"}
    items = [
        {"content": call, "conversationId": "conv-1"},
        {"id": "", "content": {"type": "SMS", "content": "first"}, "conversationId": "conv-1"},
        {"content": {"type": "SMS", "content": "second"}, "conversationId": "conv-1"},
        {"id": " ", "content": call, "conversationId": "conv-1"},
        {"content": call, "conversationId": "conv-1"},
    ]
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(map(json.dumps, items)))
    done = search(Where(file=str(path)))
    at = open_page("conversations", export="file-export", job=done.id)
    assert not at.exception
    assert {text.value for text in at.text} >= {"first", "second"}
    assert len([each for each in at.button if str(each.key).startswith("whole:")]) == len(items)
    assert not [each for each in at.button if each.label == "Play recording"], "nothing to ask for without an id"
    at.button(key=f"whole:{view(done)}:1:0").click().run()
    assert not at.exception
    assert said(at, f"From this result; nothing was asked of Gladly: {len(items)} items")
