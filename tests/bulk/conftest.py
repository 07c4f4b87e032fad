"""A demo company of its own for each test, since these tests change it, and the bulk runs of a data directory."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.bulk import Action, Choices
from gladly_tools.bulk.id_file import check
from gladly_tools.bulk.records import BulkRun
from gladly_tools.bulk_runs import BulkRuns, Order
from gladly_tools.demo import Company, DemoServer
from gladly_tools.jobs import State
from gladly_tools.results.download import unguard
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import UNLIMITED, connect, make_company, settings_for

PATIENCE = 60.0


def status_of(company: Company, conversation_id: str) -> str:
    return company.changes.status(company.conversations[conversation_id])


def open_conversations(company: Company, count: int, *, waiting: bool = False) -> list[str]:
    """So many conversations that are open now, and whose closing no rule forbids; the counts begin at nothing."""
    found = []
    for conversation_id in company.conversations:
        conversation = company.conversations[conversation_id]
        if conversation.inbox in company.changes.rules.topic_inboxes:
            continue
        company.changes.change_conversation(conversation_id, assignee=None, status="OPEN", force=False)
        company.changes.wait(conversation_id, waiting)
        if status_of(company, conversation_id) == "CLOSED":  # folded into another
            continue
        found.append(conversation_id)
        if len(found) == count:
            break
    assert len(found) == count
    company.changes.counts.clear()
    return found


def usable_topic(company: Company) -> str:
    return next(topic.id for topic in company.topics if topic.disabled is False and topic.parent_id is None)


def listed(column: str, ids: Sequence[str]) -> bytes:
    return "\n".join([column, *ids]).encode()


def order_for(action: Action, ids: Sequence[str], *, is_check: bool = False, **choices: Any) -> Order:
    return Order(
        action=action,
        checked=check(listed(action.column, ids), column=action.column),
        choices=Choices(**choices),
        is_check=is_check,
        file_name="ids.csv",
    )


@dataclass(kw_only=True)
class Shop:
    """A demo company, an account of it, and the bulk runs of one data directory."""

    company: Company
    server: DemoServer
    settings: Settings
    client: Client
    account: Account
    bulk: BulkRuns

    def run(self, order: Order) -> BulkRun:
        """Run an order to its end, whatever that is."""
        return self.bulk.run_here(self.account, self.client, order, lambda _ticket: None)[0]

    def rows(self, run: BulkRun) -> list[dict[str, str]]:
        """The Results CSV."""
        text = b"".join(self.bulk.results(self.account, run.id)).decode()
        return [
            {name: unguard(cell) for name, cell in row.items()} for row in csv.DictReader(io.StringIO(text, newline=""))
        ]

    def state(self, run: BulkRun) -> State:
        job = self.bulk.job(run)
        assert job is not None
        return job.state

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not is_true():
            assert time.monotonic() < until, "waited too long"
            time.sleep(0.005)


def open_bulk(settings: Settings) -> tuple[Runs, BulkRuns]:
    runs = Runs(settings)
    return runs, BulkRuns(runs, settle_seconds=0.02)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    company = make_company()
    with DemoServer(company, limits=UNLIMITED) as server:
        settings = settings_for(server, tmp_path / "data")
        runs, bulk = open_bulk(settings)
        client, account = connect(server, settings)
        server.forget()
        yield Shop(company=company, server=server, settings=settings, client=client, account=account, bulk=bulk)
        runs.close()
        bulk.close()
        client.close()
