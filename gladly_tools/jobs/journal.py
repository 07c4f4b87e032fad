"""The job journal: what was started, how far it is, what is durable. SQLite, WAL; knows no export and no file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from gladly_tools.errors import NotFoundError
from gladly_tools.sqlite_file import open_sqlite, transaction

SCHEMA = """
create table if not exists jobs (
    id text primary key,
    owner text not null,
    kind text not null,
    title text not null,
    origin text not null,
    parameters text not null,
    state text not null,
    created_at text not null,
    started_at text,
    finished_at text,
    runner text,
    planned integer not null default 0,
    fraction real not null default 0,
    fraction_at_start real not null default 0,
    requests_at_start integer not null default 0,
    detail text not null default '',
    waiting text not null default '',
    row_count integer not null default 0,
    requests integer not null default 0,
    what text not null default '',
    advice text not null default '',
    stop_asked integer not null default 0
);
create index if not exists jobs_by_owner on jobs (owner, created_at);
create table if not exists slices (
    job text not null references jobs (id) on delete cascade,
    place integer not null,
    key text not null,
    title text not null,
    arguments text not null,
    row_count integer,
    remarks text not null default '[]',
    facts text not null default '{}',
    primary key (job, place)
);
"""


class State(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def active(self) -> bool:
        """True while the job will go on by itself."""
        return self in (State.QUEUED, State.RUNNING)

    @property
    def finished(self) -> bool:
        """True when the job has a whole result, be it partial in its data."""
        return self in (State.DONE, State.PARTIAL)

    @property
    def resumable(self) -> bool:
        """True when the job stopped before its end and can go on from its last durable slice."""
        return self in (State.FAILED, State.CANCELLED, State.INTERRUPTED)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One line of the journal. Times are UTC; `fraction` runs from 0 to 1."""

    id: str
    owner: str
    kind: str
    title: str
    origin: str
    parameters: dict[str, Any]
    state: State
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    planned: bool
    fraction: float
    fraction_at_start: float
    detail: str
    waiting: str
    row_count: int
    requests: int
    requests_at_start: int
    what: str
    advice: str
    stop_asked: bool

    def seconds(self, now: datetime) -> float:
        """How long the job has run, to its end or to `now`."""
        if self.started_at is None:
            return 0.0
        # The clock may have been set back meanwhile.
        return max(0.0, ((self.finished_at or now) - self.started_at).total_seconds())

    def requests_per_second(self, now: datetime) -> float | None:
        """The pace since the job was started or resumed; None while there is too little to go by."""
        seconds = self.seconds(now)
        return (self.requests - self.requests_at_start) / seconds if seconds >= 2 else None

    def seconds_left(self, now: datetime) -> float | None:
        """How long the rest will take at the pace so far; None while there is too little to go by."""
        done = self.fraction - self.fraction_at_start
        if self.state is not State.RUNNING or done < 0.02:
            return None
        return self.seconds(now) * (1 - self.fraction) / done


@dataclass(frozen=True, kw_only=True)
class PlannedSlice:
    """One slice of a job; `row_count` is None until the slice is durable."""

    place: int
    key: str
    title: str
    arguments: dict[str, Any]
    row_count: int | None = None
    remarks: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class Journal:
    """The journal of one data directory; any thread may use it, and several processes may share the file."""

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._lock = threading.RLock()
        self._now = now
        # A slice that is counted must still be there after the power fails.
        self._connection = open_sqlite(path, SCHEMA, is_durable=True)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def now(self) -> datetime:
        """The journal's clock, UTC."""
        return self._now()

    def create(
        self, job_id: str, *, owner: str, kind: str, title: str, origin: str, parameters: Any, runner: str
    ) -> Job:
        """Write down a queued job, with the runner it waits for: when that is gone, the job is interrupted."""
        with self._transaction() as connection:
            connection.execute(
                "insert into jobs (id, owner, kind, title, origin, parameters, state, created_at, runner)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job_id,
                    owner,
                    kind,
                    title,
                    origin,
                    json.dumps(parameters),
                    State.QUEUED,
                    self._now().isoformat(),
                    runner,
                ),
            )
        return self.get(job_id)

    def get(self, job_id: str, *, owner: str | None = None) -> Job:
        """A job; with `owner`, only that owner's. Raises NotFoundError, the same for absent and foreign."""
        with self._lock:
            row = self._connection.execute("select * from jobs where id = ?", (job_id,)).fetchone()
        if row is None or (owner is not None and row["owner"] != owner):
            raise NotFoundError(
                "There is no such job.", "It may have been deleted, or belong to another account. See the Jobs page."
            )
        return _job(row)

    def list(self, owner: str, *, kind: str | None = None, limit: int = 200) -> Sequence[Job]:
        """An owner's jobs, newest first."""
        with self._lock:
            rows = self._connection.execute(
                "select * from jobs where owner = ? and (? is null or kind = ?) order by created_at desc, rowid desc"
                " limit ?",
                (owner, kind, kind, limit),
            ).fetchall()
        return [_job(row) for row in rows]

    def finished_before(self, moment: datetime) -> Sequence[Job]:
        """Every owner's jobs that ended, or were interrupted, before `moment`."""
        with self._lock:
            rows = self._connection.execute(
                "select * from jobs where state not in (?, ?) and coalesce(finished_at, started_at, created_at) < ?",
                (State.QUEUED, State.RUNNING, moment.isoformat()),
            ).fetchall()
        return [_job(row) for row in rows]

    def forget_if_old(self, job_id: str, moment: datetime) -> bool:
        """Forget a job that still is as `finished_before` said; False when it was resumed since."""
        with self._transaction() as connection:
            changed = connection.execute(
                "delete from jobs where id = ? and state not in (?, ?)"
                " and coalesce(finished_at, started_at, created_at) < ?",
                (job_id, State.QUEUED, State.RUNNING, moment.isoformat()),
            ).rowcount
        return changed == 1

    def delete(self, job_id: str) -> None:
        """Forget a job and its slices."""
        with self._transaction() as connection:
            connection.execute("delete from jobs where id = ?", (job_id,))

    def queue(self, job_id: str, *, runner: str) -> bool:
        """Put a stopped job back into the queue of a runner; False when it is active or finished already."""
        with self._transaction() as connection:
            changed = connection.execute(
                "update jobs set state = ?, finished_at = null, stop_asked = 0, what = '', advice = '', waiting = '',"
                " runner = ? where id = ? and state in (?, ?, ?)",
                (State.QUEUED, runner, job_id, State.FAILED, State.CANCELLED, State.INTERRUPTED),
            ).rowcount
        return changed == 1

    def start(self, job_id: str) -> None:
        """Note that a queued job runs."""
        with self._transaction() as connection:
            connection.execute(
                "update jobs set state = ?, started_at = ?, waiting = '', detail = '', fraction_at_start = fraction,"
                " requests_at_start = requests"
                " where id = ?",
                (State.RUNNING, self._now().isoformat(), job_id),
            )

    def end(self, job_id: str, state: State, *, what: str = "", advice: str = "") -> None:
        """Note how a job ended."""
        with self._transaction() as connection:
            connection.execute(
                "update jobs set state = ?, finished_at = ?, what = ?, advice = ?, waiting = '',"
                " fraction = case when ? then 1 else fraction end where id = ?",
                (state, self._now().isoformat(), what, advice, state.finished, job_id),
            )

    def ask_to_stop(self, job_id: str) -> None:
        """Raise the flag that the job's runner looks at, in this process or another."""
        with self._transaction() as connection:
            connection.execute("update jobs set stop_asked = 1 where id = ?", (job_id,))

    def stop_asked(self, job_id: str) -> bool:
        """True when somebody asked the job to stop, or deleted it."""
        with self._lock:
            row = self._connection.execute("select stop_asked from jobs where id = ?", (job_id,)).fetchone()
        return row is None or bool(row["stop_asked"])

    def report(self, job_id: str, *, fraction: float, detail: str, waiting: str, row_count: int, requests: int) -> None:
        """Note how far a running job is."""
        with self._transaction() as connection:
            connection.execute(
                "update jobs set fraction = ?, detail = ?, waiting = ?, row_count = ?, requests = ? where id = ?",
                (fraction, detail, waiting, row_count, requests, job_id),
            )

    def plan(self, job_id: str, slices: Sequence[PlannedSlice]) -> None:
        """Write the slices down, once; a resumed job follows the plan it began with."""
        with self._transaction() as connection:
            connection.executemany(
                "insert into slices (job, place, key, title, arguments, remarks, row_count)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        job_id,
                        item.place,
                        item.key,
                        item.title,
                        json.dumps(item.arguments),
                        json.dumps(item.remarks),
                        item.row_count,
                    )
                    for item in slices
                ],
            )
            connection.execute("update jobs set planned = 1 where id = ?", (job_id,))

    def slices(self, job_id: str) -> Sequence[PlannedSlice]:
        """The job's slices in the order of their rows."""
        with self._lock:
            rows = self._connection.execute("select * from slices where job = ? order by place", (job_id,)).fetchall()
        return [
            PlannedSlice(
                place=row["place"],
                key=row["key"],
                title=row["title"],
                arguments=json.loads(row["arguments"]),
                row_count=row["row_count"],
                remarks=json.loads(row["remarks"]),
                facts=json.loads(row["facts"]),
            )
            for row in rows
        ]

    def count_slice(
        self, job_id: str, place: int, *, row_count: int, remarks: Sequence[Any], facts: dict[str, Any]
    ) -> None:
        """Count a slice whose rows are durable."""
        with self._transaction() as connection:
            connection.execute(
                "update jobs set row_count = (select coalesce(sum(row_count), 0) from slices where job = ?) + ?"
                " where id = ?",
                (job_id, row_count, job_id),
            )
            connection.execute(
                "update slices set row_count = ?, remarks = ?, facts = ? where job = ? and place = ?",
                (row_count, json.dumps(remarks), json.dumps(facts), job_id, place),
            )

    def has_active(self, owner: str) -> bool:
        """Whether any of an owner's jobs is queued or running."""
        with self._lock:
            return bool(
                self._connection.execute(
                    "select exists (select 1 from jobs where owner = ? and state in (?, ?))",
                    (owner, State.QUEUED, State.RUNNING),
                ).fetchone()[0]
            )

    def runners_of_active_jobs(self) -> set[str]:
        """The runners that queued and running jobs belong to; '' for a job that no runner took."""
        with self._lock:
            rows = self._connection.execute(
                "select distinct coalesce(runner, '') as runner from jobs where state in (?, ?)",
                (State.QUEUED, State.RUNNING),
            ).fetchall()
        return {row["runner"] for row in rows}

    def interrupt(self, runner: str) -> int:
        """Mark the active jobs of a runner that is gone, as stopped where somebody had asked; returns how many."""
        with self._transaction() as connection:
            return connection.execute(
                "update jobs set state = case when stop_asked then ? else ? end, waiting = '', finished_at = ?"
                " where state in (?, ?) and coalesce(runner, '') = ?",
                (
                    State.CANCELLED,
                    State.INTERRUPTED,
                    self._now().isoformat(),
                    State.QUEUED,
                    State.RUNNING,
                    runner,
                ),
            ).rowcount

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, transaction(self._connection):
            yield self._connection


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        owner=row["owner"],
        kind=row["kind"],
        title=row["title"],
        origin=row["origin"],
        parameters=json.loads(row["parameters"]),
        state=State(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        started_at=_moment(row["started_at"]),
        finished_at=_moment(row["finished_at"]),
        planned=bool(row["planned"]),
        fraction=row["fraction"],
        fraction_at_start=row["fraction_at_start"],
        detail=row["detail"],
        waiting=row["waiting"],
        row_count=row["row_count"],
        requests=row["requests"],
        requests_at_start=row["requests_at_start"],
        what=row["what"],
        advice=row["advice"],
        stop_asked=bool(row["stop_asked"]),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
