"""Unpacks a compressed body piece by piece: a few bytes that stand for gigabytes never become gigabytes at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

ENCODING = "gzip"
"""The one way in which an answer may be packed; it is named in each request."""
PIECE = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f"


class Unpacker:
    """One body packed with gzip, in as many members as it likes. Raises httpx.DecodingError for what is none."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._is_begun = False

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        """What the next packed bytes stand for, at most `PIECE` bytes at a time."""
        self._is_begun = self._is_begun or bool(packed)
        try:
            while packed:
                piece = self._member.decompress(packed, PIECE)
                packed = self._member.unconsumed_tail
                if self._member.eof and self._member.unused_data.startswith(_MAGIC):
                    packed = self._member.unused_data
                    self._member = zlib.decompressobj(_GZIP)
                if piece:
                    yield piece
        except zlib.error as error:
            raise httpx.DecodingError(f"the body cannot be unpacked: {error}") from None

    def end(self) -> None:
        """Raise httpx.RemoteProtocolError when the body broke off."""
        if self._is_begun and not self._member.eof:
            raise httpx.RemoteProtocolError("the packed body breaks off")
