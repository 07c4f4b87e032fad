"""Events, their history, calls and IVR recordings on the command line, as one types them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gladly_tools.cli import main
from gladly_tools.demo import Company, DemoServer, shapes
from tests.conftest import NOW
from tests.exports.truth import eventful_call
from tests.test_cli import environment


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def run(server: DemoServer, folder: Path, *arguments: str, **more: str) -> Result:
    return CliRunner().invoke(main, ["export", *arguments], env=environment(server, folder, **more))


def test_events_of_the_last_hour_come_by_default(
    server: DemoServer, tmp_path: Path, out: Path, company: Company
) -> None:
    done = run(server, tmp_path, "events", "--entity", "CONTACT", "--entity", "agent_status", "--out", str(out))
    assert done.exit_code == 0, done.stderr
    end = NOW - timedelta(seconds=15)
    expected = company.events.between(end - timedelta(hours=1), end, ("CONTACT", "AGENT_STATUS"))
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"), newline="")))
    assert [row["id"].removeprefix("'") for row in rows] == [event.id for event in expected]


def test_a_window_and_types_are_taken_and_json_is_as_it_came(
    server: DemoServer, tmp_path: Path, out: Path, company: Company
) -> None:
    arguments = [
        "--entity",
        "TASK",
        "--type",
        "TASK/CREATED",
        "--start",
        "2026-03-20T01:00",
        "--end",
        "2026-03-20T12:00Z",
    ]
    done = run(server, tmp_path, "events", *arguments, "--format", "json", "--out", str(out))
    assert done.exit_code == 0, done.stderr
    start = NOW.replace(hour=5, minute=0)  # 01:00 in New York, the organization's zone
    tasks = company.events.between(start, NOW.replace(hour=12, minute=0), ("TASK",))
    expected = [shapes.event(event) for event in tasks if event.type == "TASK/CREATED"]
    assert json.loads(out.read_text(encoding="utf-8")) == expected != []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--entity", "TASK", "--start", "2026-03-01T00:00"], "--start/--end/--timezone: The start (2026-03-01 00:00)"),
        (["--entity", "TASK", "--start", "yesterday"], "--start/--end/--timezone: “yesterday” is no time."),
        (["--entity", "TASK", "--timezone", "Mars"], "--start/--end/--timezone: “Mars” is not a time zone."),
        (["--entity", "CONTACT", "--type", "TASK/CREATED"], "--type: TASK/CREATED is an event of TASK"),
        (["--entity", "NOTHING"], "Invalid value for '--entity'"),
        ([], "Missing option '--entity'"),
    ],
)
def test_bad_input_names_its_option(
    server: DemoServer, tmp_path: Path, out: Path, arguments: list[str], said: str
) -> None:
    done = run(server, tmp_path, "events", *arguments, "--out", str(out))
    assert done.exit_code == 2
    assert said in done.stderr
    assert not out.exists()


def test_a_window_that_was_mended_says_so(server: DemoServer, tmp_path: Path, out: Path) -> None:
    arguments = ["--entity", "TASK", "--start", "2026-03-20T13:00", "--end", "2026-03-20T23:00"]
    done = run(server, tmp_path, "events", *arguments, "--out", str(out))
    assert done.exit_code == 0
    assert "Note: The window ends at 2026-03-20 14:29:45 instead of 2026-03-20 23:00:00" in done.stderr


@pytest.mark.parametrize("report", ["conversation", "contact"])
def test_history_is_asked_for_by_report_and_days(server: DemoServer, tmp_path: Path, out: Path, report: str) -> None:
    arguments = ["--report", report, "--from", "2026-03-10", "--to", "2026-03-11", "--out", str(out)]
    done = run(server, tmp_path, "event-history", *arguments)
    assert done.exit_code == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"), newline="")))
    assert len(rows) > 50
    assert ("Contact ID" in rows[0]) == (report == "contact")


def test_a_call_is_named_by_its_item(server: DemoServer, tmp_path: Path, out: Path, company: Company) -> None:
    call = eventful_call(company)
    done = run(server, tmp_path, "call-events", f"--item-id={call.id}", "--out", str(out))
    assert done.exit_code == 0, done.stderr
    assert "Note: Source: the call's own events" in done.stderr
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"), newline="")))
    assert {"STARTED", "RINGING", "CALL ANSWERED"} <= {row["event"] for row in rows}


@pytest.mark.parametrize("item_id", ["nope", ""])
def test_a_call_that_is_none_is_bad_input(server: DemoServer, tmp_path: Path, out: Path, item_id: str) -> None:
    done = run(server, tmp_path, "call-events", "--item-id", item_id, "--out", str(out))
    assert done.exit_code == 2
    assert done.stderr.startswith("--item-id: ")


def test_ivr_recordings_come_as_a_zip(server: DemoServer, tmp_path: Path, company: Company) -> None:
    one = company.ivrs[0]
    server.faults.add("/api/v1/ivrs", status=200, body=json.dumps([{"id": one.id, "name": one.name}]))
    path = tmp_path / "ivr-recordings.zip"
    done = run(server, tmp_path, "ivr-recordings", "--out", str(path))
    assert done.exit_code == 0, done.stderr
    with zipfile.ZipFile(path) as found:
        assert len(found.namelist()) == 1 + len(one.prompts)
        assert "ivr-recordings.csv" in found.namelist()


def test_a_prompt_that_cannot_be_had_makes_the_zip_partial(
    server: DemoServer, tmp_path: Path, company: Company
) -> None:
    one = company.ivrs[0]
    server.faults.add(f"/api/v1/ivrs/{one.id}/recordings/{one.prompts[1].id}", status=404)
    done = run(server, tmp_path, "ivr-recordings", "--out", str(tmp_path / "ivr-recordings.zip"))
    assert done.exit_code == 3
    assert "Missing data: Prompts without audio" in done.stderr
    assert (tmp_path / "ivr-recordings.partial.zip").exists()


def test_an_api_without_ivrs_names_the_setting(server: DemoServer, tmp_path: Path, out: Path) -> None:
    done = run(server, tmp_path, "ivr-recordings", "--out", str(out), GLADLY_TOOLS_IVRS_PATH="/api/v1/menus")
    assert done.exit_code == 1
    assert "set GLADLY_TOOLS_IVRS_PATH" in done.stderr
