"""Where snapshots are kept, and when each was seen.

    <folder>/snapshots.sqlite     when each was seen, by account
    <folder>/snapshots/<file>/    its rows, as a result of their own

A configuration that is seen again unchanged adds only the time; one that came back uses the rows that are there. The
rows are durable before anything names them, and nothing names them any more before they are deleted: what a crash
leaves in between is swept up later.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gladly_tools.disk_faults import disk_fault
from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.results.manifest import Manifest
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from gladly_tools.snapshots.content import columns_of, digest_of, rows_of
from gladly_tools.snapshots.snapshot import Snapshot
from gladly_tools.sqlite_file import open_sqlite, transaction

ORPHAN_SECONDS = 600

SCHEMA = """
create table if not exists snapshots (
    id text primary key,
    owner text not null,
    export text not null,
    asked text not null,
    content text not null,
    file text not null,
    first_at text not null,
    last_at text not null,
    row_count integer not null,
    bytes integer not null,
    note text not null
);
create index if not exists snapshots_by_owner on snapshots (owner, export, asked, first_at);
create index if not exists snapshots_by_file on snapshots (file);
"""


class Snapshots:
    """The snapshots of every account; `of` gives one account's. Several processes may share the folder."""

    def __init__(
        self, folder: Path, *, days: float, most: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.store = ResultStore(folder / "snapshots")
        self.store.folder.chmod(0o700)
        self._age = timedelta(days=days)
        self._most = most
        self._now = now
        self._lock = threading.Lock()
        path = folder / "snapshots.sqlite"
        self._connection = open_sqlite(path, SCHEMA, is_durable=True, forgets=True)
        path.chmod(0o600)

    def of(self, owner: str) -> AccountSnapshots:
        """One account's snapshots."""
        return AccountSnapshots(self, owner)

    def forget_old(self) -> int:
        """Delete what was not seen for too long, and rows that nothing names; returns how many snapshots that were."""
        with self._changing() as connection:
            oldest = _text(self._now() - self._age)
            old = connection.execute("select id from snapshots where last_at < ?", (oldest,)).fetchall()
            doomed = self._unlist(connection, [row["id"] for row in old])
        self._drop(doomed)
        for file in self.store.ids():
            if self.store.age_seconds(file) > ORPHAN_SECONDS and not self._is_named(file):
                self.store.delete(file)
        return len(old)

    def close(self) -> None:
        """Close the index."""
        with self._lock:
            self._connection.close()

    def keep(self, owner: str, table: Table, asked: Mapping[str, Any], *, at: datetime, note: str) -> Snapshot:
        """See `AccountSnapshots.keep`."""
        known = _Seen(
            owner=owner,
            export=table.result.manifest.export,
            asked=json.dumps(asked, sort_keys=True, ensure_ascii=False),
            content=digest_of(table),
            at=at.astimezone(UTC),
            note=note,
        )
        try:
            with self._changing() as connection:
                found = self._seen_again(connection, known)
            return self._keep_anew(known, table) if found is None else found
        except (OSError, sqlite3.Error) as error:
            fault = disk_fault(error, "The folder snapshots")
            raise GladlyToolsError(
                "No snapshot could be kept." if fault is None else f"No snapshot could be kept. {fault.what}",
                "Run the export again; if it happens again, the log has the details."
                if fault is None
                else fault.advice,
            ) from error

    def list(self, owner: str, export: str | None) -> Sequence[Snapshot]:
        """See `AccountSnapshots.list`."""
        with self._lock:
            rows = self._connection.execute(
                "select * from snapshots where owner = ? and (? is null or export = ?)"
                " order by first_at desc, last_at desc, id",
                (owner, export, export),
            ).fetchall()
        return [_snapshot(row) for row in rows]

    def open(self, owner: str, snapshot_id: str) -> Table:
        """See `AccountSnapshots.open`."""
        with self._lock:
            row = self._row(owner, snapshot_id)
        if not self._is_whole(row["file"]):
            raise GladlyToolsError(
                "This snapshot is damaged.", "Delete it; the next export of the configuration keeps a new one."
            )
        return Table(self.store.open(row["file"]))

    def delete(self, owner: str, snapshot_id: str) -> None:
        """See `AccountSnapshots.delete`."""
        with self._changing() as connection:
            doomed = self._unlist(connection, [self._row(owner, snapshot_id)["id"]])
        self._drop(doomed)

    def delete_all(self, owner: str, export: str | None) -> int:
        """See `AccountSnapshots.delete_all`."""
        with self._changing() as connection:
            rows = connection.execute(
                "select id from snapshots where owner = ? and (? is null or export = ?)", (owner, export, export)
            ).fetchall()
            doomed = self._unlist(connection, [row["id"] for row in rows])
        self._drop(doomed)
        return len(rows)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """The index, with nobody else writing to it; what was changed counts when the block ends well."""
        with self._lock, transaction(self._connection):
            yield self._connection

    def _seen_again(self, connection: sqlite3.Connection, known: _Seen) -> Snapshot | None:
        """The state that was there at that moment, seen once more; None when it is another, or its rows are lost."""
        row = self._state_at(connection, known)
        if row is None or not known.is_like(row) or not self._is_whole(row["file"]):
            return None
        last_at = max(row["last_at"], _text(known.at))
        connection.execute("update snapshots set last_at = ? where id = ?", (last_at, row["id"]))
        return replace(_snapshot(row), last_at=_time(last_at))

    def _keep_anew(self, known: _Seen, table: Table) -> Snapshot:
        file = self._write(table)
        doomed = []
        with self._changing() as connection:
            # Somebody else may have kept the same meanwhile.
            found = self._seen_again(connection, known)
            if found is not None:
                doomed.append(file)
            else:
                found, replaced = self._list_anew(connection, known, file, table.rows)
                doomed += [*replaced, *self._beyond_the_most(connection, known)]
        self._drop(doomed)
        return found

    def _list_anew(
        self, connection: sqlite3.Connection, known: _Seen, file: str, rows: int
    ) -> tuple[Snapshot, Sequence[str]]:
        """Name the rows just written, or the same ones of an earlier time; returns files that are needed no more."""
        same = connection.execute(
            "select * from snapshots where owner = ? and export = ? and asked = ? and content = ?",
            known.place_and_content,
        ).fetchall()
        whole = next((row["file"] for row in same if self._is_whole(row["file"])), None)
        doomed = [file] if whole is not None else [row["file"] for row in same]
        used, size = whole or file, self.store.size(whole or file)
        # Snapshots whose rows were lost have them again.
        connection.executemany(
            "update snapshots set file = ?, bytes = ? where id = ?", [(used, size, row["id"]) for row in same]
        )
        before = self._state_at(connection, known)
        if before is not None and known.is_like(before):
            found = self._seen_again(connection, known)
            assert found is not None  # its rows were just written
            return found, doomed
        snapshot = Snapshot(
            id=secrets.token_hex(8),
            export=known.export,
            asked=json.loads(known.asked),
            first_at=known.at,
            last_at=known.at,
            rows=rows,
            bytes=size,
            note=known.note,
        )
        connection.execute(
            "insert into snapshots values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(snapshot.id, known.owner, known.export, known.asked, known.content, used),
                *(_text(known.at), _text(known.at), rows, size, known.note),
            ),
        )
        return snapshot, doomed

    def _beyond_the_most(self, connection: sqlite3.Connection, known: _Seen) -> Sequence[str]:
        rows = connection.execute(
            "select id from snapshots where owner = ? and export = ?"
            " order by last_at desc, first_at desc limit -1 offset ?",
            (known.owner, known.export, self._most),
        ).fetchall()
        return self._unlist(connection, [row["id"] for row in rows])

    def _state_at(self, connection: sqlite3.Connection, known: _Seen) -> Any:
        return connection.execute(
            "select * from snapshots where owner = ? and export = ? and asked = ? and first_at <= ?"
            " order by first_at desc, last_at desc, id limit 1",
            (known.owner, known.export, known.asked, _text(known.at)),
        ).fetchone()

    def _row(self, owner: str, snapshot_id: str) -> Any:
        row = self._connection.execute(
            "select * from snapshots where id = ? and owner = ?", (snapshot_id, owner)
        ).fetchone()
        if row is None:
            raise NotFoundError("There is no such snapshot.", "It may have been deleted; look at the list.")
        return row

    def _unlist(self, connection: sqlite3.Connection, ids: Sequence[str]) -> Sequence[str]:
        """Take snapshots out of the index; returns the files that nothing names any more."""
        files = set()
        for snapshot_id in ids:
            row = connection.execute("delete from snapshots where id = ? returning file", (snapshot_id,)).fetchone()
            files.add(row["file"])
        return [file for file in sorted(files) if not self._is_named_in(connection, file)]

    def _drop(self, files: Sequence[str]) -> None:
        for file in files:
            self.store.delete(file)

    def _is_named(self, file: str) -> bool:
        with self._lock:
            return self._is_named_in(self._connection, file)

    def _is_named_in(self, connection: sqlite3.Connection, file: str) -> bool:
        return connection.execute("select 1 from snapshots where file = ?", (file,)).fetchone() is not None

    def _is_whole(self, file: str) -> bool:
        try:
            result = self.store.open(file)
            return result.is_finished and Table(result).rows == result.manifest.rows
        except GladlyToolsError:
            return False

    def _write(self, table: Table) -> str:
        """Write the rows as a result of their own, durable; a failure leaves nothing behind."""
        was = table.result.manifest
        file = secrets.token_hex(16)
        manifest = Manifest(
            export=was.export,
            title=was.title,
            instance=was.instance,
            username=was.username,
            started=was.started,
            columns=columns_of(table),
            zone=was.zone,
            order=was.order,
        )
        try:
            kept = self.store.create(file, manifest)
            kept.write_slice(0, "all", rows_of(table), zone=was.zone)
            kept.write_manifest(replace(kept.manifest, finished=was.finished, rows=kept.finish().rows))
        except BaseException:
            self.store.delete(file)
            raise
        return file


class AccountSnapshots:
    """One account's snapshots. What belongs to another account is the same as what does not exist."""

    def __init__(self, snapshots: Snapshots, owner: str) -> None:
        self._snapshots = snapshots
        self._owner = owner

    def keep(self, table: Table, asked: Mapping[str, Any], *, at: datetime, note: str = "") -> Snapshot:
        """Keep what a complete result of a configuration export holds, as seen at this moment.

        What is there already is seen again. Raises GladlyToolsError when it cannot be written.
        """
        return self._snapshots.keep(self._owner, table, asked, at=at, note=note)

    def list(self, export: str | None = None) -> Sequence[Snapshot]:
        """The snapshots, of one export or of all, the newest first."""
        return self._snapshots.list(self._owner, export)

    def open(self, snapshot_id: str) -> Table:
        """The rows of one. Raises NotFoundError, or GladlyToolsError when they are damaged."""
        return self._snapshots.open(self._owner, snapshot_id)

    def delete(self, snapshot_id: str) -> None:
        """Delete one. Raises NotFoundError."""
        self._snapshots.delete(self._owner, snapshot_id)

    def delete_all(self, export: str | None = None) -> int:
        """Delete all, of one export or of every; returns how many that were."""
        return self._snapshots.delete_all(self._owner, export)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What was seen when: `asked` as JSON, `content` a digest of all rows."""

    owner: str
    export: str
    asked: str
    content: str
    at: datetime
    note: str

    @property
    def place_and_content(self) -> tuple[str, str, str, str]:
        return self.owner, self.export, self.asked, self.content

    def is_like(self, row: Any) -> bool:
        return bool(row["content"] == self.content and row["note"] == self.note)


def _snapshot(row: Any) -> Snapshot:
    return Snapshot(
        id=row["id"],
        export=row["export"],
        asked=json.loads(row["asked"]),
        first_at=_time(row["first_at"]),
        last_at=_time(row["last_at"]),
        rows=row["row_count"],
        bytes=row["bytes"],
        note=row["note"],
    )


def _text(moment: datetime) -> str:
    """A moment as text that sorts as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
