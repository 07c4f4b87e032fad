"""What addresses that are not published may answer: nothing documents them, so they are read liberally."""

from __future__ import annotations

from typing import Any

NOT_PUBLISHED = (403, 404, 405, 501)
"""What an API answers at an address that it does not have, or keeps to itself."""


def the_list(value: Any) -> Any:
    """The list itself, or the only one that an object holds; anything else as it is."""
    if isinstance(value, dict):
        lists = [inner for inner in value.values() if isinstance(inner, list)]
        return lists[0] if len(lists) == 1 else value
    return value
