"""Reports reach the account they belong to and nobody else, as a file."""

from __future__ import annotations

from datetime import date

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange, Parameters
from gladly_tools.exports.search_questions import Where
from gladly_tools.jobs import Job
from gladly_tools.report_file import pictures
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.web.cookie import NAME, session_id_of
from gladly_tools.web.portal import Portal
from gladly_tools.web.routes import report_link, routes, view_key
from tests.exports.truth import daily_job
from tests.report_file.making import blank
from tests.report_file.reading import facts_of, parsed
from tests.web.conftest import signed_in

DATES = DateRange(first=date(2026, 3, 11), last=date(2026, 3, 12), zone="America/New_York")


def run(here: Portal, browser: TestClient, export: str, **given: object) -> Job:
    session = here.session(session_id_of(browser.cookies[NAME], here.cookie_key))
    assert session is not None
    declared = EXPORTS[export]
    parameters: Parameters = declared.parameters(**given)
    return here.runs.run_here(session.account, session.client, declared, parameters, lambda _ticket: None)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves every drawing empty, where a test is about whose report it is and of which rows."""
    monkeypatch.setattr(pictures, "render_all", blank)


@pytest.fixture
def job(here: Portal, ann: TestClient) -> Job:
    """A finished export of the first account."""
    return run(here, ann, "contact-information", dates=DATES, customers=False)


def test_the_owner_downloads_the_report_as_a_file(ann: TestClient, job: Job) -> None:
    answer = ann.get(report_link(job))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    name = "contact-information_2026-03-11_2026-03-12_report.html"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["cache-control"] == "no-store"
    assert f"{job.row_count:,}" == facts_of(parsed(answer.content))["Rows"]


@pytest.mark.usefixtures("undrawn")
def test_a_filtered_view_has_a_report_of_its_rows(ann: TestClient, here: Portal, job: Job) -> None:
    query = Query(conditions=(Condition(column="Status", operator=Operator.ONE_OF, values=("OPEN",)),))
    link = report_link(job, view=here.views.put(job.id, query))
    answer = ann.get(link)
    assert "OPEN" not in link, "what was filtered for stays out of the address"
    assert "_report_filtered.html" in answer.headers["content-disposition"]
    assert facts_of(parsed(answer.content))["Filters"].startswith("Status is")


@pytest.mark.usefixtures("undrawn")
def test_the_report_has_the_charts_that_are_chosen_on_the_page(ann: TestClient, job: Job) -> None:
    usual, by_week = (
        [each.words for each in parsed(ann.get(report_link(job, chosen=chosen)).content).all("h3")]
        for chosen in ({"step": "Never", "nothing": "x"}, {"step": "Week"})
    )
    assert "Conversations per day" in usual
    assert "Conversations per week" in by_week


@pytest.mark.usefixtures("undrawn")
def test_of_several_tables_the_first_has_a_report_with_its_filters(
    ann: TestClient, here: Portal, company: Company
) -> None:
    job = run(here, ann, "file-export", where=Where(job_ids=(daily_job(company).id,)))
    table = "conversation_items"
    query = Query(conditions=(Condition(column="initiator.type", operator=Operator.ONE_OF, values=("CUSTOMER",)),))
    link = report_link(job, table=table, view=here.views.put(view_key(job, table), query))
    assert facts_of(parsed(ann.get(link).content))["Filters"].endswith("CUSTOMER")
    assert ann.get(report_link(job, table="agents")).status_code == 404


def test_nobody_gets_a_report_without_signing_in(job: Job) -> None:
    assert TestClient(Starlette(routes=routes())).get(report_link(job)).status_code == 401


def test_another_account_learns_nothing_of_a_report(here: Portal, server: DemoServer, job: Job) -> None:
    bob = signed_in(here, server, account=1)
    foreign = bob.get(report_link(job))
    absent = bob.get(report_link(job).replace(job.id, "nothing"))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.text == absent.text


def test_a_result_without_charts_has_no_report(here: Portal, ann: TestClient) -> None:
    answer = ann.get(report_link(run(here, ann, "inboxes")))
    assert answer.status_code == 404
    assert "Reports are made of results that have charts." in answer.text


def test_a_view_that_is_not_known_any_more_is_refused_in_words(ann: TestClient, job: Job) -> None:
    answer = ann.get(report_link(job, view="unknown"))
    assert answer.status_code == 404
    assert "no longer known" in answer.text


def test_links_follow_the_base_path(job: Job) -> None:
    assert report_link(job, base_path="support/").startswith("/support/reports/")
