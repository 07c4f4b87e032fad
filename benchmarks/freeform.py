"""Custom attributes of many conversations: a process that is killed half-way, and one that resumes its work."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.child import ChildDied, child
from benchmarks.demo import Demo, Seen, running_demo
from benchmarks.figure import Figure
from benchmarks.scale import Scale
from gladly_tools.demo import Limits
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.contact_information import ContactInformationParameters
from gladly_tools.exports.inputs import DateRange
from gladly_tools.runs import Runs

LIMIT = 10
DAYS = 30
LEAST_USED, MOST_REFUSED = 0.90, 0.01
NAME = "freeform-topics"


def measure(scale: Scale) -> Iterator[Figure]:
    """How much of the allowed rate both processes used, and what the second asked for again."""
    limits = Limits(requests_per_second=LIMIT)
    with (
        tempfile.TemporaryDirectory(prefix="freeform-") as folder,
        running_demo(limits=limits, days=DAYS, conversations=scale.conversations) as server,
    ):
        killed_after = scale.conversations // 2
        patience = 60 + 2 * scale.conversations / LIMIT
        with child(export, server.demo, folder) as first:
            until = time.monotonic() + patience
            while len(_conversations(server.seen())) < killed_after and time.monotonic() < until:
                time.sleep(1)
            os.kill(first.pid, signal.SIGKILL)
            with suppress(ChildDied):
                first.hear(seconds=10)
        before = server.seen()
        with child(export, server.demo, folder) as second:
            rows, finished = second.hear(seconds=patience)
        after = server.seen()[len(before) :]
    yield from _figures(before, after, rows=rows, finished=finished, scale=scale)


def _figures(
    before: Sequence[Seen], after: Sequence[Seen], *, rows: int, finished: Sequence[str], scale: Scale
) -> Iterator[Figure]:
    sent = answered = refused = 0
    seconds = 0.0
    for part in (before, after):
        own = [each for each in part if "/reports" not in each.path]
        sent += len(own)
        refused += sum(each.refused for each in own)
        answered += sum(not each.refused for each in own)
        seconds += own[-1].at - own[0].at
    yield Figure(
        subject="freeform",
        what=f"{scale.conversations:,} conversations, killed and resumed once",
        of="requests answered / allowed",
        ratio=answered / (LIMIT * seconds),
        least=LEAST_USED,
        detail=f"{answered:,} of {LIMIT * seconds:,.0f} in {seconds:,.0f} s; {rows:,} rows",
    )
    yield Figure(
        subject="freeform",
        what="the same",
        of="refusals (429) / requests",
        ratio=refused / sent,
        most=MOST_REFUSED,
        detail=f"{refused} of {sent:,}",
    )
    asked_before = {each.path for each in _conversations(before) if not each.refused}
    again = {each.path for each in _conversations(after)} & asked_before
    of_finished = again & {f"/api/v1/conversations/{each}" for each in finished}
    yield Figure(
        subject="freeform",
        what="asked for again after the kill",
        of="requests for rows finished before / those rows",
        ratio=len(of_finished) / max(len(finished), 1),
        most=0.0,
        detail=f"{len(of_finished)} of {len(finished):,}; {len(again)} of all {len(asked_before):,} answered",
    )


def _conversations(seen: Sequence[Seen]) -> list[Seen]:
    return [each for each in seen if each.path.startswith("/api/v1/conversations/")]


def export(pipe: Connection, demo: Demo, folder: str) -> None:
    """Run the export, or resume the one that is there; tell the rows, and the ids that were finished before."""
    settings = demo.settings(Path(folder))
    runs = Runs(settings)
    with demo.client(settings) as client:
        account = demo.account(client)
        jobs = runs.jobs(account)
        finished: list[str] = []
        if jobs:
            result = runs.result(account, jobs[0].id)
            if result is not None:
                from gladly_tools.results.table import Table

                finished = [
                    str(each) for each in Table(result).page(columns=["Conversation ID"], limit=10**6).iloc[:, 0]
                ]
            job_id = jobs[0].id
            runs.resume_interrupted(account, client)
        else:
            dates = DateRange(first=demo.last_day - timedelta(days=DAYS), last=demo.last_day, zone=demo.zone)
            parameters = ContactInformationParameters(dates=dates, customers=False)
            job_id = runs.start(account, client, EXPORTS[NAME], parameters).id
        while runs.job(account, job_id).state.active:
            time.sleep(0.2)
        job = runs.job(account, job_id)
        assert job.state.finished, job.what
        pipe.send((job.row_count, finished))
        pipe.recv()
