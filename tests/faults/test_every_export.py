"""Every export through every fault of a network: the right rows, or an error in words and a job that can go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.account import Account, confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import Job, State
from gladly_tools.results.manifest import Note
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import settings_for
from tests.exports.test_every_export import every_row_of, notes_of, wait_for
from tests.faults.conftest import small_parameters
from tests.faults.proxy import Mishap, Plan, Proxy

NAMES = list(EXPORTS)


def seldom(mishap: Mishap) -> Any:
    """For the long run alone: what others show too, on other ways."""
    return pytest.param(mishap, marks=pytest.mark.soak)


PASSING = (
    Mishap.SLOW,
    Mishap.RESET_IN_BODY,
    Mishap.BUSY,
    *map(seldom, (Mishap.LATE, Mishap.RESET, Mishap.CUT, Mishap.DOWN, Mishap.NONSENSE)),
)
LASTING = (
    Mishap.CUT,
    Mishap.CUT_UNANNOUNCED,
    Mishap.PAGE,
    Mishap.BROKEN,
    *map(
        seldom,
        (
            Mishap.RESET,
            Mishap.RESET_IN_BODY,
            Mishap.BUSY,
            Mishap.DOWN,
            Mishap.WRONG_TYPE,
            Mishap.NONSENSE,
            Mishap.GARBLED,
        ),
    ),
)
# Nothing in a piece of an MP3 says that more should follow.
NOT_TO_BE_SEEN = {("ivr-recordings", Mishap.CUT_UNANNOUNCED)}
FOREVER = 1_000_000

Rows = dict[str, list[dict[str, Any]]]
_undisturbed: dict[str, tuple[Rows, Sequence[Note], int]] = {}


@pytest.fixture
def settings(proxy: Proxy, server: DemoServer, tmp_path: Path) -> Settings:
    usual = settings_for(server, tmp_path / "data")
    return replace(usual, allowed_hosts=(proxy.url.removeprefix("http://"),), request_timeout_seconds=5.0)


@pytest.fixture
def client(proxy: Proxy, server: DemoServer, settings: Settings) -> Iterator[Client]:
    client = Client(read_credentials(proxy.url, server.username, server.api_token, settings), settings)
    yield client
    client.close()


@pytest.fixture
def account(client: Client) -> Account:
    return confirm(client, instance="proxy")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The exports of one account, with faults on the way."""

    proxy: Proxy
    runs: Runs
    client: Client
    account: Account
    settings: Settings
    company: Company

    def start(self, name: str) -> Job:
        parameters = small_parameters(name, self.company)
        return self.runs.run_here(self.account, self.client, EXPORTS[name], parameters, lambda _ticket: None)

    def rows(self, job: Job) -> Rows:
        return every_row_of(self.runs, self.account, job)

    def notes(self, job: Job) -> Sequence[Note]:
        return notes_of(self.runs, self.account, job)

    def undisturbed(self, name: str) -> tuple[Rows, Sequence[Note], int]:
        """What an export gives on a good day and says of it, and how many requests that takes; nothing is kept."""
        if name not in _undisturbed:
            self.proxy.expect(Plan())
            job = self.start(name)
            assert job.state is State.DONE
            rows = self.rows(job)
            assert any(rows.values())
            _undisturbed[name] = rows, self.notes(job), self.proxy.seen
            self.runs.delete(self.account, job.id)
        self._forget_what_was_fetched()
        return _undisturbed[name]

    def _forget_what_was_fetched(self) -> None:
        """So that the next run asks for everything again."""
        self.runs.remembered._connection.execute("delete from remembered")
        for path in (self.settings.data_dir / "exports").rglob("*.zst"):
            path.unlink()


@pytest.fixture
def bench(proxy: Proxy, runs: Runs, client: Client, account: Account, settings: Settings, company: Company) -> Bench:
    return Bench(proxy=proxy, runs=runs, client=client, account=account, settings=settings, company=company)


@pytest.mark.parametrize("mishap", PASSING)
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_that_passes_changes_no_row(name: str, mishap: Mishap, bench: Bench) -> None:
    expected, *_ = bench.undisturbed(name)
    bench.proxy.expect(Plan(mishap=mishap))
    job = bench.start(name)
    assert bench.proxy.struck
    assert job.state is State.DONE
    assert bench.rows(job) == expected


@pytest.mark.parametrize("mishap", LASTING)
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_that_lasts_is_told_in_words_and_the_job_goes_on_once_it_is_over(
    name: str, mishap: Mishap, bench: Bench
) -> None:
    expected, notes, requests = bench.undisturbed(name)
    bench.proxy.expect(Plan(mishap=mishap, times=FOREVER, after=requests // 2))
    told: GladlyToolsError | None = None
    try:
        bench.start(name)
    except GladlyToolsError as error:
        told = error
    assert told is None or (told.what and "inside this application" not in told.what)
    runs, account = bench.runs, bench.account
    begun = runs.jobs(account)
    if not begun:
        return  # what was asked for could not be confirmed, so there is no job
    job = begun[0]
    assert bench.proxy.struck
    if job.state.finished:
        is_whole = bench.rows(job) == expected
        # What is not there is said: names that could not be asked for, a call told by another source.
        assert is_whole or bench.notes(job) != notes or (name, mishap) in NOT_TO_BE_SEEN
        return
    assert (job.state, bool(job.what)) == (State.FAILED, True)
    result = runs.result(account, job.id)
    assert result is None or result.manifest.finished is None
    bench.proxy.expect(Plan())
    runs.resume(account, bench.client, job.id)
    assert wait_for(runs, account, job.id).state is State.DONE
    assert bench.rows(job) == expected
