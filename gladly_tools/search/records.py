"""Agents, customers and topics as rows of a CSV file: fixed columns, and the whole record where they cannot hold it."""

from __future__ import annotations

from collections.abc import Sequence

from gladly_tools.items import RAW, fitting
from gladly_tools.results.schema import Cell, Column, Kind, Row
from gladly_tools.search.csv_rows import csv_header, csv_row
from gladly_tools.search.lines import read_record, record_of


def _column(name: str, help: str, kind: Kind = Kind.TEXT, *, of: str = "", name_of: str = "") -> Column:
    return Column(name=name, kind=kind, help=help, of=of, name_of=name_of)


AGENT_COLUMNS = (
    _column("id", "Unique id of the agent", Kind.ID, of="agents"),
    _column("name", "Name", name_of="id"),
    _column("emailAddress", "E-mail address"),
    RAW,
)
CUSTOMER_COLUMNS = (
    _column("id", "Unique id of the customer", Kind.ID, of="customers"),
    _column("name", "Name", name_of="id"),
    _column("address", "Address"),
    _column("emailAddresses", "E-mail addresses", Kind.LIST),
    _column("phoneNumbers", "Phone numbers", Kind.LIST),
    _column("externalCustomerId", "Id in another system; older adaptors", Kind.ID),
    RAW,
)
TOPIC_COLUMNS = (
    _column("id", "Unique id of the topic", Kind.ID, of="topics"),
    _column("name", "Display name, without its hierarchy", name_of="id"),
    _column("disabled", "True when the topic is disabled (archived)", Kind.BOOLEAN),
    _column("parentId", "Id of the topic above it", Kind.ID, of="topics"),
    RAW,
)


class RecordRows:
    """Lines of one of these files as rows of its columns, the last of which is `raw`."""

    def __init__(self, columns: Sequence[Column], *, guard: bool = True) -> None:
        self._columns = tuple(columns)
        self._named = {column.name: column for column in columns[:-1]}
        self._guard = guard

    def header(self, *, bom: bool = False) -> bytes:
        """The first line."""
        return csv_header(self._columns, bom=bom)

    def of(self, line: bytes) -> bytes:
        """The row of a line. Raises UnreadableLine."""
        return csv_row(self.row_of(line), self._columns, guard=self._guard)

    def row_of(self, line: bytes) -> Row:
        """The cells of a line. Raises UnreadableLine."""
        row: dict[str, Cell] = {}
        is_whole = True
        for name, value in read_record(line).items():
            if value is None:
                continue
            column = self._named.get(name)
            cell = None if column is None else fitting(value, column)
            if cell is None:
                is_whole = False
            else:
                row[name] = cell
        if not is_whole:
            row[RAW.name] = record_of(line).decode()
        return row
