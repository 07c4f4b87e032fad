"""Saved views and links on the page: kept, applied as far as they fit, and for one account alone."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import NotFoundError
from gladly_tools.jobs import Job
from gladly_tools.results.query import Condition, Operator, Query, Sort
from gladly_tools.results.table import Table
from gladly_tools.saved_views import View
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.ui.conftest import SID, open_page
from tests.ui.test_filters import kept, only, page_of, pills, press, revision, shown_rows
from tests.ui.test_pages import run_export

SHELF = "contact-information"
CLOSED = Condition(column="Status", operator=Operator.ONE_OF, values=("CLOSED",))
VIEW = View(
    query=Query(conditions=(CLOSED,), search="a", sort=(Sort(column="Created At", descending=True),)),
    columns=("Created At", "Status"),
)


@pytest.fixture
def job(here: Portal, session: Session, company: Company) -> Job:
    return run_export(here, session, "contact-information", company)


@pytest.fixture
def table(here: Portal, session: Session, job: Job) -> Table:
    result = here.runs.result(session.account, job.id)
    assert result is not None
    return Table(result)


def open_menu(at: AppTest, job: Job, menu: str = "views") -> AppTest:
    at.session_state[f"{menu}:{job.id}:{revision(at, job)}"] = True
    at.run()
    assert not at.exception
    return at


def save(at: AppTest, name: str) -> AppTest:
    (box,) = (box for box in at.text_input if (box.key or "").startswith("save view:"))
    box.input(name)
    return press(at, "Save view")


def names(here: Portal, session: Session, shelf: str = SHELF) -> list[str]:
    return [saved.name for saved in here.saved.list(session.account.owner, shelf)]


def said(at: AppTest) -> str:
    kinds = (at.warning, at.error, at.info, at.caption, at.toast, at.markdown)
    return "\n".join(each.value for kind in kinds for each in kind).replace("\\", "")


def test_what_is_seen_is_saved_and_applied_to_another_result(
    here: Portal, session: Session, job: Job, company: Company
) -> None:
    here.views.remember(SID, job.id, VIEW.query)
    at = page_of(job)
    at.session_state[f"columns:{job.id}"] = list(VIEW.columns)
    open_menu(at, job)
    assert "No saved views yet" in said(at)
    assert "Status is one of CLOSED; any text contains “a”; ordered by Created At" in said(at)
    save(at, " Closed  ones ")
    assert names(here, session) == ["Closed ones"]
    (saved,) = here.saved.list(session.account.owner, SHELF)
    assert saved.view == VIEW
    here.runs.delete(session.account, job.id)
    another = run_export(here, session, "contact-information", company)
    at = page_of(another)
    everything = shown_rows(at)
    open_menu(at, another)
    press(at, "Closed ones")
    assert kept(at, another) == (CLOSED,)
    assert list(at.dataframe[0].value.columns) == ["Created At", "Status"]
    assert list(at.dataframe[0].value["Created At"]) == sorted(at.dataframe[0].value["Created At"], reverse=True)
    assert 0 < shown_rows(at) < everything
    assert only(at.button, label="Undo").help == "Take back\\: Applied the view “Closed ones”"
    press(at, "Undo")
    assert shown_rows(at) == everything
    assert len(at.dataframe[0].value.columns) > 2


def test_a_view_of_columns_that_a_result_lacks_is_applied_as_far_as_it_fits(
    here: Portal, session: Session, job: Job, table: Table
) -> None:
    view = View(
        query=Query(
            conditions=(
                CLOSED,
                Condition(column="Gone", operator=Operator.IS_EMPTY),
                Condition(column="Status", operator=Operator.BETWEEN, values=(1, 2)),
            ),
            sort=(Sort(column="Gone"),),
        ),
        columns=("Status", "Left"),
    )
    here.saved.save(session.account.owner, SHELF, "old", view)
    at = page_of(job)
    open_menu(at, job)
    press(at, "old")
    assert kept(at, job) == (CLOSED,)
    assert shown_rows(at) == table.count(Query(conditions=(CLOSED,)))
    wanted = (
        "Left out, since this result does not have it: the filter on “Gone”, the filter on “Status”,"
        " the order by “Gone”, the column “Left”."
    )
    assert wanted in said(at)
    press(at, "Undo")
    assert "Left out" not in said(at)


def test_a_name_that_is_taken_is_asked_about(here: Portal, session: Session, job: Job) -> None:
    owner = session.account.owner
    here.saved.save(owner, SHELF, "Mine", VIEW)
    at = page_of(job)
    open_menu(at, job)
    save(at, "MINE")
    assert "There is a view “MINE” already." in said(at)
    assert [saved.view for saved in here.saved.list(owner, SHELF)] == [VIEW]
    press(at, "Replace “MINE”")
    (saved,) = here.saved.list(owner, SHELF)
    assert (saved.name, saved.view and saved.view.query) == ("Mine", Query())


def test_no_name_is_told_in_words(here: Portal, session: Session, job: Job) -> None:
    at = page_of(job)
    open_menu(at, job)
    save(at, "  ")
    assert "The view has no name." in said(at)
    assert names(here, session) == []


def test_a_view_is_renamed_replaced_and_deleted_after_asking(here: Portal, session: Session, job: Job) -> None:
    owner = session.account.owner
    here.saved.save(owner, SHELF, "first", VIEW)
    at = page_of(job)
    open_menu(at, job)
    press(at, "Change")
    only(at.text_input, label="Name", value="first").set_value("second").run()
    press(at, "Rename")
    assert names(here, session) == ["second"]
    press(at, "Change")
    press(at, "Replace")
    assert "“second” then holds what you see now." in said(at)
    press(at, "Keep it")
    assert [saved.view for saved in here.saved.list(owner, SHELF)] == [VIEW]
    press(at, "Replace")
    press(at, "Yes, replace it")
    assert [saved.view and saved.view.query for saved in here.saved.list(owner, SHELF)] == [Query()]
    press(at, "Change")
    press(at, "Delete")
    assert names(here, session) == ["second"]
    press(at, "Yes, delete it")
    assert names(here, session) == []
    assert "No saved views yet" in said(at)


def test_a_view_that_was_deleted_in_another_window_is_told_in_words(here: Portal, session: Session, job: Job) -> None:
    view_id = here.saved.save(session.account.owner, SHELF, "first", VIEW)
    at = page_of(job)
    open_menu(at, job)
    press(at, "Change")
    here.saved.delete(session.account.owner, view_id)
    press(at, "Rename")
    assert not at.exception


def test_each_table_of_a_result_has_views_of_its_own(here: Portal, session: Session, company: Company) -> None:
    job = run_export(here, session, "customer-conversations", company)
    result = here.runs.result(session.account, job.id)
    assert result is not None
    first, second = result.tables
    for name in (first, second):
        here.saved.save(session.account.owner, f"customer-conversations:{name}", f"of {name}", VIEW)
    at = open_page("conversations", export="customer-conversations", job=job.id)
    at.session_state[f"which table:{job.id}"] = second
    at.session_state[f"view:{job.id}:{second}"] = "Table"
    at.session_state[f"views:{job.id}:{second}:0"] = True
    at.run()
    assert not at.exception
    assert [button.label.replace("\\", "") for button in at.button if button.label.startswith("of ")] == [
        f"of {second}"
    ]


def test_a_damaged_file_leaves_the_result_alone_and_is_told(
    here: Portal, session: Session, job: Job, table: Table
) -> None:
    path = here.settings.data_dir / "views.sqlite"
    here.saved.save(session.account.owner, SHELF, "lost", VIEW)
    path.write_bytes(b"nothing that SQLite knows" * 400)
    at = page_of(job)
    open_menu(at, job)
    assert "The file of the saved views was damaged. It is kept in the data folder as views.damaged-" in said(at)
    assert shown_rows(at) == table.rows
    save(at, "new")
    assert names(here, session) == ["new"]


def link_of(at: AppTest, job: Job) -> dict[str, str]:
    """The query string of the link that the Share button shows."""
    open_menu(at, job, "share")
    (code,) = at.code
    return {name: values[0] for name, values in parse_qs(urlsplit(code.value).query).items()}


def test_a_link_opens_the_result_with_its_filters_and_tells_nothing_of_them(
    here: Portal, session: Session, job: Job, table: Table
) -> None:
    here.views.remember(SID, job.id, VIEW.query)
    link = link_of(page_of(job), job)
    assert set(link) == {"export", "job", "shared"}
    assert "CLOSED" not in str(link)
    here.views.remember(SID, job.id, Query(search="something else"))
    at = page_of(job, shared=link["shared"])
    assert kept(at, job) == (CLOSED,)
    assert shown_rows(at) == table.count(VIEW.query)
    assert "shared" not in at.query_params
    assert only(at.button, label="Undo").help == "Take back\\: Opened a link"
    press(at, "Clear all")
    assert shown_rows(at) == table.rows


def test_a_link_to_a_further_table_opens_that_table(here: Portal, session: Session, company: Company) -> None:
    job = run_export(here, session, "customer-conversations", company)
    result = here.runs.result(session.account, job.id)
    assert result is not None
    second = list(result.tables)[1]
    condition = Condition(column="conversationId", operator=Operator.IS_EMPTY, negated=True)
    view = View(query=Query(conditions=(condition,)))
    key = here.saved.share(session.account.owner, job.id, f"{job.id}:{second}", view)
    at = open_page("conversations", export="customer-conversations", job=job.id, shared=key)
    assert not at.exception
    assert pills(at) == ["conversationId is not empty"]
    assert only(at.segmented_control, label="Table").value == second


@pytest.mark.parametrize("key", ["nope", "", "x" * 10_000, "'; drop table links; --"])
def test_an_unknown_key_shows_the_result_unfiltered_and_says_so(
    here: Portal, session: Session, job: Job, table: Table, key: str
) -> None:
    here.views.remember(SID, job.id, VIEW.query)
    at = page_of(job, shared=key)
    assert "The filters of this link were not found." in said(at)
    assert kept(at, job) == ()
    assert shown_rows(at) == table.rows
    press(at, "Dismiss")
    assert "not found" not in said(at)


def test_another_account_is_told_that_nothing_was_found(
    here: Portal, session: Session, server: DemoServer, job: Job
) -> None:
    key = here.saved.share(session.account.owner, job.id, job.id, VIEW)
    username, token = server.accounts[1]
    here.sign_in(SID, url=server.url, username=username, api_token=token)
    at = page_of(job, shared=key)
    assert "The filters of this link were not found." in said(at)
    assert at.dataframe.len == 0
    assert "CLOSED" not in repr(at.session_state)


def test_the_link_of_a_deleted_result_is_told_and_forgotten(here: Portal, session: Session, job: Job) -> None:
    owner = session.account.owner
    key = here.saved.share(owner, job.id, job.id, VIEW)
    here.runs.delete(session.account, job.id)
    at = page_of(job, shared=key)
    assert "The result of this link is gone." in said(at)
    here.runs.sweep()
    with pytest.raises(NotFoundError):
        here.saved.shared(owner, key)
