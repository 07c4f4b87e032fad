"""A conversation's lines are found by their bytes in one pass, and never missed, however they are written."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gladly_tools.search import conversation
from gladly_tools.search.conversation import lines_of_conversation
from tests.search.reference import lines_of, parse
from tests.search.strategies import files

ID = "vT8k_Qx-31"


def found(data: bytes, conversation_id: str = ID, *, piece: int = 64 * 1024) -> list[bytes]:
    chunks = (data[place : place + piece] for place in range(0, len(data), piece))
    return [line for lines in lines_of_conversation(chunks, conversation_id) for line in lines]


@given(files(), st.sampled_from(["c1", "c2", "-c4", "=x", "a,b", 'q"', "", "t1", "größe", "conv-1"]), st.data())
def test_the_lines_are_those_whose_record_is_of_the_conversation(
    data: bytes, conversation_id: str, given: st.DataObject
) -> None:
    piece = given.draw(st.integers(1, 300))
    least = given.draw(st.sampled_from([1, 4]))  # short ids are worth no look at the bytes; here they get one too
    expected = [
        line
        for _, line in lines_of(data)
        if (record := parse(line)) is not None and record.get("conversationId") == conversation_id
    ]
    with mock.patch.object(conversation, "_LEAST", least):
        assert found(data, conversation_id, piece=piece) == expected


@pytest.mark.parametrize(
    "line",
    [
        f'{{"conversationId":"{ID}"}}'.encode(),
        f'{{ "id" : 1, "conversationId" :\t"{ID}" }}'.encode(),
        f'{{"\\u0063onversationId":"{ID}"}}'.encode(),
        ('{"conversationId":"' + "".join(f"\\u{ord(letter):04x}" for letter in ID) + '"}').encode(),
        ('{"conversationId":"' + "".join(f"\\u{ord(letter):04X}" for letter in ID) + '"}').encode(),
        f'{{"conversationId":"x","conversationId":"{ID}"}}'.encode(),
        f'{{"conversationId":"{ID}","content":{{"recordingDuration":{"9" * 400}}}}}'.encode(),
    ],
)
def test_every_way_to_write_an_id_is_found(line: bytes) -> None:
    assert found(b'{"conversationId":"other"}\n' + line + b"\r\n{}\n") == [line]


@pytest.mark.parametrize("conversation_id", ["a/b=c", "größe", "日本", "x", "==", "a\\b", 'q"q'])
@pytest.mark.parametrize("ascii", [True, False])
def test_ids_of_any_characters_are_found(conversation_id: str, ascii: bool) -> None:
    line = json.dumps({"conversationId": conversation_id}, ensure_ascii=ascii)
    assert found(line.encode(), conversation_id) == [line.encode()]
    assert found(line.replace("/", "\\/").encode(), conversation_id) == [line.replace("/", "\\/").encode()]


@pytest.mark.parametrize(
    "line",
    [
        f'{{"id":"{ID}","conversationId":"other"}}'.encode(),
        f'{{"conversationId":"{ID}x"}}'.encode(),
        f'{{"content":{{"conversationId":"{ID}"}}}}'.encode(),
        f'{{"conversationId":["{ID}"]}}'.encode(),
        f'{{"conversationId":"{ID}"'.encode(),
        f'{{"conversationId":"{ID}","text":"'.encode() + b'\xff"}',
        f'["{ID}"]'.encode(),
        b"",
    ],
)
def test_what_only_holds_the_id_somewhere_is_not_of_the_conversation(line: bytes) -> None:
    assert found(line + b"\n") == []


def test_a_long_file_is_gone_through_in_the_memory_of_a_few_lines() -> None:
    other = b'{"id":"x","conversationId":"other","content":{"content":"' + b"words " * 100 + b'"}}\n'
    wanted = b'{"conversationId":"' + ID.encode() + b'"}'

    def chunks() -> Iterator[bytes]:
        for number in range(400):
            yield other * 400  # a quarter of a megabyte
            if number in (100, 399):
                yield wanted + b"\n"

    tracemalloc.start()
    try:
        lines = [line for lines in lines_of_conversation(chunks(), ID) for line in lines]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines == [wanted, wanted]
    assert peak < 5_000_000
