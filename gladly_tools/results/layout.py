"""How a table lies in a Parquet file: a field a column, one more for its reading, counts in the footer.

Fields are called c0, c1 … in the order of the columns, readings r0, r1 …; so a column may be called anything,
and no name of a column ever stands in SQL. What a column is called is in the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gladly_tools.errors import GladlyToolsError
from gladly_tools.results.schema import Column

_FACTS = b"gladly-tools"
_STREAM_BYTES = 16 * 1024


@dataclass(frozen=True, kw_only=True)
class Field:
    """Where one column lies: the field of its stored cells, and the field of what filters and charts see."""

    column: Column
    stored: str
    reading: str

    @property
    def has_reading(self) -> bool:
        """True when the reading is a field of its own."""
        return self.stored != self.reading


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a file says about itself: the slices in it, their order, rows, and unreadable cells by column.

    `unreadable` holds only columns with some. `index` orders parts; it means nothing in a finished file. `empty` are
    the optional columns in which there is no cell.
    """

    keys: tuple[str, ...]
    index: int
    rows: int
    unreadable: Mapping[str, int] = field(default_factory=dict)
    duplicates_removed: int = 0
    empty: tuple[str, ...] = ()


def fields_of(columns: Sequence[Column]) -> tuple[Field, ...]:
    """Where each column lies, in the order of the columns."""
    return tuple(
        Field(column=column, stored=f"c{number}", reading=f"r{number}" if column.has_reading else f"c{number}")
        for number, column in enumerate(columns)
    )


def named_cells(fields: Iterable[Field]) -> dict[str, str]:
    """What SQL sees of a table: the field behind each name, its column's own or "text of" that.

    A column's own name stands for the typed reading. Where that differs from the server's text, the text has a name
    too, after all the columns. Of names that differ only in upper and lower case the first stays.
    """
    fields = tuple(fields)
    pairs = [(each.column.name, each.reading) for each in fields]
    pairs += [(f"text of {each.column.name}", each.stored) for each in fields if each.has_reading]
    named: dict[str, tuple[str, str]] = {}
    for name, cell in pairs:
        named.setdefault(name.lower(), (name, cell))
    return dict(named.values())


def arrow_schema(fields: Iterable[Field]) -> pa.Schema:
    """The Arrow schema of a file with these columns: all stored cells, then all readings."""
    fields = tuple(fields)
    stored = [pa.field(each.stored, each.column.stored_type) for each in fields]
    readings = [pa.field(each.reading, each.column.reading_type) for each in fields if each.has_reading]
    return pa.schema([*stored, *readings])


def facts_as_metadata(facts: Facts) -> dict[str, str]:
    """The footer entry that holds the facts."""
    value = {
        "keys": list(facts.keys),
        "index": facts.index,
        "rows": facts.rows,
        "unreadable": dict(facts.unreadable),
        "duplicates_removed": facts.duplicates_removed,
        "empty": list(facts.empty),
    }
    return {_FACTS.decode(): json.dumps(value, ensure_ascii=False)}


@dataclass(frozen=True, kw_only=True)
class Footer:
    """What the end of a Parquet file says: its fields, the rows of each row group, and the facts.

    `data_bytes` is the size of the cells as encoded, before compression.
    """

    names: tuple[str, ...]
    row_groups: tuple[int, ...]
    data_bytes: int
    facts: Facts

    @property
    def rows(self) -> int:
        """Rows in the file."""
        return sum(self.row_groups)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What is damaged in the middle of a file is raised in here as a GladlyToolsError, as `read_footer` does."""
    try:
        yield
    except pa.ArrowInvalid as error:
        raise _damaged(path) from error
    except OSError as error:
        # Unpacking fails without a number of the system; a fault of the disk has one.
        if error.errno is not None:
            raise
        raise _damaged(path) from error


def open_stream(path: Path) -> pq.ParquetFile:
    """Open a file to be read in order, so that a row group is not in memory twice, as read and as decoded."""
    return pq.ParquetFile(path, buffer_size=_STREAM_BYTES, pre_buffer=False)


def read_footer(path: Path) -> Footer:
    """Read the end of a file; remembered while it stays the same. Raises GladlyToolsError when damaged."""
    status = path.stat()
    return _footer(path, status.st_mtime_ns, status.st_size)


def bare_footer(path: Path) -> Footer:
    """The end of a file that says nothing about itself, as the engine writes them."""
    with pq.ParquetFile(path) as file:
        names, groups, size = _shape(file)
    return Footer(names=names, row_groups=groups, data_bytes=size, facts=Facts(keys=(), index=0, rows=sum(groups)))


def _shape(file: pq.ParquetFile) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """Fields, rows of each row group, and the bytes of all."""
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    rows = tuple(group.num_rows for group in groups)
    return tuple(file.schema_arrow.names), rows, sum(group.total_byte_size for group in groups)


@lru_cache(maxsize=512)
def _footer(path: Path, modified: int, size: int) -> Footer:
    try:
        with pq.ParquetFile(path) as file:
            names, rows, size = _shape(file)
            value: dict[str, Any] = json.loads((file.metadata.metadata or {})[_FACTS])
        facts = Facts(
            keys=tuple(value["keys"]),
            index=value["index"],
            rows=value["rows"],
            unreadable=value["unreadable"],
            duplicates_removed=value["duplicates_removed"],
            empty=tuple(value.get("empty", ())),
        )
    except (pa.ArrowInvalid, OSError, KeyError, ValueError) as error:
        raise _damaged(path) from error
    return Footer(names=names, row_groups=rows, data_bytes=size, facts=facts)


def _damaged(path: Path) -> GladlyToolsError:
    return GladlyToolsError(
        f"The file {path.name} of result {path.parent.name} is damaged.", "Delete the result and run it again."
    )
