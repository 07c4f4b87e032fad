"""A file that exists only to be written to by a library and emptied by whoever sends the bytes on."""

from __future__ import annotations

import io
from typing import Any


class Sink(io.RawIOBase):
    """A file that is written to and emptied again and again."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._place = 0

    @property
    def waiting(self) -> int:
        """Bytes that nobody has taken yet."""
        return len(self._waiting)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._waiting += piece
        self._place += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._place

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece = bytes(self._waiting)
        self._waiting.clear()
        return piece
