"""MP3 files: whether one is, and how long it plays."""

from __future__ import annotations

from typing import BinaryIO

HEAD_BYTES = 4

# kbit/s of layer III by the four bits of a frame's header; 0 stands for a rate that cannot be told.
_MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LAYER_3 = 1
_TAG_BYTES = 10


def is_mp3(head: bytes) -> bool:
    """Whether a file that begins like this is an MP3: with a tag, or with a frame of layer III."""
    return head[:3] == b"ID3" or _frame(head) is not None


def seconds(file: BinaryIO) -> float | None:
    """How long it plays, by its frames; None when it has none. Leaves the file at any place."""
    file.seek(0)
    tag = file.read(_TAG_BYTES)
    place = 0
    if tag[:3] == b"ID3" and len(tag) == _TAG_BYTES:
        # Seven bits a byte, so that no size looks like a frame.
        place = _TAG_BYTES + sum((byte & 0x7F) << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=True))
    total = 0.0
    while True:
        file.seek(place)
        frame = _frame(file.read(HEAD_BYTES))
        if frame is None:
            return total or None
        length, lasts = frame
        place += length
        total += lasts


def _frame(head: bytes) -> tuple[int, float] | None:
    """The bytes and the seconds of the frame that begins here; None where none begins."""
    if len(head) < HEAD_BYTES or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sampling, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    kilobits = (_MPEG1 if version == 3 else _MPEG2)[rate]
    if layer != _LAYER_3 or version not in _SAMPLE_RATES or sampling == 3 or not kilobits:
        return None
    samples = 1152 if version == 3 else 576
    hertz = _SAMPLE_RATES[version][sampling]
    return samples // 8 * kilobits * 1000 // hertz + padding, samples / hertz
