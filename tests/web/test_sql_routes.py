"""Answers to queries in SQL reach whoever asked and nobody else."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gladly_tools.demo import DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import Parameters
from gladly_tools.queries import AskedQuery
from gladly_tools.results.download import Format
from gladly_tools.results.query import Query
from gladly_tools.web.cookie import NAME, session_id_of
from gladly_tools.web.portal import Portal
from gladly_tools.web.sql_routes import answer_link, sql_routes
from tests.web.conftest import signed_in


def ask(here: Portal, browser: TestClient, text: str) -> AskedQuery:
    session = here.session(session_id_of(browser.cookies[NAME], here.cookie_key))
    assert session is not None
    export = EXPORTS["inboxes"]
    job = here.runs.run_here(session.account, session.client, export, Parameters(), lambda _ticket: None)
    tables = here.queries.tables(session.account, job, query=Query(), zone="UTC")
    asked = here.queries.start(session.account, text, tables, zone="UTC")
    assert asked.wait(30)
    return asked


@pytest.fixture
def asked(here: Portal, ann: TestClient) -> AskedQuery:
    return ask(here, ann, "SELECT name, '=1+1' AS formula FROM result ORDER BY name")


@pytest.mark.parametrize("format", list(Format))
def test_whoever_asked_downloads_every_format(ann: TestClient, asked: AskedQuery, format: Format) -> None:
    answer = ann.get(answer_link(asked, format))
    assert answer.status_code == 200
    assert f'filename="sql-answer.{format.value}"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert asked.answer is not None
    assert answer.content == b"".join(asked.answer.encode(format))


def test_csv_is_guarded_unless_that_is_switched_off(ann: TestClient, asked: AskedQuery) -> None:
    assert ",'=1+1\r\n" in ann.get(answer_link(asked, Format.CSV, bom=True)).text
    assert ",=1+1\r\n" in ann.get(answer_link(asked, Format.CSV, guard=False)).text
    assert json.loads(ann.get(answer_link(asked, Format.JSON)).content)[0]["formula"] == "=1+1"


def test_the_query_is_not_in_the_address(asked: AskedQuery) -> None:
    assert "SELECT" not in answer_link(asked, Format.CSV)
    assert "name" not in answer_link(asked, Format.CSV)


def test_another_account_learns_nothing_of_an_answer(here: Portal, server: DemoServer, asked: AskedQuery) -> None:
    bob = signed_in(here, server, account=1)
    foreign = bob.get(answer_link(asked, Format.CSV))
    absent = bob.get(answer_link(asked, Format.CSV).replace(asked.id, "nothing"))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.text == absent.text


def test_nobody_downloads_without_signing_in(asked: AskedQuery) -> None:
    answer = TestClient(Starlette(routes=sql_routes())).get(answer_link(asked, Format.CSV))
    assert answer.status_code == 401


def test_a_query_that_failed_has_nothing_to_download(here: Portal, ann: TestClient) -> None:
    failed = ask(here, ann, "SELECT nothing FROM result")
    assert ann.get(answer_link(failed, Format.CSV)).status_code == 404


@pytest.mark.parametrize("format", ["format=exe", ""])
def test_a_bent_link_is_refused_in_words(ann: TestClient, asked: AskedQuery, format: str) -> None:
    answer = ann.get(answer_link(asked, Format.CSV).replace("format=csv", format))
    assert answer.status_code == 400


def test_links_follow_the_base_path(asked: AskedQuery) -> None:
    assert answer_link(asked, Format.CSV, base_path="support/").startswith("/support/sql/")
    assert sql_routes(base_path="support/")[0].path == "/support/sql/{query_id}/{name}"  # type: ignore[attr-defined]
