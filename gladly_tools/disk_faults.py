"""What a fault of the disk means, in words: it is full, it cannot be written to, a file on it is damaged."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from gladly_tools.errors import GladlyToolsError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.ENOENT})
_SQLITE_CLOSED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
_SQLITE_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_damage(error: BaseException) -> bool:
    """True for the error of a damaged SQLite file."""
    return isinstance(error, sqlite3.Error) and _code(error) in _SQLITE_DAMAGED


def disk_fault(error: BaseException, name: str = "A file") -> GladlyToolsError | None:
    """The words for an OSError or an SQLite error; None where it tells of no fault of the disk.

    `name` is the file, or the folder, in the data folder.
    """
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return _full()
        if error.errno in _CLOSED:
            return _closed(name)
        return _failed(name) if error.errno == errno.EIO else None
    if not isinstance(error, sqlite3.Error):
        return None
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return _full()
    if code in _SQLITE_CLOSED:
        return _closed(name)
    if code in _SQLITE_DAMAGED:
        return GladlyToolsError(
            f"{name} in the data folder is damaged; it was left as it is.",
            "Ask whoever runs this application to stop it, and to put a copy from a backup in its place, or to move it "
            "away: what it holds is missing then, and the application starts with an empty one.",
        )
    return _failed(name) if code == sqlite3.SQLITE_IOERR else None


@contextmanager
def opening(name: str) -> Iterator[None]:
    """Whatever keeps a file of the data folder from being opened in here is raised as a GladlyToolsError."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise disk_fault(error, name) or _failed(name) from error


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _full() -> GladlyToolsError:
    return GladlyToolsError(
        "The disk that holds results is full.",
        "Delete results on the Jobs page, or kept files, or free some disk space; then go on.",
    )


def _closed(name: str) -> GladlyToolsError:
    return GladlyToolsError(
        f"{name} in the data folder cannot be written to.",
        "Ask whoever runs this application to look at the folder's owner, its permissions and its disk; "
        "GLADLY_TOOLS_DATA_DIR says where it is.",
    )


def _failed(name: str) -> GladlyToolsError:
    return GladlyToolsError(
        f"{name} in the data folder cannot be read or written: its disk fails.",
        "Ask whoever runs this application to look at the disk. What was finished before is kept.",
    )
