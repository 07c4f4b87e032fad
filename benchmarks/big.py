"""A big finished result in a data directory of its own, as if an account's export had made it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.child import child
from benchmarks.demo import Demo, running_demo
from benchmarks.rows import COLUMNS, ZONE, rows
from gladly_tools.account import Account
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import State
from gladly_tools.results.manifest import Manifest
from gladly_tools.results.store import ResultStore
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings

RESULT = "benchmark"
EXPORT = "contact-information"
_SLICES = 4


@dataclass(frozen=True, kw_only=True)
class Big:
    """Where the result is, and the demo company whose account it belongs to."""

    folder: Path
    rows: int
    demo: Demo

    @property
    def settings(self) -> Settings:
        """Settings of a portal that has the result."""
        return self.demo.settings(self.folder)

    @property
    def file(self) -> Path:
        """The Parquet file with all rows."""
        return self.folder / "results" / RESULT / "rows.parquet"


@contextmanager
def big_result(count: int) -> Iterator[Big]:
    """A result of so many rows; deleted with the context. Made by a child, so that this process stays small."""
    folder = Path(tempfile.mkdtemp(prefix="gladly-tools-benchmark-"))
    try:
        with running_demo() as running:
            big = Big(folder=folder, rows=count, demo=running.demo)
            with child(make, big) as maker:
                maker.hear()
            yield big
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make(pipe: Connection, big: Big) -> None:
    """Write the result and its job, then say so."""
    runs = Runs(big.settings)
    account: Account = big.demo.account
    runs.journal.create(
        RESULT,
        owner=account.owner,
        kind=EXPORT,
        title="Made for a benchmark",
        origin="app",
        parameters={},
    )
    ticket = runs.runner.adopt(RESULT)
    error = runs.runner.run(ticket, lambda _: _write(runs.store, account, big.rows))
    runs.close()
    if error is not None:
        raise error
    pipe.send("done")


def _write(store: ResultStore, account: Account, count: int) -> State:
    result = store.create(
        RESULT,
        Manifest(
            export=EXPORT,
            title="Made for a benchmark",
            instance=account.instance,
            username=account.username,
            started=datetime.now(UTC),
            columns=COLUMNS,
            zone=ZONE,
        ),
    )
    each = count // _SLICES
    for number in range(_SLICES):
        result.write_slice(number, f"slice {number}", rows(number * each, each, count), zone=ZONE)
    result.finish(unique=EXPORTS[EXPORT].unique)
    return State.DONE
