"""Rows written one by one are, byte for byte, what a download of the same rows would be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gladly_tools.items import ITEM_COLUMNS
from gladly_tools.results.download import Format, encode, guard_cell, read_csv
from gladly_tools.results.query import Query
from gladly_tools.results.schema import Column, Row
from gladly_tools.results.store import ResultStore
from gladly_tools.search import (
    AGENT_COLUMNS,
    CUSTOMER_COLUMNS,
    TOPIC_COLUMNS,
    ItemRows,
    RecordRows,
    UnreadableLine,
    csv_header,
    item_row_of,
)
from gladly_tools.search.csv_rows import _guarded_cell
from tests.results.making import table_of
from tests.search import reference
from tests.search.strategies import WORDS, item_lines

NEEDS_RAW = b'{"id":"raw","more":1,"content":{}}'
EDGES = [
    b'{"id":"-a","content":{"type":"EMAIL","to":[],"cc":[""],"bcc":"x, \\"y\\"","subject":"=1","content":""}}',
    b'{"id":"a","content":{"type":"SMS","to":"+1","from":"+1","attachments":[]}}',
    b'{"id":"a","content":{"type":"SMS","attachments":[{},{"fileSize":1,"id":"\\"","filename":null}]}}',
    b'{"id":"a","content":{"type":"PHONE_CALL","recordingDuration":9223372036854775808}}',
    b'{"id":"a","content":{"type":"PHONE_CALL","recordingDuration":"007","recordingStatus":null}}',
    b'{"id":"a","content":{"type":"PHONE_CALL","recordingDuration":-1,"recordingStatus":"AVAILABLE","recordingSummary":{}}}',
    b'{"id":"a","content":{"type":"CHAT_MESSAGE","messageData":null,"content":"\\ud83d x"}}',
    b' {"id":"a","content":{"type":"CHAT_MESSAGE","messageData":[1],"content":"a\\r\\nb"}} \r\n',
    b'{"id":"a","content":{"type":"CUSTOMER_ACTIVITY","expandByDefault":false,"link":{}}}',
    b'{"id":"a","initiator":null,"responder":{"id":"=x"},"content":{"type":"CONVERSATION_NOTE","body":"\'\'@"}}',
    b'{"id":"a","initiator.id":"x","content":{"type":"NEW"}}',
    b'{"id":"a","content":{"type":"SMS","content":"first","content":"second"}}',
    b'{"id":"a","customerId":"-c","content":{"type":"CONVERSATION_STATUS_CHANGE","status":"OPEN"}}',
    b'{"id":"a","timestamp":"1,\\"2","content":{"type":"CONVERSATION_STATUS_CHANGE","status":"-"}}',
    b'{"more":1,"content":{"type":"SMS","attachments":[{"fileSize":1,"filename":null,"id":"\\ud83d"}]}}',
    b'{"id":"a","content":null}',
    b'{"id":"a"}',
    b"{}",
]


def downloaded(
    rows: list[Row], columns: Sequence[Column], guard: bool, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    table = table_of(ResultStore(tmp_path_factory.mktemp("rows")), columns, rows)
    return b"".join(encode(table, Query(), Format.CSV, guard=guard, columns=[column.name for column in columns]))


@pytest.mark.parametrize("guard", [True, False])
@settings(max_examples=25, deadline=None)
@given(lines=st.lists(item_lines(), max_size=6))
def test_items_are_written_as_a_download_would(
    lines: list[bytes], guard: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    readable = [line for line in lines if reference.parse(line) is not None]
    whole = [*readable, *EDGES, NEEDS_RAW]
    written = csv_header() + b"".join(map(ItemRows(guard=guard).of, whole))
    assert written == downloaded([item_row_of(line) for line in whole], ITEM_COLUMNS, guard, tmp_path_factory)


@pytest.mark.parametrize("line", EDGES)
@pytest.mark.parametrize("guard", [True, False])
def test_an_odd_item_is_written_as_the_reference_writes_it(line: bytes, guard: bool) -> None:
    assert ItemRows(guard=guard).of(line) == reference.csv_line(line.removesuffix(b"\r\n"), guard=guard)


@given(st.lists(st.sampled_from(WORDS), max_size=4).map("".join))
def test_a_guarded_cell_is_guarded_as_in_a_download(text: str) -> None:
    cell = _guarded_cell(text)
    whole = cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
    assert whole == guard_cell(text)


RECORDS = {
    "agents": (
        AGENT_COLUMNS,
        [b'{"id":"a","name":"Rui, O","emailAddress":"@x"}', b'{"id":"b","roles":["x"],"name":null}'],
    ),
    "customers": (
        CUSTOMER_COLUMNS,
        [
            b'{"id":"a","name":"=x","emailAddresses":["a@b.test","c"],"phoneNumbers":[],"externalCustomerId":"7"}',
            b'{"id":"b","emailAddresses":"a@b.test","externalCustomerIds":{"shop":"1"}}',
            b'{"id":"c","emailAddresses":[null]}',
        ],
    ),
    "topics": (
        TOPIC_COLUMNS,
        [b'{"id":"a","name":"T","disabled":false,"parentId":"b"}', b'{"id":"b","disabled":"no"}'],
    ),
}


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("guard", [True, False])
def test_agents_customers_and_topics_are_written_as_a_download_would(
    kind: str, guard: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    columns, lines = RECORDS[kind]
    rows = RecordRows(columns, guard=guard)
    written = rows.header() + b"".join(map(rows.of, lines))
    assert written == downloaded([rows.row_of(line) for line in lines], columns, guard, tmp_path_factory)


def test_what_has_no_column_is_kept_as_it_came() -> None:
    rows = RecordRows(AGENT_COLUMNS)
    text = '{"id": "a",  "roles": [1e5]}'
    line = f"{text}\r\n".encode()
    assert rows.row_of(line) == {"id": "a", "raw": text}
    written = (rows.header(bom=True) + rows.of(line)).decode("utf-8-sig")
    assert list(read_csv(written)) == [
        {"id": "a", "name": "", "emailAddress": "", "raw": '{"id": "a",  "roles": [1e5]}'}
    ]


@pytest.mark.parametrize("write", [ItemRows().of, RecordRows(TOPIC_COLUMNS).of], ids=["item", "topic"])
@pytest.mark.parametrize("line", [b"", b"[]", b"{", b'{"content":{"type":"CHAT_MESSAGE","messageData":"\xff"}}'])
def test_a_line_that_cannot_be_read_is_no_row(write: Callable[[bytes], bytes], line: bytes) -> None:
    with pytest.raises(UnreadableLine):
        write(line)
