"""File names made of anything, that every file system takes and that stay in the folder they are put into."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
"""Characters of a name before its ending; its bytes stay well below the 255 that file systems allow."""
_LONGEST_BYTES = 200
# What Windows does not take, what separates folders anywhere, and what cannot be seen or turns text around.
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)


def safe_name(text: str, *, instead: str) -> str:
    """The text as a file name without an ending; `instead` where nothing of it can stay."""
    name = unicodedata.normalize("NFC", text).encode("utf-8", "ignore").decode()
    name = re.sub(r"\s+", " ", _UNSAFE.sub("_", name)).strip(" .")[:LONGEST]
    while len(name.encode()) > _LONGEST_BYTES:
        name = name[:-1]
    name = name.strip(" .")
    if not name.strip("_"):
        name = instead
    # Windows takes these for devices, also with an ending behind them.
    return f"_{name}" if _RESERVED.fullmatch(name) else name


class FileNames:
    """Gives each file of a folder a name of its own; names that differ in case alone count as the same."""

    def __init__(self, ending: str) -> None:
        self._ending = ending
        self._taken: set[str] = set()

    def name(self, text: str, *, instead: str) -> str:
        """A name made of the text that no other file has; a number is added where it was taken."""
        bare = text[: -len(self._ending)] if text.lower().endswith(self._ending) else text
        stem = safe_name(bare, instead=instead)
        number, name = 1, stem
        while (key := unicodedata.normalize("NFKC", name).casefold()) in self._taken:
            number += 1
            name = f"{stem} ({number})"
        self._taken.add(key)
        return f"{name}{self._ending}"
