"""A disk that is full, closed or damaged: words, what to do, and nothing lost."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.bulk_runs import BulkRuns
from gladly_tools.cli import main
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import State
from gladly_tools.results.manifest import MANIFEST_NAME
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import settings_for
from tests.exports.test_every_export import every_row_of, run, wait_for
from tests.faults.conftest import small_parameters

GARBAGE = b"this is no database, " * 400
CLOSED = Path("/proc/gladly-tools")  # nobody can make a folder there, not even root


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Writing beyond it fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    "size", [90_000, *(pytest.param(size, marks=pytest.mark.soak) for size in (1, 40_000, 250_000))]
)
@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_onto_a_full_disk_stops_with_words_and_goes_on_when_there_is_room(
    name: str,
    size: int,
    server: DemoServer,
    settings: Settings,
    open_runs: Callable[[Settings], Runs],
    client: Client,
    account: Account,
    company: Company,
    tmp_path: Path,
) -> None:
    export, parameters = EXPORTS[name], small_parameters(name, company)
    calm = open_runs(settings_for(server, tmp_path / "calm"))
    whole = calm.run_here(account, client, export, parameters, lambda _ticket: None)
    expected = every_row_of(calm, account, whole)
    runs = Runs(settings)
    told: Exception | None = None
    with no_file_longer_than(size):
        try:
            runs.run_here(account, client, export, parameters, lambda _ticket: None)
        except (GladlyToolsError, sqlite3.Error) as error:
            told = error
    runs.close()
    again = open_runs(settings)
    if not again.jobs(account):
        assert told is not None  # not even the job could be written down
        return
    (job,) = again.jobs(account)
    if told is None:
        assert job.state is State.DONE
    else:
        assert "inside this application" not in str(told)
        assert job.state in (State.FAILED, State.INTERRUPTED)
        again.resume(account, client, job.id)
        assert wait_for(again, account, job.id).state is State.DONE
    assert every_row_of(again, account, job) == expected


def test_a_data_folder_that_cannot_be_written_to_is_told_at_the_start(settings: Settings) -> None:
    with pytest.raises(GladlyToolsError, match="cannot be written to") as told:
        Runs(replace(settings, data_dir=CLOSED))
    assert "GLADLY_TOOLS_DATA_DIR" in told.value.advice


def test_the_command_line_tells_of_a_data_folder_that_cannot_be_written_to(
    server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "GLADLY_URL": server.url,
        "GLADLY_USERNAME": server.username,
        "GLADLY_API_TOKEN": server.api_token,
        "GLADLY_TOOLS_ALLOWED_HOSTS": server.url.removeprefix("http://"),
        "GLADLY_TOOLS_DATA_DIR": str(CLOSED),
    }.items():
        monkeypatch.setenv(name, value)
    answer = CliRunner().invoke(main, ["export", "topics", "--out", "-"])
    assert answer.exit_code == 1
    assert "cannot be written to" in answer.output
    assert "Traceback" not in answer.output


@pytest.mark.parametrize("file", ["jobs.sqlite", "bulk.sqlite", "snapshots.sqlite"])
def test_a_damaged_database_is_named_and_left_as_it_is(file: str, settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / file).write_bytes(GARBAGE)
    with pytest.raises(GladlyToolsError, match=f"{file} in the data folder is damaged") as told:
        BulkRuns(Runs(settings))
    assert "backup" in told.value.advice
    assert (settings.data_dir / file).read_bytes() == GARBAGE


def test_damaged_look_ups_are_set_aside_and_asked_for_again(
    settings: Settings, open_runs: Callable[[Settings], Runs], client: Client, account: Account, company: Company
) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "lookups.sqlite").write_bytes(GARBAGE)
    runs = open_runs(settings)
    assert (settings.data_dir / "lookups.damaged.sqlite").read_bytes() == GARBAGE
    job = run(runs, client, account, "contact-information", company)
    assert job.state is State.DONE


def test_a_journal_that_becomes_damaged_while_it_is_used_is_told_in_words(
    settings: Settings, open_runs: Callable[[Settings], Runs], client: Client, account: Account, company: Company
) -> None:
    runs = Runs(settings)
    job = run(runs, client, account, "topics", company)
    runs.close()
    path = settings.data_dir / "jobs.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(GladlyToolsError, match=r"jobs\.sqlite in the data folder is damaged"):
        open_runs(settings)
    assert (settings.data_dir / "results" / job.id / MANIFEST_NAME).exists()


@pytest.mark.parametrize("file", [MANIFEST_NAME, "rows.parquet"])
@pytest.mark.parametrize("content", [b"", b"\xff\x00 no", b"{}", b"PAR1"])
def test_a_damaged_result_says_so_and_can_be_deleted(
    file: str, content: bytes, runs: Runs, client: Client, account: Account, company: Company
) -> None:
    job = run(runs, client, account, "topics", company)
    result = runs.result(account, job.id)
    assert result is not None
    (result.folder / file).write_bytes(content)

    def read() -> int:
        found = runs.result(account, job.id)
        assert found is not None
        return Table(found).rows

    with pytest.raises(GladlyToolsError, match="damaged"):
        read()
    assert [job.id for job in runs.jobs(account)] == [job.id]
    runs.delete(account, job.id)
    assert not result.folder.exists()
    assert runs.jobs(account) == []
