"""Sound and files made by arithmetic: recordings that play, and attachments that open."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# MPEG-2 layer III, one channel, 32 kbit/s at 16 kHz: every frame is 144 bytes and lasts exactly 36 ms.
FRAME_BYTES = 144
FRAME_SECONDS = 576 / 16_000
_HEADER = bytes((0xFF, 0xF3, 0x48, 0xC0))
_SIDE_INFO_BITS = 9 * 8
_PIECE = 250  # frames sent at a time, about nine seconds
_LOUDNESS = 190
_TONES = (24, 32, 40)  # the frequency line of each speaker, 13.9 Hz apart


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """What one speaker says; `begin` and `end` are seconds from the start of the recording."""

    speaker: int
    begin: float
    end: float
    text: str


def frame_count(seconds: float) -> int:
    """How many frames make up that many seconds, at least one."""
    return max(1, round(seconds / FRAME_SECONDS))


def recording(seconds: float, paragraphs: Sequence[Paragraph]) -> Iterator[bytes]:
    """An MP3 in pieces: a hum for every speaker, each on a note of their own, and silence in between."""
    silence = _frame(None)
    notes = [_frame(line) for line in _TONES]
    frames = frame_count(seconds)
    upcoming = list(reversed(paragraphs))
    for begin in range(0, frames, _PIECE):
        piece = bytearray()
        for place in range(begin, min(begin + _PIECE, frames)):
            second = place * FRAME_SECONDS
            while upcoming and upcoming[-1].end <= second:
                upcoming.pop()
            speaks = upcoming and upcoming[-1].begin <= second
            piece += notes[upcoming[-1].speaker % len(notes)] if speaks else silence
        yield bytes(piece)


def _frame(line: int | None) -> bytes:
    """A frame with one frequency line that sounds, or with none.

    Its main data is a pair of zeros (one bit in Huffman table 1) for every two lines below, then the line
    itself with its sign. An empty frame needs no main data at all.
    """
    bits = [] if line is None else ["1"] * (line // 2) + ["010" if line % 2 == 0 else "0010"]
    main_data = "".join(bits)
    fields = (
        (0, 8),  # main_data_begin: nothing is borrowed from the frame before
        (0, 1),
        (len(main_data), 12),  # part2_3_length
        (len(bits), 9),  # big_values, in pairs
        (_LOUDNESS, 8),  # global_gain
        (0, 9),  # scalefac_compress: no scale factors
        (0, 1),  # window switching
        (1, 5),  # Huffman table 1 in all three regions
        (1, 5),
        (1, 5),
        (0, 4),
        (0, 3),
        (0, 1),
        (0, 1),
    )
    side_info = "".join(f"{value:0{width}b}" for value, width in fields)
    assert len(side_info) == _SIDE_INFO_BITS
    whole = (side_info + main_data).ljust((FRAME_BYTES - len(_HEADER)) * 8, "0")
    return _HEADER + int(whole, 2).to_bytes(FRAME_BYTES - len(_HEADER), "big")


def file_bytes(content_type: str | None, number: int) -> bytes:
    """A small file of that type, a different one for every number."""
    if content_type == "image/png":
        return _png(number)
    if content_type == "image/gif":
        red, green, blue = _colour(number)
        return (
            b"GIF89a\x01\x00\x01\x00\x80\x00\x00"
            + bytes((red, green, blue, 0, 0, 0))
            + b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"
        )
    if content_type == "application/pdf":
        return _pdf(f"Demo document {number}")
    if content_type == "text/csv":
        return f"item,price\r\ncedar planter {number},=1+1\r\n".encode()
    if content_type == "text/html":
        return f"<p>Demo page {number}</p><script>alert(1)</script>\n".encode()
    if content_type == "text/plain":
        return f"Demo text {number}: Größe L\n".encode()
    return number.to_bytes(8, "big") * (1 + number % 40)


def _colour(number: int) -> tuple[int, int, int]:
    mixed = zlib.crc32(number.to_bytes(8, "big"))
    return mixed & 255, mixed >> 8 & 255, mixed >> 16 & 255


def _png(number: int) -> bytes:
    side = 16
    row = b"\x00" + bytes(_colour(number)) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * side)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _pdf(text: str) -> bytes:
    content = f"BT /F1 18 Tf 40 100 Td ({text}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, source in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, source)
    table = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(body)
