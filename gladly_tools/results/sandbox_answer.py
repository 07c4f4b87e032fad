"""The answer to a query: a Parquet file of its own, its first rows for the page, all of them for a download."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from gladly_tools.results.download import Format, batch_rows, encode_batches, guard_cell
from gladly_tools.results.layout import open_stream
from gladly_tools.results.schema import Column, Kind

_VIEW_BYTES = 12 * 1024 * 1024
_CELL_CHARACTERS = 2_000
_NAME_CHARACTERS = 100  # a column without an alias is called like its whole expression
_BATCH_ROWS = 1_000
_KINDS: Mapping[str, Kind] = {
    "text": Kind.TEXT,
    "integer": Kind.INTEGER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "time": Kind.TIME,
    "list": Kind.LIST,
    # Numbers that no usual type holds, as text: beyond 64 bits, with many decimals, infinite, or none at all.
    "digits": Kind.NUMBER,
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a query found. `cut` says that there was more than the `rows` that are kept.

    Columns have their names in the query; of several with one name all but the first have a number. `types` are the
    engine's names of what they were, `tables` what the query read. What has no type of ours (dates, intervals, nested
    values, bytes) is text.
    """

    path: Path
    columns: tuple[Column, ...]
    types: tuple[str, ...]
    tables: tuple[str, ...]
    rows: int
    cut: bool
    seconds: float

    def frame(self, most: int) -> pd.DataFrame:
        """The first rows, at most as many, and no more than a page can carry; long texts end with an ellipsis."""
        taken: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in self._batches(_BATCH_ROWS):
            shown = _shortened(batch.slice(0, most - rows))
            size += shown.nbytes
            if rows and size > _VIEW_BYTES:
                break
            taken.append(shown)
            rows += shown.num_rows
            if rows >= most:
                break
        table = pa.Table.from_batches(taken, schema=self._schema)
        kept: dict[pa.DataType, Any] = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
        frame: pd.DataFrame = table.to_pandas(types_mapper=kept.get)
        return frame

    def encode(self, format: Format, *, bom: bool = False, guard: bool = True) -> Iterator[bytes]:
        """All rows as the bytes of one file, in chunks."""
        columns = self.columns
        if guard and format is Format.CSV:
            # Unlike those of an export, these names are whatever the query says.
            columns = tuple(replace(column, name=guard_cell(column.name)) for column in columns)
        return encode_batches(self._batches(batch_rows(format)), columns, format, bom=bom, guard=guard)

    def delete(self) -> None:
        """Delete the file."""
        shutil.rmtree(self.path.parent, ignore_errors=True)

    @property
    def _schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.stored_type) for column in self.columns])

    def _batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        schema = self._schema
        with open_stream(self.path) as file:
            for batch in file.iter_batches(rows, use_threads=False):
                cells = [cell.cast(field.type) for cell, field in zip(batch.columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(cells, schema=schema)


def answer_of(found: Mapping[str, Any], path: Path, seconds: float) -> Answer:
    """What the process of the sandbox said of the file that it wrote."""
    listed: Sequence[Mapping[str, str]] = found["columns"]
    names = _distinct([_short(each["name"], _NAME_CHARACTERS) for each in listed])
    return Answer(
        path=path,
        columns=tuple(
            Column(name=name, kind=_KINDS[each["kind"]], verbatim=each["kind"] == "digits")
            for name, each in zip(names, listed, strict=True)
        ),
        types=tuple(each["type"] for each in listed),
        tables=tuple(found["tables"]),
        rows=int(found["rows"]),
        cut=bool(found["cut"]),
        seconds=seconds,
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """Every name once: a file of rows by name, and most readers of one, can hold no name twice."""
    taken: set[str] = set()
    distinct = []
    for name in names:
        number, own = 1, name
        while own in taken or (own != name and own in names):
            number += 1
            own = f"{name} ({number})"
        taken.add(own)
        distinct.append(own)
    return distinct


def _shortened(batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [
        pa.array([None if cell is None else _short(cell, _CELL_CHARACTERS) for cell in column.to_pylist()], pa.string())
        if pa.types.is_string(column.type) and column.nbytes > _CELL_CHARACTERS
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
