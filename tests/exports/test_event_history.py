"""Event history: whole days of a report, columns of the report asked for, nothing unknown lost, cuts said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client, Report
from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.timestamp_reports import ContactTimestamps, ConversationTimestamps
from gladly_tools.errors import UnexpectedAnswer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.event_history import (
    CONTACT_COLUMNS,
    CONVERSATION_COLUMNS,
    EventHistoryParameters,
    columns_of,
    estimate,
    plan,
    report_rows,
)
from gladly_tools.exports.inputs import DateRange
from gladly_tools.jobs import Job, State
from gladly_tools.results.download import Format
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import NOW, UNLIMITED, connect, make_company, settings_for
from tests.exports.test_every_export import download

ZONE = "America/New_York"
DAY = date(2026, 3, 10)


def asked(report: str, first: date = DAY, last: date = DAY) -> EventHistoryParameters:
    return EventHistoryParameters(report=report, dates=DateRange(first=first, last=last, zone=ZONE))


def export(runs: Runs, client: Client, account: Account, parameters: EventHistoryParameters) -> tuple[Job, Table]:
    job = runs.run_here(account, client, EXPORTS["event-history"], parameters, lambda _ticket: None)
    result = runs.result(account, job.id)
    assert result is not None
    return job, Table(result)


@pytest.mark.parametrize(("report", "kind"), [("conversation", ConversationTimestamps), ("contact", ContactTimestamps)])
def test_each_report_comes_whole_day_by_day(
    runs: Runs, client: Client, account: Account, company: Company, server: DemoServer, report: str, kind: Any
) -> None:
    last = DAY + timedelta(days=2)
    job, table = export(runs, client, account, asked(report, DAY, last))
    expected = list(kind(company, first_day=DAY, last_day=last, zone=ZoneInfo(ZONE)).rows())
    assert job.state is State.DONE
    assert table.rows == len(expected) > 100
    bodies = [json.loads(seen.body) for seen in server.seen if seen.path == "/api/v1/reports"]
    assert [(body["startAt"], body["endAt"]) for body in bodies] == [
        (str(DAY + timedelta(days=day)), str(DAY + timedelta(days=day))) for day in range(3)
    ]
    assert all("filters" not in body and "aggregationLevel" not in body for body in bodies)


@pytest.mark.parametrize("report", ["conversation", "contact"])
def test_events_are_shown_and_downloaded_in_the_order_of_their_times(
    runs: Runs, client: Client, account: Account, report: str
) -> None:
    _, table = export(runs, client, account, asked(report, DAY, DAY + timedelta(days=1)))
    shown = list(table.page(columns=["Timestamp"], limit=table.rows)["Timestamp"])
    rows = csv.DictReader(io.StringIO(download(table, Format.CSV).decode(), newline=""))
    downloaded = [datetime.fromisoformat(row["Timestamp"]) for row in rows]
    assert shown == downloaded == sorted(shown)
    assert len(shown) > 100


@pytest.mark.parametrize(("report", "columns"), [("conversation", CONVERSATION_COLUMNS), ("contact", CONTACT_COLUMNS)])
def test_a_result_has_the_columns_of_its_report_alone(
    runs: Runs, client: Client, account: Account, report: str, columns: Any
) -> None:
    _, table = export(runs, client, account, asked(report))
    assert table.columns == columns
    assert {column.name for column in columns_of(asked(report))} <= {
        column.name for column in EXPORTS["event-history"].columns
    }


def test_the_two_reports_are_known_by_the_names_that_are_public() -> None:
    assert [column.name for column in CONVERSATION_COLUMNS][:8] == [
        "Timezone Filter",
        "Timestamp",
        "Event Type",
        "Conversation ID",
        "Customer ID",
        "Initiator Type",
        "Initiator ID",
        "Initiator Agent Name",
    ]
    assert len(CONVERSATION_COLUMNS) == 21


def test_a_day_that_gladly_cut_is_said_to_be_short(tmp_path: Path, open_runs: Callable[[Settings], Runs]) -> None:
    from dataclasses import replace

    with DemoServer(make_company(), limits=replace(UNLIMITED, report_rows=40)) as server:
        settings = settings_for(server, tmp_path / "data", report_row_cap=40)
        runs = open_runs(settings)
        client, account = connect(server, settings)
        job, table = export(runs, client, account, asked("contact"))
        result = runs.result(account, job.id)
        assert result is not None
        assert (job.state, table.rows) == (State.PARTIAL, 40)
        assert any(
            "40 rows, the most that Gladly gives" in note.text and note.level == "partial"
            for note in result.manifest.notes
        )


def report_of(text: str) -> Report:
    return Report(io.BytesIO(text.encode()))


def test_unknown_columns_are_kept_by_their_names_and_known_ones_in_any_usual_spelling() -> None:
    with report_of(
        "timestamp,Event  Type,Mood,contact id,Empty\r\n2026-03-10T01:00:00Z,CONTACT/ENDED,sunny,c1,\r\n"
    ) as it:
        (row,) = report_rows(it, CONTACT_COLUMNS)
    assert row == {
        "Timestamp": "2026-03-10T01:00:00Z",
        "Event Type": "CONTACT/ENDED",
        "Contact ID": "c1",
        "Other columns": '{"Mood": "sunny"}',
    }


@pytest.mark.parametrize("header", ["Timestamp,Contact ID", "Event Type,Contact ID"])
def test_a_report_without_its_time_or_type_is_none(header: str) -> None:
    with report_of(f"{header}\r\na,b\r\n") as it, pytest.raises(UnexpectedAnswer, match="has no column"):
        list(report_rows(it, CONTACT_COLUMNS))


def test_an_empty_report_has_no_rows_and_needs_no_header() -> None:
    with report_of("") as it:
        assert list(report_rows(it, CONTACT_COLUMNS)) == []


def test_a_range_that_ends_today_says_that_reports_run_behind(settings: Settings, client: Client) -> None:
    today = NOW.astimezone(ZoneInfo(ZONE)).date()
    assert "an hour behind" in plan(client, settings, asked("contact", today, today)).remarks[0].text
    assert plan(client, settings, asked("contact")).remarks == ()


def test_the_estimate_is_a_report_a_day_at_the_limit_of_reports() -> None:
    found = estimate(asked("contact", DAY, DAY + timedelta(days=29)), Settings(), {})
    assert found is not None
    assert (found.reports, found.seconds) == (30, 150)


def test_the_reports_cells_are_kept_as_sent(runs: Runs, client: Client, account: Account, company: Company) -> None:
    from gladly_tools.results.download import Format, encode
    from gladly_tools.results.query import Query

    _, table = export(runs, client, account, asked("conversation"))
    text = b"".join(encode(table, Query(), Format.CSV, guard=False)).decode()
    found = {tuple(row.values()) for row in csv.DictReader(io.StringIO(text, newline=""))}
    report = ConversationTimestamps(company, first_day=DAY, last_day=DAY, zone=ZoneInfo(ZONE))
    assert found == {tuple(row.get(name, "") for name in report.columns) for row in report.rows()}
