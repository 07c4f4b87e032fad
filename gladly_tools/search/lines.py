"""A file's lines from byte chunks cut anywhere, and a line as a record.

What is a readable record is said here once: UTF-8, one JSON object as the standard library reads it. Half surrogate
pairs, integers of any length, doubled keys (the last counts) and infinities are readable.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

BATCH_BYTES = 256 * 1024
_BOM = b"\xef\xbb\xbf"
_MOST_DIGITS = 4000
_READ_BYTES = 256 * 1024
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of a line that are read; a longer one is no record any more, so it is counted as unreadable."""


Ends = np.ndarray[Any, np.dtype[np.int64]]


class UnreadableLine(ValueError):
    """A line that is no JSON object; says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A line that could not be read, as it came, without its line ending; numbers begin with 1."""

    number: int
    line: bytes
    why: str


def unreadable_text(unreadable: Unreadable, label: str) -> bytes:
    """One line of `unreadable.txt`: where it is from, why, and the line as it came."""
    return f"{label}, line {unreadable.number}, {unreadable.why}: ".encode() + unreadable.line + b"\n"


def chunks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file; one whose name ends in .gz, .zst, .lz4 or .bz2 is decompressed."""
    with pa.input_stream(str(path), compression="detect") as file:
        while chunk := file.read(_READ_BYTES):
            yield chunk


def pieces_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines with their endings, as many as make `BATCH_BYTES`, or one longer line; cut from chunks of any size.

    A byte order mark at the beginning is left out. Only a piece is ever in memory.
    """
    waiting: list[bytes | memoryview] = []
    size = 0
    is_first = True
    for chunk in _without_endless_lines(chunks):
        for place in range(0, len(chunk), BATCH_BYTES):
            part = chunk[place : place + BATCH_BYTES]
            waiting.append(part)
            size += len(part)
            if size < BATCH_BYTES or not (end := part.rfind(b"\n") + 1):
                continue
            waiting[-1] = memoryview(part)[:end]
            piece = b"".join(waiting)
            yield piece.removeprefix(_BOM) if is_first else piece
            is_first = False
            waiting, size = [part[end:]], len(part) - end
    if size:
        piece = b"".join(waiting)
        yield piece.removeprefix(_BOM) if is_first else piece


def batches_of(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The same, line by line."""
    return map(lines_of, pieces_of(chunks))


def lines_of(piece: bytes) -> list[bytes]:
    """The lines of a piece, with their endings."""
    return io.BytesIO(piece).readlines()


def ends_of(piece: bytes) -> Ends:
    """Where the lines of a piece end, behind their endings."""
    ends: list[int] = []
    place = 0
    find, append = piece.find, ends.append
    while place := find(b"\n", place) + 1:
        append(place)
    if piece and not piece.endswith(b"\n"):
        append(len(piece))
    return np.array(ends, np.int64)


def is_record_a_line(piece: bytes, ends: Ends) -> bool:
    """Whether the piece is UTF-8, and each line begins and ends as an object does, with nothing around it.

    Then no line break can be within an object, since what follows a brace there is never a brace: of a piece that holds
    as many objects as lines, each line is one.
    """
    if not (piece.startswith(b"{") and piece.endswith(b"\n")):
        return False
    array = np.frombuffer(piece, np.uint8)
    if array[ends[:-1]].tobytes().strip(b"{"):
        return False
    last = array[ends - 2].tobytes()
    if last.strip(b"}") and (last.strip(b"\r") or array[ends - 3].tobytes().strip(b"}")):
        return False
    return is_utf8(piece)


def is_utf8(piece: bytes) -> bool:
    """Whether the bytes are UTF-8."""
    if piece.isascii():
        return True
    offsets = pa.py_buffer(np.array([0, len(piece)], np.int32).tobytes())
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(piece)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def record_of(line: bytes) -> bytes:
    """The line without its ending, LF or CRLF."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


def is_blank(line: bytes) -> bool:
    """True for a line with nothing on it."""
    return not line.strip(b" \t\r\n")


def read_record(line: bytes) -> dict[str, Any]:
    """The JSON object of a line. Raises UnreadableLine for anything else."""
    if len(line) >= LONGEST_LINE:
        raise UnreadableLine(f"longer than {LONGEST_LINE // 1024**2} MB, of which only the beginning is here")
    try:
        value = _decode(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise UnreadableLine("not UTF-8") from None
    except RecursionError:
        raise UnreadableLine("nested too deeply") from None
    except ValueError as error:
        raise UnreadableLine(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UnreadableLine("not a JSON object")
    return value


def _whole_number(digits: str) -> int | Decimal:
    """An integer; a Decimal beyond the length at which Python refuses to make one of text."""
    return int(digits) if len(digits) <= _MOST_DIGITS else Decimal(digits)


_decode = json.JSONDecoder(parse_int=_whole_number).decode


def _without_endless_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same chunks, where what a line has beyond `LONGEST_LINE` is left out."""
    length = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n")
        longest = length + (len(chunk) if end < 0 else chunk.find(b"\n"))
        if longest <= LONGEST_LINE:
            length = length + len(chunk) if end < 0 else len(chunk) - end - 1
            yield chunk
            continue
        first = chunk.find(b"\n")
        head = chunk if first < 0 else chunk[:first]
        yield head[: max(LONGEST_LINE - length, 0)]
        length = length + len(chunk) if first < 0 else len(chunk) - end - 1
        if first >= 0:
            yield chunk[first:]
