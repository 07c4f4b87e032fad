"""Characters that neither HTML nor XML may hold, and that the renderer dies of."""

from __future__ import annotations

import re

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def seen(text: str) -> str:
    """The text with a sign in place of every character that a page may not hold."""
    return _UNSEEN.sub("\ufffd", text)
