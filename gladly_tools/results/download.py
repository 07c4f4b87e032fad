"""Streams a table as CSV, JSON, JSON Lines or Parquet: the stored cells as they are, never readings of them.

Cells by format:
    null     CSV: nothing            JSON: null       Parquet: null
    yes/no   CSV: true, false        JSON: boolean    Parquet: boolean
    number   CSV: shortest text      JSON: number     Parquet: 64 bits
    time     CSV, JSON: 2026-01-31T09:30:00Z, with a fraction only where there is one
    list     CSV: a JSON list        JSON: a list     Parquet: a list of text
    records  CSV: a JSON list        JSON: a list     Parquet: a list of structs, null where a record lacks a field

A column may say what joins its list in a CSV instead. Columns that stand beside an id, for the view, are in no download
unless they are named. A table whose rows keep the JSON that the server sent gives just that as JSON and JSON Lines.

The Excel guard. A spreadsheet takes a text that begins with = + - @, a tab or a carriage return for a
formula. The guard puts an apostrophe before such a text, and before one that begins with apostrophes and then
such a character, so that `unguard` gives back exactly what was there. Numbers in number columns and the
header, which is ours, need none.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from gladly_tools.results.query import Query
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.sink import Sink
from gladly_tools.results.sql import find_field
from gladly_tools.results.table import Table

# The type stubs cannot follow arrays whose type is known only when the program runs.
pc: Any = pyarrow.compute

# Texts are longer than the 128 KB at which the csv module stops by itself. The limit is the process's, not this
# module's: more than any reader here needs would take the others' guard against a quote left open.
csv.field_size_limit(64 * 1024 * 1024)

CHUNK_BYTES = 256 * 1024
_BOM = "\ufeff"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_FORMULA_RE2 = r"^'*[=+\-@\t\r]"
_LEADS = np.isin(np.arange(256), np.frombuffer(b"'=+-@\t\r", np.uint8))
_NUMBER_RE2 = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+|[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?)([eE][+-]?[0-9]+)?$"
_BATCH_BYTES = 2 * 1024 * 1024
_BATCHES_KEPT = 16
_GROUP_ROWS = 10_000
_GROUP_BYTES = 16 * 1024 * 1024

Bytes = bytes | memoryview


class Format(StrEnum):
    """What a download can be."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


# What is made of a batch is several times as large as the batch: most with JSON, which repeats the names. A Parquet
# file packs worse in small batches.
_BATCH_ROWS = {Format.CSV: 640, Format.JSON: 512, Format.JSONL: 512, Format.PARQUET: 2500}

_CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
    Format.JSONL: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}


def content_type(format: Format) -> str:
    """The media type of a format."""
    return _CONTENT_TYPES[format]


def file_name(stem: str, extension: str) -> str:
    """A file name that is safe on every system and in a header: letters, digits, dot, hyphen, underscore."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:120].rstrip("-._")
    if not safe or re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", safe):
        safe = f"result-{safe}".rstrip("-")
    return f"{safe}.{extension}"


def encode(
    table: Table,
    query: Query,
    format: Format,
    *,
    bom: bool = False,
    guard: bool = True,
    columns: Sequence[str] | None = None,
) -> Iterator[bytes]:
    """The rows of the query as the bytes of one file, in chunks of at most 256 kB.

    `bom` (a byte order mark, which old Excel needs to see UTF-8) and `guard` concern CSV alone. Memory is
    bounded by a batch. Raises InputError at once for a query or column that does not fit.
    """
    originals = [column.name for column in table.columns if column.original]
    is_original = bool(originals) and columns is None and format in (Format.JSON, Format.JSONL)
    if columns is not None or is_original:
        names = originals if columns is None else list(columns)
    else:
        names = [column.name for column in table.columns if not column.beside]
    chosen = [find_field(name, table.fields).column for name in names]
    rows = table.batches(query, names, batch_rows=_BATCH_ROWS[format])
    if is_original:
        return _encode_objects((batch.column(0) for batch in _small(rows, _BATCH_BYTES)), format)
    return encode_batches(rows, chosen, format, bom=bom, guard=guard)


def encode_batches(
    batches: Iterable[pa.RecordBatch],
    columns: Sequence[Column],
    format: Format,
    *,
    bom: bool = False,
    guard: bool = True,
) -> Iterator[bytes]:
    """Batches whose cells have the columns' stored types as the bytes of one file; see `encode`."""
    small = _small(batches, _BATCH_BYTES)
    match format:
        case Format.CSV:
            return _chunks(_csv(small, columns, bom=bom, guard=guard))
        case Format.PARQUET:
            return _chunks(_parquet(small, columns))
        case _:
            return _encode_objects(_objects(small, columns), format)


def _encode_objects(objects: Iterable[Any], format: Format) -> Iterator[bytes]:
    return _chunks(_json(objects) if format is Format.JSON else _lines(objects, "\n"))


def batch_rows(format: Format) -> int:
    """How many rows a batch should have for a format, so that what is made of it stays small."""
    return _BATCH_ROWS[format]


def guard_cell(text: str) -> str:
    """The text as it stands in a guarded CSV file."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """What `guard_cell` was given."""
    return text[1:] if _GUARDED.match(text) else text


def read_csv(source: Path | str, *, guarded: bool = True) -> Iterator[dict[str, str]]:
    """Rows of a CSV file (Path) or text (str) by column name, with byte order mark and guard taken off.

    Every cell is text; a short row lacks its last cells. Raises ValueError for a row with too many cells.
    """
    if isinstance(source, Path):
        with source.open(encoding="utf-8-sig", newline="") as file:
            yield from _read_rows(file, guarded)
    else:
        yield from _read_rows(io.StringIO(source.removeprefix(_BOM), newline=""), guarded)


def _read_rows(lines: Iterable[str], guarded: bool) -> Iterator[dict[str, str]]:
    reader = csv.reader(lines, strict=True)
    header = next(reader, None)
    if header is None:
        return
    for cells in reader:
        if not cells:
            continue
        if len(cells) > len(header):
            raise ValueError(f"line {reader.line_num} has {len(cells)} cells, the header {len(header)}")
        yield {name: unguard(cell) if guarded else cell for name, cell in zip(header, cells, strict=False)}


def _small(batches: Iterable[pa.RecordBatch], most: int) -> Iterator[pa.RecordBatch]:
    """The same rows; batches with large cells are cut evenly to about `most` bytes: what is made of one stays small.

    What was made of them is of every size, and the allocator would keep it all: now and then it gives some back.
    """
    for number, batch in enumerate(batches, start=1):
        if number % _BATCHES_KEPT == 0:
            pa.default_memory_pool().release_unused()
        pieces = batch.nbytes // most + 1
        rows = max(1, -(-batch.num_rows // pieces))
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)


def _chunks(pieces: Iterable[Bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of `CHUNK_BYTES`, the last one shorter; a large piece is never copied whole."""
    waiting = bytearray()
    for piece in pieces:
        view = memoryview(piece)
        while len(waiting) + len(view) >= CHUNK_BYTES:
            taken = CHUNK_BYTES - len(waiting)
            waiting += view[:taken]
            view = view[taken:]
            yield bytes(waiting)
            waiting.clear()
        waiting += view
    if waiting:
        yield bytes(waiting)


def _csv(batches: Iterable[pa.RecordBatch], columns: Sequence[Column], *, bom: bool, guard: bool) -> Iterator[Bytes]:
    alone = len(columns) == 1
    header = ",".join(_quoted(column.name, alone) for column in columns)
    yield ((_BOM if bom else "") + header + "\r\n").encode()
    for batch in batches:
        cells = [
            _csv_cells(array, column, guard=guard, alone=alone)
            for array, column in zip(batch.columns, columns, strict=True)
        ]
        joined = pc.binary_join_element_wise(*cells, ",", null_handling="replace", null_replacement="")
        yield from _lines([joined], "\r\n")


def _quoted(text: str, alone: bool) -> str:
    if any(character in text for character in '",\r\n') or (alone and not text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _csv_cells(array: Any, column: Column, *, guard: bool, alone: bool) -> Any:
    """One column's cells as they stand between the commas; `alone` because an empty line would be no row.

    What is null there is nothing.
    """
    if array.null_count == len(array):
        return pa.repeat('""' if alone else "", len(array))
    text = _joined_list(array, column.joined_by) if column.joined_by else _as_text(array, column)
    if guard and (pa.types.is_string(array.type) or column.joined_by) and _may_be_guarded(text):
        danger = pc.match_substring_regex(text, _FORMULA_RE2)
        if column.kind in (Kind.INTEGER, Kind.NUMBER):
            danger = pc.and_(danger, pc.invert(pc.match_substring_regex(text, _NUMBER_RE2)))
        if pc.any(danger).as_py():
            text = pc.if_else(danger, pc.binary_join_element_wise("'", text, ""), text)
    text = _with_quotes(text)
    return pc.if_else(pc.equal(pc.fill_null(text, ""), ""), '""', text) if alone else text


def _may_be_guarded(text: Any) -> bool:
    """Whether a cell begins as formulas do; of most columns none does, which is known long before a search is done."""
    _, offsets, characters = text.buffers()
    if characters is None:
        return False
    ends = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    filled = ends[:-1][ends[:-1] < ends[1:]]
    return bool(_LEADS[np.frombuffer(characters, np.uint8)[filled]].any())


def _with_quotes(text: Any) -> Any:
    """Cells in quotes where they need some. Most columns need none, which one look at all of their bytes says."""
    written = _bytes_of(text)
    if not any(each in written for each in (b'"', b",", b"\r", b"\n")):
        return text
    doubled = pc.replace_substring(text, '"', '""') if b'"' in written else text
    quote = pc.if_else(pc.match_substring_regex(text, '[",\r\n]'), '"', "")
    return pc.binary_join_element_wise(quote, doubled, quote, "")


def _bytes_of(text: Any) -> bytes:
    """The cells of a text column, one after the other."""
    _, offsets, characters = text.buffers()
    places = memoryview(offsets).cast("i")
    start, end = places[text.offset], places[text.offset + len(text)]
    return characters.slice(start, end - start).to_pybytes() if characters is not None else b""


def _json(arrays: Iterable[Any]) -> Iterator[Bytes]:
    """Arrays of JSON objects as one list."""
    before = b"[\n"
    for objects in arrays:
        yield before
        before = b",\n"
        yield _joined_lines(objects, ",\n")
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _objects(batches: Iterable[pa.RecordBatch], columns: Sequence[Column]) -> Iterator[Any]:
    """Batches as arrays of JSON objects, one a row."""
    for batch in batches:
        pieces: list[Any] = []
        for number, (array, column) in enumerate(zip(batch.columns, columns, strict=True)):
            pieces.append(("{" if not number else ",") + json.dumps(column.name, ensure_ascii=False) + ":")
            pieces.append(pc.fill_null(_json_cells(array, column), "null"))
        yield _joined([*pieces, "}"], "")


def _json_cells(array: Any, column: Column) -> Any:
    text = _as_text(array, column)
    if column.kind is Kind.TIME and not column.verbatim:
        return pc.binary_join_element_wise('"', text, '"', "")
    if not pa.types.is_string(array.type):
        return text
    plain = pc.binary_join_element_wise('"', text, '"', "")
    special = pc.fill_null(pc.match_substring_regex(text, r'["\\\x00-\x1f]'), False)
    if not pc.any(special).as_py():
        return plain
    escaped = [json.dumps(cell, ensure_ascii=False) for cell in text.filter(special).to_pylist()]
    return pc.replace_with_mask(plain, special, pa.array(escaped, pa.string()))


def _parquet(batches: Iterable[pa.RecordBatch], columns: Sequence[Column]) -> Iterator[bytes]:
    schema = pa.schema([pa.field(column.name, column.stored_type, metadata=_description(column)) for column in columns])
    sink = Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for group in _groups(batches):
            writer.write_table(
                pa.Table.from_batches([pa.RecordBatch.from_arrays(each.columns, schema=schema) for each in group])
            )
            group.clear()
            yield sink.taken()
    yield sink.taken()


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches by the row group: many small ones would make an index that grows in memory to the end of the file."""
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group


def _description(column: Column) -> dict[str, str]:
    return {
        name: text
        for name, text in (("description", column.help), ("unit", column.unit), ("kind", column.kind.value))
        if text
    }


def _as_text(array: Any, column: Column) -> Any:
    """Cells as text; null stays null."""
    if pa.types.is_string(array.type):
        return array
    if pa.types.is_timestamp(array.type):
        text = pc.strftime(array, format="%Y-%m-%dT%H:%M:%SZ")
        text = pc.replace_substring_regex(text, r"\.000000Z$", "Z")
        return pc.replace_substring_regex(text, r"(\.[0-9]{3})000Z$", r"\1Z")
    one: Callable[[Any], str] = repr
    if pa.types.is_boolean(array.type):
        return pc.if_else(array, "true", "false")
    if pa.types.is_integer(array.type):
        return pc.cast(array, pa.string())
    if pa.types.is_list(array.type):
        plain = _plain_records(array) if column.kind is Kind.RECORDS else _plain_lists(array)
        if plain is not None:
            return plain
        one = _records_text if column.kind is Kind.RECORDS else _list_text
    return pa.array([None if cell is None else one(cell) for cell in array.to_pylist()], pa.string())


def _plain_lists(array: Any) -> Any | None:
    """Lists of text as JSON, all at once; None where a text has a character that JSON escapes, or is null."""
    values = array.flatten()
    if values.null_count or _needs_escapes(values):
        return None
    text = pc.binary_join_element_wise('["', pc.binary_join(array, '", "'), '"]', "")
    return pc.if_else(pc.equal(pc.list_value_length(array), 0), "[]", text)


def _plain_records(array: Any) -> Any | None:
    """Lists of records as JSON, as `_records_text` writes them; None where a text has a character that JSON escapes."""
    records = array.flatten()
    if records.null_count:
        return None
    members = []
    for name, cells in zip((each.name for each in records.type), records.flatten(), strict=True):
        before = f"{json.dumps(name, ensure_ascii=False)}: "
        if not pa.types.is_string(cells.type):
            members.append(pc.binary_join_element_wise(before, pc.cast(cells, pa.string()), ""))
        elif _needs_escapes(cells):
            return None
        else:
            members.append(pc.binary_join_element_wise(f'{before}"', cells, '"', ""))
    within = pc.binary_join_element_wise(*members, ", ", null_handling="skip")
    texts = pc.binary_join_element_wise("{", within, "}", "")
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    ends = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(pc.cast(lengths, pa.int64()))])
    joined = pc.binary_join(pa.ListArray.from_arrays(pc.cast(ends, pa.int32()), texts), ", ")
    whole = pc.binary_join_element_wise("[", joined, "]", "")
    return pc.if_else(pc.is_valid(array), whole, pa.scalar(None, pa.string()))


def _needs_escapes(text: Any) -> bool:
    return bool(pc.any(pc.match_substring_regex(text, r'["\\\x00-\x1f]')).as_py())


def _list_text(items: list[Any]) -> str:
    return json.dumps(items, ensure_ascii=False)


def _records_text(records: list[dict[str, Any]]) -> str:
    """A record lacks what is null in it: the server does not tell the two apart."""
    kept = [{name: value for name, value in record.items() if value is not None} for record in records]
    return json.dumps(kept, ensure_ascii=False)


def _joined_list(array: Any, separator: str) -> Any:
    return pc.binary_join(array, separator)


def _joined(pieces: Sequence[Any], separator: str) -> Any:
    return pc.binary_join_element_wise(*pieces, separator)


def _lines(arrays: Iterable[Any], end: str) -> Iterator[Bytes]:
    for array in arrays:
        yield _joined_lines(array, end)
        yield end.encode()


def _joined_lines(array: Any, separator: str) -> memoryview:
    whole = pa.ListArray.from_arrays(pa.array([0, len(array)], pa.int32()), array)
    return memoryview(pc.binary_join(whole, separator)[0].as_buffer())
