"""Packed bodies on their own: whole, cut, in several members, and never much at once."""

from __future__ import annotations

import gzip

import httpx
import pytest

from gladly_tools.api.unpacking import PIECE, Unpacker

TEXT = b"some text, and some more of it"


def unpacked(*chunks: bytes) -> bytes:
    unpacker = Unpacker()
    found = b"".join(piece for chunk in chunks for piece in unpacker.pieces(chunk))
    unpacker.end()
    return found


@pytest.mark.parametrize("at", range(0, len(gzip.compress(TEXT)) + 1, 3))
def test_a_body_is_unpacked_wherever_it_is_cut_into_chunks(at: int) -> None:
    packed = gzip.compress(TEXT)
    assert unpacked(packed[:at], packed[at:]) == TEXT


@pytest.mark.parametrize("missing", [1, 8, 12, len(gzip.compress(TEXT)) - 1])
def test_a_body_that_breaks_off_is_known_by_its_end(missing: int) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="breaks off"):
        unpacked(gzip.compress(TEXT)[:-missing])


def test_a_body_of_nothing_is_whole() -> None:
    assert unpacked() == unpacked(b"") == b""


def test_members_follow_each_other_and_what_is_none_is_left_out() -> None:
    assert unpacked(gzip.compress(TEXT) + gzip.compress(b"again")) == TEXT + b"again"
    assert unpacked(gzip.compress(TEXT) + b"\0\0\0") == TEXT
    with pytest.raises(httpx.RemoteProtocolError):
        unpacked(gzip.compress(TEXT) + gzip.compress(b"again")[:-3])


def test_what_is_not_packed_is_refused() -> None:
    with pytest.raises(httpx.DecodingError, match="cannot be unpacked"):
        unpacked(b"plain text")


def test_pieces_are_bounded_however_much_a_chunk_stands_for() -> None:
    sizes = [len(piece) for piece in Unpacker().pieces(gzip.compress(bytes(3 * PIECE + 7)))]
    assert sizes == [PIECE, PIECE, PIECE, 7]
