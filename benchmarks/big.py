"""A big finished result in a data directory of its own, as if an account's export had made it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.child import child
from benchmarks.demo import Demo, running_demo
from benchmarks.rows import ZONE, rows
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.export import Export, Plan, Slice
from gladly_tools.exports.inputs import DateRange, check_parameters
from gladly_tools.results.schema import Row
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings

EXPORT = "contact-information"
_SLICES = 4


@dataclass(frozen=True, kw_only=True)
class Big:
    """Where the result is, and the demo company whose first account it belongs to."""

    folder: Path
    result_id: str
    rows: int
    demo: Demo

    @property
    def settings(self) -> Settings:
        """Settings of a portal that has the result."""
        return self.demo.settings(self.folder)

    @property
    def file(self) -> Path:
        """The Parquet file with all rows."""
        return self.folder / "results" / self.result_id / "rows.parquet"


@contextmanager
def big_result(count: int) -> Iterator[Big]:
    """A result of so many rows; deleted with the context. Made by a child, so that this process stays small."""
    folder = Path(tempfile.mkdtemp(prefix="gladly-tools-benchmark-"))
    try:
        with running_demo() as running:
            with child(make, folder, running.demo, count) as maker:
                result_id: str = maker.hear()
            yield Big(folder=folder, result_id=result_id, rows=count, demo=running.demo)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make(pipe: Connection, folder: Path, demo: Demo, count: int) -> None:
    """Run the export, with made-up rows in place of Gladly's; tell the result's id."""
    settings = demo.settings(folder)
    export = _made_up(EXPORTS[EXPORT], count)
    dates = DateRange(first=demo.first_day, last=demo.last_day, zone=ZONE)
    parameters = check_parameters(export.parameters, {"dates": dates, "inbox_ids": (), "customers": False})
    with (
        patch.dict(EXPORTS, {EXPORT: export}),
        closing(Runs(settings)) as runs,
        demo.client(settings) as client,
    ):
        job = runs.run_here(demo.account(client), client, export, parameters, lambda _ticket: None)
    pipe.send(job.id)


def _made_up(export: Export[Any], count: int) -> Export[Any]:
    each = count // _SLICES

    def plan(*_: object) -> Plan:
        return Plan(
            slices=tuple(
                Slice(key=f"{number}", title=f"{number}", arguments={"first": number * each})
                for number in range(_SLICES)
            )
        )

    def made(_workbench: object, _parameters: object, slice: Slice) -> Iterator[Row]:
        yield from rows(int(str(slice.arguments["first"])), each, count)

    return replace(export, plan=plan, rows=made)
