"""One suite over all pages: each runs for whoever is signed in, shows nothing to others, and never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.identifiers import CustomerKey, KnownBy
from gladly_tools.exports.inputs import DateRange, Parameters
from gladly_tools.jobs import Job, State
from gladly_tools.ui import account as account_module
from gladly_tools.web import portal as portal_module
from gladly_tools.web.portal import Portal, close_portal, open_portal
from gladly_tools.web.vault import Session
from tests.conftest import settings_for
from tests.exports.truth import colorful_conversation

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "gladly_tools" / "ui" / "main.py"
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
SID = "a-session"
PATIENCE = 30


@pytest.fixture
def here(server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    assert portal_module._portal is None
    monkeypatch.setattr(account_module, "session_id_of", lambda _value, _key: SID)
    yield open_portal(settings_for(server, tmp_path / "data"))
    close_portal()


@pytest.fixture
def session(here: Portal, server: DemoServer) -> Session:
    here.sign_in(SID, url=server.url, username=server.username, api_token=server.api_token)
    session = here.session(SID)
    assert session is not None
    return session


def open_page(name: str, **query: str) -> AppTest:
    at = AppTest.from_file(str(MAIN), default_timeout=PATIENCE)
    at.run().switch_page(f"../../pages/{name}.py")
    for key, value in query.items():
        at.query_params[key] = value
    return at.run()


def run_export(here: Portal, session: Session, name: str, company: Company) -> Job:
    dates = DateRange(first=date(2026, 3, 9), last=date(2026, 3, 12), zone="America/New_York")
    given: dict[str, Any] = {}
    if name in ("contact-information", "freeform-topics"):
        given = {"dates": dates, "customers": False}
    elif name == "conversation":
        given = {"conversation_id": colorful_conversation(company)}
    elif name == "customer-conversations":
        given = {"customer": CustomerKey(by=KnownBy.ID, value=company.merged_chain[0])}
    parameters: Parameters = EXPORTS[name].parameters(**given)
    return here.runs.run_here(session.account, session.client, EXPORTS[name], parameters, lambda _ticket: None)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_for_who_is_signed_in(session: Session, name: str) -> None:
    at = open_page(name)
    assert not at.exception
    assert at.title[0].value.lower() == name.replace("_", " ")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_the_sign_in_and_nothing_else_to_others(name: str) -> None:
    at = open_page(name)
    assert not at.exception
    assert [title.value for title in at.title] == ["Sign in to Gladly Tools"]
    assert at.sidebar.button.len == 0


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_run_past_the_main_script_guards_itself(name: str) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=PATIENCE).run()
    assert [error.value for error in at.error] == ["You are signed out. Reload the page to sign in."]
    assert at.title.len == 0


@pytest.mark.parametrize("name", list(EXPORTS))
def test_the_result_of_every_export_is_shown_as_a_table(
    here: Portal, session: Session, name: str, company: Company
) -> None:
    job = run_export(here, session, name, company)
    at = open_page(EXPORTS[name].section.name.lower(), export=name, job=job.id)
    assert not at.exception
    if name == "conversation":
        at.session_state[f"view:{job.id}"] = "Table"
        at.run()
    if EXPORTS[name].others:
        (chooser,) = (group for group in at.segmented_control if group.label == "Table")
        assert f"({job.row_count:,})" in chooser.options[0]
    else:
        assert any(f"{job.row_count:,} rows" in caption.value for caption in at.caption)
    assert at.dataframe.len == 1


def test_the_charts_of_contact_information_show_the_figures_of_the_rows(
    here: Portal, session: Session, company: Company
) -> None:
    job = run_export(here, session, "contact-information", company)
    at = open_page("conversations", export="contact-information", job=job.id)
    at.session_state[f"view:{job.id}"] = "Charts"
    at.run()
    assert not at.exception
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Conversations"] == f"{job.row_count:,}"


def test_two_pages_of_one_session_show_nothing_of_another_account(
    here: Portal, session: Session, server: DemoServer, company: Company
) -> None:
    job = run_export(here, session, "inboxes", company)
    username, token = server.accounts[1]
    here.sign_in(SID, url=server.url, username=username, api_token=token)
    at = open_page("configuration", export="inboxes", job=job.id)
    assert not at.exception
    assert at.dataframe.len == 0
    assert any("No results yet" in markdown.value for markdown in at.markdown)


@pytest.mark.parametrize(
    ("export", "field"), [("conversation", "Conversation ID"), ("customer-conversations", "Customer")]
)
@pytest.mark.parametrize("text", ["", "no such thing", "nope"])
def test_an_id_that_leads_nowhere_is_told_at_its_field(session: Session, export: str, field: str, text: str) -> None:
    at = open_page("conversations", export=export)
    (box,) = (box for box in at.text_input if box.label == field)
    box.set_value(text).run()
    next(button for button in at.button if button.label == "Export").click().run()
    assert not at.exception
    assert at.error.len == 1
    assert any(box.value == text for box in at.text_input if box.label == field)


def test_one_of_several_customers_with_a_number_can_be_chosen(here: Portal, session: Session) -> None:
    at = open_page("conversations", export="customer-conversations")
    (box,) = (box for box in at.text_input if box.label == "Customer")
    box.set_value("+1 555 010 0000").run()
    (which,) = (box for box in at.selectbox if "customers have the phone number" in box.label)
    assert len(which.options) > 1
    which.select_index(1).run()
    next(button for button in at.button if button.label == "Export").click().run()
    assert not at.exception
    (job,) = here.runs.jobs(session.account)
    assert job.parameters["customer"]["by"] == "customer-id"
    assert which.value.endswith(job.parameters["customer"]["value"])


def test_bad_dates_are_told_at_the_form(session: Session) -> None:
    at = open_page("conversations", export="contact-information")
    at.date_input[0].set_value((date(2026, 3, 9),)).run()
    next(button for button in at.button if button.label == "Export").click().run()
    assert any("date range is not complete" in error.value.replace("\\", "") for error in at.error)


@pytest.mark.usefixtures("here")
def test_a_refused_sign_in_keeps_what_was_typed_but_not_the_token(server: DemoServer) -> None:
    at = AppTest.from_file(str(MAIN), default_timeout=PATIENCE).run()
    at.text_input[0].input("ann@example.com")
    at.text_input[1].input("a-secret-token")
    at.text_input[2].input("https://gladly.com.evil.test/")
    next(button for button in at.button if button.label == "Authenticate").click().run()
    assert not at.exception
    assert at.error.len == 1
    assert at.text_input[0].value == "ann@example.com"
    assert at.text_input[1].value == ""
    assert at.text_input[2].value == "https://gladly.com.evil.test/"
    assert "a-secret-token" not in repr(at.session_state)
    assert list(server.seen) == []


@pytest.mark.parametrize("state", list(State))
def test_the_jobs_page_shows_a_job_in_every_state_also_without_a_result(
    here: Portal, session: Session, state: State
) -> None:
    journal = here.runs.journal
    owner, runner = session.account.owner, here.runs.runner.id
    journal.create("j1", owner=owner, kind="inboxes", title="", origin="app", parameters={}, runner=runner)
    if state is State.RUNNING:
        journal.start("j1")
    elif state is not State.QUEUED:
        journal.end("j1", state, what="It went wrong.", advice="Mend it.")
    at = open_page("jobs")
    assert not at.exception
    assert any("Export Inboxes" in markdown.value for markdown in at.markdown)
    assert any(button.label == "Delete now" for button in at.button)


def test_a_tab_forgets_what_it_held_of_whoever_was_signed_in_before(
    here: Portal, session: Session, server: DemoServer
) -> None:
    at = open_page("conversations")
    at.session_state["search:x"] = "a secret search"
    at.run()
    username, token = server.accounts[1]
    here.sign_in(SID, url=server.url, username=username, api_token=token)
    at.run()
    assert not at.exception
    assert "a secret search" not in repr(at.session_state)
    assert any(username in caption.value.replace("\\", "").replace("\u2060", "") for caption in at.caption)


def test_a_page_drawn_for_one_account_does_nothing_for_another(
    here: Portal, session: Session, server: DemoServer, company: Company
) -> None:
    """The fragment of the Jobs page runs on its own; it must ask anew who is there."""
    job = run_export(here, session, "inboxes", company)
    at = open_page("jobs")
    delete = next(button for button in at.button if button.label == "Delete now")
    username, token = server.accounts[1]
    here.sign_in(SID, url=server.url, username=username, api_token=token)
    delete.click().run()
    assert here.runs.job(session.account, job.id)
