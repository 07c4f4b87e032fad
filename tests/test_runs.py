"""Runs are kept for their account, for a while."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import DemoServer
from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.export_work import ExportWork
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import Parameters
from gladly_tools.jobs import Job, State
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import connect
from tests.exports.test_every_export import wait_for


def run(runs: Runs, client: Client, account: Account) -> Job:
    return runs.run_here(account, client, EXPORTS["inboxes"], Parameters(), lambda _ticket: None)


def test_a_job_in_the_background_ends_with_its_result(runs: Runs, client: Client, account: Account) -> None:
    job = wait_for(runs, account, runs.start(account, client, EXPORTS["inboxes"], Parameters()).id)
    result = runs.result(account, job.id)
    assert job.state is State.DONE
    assert result is not None
    assert result.manifest.rows == result.manifest.expected_rows == job.row_count > 0
    assert job.requests == 1
    assert result.manifest.finished is not None


def test_another_account_can_do_nothing_with_a_job(
    runs: Runs, client: Client, account: Account, server: DemoServer, settings: Settings
) -> None:
    job = run(runs, client, account)
    other_client, other = connect(server, settings, account=1)
    assert list(runs.jobs(other)) == []
    for attempt in (
        lambda: runs.job(other, job.id),
        lambda: runs.result(other, job.id),
        lambda: runs.stop(other, job.id),
        lambda: runs.delete(other, job.id),
        lambda: runs.resume(other, other_client, job.id),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert runs.result(account, job.id) is not None


def test_a_deleted_job_takes_its_result_along(runs: Runs, client: Client, account: Account) -> None:
    job = run(runs, client, account)
    assert runs.store.size(job.id) > 0
    runs.delete(account, job.id)
    assert list(runs.jobs(account)) == []
    assert job.id not in runs.store.ids()


def test_results_are_deleted_after_the_retention_time_and_not_before(
    runs: Runs, client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = run(runs, client, account)
    assert runs.expires(job) == job.finished_at + timedelta(hours=24)  # type: ignore[operator]
    assert runs.sweep() == 0
    later = datetime.now(UTC) + timedelta(hours=23, minutes=59)
    monkeypatch.setattr(runs.journal, "now", lambda: later)
    assert runs.sweep() == 0
    monkeypatch.setattr(runs.journal, "now", lambda: later + timedelta(minutes=2))
    assert runs.sweep() == 1
    assert job.id not in runs.store.ids()


def test_a_full_disk_is_told_before_a_job_starts(
    runs: Runs, client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gladly_tools.kept_files.shutil.disk_usage", lambda _path: SimpleNamespace(free=1024))
    with pytest.raises(GladlyToolsError, match="are free"):
        runs.start(account, client, EXPORTS["inboxes"], Parameters())
    assert list(runs.jobs(account)) == []


def test_a_failed_job_keeps_gladlys_words_and_can_be_resumed(
    runs: Runs, client: Client, account: Account, server: DemoServer
) -> None:
    server.faults.add("/api/v1/inboxes", status=400, body='{"errors":{"attr":"x","code":"invalid","detail":"no way"}}')
    job = wait_for(runs, account, runs.start(account, client, EXPORTS["inboxes"], Parameters()).id)
    assert job.state is State.FAILED
    assert "no way" in job.what
    runs.resume(account, client, job.id)
    assert wait_for(runs, account, job.id).state is State.DONE


def test_two_processes_share_a_data_directory_and_leave_each_others_jobs_alone(
    client: Client, account: Account, settings: Settings, open_runs: Callable[[Settings], Runs]
) -> None:
    first = open_runs(settings)
    job = first.journal.create(
        "waits",
        owner=account.owner,
        kind="inboxes",
        title="",
        origin="app",
        parameters={},
        runner=first.runner.id,
    )
    first.runner.adopt(job.id)
    second = open_runs(settings)
    assert second.job(account, "waits").state is State.QUEUED
    finished = run(second, client, account)
    assert first.result(account, finished.id) is not None


def test_a_result_whose_job_is_gone_is_swept_away(
    runs: Runs, client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = run(runs, client, account)
    runs.journal.delete(job.id)
    runs.sweep()
    assert job.id in runs.store.ids(), "it may belong to a job that is just being made"
    monkeypatch.setattr(runs.store, "age_seconds", lambda _id: 3600.0)
    runs.sweep()
    assert job.id not in runs.store.ids()


def test_a_kill_right_after_planning_neither_doubles_nor_loses_a_row(
    runs: Runs, client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing can be noted after it, as after a kill."""

    def killed(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ExportWork, "_result", killed)
        with pytest.raises(Killed):
            run(runs, client, account)
    job = runs.jobs(account)[0]
    assert job.planned
    runs.journal.interrupt(runs.runner.id)
    runs.resume(account, client, job.id)
    assert wait_for(runs, account, job.id).state is State.DONE
    result = runs.result(account, job.id)
    assert result is not None
    assert result.manifest.rows == result.manifest.expected_rows == len(client.inboxes.list())


def test_a_lost_part_makes_the_result_partial(
    runs: Runs, client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ExportWork._finish

    def with_a_part_lost(work: ExportWork, result: Any) -> State:
        for path in result.files():
            path.unlink()
        result.write_slice(0, "all", iter(()), zone="UTC")
        return real(work, result)

    monkeypatch.setattr(ExportWork, "_finish", with_a_part_lost)
    job = run(runs, client, account)
    result = runs.result(account, job.id)
    assert result is not None
    assert job.state is State.PARTIAL
    assert (result.manifest.rows, result.manifest.expected_rows) == (0, len(client.inboxes.list()))


def test_the_data_folder_is_private_also_when_it_was_there_before(
    settings: Settings, open_runs: Callable[[Settings], Runs]
) -> None:
    settings.data_dir.mkdir(parents=True, mode=0o755)
    open_runs(settings)
    for path in (settings.data_dir, settings.data_dir / "results", settings.data_dir / "runners"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for name in ("jobs.sqlite", "lookups.sqlite"):
        assert stat.S_IMODE((settings.data_dir / name).stat().st_mode) == 0o600


def test_two_organizations_behind_one_host_are_two_accounts(account: Account) -> None:
    assert replace(account, organization_id="another").owner != account.owner


def test_an_account_with_too_many_jobs_is_refused_another_and_others_are_not(
    open_runs: Callable[[Settings], Runs], server: DemoServer, settings: Settings
) -> None:
    runs = open_runs(replace(settings, account_jobs=2))
    client, account = connect(server, settings)
    _, other = connect(server, settings, account=1)
    for number in range(2):
        runs.journal.create(
            f"j{number}", owner=account.owner, kind="inboxes", title="", origin="app", parameters={}, runner="x"
        )
    with pytest.raises(GladlyToolsError, match="2 jobs of this account run or wait already"):
        runs.start(account, client, EXPORTS["inboxes"], Parameters())
    runs.journal.create(
        "stopped", owner=account.owner, kind="inboxes", title="", origin="app", parameters={}, runner="x"
    )
    runs.journal.end("stopped", State.CANCELLED)
    with pytest.raises(GladlyToolsError, match="2 jobs of this account run or wait already"):
        runs.resume(account, client, "stopped")
    assert runs.job(account, "stopped").state is State.CANCELLED
    runs.check_limits(other)
    runs.journal.end("j0", State.DONE)
    assert run(runs, client, account).state is State.DONE


def test_an_account_that_has_used_up_its_room_is_told_and_goes_on_once_it_has_deleted_something(
    open_runs: Callable[[Settings], Runs], server: DemoServer, settings: Settings
) -> None:
    client, account = connect(server, settings)
    _, other = connect(server, settings, account=1)
    before = open_runs(settings)
    job = run(before, client, account)
    used = before.bytes_of(account)
    assert used == before.store.size(job.id) > 1000
    runs = open_runs(replace(settings, account_gigabytes=used * 0.9 / 1e9))
    with pytest.raises(GladlyToolsError, match="Delete results on the Jobs page"):
        runs.start(account, client, EXPORTS["inboxes"], Parameters())
    runs.check_room(other)
    with runs.kept.of(other.owner).writing("a set", "a file") as write:
        write(b"x" * 1000)
    assert runs.bytes_of(other) > 0
    runs.delete(account, job.id)
    assert run(runs, client, account).state is State.DONE


def test_a_job_whose_account_runs_out_of_room_stops_with_words_and_resumes(
    open_runs: Callable[[Settings], Runs], server: DemoServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gladly_tools.export_work.ROOM_SECONDS", 0.0)
    runs = open_runs(settings)
    client, account = connect(server, settings)
    sizes = iter([0, 10**12])
    with monkeypatch.context() as patch:
        patch.setattr(runs, "bytes_of", lambda _account: next(sizes))
        with pytest.raises(GladlyToolsError, match="take 1,000"):
            run(runs, client, account)
    (job,) = runs.jobs(account)
    assert job.state is State.FAILED
    assert "Delete results" in job.advice
    assert wait_for(runs, account, runs.resume(account, client, job.id).id).state is State.DONE
