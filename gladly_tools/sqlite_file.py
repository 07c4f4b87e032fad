"""A SQLite file as every journal here opens it: shared by threads and processes, written ahead."""

from __future__ import annotations

import sqlite3
from pathlib import Path

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
    for pragma in (*pragmas, *(["secure_delete=on"] if forgets else [])):
        connection.execute(f"pragma {pragma}")
    connection.executescript(schema)
    return connection
