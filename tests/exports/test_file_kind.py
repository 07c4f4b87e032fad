"""A file that holds no conversation items is told apart by its beginning, in words that name what it is."""

from __future__ import annotations

import json

import pytest

from gladly_tools.exports.file_kind import HEAD_BYTES, beginning_of, other_format, other_kind

ITEM = b'{"id":"a","content":{"type":"SMS","content":"hi"},"timestamp":"2026-03-01T00:00:00Z"}\n'


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\n", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\x1f\x8b\x08\x00", "compressed with gzip"),
        (b"\x28\xb5\x2f\xfd\x00", "compressed with Zstandard"),
        (b"\xff\xfe{\x00}\x00", "text in UTF-16"),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page"),
        (b"\n\n  <html lang=en>", "a web page"),
        (b'<?xml version="1.0"?><items/>', "XML"),
        (b"[" + ITEM + b"]", "one JSON array"),
        (b"[]", "one JSON array"),
        (b'\xef\xbb\xbf[\n  {\n    "id": 1\n  }\n]\n', "one JSON array"),
        (json.dumps(json.loads(ITEM), indent=2).encode(), "one JSON object over several lines"),
        (b'{"errors":[{"code":"not_exist","detail":"no such job"}]}\n', "an error that Gladly answered with"),
        (b'{"id":"c","name":"Ann","emailAddresses":[]}\n', "a list of customers"),
        (b'{"id":"a","name":"Rui","emailAddress":"rui@example.com"}\n', "a list of agents"),
        (b'{"id":"t","name":"Refund","disabled":false}\n', "a list of topics"),
        (b'{"id":"x"}\n', "a list of other records"),
        (b"id,customerId,content\na,b,c\n", "a table such as CSV"),
        (b"Dear all,\nplease find attached\n", "text without a single JSON object"),
        (b"\x00\x01\x02" * 50, "no text"),
        (b"1\n2\n3\n", "text without a single JSON object"),
    ],
)
def test_what_is_no_list_of_items_is_named(head: bytes, what: str) -> None:
    other = other_kind(head)
    assert other is not None
    assert other.what.startswith(what)
    refused = other.refused("x.jsonl", field="here")
    assert refused.what.startswith(f"The file x.jsonl is {what}")
    assert refused.advice
    assert refused.field == "here"


@pytest.mark.parametrize(
    "head",
    [
        ITEM,
        b"\xef\xbb\xbf" + ITEM.replace(b"\n", b"\r\n") * 3,
        b"\n\n" + ITEM,
        ITEM[:40] + b"\n" + ITEM,  # a broken line does not make it another kind
        b"# exported on Monday\n" + ITEM,
        ITEM.rstrip(b"\n"),
        b'{"content":{"type":"SOMETHING_NEW"}}\n',
        b'{"conversationId":"c"}',
        ITEM * (HEAD_BYTES // len(ITEM) + 1),
        b'{"content":{"content":"' + b"x" * HEAD_BYTES,  # its first line ends beyond what is looked at
        b"\n" * HEAD_BYTES,
    ],
)
def test_items_are_never_refused(head: bytes) -> None:
    assert other_kind(head[:HEAD_BYTES]) is None


def test_an_array_is_told_how_to_become_lines() -> None:
    other = other_kind(b"[" + ITEM + b"]")
    assert other is not None
    assert "jq -c '.[]'" in other.advice


@pytest.mark.parametrize("head", [b"", b"not JSON\n", ITEM[:30], b'[1, 2]\n["a"]\n', b'{"errors":[]}'])
def test_of_what_gladly_sends_only_what_is_surely_no_list_of_records_is_refused(head: bytes) -> None:
    assert other_format(head) is None


def test_no_more_is_read_than_tells_what_it_is() -> None:
    read = []

    def endless() -> object:
        while True:
            read.append(1)
            yield b"x" * 100_000

    assert len(beginning_of(endless())) == HEAD_BYTES  # type: ignore[arg-type]
    assert len(read) == 3
