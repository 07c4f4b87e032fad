"""Makes results for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

from gladly_tools.results.manifest import Manifest
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.results.store import Result, ResultStore
from gladly_tools.results.table import Table

_numbers = count()

EVERY_KIND = (
    Column(name="Id", kind=Kind.ID, help="Unique id", of="things"),
    Column(name="Name", kind=Kind.TEXT, verbatim=True, name_of="Id"),
    Column(name="Status", kind=Kind.CHOICE),
    Column(name="Created At", kind=Kind.TIME, verbatim=True),
    Column(name="Count", kind=Kind.INTEGER, verbatim=True),
    Column(name="Score", kind=Kind.NUMBER, unit="points"),
    Column(name="Open", kind=Kind.BOOLEAN),
    Column(name="Seen At", kind=Kind.TIME),
    Column(name="Tags", kind=Kind.LIST),
    Column(name='odd "name"; --', kind=Kind.TEXT),
)


def manifest_of(columns: Sequence[Column]) -> Manifest:
    return Manifest(
        export="things",
        title="Things",
        instance="acme.gladly.example",
        username="lead@acme.example",
        started=datetime(2026, 3, 1, tzinfo=UTC),
        columns=tuple(columns),
    )


def new_result(store: ResultStore, columns: Sequence[Column]) -> Result:
    return store.create(f"result-{next(_numbers)}", manifest_of(columns))


def result_of(store: ResultStore, columns: Sequence[Column], *slices: Sequence[Row]) -> Result:
    """A result with one part a slice, not finished."""
    result = new_result(store, columns)
    for index, rows in enumerate(slices):
        result.write_slice(index, f"slice {index}", rows, zone="UTC")
    return result


def table_of(store: ResultStore, columns: Sequence[Column], *slices: Sequence[Row]) -> Table:
    return Table(result_of(store, columns, *slices))


def cells_of(result: Result, column: str) -> list[object]:
    """One column's stored cells, in order."""
    return [cell for batch in Table(result).batches(columns=[column]) for cell in batch.column(0).to_pylist()]
