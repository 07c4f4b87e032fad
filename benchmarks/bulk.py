"""How much of an organization's request limit a bulk run uses, and whether it closes every conversation once."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.child import child
from benchmarks.demo import TODAY
from benchmarks.figure import Figure
from benchmarks.scale import Scale
from gladly_tools.account import confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.bulk import CLOSE_CONVERSATIONS, Choices, Status
from gladly_tools.bulk.id_file import check
from gladly_tools.bulk_runs import BulkRuns, Order
from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings

LIMIT = 10
LEAST_USED, MOST_REFUSED = 0.90, 0.01
SPARE = 1.2
"""Conversations made for each one wanted: some were folded into others, some need a topic first."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A demo company with open conversations."""

    url: str
    account: tuple[str, str]
    ids: Sequence[str]
    topic: str


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What the company saw: requests, those refused for the limit, and how often each conversation was changed."""

    requests: int
    refused: int
    closed_once: int
    topic_once: int


def measure(scale: Scale) -> Iterator[Figure]:
    """Close so many conversations with a topic, at Gladly's usual limit. The server is a process of its own."""
    with child(serve, scale.bulk_rows) as server, tempfile.TemporaryDirectory() as folder:
        opened: Opened = server.hear()
        settings = Settings(data_dir=Path(folder), allowed_hosts=(opened.url.removeprefix("http://"),))
        credentials = read_credentials(opened.url, *opened.account, settings)
        with Client(credentials, settings) as client, closing(Runs(settings)) as runs, closing(BulkRuns(runs)) as bulk:
            account = confirm(client, instance=credentials.instance.name)
            server.ask("forget")
            order = Order(
                action=CLOSE_CONVERSATIONS,
                checked=check("\n".join(["conversationId", *opened.ids]).encode(), column="conversationId"),
                choices=Choices(topic_id=opened.topic),
            )
            started = time.monotonic()
            run, error = bulk.run_here(account, client, order, lambda _ticket: None)
            seconds = time.monotonic() - started
            assert error is None, error
            closed = bulk.counts(run).get(Status.CLOSED, 0)
        carried: Carried = server.ask("carried")
    rows = len(opened.ids)
    answered = carried.requests - carried.refused
    detail = f"{rows:,} rows in {seconds:.0f} s, {answered:,} requests answered of {LIMIT * seconds:.0f}"
    yield _figure("requests answered / allowed", answered / (LIMIT * seconds), least=LEAST_USED, detail=detail)
    refused = f"{carried.refused} of {carried.requests:,}"
    yield _figure("refusals (429) / requests", carried.refused / carried.requests, most=MOST_REFUSED, detail=refused)
    once = (
        f"{carried.closed_once:,} closed once, {carried.topic_once:,} got the topic once or had it, {closed:,} said so"
    )
    least_once = min(carried.closed_once, carried.topic_once, closed)
    yield _figure("changed once, and said so / rows", least_once / rows, least=1.0, most=1.0, detail=once)


def _figure(of: str, ratio: float, *, detail: str, least: float | None = None, most: float | None = None) -> Figure:
    return Figure(subject="bulk", what="close with a topic", of=of, ratio=ratio, least=least, most=most, detail=detail)


def serve(pipe: Connection, rows: int) -> None:
    """Serve a company with so many open conversations until the process is ended."""
    company = Company.make(
        conversations=int(rows * SPARE) + 100,
        days=60,
        today=TODAY,
        now=lambda: datetime(TODAY.year, TODAY.month, TODAY.day, 18, 30, tzinfo=UTC),
    )
    changes = company.changes
    ids: list[str] = []
    for conversation_id in company.conversations:
        if len(ids) == rows:
            break
        changes.change_conversation(conversation_id, assignee=None, status="OPEN", force=False)
        changes.wait(conversation_id, False)
        if changes.status(company.conversations[conversation_id]) == "OPEN":
            ids.append(conversation_id)
    assert len(ids) == rows
    topic = next(topic for topic in company.topics if topic.disabled is False)
    place = company.topics.index(topic)
    had = {id_ for id_ in ids if place in company.conversations[id_].topics}
    changes.counts.clear()
    with DemoServer(company, limits=Limits(requests_per_second=LIMIT)) as server:
        account = server.accounts[0]
        pipe.send(Opened(url=server.url, account=(account.username, account.api_token), ids=ids, topic=topic.id))
        while True:
            if pipe.recv() == "forget":
                server.forget()
                pipe.send(None)
                continue
            pressure = server.pressure
            pipe.send(
                Carried(
                    requests=pressure.requests,
                    refused=pressure.refused_requests,
                    closed_once=sum(changes.counts["close", id_] == 1 for id_ in ids),
                    topic_once=sum(changes.counts["add topics", id_] == (id_ not in had) for id_ in ids),
                )
            )
