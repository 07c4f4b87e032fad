"""Several jobs that want the same export file at once: it is fetched once, by whoever comes to it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.export_jobs import ExportJob
from gladly_tools.errors import GladlyToolsError, UnexpectedAnswer
from gladly_tools.exports import EXPORTS, export_files
from gladly_tools.exports.file_export import FileExportParameters
from gladly_tools.exports.inputs import Parameters, check_parameters
from gladly_tools.exports.search_questions import Where
from gladly_tools.jobs import Job, State
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import connect
from tests.exports.test_every_export import wait_for
from tests.exports.test_file_export import ITEMS, daily_jobs, defaults, files_of

EXPORT = EXPORTS["file-export"]


@pytest.fixture
def job(company: Company) -> ExportJob:
    return daily_jobs(company)[-1]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_files, "WAIT_SECONDS", 0.02)


def asked(job: ExportJob, **given: object) -> Parameters:
    return check_parameters(FileExportParameters, defaults() | {"where": Where(job_ids=(job.id,))} | given)


def fetched(server: DemoServer) -> Counter[str]:
    return Counter(seen.path.rpartition("/")[2] for seen in server.seen if "/files/" in seen.path)


def test_two_jobs_at_once_fetch_each_file_once_and_find_the_same(
    runs: Runs, client: Client, account: Account, server: DemoServer, job: ExportJob
) -> None:
    server.faults.add(f"/api/v1/export/jobs/{job.id}/files/", delay=0.3, times=4)
    jobs = [runs.start(account, client, EXPORT, asked(job)) for _ in range(3)]
    done = [wait_for(runs, account, each.id) for each in jobs]
    assert fetched(server) == Counter(dict.fromkeys(job.files, 1))
    first, *others = (files_of(runs, account, each) for each in done)
    assert all(other == first for other in others)
    assert first[ITEMS]


def test_a_job_that_waits_says_so_and_can_be_stopped(
    runs: Runs, client: Client, account: Account, server: DemoServer, job: ExportJob
) -> None:
    kept = runs.kept.of(account.owner)
    with ExitStack() as elsewhere:
        elsewhere.enter_context(kept.turn(job.id, "agents", wait=lambda: None))
        waiting = runs.start(account, client, EXPORT, asked(job))
        until(lambda: "Another job is fetching the same file" in runs.job(account, waiting.id).waiting)
        runs.stop(account, waiting.id)
        assert wait_for(runs, account, waiting.id).state is State.CANCELLED
        assert fetched(server) == Counter()
    again = runs.start(account, client, EXPORT, asked(job))
    assert wait_for(runs, account, again.id).state.finished


def test_where_the_first_fails_the_second_fetches(
    runs: Runs, client: Client, account: Account, server: DemoServer, job: ExportJob
) -> None:
    path = f"/api/v1/export/jobs/{job.id}/files/agents.jsonl"
    server.faults.add(path, status=400, delay=0.5, times=1)

    def run() -> Job | GladlyToolsError:
        try:
            return runs.run_here(account, client, EXPORT, asked(job), lambda _ticket: None)
        except GladlyToolsError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda _: run(), range(2)))
    failed = [each for each in ended if isinstance(each, GladlyToolsError)]
    (done,) = (each for each in ended if isinstance(each, Job))
    assert len(failed) == 1
    assert done.state.finished
    assert fetched(server)["agents.jsonl"] == 2
    assert runs.kept.of(account.owner).path(job.id, "agents") is not None


def test_another_account_of_the_same_organization_fetches_for_itself(
    runs: Runs, settings: Settings, client: Client, account: Account, server: DemoServer, job: ExportJob
) -> None:
    runs.run_here(account, client, EXPORT, asked(job), lambda _ticket: None)
    server.forget()
    others_client, other = connect(server, settings, account=1)
    runs.run_here(other, others_client, EXPORT, asked(job), lambda _ticket: None)
    others_client.close()
    assert fetched(server) == Counter(dict.fromkeys(job.files, 1))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><h1>Please sign in</h1>", "is a web page"),
        (b'[{"id":"a","content":{}}]', "is one JSON array"),
        (b"%PDF-1.7", "is a PDF document"),
    ],
)
def test_what_is_no_list_of_records_is_told_and_not_kept(
    runs: Runs,
    client: Client,
    account: Account,
    server: DemoServer,
    job: ExportJob,
    body: bytes,
    words: str,
) -> None:
    server.faults.add(f"/api/v1/export/jobs/{job.id}/files/{ITEMS}", status=200, body=body, times=1)
    with pytest.raises(UnexpectedAnswer, match=f"conversation_items.jsonl of job {job.id} {words}"):
        runs.run_here(account, client, EXPORT, asked(job), lambda _ticket: None)
    (failed,) = runs.jobs(account)
    assert runs.kept.of(account.owner).path(job.id, "conversation_items") is None
    runs.resume(account, client, failed.id)
    assert wait_for(runs, account, failed.id).state.finished


def until(holds: Callable[[], bool]) -> None:
    """Look again until something holds that another thread brings about."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
