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

import pyarrow as pa

BATCH_BYTES = 128 * 1024
_BOM = b"\xef\xbb\xbf"
_MOST_DIGITS = 4000
_READ_BYTES = 256 * 1024
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of a line that are read; a longer one is no record any more, so it is counted as unreadable."""


class UnreadableLine(ValueError):
    """A line that is no JSON object; says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A line that could not be read, as it came, without its line ending; numbers begin with 1."""

    number: int
    line: bytes
    why: str


def chunks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file; one whose name ends in .gz, .zst, .lz4 or .bz2 is decompressed."""
    with pa.input_stream(str(path), compression="detect") as file:
        while chunk := file.read(_READ_BYTES):
            yield chunk


def batches_of(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines, whole and with their endings, in batches of about `BATCH_BYTES` or one longer line.

    A byte order mark at the beginning is left out. Only a batch is ever in memory.
    """
    with io.BufferedReader(_Chunks(chunks), BATCH_BYTES) as reader:
        is_first = True
        while lines := reader.readlines(BATCH_BYTES):
            if is_first:
                is_first = False
                lines[0] = lines[0].removeprefix(_BOM)
            yield lines


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


class _Chunks(io.RawIOBase):
    """Chunks as a file, so that lines are found in C. What a line has beyond `LONGEST_LINE` is left out."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = _without_endless_lines(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        space = memoryview(buffer).cast("B")
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(space), len(self._rest))
        space[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


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
