"""The journal of bulk runs: what is intended before a request, what came of it after; SQLite, durable at each step.

Beside the rows, whose other cells may hold customers' data, it keeps an audit line for each row that was dealt with:
who, when, what, which ID, in which run. Those stay when the rows are deleted.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from gladly_tools.bulk.action import Before, Choices, Outcome, Status
from gladly_tools.bulk.id_file import Checked
from gladly_tools.bulk.records import AuditLine, BulkRun, LinesBeside, OpenRow, ResultRow, before_of, result_of, run_of
from gladly_tools.errors import NotFoundError
from gladly_tools.sqlite_file import open_sqlite, transaction

SCHEMA = """
create table if not exists runs (
    id text primary key,
    owner text not null,
    username text not null,
    organization text not null,
    action text not null,
    is_check integer not null,
    choices text not null,
    topic_name text not null,
    source text not null,
    file_name text not null,
    columns text not null,
    id_column integer not null,
    total integer not null,
    created_at text not null,
    stopped integer not null default 0,
    finished_at text,
    forgotten_counts text
);
create index if not exists runs_by_owner on runs (owner, created_at);
create table if not exists rows (
    run text not null,
    place integer not null,
    line integer not null,
    id text not null,
    cells text not null,
    repeats integer,
    before text,
    outcome text,
    error text not null default '',
    topic_added integer,
    finished_at text,
    primary key (run, place)
) without rowid;
create index if not exists rows_by_outcome on rows (run, outcome) where repeats is null;
create table if not exists audit (
    at text not null,
    username text not null,
    organization text not null,
    run text not null,
    action text not null,
    id text not null,
    outcome text not null
);
create index if not exists audit_by_run on audit (run);
"""

CHUNK = 500


class BulkJournal:
    """The journal of one data directory; any thread may use it, and several processes may share the file."""

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._lock = threading.RLock()
        self._now = now
        # An intent must be on disk before the request it announces leaves this machine.
        self._connection = open_sqlite(path, SCHEMA, is_durable=True, forgets=True)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def create(
        self,
        run_id: str,
        *,
        owner: str,
        username: str,
        organization: str,
        action: str,
        is_check: bool,
        choices: Choices,
        topic_name: str,
        source: str,
        file_name: str,
        checked: Checked,
    ) -> BulkRun:
        """Write down a run with all of its rows, at once or not at all; lines set aside are skipped from the start."""
        moment = self._now().isoformat()
        places: dict[int, int] = {}
        rows = []
        for place, entry in enumerate(checked.entries):
            places.setdefault(entry.line, place)
            repeats = None if entry.repeats is None else places[entry.repeats]
            outcome = Status.SKIPPED if entry.set_aside else None
            cells = json.dumps(entry.cells)
            rows.append((run_id, place, entry.line, entry.id, cells, repeats, outcome, entry.set_aside))
        with self._transaction() as connection:
            connection.execute(
                "insert into runs (id, owner, username, organization, action, is_check, choices, topic_name, source,"
                " file_name, columns, id_column, total, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    owner,
                    username,
                    organization,
                    action,
                    is_check,
                    json.dumps(asdict(choices)),
                    topic_name,
                    source,
                    file_name,
                    json.dumps(checked.columns),
                    checked.id_column,
                    checked.to_do,
                    moment,
                ),
            )
            connection.executemany(
                "insert into rows (run, place, line, id, cells, repeats, outcome, error)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
        return self.get(run_id)

    def get(self, run_id: str, *, owner: str | None = None) -> BulkRun:
        """A run; with `owner`, only that owner's. Raises NotFoundError, the same for absent and foreign."""
        with self._lock:
            row = self._connection.execute("select * from runs where id = ?", (run_id,)).fetchone()
        if row is None or (owner is not None and row["owner"] != owner):
            raise NotFoundError("There is no such run.", "It may belong to another account. See the Bulk Close page.")
        return run_of(row)

    def list(self, owner: str, *, limit: int = 100) -> Sequence[BulkRun]:
        """An owner's runs, newest first, those included whose rows are deleted."""
        with self._lock:
            rows = self._connection.execute(
                "select * from runs where owner = ? order by created_at desc, rowid desc limit ?", (owner, limit)
            ).fetchall()
        return [run_of(row) for row in rows]

    def counts(self, run_id: str) -> Mapping[Status, int]:
        """How many IDs ended how; those without an outcome count as not attempted. `beside` has the other lines."""
        with self._lock:
            kept = self._connection.execute("select forgotten_counts from runs where id = ?", (run_id,)).fetchone()
            if kept is not None and kept[0] is not None:
                return {Status(name): count for name, count in json.loads(kept[0]).items()}
            rows = self._connection.execute(
                "select outcome, count(*) as number from rows"
                " where run = ? and repeats is null and not (outcome is ? and before is null and finished_at is null)"
                " group by outcome",
                (run_id, Status.SKIPPED),
            ).fetchall()
        return {Status(row["outcome"] or Status.NOT_ATTEMPTED): row["number"] for row in rows}

    def beside(self, run_id: str) -> LinesBeside:
        """The lines of the results that no count holds; none once the rows were deleted."""
        with self._lock:
            set_aside, repeated = self._connection.execute(
                "select coalesce(sum(repeats is null), 0), coalesce(sum(repeats is not null), 0) from rows"
                " where run = ? and (repeats is not null or (outcome = ? and before is null and finished_at is null))",
                (run_id, Status.SKIPPED),
            ).fetchone()
        return LinesBeside(set_aside=set_aside, repeated=repeated)

    def open_rows(self, run_id: str) -> Iterator[OpenRow]:
        """The rows without an outcome, in the order of the file, read a few at a time."""
        last = -1
        while True:
            with self._lock:
                rows = self._connection.execute(
                    "select place, id, cells, before from rows"
                    " where run = ? and place > ? and outcome is null and repeats is null order by place limit ?",
                    (run_id, last, CHUNK),
                ).fetchall()
            if not rows:
                return
            for row in rows:
                yield OpenRow(
                    place=row["place"], id=row["id"], cells=tuple(json.loads(row["cells"])), before=before_of(row)
                )
            last = rows[-1]["place"]

    def open_ids(self, run_id: str) -> Mapping[str, int]:
        """The IDs without an outcome, each with its place."""
        with self._lock:
            rows = self._connection.execute(
                "select id, place from rows where run = ? and outcome is null and repeats is null", (run_id,)
            ).fetchall()
        return {row["id"]: row["place"] for row in rows}

    def intend(self, run_id: str, place: int, before: Before) -> None:
        """Note, durably, that a row is about to be changed, and how it was; the first note of a row stays."""
        with self._transaction() as connection:
            connection.execute(
                "update rows set before = coalesce(before, ?) where run = ? and place = ?",
                (json.dumps(asdict(before)), run_id, place),
            )

    def settle(self, run: BulkRun, outcomes: Mapping[int, Outcome]) -> None:
        """Note, durably and with an audit line each, what became of rows, by place."""
        moment = self._now().isoformat(timespec="milliseconds")
        with self._transaction() as connection:
            for place, outcome in outcomes.items():
                before = None if outcome.before is None else json.dumps(asdict(outcome.before))
                changed = connection.execute(
                    "update rows set before = coalesce(before, ?), outcome = ?, error = ?, topic_added = ?,"
                    " finished_at = ? where run = ? and place = ? and outcome is null",
                    (before, outcome.status, outcome.error, outcome.topic_added, moment, run.id, place),
                ).rowcount
                if changed and not run.is_check:
                    connection.execute(
                        "insert into audit (at, username, organization, run, action, id, outcome)"
                        " select ?, ?, ?, ?, ?, id, ? from rows where run = ? and place = ?",
                        (
                            moment,
                            run.username,
                            run.organization,
                            run.id,
                            run.action,
                            outcome.status,
                            run.id,
                            place,
                        ),
                    )

    def end(self, run_id: str, *, stopped: bool = False) -> None:
        """Note that nothing more will be done in a run."""
        with self._transaction() as connection:
            connection.execute(
                "update runs set finished_at = ?, stopped = ? where id = ? and finished_at is null",
                (self._now().isoformat(), stopped, run_id),
            )

    def ask_to_stop(self, run_id: str, *, asked: bool = True) -> None:
        """Note that a run shall end for good when it comes to a halt, or that it shall go on after all."""
        with self._transaction() as connection:
            connection.execute("update runs set stopped = ? where id = ? and finished_at is null", (asked, run_id))

    def result_rows(self, run_id: str, *, only: Sequence[Status] = ()) -> Iterator[ResultRow]:
        """The rows in the order of the file, of every status or of some; read a few at a time."""
        last = -1
        while True:
            with self._lock:
                rows = self._connection.execute(
                    "select r.place, r.line, r.id, r.cells, first.line as repeats_line,"
                    " coalesce(first.before, r.before) as before, coalesce(first.outcome, r.outcome) as outcome,"
                    " coalesce(first.error, r.error) as error,"
                    " coalesce(first.topic_added, r.topic_added) as topic_added,"
                    " coalesce(first.finished_at, r.finished_at) as finished_at"
                    " from rows r left join rows first on first.run = r.run and first.place = r.repeats"
                    " where r.run = ? and r.place > ? order by r.place limit ?",
                    (run_id, last, CHUNK),
                ).fetchall()
            if not rows:
                return
            for row in rows:
                found = result_of(row)
                if not only or found.status in only:
                    yield found
            last = rows[-1]["place"]

    def inboxes(self, run_id: str, status: Status) -> Mapping[str, int]:
        """How many IDs of a status lie in each inbox, by its ID; the most first."""
        with self._lock:
            rows = self._connection.execute(
                "select json_extract(before, '$.inbox_id') as inbox, count(*) as number from rows"
                " where run = ? and outcome = ? and repeats is null group by inbox order by number desc, inbox",
                (run_id, status),
            ).fetchall()
        return {row["inbox"] or "": row["number"] for row in rows}

    def audit(self, run_id: str) -> Sequence[AuditLine]:
        """The audit lines of a run, in the order in which its rows were dealt with."""
        with self._lock:
            rows = self._connection.execute("select * from audit where run = ? order by rowid", (run_id,)).fetchall()
        return [AuditLine(**{name: row[name] for name in row.keys()}) for row in rows]  # noqa: SIM118 no mapping

    def kept(self) -> Mapping[str, datetime]:
        """The runs whose rows are still here, each with the time it was begun."""
        with self._lock:
            rows = self._connection.execute("select id, created_at from runs where forgotten_counts is null").fetchall()
        return {row["id"]: datetime.fromisoformat(row["created_at"]) for row in rows}

    def forget(self, run_id: str) -> None:
        """Delete a run's rows and what its file was called and held; the run, its counts and its audit lines stay."""
        counts = json.dumps(self.counts(run_id))
        with self._transaction() as connection:
            connection.execute("delete from rows where run = ?", (run_id,))
            connection.execute(
                "update runs set forgotten_counts = ?, file_name = '', columns = '[]' where id = ?"
                " and forgotten_counts is null",
                (counts, run_id),
            )
        with self._lock:
            # What was deleted must not linger in the log beside the file either.
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, transaction(self._connection):
            yield self._connection
