"""A ZIP made while it is sent: the tables of a result, each a file, and the files kept with it."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from gladly_tools.results.download import CHUNK_BYTES, Format, encode
from gladly_tools.results.query import Query
from gladly_tools.results.sink import Sink
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table

CONTENT_TYPE = "application/zip"
_PACKED = frozenset({".mp3", ".zip", ".gz", ".zst", ".parquet"})


def archive(result: Result, format: Format, *, bom: bool = False, guard: bool = True) -> Iterator[bytes]:
    """The whole of a result as one ZIP; `bom` and `guard` as for `encode`. Memory is bounded by a batch.

    A table that keeps the records as they came is a JSON Lines file, as it came, also where JSON is asked for.
    """
    members: list[tuple[str, Iterable[bytes]]] = []
    for name, part in result.tables.items():
        table = Table(part)
        is_original = format is Format.JSON and any(column.original for column in table.columns)
        written = Format.JSONL if is_original else format
        members.append((f"{name}.{written.value}", encode(table, Query(), written, bom=bom, guard=guard)))
    members += [(path.name, _read(path)) for path in result.kept_files]
    return _zipped(members)


def _zipped(members: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    sink = Sink()
    # Written in one go from front to back, since what was sent cannot be changed: sizes follow their file.
    with zipfile.ZipFile(sink, "w") as packed:
        for name, chunks in members:
            info = zipfile.ZipInfo(name, date_time=time.localtime()[:6])
            info.compress_type = zipfile.ZIP_STORED if Path(name).suffix in _PACKED else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with packed.open(info, "w", force_zip64=True) as member:
                for chunk in chunks:
                    member.write(chunk)
                    if sink.waiting >= CHUNK_BYTES:
                        yield sink.taken()
    yield sink.taken()


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
