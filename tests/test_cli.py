"""The command line, against the demo company: files that appear only when whole, exit codes, words on stderr."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from gladly_tools.cli import main
from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.exports import EXPORTS
from gladly_tools.settings import TABLE
from tests.conftest import UNLIMITED
from tests.test_items import PORTAL

Run = Callable[..., Result]


def environment(server: DemoServer, folder: Path, **more: str) -> dict[str, str]:
    return {
        "GLADLY_URL": server.url,
        "GLADLY_USERNAME": server.username,
        "GLADLY_API_TOKEN": server.api_token,
        "GLADLY_TOOLS_ALLOWED_HOSTS": server.url.removeprefix("http://"),
        "GLADLY_TOOLS_DATA_DIR": str(folder / "data"),
        "GLADLY_TOOLS_REQUESTS_PER_SECOND": "5000",
        "GLADLY_TOOLS_REPORTS_PER_MINUTE": "100000",
        **more,
    }


@pytest.fixture
def run(server: DemoServer, tmp_path: Path) -> Run:
    def run_(*arguments: str, **more: str | None) -> Result:
        given = environment(server, tmp_path)
        kept = {name: value for name, value in (given | more).items() if value is not None}
        cleared = {name: None for name in given if name not in kept}
        return CliRunner().invoke(main, arguments, env={**kept, **cleared})

    return run_


def test_export_jobs_are_listed_the_newest_first(run: Run, company: Company) -> None:
    result = run("export-jobs")
    assert result.exit_code == 0
    jobs = sorted(company.export_jobs(), key=lambda job: job.updated_at, reverse=True)
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[job.id, job.status] for job in jobs]
    for line, job in zip(lines, jobs, strict=True):
        assert f"{job.start_at:%Y-%m-%d %H:%M} to {job.end_at:%Y-%m-%d %H:%M}" in line
        assert f"updated {job.updated_at:%Y-%m-%d %H:%M}" in line
        assert line.endswith(", ".join(job.files) or "no files")


def test_check_says_who_it_is(run: Run) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "Brightleaf Home & Garden" in result.stdout
    assert "America/New_York" in result.stdout


def test_exports_lists_every_export(run: Run) -> None:
    result = run("exports")
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(EXPORTS)


def test_settings_lists_every_variable(run: Run) -> None:
    result = run("settings")
    assert [line.split()[0] for line in result.stdout.splitlines()] == [row.variable for row in TABLE]


@pytest.mark.parametrize("format", ["csv", "json", "jsonl", "parquet"])
def test_an_export_is_written_to_its_file(run: Run, tmp_path: Path, company: Company, format: str) -> None:
    out = tmp_path / f"inboxes.{format}"
    result = run("export", "inboxes", "--format", format, "--out", str(out))
    assert result.exit_code == 0, result.stderr
    text = out.read_bytes()
    rows = {
        "csv": lambda: list(csv.DictReader(io.StringIO(text.decode(), newline=""))),
        "json": lambda: json.loads(text),
        "jsonl": lambda: [json.loads(line) for line in text.splitlines()],
        "parquet": lambda: pq.read_table(out).to_pylist(),
    }[format]()
    assert [row["id"].lstrip("'") for row in rows] == [inbox.id for inbox in company.inboxes]
    assert list(tmp_path.glob(".*")) == []
    assert f"{len(rows)} rows, complete result" in result.stderr


def test_a_conversation_is_named_by_its_address(run: Run, company: Company) -> None:
    conversation_id = next(iter(company.conversations))
    address = f"https://acme.gladly.com/customer/x/conversation/{conversation_id}"
    result = run("export", "conversation", "--conversation-id", address, "--format", "json", "--out", "-")
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert [row["id"] for row in rows] == [item.id for item in company.items_of(company.conversations[conversation_id])]


def test_an_export_of_two_tables_is_a_zip_of_both(run: Run, tmp_path: Path, company: Company) -> None:
    out = tmp_path / "x.zip"
    result = run("export", "customer-conversations", "--customer-id", company.merged_chain[0], "--out", str(out))
    assert result.exit_code == 0, result.stderr
    with zipfile.ZipFile(out) as packed:
        assert packed.namelist() == ["conversations.csv", "conversation-items.csv"]
        header, *rows = packed.read("conversations.csv").decode().splitlines()
        items = packed.read("conversation-items.csv").decode().splitlines()[0].split(",")
    assert header == "id,topicIds,customAttributes,customerId,createdAt,agentId,inboxId,status"
    assert items[:41] == PORTAL
    assert len(rows) == len(company.conversations_of(company.merged_chain[-1]))
    assert "merged" in result.stderr


def test_a_conversation_that_gladly_cut_is_partial(run: Run, tmp_path: Path, company: Company) -> None:
    out = tmp_path / "long.csv"
    result = run("export", "conversation", f"--conversation-id={company.longest_conversation}", "--out", str(out))
    assert result.exit_code == 3, result.stderr
    assert "1,000 items" in result.stderr
    assert (tmp_path / "long.partial.csv").exists()


def test_standard_output_holds_the_rows_and_nothing_else(run: Run, company: Company) -> None:
    result = run("export", "audiences", "--format", "json", "--out", "-")
    assert [row["name"] for row in json.loads(result.stdout)] == [audience.name for audience in company.audiences]


def test_many_values_are_repeated_and_an_id_may_begin_with_a_dash(run: Run, company: Company) -> None:
    ids = [answer.id for answer in company.answers][:2]
    result = run(
        "export", "answers", f"--answer-id={ids[0]}", "--answer-id", ids[1], "--answer-id=-none-such",
        "--language", "en-us", "--language=es-419", "--format", "json", "--out", "-",
    )  # fmt: skip
    assert result.exit_code == 3, result.stderr
    assert "-none-such" in result.stderr
    assert {row["Language"] for row in json.loads(result.stdout)} >= {"en-us", "es-419"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["contact-information", "--from", "2026-03-02", "--to", "2026-03-01"], "--from/--to"),
        (["contact-information", "--from", "2026-03-01", "--to", "2026-03-02", "--timezone", "Mars"], "time zone"),
        (
            ["file-export", "--from", "2026-03-02", "--to", "2026-03-01"],
            "ends (2026-03-01) before it begins (2026-03-02)",
        ),
        (["file-export", "--from", "2026-03-02"], "The days are not complete"),
        (["contact-information", "--from", "1st of March", "--to", "2026-03-02"], "--from"),
        (["contact-information", "--from", "2026-03-01", "--to", "2026-03-02", "--inbox-id=-x"], "--inbox-id"),
        (["answers", "--language", "english"], "--language"),
        (["answers", "--language", "xx-yy"], "--language"),
        (["inboxes", "--format", "xlsx"], "--format"),
        (["conversation", "--conversation-id", " "], "--conversation-id"),
        (["conversation", "--conversation-id=-no-such"], "--conversation-id"),
        (["conversation"], "--conversation-id"),
        (["customer-conversations"], "--customer-id/--email/--phone"),
        (["customer-conversations", "--email", "a@b.example", "--phone", "+15550100"], "--customer-id/--email/--phone"),
        (["customer-conversations", "--phone", "0650 123 4567"], "E.164"),
        (["customer-conversations", "--email", "nobody0@nowhere.example"], "No customer has the e-mail address"),
    ],
)
def test_bad_input_names_its_option_and_writes_nothing(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    out = tmp_path / "out.csv"
    result = run("export", *arguments, "--out", str(out))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not out.exists()


@pytest.mark.parametrize("missing", ["GLADLY_URL", "GLADLY_USERNAME", "GLADLY_API_TOKEN"])
def test_missing_credentials_name_their_variable(run: Run, missing: str) -> None:
    result = run("check", **{missing: None})
    assert result.exit_code == 2
    assert missing in result.stderr


def test_a_host_that_is_not_allowed_is_bad_input_and_gets_no_request(run: Run, server: DemoServer) -> None:
    result = run("check", GLADLY_TOOLS_ALLOWED_HOSTS="")
    assert result.exit_code == 2
    assert "GLADLY_URL" in result.stderr
    assert list(server.seen) == []


def test_wrong_credentials_fail_without_showing_them(run: Run) -> None:
    result = run("check", GLADLY_API_TOKEN="wrong-token-value")
    assert result.exit_code == 1
    assert "wrong-token-value" not in result.output + result.stderr


def test_a_setting_that_cannot_be_read_is_bad_input(run: Run) -> None:
    result = run("check", GLADLY_TOOLS_REPORT_ROW_CAP="lots")
    assert result.exit_code == 2
    assert "GLADLY_TOOLS_REPORT_ROW_CAP" in result.stderr


def test_out_must_be_in_a_folder_that_exists(run: Run, tmp_path: Path, server: DemoServer) -> None:
    for out in (tmp_path, tmp_path / "none" / "x.csv"):
        result = run("export", "inboxes", "--out", str(out))
        assert result.exit_code == 2
        assert "--out" in result.stderr
    assert list(server.seen) == []


def test_a_pipe_or_a_device_is_never_replaced(run: Run, tmp_path: Path, server: DemoServer) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = run("export", "inboxes", "--out", str(tmp_path / "pipe"))
    assert result.exit_code == 2
    assert "--out" in result.stderr
    assert (tmp_path / "pipe").is_fifo()
    assert list(server.seen) == []


def test_a_link_stays_a_link_and_what_it_leads_to_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out.csv").symlink_to(tmp_path / "elsewhere" / "inboxes.csv")
    result = run("export", "inboxes", "--out", str(tmp_path / "out.csv"))
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out.csv").is_symlink()
    assert (tmp_path / "elsewhere" / "inboxes.csv").read_text(encoding="utf-8").startswith("id,name")


@pytest.mark.parametrize(
    "out", ["history.partial.jsonl", "history.jsonl", "link.jsonl", "data/../history.partial.jsonl"]
)
def test_the_file_that_is_searched_is_never_written_over(
    run: Run, tmp_path: Path, server: DemoServer, out: str
) -> None:
    history = tmp_path / "history.partial.jsonl"
    history.write_text('{"id": "a"}\n', encoding="utf-8")
    (tmp_path / "link.jsonl").symlink_to(history)
    (tmp_path / "data").mkdir()
    result = run("export", "file-export", "--file", str(history), "--phrase", "refund", "--out", str(tmp_path / out))
    assert result.exit_code == 2
    assert "--out: it would be written over the file to search" in result.stderr
    assert history.read_text(encoding="utf-8") == '{"id": "a"}\n'


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_asked(
    run: Run, tmp_path: Path, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gladly_tools.cli.files.tempfile.mkstemp", refused)
    result = run("export", "inboxes", "--out", str(tmp_path / "x.csv"))
    assert result.exit_code == 2
    assert "--out" in result.stderr
    assert list(server.seen) == []


def test_rows_that_could_not_be_written_are_kept(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gladly_tools.cli.exports.Destination.write", full)
    result = run("export", "inboxes", "--out", str(tmp_path / "x.csv"))
    assert result.exit_code == 1
    assert "rows are kept" in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert len([path for path in (tmp_path / "data" / "results").iterdir() if not path.name.startswith(".")]) == 1


def test_a_partial_result_is_written_beside_and_says_what_is_missing(tmp_path: Path) -> None:
    with DemoServer(Company.make(), limits=UNLIMITED, publish_answers=False) as server:
        out = tmp_path / "answers.csv"
        result = CliRunner().invoke(main, ["export", "answers", "--out", str(out)], env=environment(server, tmp_path))
        assert result.exit_code == 3, result.stderr
        assert not out.exists()
        assert (tmp_path / "answers.partial.csv").stat().st_size > 1000
        assert "Missing data: The list of all answers is not published" in result.stderr


def test_an_export_that_fails_leaves_the_old_file_alone(run: Run, server: DemoServer, tmp_path: Path) -> None:
    out = tmp_path / "inboxes.csv"
    out.write_text("yesterday")
    server.faults.add("/api/v1/inboxes", status=400, body="{}")
    result = run("export", "inboxes", "--out", str(out))
    assert result.exit_code == 1
    assert out.read_text() == "yesterday"
    assert "Traceback" not in result.stderr


DAYS = ("event-history", "--report", "contact")


def five_days(company: Company) -> tuple[str, ...]:
    last = company.timeline.last_day
    return ("--from", str(last - timedelta(days=5)), "--to", str(last - timedelta(days=1)))


def test_an_export_that_fails_goes_on_where_it_ended(
    run: Run, server: DemoServer, company: Company, tmp_path: Path
) -> None:
    whole = run("export", *DAYS, *five_days(company), "--out", "-")
    assert whole.exit_code == 0, whole.stderr
    asked = [seen.path for seen in server.seen].count("/api/v1/reports")

    server.forget()
    server.faults.add("/api/v1/reports", status=401, every=3)
    failed = run("export", *DAYS, *five_days(company), "--out", str(tmp_path / "x.csv"))
    assert failed.exit_code == 1
    assert not (tmp_path / "x.csv").exists()
    (job,) = re.findall(r"gladly-tools resume (\w+) --out PATH", failed.stderr)
    assert "What is finished is kept for 24 h" in failed.stderr

    resumed = run("resume", job, "--out", str(tmp_path / "x.csv"))
    assert resumed.exit_code == 0, resumed.stderr
    assert (tmp_path / "x.csv").read_bytes() == whole.stdout_bytes
    assert [seen.path for seen in server.seen].count("/api/v1/reports") == asked + 1
    assert run("resume", job, "--out", "-").exit_code == 1  # it is written, and no longer kept


def test_rows_that_could_not_be_written_are_written_later(
    run: Run, server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("gladly_tools.cli.exports.Destination.write", full)
        result = run("export", "topics", "--out", str(tmp_path / "x.csv"))
    (job,) = re.findall(r"gladly-tools resume (\w+) ", result.stderr)
    without_charts = run("resume", job, "--out", "-", "--report-file", str(tmp_path / "x.html"))
    assert without_charts.exit_code == 2
    assert without_charts.stderr.startswith("--report-file: ")
    server.forget()
    assert run("resume", job, "--format", "json", "--out", str(tmp_path / "x.json")).exit_code == 0
    assert len(json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))) > 3
    assert "/api/v1/topics" not in [seen.path for seen in server.seen]


def test_what_goes_on_is_never_written_over_the_file_that_it_searches(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    history = tmp_path / "history.jsonl"
    item = {"id": "a", "conversationId": "c", "customerId": "k", "content": {"type": "SMS", "body": "refund"}}
    history.write_text(json.dumps(item) + "\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("gladly_tools.cli.exports.Destination.write", full)
        failed = run("export", "file-export", "--file", str(history), "--out", str(tmp_path / "x.zip"))
    (job,) = re.findall(r"gladly-tools resume (\w+) ", failed.stderr)
    result = run("resume", job, "--out", str(history))
    assert result.exit_code == 2
    assert "--out: it would be written over the file to search" in result.stderr
    assert json.loads(history.read_text(encoding="utf-8")) == item
    assert run("resume", job, "--out", str(tmp_path / "x.zip")).exit_code == 0


def test_only_an_own_export_goes_on(run: Run, server: DemoServer, company: Company) -> None:
    server.faults.add("/api/v1/reports", status=401, every=3)
    failed = run("export", *DAYS, *five_days(company), "--out", "-")
    (job,) = re.findall(r"gladly-tools resume (\w+) ", failed.stderr)
    other = server.accounts[1]
    refused = run("resume", job, "--out", "-", GLADLY_USERNAME=other.username, GLADLY_API_TOKEN=other.api_token)
    absent = run("resume", "nothing", "--out", "-")
    assert refused.exit_code == absent.exit_code == 1
    assert refused.stderr.replace(job, "nothing") == absent.stderr


def test_nothing_of_a_run_is_left_behind(run: Run, tmp_path: Path) -> None:
    run("export", "inboxes", "--out", "-")
    assert [path for path in (tmp_path / "data" / "results").iterdir() if not path.name.startswith(".")] == []


def test_an_interrupt_stops_the_export_and_writes_nothing(tmp_path: Path) -> None:
    with DemoServer(Company.make(), limits=Limits(requests_per_second=5)) as server:
        out = tmp_path / "out.csv"
        process = subprocess.Popen(
            [sys.executable, "-m", "gladly_tools", "export", "answers", "--out", str(out)],
            env={**os.environ, **environment(server, tmp_path)},
            stderr=subprocess.PIPE,
        )
        until = time.monotonic() + 20
        while len(server.seen) < 5 and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _out, errors = process.communicate(timeout=20)
        assert process.returncode == 1
        assert b"Stopped" in errors
        assert b"Traceback" not in errors
        assert not out.exists()
