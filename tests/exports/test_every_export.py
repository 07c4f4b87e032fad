"""One suite over all exports: every cell equals what the server holds, in every format, whatever happens on the way."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import EXPORTS, Export
from gladly_tools.exports.inputs import DateRange, Parameters, check_parameters
from gladly_tools.jobs import Job, State
from gladly_tools.results.download import Format, encode, read_csv
from gladly_tools.results.manifest import Note
from gladly_tools.results.query import Query
from gladly_tools.results.schema import Kind
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import NOW, UNLIMITED, connect, settings_for
from tests.exports.truth import OTHER_TRUTH, TRUTH, answers, breaking_point

NAMES = list(EXPORTS)
OF_ONE_THING = {"conversation", "customer-conversations", "call-events", "file-export"}


def parameters_of(export: Export[Any], company: Company) -> Parameters:
    given = answers(export.name, company)
    if "dates" in given:
        first, last, zone = given["dates"]
        given["dates"] = DateRange(first=first, last=last, zone=zone)
    parameters: Parameters = check_parameters(export.parameters, given)
    return parameters


def run(runs: Runs, client: Client, account: Account, name: str, company: Company) -> Job:
    export = EXPORTS[name]
    return runs.run_here(account, client, export, parameters_of(export, company), lambda _ticket: None)


def tables_of(runs: Runs, account: Account, job: Job) -> dict[str, Table]:
    result = runs.result(account, job.id)
    assert result is not None
    return {name: Table(table) for name, table in result.tables.items()}


def table_of(runs: Runs, account: Account, job: Job) -> Table:
    """The first table of a job's result."""
    return next(iter(tables_of(runs, account, job).values()))


def notes_of(runs: Runs, account: Account, job: Job) -> Sequence[Note]:
    """What a job's result says of itself."""
    result = runs.result(account, job.id)
    assert result is not None
    return result.manifest.notes


@pytest.fixture(scope="module")
def finished(
    shared_server: DemoServer, company: Company, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], tuple[Job, Mapping[str, Table]]]]:
    """An undisturbed run of each export and its tables, made when first asked for; only to be read."""
    settings = settings_for(shared_server, tmp_path_factory.mktemp("finished"))
    runs = Runs(settings)
    client, account = connect(shared_server, settings)

    @cache
    def made(name: str) -> tuple[Job, Mapping[str, Table]]:
        job = run(runs, client, account, name, company)
        return job, tables_of(runs, account, job)

    yield made
    client.close()
    runs.close()


Finished = Callable[[str], tuple[Job, Mapping[str, Table]]]


def every_row_of(runs: Runs, account: Account, job: Job) -> dict[str, list[dict[str, Any]]]:
    return {name: rows_of(table) for name, table in tables_of(runs, account, job).items()}


def downloaded(table: Table) -> list[str]:
    """The columns that a download must hold: all but names that stand beside ids, and optional ones that are empty."""
    return [column.name for column in table.columns if not column.beside]


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
    assert set(OTHER_TRUTH) == {(export.name, other.name) for export in EXPORTS.values() for other in export.others}


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_equals_what_the_server_holds(name: str, finished: Finished, company: Company) -> None:
    job, tables = finished(name)
    assert job.state is State.DONE
    truths = [TRUTH[name], *(OTHER_TRUTH[name, other.name] for other in EXPORTS[name].others)]
    for table, truth in zip(tables.values(), truths, strict=True):
        expected = in_order({column: row.get(column) for column in downloaded(table)} for row in truth(company))
        assert len(expected) > 3
        assert rows_of(table) == expected


@pytest.mark.parametrize("name", NAMES)
def test_only_optional_columns_are_ever_left_out(name: str, finished: Finished, company: Company) -> None:
    _job, tables = finished(name)
    export = EXPORTS[name]
    first = export.columns if export.columns_of is None else export.columns_of(parameters_of(export, company))
    declared = [first, *(other.columns for other in export.others)]
    for table, columns in zip(tables.values(), declared, strict=True):
        kept = {column.name for column in table.columns}
        assert [column for column in columns if column.name in kept or not column.optional] == list(table.columns)


@pytest.mark.parametrize("name", NAMES)
def test_all_formats_agree_cell_by_cell(name: str, finished: Finished, tmp_path: Path) -> None:
    for table in finished(name)[1].values():
        parquet = pq.read_table(io.BytesIO(download(table, Format.PARQUET)))
        columns = downloaded(table)
        assert parquet.column_names == columns
        rows = [{key: without_nulls(value) for key, value in row.items()} for row in parquet.to_pylist()]
        as_json = originals(table) or rows
        assert json.loads(download(table, Format.JSON)) == as_json
        assert [json.loads(line) for line in download(table, Format.JSONL).splitlines()] == as_json
        path = tmp_path / "result.csv"
        path.write_bytes(download(table, Format.CSV))
        assert [list(row) for row in read_csv(path)][:1] == [columns]
        joined = {column.name: column.joined_by for column in table.columns}
        text = [{key: _csv_text(value, joined[key]) for key, value in row.items()} for row in rows]
        assert [{key: value or "" for key, value in row.items()} for row in read_csv(path)] == text


def originals(table: Table) -> list[Any]:
    """The records as they came, where the table keeps them; JSON has those instead of the columns."""
    names = [column.name for column in table.columns if column.original]
    chunks = encode(table, Query(), Format.JSON, columns=names) if names else [b"[]"]
    return [json.loads(row[names[0]]) for row in json.loads(b"".join(chunks))]


def without_nulls(value: Any) -> Any:
    """Records as JSON has them, where a missing field is missing; in Parquet it is null."""
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return [{key: inner for key, inner in item.items() if inner is not None} for item in value]
    return value


def _csv_text(value: Any, joined_by: str) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return joined_by.join(value) if joined_by else json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", NAMES)
def test_ids_that_look_like_formulas_are_guarded_in_csv_alone(name: str, finished: Finished) -> None:
    for table in finished(name)[1].values():
        ids = [column.name for column in table.columns if column.kind is Kind.ID]
        rows = pq.read_table(io.BytesIO(download(table, Format.PARQUET))).to_pylist()
        dashed = [row[column] for row in rows for column in ids if (row[column] or "").startswith("-")]
        csv = download(table, Format.CSV).decode()
        for cell in dashed:
            assert f"'{cell}" in csv
        assert not any(str(row[column]).startswith("'") for row in rows for column in ids)
        as_json = download(table, Format.JSON).decode()
        assert not any(f"\"'{cell}" in as_json for cell in dashed)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_company_gives_the_header_alone_and_knows_no_one_thing(
    name: str, tmp_path: Path, open_runs: Callable[[Settings], Runs], company: Company
) -> None:
    with DemoServer(Company.make_empty(now=lambda: NOW), limits=UNLIMITED) as server:
        settings = settings_for(server, tmp_path / "data")
        runs = open_runs(settings)
        client, account = connect(server, settings)
        if name in OF_ONE_THING:
            with pytest.raises(InputError) as refused:
                runs.run_here(account, client, EXPORTS[name], parameters_of(EXPORTS[name], company), lambda _: None)
            assert refused.value.field in answers(name, company)
            return
        job = run(runs, client, account, name, company)
        table = table_of(runs, account, job)
        assert (job.state, table.rows) == (State.DONE, 0)
        header = ",".join(downloaded(table))
        assert download(table, Format.CSV).decode().replace('"', "") == header + "\r\n"
        assert json.loads(download(table, Format.JSON)) == []
        assert pq.read_table(io.BytesIO(download(table, Format.PARQUET))).num_rows == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_stopped_export_has_no_finished_result_and_resumes_to_the_same_rows(
    name: str, runs: Runs, client: Client, account: Account, company: Company, finished: Finished
) -> None:
    export = EXPORTS[name]
    whole = {table: rows_of(of) for table, of in finished(name)[1].items()}
    started: list[str] = []

    def stop_at_once(ticket: Any) -> None:
        started.append(ticket.job_id)
        ticket.stop()

    job = runs.run_here(account, client, export, parameters_of(export, company), stop_at_once)
    assert job.state is State.CANCELLED
    result = runs.result(account, job.id)
    assert result is None or result.manifest.finished is None
    runs.resume(account, client, job.id)
    assert wait_for(runs, account, job.id).state is State.DONE
    assert every_row_of(runs, account, job) == whole


@pytest.mark.parametrize("name", NAMES)
def test_an_export_cut_off_in_the_middle_resumes_without_asking_again_for_finished_slices(
    name: str,
    server: DemoServer,
    settings: Settings,
    open_runs: Callable[[Settings], Runs],
    company: Company,
    finished: Finished,
) -> None:
    """A client that dies after so many requests; then another process, as after a kill, resumes."""
    undisturbed = {table: rows_of(of) for table, of in finished(name)[1].items()}
    client, account = connect(server, settings)
    dying = open_runs(settings)
    server.faults.add(breaking_point(name, company), status=401, times=1)
    export = EXPORTS[name]
    with pytest.raises(GladlyToolsError):
        dying.run_here(account, client, export, parameters_of(export, company), lambda _ticket: None)
    server.faults.clear()
    job = next(job for job in dying.jobs(account, kind=name) if job.state is State.FAILED)
    done = {item.key for item in dying.journal.slices(job.id) if item.row_count is not None}
    server.forget()

    resumed = open_runs(settings)
    resumed.resume(account, client, job.id)
    assert wait_for(resumed, account, job.id).state is State.DONE
    assert every_row_of(resumed, account, job) == undisturbed
    asked = [seen.body.decode() for seen in server.seen if seen.path == "/api/v1/reports"]
    for key in done - {"plan"}:
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
