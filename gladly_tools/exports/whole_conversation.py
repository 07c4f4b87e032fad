"""A whole conversation from the files that a search read, without asking Gladly: also one that Gladly has no more."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from gladly_tools.errors import InputError
from gladly_tools.exports.export_files import ITEMS
from gladly_tools.exports.local_files import open_local
from gladly_tools.exports.search_questions import Where
from gladly_tools.items import order_of
from gladly_tools.kept_files import AccountFiles
from gladly_tools.results.schema import Row
from gladly_tools.search import UnreadableLine, item_row_of
from gladly_tools.search.conversation import lines_of_conversation

MOST_ITEMS = 1000
MOST_BYTES = 2 * 1024 * 1024
"""Of one conversation no more is held than this; what is beyond is said to be missing."""
_READ_BYTES = 256 * 1024

Watch = Callable[[float], None]
"""Told how much was looked through, 0 to 1; what it raises stops the search."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A conversation's items, oldest first, each once; whether there are more, and how many files were not kept."""

    rows: tuple[Row, ...]
    is_cut: bool = False
    not_kept: int = 0


def find_kept(kept: AccountFiles, where: Where, conversation_id: str, *, watch: Watch) -> Found | None:
    """The conversation as the files hold it that were searched; None when none of them is there any more.

    Goes through each file once, in the memory of some lines.
    """
    found = _Items()
    if where.file:
        try:
            local = open_local(where.file, name=where.file_name, field="where")
            with local.open(ITEMS) as arriving:
                found.gather(_watched(arriving.chunks, arriving.total, watch), conversation_id)
        except InputError:  # moved, replaced or damaged since
            return None
        return Found(rows=found.in_order(), is_cut=found.is_cut)
    files = [kept.path(label, ITEMS) for label in ((where.upload,) if where.upload else where.job_ids)]
    there = [path for path in files if path is not None]
    if not there:
        return None
    for place, path in enumerate(there):
        found.gather(
            _unpacked(path, lambda share, place=place: watch((place + share) / len(there))),  # type: ignore[misc]
            conversation_id,
        )
    return Found(rows=found.in_order(), is_cut=found.is_cut, not_kept=len(files) - len(there))


class _Items:
    """The items found so far; a later one of the same id is newer and takes its place."""

    def __init__(self) -> None:
        self._rows: dict[str | bytes, Row] = {}
        self._bytes = 0
        self.is_cut = False

    def gather(self, chunks: Generator[bytes], conversation_id: str) -> None:
        """Take what there is in one file, until it is too much to be held."""
        try:
            for lines in lines_of_conversation(chunks, conversation_id):
                for line in lines:
                    if len(self._rows) >= MOST_ITEMS or self._bytes + len(line) > MOST_BYTES:
                        self.is_cut = True
                        return
                    self._take(line)
        finally:
            chunks.close()

    def _take(self, line: bytes) -> None:
        try:
            row = item_row_of(line)
        except UnreadableLine:
            return
        key = row.get("id")
        self._rows[key if isinstance(key, str) and key else line] = row
        self._bytes += len(line)

    def in_order(self) -> tuple[Row, ...]:
        return tuple(sorted(self._rows.values(), key=order_of))


def _unpacked(path: Path, watch: Watch) -> Generator[bytes]:
    with pa.OSFile(str(path), "rb") as packed, pa.CompressedInputStream(packed, "zstd") as file:
        size = packed.size()
        while chunk := file.read(_READ_BYTES):
            watch(packed.tell() / size)
            yield chunk


def _watched(chunks: Generator[bytes], total: int | None, watch: Watch) -> Generator[bytes]:
    done = 0
    for chunk in chunks:
        done += len(chunk)
        watch(min(done / total, 1.0) if total else 0.5)
        yield chunk
