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
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gladly_tools.bulk.action import Before, Choices, Outcome, Status
from gladly_tools.bulk.id_file import Checked
from gladly_tools.errors import NotFoundError

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
UNKNOWN = "Sent, and it is not known what became of it. Resume or retry: the row is read before anything else."


@dataclass(frozen=True, kw_only=True)
class BulkRun:
    """One run of an action. `total` counts IDs, each once; `is_check` for one that reads and changes nothing.

    `finished_at` is set when every row was dealt with, or the run was stopped for good (`stopped`). Once its rows are
    deleted, `forgotten` is true, and its counts are those it ended with. `source` is the run whose rows it repeats.
    """

    id: str
    owner: str
    username: str
    organization: str
    action: str
    is_check: bool
    choices: Choices
    topic_name: str
    source: str
    file_name: str
    columns: tuple[str, ...]
    id_column: int
    total: int
    created_at: datetime
    stopped: bool
    finished_at: datetime | None
    forgotten: bool


@dataclass(frozen=True, kw_only=True)
class OpenRow:
    """A row that has no outcome yet; `before` is set when a change of it was begun."""

    place: int
    id: str
    cells: tuple[str, ...]
    before: Before | None


@dataclass(frozen=True, kw_only=True)
class ResultRow:
    """A row as it stands in the results; `repeats_line` is the line whose ID, and so whose outcome, it shares."""

    line: int
    id: str
    cells: tuple[str, ...]
    repeats_line: int | None
    before: Before | None
    status: Status
    error: str
    topic_added: bool | None
    finished_at: str


class BulkJournal:
    """The journal of one data directory; any thread may use it, and several processes may share the file."""

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._now = now
        self._connection = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # FULL: an intent must be on disk before the request it announces leaves this machine.
        for pragma in ("journal_mode=wal", "synchronous=full", "secure_delete=on"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.executescript(SCHEMA)

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
        return _run(row)

    def list(self, owner: str, *, limit: int = 100) -> Sequence[BulkRun]:
        """An owner's runs, newest first, those included whose rows are deleted."""
        with self._lock:
            rows = self._connection.execute(
                "select * from runs where owner = ? order by created_at desc, rowid desc limit ?", (owner, limit)
            ).fetchall()
        return [_run(row) for row in rows]

    def counts(self, run_id: str) -> Mapping[Status, int]:
        """How many IDs ended how; those without an outcome count as not attempted. Lines set aside are left out."""
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
                    place=row["place"], id=row["id"], cells=tuple(json.loads(row["cells"])), before=_before(row)
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

    def ask_to_stop(self, run_id: str) -> None:
        """Note that a run shall end for good when it comes to a halt."""
        with self._transaction() as connection:
            connection.execute("update runs set stopped = 1 where id = ?", (run_id,))

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
                found = _result(row)
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

    def audit(self, run_id: str) -> Sequence[Mapping[str, Any]]:
        """The audit lines of a run, in the order in which its rows were dealt with."""
        with self._lock:
            rows = self._connection.execute("select * from audit where run = ? order by rowid", (run_id,)).fetchall()
        return [dict(row) for row in rows]

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

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise


def _run(row: sqlite3.Row) -> BulkRun:
    return BulkRun(
        id=row["id"],
        owner=row["owner"],
        username=row["username"],
        organization=row["organization"],
        action=row["action"],
        is_check=bool(row["is_check"]),
        choices=Choices(**json.loads(row["choices"])),
        topic_name=row["topic_name"],
        source=row["source"],
        file_name=row["file_name"],
        columns=tuple(json.loads(row["columns"])),
        id_column=row["id_column"],
        total=row["total"],
        created_at=datetime.fromisoformat(row["created_at"]),
        stopped=bool(row["stopped"]),
        finished_at=None if row["finished_at"] is None else datetime.fromisoformat(row["finished_at"]),
        forgotten=row["forgotten_counts"] is not None,
    )


def _before(row: sqlite3.Row) -> Before | None:
    return None if row["before"] is None else Before(**json.loads(row["before"]))


def _result(row: sqlite3.Row) -> ResultRow:
    before = _before(row)
    status = Status(row["outcome"] or Status.NOT_ATTEMPTED)
    error = row["error"]
    if row["outcome"] is None and before is not None:
        # Begun, and cut off: to say “not attempted” would be untrue.
        status, error = Status.FAILED, UNKNOWN
    return ResultRow(
        line=row["line"],
        id=row["id"],
        cells=tuple(json.loads(row["cells"])),
        repeats_line=row["repeats_line"],
        before=before,
        status=status,
        error=error,
        topic_added=None if row["topic_added"] is None else bool(row["topic_added"]),
        finished_at=row["finished_at"] or "",
    )
