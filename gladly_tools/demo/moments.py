"""Times as the server writes them: as many digits of a second as it pleases."""

from __future__ import annotations

import datetime as dt


def moment(value: dt.datetime, digits: int) -> str:
    """A UTC time with that many digits of a second; fewer than three lose the rest."""
    text = value.isoformat(timespec="seconds")[:19]
    if digits:
        text += f".{value.microsecond:06d}{value.second * 16 + value.minute:03d}"[: digits + 1]
    return text + "Z"
