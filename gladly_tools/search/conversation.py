"""Finds the items of one conversation in a file, in one pass; bytes alone rule out nearly every line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from gladly_tools.search.lines import UnreadableLine, batches_of, read_record, record_of
from gladly_tools.search.matching import UNFIT
from gladly_tools.search.shapes import Text

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_LEAST = 4
_ESCAPED = b"\\u00"


class _Keys(msgspec.Struct, gc=False):
    conversationId: Text = None


_read_keys = msgspec.json.Decoder(_Keys).decode


def lines_of_conversation(chunks: Iterable[bytes], conversation_id: str) -> Iterator[list[bytes]]:
    """The lines of a conversation's items, without their endings; a list every 256 kB or so, most of them empty.

    Lines that cannot be read are left out: they are in no conversation.
    """
    # Letters and digits stand in JSON as themselves or as \u00.., and nothing else; other characters in many ways.
    anchor = max(_PLAIN.findall(conversation_id), key=len, default="").encode()
    for lines in batches_of(chunks):
        if len(anchor) < _LEAST:
            worth: Iterable[bytes] = lines
        else:
            joined = b"".join(lines)
            if anchor not in joined and _ESCAPED not in joined:
                worth = ()
            else:
                worth = (line for line in lines if anchor in line or _ESCAPED in line)
        yield [record_of(line) for line in worth if _conversation_of(line) == conversation_id]


def _conversation_of(line: bytes) -> object:
    try:
        if not line.isascii():
            line.decode()  # what is skipped is not looked at by the decoder
        return _read_keys(line).conversationId
    except UNFIT:
        try:
            return read_record(line).get("conversationId")
        except UnreadableLine:
            return None
