"""Files of bulk runs reach the account they belong to and nobody else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gladly_tools.bulk import CLOSE_CONVERSATIONS
from gladly_tools.bulk.id_file import check
from gladly_tools.bulk.records import BulkRun
from gladly_tools.demo import DemoServer
from gladly_tools.web.bulk_routes import BulkFile, bulk_link, bulk_routes
from gladly_tools.web.cookie import NAME, session_id_of
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.bulk.conftest import open_conversations, order_for
from tests.conftest import UNLIMITED, make_company
from tests.web.conftest import signed_in


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(make_company(), limits=UNLIMITED) as running:
        yield running


def session_behind(here: Portal, browser: TestClient) -> Session:
    session = here.session(session_id_of(browser.cookies[NAME], here.cookie_key))
    assert session is not None
    return session


@pytest.fixture
def run(here: Portal, ann: TestClient, server: DemoServer) -> BulkRun:
    session = session_behind(here, ann)
    ids = open_conversations(server.company, 4)
    company = server.company
    company.changes.wait(ids[0], True)
    order = order_for(CLOSE_CONVERSATIONS, ids)
    return here.bulk.run_here(session.account, session.client, order, lambda _ticket: None)[0]


def test_the_owner_downloads_the_results_and_the_reopen_file(ann: TestClient, run: BulkRun) -> None:
    answer = ann.get(bulk_link(run, BulkFile.RESULTS, bom=True, guard=True))
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["cache-control"] == "no-store"
    assert 'filename="close-conversations_results_' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["status"] for row in rows] == ["skipped", "closed", "closed", "closed"]
    reopen = ann.get(bulk_link(run, BulkFile.REOPEN, bom=False, guard=True))
    assert check(reopen.content, column="conversationId").to_do == 3


def test_the_guard_can_be_switched_off(here: Portal, ann: TestClient, server: DemoServer) -> None:
    session = session_behind(here, ann)
    run, _ = here.bulk.run_here(
        session.account, session.client, order_for(CLOSE_CONVERSATIONS, ["-none"], is_check=True), lambda _ticket: None
    )
    assert b"'-none" in ann.get(bulk_link(run, BulkFile.RESULTS, bom=False, guard=True)).content
    assert b"'-none" not in ann.get(bulk_link(run, BulkFile.RESULTS, bom=False, guard=False)).content
    assert ann.get(bulk_link(run, BulkFile.REOPEN, bom=False, guard=True)).status_code == 404


@pytest.mark.parametrize("kind", list(BulkFile))
def test_nobody_else_learns_anything(
    here: Portal, ann: TestClient, run: BulkRun, server: DemoServer, kind: BulkFile
) -> None:
    link = bulk_link(run, kind, bom=False, guard=True)
    bob = signed_in(here, server, account=1)
    unknown = bob.get(link.replace(run.id, "x" * 16))
    foreign = bob.get(link)
    assert (foreign.status_code, foreign.text) == (unknown.status_code, unknown.text) == (404, unknown.text)
    assert TestClient(Starlette(routes=bulk_routes())).get(link).status_code == 401
    assert ann.get(link).status_code == 200


def test_a_file_that_is_none_is_refused_and_a_deleted_one_is_gone(here: Portal, ann: TestClient, run: BulkRun) -> None:
    link = bulk_link(run, BulkFile.RESULTS, bom=False, guard=True)
    assert ann.get(link.replace("/results/", "/secrets/")).status_code == 400
    here.bulk.delete(session_behind(here, ann).account, run.id)
    assert ann.get(link).status_code == 404
    audit = ann.get(bulk_link(run, BulkFile.AUDIT, bom=False, guard=True))
    lines = list(csv.DictReader(io.StringIO(audit.text, newline="")))
    assert [line["outcome"] for line in lines].count("closed") == 3
    assert {line["run"] for line in lines} == {run.id}


def test_links_lie_under_the_base_path(run: BulkRun) -> None:
    assert bulk_link(run, BulkFile.RESULTS, bom=False, guard=True, base_path="/tools/").startswith("/tools/bulk-runs/")
