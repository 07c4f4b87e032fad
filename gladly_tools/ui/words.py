"""Texts for people: markdown taken out, numbers, durations and times in words."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from gladly_tools.amounts import counted, duration

__all__ = ["counted", "duration", "exact_duration", "moment", "plain", "size"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&=^])")
# What becomes a link, an icon, a logo or a sign after the markdown was read, when a backslash no longer helps.
_ALIVE = re.compile(
    r"@|://|www(?=\.)|:(?=material[/_]|streamlit:)|(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)", re.IGNORECASE
)
_JOINER = "\u2060"  # shows as nothing, and breaks up what would come alive


def plain(text: object) -> str:
    """Text that a label or a caption shows as it is: no markup, link, image or icon in it comes alive."""
    unlinked = _ALIVE.sub(lambda found: found[0][0] + _JOINER + found[0][1:], " ".join(str(text).splitlines()))
    return _MARKDOWN.sub(r"\\\1", unlinked)


def exact_duration(seconds: float) -> str:
    """A duration to the second: `8 s`, `3 min 12 s`, `2 h 5 min 9 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes or hours else []
    return " ".join([*parts, f"{rest} s"])


def moment(at: datetime, zone: str) -> str:
    """A point in time in a zone: `3 Mar 2026, 14:05`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def size(count: int) -> str:
    """Bytes as people say them."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:,.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:,.1f} {unit}"
        amount /= 1000
    raise AssertionError
