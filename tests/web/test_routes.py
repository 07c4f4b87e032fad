"""Downloads reach the account they belong to and nobody else."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gladly_tools.demo import DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import Parameters
from gladly_tools.jobs import Job
from gladly_tools.results.download import Format
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.web.cookie import NAME, new_cookie, session_id_of
from gladly_tools.web.portal import Portal
from gladly_tools.web.routes import download_link, routes
from tests.web.conftest import signed_in


@pytest.fixture
def job(here: Portal, ann: TestClient) -> Job:
    """A finished export of the first account."""
    sid = session_id_of(ann.cookies[NAME], here.cookie_key)
    session = here.session(sid)
    assert session is not None
    return here.runs.run_here(session.account, session.client, EXPORTS["inboxes"], Parameters(), lambda _ticket: None)


@pytest.mark.parametrize("format", list(Format))
def test_the_owner_downloads_every_format(ann: TestClient, job: Job, format: Format) -> None:
    answer = ann.get(download_link(job, format))
    assert answer.status_code == 200
    assert f'filename="inboxes.{format.value}"' in answer.headers["content-disposition"]
    assert answer.headers["content-encoding"] == "identity"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content


def test_a_filtered_view_downloads_its_rows_alone(ann: TestClient, here: Portal, job: Job, server: DemoServer) -> None:
    query = Query(conditions=(Condition(column="disabled", operator=Operator.IS_TRUE),))
    link = download_link(job, Format.JSON, view=here.views.put(job.id, query))
    rows = json.loads(ann.get(link).content)
    assert rows
    assert all(row["disabled"] for row in rows)
    assert "disabled" not in link, "what was filtered for stays out of the address"


def test_nobody_downloads_without_signing_in(job: Job) -> None:
    answer = TestClient(Starlette(routes=routes())).get(download_link(job, Format.CSV))
    assert answer.status_code == 401
    assert "inbox" not in answer.text.lower()


def test_a_forged_cookie_downloads_nothing(job: Job) -> None:
    browser = TestClient(Starlette(routes=routes()))
    browser.cookies.set(NAME, new_cookie(b"x" * 32))
    assert browser.get(download_link(job, Format.CSV)).status_code == 401


def test_another_account_learns_nothing_of_a_job(here: Portal, server: DemoServer, job: Job) -> None:
    bob = signed_in(here, server, account=1)
    foreign = bob.get(download_link(job, Format.CSV))
    absent = bob.get(download_link(job, Format.CSV).replace(job.id, "nothing"))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.text == absent.text


def test_signing_out_ends_the_downloads(here: Portal, ann: TestClient, job: Job) -> None:
    sid = session_id_of(ann.cookies[NAME], here.cookie_key)
    assert sid is not None
    here.sign_out(sid)
    assert ann.get(download_link(job, Format.CSV)).status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda link: link.replace("format=csv", "format=exe"), 400),
        (lambda link: link.replace("format=csv", ""), 400),
        (lambda link: f"{link}&view=unknown", 404),
        (lambda link: link.replace("/results/", "/results/..%2F"), 404),
    ],
)
def test_a_bent_link_is_refused_in_words(ann: TestClient, job: Job, change: object, status: int) -> None:
    answer = ann.get(change(download_link(job, Format.CSV)))  # type: ignore[operator]
    assert answer.status_code == status


def test_a_job_name_cannot_inject_a_header(ann: TestClient, job: Job) -> None:
    link = download_link(job, Format.CSV).replace("inboxes.csv", "x%0d%0aSet-Cookie:%20a=b.csv")
    answer = ann.get(link)
    assert "set-cookie" not in answer.headers
    assert 'filename="inboxes.csv"' in answer.headers["content-disposition"]


def test_links_follow_the_base_path(job: Job) -> None:
    assert download_link(job, Format.CSV, base_path="support/").startswith("/support/results/")
    assert routes(base_path="support/")[0].path == "/support/results/{job_id}/{name}"  # type: ignore[attr-defined]
