"""What every error owes a person: what happened, and what to do, each in whole sentences."""

from __future__ import annotations

import re

from gladly_tools.errors import GladlyToolsError

_SENTENCES = re.compile(r"\S.*[.!?…]", re.DOTALL)


def is_told(error: GladlyToolsError) -> bool:
    """True when both are there, and neither holds a None or a blank where a word belongs."""
    return all(
        isinstance(words, str) and _SENTENCES.fullmatch(words) is not None and not re.search(r"None|XX|  ", words)
        for words in (error.what, error.advice)
    )
