"""The work of one run of an export: its plan, its slices, its result; goes on from the last durable slice."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import Any

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.errors import Cancelled, GladlyToolsError, NotFoundError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.export import Into, Slice
from gladly_tools.exports.inputs import load_parameters
from gladly_tools.jobs import Journal, PlannedSlice, State, Ticket
from gladly_tools.kept_files import AccountFiles, check_disk
from gladly_tools.memory import AccountMemory
from gladly_tools.results.manifest import Manifest, Note
from gladly_tools.results.store import Result, ResultStore
from gladly_tools.results.table import Table
from gladly_tools.results.writer import SliceWritten
from gladly_tools.settings import Settings
from gladly_tools.snapshots import AccountSnapshots
from gladly_tools.workbench import SliceBench

logger = logging.getLogger(__name__)

PLAN = "plan"
ROOM_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Means:
    """What runs of an account work with. `check_room` raises GladlyToolsError when it may keep no more."""

    account: Account
    settings: Settings
    journal: Journal
    store: ResultStore
    memory: AccountMemory
    kept: AccountFiles
    snapshots: AccountSnapshots
    check_room: Callable[[], None]


class ExportWork:
    """The work of the job that a ticket is for. A crash repeats a slice, and neither loses nor doubles one."""

    def __init__(self, means: Means, client: Client, ticket: Ticket) -> None:
        self._means = means
        self._ticket = ticket
        self._client = client.watched_by(ticket)
        self._job = means.journal.get(ticket.job_id)
        self._export = EXPORTS[self._job.kind]
        self._parameters: Any = load_parameters(self._export.parameters, self._job.parameters)

    def work(self) -> State:
        """Do what is not done yet; returns whether the result is whole."""
        means = self._means
        if not self._job.planned:
            self._plan()
        result = self._result()
        planned = means.journal.slices(self._job.id)
        slices = len([item for item in planned if item.key != PLAN])
        rows = sum(item.row_count or 0 for item in planned)
        looked = float("-inf")
        for item in planned:
            if item.row_count is not None:
                continue
            self._ticket.check()
            check_disk(means.settings.data_dir)
            if time.monotonic() - looked >= ROOM_SECONDS:
                means.check_room()
                looked = time.monotonic()
            bench = SliceBench(
                client=self._client,
                settings=means.settings,
                memory=means.memory,
                ticket=self._ticket,
                index=item.place,
                key=item.key,
                slices=slices,
                title=item.title,
                rows_before=rows,
                result=result,
                kept=means.kept,
            )
            rows += self._write_slice(result, bench, item)
        self._ticket.progress(1, "finishing", row_count=rows)
        return self._finish(result)

    def _plan(self) -> None:
        self._ticket.progress(0, "finding out what to ask for", row_count=0)
        plan = self._export.plan(self._client, self._means.settings, self._parameters)
        slices = [
            PlannedSlice(place=place, key=item.key, title=item.title, arguments=dict(item.arguments))
            for place, item in enumerate(plan.slices)
        ]
        # What planning found out is kept with a slice of its own, which has no rows and is done from the start.
        found = PlannedSlice(
            place=len(slices),
            key=PLAN,
            title="plan",
            arguments={},
            remarks=[asdict(item) for item in plan.remarks],
            row_count=0,
        )
        self._means.journal.plan(self._job.id, [*slices, found])

    def _result(self) -> Result:
        means, export, parameters = self._means, self._export, self._parameters
        try:
            return means.store.open(self._job.id)
        except NotFoundError:
            manifest = Manifest(
                export=export.name,
                title=export.title,
                instance=means.account.instance,
                username=means.account.username,
                started=means.journal.now(),
                columns=tuple(export.columns if export.columns_of is None else export.columns_of(parameters)),
                parameters=self._job.parameters,
                zone=export.zone(parameters),
                order=export.order(parameters),
                tables=(export.table, *(other.name for other in export.others)) if export.table else (),
            )
            result = means.store.create(
                self._job.id, manifest, others={each.name: each.columns for each in export.others}
            )
            try:
                means.journal.get(self._job.id)
            except NotFoundError:  # deleted while it was being planned
                means.store.delete(self._job.id)
                raise Cancelled from None
            return result

    def _write_slice(self, result: Result, bench: SliceBench, item: PlannedSlice) -> int:
        slice = Slice(key=item.key, title=item.title, arguments=item.arguments)
        with ExitStack() as open_files:
            files = {
                name: open_files.enter_context(
                    table.slice(item.place, item.key, zone=self._export.zone(self._parameters))
                )
                for name, table in result.tables.items()
            }
            first, *others = files.values()
            written = None
            for number, row in enumerate(self._export.rows(bench, self._parameters, slice), start=1):
                if isinstance(row, Into):
                    files[row.table].add(row.row)
                elif isinstance(row, SliceWritten):
                    written = row
                else:
                    first.add(row)
                    bench.rows += 1
                if number % 500 == 0:
                    self._ticket.check()
            for other in others:
                other.publish()
            written = written or first.publish()
        self._means.journal.count_slice(
            self._job.id,
            item.place,
            row_count=written.rows,
            remarks=[asdict(remark) for remark in bench.remarks],
            facts=bench.facts,
        )
        return written.rows

    def _finish(self, result: Result) -> State:
        slices = self._means.journal.slices(self._job.id)
        notes = [*_notes(slices)]
        for other in self._export.others:
            notes += _finish_table(result.tables[other.name], unique=other.unique)
        finished = result.finish(unique=self._export.unique)
        sent = sum(int(item.facts.get("expected", item.row_count or 0)) for item in slices)
        expected = sent - finished.duplicates_removed
        notes += _reading_notes(result.unreadable)
        if finished.duplicates_removed:
            notes.append(Note(level="info", text="Rows that came twice, kept once", count=finished.duplicates_removed))
        if finished.rows != expected:
            notes.append(
                Note(
                    level="partial",
                    text=f"{expected:,} rows were expected and {finished.rows:,} are here; run the export again",
                    count=abs(expected - finished.rows),
                )
            )
        manifest = replace(
            result.manifest,
            finished=self._means.journal.now(),
            expected_rows=expected,
            rows=finished.rows,
            notes=tuple(notes),
        )
        if not manifest.partial:
            manifest = self._kept_as_snapshot(result, manifest)
        result.write_manifest(manifest)
        return State.PARTIAL if result.manifest.partial else State.DONE

    def _kept_as_snapshot(self, result: Result, manifest: Manifest) -> Manifest:
        """Keep a snapshot of a complete configuration; the manifest says so when that was not possible."""
        means = self._means
        if self._export.snapshot is None:
            return manifest
        asked = self._export.snapshot(self._parameters, means.settings)
        try:
            means.snapshots.keep(Table(result), asked, at=manifest.finished or means.journal.now())
        except GladlyToolsError as error:
            logger.warning("no snapshot of %s was kept: %s", self._export.name, error)
            note = Note(level="info", text="No snapshot to compare with later could be kept")
            return replace(manifest, notes=(*manifest.notes, note))
        return manifest


def _finish_table(table: Result, *, unique: str | None) -> list[Note]:
    """Finish a further table; what must be said of it."""
    finished = table.finish(unique=unique)
    table.write_manifest(replace(table.manifest, rows=finished.rows))
    notes = _reading_notes(table.unreadable)
    if finished.duplicates_removed:
        text = f"Rows of {table.id} that came twice, kept once"
        notes.append(Note(level="info", text=text, count=finished.duplicates_removed))
    return notes


def _notes(slices: Sequence[PlannedSlice]) -> list[Note]:
    """The slices' remarks, the same words once with their counts added up."""
    counts: Counter[tuple[str, bool]] = Counter()
    for item in slices:
        for remark in item.remarks:
            counts[(remark["text"], remark["partial"])] += remark["count"]
    return [
        Note(level="partial" if partial else "info", text=text, count=count)
        for (text, partial), count in counts.items()
    ]


def _reading_notes(unreadable: Mapping[str, int]) -> list[Note]:
    return [
        Note(
            level="info",
            text=f"Cells of “{column}” that could not be read as that kind of value; their text is kept",
            count=count,
        )
        for column, count in unreadable.items()
        if count
    ]
