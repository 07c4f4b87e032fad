"""Several parts as one: each item once, in the order of time; bounded memory whatever there is.

Two sorts on disk, one after the other: by id, of which the line of the last part stays, and by time. A sort keeps
`RUN_BYTES` of lines in memory, writes them out sorted as one run, and reads all runs side by side at the end.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO

import msgspec

from gladly_tools.search.items import moment_of
from gladly_tools.search.lines import batches_of, chunks_of, read_record, record_of
from gladly_tools.search.matching import UNFIT
from gladly_tools.search.shapes import Text

RUN_BYTES = 16 * 1024 * 1024
_MOST_RUNS = 64
_BUFFER_BYTES = 64 * 1024

Entry = tuple[str, int, bytes]
"""What it is sorted by, its place among all, and the line without its ending."""


class _Keys(msgspec.Struct, gc=False):
    id: Text = None
    timestamp: Text = None


_read_keys = msgspec.json.Decoder(_Keys).decode


def merged(parts: Sequence[Path], folder: Path, *, run_bytes: int = RUN_BYTES) -> Iterator[bytes]:
    """The lines of the parts' `items`, without endings, each id once, by time; ties as they came.

    Of lines with the same id that of the last part counts. Lines without an id are all kept, lines without a time come
    last. Runs are written into `folder`, and are gone when the iterator is closed.
    """
    with ExitStack() as stack:
        by_id = _sorted_on_disk(_with_ids(parts), folder, run_bytes, stack)
        by_time = _sorted_on_disk(_latest(by_id), folder, run_bytes, stack)
        for _, _, line in by_time:
            yield line


def _with_ids(parts: Iterable[Path]) -> Iterator[Entry]:
    place = 0
    for path in parts:
        for lines in batches_of(chunks_of(path)):
            for line in lines:
                key = _keys_of(line)[0]
                # A line without an id is like no other; ids are never as long as this.
                yield ("=" + key if key is not None else f"#{place:020d}"), place, record_of(line)
                place += 1


def _latest(by_id: Iterable[Entry]) -> Iterator[Entry]:
    for _, same in groupby(by_id, key=itemgetter(0)):
        for _, place, line in same:  # noqa: B007  the last one counts
            pass
        yield _time_key(line), place, line


def _time_key(line: bytes) -> str:
    """Text that sorts as the times do, to the last digit of the fraction; behind all others without a time."""
    timestamp = _keys_of(line)[1]
    moment = moment_of(timestamp)
    if moment is None or timestamp is None:
        return "~"
    _, dot, fraction = timestamp.partition(".")
    digits = "".join(character for character in fraction[:12] if character.isdigit()) if dot else ""
    # An offset that follows the fraction has digits too, but nobody writes offsets beside nanoseconds.
    finer = digits[6:9] if fraction.endswith(("Z", "z")) else ""
    return moment.isoformat(timespec="microseconds") + finer.ljust(3, "0")


def _keys_of(line: bytes) -> tuple[str | None, str | None]:
    try:
        keys = _read_keys(line)
    except UNFIT:
        record = read_record(line)
        key, timestamp = record.get("id"), record.get("timestamp")
        return key if isinstance(key, str) else None, timestamp if isinstance(timestamp, str) else None
    return keys.id, keys.timestamp


def _sorted_on_disk(entries: Iterable[Entry], folder: Path, run_bytes: int, stack: ExitStack) -> Iterator[Entry]:
    runs: list[IO[bytes]] = []
    waiting: list[Entry] = []
    size = 0
    for entry in entries:
        waiting.append(entry)
        size += len(entry[2]) + 200
        if size >= run_bytes:
            waiting.sort()
            runs.append(_write_run(waiting, folder, stack))
            waiting, size = [], 0
            if len(runs) >= _MOST_RUNS:
                runs = [_write_run(heapq.merge(*map(_read_run, runs)), folder, stack)]
    waiting.sort()
    return heapq.merge(*map(_read_run, runs), waiting)


def _write_run(entries: Iterable[Entry], folder: Path, stack: ExitStack) -> IO[bytes]:
    file: IO[bytes] = stack.enter_context(
        tempfile.TemporaryFile(dir=folder, buffering=_BUFFER_BYTES)  # noqa: SIM115  closed with the stack
    )
    encode = msgspec.msgpack.Encoder().encode
    for key, place, line in entries:
        packed = encode((key.encode("utf-8", "surrogatepass"), place, line))
        file.write(len(packed).to_bytes(8, "big"))
        file.write(packed)
    file.seek(0)
    return file


def _read_run(file: IO[bytes]) -> Iterator[Entry]:
    decode = msgspec.msgpack.Decoder(tuple[bytes, int, bytes]).decode
    while head := file.read(8):
        key, place, line = decode(file.read(int.from_bytes(head, "big")))
        yield key.decode("utf-8", "surrogatepass"), place, line
