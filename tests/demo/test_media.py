"""Recordings are MP3s that any player takes, and files are what their types say."""

from __future__ import annotations

import zlib

import pytest

from gladly_tools.demo.media import FRAME_BYTES, FRAME_SECONDS, Paragraph, file_bytes, recording

BITRATES = {4: 32}  # kbit/s by index, MPEG-2 layer III
SAMPLE_RATES = {2: 16_000}


def frames_of(data: bytes) -> list[bytes]:
    """The frames of a stream, each found by the length that its own header says."""
    frames = []
    place = 0
    while place < len(data):
        header = int.from_bytes(data[place : place + 4], "big")
        assert header >> 21 == 0x7FF, f"no frame at byte {place}"
        assert header >> 19 & 3 == 2, "MPEG-2"
        assert header >> 17 & 3 == 1, "layer III"
        assert header >> 6 & 3 == 3, "one channel"
        rate, bits = SAMPLE_RATES[header >> 10 & 3], BITRATES[header >> 12 & 15] * 1000
        length = 72 * bits // rate + (header >> 9 & 1)
        frames.append(data[place : place + length])
        place += length
    assert place == len(data)
    return frames


@pytest.mark.parametrize("seconds", [0.01, 1.0, 9.0, 9.1, 61.5])
def test_a_recording_lasts_as_long_as_it_should(seconds: float) -> None:
    data = b"".join(recording(seconds, []))
    frames = frames_of(data)
    assert {len(frame) for frame in frames} == {FRAME_BYTES}
    assert abs(len(frames) * FRAME_SECONDS - seconds) <= FRAME_SECONDS
    assert len(data) / (len(frames) * FRAME_SECONDS) == pytest.approx(4000)


def test_each_speaker_hums_and_the_rest_is_silence() -> None:
    paragraphs = (
        Paragraph(speaker=0, begin=1.0, end=2.0, text=""),
        Paragraph(speaker=1, begin=3.0, end=4.0, text=""),
        Paragraph(speaker=0, begin=11.0, end=12.0, text=""),
    )
    frames = frames_of(b"".join(recording(14.0, paragraphs)))
    at = {second: frames[round(second / FRAME_SECONDS)] for second in (0.5, 1.5, 2.5, 3.5, 10.5, 11.5, 13.0)}
    assert at[0.5] == at[2.5] == at[10.5] == at[13.0]
    assert at[1.5] == at[11.5]
    assert len({at[0.5], at[1.5], at[3.5]}) == 3


def test_main_data_is_as_long_as_its_frame_says() -> None:
    """A decoder that reads past the frame would need bytes of the next one, which are not there."""
    (frame, *_) = frames_of(b"".join(recording(1.0, [Paragraph(speaker=2, begin=0, end=1, text="")])))
    side_info = int.from_bytes(frame[4:13], "big")
    borrowed = side_info >> 64
    length = side_info >> (72 - 8 - 1 - 12) & 0xFFF
    pairs = side_info >> (72 - 8 - 1 - 12 - 9) & 0x1FF
    assert borrowed == 0
    assert 0 < length <= (FRAME_BYTES - 13) * 8
    assert 0 < pairs <= 288
    main_data = f"{int.from_bytes(frame[13:], 'big'):0{(FRAME_BYTES - 13) * 8}b}"
    assert "1" not in main_data[length:]


def test_a_long_recording_is_made_in_pieces() -> None:
    pieces = list(recording(3600.0, []))
    assert max(len(piece) for piece in pieces) < 50_000
    assert sum(len(piece) for piece in pieces) == 14_400_000


@pytest.mark.parametrize(
    ("content_type", "begins"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/gif", b"GIF89a"),
        ("application/pdf", b"%PDF-1.4"),
        ("text/plain", b"Demo text"),
        ("text/csv", b"item,price\r\n"),
        ("text/html", b"<p>"),
        (None, b""),
    ],
)
def test_a_file_begins_as_its_type_does(content_type: str | None, begins: bytes) -> None:
    assert file_bytes(content_type, 5).startswith(begins)
    assert file_bytes(content_type, 5) == file_bytes(content_type, 5) != file_bytes(content_type, 6)


def test_a_picture_has_all_its_pixels() -> None:
    data = file_bytes("image/png", 5)
    begin = data.index(b"IDAT") + 4
    length = int.from_bytes(data[begin - 8 : begin - 4], "big")
    assert len(zlib.decompress(data[begin : begin + length])) == 16 * (1 + 16 * 3)


def test_a_document_finds_its_objects_where_its_table_says() -> None:
    data = file_bytes("application/pdf", 5)
    table = int(data.split(b"startxref\n")[1].split()[0])
    assert data[table:].startswith(b"xref\n")
    for number, line in enumerate(data[table:].splitlines()[3:8], start=1):
        assert data[int(line.split()[0]) :].startswith(b"%d 0 obj" % number)
