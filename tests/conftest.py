"""A demo company on a real socket, and a client side with its own data directory, for tests where both meet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from gladly_tools import clock
from gladly_tools.account import Account, confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings

TODAY = date(2026, 3, 20)  # the clocks in New York went forward on the 8th
NOW = datetime(2026, 3, 20, 18, 30, tzinfo=UTC)
UNLIMITED = Limits(requests_per_second=100_000, reports_per_minute=100_000, reports_in_flight=100)

BROWSERS = Path(__file__).parent / "browser"
LAST_BROWSER = 0.75
"""The files with browser tests, which take minutes, begin within this part of all files."""


def pytest_configure(config: pytest.Config) -> None:
    """Have files handed to the workers in the order that is made here, and not by how many tests they have."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: much of the time is spent waiting for browsers, servers and disks."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread browser tests among all others: together at the end they would share the cores, and be waited for."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    many_first = sorted(files, key=lambda path: -len(files[path]))
    browsers = [path for path in many_first if BROWSERS in path.parents]
    others = [path for path in many_first if BROWSERS not in path.parents]
    turns = [(LAST_BROWSER * turn / len(browsers), path) for turn, path in enumerate(browsers)]
    turns += [(turn / len(others), path) for turn, path in enumerate(others)]
    items[:] = [item for _, path in sorted(turns) for item in files[path]]


def make_company(**more: Any) -> Company:
    """A company on a fixed day, in the middle of the afternoon, so that every run sees the same."""
    return Company.make(**{"today": TODAY, "days": 40, "conversations": 1200, "now": lambda: NOW, **more})


def settings_for(server: DemoServer, folder: Path, **more: Any) -> Settings:
    """Settings under which the client may talk to the server, as fast as both can."""
    usual: dict[str, Any] = {"reports_per_minute": 100_000, "requests_per_second": 5_000.0}
    return Settings(data_dir=folder, allowed_hosts=(server.url.removeprefix("http://"),), **(usual | more))


def connect(server: DemoServer, settings: Settings, *, account: int = 0) -> tuple[Client, Account]:
    """A client of one of the server's accounts, confirmed."""
    username, token = server.accounts[account]
    credentials = read_credentials(server.url, username, token, settings)
    client = Client(credentials, settings)
    return client, confirm(client, instance=credentials.instance.name)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reaches back so many hours from now does so from the company's moment."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture(scope="session")
def company() -> Company:
    return make_company()


@pytest.fixture(scope="session")
def shared_server(company: Company) -> Iterator[DemoServer]:
    with DemoServer(company, limits=UNLIMITED) as running:
        yield running


@pytest.fixture
def server(shared_server: DemoServer) -> Iterator[DemoServer]:
    """The shared server, with its memory of requests and its planned faults cleared."""
    shared_server.forget()
    shared_server.faults.clear()
    yield shared_server
    shared_server.faults.clear()


@pytest.fixture
def settings(server: DemoServer, tmp_path: Path) -> Settings:
    return settings_for(server, tmp_path / "data")


@pytest.fixture
def open_runs() -> Iterator[Callable[[Settings], Runs]]:
    """Opens runs that are closed after the test."""
    opened: list[Runs] = []

    def open_(settings: Settings) -> Runs:
        opened.append(Runs(settings))
        return opened[-1]

    yield open_
    for runs in opened:
        runs.close()


@pytest.fixture
def runs(settings: Settings, open_runs: Callable[[Settings], Runs]) -> Runs:
    return open_runs(settings)


@pytest.fixture
def client_and_account(server: DemoServer, settings: Settings) -> Iterator[tuple[Client, Account]]:
    client, account = connect(server, settings)
    yield client, account
    client.close()


@pytest.fixture
def client(client_and_account: tuple[Client, Account]) -> Client:
    return client_and_account[0]


@pytest.fixture
def account(client_and_account: tuple[Client, Account]) -> Account:
    return client_and_account[1]


__all__ = ["NOW", "TODAY", "UNLIMITED", "connect", "make_company", "settings_for"]
