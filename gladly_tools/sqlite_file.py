"""A SQLite file as every journal here opens it: shared by threads and processes, written ahead."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gladly_tools.disk_faults import is_damage

logger = logging.getLogger(__name__)

WAIT_SECONDS = 30


def open_sqlite(path: Path, schema: str, *, is_durable: bool, forgets: bool = False) -> sqlite3.Connection:
    """The file, made when it is missing, with its tables; rows can be read by name. The caller begins transactions.

    `is_durable`: what is committed survives a power cut. `forgets`: what is deleted is overwritten, since it may be
    customers' data. Any thread may use the connection, one at a time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False, timeout=WAIT_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    pragmas = ("journal_mode=wal", f"synchronous={'full' if is_durable else 'normal'}", "foreign_keys=on")
    try:
        for pragma in (*pragmas, *(["secure_delete=on"] if forgets else [])):
            connection.execute(f"pragma {pragma}")
        connection.executescript(schema)
    except BaseException:
        connection.close()  # a damaged file is moved away next, which Windows refuses while it is open
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What is done inside is written as a whole, or not at all when it raises; other processes wait meanwhile."""
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def open_or_set_aside(path: Path, schema: str, *, is_durable: bool, forgets: bool = False) -> sqlite3.Connection:
    """The file, for what can be made anew: a damaged one is set aside and an empty one takes its place."""
    try:
        return open_sqlite(path, schema, is_durable=is_durable, forgets=forgets)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    logger.warning("%s is damaged and was set aside", path.name)
    path.replace(path.with_name(f"{path.stem}.damaged{path.suffix}"))
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    return open_sqlite(path, schema, is_durable=is_durable, forgets=forgets)
