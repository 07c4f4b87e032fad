"""The bulk actions on the command line, against a demo company of their own."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gladly_tools.account import confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.bulk import CLOSE_CONVERSATIONS, Choices
from gladly_tools.bulk.lists import read_list
from gladly_tools.bulk_runs import BulkRuns, Order
from gladly_tools.cli import main
from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.results.download import unguard
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.bulk.conftest import listed, open_conversations, status_of, usable_topic
from tests.conftest import UNLIMITED, make_company
from tests.test_cli import environment

Run = Callable[..., Result]


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def server(company: Company) -> Iterator[DemoServer]:
    with DemoServer(company, limits=UNLIMITED) as running:
        yield running


@pytest.fixture
def run(server: DemoServer, tmp_path: Path) -> Run:
    return lambda *arguments, **more: CliRunner().invoke(main, arguments, env=environment(server, tmp_path), **more)


@pytest.fixture
def ids(company: Company, tmp_path: Path) -> list[str]:
    found = open_conversations(company, 60)
    (tmp_path / "ids.csv").write_bytes(listed("conversationId", found))
    return found


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def close(run: Run, folder: Path, *more: str, **named: str) -> Result:
    return run("close-conversations", str(folder / "ids.csv"), "--results", str(folder / "out.csv"), *more, **named)


def test_a_run_prints_its_id_first_and_ends_with_0_when_every_row_is_closed(
    run: Run, ids: list[str], tmp_path: Path, company: Company
) -> None:
    topic = usable_topic(company)
    result = close(run, tmp_path, "--yes", f"--topic-id={topic}")
    assert result.exit_code == 0, result.stderr
    assert re.fullmatch(r"Run \w+\n", result.stdout)
    assert {row["status"] for row in read(tmp_path / "out.csv")} == {"closed"}
    assert {status_of(company, id_) for id_ in ids} == {"CLOSED"}
    listing = run("runs")
    assert result.stdout.split()[1] in listing.stdout
    assert "60 closed" in listing.stdout


def test_some_rows_that_are_not_closed_make_it_3(run: Run, ids: list[str], tmp_path: Path, company: Company) -> None:
    company.changes.wait(ids[0], True)
    assert close(run, tmp_path, "--yes").exit_code == 3
    assert close(run, tmp_path, "--yes", "--force-waiting").exit_code == 0


def test_a_plan_changes_nothing(run: Run, ids: list[str], tmp_path: Path, company: Company) -> None:
    result = close(run, tmp_path, "--plan-only")
    assert result.exit_code == 0, result.stderr
    rows = read(tmp_path / "out.csv")
    assert {row["status"] for row in rows} <= {"will close", "topic may be required"}
    names = {inbox.id: inbox.name for inbox in company.inboxes}
    spread = Counter((names[unguard(row["current inbox"])], row["status"]) for row in rows)
    for (inbox, status), count in spread.items():
        (line,) = (line for line in result.stderr.splitlines() if line.startswith(f"Inbox {inbox}: "))
        assert f"{count} {status}" in line
    assert company.changes.counts.total() == 0


def test_without_yes_a_script_is_refused_and_nothing_is_changed(
    run: Run, ids: list[str], tmp_path: Path, company: Company
) -> None:
    result = close(run, tmp_path)
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert not (tmp_path / "out.csv").exists()
    assert company.changes.counts.total() == 0


@pytest.mark.parametrize(("typed", "code", "closed"), [("60\n", 0, 60), ("6\n", 2, 0), ("\n", 2, 0), ("yes\n", 2, 0)])
@pytest.mark.usefixtures("ids")
def test_on_a_terminal_the_count_has_to_be_typed(
    run: Run, tmp_path: Path, company: Company, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, closed: int
) -> None:
    monkeypatch.setattr("gladly_tools.cli.bulk._somebody_is_there", lambda: True)
    result = close(run, tmp_path, input=typed)
    assert result.exit_code == code
    assert "Close 60 conversations at Brightleaf Home & Garden" in result.stderr
    assert company.changes.counts.total() == closed


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"taskId\nabc\n", "taskId, not conversationId"),
        (b"a,b\n1,2\n", "No column is called conversationId"),
        (b"conversationId\n1.23E+15\n", "no ID that can be used"),
        (b"", "lists no IDs"),
        (b"PK\x03\x04 no zip", "no workbook"),
    ],
)
def test_a_file_that_cannot_be_used_is_bad_input_and_sends_nothing(
    run: Run, server: DemoServer, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "ids.csv").write_bytes(content)
    result = close(run, tmp_path, "--yes")
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(server.seen) == []


@pytest.mark.usefixtures("ids")
def test_an_unknown_topic_is_bad_input_before_the_first_row(run: Run, company: Company, tmp_path: Path) -> None:
    result = close(run, tmp_path, "--yes", "--topic-id", "none-such")
    assert result.exit_code == 2
    assert "--topic-id: There is no topic none-such" in result.stderr
    assert company.changes.counts.total() == 0
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.usefixtures("ids")
def test_refused_credentials_are_a_failure(run: Run, server: DemoServer, tmp_path: Path) -> None:
    server.faults.add("/api/v1/conversations/", status=401, times=100)
    result = close(run, tmp_path, "--yes")
    assert result.exit_code == 1
    assert "does not accept" in result.stderr


def test_tasks_are_closed_and_reopened(run: Run, company: Company, tmp_path: Path) -> None:
    tasks = [task for task in company.tasks if not task.is_closed][:20]
    (tmp_path / "tasks.csv").write_bytes(listed("taskId", [task.id for task in tasks]))
    out = tmp_path / "out.csv"
    assert run("close-tasks", str(tmp_path / "tasks.csv"), "--yes", "--results", str(out)).exit_code == 0
    assert all(company.tasks[task.id].is_closed for task in tasks)
    result = run("reopen", str(tmp_path / "tasks.csv"), "--yes", "--results", str(out))
    assert result.exit_code == 0, result.stderr
    assert {row["status"] for row in read(out)} == {"reopened"}
    assert not any(company.tasks[task.id].is_closed for task in tasks)


def test_a_reopen_list_of_conversations_is_known_by_its_heading(run: Run, ids: list[str], tmp_path: Path) -> None:
    close(run, tmp_path, "--yes")
    result = run("reopen", str(tmp_path / "ids.csv"), "--yes", "--results", str(tmp_path / "again.csv"))
    assert result.exit_code == 0, result.stderr
    assert [row["status"] for row in read(tmp_path / "again.csv")] == ["reopened"] * len(ids)


def test_a_killed_run_is_finished_by_resuming_it_with_the_whole_results(tmp_path: Path) -> None:
    company = make_company()
    with DemoServer(company, limits=Limits(requests_per_second=300)) as server:
        ids = open_conversations(company, 250)
        (tmp_path / "ids.csv").write_bytes(listed("conversationId", ids))
        out = tmp_path / "out.csv"
        command = [sys.executable, "-m", "gladly_tools", "close-conversations"]
        process = subprocess.Popen(
            [*command, str(tmp_path / "ids.csv"), "--yes", "--results", str(out)],
            env={**os.environ, **environment(server, tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert process.stdout is not None
        run_id = process.stdout.readline().split()[1]
        until = time.monotonic() + 30
        while company.changes.counts.total() < 30 and time.monotonic() < until:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert 0 < company.changes.counts.total() < 250
        assert not out.exists()
        result = CliRunner().invoke(
            main,
            ["close-conversations", "--resume", run_id, "--yes", "--results", str(out)],
            env=environment(server, tmp_path),
        )
        assert result.exit_code == 0, result.stderr
        assert result.stdout == f"Run {run_id}\n"
        assert {row["status"] for row in read(out)} == {"closed"}
        assert [company.changes.counts["close", id_] for id_ in ids] == [1] * 250
        again = CliRunner().invoke(
            main,
            ["close-conversations", "--resume", run_id, "--results", str(out)],
            env=environment(server, tmp_path),
        )
        assert again.exit_code == 0, again.stderr
        wrong = CliRunner().invoke(
            main, ["close-tasks", "--resume", run_id, "--results", str(out)], env=environment(server, tmp_path)
        )
        assert wrong.exit_code == 2


def test_an_interrupt_pauses_the_run_and_writes_what_was_done(tmp_path: Path) -> None:
    company = make_company()
    with DemoServer(company, limits=Limits(requests_per_second=300)) as server:
        ids = open_conversations(company, 300)
        (tmp_path / "ids.csv").write_bytes(listed("conversationId", ids))
        out = tmp_path / "out.csv"
        process = subprocess.Popen(
            [sys.executable, "-m", "gladly_tools", "close-conversations", str(tmp_path / "ids.csv"), "--yes",
             "--results", str(out)],
            env={**os.environ, **environment(server, tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        until = time.monotonic() + 30
        while company.changes.counts.total() < 20 and time.monotonic() < until:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _out, errors = process.communicate(timeout=60)
        assert process.returncode == 3
        assert "--resume" in errors
        assert "Traceback" not in errors
        closed = {row["conversationId"] for row in read(out) if row["status"] == "closed"}
        assert {id_.lstrip("'") for id_ in closed} == {id_ for id_ in ids if status_of(company, id_) == "CLOSED"}
        assert {row["status"] for row in read(out)} == {"closed", "not attempted"}


@pytest.mark.parametrize("option", ["--plan-only", "--topic-id=another", "--force-waiting"])
def test_a_run_goes_on_as_it_was_begun_and_refuses_what_it_was_begun_without(tmp_path: Path, option: str) -> None:
    company = make_company()
    with DemoServer(company, limits=UNLIMITED) as server:
        (tmp_path / "ids.csv").write_bytes(listed("conversationId", open_conversations(company, 3)))
        settings = Settings.from_environment(environment(server, tmp_path))
        credentials = read_credentials(server.url, server.username, server.api_token, settings)
        runs = Runs(settings)
        bulk = BulkRuns(runs)
        with Client(credentials, settings) as client:
            account = confirm(client, instance=credentials.instance.name)
            order = Order(
                action=CLOSE_CONVERSATIONS,
                checked=read_list(CLOSE_CONVERSATIONS, (tmp_path / "ids.csv").read_bytes()),
                choices=Choices(),
            )
            # Interrupted before its first row.
            run, _error = bulk.run_here(account, client, order, lambda ticket: ticket.stop())
        runs.close()
        bulk.close()
        result = CliRunner().invoke(
            main,
            ["close-conversations", "--resume", run.id, option, "--yes", "--results", str(tmp_path / "out.csv")],
            env=environment(server, tmp_path),
        )
        assert result.exit_code == 2
        assert option.partition("=")[0] in result.stderr
        assert company.changes.counts.total() == 0


@pytest.mark.parametrize("option", ["--plan-only", "--yes"])
def test_the_list_of_ids_is_never_written_over(
    run: Run, ids: list[str], tmp_path: Path, company: Company, option: str
) -> None:
    before = (tmp_path / "ids.csv").read_bytes()
    result = run("close-conversations", str(tmp_path / "ids.csv"), "--results", str(tmp_path / "ids.csv"), option)
    assert result.exit_code == 2
    assert "--results: it would be written over the list of IDs" in result.stderr
    assert (tmp_path / "ids.csv").read_bytes() == before
    assert company.changes.counts.total() == 0


def test_a_run_is_taken_back_by_its_id(run: Run, ids: list[str], tmp_path: Path, company: Company) -> None:
    closed = close(run, tmp_path, "--yes")
    assert closed.exit_code == 0, closed.stderr
    run_id = closed.stdout.split()[1]
    result = run("reopen", "--run", run_id, "--yes", "--results", str(tmp_path / "back.csv"))
    assert result.exit_code == 0, result.stderr
    assert {row["status"] for row in read(tmp_path / "back.csv")} == {"reopened"}
    assert {status_of(company, each) for each in ids} <= {"OPEN", "WAITING"}


@pytest.mark.parametrize("more", [[], ["ids.csv", "--run", "x"], ["--run", "x", "--resume", "y"]])
def test_exactly_one_of_a_file_a_run_and_a_run_to_resume_is_needed(run: Run, tmp_path: Path, more: list[str]) -> None:
    result = run("reopen", *more, "--yes", "--results", str(tmp_path / "back.csv"))
    assert result.exit_code == 2
    assert "--run" in result.stderr


@pytest.mark.parametrize("option", ["--run", "--resume"])
def test_a_run_that_there_is_not_is_told_at_its_option(run: Run, tmp_path: Path, option: str) -> None:
    result = run("reopen", option, "abc", "--yes", "--results", str(tmp_path / "back.csv"))
    assert result.exit_code == 2
    assert result.stderr == f"{option}: There is no such run. List the account's runs with gladly-tools runs.\n"
