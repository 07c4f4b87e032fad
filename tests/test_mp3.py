"""What is an MP3, and how long it plays."""

from __future__ import annotations

import io

import pytest

from gladly_tools.demo.media import FRAME_SECONDS, frame_count, recording
from gladly_tools.mp3 import is_mp3, seconds

AUDIO = b"".join(recording(5, []))
TAG = b"ID3\x04\x00\x00" + bytes((0, 0, 1, 5)) + b"x" * (128 + 5)


@pytest.mark.parametrize("head", [AUDIO[:4], b"ID3\x04", b"\xff\xfb\x90\x64", b"\xff\xfa\x90\x64", b"\xff\xe3\x18\xc4"])
def test_a_tag_or_a_frame_of_layer_three_begins_an_mp3(head: bytes) -> None:
    assert is_mp3(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"<!do",
        b'{"er',
        b"RIFF",
        b"OggS",
        b"\xff\xf1\x50\x80",  # AAC
        b"\xff\xfd\x90\x64",  # layer II
        b"\xff\xfb\xf0\x64",  # a rate that does not exist
        b"\xff\xfb\x9c\x64",  # nor does this sampling
        b"\xff\xeb\x90\x64",  # nor this version
    ],
)
def test_anything_else_does_not(head: bytes) -> None:
    assert not is_mp3(head)


@pytest.mark.parametrize("before", [b"", TAG])
@pytest.mark.parametrize("behind", [b"", b"TAG" + b" " * 125])
def test_the_length_is_that_of_its_frames(before: bytes, behind: bytes) -> None:
    found = seconds(io.BytesIO(before + AUDIO + behind))
    assert found == pytest.approx(frame_count(5) * FRAME_SECONDS)


@pytest.mark.parametrize("data", [b"", TAG, b"ID3", b"no sound at all"])
def test_what_has_no_frames_has_no_length(data: bytes) -> None:
    assert seconds(io.BytesIO(data)) is None


def test_frames_of_other_rates_are_measured_by_their_own() -> None:
    frame = b"\xff\xfb\x90\x64" + b"\x00" * (144 * 128_000 // 44_100 - 4)
    assert seconds(io.BytesIO(frame * 10)) == pytest.approx(10 * 1152 / 44_100)
