"""A bulk run that is killed again and again changes every row once, and its results are what Gladly holds."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from gladly_tools.bulk import ACTIONS, CLOSE_CONVERSATIONS, CLOSE_TASKS, Action, Status
from gladly_tools.bulk.journal import BulkJournal
from gladly_tools.bulk.records import BulkRun
from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.jobs import State
from gladly_tools.settings import Settings
from tests.bulk.conftest import Shop, open_bulk, open_conversations, order_for, status_of, usable_topic
from tests.conftest import connect, make_company, settings_for

CHILD = """
import sys
from pathlib import Path
from tests.bulk.test_kill import be_the_child
be_the_child(*sys.argv[1:])
"""


def be_the_child(url: str, username: str, token: str, folder: str, action: str, topic: str, run_id: str) -> None:
    """Start the run whose ids come on standard input, or go on with it; until killed, or the run is over."""
    from gladly_tools.account import confirm, read_credentials
    from gladly_tools.api import Client

    settings = Settings(
        data_dir=Path(folder), allowed_hosts=(url.removeprefix("http://"),), requests_per_second=5_000.0
    )
    credentials = read_credentials(url, username, token, settings)
    client = Client(credentials, settings)
    account = confirm(client, instance=credentials.instance.name)
    _runs, bulk = open_bulk(settings)
    ids = sys.stdin.read().split()
    if any(run.id == run_id for run in bulk.list(account)):
        bulk.resume(account, client, run_id)
    else:
        order = order_for(ACTIONS[action], ids, **({"topic_id": topic} if topic else {}))
        bulk.start(account, client, order, run_id=run_id)
    while bulk.get(account, run_id).finished_at is None:
        time.sleep(0.05)
    print("over", flush=True)  # noqa: T201 the parent reads it


class Killing:
    """Runs the child, and kills it when the company has carried out so many more changes."""

    def __init__(self, server: DemoServer, folder: Path, action: Action, ids: list[str], topic: str) -> None:
        self.kills = 0
        self._server = server
        self._arguments = [
            server.url, server.username, server.api_token, str(folder), action.name, topic, "therun",
        ]  # fmt: skip
        self._ids = ids

    def once(self, after: int | None) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env=os.environ,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n".join(self._ids))
        process.stdin.close()
        if after is None:
            assert process.stdout.readline() == "over\n"
            process.kill()
        else:
            counts = self._server.company.changes.counts
            begun, until = counts.total(), time.monotonic() + 60
            while counts.total() < begun + after and process.poll() is None and time.monotonic() < until:
                time.sleep(0.0005)
            process.send_signal(signal.SIGKILL)
            self.kills += process.wait() == -signal.SIGKILL
        process.stdout.close()
        process.wait()


@pytest.fixture
def strict() -> Iterator[tuple[Company, DemoServer]]:
    company = make_company()
    # A limit that is met now and then, so that refusals for the pace are among what happens.
    with DemoServer(company, limits=Limits(requests_per_second=900)) as server:
        yield company, server


def trouble(server: DemoServer, path: str) -> None:
    for number, fault in enumerate(({"lose": True}, {"status": 500}, {"drop": True}, {"status": 503})):
        server.faults.add(path, method="PATCH", times=10_000, every=31 + 2 * number, **fault)  # type: ignore[arg-type]
    server.faults.add(path, method="GET", status=500, times=10_000, every=41)
    server.faults.add(path, method="POST", lose=True, times=10_000, every=19)


def finished(company: Company, server: DemoServer, folder: Path) -> Iterator[Shop]:
    settings = settings_for(server, folder)
    runs, bulk = open_bulk(settings)
    client, account = connect(server, settings)
    yield Shop(company=company, server=server, settings=settings, client=client, account=account, bulk=bulk)
    runs.close()
    bulk.close()
    client.close()


@pytest.mark.parametrize("kills", [4, pytest.param(10, marks=pytest.mark.soak)])
def test_conversations_are_closed_once_however_often_the_run_is_killed(
    strict: tuple[Company, DemoServer], tmp_path: Path, kills: int
) -> None:
    company, server = strict
    ids = open_conversations(company, 500)
    waiting = set(ids[::9])
    for id_ in waiting:
        company.changes.wait(id_, True)
    already = set(ids[4::50]) - waiting
    for id_ in already:
        company.changes.change_conversation(id_, assignee=None, status="CLOSED", force=False)
    company.changes.counts.clear()
    topic = usable_topic(company)
    had = {id_ for id_ in ids if topic in {company.topics[at].id for at in company.conversations[id_].topics}}
    unknown = ["no-such-conversation", "nor-this"]
    trouble(server, "/api/v1/conversations/")
    chance = random.Random(7)
    killing = Killing(server, tmp_path, CLOSE_CONVERSATIONS, [*ids, *unknown], topic)
    for _ in range(kills):
        killing.once(after=chance.randrange(5, 80))
    assert killing.kills == kills
    assert not_settled_yet(tmp_path)
    killing.once(after=None)
    for shop in finished(company, server, tmp_path):
        run = shop.bulk.get(shop.account, "therun")
        assert shop.state(run) is State.PARTIAL
        rows = {row["conversationId"]: row for row in shop.rows(run)}
        assert list(rows) == [*ids, *unknown]
        counts = company.changes.counts
        audit = shop.bulk.journal.audit("therun")
        assert len(audit) == len({line.id for line in audit}) == len(rows)
        again = retried(shop, run, rows, "conversationId")
        added = {id_ for id_, row in [*rows.items(), *again.items()] if row["topic added"] == "yes"}
        rows |= again
        for id_ in ids:
            row, is_closed = rows[id_], status_of(company, id_) == "CLOSED"
            if id_ in waiting:
                assert (row["status"], is_closed, counts["close", id_]) == (Status.SKIPPED, False, 0)
            elif id_ in already:
                assert (row["status"], is_closed, counts["close", id_]) == (Status.ALREADY_CLOSED, True, 0)
            else:
                assert (row["status"], is_closed, counts["close", id_]) == (Status.CLOSED, True, 1), row
                assert counts["add topics", id_] == (id_ not in had)
                assert (id_ in added) is (id_ not in had)
        assert {rows[id_]["status"] for id_ in unknown} == {Status.NOT_FOUND}


def retried(shop: Shop, run: BulkRun, rows: dict[str, dict[str, str]], column: str) -> dict[str, dict[str, str]]:
    """The failed rows after another run of just those; a change that met trouble three times in a row may fail."""
    failed = [id_ for id_, row in rows.items() if row["status"] == Status.FAILED]
    assert len(failed) < 10
    shop.server.faults.clear()
    again = [shop.run(order_for(ACTIONS[run.action], failed, **asdict(run.choices)))] if failed else []
    return {row[column]: row for one in again for row in shop.rows(one)}


def not_settled_yet(folder: Path) -> bool:
    """Whether the kills came early enough to leave something to do."""
    journal = BulkJournal(folder / "bulk.sqlite")
    try:
        return journal.counts("therun").get(Status.NOT_ATTEMPTED, 0) > 0
    finally:
        journal.close()


def test_tasks_are_closed_once_and_keep_their_assignees_however_often_the_run_is_killed(
    strict: tuple[Company, DemoServer], tmp_path: Path
) -> None:
    company, server = strict
    before = {task.id: task for task in company.tasks}
    trouble(server, "/api/v1/tasks/")
    chance = random.Random(11)
    killing = Killing(server, tmp_path, CLOSE_TASKS, list(before), "")
    for _ in range(4):
        killing.once(after=chance.randrange(5, 50))
    assert killing.kills == 4
    assert not_settled_yet(tmp_path)
    killing.once(after=None)
    for shop in finished(company, server, tmp_path):
        run = shop.bulk.get(shop.account, "therun")
        rows = {row["taskId"]: row for row in shop.rows(run)}
        rows |= retried(shop, run, rows, "taskId")
        for id_, task in before.items():
            now = company.tasks[id_]
            assert now.is_closed
            assert (now.inbox, now.agent) == (task.inbox, task.agent)
            assert rows[id_]["status"] == (Status.ALREADY_CLOSED if task.is_closed else Status.CLOSED)
            assert company.changes.counts["close task", id_] == (not task.is_closed)
        assert not [what for what, _id in company.changes.counts if what == "assign task"]
