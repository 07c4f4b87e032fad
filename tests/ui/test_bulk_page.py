"""The Bulk Close page: a list is checked, planned, confirmed by its count, and its run shown in every state."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from gladly_tools.bulk import CLOSE_CONVERSATIONS, CLOSE_TASKS, Status
from gladly_tools.bulk.records import BulkRun
from gladly_tools.demo import DemoServer
from gladly_tools.jobs import State
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.bulk.conftest import listed, open_conversations, order_for, status_of, usable_topic
from tests.conftest import UNLIMITED, make_company
from tests.ui.conftest import MAIN, PATIENCE, SID, open_page


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(make_company(), limits=UNLIMITED) as running:
        yield running


def page(**query: str) -> AppTest:
    return open_page("bulk_close", **query)


def press(at: AppTest, label: str) -> AppTest:
    button = next(button for button in at.button if button.label == label)
    return button.click().run()


def words(at: AppTest) -> str:
    every = (*at.markdown, *at.subheader, *at.caption, *at.error, *at.warning)
    return " ".join(element.value for element in every).replace("\\", "")


def finished(here: Portal, session: Session) -> BulkRun:
    run = here.bulk.list(session.account)[0]
    until = time.monotonic() + 30
    while here.bulk.get(session.account, run.id).finished_at is None and time.monotonic() < until:
        time.sleep(0.01)
    return here.bulk.get(session.account, run.id)


def upload(at: AppTest, ids: list[str]) -> AppTest:
    at.file_uploader[0].upload("ids.csv", listed("conversationId", ids))
    return at.run()


def test_a_list_is_checked_before_anything_is_sent(session: Session, server: DemoServer) -> None:
    at = upload(page(), ["abc", "1.23E+15", "abc", "def"])
    assert not at.exception
    assert "2 conversations to close" in words(at)
    assert at.dataframe[0].value["Line"].tolist() == [3, 4]
    again = page()
    assert "2 conversations to close" in words(again), "a reload lost the list"
    assert {seen.method for seen in server.seen} == {"GET"}
    assert not any("/conversations/" in seen.path for seen in server.seen)


@pytest.mark.usefixtures("session")
def test_a_list_that_cannot_be_used_says_why_and_can_be_removed() -> None:
    at = page()
    at.file_uploader[0].upload("ids.csv", b"a,b\n1,2\n")
    at.run()
    assert "No column is called conversationId" in words(at)
    at = press(at, "Remove")
    assert at.file_uploader.len == 1


def test_from_the_check_over_the_typed_count_to_the_results(here: Portal, session: Session, server: DemoServer) -> None:
    company = server.company
    ids = open_conversations(company, 60)
    company.changes.wait(ids[0], True)
    at = press(upload(page(), ids), "Check without closing")
    plan = finished(here, session)
    assert plan.is_check
    assert company.changes.counts.total() == 0
    at = page(run=plan.id)
    assert not at.exception
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Customer is waiting"] == "1"
    assert "By inbox" in words(at)
    at = press(at, "Close 59 conversations")
    assert "This changes live data in Gladly." in words(at)
    assert "Brightleaf Home & Garden" in words(at)
    at.text_input[0].input("60")
    at = confirm(at, "Close 59 conversations")
    assert "Type 59 here" in words(at)
    assert company.changes.counts.total() == 0
    at.text_input[0].input("59")
    at = confirm(at, "Close 59 conversations")
    run = finished(here, session)
    assert run.source == plan.id
    assert here.bulk.counts(run) == {Status.CLOSED: 59}
    assert status_of(company, ids[0]) == "WAITING"
    assert here.bulk.uploads.get(session.account.owner, "close-conversations") is None


def confirm(at: AppTest, label: str) -> AppTest:
    """Press the button of the dialog, which comes last on the page."""
    return [button for button in at.button if button.label == label][-1].click().run()


def test_fifty_need_no_typing(here: Portal, session: Session, server: DemoServer) -> None:
    ids = open_conversations(server.company, 50)
    at = press(upload(page(), ids), "Start Bulk Close")
    assert at.text_input.len == 0
    at = confirm(at, "Close 50 conversations")
    assert not at.exception
    run = finished(here, session)
    assert here.bulk.counts(run) == {Status.CLOSED: 50}
    assert len(here.bulk.list(session.account)) == 1


def test_a_list_changed_in_another_tab_is_not_started(here: Portal, session: Session, server: DemoServer) -> None:
    ids = open_conversations(server.company, 3)
    at = press(upload(page(), ids), "Start Bulk Close")
    here.bulk.uploads.put(
        session.account.owner, "close-conversations", name="other.csv", data=listed("conversationId", ["x"])
    )
    at = at.run()
    assert "changed in another tab" in words(at)
    assert here.bulk.list(session.account) == []


@pytest.mark.usefixtures("here")
def test_a_topic_can_be_picked_by_its_name(session: Session, server: DemoServer) -> None:
    topic = usable_topic(server.company)
    at = upload(page(), ["abc"])
    at.selectbox[0].set_value(topic)
    at = press(at.run(), "Start Bulk Close")
    name = next(one.name for one in server.company.topics if one.id == topic)
    assert name in words(at)


@pytest.mark.parametrize("typed", ["no-such-topic", "by its name"])
def test_a_topic_is_known_by_its_id_or_its_name_or_cannot_be_started_with(
    here: Portal, session: Session, server: DemoServer, typed: str
) -> None:
    here.bulk.uploads.put(session.account.owner, "close-conversations", name="ids.csv", data=b"abc")
    name = next(one.name for one in server.company.topics if one.id == usable_topic(server.company))
    at = AppTest.from_file(str(MAIN), default_timeout=PATIENCE)
    at.run().switch_page("../../pages/bulk_close.py")
    is_known = typed == "by its name"
    at.session_state["bulk:topic:close-conversations"] = f" {name.upper()} " if is_known else typed
    at.run()  # once: this driver of pages cannot send back what is not among the options
    assert not at.exception
    assert ("No topic in use has this ID" in words(at)) is not is_known
    assert ("Start Bulk Close" in {button.label for button in at.button}) is is_known
    assert ("Check without closing" in {button.label for button in at.button}) is is_known


@pytest.mark.parametrize("state", list(State))
def test_a_run_is_shown_in_every_state(here: Portal, session: Session, server: DemoServer, state: State) -> None:
    ids = [task.id for task in server.company.tasks][:5]
    run = here.bulk._create(session.account, order_for(CLOSE_TASKS, ids), "therun", origin="app")
    journal = here.runs.journal
    if state is State.RUNNING:
        journal.start(run.id)
    elif state is not State.QUEUED:
        journal.end(run.id, state, what="It went wrong.", advice="Mend it.")
        if state.finished:
            here.bulk.journal.end(run.id)
    at = page(run=run.id)
    assert not at.exception
    labels = {button.label for button in at.button}
    assert ("Pause" in labels) is state.active
    assert ("Resume" in labels) is state.resumable
    assert "ids.csv" in words(at)
    jobs = open_page("jobs")
    assert not jobs.exception
    assert "Close Tasks" in words(jobs)


def test_what_failed_is_put_into_the_form_and_what_was_closed_into_reopening(
    here: Portal, session: Session, server: DemoServer
) -> None:
    ids = open_conversations(server.company, 6)
    server.faults.add("/api/v1/conversations/", method="PATCH", status=400, body="{}", times=2)
    run, _ = here.bulk.run_here(
        session.account, session.client, order_for(CLOSE_CONVERSATIONS, ids), lambda _ticket: None
    )
    at = press(page(run=run.id), "Retry 2 failed")
    assert not at.exception
    assert "2 conversations to close" in words(at)
    at = press(page(run=run.id), "Reopen…")
    assert not at.exception
    assert "4 conversations to reopen" in words(at)


def test_the_run_of_another_account_is_not_shown(here: Portal, session: Session, server: DemoServer) -> None:
    ids = open_conversations(server.company, 2)
    run, _ = here.bulk.run_here(
        session.account, session.client, order_for(CLOSE_CONVERSATIONS, ids), lambda _ticket: None
    )
    username, token = server.accounts[1]
    here.sign_in(SID, url=server.url, username=username, api_token=token)
    at = page(run=run.id)
    assert not at.exception
    assert run.id not in words(at)
    assert "No runs yet" in words(at)


def test_a_deleted_run_leaves_its_counts(here: Portal, session: Session, server: DemoServer) -> None:
    ids = open_conversations(server.company, 2)
    run, _ = here.bulk.run_here(
        session.account, session.client, order_for(CLOSE_CONVERSATIONS, ids), lambda _ticket: None
    )
    at = press(page(run=run.id), "Delete now")
    assert not at.exception
    assert "2 closed" in words(at)
    assert "Results deleted" in words(at)


def test_the_figures_say_which_lines_of_the_results_they_leave_out(
    here: Portal, session: Session, server: DemoServer
) -> None:
    first, second = open_conversations(server.company, 2)
    order = order_for(CLOSE_CONVERSATIONS, [first, "1.23E+15", first, second])
    run, _ = here.bulk.run_here(session.account, session.client, order, lambda _ticket: None)
    at = page(run=run.id)
    assert [(metric.label, metric.value) for metric in at.metric] == [("Closed", "2")]
    assert (
        "These figures count each ID once. In the results, 1 line that was set aside is “skipped” and 1 line that "
        "repeats an ID has its outcome." in words(at)
    )
