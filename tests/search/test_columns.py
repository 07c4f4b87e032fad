"""Items as columns are, cell for cell, what the rows of the same items are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gladly_tools.items import ITEM_COLUMNS
from gladly_tools.results.writer import SliceFile, SlicePlace
from gladly_tools.search import (
    AGENT_COLUMNS,
    NamesById,
    RecordRows,
    UnreadableLine,
    columns_of,
    item_row_of,
)
from gladly_tools.search.columns import add_names
from tests.search import reference
from tests.search.strategies import item_lines

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
    b'{"id":"","initiator":{"id":"","type":null},"sessionId":"","content":{"type":"CONVERSATION_NOTE","body":null}}',
    b'{"id":"a","initiator.id":"x","content":{"type":"NEW"}}',
    b'{"id":"a","content":{"type":"SMS","content":"first","content":"second"}}',
    b'{"id":"a","customerId":"-c","content":{"type":"CONVERSATION_STATUS_CHANGE","status":"OPEN"}}',
    b'{"id":"a","timestamp":"1,\\"2","content":{"type":"TOPIC_CHANGE","addedTopicIds":["t"],"removedTopicIds":"u"}}',
    b'{"more":1,"content":{"type":"SMS","attachments":[{"fileSize":1,"filename":null,"id":"\\ud83d"}]}}',
    b'{"id":"a","content":null}',
    b'{"id":"a"}',
    b"{}",
]


def place(folder: Path, name: str) -> SlicePlace:
    return SlicePlace(target=folder / name, columns=ITEM_COLUMNS, index=0, key="x")


def as_rows(lines: list[bytes], folder: Path) -> pa.Table:
    with SliceFile(place(folder, "rows.parquet")) as file:
        for line in lines:
            file.add(item_row_of(line))
        file.publish()
    return pq.read_table(folder / "rows.parquet")


def as_columns(lines: list[bytes], folder: Path) -> pa.Table:
    with SliceFile(place(folder, "columns.parquet")) as file:
        file.add_columns(len(lines), columns_of(lines))
        file.publish()
    return pq.read_table(folder / "columns.parquet")


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(item_lines(), max_size=6), with_edges=st.booleans())
def test_items_in_columns_are_the_rows_that_they_are_one_by_one(
    lines: list[bytes], with_edges: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    readable = [line + b"\n" for line in lines if reference.parse(line) is not None]
    whole = [*readable, *(edge.removesuffix(b"\n") + b"\n" for edge in EDGES)] if with_edges else readable
    folder = tmp_path_factory.mktemp("items")
    assert as_columns(whole, folder) == as_rows(whole, folder)


@pytest.mark.parametrize("line", EDGES)
def test_an_odd_item_is_the_same_in_columns_and_in_a_row(line: bytes, tmp_path: Path) -> None:
    assert as_columns([line], tmp_path) == as_rows([line], tmp_path)


def test_names_stand_beside_the_ids_that_have_one() -> None:
    lines = [
        b'{"customerId":"c","initiator":{"id":"c"},"responder":{"id":"a"},"content":{"type":"WHATSAPP"}}\n',
        b'{"customerId":"d","content":{"type":"TOPIC_CHANGE","addedTopicIds":["t","u"]}}\n',
    ]
    columns = columns_of(lines)
    add_names(columns, NamesById(agents={"a": "Ann"}, customers={"c": "Cy"}, topics={"t": "Refund"}))
    assert columns["Customer"] == ["Cy", None]
    assert columns["Initiator"] == ["Cy", None]
    assert columns["Responder"] == ["Ann", None]
    assert columns["Topics added"] == [None, ["Refund", "u"]]
    assert columns["Topics removed"] == [None, None]


def test_what_of_a_record_has_no_column_is_kept_as_it_came() -> None:
    text = '{"id": "a",  "roles": [1e5]}'
    assert RecordRows(AGENT_COLUMNS).row_of(f"{text}\r\n".encode()) == {"id": "a", "raw": text}


@pytest.mark.parametrize("line", [b"", b"[]", b"{", b'{"id":"\xff"}'])
def test_a_line_that_cannot_be_read_is_no_row(line: bytes) -> None:
    with pytest.raises(UnreadableLine):
        item_row_of(line)
    with pytest.raises(UnreadableLine):
        RecordRows(AGENT_COLUMNS).row_of(line)
