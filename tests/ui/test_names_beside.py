"""Names stand beside ids where they are known, after the ids, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.event_history import EventHistoryParameters
from gladly_tools.exports.inputs import DateRange
from gladly_tools.jobs import Job
from gladly_tools.names import Known
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from gladly_tools.ui.names_beside import with_names
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.exports.truth import daily_job
from tests.results.making import table_of
from tests.ui.conftest import SID, open_page
from tests.ui.test_pages import run_export

COLUMNS = (
    Column(name="Customer ID", kind=Kind.ID, of="customers"),
    Column(name="content.agentId", kind=Kind.ID, of="agents"),
    Column(name="agent", name_of="content.agentId"),
    Column(name="topicIds", kind=Kind.LIST, of="topics"),
    Column(name="Contact ID", kind=Kind.ID),
)
ROWS: tuple[Row, ...] = (
    {"Customer ID": "c1", "content.agentId": "a1", "topicIds": ["t1", "t2"], "Contact ID": "x"},
    {"Customer ID": "c2", "topicIds": []},
    {"Customer ID": None, "content.agentId": "a2"},
)
NEW = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


class Told:
    """Names as told, with what was asked for."""

    def __init__(self, names: Mapping[str, str], *, oldest: datetime = NEW) -> None:
        self.names = names
        self.oldest = oldest
        self.asked: dict[str, set[str]] = {}

    def known(self, kind: str, ids: object) -> Known:
        self.asked[kind] = set(ids)  # type: ignore[call-overload]
        found = {id_: self.names[id_] for id_ in self.asked[kind] & self.names.keys()}
        return Known(names=found, newest=NEW if found else None, oldest=self.oldest if found else None)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return table_of(ResultStore(tmp_path), COLUMNS, ROWS)


def test_a_name_column_follows_its_ids(table: Table) -> None:
    told = Told({"c1": "Ada", "a1": "Bo", "t2": "Refund"})
    beside = with_names(table.page(), table, told, "UTC")  # type: ignore[arg-type]
    assert list(beside.frame.columns) == [
        "Customer ID",
        "Customer name",
        "content.agentId",
        "content.agent name",
        "agent",
        "topicIds",
        "topic names",
        "Contact ID",
    ]
    assert list(beside.frame["Customer name"]) == ["Ada", None, None]
    assert list(beside.frame["topic names"]) == [["t1", "Refund"], None, None]
    assert beside.added["topic names"].kind is Kind.LIST
    assert all(column.beside for column in beside.added.values())


def test_only_the_ids_of_the_page_are_asked_for(table: Table) -> None:
    told = Told({})
    with_names(table.page(limit=1), table, told, "UTC")  # type: ignore[arg-type]
    assert told.asked == {"customers": {"c1"}, "agents": {"a1"}, "topics": {"t1", "t2"}}


def test_where_nothing_is_known_there_is_no_column(table: Table) -> None:
    beside = with_names(table.page(), table, Told({}), "UTC")  # type: ignore[arg-type]
    assert list(beside.frame.columns) == [column.name for column in COLUMNS]
    assert beside.added == {}


def test_ids_that_the_result_names_itself_get_no_second_name(tmp_path: Path) -> None:
    table = table_of(ResultStore(tmp_path), COLUMNS, ({"content.agentId": "a1", "agent": "Bo"},))
    told = Told({"a1": "Somebody else"})
    beside = with_names(table.page(), table, told, "UTC")  # type: ignore[arg-type]
    assert "content.agent name" not in beside.frame.columns
    assert "agents" not in told.asked


def test_a_column_that_is_not_shown_is_not_asked_about(table: Table) -> None:
    told = Told({"c1": "Ada"})
    with_names(table.page(columns=["Contact ID"]), table, told, "UTC")  # type: ignore[arg-type]
    assert told.asked == {}


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("Merged Customer ID", "Merged Customer name"),
        ("Inbox ID - Current", "Inbox name - Current"),
        ("content.customerId", "content.customer name"),
        ("content.addedTopicIds", "content.addedTopic names"),
        ("initiator.id", "initiator name"),
        ("id", "name"),
        ("assignee", "Name of assignee"),
    ],
)
def test_the_name_column_is_called_after_its_ids(tmp_path: Path, column: str, name: str) -> None:
    table = table_of(ResultStore(tmp_path), (Column(name=column, kind=Kind.ID, of="agents"),), ({column: "a1"},))
    assert list(with_names(table.page(), table, Told({"a1": "Bo"}), "UTC").added) == [name]  # type: ignore[arg-type]


def test_a_name_column_never_takes_the_place_of_another_column(tmp_path: Path) -> None:
    columns = (Column(name="Customer ID", kind=Kind.ID, of="customers"), Column(name="Customer name"))
    table = table_of(ResultStore(tmp_path), columns, ({"Customer ID": "c1", "Customer name": "as sent"},))
    frame = with_names(table.page(), table, Told({"c1": "Ada"}), "UTC").frame  # type: ignore[arg-type]
    assert list(frame.iloc[0]) == ["c1", "Ada", "as sent"]


@pytest.mark.parametrize(
    ("oldest", "since"),
    [
        (NEW, "the result from 3 Mar 2026, 14:05"),
        (NEW - timedelta(days=2), "results from 1 Mar 2026, 14:05 to 3 Mar 2026, 14:05"),
    ],
)
def test_the_help_says_how_old_the_names_are(table: Table, oldest: datetime, since: str) -> None:
    beside = with_names(table.page(), table, Told({"c1": "Ada"}, oldest=oldest), "UTC")  # type: ignore[arg-type]
    assert beside.added["Customer name"].help == (
        f"Name that goes with Customer ID, as of {since}; only here, in no download"
    )


def run_history(here: Portal, session: Session, company: Company) -> Job:
    """Event History of the day whose customers the file export names: the table begins with the oldest events."""
    day = daily_job(company).start_at.date()
    given = EventHistoryParameters(report="contact", dates=DateRange(first=day, last=day, zone="UTC"))
    return here.runs.run_here(session.account, session.client, EXPORTS["event-history"], given, lambda _ticket: None)


def customers_shown(place: str) -> list[str]:
    """The columns about customers in the table of a result of Event History."""
    at = open_page("events", export="event-history", job=place)
    at.session_state[f"view:{place}"] = "Table"
    at.session_state[f"columns:{place}"] = ["Conversation ID", "Customer ID"]
    at.run()
    assert not at.exception
    return [str(name) for name in at.dataframe[0].value.columns if "Customer" in str(name)]


def test_names_come_from_the_accounts_own_earlier_results_alone(
    here: Portal, session: Session, server: DemoServer, company: Company
) -> None:
    job = run_history(here, session, company)
    assert customers_shown(job.id) == ["Customer ID"]
    run_export(here, session, "file-export", company)
    assert customers_shown(job.id) == ["Customer ID", "Customer name"]
    username, token = server.accounts[1]
    here.sign_in(SID, url=server.url, username=username, api_token=token)
    other = here.session(SID)
    assert other is not None
    assert customers_shown(run_history(here, other, company).id) == ["Customer ID"]


def test_names_beside_ids_can_be_hidden(here: Portal, session: Session, company: Company) -> None:
    job = run_history(here, session, company)
    run_export(here, session, "file-export", company)
    at = open_page("events", export="event-history", job=job.id)
    at.session_state[f"view:{job.id}"] = "Table"
    at.session_state[f"columns:{job.id}"] = ["Customer ID"]
    at.run()
    (box,) = (box for box in at.checkbox if box.label == "Names beside IDs")
    box.uncheck().run()
    assert list(at.dataframe[0].value.columns) == ["Customer ID"]
