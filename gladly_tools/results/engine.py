"""The query engine: an in-memory DuckDB that may read one store's folder and nothing else."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa
from filelock import FileLock, Timeout

from gladly_tools.results.kept_rows import KeptRows

MEMORY_LIMIT = "160MB"
THREADS = 2
MOST_REMEMBERED = 16 * 1024 * 1024
"""Bytes of what was read at the ends of files; beyond it, all of that is forgotten."""

_LOOK_EVERY = 32

# Arrow's own allocator keeps what it once had, 100 MB and more; the system's gives it back and is as fast.
pa.set_memory_pool(pa.system_memory_pool())


class Engine:
    """A DuckDB that is shut in: it may read and spill below one folder, load nothing, and change no setting.

    Thread-safe: each question gets its own cursor. `spill` is a folder in `folder` for temporary files of this process,
    `kept` what is kept there from one question to the next.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _sweep(folder)
        self.spill = Path(tempfile.mkdtemp(prefix=".spill-", dir=folder))
        self.kept = KeptRows(self.spill)
        self._in_use = FileLock(self.spill / _LOCK_NAME)
        self._in_use.acquire()
        weakref.finalize(self, _leave, self.spill, self._in_use)
        self._lock = threading.Lock()
        self._asked = 0
        self._opened = 0
        self._database = self._open()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the same database; close it after use (it is a context manager)."""
        with self._lock:
            self._asked += 1
            if self._asked % _LOOK_EVERY == 0 and self.remembered() > MOST_REMEMBERED:
                # The end of every file is remembered, also of one that is deleted: only another database forgets them.
                # Who still asks the old one keeps it until the answer is there.
                self._database = self._open()
            return self._database.cursor()

    def remembered(self) -> int:
        """The bytes that the database keeps of the files that it has read."""
        with self._database.cursor() as cursor:
            found = cursor.execute(
                "SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'OBJECT_CACHE'"
            ).fetchone()
        return int(found[0]) if found else 0

    def _open(self) -> duckdb.DuckDBPyConnection:
        self._opened += 1
        database = duckdb.connect(
            ":memory:",
            config={
                "threads": THREADS,
                "memory_limit": MEMORY_LIMIT,
                "temp_directory": str(self.spill / f"duckdb-{self._opened}"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
            },
        )
        # The operating system caches files already; a second copy would only count against the limit.
        database.execute("SET GLOBAL enable_external_file_cache = false")
        # Global, since what is merely set is this connection's, and each question has one of its own.
        database.execute("SET GLOBAL parquet_metadata_cache = true")
        database.execute("SET GLOBAL TimeZone = 'UTC'")
        database.execute("SET allowed_directories = $1", [[f"{self.folder}/"]])
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        return database


def engine_for(folder: Path) -> Engine:
    """The engine of a store's folder; the same one for the same folder."""
    return _engine(folder.resolve())


@lru_cache(maxsize=4)
def _engine(folder: Path) -> Engine:
    return Engine(folder)


_LOCK_NAME = "in-use.lock"


def _sweep(folder: Path) -> None:
    """Remove what a killed process left; its lock fell with it."""
    for leftover in folder.glob(".spill-*"):
        lock = FileLock(leftover / _LOCK_NAME, timeout=0)
        try:
            lock.acquire()
        except (Timeout, OSError):
            continue  # in use, or just removed by another
        _leave(leftover, lock)


def _leave(spill: Path, lock: FileLock) -> None:
    lock.release()
    shutil.rmtree(spill, ignore_errors=True)
