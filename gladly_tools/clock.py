"""The moment it is, asked for in one place so that tests can stand at a fixed one; and times as Gladly writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The moment it is, aware, in UTC."""
    return datetime.now(UTC)


def read_moment(value: object) -> datetime | None:
    """A time as Gladly writes it, with any number of digits after the second; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
