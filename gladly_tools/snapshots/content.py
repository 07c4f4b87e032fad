"""What a snapshot holds of a table: its rows as they are downloaded, and a digest that tells whether they changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from gladly_tools.results.schema import Column, Row
from gladly_tools.results.table import Table


def columns_of(table: Table) -> tuple[Column, ...]:
    """The columns that are kept: a name beside an id is of another configuration."""
    return tuple(column for column in table.columns if not column.beside)


def rows_of(table: Table) -> Iterator[Row]:
    """The rows that are kept, in order."""
    for batch in table.batches(columns=[column.name for column in columns_of(table)]):
        yield from batch.to_pylist()


def digest_of(table: Table) -> str:
    """A digest of columns and rows that is the same in whatever order the rows come."""
    digests = sorted(
        hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).digest() for row in rows_of(table)
    )
    whole = hashlib.sha256(json.dumps([column.name for column in columns_of(table)]).encode())
    for digest in digests:
        whole.update(digest)
    return whole.hexdigest()
