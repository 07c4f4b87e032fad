"""Look-ups remembered between jobs of one account, with an age limit, so that nothing is asked of Gladly twice."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gladly_tools.sqlite_file import open_or_set_aside

SCHEMA = """
create table if not exists remembered (
    owner text not null, kind text not null, key text not null, value text not null, at real not null,
    primary key (owner, kind, key)
) without rowid
"""


class Remembered:
    """The look-ups of every account in one file; `of` gives one account's."""

    def __init__(self, path: Path, *, hours: float, now: Callable[[], float] = time.time) -> None:
        self._lock = threading.Lock()
        self._age = hours * 3600
        self._now = now
        # A look-up lost with the power, or with the file, is only asked again.
        self._connection = open_or_set_aside(path, SCHEMA, is_durable=False, forgets=True)

    def of(self, owner: str) -> AccountMemory:
        """One account's look-ups."""
        return AccountMemory(self, owner)

    def get(self, owner: str, kind: str, key: str) -> Any:
        """What was put, or None when it was not, or is too old."""
        with self._lock:
            row = self._connection.execute(
                "select value from remembered where owner = ? and kind = ? and key = ? and at > ?",
                (owner, kind, key, self._now() - self._age),
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, owner: str, kind: str, key: str, value: Any) -> None:
        """Remember a JSON value."""
        with self._lock:
            self._connection.execute(
                "insert or replace into remembered values (?, ?, ?, ?, ?)",
                (owner, kind, key, json.dumps(value), self._now()),
            )

    def forget_old(self) -> int:
        """Delete what is too old; returns how many look-ups that were."""
        with self._lock:
            return self._connection.execute("delete from remembered where at <= ?", (self._now() - self._age,)).rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


class AccountMemory:
    """One account's remembered look-ups."""

    def __init__(self, remembered: Remembered, owner: str) -> None:
        self._remembered = remembered
        self._owner = owner

    def get(self, kind: str, key: str) -> Any:
        """What was put under the key, or None when unknown or too old."""
        return self._remembered.get(self._owner, kind, key)

    def put(self, kind: str, key: str, value: Any) -> None:
        """Remember a JSON value under the key."""
        self._remembered.put(self._owner, kind, key, value)
