"""One suite over all exports: every cell equals what the server holds, in every format, whatever happens on the way."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS, Export
from gladly_tools.exports.inputs import DateRange, Parameters, check_parameters
from gladly_tools.jobs import Job, State
from gladly_tools.results.download import Format, encode, read_csv
from gladly_tools.results.query import Query
from gladly_tools.results.schema import Kind
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import UNLIMITED, connect, settings_for
from tests.exports.truth import ANSWERS, TRUTH

NAMES = list(EXPORTS)


def parameters_of(export: Export[Any]) -> Parameters:
    answers = dict(ANSWERS.get(export.name, {}))
    if "dates" in answers:
        first, last, zone = answers["dates"]
        answers["dates"] = DateRange(first=first, last=last, zone=zone)
    parameters: Parameters = check_parameters(export.parameters, answers)
    return parameters


def run(runs: Runs, client: Client, account: Account, name: str) -> Job:
    export = EXPORTS[name]
    return runs.run_here(account, client, export, parameters_of(export), lambda _ticket: None)


def table_of(runs: Runs, account: Account, job: Job) -> Table:
    result = runs.result(account, job.id)
    assert result is not None
    return Table(result)


def download(table: Table, format: Format) -> bytes:
    return b"".join(encode(table, Query(), format))


def rows_of(table: Table) -> list[dict[str, Any]]:
    """The rows by way of Parquet, sorted, since Gladly promises no order."""
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(download(table, Format.PARQUET))).to_pylist()
    return in_order(rows)


def in_order(rows: Any) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, ensure_ascii=False))


def test_every_export_has_a_truth_to_be_compared_with() -> None:
    assert set(TRUTH) == set(EXPORTS)


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_equals_what_the_server_holds(
    name: str, runs: Runs, client: Client, account: Account, company: Company
) -> None:
    job = run(runs, client, account, name)
    assert job.state is State.DONE
    found = rows_of(table_of(runs, account, job))
    expected = in_order(
        {column.name: row.get(column.name) for column in EXPORTS[name].columns} for row in TRUTH[name](company)
    )
    assert len(expected) > 3
    assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_all_formats_agree_cell_by_cell(
    name: str, runs: Runs, client: Client, account: Account, tmp_path: Path
) -> None:
    table = table_of(runs, account, run(runs, client, account, name))
    parquet = pq.read_table(io.BytesIO(download(table, Format.PARQUET)))
    columns = [column.name for column in EXPORTS[name].columns]
    assert parquet.column_names == columns
    rows = parquet.to_pylist()
    assert json.loads(download(table, Format.JSON)) == rows
    assert [json.loads(line) for line in download(table, Format.JSONL).splitlines()] == rows
    path = tmp_path / "result.csv"
    path.write_bytes(download(table, Format.CSV))
    assert [list(row) for row in read_csv(path)][:1] == [columns]
    text = [{key: "" if value is None else _csv_text(value) for key, value in row.items()} for row in rows]
    assert [{key: value or "" for key, value in row.items()} for row in read_csv(path)] == text


def _csv_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", NAMES)
def test_ids_that_look_like_formulas_are_guarded_in_csv_alone(
    name: str, runs: Runs, client: Client, account: Account
) -> None:
    table = table_of(runs, account, run(runs, client, account, name))
    ids = [column.name for column in EXPORTS[name].columns if column.kind is Kind.ID]
    rows = json.loads(download(table, Format.JSON))
    dashed = [row[column] for row in rows for column in ids if (row[column] or "").startswith("-")]
    csv = download(table, Format.CSV).decode()
    for cell in dashed:
        assert f"'{cell}" in csv
    assert not any(str(row[column]).startswith("'") for row in rows for column in ids)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_company_gives_the_header_alone(
    name: str, tmp_path: Path, open_runs: Callable[[Settings], Runs]
) -> None:
    with DemoServer(Company.make_empty(), limits=UNLIMITED) as server:
        settings = settings_for(server, tmp_path / "data")
        runs = open_runs(settings)
        client, account = connect(server, settings)
        job = run(runs, client, account, name)
        table = table_of(runs, account, job)
        assert (job.state, table.rows) == (State.DONE, 0)
        header = ",".join(column.name for column in EXPORTS[name].columns)
        assert download(table, Format.CSV).decode().replace('"', "") == header + "\r\n"
        assert json.loads(download(table, Format.JSON)) == []
        assert pq.read_table(io.BytesIO(download(table, Format.PARQUET))).num_rows == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_stopped_export_has_no_finished_result_and_resumes_to_the_same_rows(
    name: str, runs: Runs, client: Client, account: Account
) -> None:
    export = EXPORTS[name]
    whole = rows_of(table_of(runs, account, run(runs, client, account, name)))
    started: list[str] = []

    def stop_at_once(ticket: Any) -> None:
        started.append(ticket.job_id)
        ticket.stop()

    job = runs.run_here(account, client, export, parameters_of(export), stop_at_once)
    assert job.state is State.CANCELLED
    result = runs.result(account, job.id)
    assert result is None or result.manifest.finished is None
    runs.resume(account, client, job.id)
    assert wait_for(runs, account, job.id).state is State.DONE
    assert rows_of(table_of(runs, account, job)) == whole


@pytest.mark.parametrize("name", NAMES)
def test_an_export_cut_off_in_the_middle_resumes_without_asking_again_for_finished_slices(
    name: str, server: DemoServer, settings: Settings, open_runs: Callable[[Settings], Runs]
) -> None:
    """A client that dies after so many requests; then another process, as after a kill, resumes."""
    client, account = connect(server, settings)
    runs = open_runs(settings)
    undisturbed = rows_of(table_of(runs, account, run(runs, client, account, name)))
    runs.remembered.close()
    (settings.data_dir / "lookups.sqlite").unlink()

    dying = open_runs(settings)
    server.faults.add("/api/v1/reports" if name == "contact-information" else "/api/v1/", status=400, times=1)
    export = EXPORTS[name]
    with pytest.raises(GladlyToolsError):
        dying.run_here(account, client, export, parameters_of(export), lambda _ticket: None)
    server.faults.clear()
    job = next(job for job in dying.jobs(account, kind=name) if job.state is State.FAILED)
    finished = {item.key for item in dying.journal.slices(job.id) if item.row_count is not None}
    server.forget()

    resumed = open_runs(settings)
    resumed.resume(account, client, job.id)
    assert wait_for(resumed, account, job.id).state is State.DONE
    assert rows_of(table_of(resumed, account, job)) == undisturbed
    asked = [seen.body.decode() for seen in server.seen if seen.path == "/api/v1/reports"]
    for key in finished - {"plan"}:
        assert not any(key.split("_")[0] in body for body in asked)


def wait_for(runs: Runs, account: Account, job_id: str) -> Job:
    """The job once it has ended."""
    import time

    for _ in range(600):
        job = runs.job(account, job_id)
        if not job.state.active:
            return job
        time.sleep(0.05)
    raise AssertionError(f"{job} did not end")


@pytest.fixture(autouse=True)
def _quiet_sweeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is swept away under a test."""
    monkeypatch.setattr(Runs, "sweep", lambda self: 0)
