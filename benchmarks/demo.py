"""The demo company in a process of its own, so that client and server do not share an interpreter's lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.child import Child, child
from gladly_tools.account import Account, confirm, read_credentials
from gladly_tools.api import Client, Credentials
from gladly_tools.demo import Company, DemoServer, Limits, Pressure
from gladly_tools.settings import Settings

TODAY = date(2026, 3, 20)
UNLIMITED = Limits(requests_per_second=100_000, reports_per_minute=100_000)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as the server saw it: when (seconds of its clock), what, by whom, and whether a 429 refused it."""

    at: float
    path: str
    username: str
    refused: bool


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A demo company that runs; `conversations`, `with_inbox` (those of them that have one) and `customers` are ids."""

    url: str
    accounts: Sequence[tuple[str, str]] = field(repr=False)
    organization: str
    zone: str
    first_day: date
    last_day: date
    conversations: Sequence[str] = field(repr=False)
    with_inbox: Sequence[str] = field(repr=False)
    customers: Sequence[str] = field(repr=False)

    def settings(self, folder: Path, **more: Any) -> Settings:
        """Settings under which credentials may be sent there."""
        return Settings(data_dir=folder, allowed_hosts=(self.url.removeprefix("http://"),), **more)

    def credentials(self, settings: Settings) -> Credentials:
        """The first account's credentials."""
        username, token = self.accounts[0]
        return read_credentials(self.url, username, token, settings)

    def client(self, settings: Settings) -> Client:
        """A client of the first account."""
        return Client(self.credentials(settings), settings)

    def account(self, client: Client) -> Account:
        """The first account, confirmed as at sign-in."""
        return confirm(client, instance=client.credentials.instance.name)


@dataclass(frozen=True, kw_only=True)
class RunningDemo:
    """A demo company, and a line to the process of its server."""

    demo: Demo
    process: Child

    def seen(self) -> list[Seen]:
        """The requests so far, in the order of their arrival."""
        seen: list[Seen] = self.process.ask("seen")
        return seen

    def pressure(self) -> Pressure:
        """What the server counted so far."""
        pressure: Pressure = self.process.ask("pressure")
        return pressure


@contextmanager
def running_demo(
    *, limits: Limits = UNLIMITED, latency: float = 0.0, days: int = 10, conversations: int = 1000
) -> Iterator[RunningDemo]:
    """Open a demo company in another process; closed with the context."""
    with child(serve, limits, latency, days, conversations) as process:
        yield RunningDemo(demo=process.hear(), process=process)


def serve(pipe: Connection, limits: Limits, latency: float, days: int, conversations: int) -> None:
    """Serve until the process is ended; answer what is asked over the pipe."""
    company = Company.make(
        conversations=conversations,
        days=days,
        today=TODAY,
        now=lambda: datetime(TODAY.year, TODAY.month, TODAY.day, 18, 30, tzinfo=UTC),
    )
    first, zone = company.timeline.first_day, company.organization.timezone
    rows = list(company.report_rows(first, TODAY, zone))
    with DemoServer(company, limits=limits, latency=latency) as server:
        pipe.send(
            Demo(
                url=server.url,
                accounts=[(account.username, account.api_token) for account in server.accounts],
                organization=company.organization.name,
                zone=zone,
                first_day=first,
                last_day=TODAY,
                conversations=list(dict.fromkeys(row["Conversation ID"] for row in rows)),
                with_inbox=list(dict.fromkeys(row["Conversation ID"] for row in rows if row["Inbox ID - Current"])),
                customers=list(dict.fromkeys(row["Customer ID"] for row in rows if row["Customer ID"])),
            )
        )
        while True:
            pipe.send(_seen(server) if pipe.recv() == "seen" else server.pressure)


def _seen(server: DemoServer) -> list[Seen]:
    return [
        Seen(at=each.at, path=each.path, username=each.username, refused=each.status == 429)
        for each in sorted(server.seen, key=lambda each: each.at)
    ]
