"""Whether an export is whole when reports are cut at a low number of rows, and keeps to the reports' own limit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.demo import Demo, running_demo
from benchmarks.figure import Figure
from benchmarks.scale import Scale
from gladly_tools.demo import Limits
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.contact_information import KEY
from gladly_tools.exports.inputs import DateRange, check_parameters
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs

CAP = 60
# The true limit is 10; six hundred ask the same of the client in a minute of a hundred milliseconds each.
REPORTS_PER_MINUTE = 600


@dataclass(frozen=True, kw_only=True)
class Case:
    """How many conversations a day has on average, in words and as a number."""

    name: str
    per_day: int


CASES = (
    Case(name="weeks longer than the cap", per_day=35),
    Case(name="days longer than the cap", per_day=150),
)


@dataclass(frozen=True, kw_only=True)
class Got:
    """What came of one export; `partial` when it says itself that rows are missing."""

    conversations: frozenset[str]
    rows: int
    partial: bool


def measure(scale: Scale) -> Iterator[Figure]:
    """Rows got over true rows, and refused reports over all, a case each."""
    for case in CASES:
        days = scale.row_cap_days
        limits = Limits(
            requests_per_second=100_000, reports_per_minute=REPORTS_PER_MINUTE, report_rows=CAP
        )
        with running_demo(limits=limits, days=days, conversations=case.per_day * days) as running:
            got = export(running.demo)
            pressure = running.pressure()
        true = frozenset(running.demo.conversations)
        reports = max(pressure.requests, 1)
        words = f"{got.rows:,} of {len(true):,} rows, cut at {CAP}"
        yield Figure(
            subject="row_cap",
            what=case.name,
            of="conversations got / true",
            ratio=len(got.conversations & true) / len(true),
            least=1.0,
            most=1.0,
            detail=f"{words}; the result {'calls itself partial' if got.partial else 'calls itself complete'}",
        )
        yield Figure(
            subject="row_cap",
            what=case.name,
            of="refused reports / requests",
            ratio=pressure.refused_reports / reports,
            most=0.0,
            detail=f"{pressure.refused_reports} of {reports}; at most {pressure.most_reports_in_a_minute} a minute",
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
            job = runs.run_here(demo.account, client, chosen, parameters, lambda _ticket: None)
            result = runs.result(demo.account, job.id)
            assert result is not None
            found = [
                cell for batch in Table(result).batches(columns=[KEY]) for cell in batch.column(0).to_pylist()
            ]
            return Got(conversations=frozenset(found), rows=len(found), partial=result.manifest.partial)
