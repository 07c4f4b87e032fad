"""Where results live: a folder a result, parts while it is written, one file when it is finished.

    <folder>/<id>/manifest.json          what it is
    <folder>/<id>/part-<hash>.parquet    one durable slice each, while it is written
    <folder>/<id>/rows.parquet           all rows, when it is finished
    <folder>/<id>/tables/<name>/…        the same again for each further table
    <folder>/<id>/files/<name>           files that are a part of it
    <folder>/<id>/work/…                 what is needed while it is made

One writer at a time writes a result; any number read it. This is the seam behind which results may live
elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.results.engine import Engine, engine_for
from gladly_tools.results.layout import Facts, Field, arrow_schema, fields_of, open_stream, read_footer
from gladly_tools.results.manifest import (
    MANIFEST_NAME,
    Manifest,
    read_manifest,
    sync_folder,
    write_manifest,
)
from gladly_tools.results.readings import count_unreadable
from gladly_tools.results.schema import Column, Row
from gladly_tools.results.writer import FileWriter, SliceFile, SlicePlace, SliceWritten, add_counts

_ROWS_NAME = "rows.parquet"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
_HASHES = 100_000
_MERGE_ROWS = 8_192
_MERGE_BYTES = 8 * 1024 * 1024
_TABLES = "tables"
_FILES = "files"
_WORK = "work"


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A finished result: its rows, and how many older copies of a row were left out."""

    rows: int
    duplicates_removed: int = 0


class Result:
    """One result on disk. Two objects for the same folder agree, since all they know is on the disk."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self.id = folder.name
        self.engine = engine

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is on the disk now. Raises NotFoundError once the result was deleted."""
        return read_manifest(self.folder)

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest. The columns must stay as they were created."""
        if manifest.columns != self.manifest.columns:
            raise ValueError("the columns of a result do not change")
        write_manifest(self.folder, manifest)

    @property
    def is_finished(self) -> bool:
        """True when all rows are in one file and nothing more can be written."""
        return self._finished_file.exists()

    @property
    def fields(self) -> tuple[Field, ...]:
        """Where the columns lie; without the optional ones that a finished result left out as empty."""
        fields = fields_of(self.manifest.columns)
        if not self.is_finished:
            return fields
        footer = read_footer(self._finished_file)
        names = set(footer.names)
        # A part that became the whole as it was still has the columns that are empty.
        return (
            tuple(each for each in fields if each.stored in names and each.column.name not in footer.facts.empty)
            or fields[:1]
        )

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the rows have now, in order."""
        return tuple(each.column for each in self.fields)

    @property
    def rows(self) -> int:
        """Rows that are durable now."""
        return sum(read_footer(path).rows for path in self.files())

    @property
    def unreadable(self) -> dict[str, int]:
        """Cells that could not be read, by column, in the rows durable now; only columns with some."""
        return add_counts(read_footer(path).facts.unreadable for path in self.files())

    def files(self) -> list[Path]:
        """The Parquet files that hold the rows now, in row order: the finished one, or the parts so far."""
        if self.is_finished:
            return [self._finished_file]
        parts = [(read_footer(path).facts, path) for path in self.folder.glob("part-*.parquet")]
        parts.sort(key=lambda part: (part[0].index, part[0].keys))
        return [path for _, path in parts]

    def slices(self) -> set[str]:
        """The keys of the slices that are durable."""
        return {key for path in self.files() for key in read_footer(path).facts.keys}

    def write_slice(self, index: int, key: str, rows: Iterable[Row], *, zone: str) -> SliceWritten:
        """Write one slice; when this returns it is durable, before that nothing of it is there.

        See `slice` for what it raises, besides whatever `rows` raises.
        """
        with self.slice(index, key, zone=zone) as file:
            for row in rows:
                file.add(row)
            return file.publish()

    def slice(self, index: int, key: str, *, zone: str) -> SliceFile:
        """A slice to be written. Raises as `place`."""
        return SliceFile(self.place(index, key, zone=zone))

    def place(self, index: int, key: str, *, zone: str) -> SlicePlace:
        """Where a slice is to be written.

        Slices are ordered by `index`, whenever they are written; the same key again replaces its slice. Times
        without an offset are read in `zone` (IANA). Raises GladlyToolsError when the result is finished.
        """
        if self.is_finished:
            raise GladlyToolsError(f"Result {self.id} is finished; no rows can be added.", "Run the export again.")
        return SlicePlace(target=self._part(key), columns=self.manifest.columns, index=index, key=key, zone=zone)

    @property
    def tables(self) -> dict[str, Result]:
        """Every table by name, this one first; under the name `rows` when it is the only one and has none."""
        first, *others = self.manifest.tables or ("rows",)
        folder = self.folder / _TABLES
        return {first: self, **{name: Result(folder / name, self.engine) for name in others}}

    @property
    def kept_files(self) -> list[Path]:
        """The files kept with the rows, by name."""
        folder = self.folder / _FILES
        return sorted(path for path in folder.glob("*") if not path.name.startswith(".")) if folder.is_dir() else []

    def work_folder(self) -> Path:
        """A folder for what is needed while the result is made; it goes when the result is finished."""
        folder = self.folder / _WORK
        folder.mkdir(exist_ok=True)
        return folder

    @contextmanager
    def keep_file(self, name: str, *, shelf: str = _FILES) -> Iterator[BinaryIO]:
        """A file to be kept with the rows, durable when the block ends well; replaces one of the same name.

        What lies on the usual shelf is a part of the result; another one goes when the result goes, no more.
        Raises ValueError for a name that is not one plain name.
        """
        if not name or name.startswith(".") or name != Path(name).name or len(name.encode()) > 255:
            raise ValueError("not a file name")
        folder = self.folder / shelf
        folder.mkdir(exist_ok=True)
        # A name of its own: two may keep the same file at once.
        temporary = folder / f".{secrets.token_hex(16)}.tmp"
        try:
            with temporary.open("w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(folder / name)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(folder)

    def finish(self, *, unique: str | None = None) -> Finished:
        """Put all slices into one file and leave out optional columns that are empty throughout.

        `unique` names a column whose cells occur once: of rows that share one, the last stays, where it
        stands, since a row that was sent again is newer. Rows in which it is empty all stay. May be called
        again after a crash at any point, and on a finished result; the answer is the same.
        """
        if not self.is_finished:
            self._merge(self.files(), unique)
        for path in [*self.folder.glob("part-*.parquet"), *self.folder.glob(".*.parquet.tmp")]:
            path.unlink(missing_ok=True)
        shutil.rmtree(self.folder / _WORK, ignore_errors=True)
        sync_folder(self.folder)
        facts = read_footer(self._finished_file).facts
        return Finished(rows=facts.rows, duplicates_removed=facts.duplicates_removed)

    @property
    def _finished_file(self) -> Path:
        return self.folder / _ROWS_NAME

    def _part(self, key: str) -> Path:
        return self.folder / f"part-{hashlib.sha256(key.encode()).hexdigest()[:32]}.parquet"

    def _merge(self, parts: list[Path], unique: str | None) -> None:
        fields = fields_of(self.manifest.columns)
        dropped = self._older_copies(parts, _field(fields, unique)) if unique is not None else np.array([], np.int64)
        filled = [path for path in parts if read_footer(path).rows]
        if len(filled) < 2 and parts and not len(dropped):
            (*filled, parts[0])[0].replace(self._finished_file)
            sync_folder(self.folder)
            return
        parts = filled
        counts = [read_footer(path).facts for path in parts]
        empty = {each.column.name for each in fields if each.column.optional}.intersection(
            *(each.empty for each in counts)
        )
        kept = tuple(each for each in fields if each.column.name not in empty) or fields[:1]
        schema = arrow_schema(kept)
        rows = offset = 0
        removed: dict[str, int] = {}
        originals = [each.stored for each in kept if each.column.original]
        with FileWriter(self._finished_file, schema, originals=originals) as writer:
            for path in parts:
                with open_stream(path) as file:
                    for batch in file.iter_batches(_merge_rows(path), columns=schema.names):
                        here = dropped[(dropped >= offset) & (dropped < offset + batch.num_rows)] - offset
                        offset += batch.num_rows
                        table = pa.Table.from_batches([batch]).select(schema.names)
                        if len(here):
                            removed = add_counts([removed, _unreadable(table.take(here), kept)])
                            keep = np.ones(table.num_rows, dtype=bool)
                            keep[here] = False
                            table = table.filter(pa.array(keep))
                        rows += table.num_rows
                        writer.write(table)
            unreadable = add_counts(each.unreadable for each in counts)
            left = {name: count - removed.get(name, 0) for name, count in unreadable.items()}
            writer.publish(
                Facts(
                    keys=tuple(key for each in counts for key in each.keys),
                    index=0,
                    rows=rows,
                    unreadable={name: count for name, count in left.items() if count},
                    duplicates_removed=len(dropped),
                )
            )

    def _older_copies(self, parts: list[Path], unique: Field) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Positions, ascending, of rows that a later row with the same unique cell replaces."""
        nothing = np.array([], np.int64)
        if not parts:
            return nothing
        files = [str(path) for path in parts]
        cell = f"CAST({unique.stored} AS VARCHAR)"
        source = f"read_parquet($files) WHERE trim({cell}) <> ''"
        with self.engine.cursor() as cursor:
            # Eight bytes a row tell that nothing occurs twice, which is the rule.
            hashes = np.empty(sum(read_footer(path).rows for path in parts), np.uint64)
            known = 0
            asked = cursor.sql(f"SELECT hash({cell}) AS hash FROM {source}", params={"files": files})
            for batch in asked.to_arrow_reader(_HASHES):
                hashes[known : known + batch.num_rows] = batch.column(0)
                known += batch.num_rows
            hashes = hashes[:known]
            hashes.sort()
            if not np.any(hashes[1:] == hashes[:-1]):
                return nothing
            found = cursor.sql(
                f"""
                WITH places AS (
                    SELECT {cell} AS cell, file_index AS file, file_row_number AS row FROM {source}
                ), again AS (
                    SELECT cell, max((file, row)) AS newest FROM places GROUP BY ALL HAVING count(*) > 1
                )
                SELECT file, row FROM places JOIN again USING (cell) WHERE (file, row) <> newest
                """,
                params={"files": files},
            ).fetchnumpy()
        starts = np.cumsum([0, *(read_footer(path).rows for path in parts)])
        return np.sort(starts[np.asarray(found["file"], np.int64)] + np.asarray(found["row"], np.int64))


class ResultStore:
    """The folder in which results live, each in a folder named by its id."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        for leftover in self.folder.glob(".deleted-*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def create(
        self, result_id: str, manifest: Manifest, *, others: Mapping[str, Sequence[Column]] | None = None
    ) -> Result:
        """Start a result whose columns are the manifest's; `others` are the columns of further tables, by name.

        Raises GladlyToolsError when the id is taken.
        """
        others = others or {}
        if tuple(others) != manifest.tables[1:]:
            raise ValueError("the manifest names the tables")
        for columns in (manifest.columns, *others.values()):
            names = [column.name for column in columns]
            if not names or len(set(names)) < len(names):
                raise ValueError("a table needs columns, and each name once")
        folder = self._folder(result_id)
        folder.mkdir(exist_ok=True)
        if (folder / MANIFEST_NAME).exists():
            raise GladlyToolsError(f"There is already a result {result_id}.", "Delete it first.")
        # The first table's manifest comes last: without it there is no result.
        for name, columns in others.items():
            (folder / _TABLES / name).mkdir(parents=True, exist_ok=True)
            write_manifest(folder / _TABLES / name, replace(manifest, columns=tuple(columns), tables=(), order=""))
        write_manifest(folder, manifest)
        sync_folder(self.folder)
        return Result(folder, engine_for(self.folder))

    def open(self, result_id: str) -> Result:
        """The result with this id. Raises NotFoundError, or GladlyToolsError when its manifest is damaged."""
        folder = self._folder(result_id)
        read_manifest(folder)
        return Result(folder, engine_for(self.folder))

    def delete(self, result_id: str) -> None:
        """Delete a result; at once gone for readers. Nothing happens when there is none."""
        folder = self._folder(result_id)
        doomed = self.folder / f".deleted-{result_id}"
        shutil.rmtree(doomed, ignore_errors=True)
        try:
            folder.replace(doomed)
        except FileNotFoundError:
            return
        engine_for(self.folder).kept.forget(folder)
        shutil.rmtree(doomed, ignore_errors=True)

    def ids(self) -> list[str]:
        """The ids of all results, also of damaged ones, sorted."""
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir() and _ID.fullmatch(path.name))

    def size(self, result_id: str) -> int:
        """Bytes on disk; none for a result that does not exist (yet)."""
        total = 0
        try:
            for path in self._folder(result_id).rglob("*"):
                # A part may just have been merged.
                with suppress(FileNotFoundError):
                    total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            return 0
        return total

    def age_seconds(self, result_id: str) -> float:
        """Seconds since the result's folder was last written to; 0 when there is none."""
        try:
            return time.time() - self._folder(result_id).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _folder(self, result_id: str) -> Path:
        if _ID.fullmatch(result_id) is None:
            raise _missing()
        return self.folder / result_id


def _missing() -> NotFoundError:
    return NotFoundError("There is no such result.", "It may have been deleted; run it again.")


def _merge_rows(path: Path) -> int:
    """How many rows to take at once, so that long ones do not fill memory: about 8 MB of them."""
    footer = read_footer(path)
    return max(1, min(_MERGE_ROWS, _MERGE_BYTES * footer.rows // max(footer.data_bytes, 1)))


def _field(fields: Iterable[Field], name: str) -> Field:
    for each in fields:
        if each.column.name == name:
            return each
    raise ValueError(f"no such column: {name}")


def _unreadable(table: pa.Table, fields: Iterable[Field]) -> dict[str, int]:
    return {
        each.column.name: count_unreadable(table.column(each.stored), table.column(each.reading))
        for each in fields
        if each.has_reading
    }
