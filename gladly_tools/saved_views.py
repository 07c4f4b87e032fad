"""Views that people keep: under a name for every result of an export, or behind a link for one result. SQLite.

Each belongs to one account, and no other can read it. What was filtered for may be customers' data: the file is
readable for its owner alone, and what is deleted is overwritten. Several threads and processes may use the file at
once, each question with a connection of its own.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from gladly_tools.disk_faults import is_damage
from gladly_tools.errors import InputError, NotFoundError, TryLaterError
from gladly_tools.results.query import Query
from gladly_tools.sqlite_file import transaction

SCHEMA = """
create table if not exists views (
    id text primary key,
    owner text not null,
    shelf text not null,
    name text not null,
    folded text not null,
    query text not null,
    columns text not null,
    changed_at text not null,
    unique (owner, shelf, folded)
);
create table if not exists links (
    key text primary key,
    owner text not null,
    job text not null,
    place text not null,
    query text not null,
    columns text not null,
    made_at text not null,
    unique (owner, job, place, query, columns)
);
"""

MOST_VIEWS = 100
MOST_LINKS = 500
LONGEST_NAME = 60
LONGEST_VIEW = 1_000_000
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class View:
    """How a result is looked at: which rows in which order, and the columns shown; none for the usual ones."""

    query: Query
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A view with a name; `view` is None when what was saved can no longer be read."""

    id: str
    name: str
    view: View | None
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class SharedView:
    """What a link leads to: a view of a job's result, and the place that the portal keeps that table under."""

    job: str
    place: str
    view: View


class NameTaken(InputError):
    """Another view has this name."""


class SavedViews:
    """The saved and the shared views of every account in one file.

    Every method raises TryLaterError when the file cannot be used now. A damaged file is set aside, never deleted,
    and `damaged` then names it.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._now = now

    def list(self, owner: str, shelf: str) -> Sequence[SavedView]:
        """An account's views of one shelf, by name. A shelf is a table of an export."""
        with self._asking() as connection:
            rows = connection.execute(
                "select id, name, query, columns, changed_at from views where owner = ? and shelf = ? order by folded",
                (owner, shelf),
            ).fetchall()
        return [
            SavedView(id=id, name=name, view=_view(query, columns), changed_at=datetime.fromisoformat(changed_at))
            for id, name, query, columns, changed_at in rows
        ]

    def save(self, owner: str, shelf: str, name: str, view: View) -> str:
        """Save a view under a new name and return its id.

        Raises InputError with `field` `name` for a name that is none, or taken, whatever its upper and lower case.
        """
        name = _name(name)
        with self._changing() as connection:
            (count,) = connection.execute(
                "select count(*) from views where owner = ? and shelf = ?", (owner, shelf)
            ).fetchone()
            if count >= MOST_VIEWS:
                raise InputError(
                    f"There are {MOST_VIEWS} saved views already.", "Delete one that is not needed.", field="name"
                )
            view_id = secrets.token_hex(12)
            taken = connection.execute(
                "insert or ignore into views values (?, ?, ?, ?, ?, ?, ?, ?)",
                (view_id, owner, shelf, name, name.casefold(), *_texts(view), self._now().isoformat()),
            ).rowcount
            if not taken:
                raise _name_taken(name)
        return view_id

    def replace(self, owner: str, view_id: str, view: View) -> None:
        """Put another view under the name of a saved one. Raises NotFoundError, also for another account's."""
        with self._changing() as connection:
            _one(
                connection.execute(
                    "update views set query = ?, columns = ?, changed_at = ? where id = ? and owner = ?",
                    (*_texts(view), self._now().isoformat(), view_id, owner),
                )
            )

    def rename(self, owner: str, view_id: str, name: str) -> None:
        """Give a saved view another name. Raises as `save` and `replace` do."""
        name = _name(name)
        with self._changing() as connection:
            try:
                _one(
                    connection.execute(
                        "update views set name = ?, folded = ?, changed_at = ? where id = ? and owner = ?",
                        (name, name.casefold(), self._now().isoformat(), view_id, owner),
                    )
                )
            except sqlite3.IntegrityError:
                raise _name_taken(name) from None

    def delete(self, owner: str, view_id: str) -> None:
        """Delete a saved view. Raises NotFoundError, also for another account's."""
        with self._changing() as connection:
            _one(connection.execute("delete from views where id = ? and owner = ?", (view_id, owner)))

    def share(self, owner: str, job: str, place: str, view: View) -> str:
        """The key of a link to a view of a result; the same view of the same result has the same key.

        The key is drawn by lot, so that nothing can be read from it. Of an account's links the oldest are forgotten
        beyond `MOST_LINKS`.
        """
        with self._changing() as connection:
            texts = _texts(view)
            connection.execute(
                "insert or ignore into links values (?, ?, ?, ?, ?, ?, ?)",
                (secrets.token_urlsafe(18), owner, job, place, *texts, self._now().isoformat()),
            )
            connection.execute(
                "delete from links where owner = ? and rowid not in"
                " (select rowid from links where owner = ? order by rowid desc limit ?)",
                (owner, owner, MOST_LINKS),
            )
            (key,) = connection.execute(
                "select key from links where owner = ? and job = ? and place = ? and query = ? and columns = ?",
                (owner, job, place, *texts),
            ).fetchone()
        return str(key)

    def shared(self, owner: str, key: str) -> SharedView:
        """What a link leads to. Raises NotFoundError, the same for unknown, forgotten and another account's."""
        with self._asking() as connection:
            row = connection.execute(
                "select job, place, query, columns from links where key = ? and owner = ?", (key, owner)
            ).fetchone()
        view = None if row is None else _view(row[2], row[3])
        if view is None:
            raise NotFoundError(
                "The filters of this link were not found.",
                "The link may be too old, or made by another account. Ask for a new one.",
            )
        return SharedView(job=row[0], place=row[1], view=view)

    def forget_links(self, is_gone: Callable[[str], bool]) -> int:
        """Forget the links to results that are gone; returns how many that were. Saved views stay."""
        with self._asking() as connection:
            jobs = [job for (job,) in connection.execute("select distinct job from links").fetchall()]
        gone = [(job,) for job in jobs if is_gone(job)]
        if not gone:
            return 0
        with self._changing() as connection:
            return connection.executemany("delete from links where job = ?", gone).rowcount

    @property
    def damaged(self) -> str | None:
        """The name of the latest file that was set aside because it was damaged, while it is there."""
        found = sorted(self._path.parent.glob(f"{self._path.stem}.damaged-*{self._path.suffix}"))
        return found[-1].name if found else None

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._asking() as connection, transaction(connection):
            yield connection

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connect()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise _busy() from error
            self._set_aside()
            connection = self._connect()
        with closing(connection):
            try:
                yield connection
            except sqlite3.IntegrityError:
                raise
            except sqlite3.DatabaseError as error:
                if is_damage(error):
                    self._set_aside()
                    raise TryLaterError(
                        "The file of the saved views was damaged and has been set aside.", "Try again."
                    ) from error
                raise _busy() from error

    def _connect(self) -> sqlite3.Connection:
        # Made before SQLite does, so that it is for its owner alone before anything is in it.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self._path, timeout=PATIENCE_SECONDS, isolation_level=None)
        try:
            for pragma in ("secure_delete=on", "synchronous=full"):
                connection.execute(f"pragma {pragma}")
            connection.executescript(SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self) -> None:
        """Move the damaged file out of the way, unless another process has just done so."""
        with FileLock(self._path.with_suffix(".lock")):
            try:
                with closing(sqlite3.connect(self._path, timeout=PATIENCE_SECONDS)) as connection:
                    if connection.execute("pragma quick_check(1)").fetchone() == ("ok",):
                        return
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise _busy() from error
            moment = self._now().strftime("%Y%m%d-%H%M%S")
            aside = self._path.with_name(f"{self._path.stem}.damaged-{moment}{self._path.suffix}")
            self._path.replace(aside)
            # A journal beside the next file would be played back into it.
            Path(f"{self._path}-journal").unlink(missing_ok=True)


def _texts(view: View) -> tuple[str, str]:
    texts = view.query.to_json(), json.dumps(view.columns, ensure_ascii=False)
    if sum(map(len, texts)) > LONGEST_VIEW:
        raise InputError("These filters are too long to be kept.", "Filter for fewer values.", field="name")
    return texts


def _view(query: str, columns: str) -> View | None:
    """What was kept; None when it cannot be read."""
    try:
        names = json.loads(columns)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return None
        return View(query=Query.from_json(query), columns=tuple(names))
    except (InputError, ValueError):
        return None


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise InputError("The view has no name.", "Type one, such as “Open for a week”.", field="name")
    if len(name) > LONGEST_NAME:
        raise InputError(
            f"The name has {len(name)} characters.", f"Use {LONGEST_NAME} characters at most.", field="name"
        )
    return name


def _name_taken(name: str) -> NameTaken:
    return NameTaken(f"There is a view “{name}” already.", "Replace it, or choose another name.", field="name")


def _one(cursor: sqlite3.Cursor) -> None:
    if cursor.rowcount != 1:
        raise NotFoundError("There is no such view.", "It may have been deleted in another window.")


def _busy() -> TryLaterError:
    return TryLaterError("The saved views cannot be read or written at the moment.", "Try again in a moment.")
