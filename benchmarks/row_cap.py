"""Whether an export is whole when reports are cut at a low number of rows, and keeps to the reports' own limit."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks.demo import Demo, running_demo
from benchmarks.figure import Figure
from benchmarks.scale import Scale
from gladly_tools.demo import Limits
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.conversation_report import KEY
from gladly_tools.exports.inputs import DateRange, check_parameters
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs

CAP = 60
# Gladly's limit is 10; at that rate this would take the best part of an hour.
REPORTS_PER_MINUTE = 600


@dataclass(frozen=True, kw_only=True)
class Case:
    """How many conversations a day has on average, in words and as a number.

    A day beyond the cap can only be asked for inbox by inbox, so its conversations without an inbox may be out of
    reach; then the result must call itself partial, and everything else must be there.
    """

    name: str
    per_day: int
    beyond_reach: bool = False


CASES = (
    Case(name="weeks beyond the cap", per_day=35),
    Case(name="days beyond the cap", per_day=100, beyond_reach=True),
)


@dataclass(frozen=True, kw_only=True)
class Got:
    """What came of one export; `partial` when it says itself that rows are missing."""

    conversations: frozenset[str]
    rows: int
    partial: bool


def measure(scale: Scale) -> Iterator[Figure]:
    """Conversations got over those there are, and refused reports over all, a case each."""
    for case in CASES:
        days = scale.row_cap_days
        limits = Limits(requests_per_second=100_000, reports_per_minute=REPORTS_PER_MINUTE, report_rows=CAP)
        with running_demo(limits=limits, days=days, conversations=case.per_day * days) as running:
            got = export(running.demo)
            pressure = running.pressure()
        demo = running.demo
        true = frozenset(demo.with_inbox if case.beyond_reach else demo.conversations)
        missing = len(frozenset(demo.conversations) - got.conversations)
        # With conversations out of reach it may call itself partial for safety, as it cannot know of them.
        honest = got.partial if missing else (case.beyond_reach or not got.partial)
        whole = honest and got.rows == len(got.conversations)
        yield Figure(
            subject="row_cap",
            what=case.name,
            of="conversations got / true" if not case.beyond_reach else "conversations with an inbox got / true",
            ratio=len(got.conversations & true) / len(true) if whole else math.nan,
            least=1.0,
            detail=f"{got.rows:,} rows, cut at {CAP}; {missing} missing, "
            f"the result calls itself {'partial' if got.partial else 'complete'}",
        )
        yield Figure(
            subject="row_cap",
            what=case.name,
            of="refused reports / requests",
            ratio=pressure.refused_reports / max(pressure.requests, 1),
            most=0.0,
            detail=f"{pressure.refused_reports} of {pressure.requests}",
        )


def export(demo: Demo) -> Got:
    """Export every conversation that there is, without customers."""
    chosen = EXPORTS["contact-information"]
    dates = DateRange(first=demo.first_day, last=demo.last_day, zone=demo.zone)
    parameters = check_parameters(chosen.parameters, {"dates": dates, "inbox_ids": (), "customers": False})
    with tempfile.TemporaryDirectory(prefix="gladly-tools-benchmark-") as folder:
        settings = demo.settings(
            Path(folder), report_row_cap=CAP, reports_per_minute=REPORTS_PER_MINUTE, requests_per_second=5_000.0
        )
        with closing(Runs(settings)) as runs, demo.client(settings) as client:
            account = demo.account(client)
            job = runs.run_here(account, client, chosen, parameters, lambda _ticket: None)
            result = runs.result(account, job.id)
            assert result is not None
            cells = (batch.column(0).to_pylist() for batch in Table(result).batches(columns=[KEY]))
            found = [str(cell) for cell in chain.from_iterable(cells)]
            return Got(conversations=frozenset(found), rows=len(found), partial=result.manifest.partial)
