"""Reads a result: counts, pages, choices, charts and streams, without ever loading the whole of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gladly_tools.errors import TryLaterError
from gladly_tools.results.histogram import Bin, bin_edges
from gladly_tools.results.kept_rows import KeptFile
from gladly_tools.results.layout import Field, bare_footer, named_cells, open_stream, read_footer, reading
from gladly_tools.results.query import Query, Sort
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.sql import Clauses, compile_query, find_field, items_of, quoted
from gladly_tools.results.store import Result

_SOURCE = "read_parquet($query_files)"
_BLOCK_ROWS = 20_000
_BLOCK_BYTES = 16 * 1024 * 1024
_ALL = Query()


class Table:
    """The rows of one result as they are now, finished or not. Thread-safe.

    Every method raises InputError for a column that does not exist or a query that does not fit, TryLaterError when the
    files changed underneath because the result was just finished or deleted, and GladlyToolsError for a damaged one.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.fields = result.fields
        self._engine = result.engine
        try:
            self._files = result.files()
            self._footers = [read_footer(path) for path in self._files]
        except FileNotFoundError:
            raise _changed() from None
        order = result.manifest.order
        self._order: tuple[Sort, ...] = (Sort(column=order),) if order else ()
        self._starts = np.cumsum([0, *(footer.rows for footer in self._footers)])
        self._unreadable = {name for footer in self._footers for name in footer.facts.unreadable}

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in order."""
        return tuple(each.column for each in self.fields)

    @property
    def rows(self) -> int:
        """How many rows there are, without any query."""
        return int(self._starts[-1])

    def is_readable(self, column: str) -> bool:
        """True when every cell of the column that is not empty could be read as the column's kind."""
        return find_field(column, self.fields).column.name not in self._unreadable

    def count(self, query: Query = _ALL) -> int:
        """How many rows the query takes."""
        clauses = compile_query(query, self.fields)
        if query.takes_all or not self._files:
            return self.rows
        row = self._one(f"SELECT count(*) FROM {_SOURCE} {clauses.where}", clauses.parameters)
        return int(row[0])

    def page(
        self, query: Query = _ALL, columns: Sequence[str] | None = None, *, offset: int = 0, limit: int = 100
    ) -> pd.DataFrame:
        """Rows `offset` to `offset + limit` of the query, in its order; all columns, or those named.

        A column in which every cell could be read has its type (times in UTC); any other has the server's
        text.
        """
        chosen = self._chosen(columns)
        places = self._places(self._ordered(query), max(offset, 0), max(limit, 0))
        table = self._fetch(places, [self._shown(each) for each in chosen])
        return _frame(table.rename_columns([each.column.name for each in chosen]))

    def choices(
        self, column: str, query: Query = _ALL, *, limit: int = 1000, matching: str = "", separator: str = ""
    ) -> list[tuple[Any, int]]:
        """The values of a column with how many rows have them, the most frequent first; None for empty.

        Of lists, and of texts when `separator` says what joins their items, each item is a value. Only those that
        hold the text `matching`. Values of text columns fit `one_of` as they are, and items `lists`.
        """
        each = find_field(column, self.fields)
        clauses = compile_query(query, self.fields)
        if not self._files:
            return []
        parameters: dict[str, object] = {**clauses.parameters, "most": limit}
        value = each.reading
        if separator:
            value = f"unnest(list_distinct({items_of(each, '$separator')}))"
            parameters["separator"] = separator
        elif each.column.kind is Kind.LIST:
            value = f"unnest(list_distinct({each.reading}))"
        kept = ""
        if matching:
            kept = "WHERE contains(lower(CAST(value AS VARCHAR)), lower($matching))"
            parameters["matching"] = matching
        found = self._all(
            f"SELECT value, count(*) AS rows FROM (SELECT {value} AS value FROM {_SOURCE} {clauses.where}) {kept}"
            f" GROUP BY value ORDER BY rows DESC, value ASC NULLS LAST LIMIT $most",
            parameters,
        )
        return [(row[0], row[1]) for row in found]

    def histogram(self, column: str, query: Query = _ALL, *, bins: int = 30) -> list[Bin]:
        """How the values of a column of numbers or times are spread, in at most so many bins of one width, in order.

        Empty bins are there too, cells without a value in none. Of numbers, what is beyond the 99th percentile is in
        the last bin, which then reaches to the greatest. Times are in UTC.
        """
        each = find_field(column, self.fields)
        clauses = compile_query(query, self.fields)
        if not self._files:
            return []
        is_time, is_number = each.column.kind is Kind.TIME, each.column.kind is Kind.NUMBER
        value = f"epoch_us({each.reading})" if is_time else each.reading
        known = f"isfinite({value})" if is_number else f"{value} IS NOT NULL"
        where = f"{clauses.where} AND {known}" if clauses.where else f"WHERE {known}"
        low, high, usual = self._one(
            f"SELECT min({value}), max({value}), {'max' if is_time else 'quantile_disc'}({value}"
            f"{'' if is_time else ', 0.99'}) FROM {_SOURCE} {where}",
            clauses.parameters,
        )
        if low is None:
            return []
        edges = bin_edges(low, high, usual, bins=bins, whole=not is_number)
        found = self._all(
            f"SELECT CAST(least(floor((CAST({value} AS DOUBLE) - $low) / $width), $last) AS INTEGER) AS bin,"
            f" count(*) FROM {_SOURCE} {where} GROUP BY bin",
            {**clauses.parameters, "low": float(low), "width": float(edges[1] - edges[0]), "last": len(edges) - 2},
        )
        counts = dict(found)
        ends = [datetime.fromtimestamp(0, UTC) + timedelta(microseconds=edge) for edge in edges] if is_time else edges
        return [
            Bin(low=start, high=end, rows=counts.get(number, 0)) for number, (start, end) in enumerate(pairwise(ends))
        ]

    def bounds(self, column: str, query: Query = _ALL) -> tuple[Any, Any] | None:
        """The least and the greatest value of a column, times in UTC; None when no cell has one."""
        each = find_field(column, self.fields)
        clauses = compile_query(query, self.fields)
        if not self._files:
            return None
        low, high = self._one(
            f"SELECT min({each.reading}), max({each.reading}) FROM {_SOURCE} {clauses.where}",
            clauses.parameters,
        )
        return None if low is None else (low, high)

    def distinct_count(self, column: str, *, limit: int = 1000) -> int:
        """How many different values a column has, empty not counted; `limit` means that many or more."""
        each = find_field(column, self.fields)
        if not self._files:
            return 0
        row = self._one(
            f"SELECT count(*) FROM (SELECT DISTINCT {each.reading} AS value FROM {_SOURCE}"
            f" WHERE {each.reading} IS NOT NULL LIMIT $most)",
            {"most": limit},
        )
        return int(row[0])

    def frame(self, sql: str, query: Query = _ALL, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Answer trusted SQL over `rows`, the rows that the query takes; for charts, so it should aggregate.

        `rows` has every column under its own name: the typed reading, "Created At". Where that differs from
        the server's text, the text is "text of Created At". `parameters` fill $names, which must not begin
        with `query_`. Of columns that differ only in upper and lower case, `rows` has the first.
        """
        clauses = compile_query(query, self.fields)
        if self._files:
            source, own = f"{_SOURCE} {clauses.where}", dict(clauses.parameters)
        else:
            source, own = f"({self._nothing()})", {}
        names = named_cells(self.fields)
        listed = ", ".join(f"{cell} AS {quoted(name)}" for name, cell in names.items())
        statement = f"WITH rows AS NOT MATERIALIZED (SELECT {listed} FROM {source}) {sql}"
        with self._asking(statement, {**own, **(parameters or {})}) as answer:
            return _frame(_arrow(answer))

    def narrowed(self, query: Query, columns: Iterable[str]) -> tuple[Table, Query]:
        """A table and a query that take the same rows, for questions about these columns alone.

        Of a costly query the rows are found once and kept as a file, for as long as they are asked for; what has no
        such column here is left out. Cells are then the typed readings, also where they are asked as text.
        """
        wanted = set(columns)
        chosen = [each for each in self.fields if each.column.name in wanted]
        if not (query.is_costly and self._files and chosen):
            return self, query
        clauses = compile_query(query, self.fields)
        try:
            states = tuple(
                (path, status.st_mtime_ns, status.st_size) for path in self._files if (status := path.stat())
            )
        except FileNotFoundError:
            raise _changed() from None
        cells = ", ".join(dict.fromkeys(each.reading for each in chosen))

        def write(path: Path) -> None:
            target = str(path).replace("'", "''")
            with self._faults(), self._engine.cursor() as cursor:
                cursor.execute(
                    f"COPY (SELECT {cells} FROM {_SOURCE} {clauses.where}) TO '{target}' (FORMAT parquet)",
                    {**self._source_files(), **clauses.parameters},
                )

        key = states, cells, clauses.where, repr(sorted(clauses.parameters.items()))
        kept = self._engine.kept.file(self.result.folder, key, write)
        return _Narrowed(self, chosen, kept), Query()

    def batches(
        self, query: Query = _ALL, columns: Sequence[str] | None = None, *, batch_rows: int = 4096
    ) -> Iterator[pa.RecordBatch]:
        """All rows of the query as stored, never readings, in order, a bounded number of rows at a time.

        Batches are small where cells are large. The query is checked at once, not when the first batch is
        taken.
        """
        chosen = self._chosen(columns)
        query = self._ordered(query)
        schema = pa.schema([pa.field(each.column.name, each.column.stored_type) for each in chosen])
        clauses = compile_query(query, self.fields)
        if not self._files:
            return iter(())
        if query.sort:
            return self._sorted_batches(clauses, chosen, schema, batch_rows)
        return self._stored_batches(query, clauses, chosen, schema, batch_rows)

    def _stored_batches(
        self, query: Query, clauses: Clauses, chosen: Sequence[Field], schema: pa.Schema, batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Straight from the files, in their order; of a filter only the places of its rows are held."""
        names = [each.stored for each in chosen]
        places = None if query.takes_all else np.sort(self._all_places(clauses))
        start = 0
        for path in self._files:
            with self._opened(path) as file, reading(path):
                for group in range(file.metadata.num_row_groups):
                    end = start + file.metadata.row_group(group).num_rows
                    if places is not None:
                        low, high = np.searchsorted(places, [start, end])
                        here = places[low:high] - start
                    else:
                        here = None
                    if here is None or len(here):
                        yield from _group_batches(file, group, names, here, schema, batch_rows)
                    start = end

    def _sorted_batches(
        self, clauses: Clauses, chosen: Sequence[Field], schema: pa.Schema, batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Sort the places of the rows, then deal the rows out to blocks on disk, and put each block in order.

        Only places and one block are ever in memory; sorting whole rows would need as much as there is.
        """
        names = [each.stored for each in chosen]
        places = self._all_places(clauses)
        block_rows = self._block_rows()
        if len(places) <= block_rows:
            yield from _cut(_renamed(self._fetch(places, names), schema), batch_rows)
            return
        with tempfile.TemporaryFile(dir=self._engine.spill) as spilled:
            dealt: list[list[tuple[int, np.ndarray[Any, Any]]]] = [[] for _ in range(0, len(places), block_rows)]
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with pa.ipc.new_file(pa.PythonFile(spilled, mode="w"), schema, options=options) as writer:
                count = 0
                by_place = np.argsort(places, kind="stable")
                for batch, low in self._found_batches(places[by_place], names):
                    ranks = by_place[low : low + batch.num_rows]
                    for block in np.unique(ranks // block_rows):
                        here = np.flatnonzero(ranks // block_rows == block)
                        writer.write_batch(_named(batch.take(here), schema))
                        dealt[block].append((count, ranks[here]))
                        count += 1
            spilled.flush()
            spilled.seek(0)
            with pa.ipc.open_file(pa.PythonFile(spilled, mode="r")) as reader:
                for pieces in dealt:
                    table = pa.Table.from_batches([reader.get_batch(number) for number, _ in pieces], schema=schema)
                    yield from _cut(table.take(np.argsort(np.concatenate([ranks for _, ranks in pieces]))), batch_rows)

    def _block_rows(self) -> int:
        """How many whole rows fit in memory at once, by the size of the rows that there are."""
        size = sum(footer.data_bytes for footer in self._footers)
        return max(500, min(_BLOCK_ROWS, _BLOCK_BYTES * self.rows // max(size, 1)))

    def _found_batches(self, wanted: np.ndarray[Any, Any], names: list[str]) -> Iterator[tuple[pa.RecordBatch, int]]:
        """The rows at these ascending places, row group by row group, with the index of the first place."""
        start = 0
        for path, footer in zip(self._files, self._footers, strict=True):
            low, high = np.searchsorted(wanted, [start, start + footer.rows])
            if low == high:
                start += footer.rows
                continue
            with self._opened(path) as file, reading(path):
                for group, rows in enumerate(footer.row_groups):
                    low, high = np.searchsorted(wanted, [start, start + rows])
                    if low < high:
                        whole = file.read_row_group(group, columns=list(dict.fromkeys(names)))
                        found = whole.take(wanted[low:high] - start).select(names).combine_chunks()
                        del whole  # else two row groups are in memory while the next one is read
                        yield found.to_batches()[0], int(low)
                    start += rows

    def _ordered(self, query: Query) -> Query:
        """The query with the result's own order, unless it has one."""
        return query if query.sort or not self._order else replace(query, sort=self._order)

    def _chosen(self, columns: Sequence[str] | None) -> list[Field]:
        return list(self.fields) if columns is None else [find_field(name, self.fields) for name in columns]

    def _shown(self, each: Field) -> str:
        return each.stored if each.column.name in self._unreadable else each.reading

    def _places(self, query: Query, offset: int, limit: int) -> np.ndarray[Any, Any]:
        """The positions, counted over all files, of one page's rows, in the page's order."""
        clauses = compile_query(query, self.fields)
        if query.takes_all and not query.sort:
            return np.arange(min(offset, self.rows), min(offset + limit, self.rows))
        if not self._files:
            return np.arange(0)
        with self._asking(
            f"SELECT file_index, file_row_number FROM {_SOURCE} {clauses.where} {clauses.order}"
            " LIMIT $page_limit OFFSET $page_offset",
            {**clauses.parameters, "page_limit": limit, "page_offset": offset},
        ) as answer:
            return self._placed(answer.fetchnumpy())

    def _all_places(self, clauses: Clauses) -> np.ndarray[Any, Any]:
        with self._asking(
            f"SELECT file_index, file_row_number FROM {_SOURCE} {clauses.where} {clauses.order}",
            clauses.parameters,
        ) as answer:
            return self._placed(answer.fetchnumpy())

    def _placed(self, found: Mapping[str, Any]) -> np.ndarray[Any, Any]:
        places: np.ndarray[Any, Any] = self._starts[np.asarray(found["file_index"], np.int64)] + np.asarray(
            found["file_row_number"], np.int64
        )
        return places

    def _fetch(self, places: np.ndarray[Any, Any], names: list[str]) -> pa.Table:
        """The rows at these positions, in this order. Only the row groups that hold one are read."""
        fields = {name: each for each in self.fields for name in (each.reading, each.stored)}
        schema = pa.schema(
            [
                pa.field(
                    name,
                    fields[name].column.stored_type
                    if name == fields[name].stored
                    else fields[name].column.reading_type,
                )
                for name in names
            ]
        )
        order = np.argsort(places, kind="stable")
        found = [batch for batch, _ in self._found_batches(places[order], names)]
        if not found:
            return schema.empty_table()
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        return pa.Table.from_batches(found).take(back)

    def _nothing(self) -> str:
        listed = []
        for each in self.fields:
            stored = "VARCHAR" if each.column.verbatim else _sql_type(each.column)
            listed.append(f"NULL::{stored} AS {each.stored}")
            if each.has_reading:
                listed.append(f"NULL::{_sql_type(each.column)} AS {each.reading}")
        return f"SELECT {', '.join(listed)} WHERE false"

    def _one(self, statement: str, parameters: Mapping[str, object]) -> tuple[Any, ...]:
        return self._all(statement, parameters)[0]

    def _all(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        with self._asking(statement, parameters) as answer:
            table = _arrow(answer)
        return list(zip(*(_python(column) for column in table.columns), strict=True))

    @contextmanager
    def _asking(self, statement: str, parameters: Mapping[str, object]) -> Iterator[duckdb.DuckDBPyRelation]:
        files = self._source_files() if "$query_files" in statement else {}
        with self._faults(), self._engine.cursor() as cursor:
            # A relation hands its rows over as they come; `execute` would hold all of them first.
            yield cursor.sql(statement, params={**files, **parameters})

    def _source_files(self) -> dict[str, object]:
        return {"query_files": [str(path) for path in self._files]}

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except duckdb.IOException as error:
            if any(not path.exists() for path in self._files):
                raise _changed() from None
            raise error

    def _opened(self, path: Path) -> pq.ParquetFile:
        try:
            return open_stream(path)
        except FileNotFoundError:
            raise _changed() from None


class _Narrowed(Table):
    """Some columns of the rows that a query took of a table, in a file of their own."""

    def __init__(self, whole: Table, fields: Sequence[Field], kept: KeptFile) -> None:
        self.result = whole.result
        self.fields = tuple(replace(each, stored=each.reading) for each in fields)
        self._engine = whole._engine
        self._kept = kept
        self._files = [kept.path]
        self._footers = [bare_footer(kept.path)]
        self._order = ()
        self._starts = np.cumsum([0, self._footers[0].rows])
        self._unreadable = whole._unreadable


_SQL_TYPES = {
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIME: "TIMESTAMPTZ",
    Kind.LIST: "VARCHAR[]",
}


def _sql_type(column: Column) -> str:
    """The engine's type of what filters and charts see of a column."""
    if column.kind is Kind.RECORDS:
        members = ", ".join(f"{quoted(name)} {_SQL_TYPES.get(kind, 'VARCHAR')}" for name, kind in column.members)
        return f"STRUCT({members})[]"
    return _SQL_TYPES.get(column.kind, "VARCHAR")


def _changed() -> TryLaterError:
    return TryLaterError("The result has just changed.", "Load it again.")


def _arrow(answer: Any) -> pa.Table:
    table: pa.Table = answer.to_arrow_table()
    return table


def _python(column: Any) -> list[Any]:
    """Cells as Python values; times aware, in UTC."""
    return [cell.astimezone(UTC) if isinstance(cell, datetime) else cell for cell in column.to_pylist()]


def _frame(table: pa.Table) -> pd.DataFrame:
    """A frame that keeps whole numbers whole and yes and no apart from empty."""
    kept: dict[pa.DataType, Any] = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=kept.get)
    return frame


def _renamed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches([_named(batch, schema) for batch in table.to_batches()], schema=schema)


def _cut(table: pa.Table, batch_rows: int) -> Iterator[pa.RecordBatch]:
    yield from table.combine_chunks().to_batches(batch_rows)


def _named(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _group_batches(
    file: pq.ParquetFile,
    group: int,
    names: Sequence[str],
    places: np.ndarray[Any, Any] | None,
    schema: pa.Schema,
    batch_rows: int,
) -> Iterator[pa.RecordBatch]:
    """The rows of one row group, or those at the given places in it, in batches."""
    start = 0
    columns = list(dict.fromkeys(names))
    # With threads it is no faster, as rows are read no quicker than they are taken, and each keeps memory of its own.
    for batch in file.iter_batches(batch_rows, row_groups=[group], columns=columns, use_threads=False):
        end = start + batch.num_rows
        if places is not None:
            low, high = np.searchsorted(places, [start, end])
            batch = batch.take(places[low:high] - start)
        start = end
        if batch.num_rows:
            yield _named(batch.select(list(names)), schema)
