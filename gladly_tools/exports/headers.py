"""A report's header against the columns that are known: dashes, case and spaces may differ from one day to the next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence


def spelling(name: str) -> str:
    """A column's name without what may differ."""
    return re.sub(r"\s+", " ", re.sub(r"[‐‑‒–—−]", "-", name)).strip().lower()  # noqa: RUF001 the dashes are meant


def matched(sent: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """The known name for each column sent; `known` holds names by spelling.

    '' for an unknown column, and for the second of two that are the same.
    """
    names: list[str] = []
    for name in sent:
        found = known.get(spelling(name), "")
        names.append("" if found in names else found)
    return names
