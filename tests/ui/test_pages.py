"""One suite over all pages: each runs for whoever is signed in, shows nothing to others, and never a traceback."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gladly_tools import clock
from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.identifiers import CustomerKey, KnownBy
from gladly_tools.exports.inputs import DateRange, Parameters
from gladly_tools.exports.search_questions import Where
from gladly_tools.jobs import Job, State
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.store import Result
from gladly_tools.ui.prompts import why_silent
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.conftest import NOW
from tests.exports.test_every_export import wait_for
from tests.exports.truth import answers, colorful_conversation, daily_job
from tests.ui.conftest import MAIN, PATIENCE, ROOT, SID, open_page

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


def run_export(here: Portal, session: Session, name: str, company: Company) -> Job:
    dates = DateRange(first=date(2026, 3, 9), last=date(2026, 3, 12), zone="America/New_York")
    given: dict[str, Any] = {}
    if name in ("contact-information", "freeform-topics"):
        given = {"dates": dates, "customers": False}
    elif name == "conversation":
        given = {"conversation_id": colorful_conversation(company)}
    elif name in ("events", "call-events"):
        given = answers(name, company)
    elif name == "event-history":
        given = {"dates": dates, "report": "contact"}
    elif name == "file-export":
        given = {"where": Where(job_ids=(daily_job(company).id,))}
    elif name == "customer-conversations":
        given = {"customer": CustomerKey(by=KnownBy.ID, value=company.merged_chain[0])}
    parameters: Parameters = EXPORTS[name].parameters(**given)
    return here.runs.run_here(session.account, session.client, EXPORTS[name], parameters, lambda _ticket: None)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_for_who_is_signed_in(session: Session, name: str) -> None:
    at = open_page(name)
    assert not at.exception
    assert at.title[0].value.lower() == name.replace("_", " ")


@pytest.mark.usefixtures("session")
def test_a_link_to_a_result_that_is_gone_says_so() -> None:
    at = open_page("conversations", export="contact-information", job="nosuch")
    assert [toast.value for toast in at.toast] == ["The result in the address is gone."]
    at = open_page("conversations", export="contact-information")
    assert not at.toast


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
    if name in ("conversation", "call-events", "file-export", "ivr-recordings"):
        place = f"{job.id}:conversation_items" if name == "file-export" else job.id
        at.session_state[f"view:{place}"] = "Table"
        at.run()
    if EXPORTS[name].others:
        (chooser,) = (group for group in at.segmented_control if group.label == "Table")
        assert f"({job.row_count:,})" in chooser.options[0]
    else:
        assert any(f"{job.row_count:,} rows" in caption.value for caption in at.caption)
    assert at.dataframe.len == 1


def test_a_result_that_is_damaged_in_the_middle_says_so_and_leads_to_the_jobs(
    here: Portal, session: Session, company: Company
) -> None:
    job = run_export(here, session, "topics", company)
    result = here.runs.result(session.account, job.id)
    assert result is not None
    path = result.folder / "rows.parquet"
    with path.open("r+b") as file:
        file.seek(4)
        file.write(b"\xff" * 400)
    at = open_page("configuration", export="topics", job=job.id)
    assert not at.exception
    assert not at.error
    assert any("damaged" in warning.value and "Delete the result" in warning.value for warning in at.warning)
    assert [link.proto.label for link in at.get("page_link")] == ["Open Jobs"]


def test_all_columns_are_told_in_one_table_without_a_box_to_scroll(
    here: Portal, session: Session, company: Company
) -> None:
    job = run_export(here, session, "contact-information", company)
    at = open_page("conversations", export="contact-information", job=job.id)
    at.session_state[f"view:{job.id}"] = "About the columns"
    at.run()
    assert not at.exception
    assert at.dataframe.len == 0
    (told,) = at.table
    shown = [str(name).replace("\\", "").strip("*") for name in told.value["Column"]]
    result = here.runs.result(session.account, job.id)
    assert result is not None
    assert shown == [column.name for column in result.columns]
    assert len(shown) > 50


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


def errors_of(at: AppTest) -> list[str]:
    """The errors on the page as they are read, without what keeps an address from becoming a link."""
    return [error.value.replace("\\", "").replace("\u2060", "") for error in at.error]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nobody0@nowhere.example", "No customer has the e-mail address nobody0@nowhere.example."),
        ("+1 555 999 0000", "No customer has the phone number +15559990000."),
        ("650 555 0123", "is not a phone number with its country"),
    ],
)
def test_who_is_no_customer_is_told_at_the_field_before_anything_is_exported(
    session: Session, text: str, words: str
) -> None:
    at = open_page("conversations", export="customer-conversations")
    assert at.error.len == 0
    (box,) = (box for box in at.text_input if box.label == "Customer")
    box.set_value(text).run()
    assert [words in told for told in errors_of(at)] == [True]
    next(button for button in at.button if button.label == "Export").click().run()
    assert [words in told for told in errors_of(at)] == [True]


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


def test_the_jobs_page_names_a_check_a_check(here: Portal, session: Session) -> None:
    journal = here.runs.journal
    owner, runner = session.account.owner, here.runs.runner.id
    for place, is_check in enumerate((True, False)):
        journal.create(
            f"b{place}",
            owner=owner,
            kind="close-conversations",
            title="ids.csv",
            origin="app",
            parameters={"is_check": is_check},
            runner=runner,
        )
        journal.end(f"b{place}", State.DONE)
    at = open_page("jobs")
    assert not at.exception
    shown = [markdown.value for markdown in at.markdown]
    check, close = (
        shown.index(f"**{title}**") for title in ("Check before Close Conversations", "Close Conversations")
    )
    assert "Checked" in shown[check + 1]
    assert "Done" in shown[close + 1]


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


def wait_for_result(here: Portal, session: Session, job_id: str) -> Result:
    wait_for(here.runs, session.account, job_id)
    result = here.runs.result(session.account, job_id)
    assert result is not None
    return result


def label_of(at: AppTest, text: str) -> list[str]:
    return [element.value.replace("\\", "") for element in at.get(text)]


def test_the_charts_of_events_show_every_event_and_what_agents_did(
    here: Portal, session: Session, company: Company
) -> None:
    job = run_export(here, session, "events", company)
    at = open_page("events", export="events", job=job.id)
    at.session_state[f"view:{job.id}"] = "Charts"
    at.run()
    assert not at.exception
    assert f"{job.row_count:,} events. Times in America/New_York." in label_of(at, "caption")
    assert any("nothing is known of them: unknown" in text for text in label_of(at, "caption"))
    assert any(text.startswith("**Events per") for text in label_of(at, "markdown"))


def test_a_filtered_conversation_tells_its_story(here: Portal, session: Session, company: Company) -> None:
    job = run_export(here, session, "events", company)
    window = answers("events", company)["window"]
    event = company.events.between(window.start, window.end, ("CONTACT",))[-1]
    conversation_id = event.content["conversationId"]
    query = Query(
        conditions=(Condition(column="content.conversationId", operator=Operator.EQUALS, values=(conversation_id,)),)
    )
    here.views.remember(SID, job.id, query)
    at = open_page("events", export="events", job=job.id)
    at.session_state[f"view:{job.id}"] = "Charts"
    at.run()
    assert not at.exception
    assert f"**Story of conversation {conversation_id}**" in label_of(at, "markdown")
    story = at.dataframe[0].value
    told = [
        one
        for one in company.events.between(window.start, window.end)
        if one.content.get("conversationId") == conversation_id
    ]
    assert len(story) == len(told)


def test_the_history_of_events_has_charts_too(here: Portal, session: Session, company: Company) -> None:
    job = run_export(here, session, "event-history", company)
    at = open_page("events", export="event-history", job=job.id)
    at.session_state[f"view:{job.id}"] = "Charts"
    at.run()
    assert not at.exception
    assert any(text.startswith(f"{job.row_count:,} events.") for text in label_of(at, "caption"))


def test_a_call_is_shown_as_lanes_with_figures_words_and_its_source(
    here: Portal, session: Session, company: Company
) -> None:
    job = run_export(here, session, "call-events", company)
    at = open_page("logs", job=job.id)
    assert not at.exception
    assert [metric.label for metric in at.metric] == ["Whole call", "Until the answer", "Customer on hold", "Agents"]
    words = "\n".join(label_of(at, "markdown"))
    assert "(customer): waited for" in words
    assert ": phone rang for" in words
    assert "rang the customer for" not in words


def test_of_a_call_that_an_agent_made_it_is_told_who_rang_whom(
    here: Portal, session: Session, company: Company
) -> None:
    call = next(
        contact
        for conversation_id in list(company.conversations)[-4000:-600]
        for contact in company.contacts_of(company.conversations[conversation_id])
        if contact.channel == "PHONE_CALL" and not contact.is_inbound and contact.answered_at is not None
    )
    export = EXPORTS["call-events"]
    given = export.parameters(item_id=call.id)
    job = here.runs.run_here(session.account, session.client, export, given, lambda _ticket: None)
    words = "\n".join(label_of(open_page("logs", job=job.id), "markdown"))
    assert "(customer): phone rang for" in words
    assert "rang the customer for" in words


def test_a_call_names_the_source_of_its_events(here: Portal, session: Session, company: Company) -> None:
    at = open_page("logs", job=run_export(here, session, "call-events", company).id)
    assert any("Source: the call's own events" in text for text in label_of(at, "caption"))


def test_no_prompt_is_played_before_one_is_chosen(here: Portal, session: Session, company: Company) -> None:
    job = run_export(here, session, "ivr-recordings", company)
    at = open_page("ivr", job=job.id)
    assert not at.exception
    assert "18 prompts, 18 audio files." in label_of(at, "caption")
    assert list(at.dataframe[0].value["Prompt Name"])[:2] == ["Welcome", "WELCOME"]
    assert len(at.get("audio")) == 0


@pytest.mark.parametrize(
    ("status", "words"),
    [("no audio", "has no audio"), ("not an MP3", "is no MP3"), ("failed", "Export again"), ("odd", "no audio")],
)
def test_a_prompt_that_cannot_be_heard_says_why(status: str, words: str) -> None:
    assert words in why_silent(status)


def test_event_types_are_offered_for_the_chosen_entities_alone(session: Session) -> None:
    at = open_page("events", export="events")
    labels = [box.label.replace("\\", "") for box in at.checkbox]
    assert labels[:4] == ["AGENT_AVAILABILITY", "AGENT_STATUS", "CONTACT", "CONVERSATION"]
    assert {"HOLD_STARTED", "TOPIC_ADDED"} <= set(labels)
    assert "FOLLOWER_ADDED" not in labels
    next(box for box in at.checkbox if box.label == "TASK").check().run()
    assert "FOLLOWER_ADDED" in [box.label.replace("\\", "") for box in at.checkbox]


def test_no_entity_chosen_is_told_at_the_entities(session: Session) -> None:
    at = open_page("events", export="events")
    for box in at.checkbox:
        if box.value:
            box.uncheck()
    at.run()
    next(button for button in at.button if button.label == "Export").click().run()
    assert [error.value.replace("\\", "") for error in at.error] == [
        "None of the entity types is chosen. Choose at least one."
    ]


def test_the_window_moves_with_the_clock(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page("events", export="events")
    assert any("2026-03-20 13:29 to 14:29" in text for text in label_of(at, "caption"))
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=20))
    at.run()
    assert any("2026-03-20 13:49 to 14:49" in text for text in label_of(at, "caption"))


def test_a_start_that_grew_too_old_in_an_open_form_is_moved_up_and_said(
    here: Portal, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page("events", export="events")
    next(group for group in at.segmented_control if group.label == "Window").set_value("Start and end").run()
    start, end = at.datetime_input
    start.set_value(datetime(2026, 3, 19, 15, 0))  # noqa: DTZ001 a wall clock has no zone
    end.set_value(datetime(2026, 3, 19, 20, 0))  # noqa: DTZ001
    at.run()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=3))
    next(button for button in at.button if button.label == "Export").click().run()
    assert not at.exception
    (job,) = here.runs.jobs(session.account)
    result = wait_for_result(here, session, job.id)
    assert any("instead of 2026-03-19 15:00:00" in note.text for note in result.manifest.notes)


def test_calls_of_a_conversation_are_offered_to_choose_from(here: Portal, session: Session, company: Company) -> None:
    conversation_id = next(
        each
        for each in company.conversations
        if len([one for one in company.items_of(company.conversations[each]) if one.type == "PHONE_CALL"]) > 1
    )
    at = open_page("logs")
    at.text_input[0].set_value(conversation_id).run()
    (which,) = (box for box in at.selectbox if "phone calls" in box.label)
    which.select_index(1).run()
    next(button for button in at.button if button.label == "Export").click().run()
    assert not at.exception
    (job,) = here.runs.jobs(session.account)
    assert company.item(job.parameters["item_id"]).type == "PHONE_CALL"
    assert company.item(job.parameters["item_id"]).conversation_id == conversation_id


def test_a_conversation_without_a_call_is_told_once(session: Session, company: Company) -> None:
    without = next(
        each
        for each in company.conversations
        if not any(item.type == "PHONE_CALL" for item in company.items_of(company.conversations[each]))
    )
    at = open_page("logs")
    at.text_input(key="call-events:item_id").input(without).run()
    said = [text for text in label_of(at, "caption") if "This conversation has no phone call" in text]
    assert len(said) == 1
    at.button(key="call-events:run").click().run()
    said = [text for text in label_of(at, "caption") if "This conversation has no phone call" in text]
    assert said == []
    (error,) = at.error
    assert "This conversation has no phone call" in error.value
    at.text_input(key="call-events:item_id").input("elsewhere").run()
    assert not at.error


def test_kinds_of_item_are_offered_in_words_and_asked_for_by_code(session: Session) -> None:
    at = open_page("conversations", export="file-export")
    (kinds,) = (each for each in at.multiselect if each.label == "Kinds of item")
    assert kinds.options[:2] == ["Chat message", "Note"]
    assert not [option for option in kinds.options if "_" in option or (option.isupper() and option != "SMS")]
    kinds.select("Topics added or removed").run()
    assert at.session_state["file-export:types"] == ["TOPIC_CHANGE"]


def test_two_results_of_the_same_minute_can_be_told_apart_and_each_be_chosen(
    here: Portal, session: Session, server: DemoServer
) -> None:
    for _ in range(2):
        here.runs.run_here(session.account, session.client, EXPORTS["inboxes"], Parameters(), lambda _ticket: None)
    newest, oldest = here.runs.jobs(session.account)
    at = open_page("configuration", export="inboxes")
    which = next(box for box in at.selectbox if box.label == "Which result")
    assert len(set(which.options)) == 2
    assert at.query_params["job"] == newest.id
    which.select_index(1).run()
    assert at.query_params["job"] == oldest.id
