"""A client of a mocked Gladly on a clock that moves only when somebody waits: no test sleeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import respx

from gladly_tools.api import Client, Credentials, read_instance
from gladly_tools.api.pacing import Pacer, Pacing, ReportPacer
from gladly_tools.api.transport import Transport
from gladly_tools.errors import Cancelled
from gladly_tools.settings import Settings

TOKEN = "tok-7f3Qz-secret"
HOST = "https://acme.gladly.com"


class Patience:
    """A clock and the watch that waits by it; keeps what was told, and can be told to stop."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self.reasons: list[str] = []
        self.stopped = False
        self.requests = 0
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def check(self) -> None:
        if self.stopped:
            raise Cancelled

    def wait(self, seconds: float, reason: str) -> None:
        self.check()
        with self._lock:
            self.now += seconds
            self.waits.append(seconds)
            assert len(self.waits) < 20_000, "waits without an end"
            if reason:
                self.reasons.append(reason)

    def requested(self) -> None:
        with self._lock:
            self.requests += 1


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def gladly() -> Iterator[respx.MockRouter]:
    """Gladly, mocked: a request that no route expects fails, and so does a route that is never asked."""
    with respx.mock(base_url=HOST, assert_all_called=True, assert_all_mocked=True) as router:
        yield router


@pytest.fixture
def make_client(patience: Patience, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Makes clients of the mocked Gladly; settings are given by name."""
    made: list[Client] = []

    def make(url: str = HOST, **more: Any) -> Client:
        settings = Settings(data_dir=tmp_path, **more)
        credentials = Credentials(
            instance=read_instance(url, settings.allowed_hosts), username="ada@acme.test", api_token=TOKEN
        )
        pacing = Pacing(
            requests=Pacer(ceiling=settings.requests_per_second, clock=patience.clock),
            reports=ReportPacer(per_minute=settings.reports_per_minute, clock=patience.clock),
        )
        transport = Transport(credentials, settings, pacing, clock=patience.clock, chance=lambda: 1.0)
        made.append(Client(credentials, settings, watch=patience, transport=transport, temporary_dir=tmp_path))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()
