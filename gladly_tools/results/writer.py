"""Rows into one Parquet file, a bounded number at a time; the file is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from gladly_tools.results.layout import Facts, Field, arrow_schema, facts_as_metadata, fields_of
from gladly_tools.results.manifest import sync_folder
from gladly_tools.results.readings import Cells, read
from gladly_tools.results.schema import Cell, Column, Kind, Row

# The type stubs know no arrays whose type is known only when the program runs.
_nulls: Any = pa.nulls

ROW_GROUP_ROWS = 20_000
ROW_GROUP_BYTES = 16 * 1024 * 1024
_BATCH_ROWS = 500
_BATCH_CHARACTERS = 4 * 1024 * 1024


class FileWriter:
    """Writes Arrow tables into a Parquet file that appears, durable, when `publish` is called.

    Tables are gathered to row groups of up to 20,000 rows or about 16 MB, whichever comes first. Leaving the
    context without `publish` leaves nothing behind. `originals` are fields of whole records.
    """

    def __init__(self, target: Path, schema: pa.Schema, *, originals: Collection[str] = ()) -> None:
        self._target = target
        self._temporary = target.with_name(f".{target.name}.tmp")
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0
        self._file = self._temporary.open("wb")
        # No record is twice in a file.
        repeating: Any = [name for name in schema.names if name not in originals] if originals else True
        # Of numbers and times it helps to know the least and the greatest; those of texts make up most of the footer.
        ordered: Any = [each.name for each in schema if not (pa.types.is_string(each.type) or each.type.num_fields)]
        self._writer = pq.ParquetWriter(
            self._file,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=repeating,
            write_statistics=ordered or False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            try:
                # What it still writes is thrown away; on a full disk it cannot even do that.
                with suppress(OSError):
                    self._writer.close()
            finally:
                self._file.close()
                self._temporary.unlink(missing_ok=True)

    def write(self, table: pa.Table) -> None:
        """Take rows; they reach the disk with their row group."""
        while table.num_rows:
            taken = table.slice(0, ROW_GROUP_ROWS - self._waiting_rows)
            table = table.slice(taken.num_rows)
            self._waiting.append(taken)
            self._waiting_rows += taken.num_rows
            self._waiting_bytes += taken.nbytes
            if self._waiting_rows >= ROW_GROUP_ROWS or self._waiting_bytes >= ROW_GROUP_BYTES:
                self._flush()

    def publish(self, facts: Facts) -> None:
        """Finish the file and put it in its place, replacing what was there."""
        self._flush()
        self._writer.add_key_value_metadata(facts_as_metadata(facts))
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._target)
        sync_folder(self._target.parent)

    def _flush(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._waiting_rows = self._waiting_bytes = 0
            group = waiting[0] if len(waiting) == 1 else pa.concat_tables(waiting).combine_chunks()
            waiting.clear()
            self._writer.write_table(group, row_group_size=ROW_GROUP_ROWS)


@dataclass(frozen=True, kw_only=True)
class SliceWritten:
    """What became durable with a slice; `unreadable` counts cells by column, only columns with some."""

    rows: int
    unreadable: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SlicePlace:
    """Where the rows of one slice of one table go, and how they lie there; picklable, so any process can write them.

    Slices are in the order of `index`. Times without an offset are read in `zone` (IANA).
    """

    target: Path
    columns: tuple[Column, ...]
    index: int
    key: str
    zone: str = "UTC"


class SliceFile:
    """Takes the rows of one slice of one table; they are durable, all at once, when it is published.

    Nothing is on disk before the first row group, whose size bounds the memory.
    """

    def __init__(self, place: SlicePlace) -> None:
        fields = fields_of(place.columns)
        self._place = place
        self._schema = arrow_schema(fields)
        self._originals = [each.stored for each in fields if each.column.original]
        self._writer: FileWriter | None = None
        self._encoder = _Encoder(fields, place.zone)
        self._rows = 0
        self._waiting: list[Row] = []
        self._waiting_characters = 0
        self._batches: list[pa.RecordBatch] = []
        self._batch_rows = 0
        self._batch_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)

    def add(self, row: Row) -> None:
        """Take a row. Raises ValueError for a cell of no declared column."""
        self._encoder.check(row)
        self._waiting.append(row)
        self._waiting_characters += sum(len(cell) for cell in row.values() if isinstance(cell, str))
        if len(self._waiting) >= _BATCH_ROWS or self._waiting_characters >= _BATCH_CHARACTERS:
            self._gather()

    def add_columns(self, count: int, cells: Mapping[str, Sequence[Cell] | Cells]) -> None:
        """Take so many rows as cells by column; a column without cells may be missing. Raises ValueError as `add`.

        Cells may also be an array of the column's stored type.
        """
        self._encoder.check(cells)
        self._gather()
        self._take(self._encoder.batch_of(count, cells))

    def publish(self) -> SliceWritten:
        """Put the slice in its place, where it replaces an earlier one with the same key."""
        self._gather()
        self._flush()
        place = self._place
        facts = Facts(
            keys=(place.key,),
            index=place.index,
            rows=self._rows,
            unreadable=self._encoder.unreadable,
            empty=tuple(self._encoder.empty),
        )
        self._open().publish(facts)
        return SliceWritten(rows=self._rows, unreadable=dict(self._encoder.unreadable))

    def _gather(self) -> None:
        if self._waiting:
            rows, self._waiting, self._waiting_characters = self._waiting, [], 0
            self._take(self._encoder.batch(rows))

    def _take(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._batch_rows += batch.num_rows
        self._batch_bytes += batch.get_total_buffer_size()
        if self._batch_rows + _BATCH_ROWS > ROW_GROUP_ROWS or self._batch_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._batches:
            batches, self._batches = self._batches, []
            self._batch_rows = self._batch_bytes = 0
            self._open().write(self._encoder.with_readings(batches))

    def _open(self) -> FileWriter:
        if self._writer is None:
            self._writer = FileWriter(self._place.target, self._schema, originals=self._originals)
        return self._writer


class _Encoder:
    """Turns rows or cells into Arrow tables with readings, and counts the cells that could not be read.

    `empty` are the optional columns without a cell so far.
    """

    def __init__(self, fields: Sequence[Field], zone: str) -> None:
        self._fields = tuple(fields)
        self._names = frozenset(each.column.name for each in fields)
        self._zone = zone
        self._schema = arrow_schema(fields)
        self._stored_schema = pa.schema([pa.field(each.stored, each.column.stored_type) for each in fields])
        self.unreadable: dict[str, int] = {}
        self.empty = {each.column.name for each in fields if each.column.optional}

    def check(self, cells: Mapping[str, object]) -> None:
        """Raises ValueError for a cell of no declared column."""
        if not cells.keys() <= self._names:
            raise ValueError(f"no such column: {sorted(cells.keys() - self._names)}")

    def batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """The rows' cells as they are stored."""
        columns = {each.column.name: [row.get(each.column.name) for row in rows] for each in self._fields}
        return self.batch_of(len(rows), columns)

    def batch_of(self, count: int, cells: Mapping[str, Sequence[Cell] | Cells]) -> pa.RecordBatch:
        """So many rows' cells, by column, as they are stored."""
        arrays = [
            self._stored(cells[each.column.name], each)
            if each.column.name in cells
            else _nulls(count, each.column.stored_type)
            for each in self._fields
        ]
        if self.empty:
            for each, array in zip(self._fields, arrays, strict=True):
                if array.null_count < count:
                    self.empty.discard(each.column.name)
        return pa.RecordBatch.from_arrays(arrays, schema=self._stored_schema)

    def with_readings(self, batches: list[pa.RecordBatch]) -> pa.Table:
        """The batches, which are used up, as one table, with what filters and charts see of verbatim columns."""
        table = pa.Table.from_batches(batches)
        batches.clear()
        arrays = table.columns
        for each in self._fields:
            if each.has_reading:
                stored = table.column(each.stored)
                if stored.null_count == len(stored):
                    arrays.append(_nulls(len(stored), each.column.reading_type))
                    continue
                typed, unreadable = read(stored, each.column.kind, self._zone)
                self._count(each.column.name, unreadable)
                arrays.append(typed if typed.type == each.column.reading_type else typed.cast(each.column.reading_type))
        return pa.Table.from_arrays(arrays, schema=self._schema)

    def _stored(self, cells: Sequence[Cell] | Cells, each: Field) -> Cells:
        column = each.column
        if isinstance(cells, pa.Array):
            return cells
        if column.stored_type == pa.string():
            return _text_array(cells)
        if column.kind is Kind.LIST:
            return pa.array([None if cell is None else _clean_list(cell) for cell in cells], column.stored_type)
        if column.kind is Kind.RECORDS:
            return pa.array([None if cell is None else _clean_records(cell) for cell in cells], column.stored_type)
        if column.kind is not Kind.TIME and not any(isinstance(cell, str) for cell in cells):
            try:
                array = pa.array(cells, column.stored_type)
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
                pass  # a cell that does not fit: read them one by one, as text
            else:
                if column.kind is not Kind.NUMBER or not any(_is_odd(cell) for cell in cells):
                    return array
        array, unreadable = read(_text_array([_as_text(cell) for cell in cells]), column.kind, self._zone)
        self._count(column.name, unreadable)
        return array

    def _count(self, column: str, unreadable: int) -> None:
        if unreadable:
            self.unreadable[column] = self.unreadable.get(column, 0) + unreadable


def add_counts(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts by column, added up."""
    total: dict[str, int] = {}
    for each in counts:
        for column, count in each.items():
            total[column] = total.get(column, 0) + count
    return total


def _text_array(cells: Sequence[Cell]) -> Cells:
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        return pa.array([_clean(cell) if isinstance(cell, str) else cell for cell in cells], pa.string())


def _clean(text: str) -> str:
    """Half of a surrogate pair, which JSON can carry and UTF-8 cannot, becomes the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _clean_list(cell: Cell) -> list[str]:
    if not isinstance(cell, list):
        raise TypeError("a list column holds lists of text")
    return [item if item.isascii() else _clean(item) for item in cell if isinstance(item, str)]


def _clean_records(cell: Cell) -> list[dict[str, Any]]:
    if not isinstance(cell, list):
        raise TypeError("a column of records holds lists of objects")
    return [
        {name: _clean(value) if isinstance(value, str) else value for name, value in record.items()}
        for record in cell
        if isinstance(record, dict)
    ]


def _as_text(cell: Cell) -> str | None:
    return cell if cell is None or isinstance(cell, str) else str(cell)


def _is_odd(cell: Cell) -> bool:
    """True for what is not a number although a float can hold it."""
    return isinstance(cell, float) and not -float("inf") < cell < float("inf")
