"""What a file that should hold conversation items really is, told from its beginning, in words and with what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gladly_tools.errors import InputError
from gladly_tools.search import UnreadableLine
from gladly_tools.search.lines import is_blank, read_record

HEAD_BYTES = 256 * 1024
"""How much of a file's beginning is looked at."""
_MOST_LINES = 50
_ITEM_FIELDS = frozenset({"content", "conversationId", "timestamp"})
_ARRAY_ADVICE = "Write each record on a line of its own, for example with: jq -c '.[]' FILE > items.jsonl"
_UNPACK = "Unpack it first."
_ITEMS_ADVICE = "Give the conversation_items.jsonl of an export job, or the ZIP of its files."
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", _ITEMS_ADVICE),
    (b"\x89PNG", "a picture", _ITEMS_ADVICE),
    (b"\xff\xd8\xff", "a picture", _ITEMS_ADVICE),
    (b"GIF8", "a picture", _ITEMS_ADVICE),
    (b"PAR1", "a Parquet file", _ITEMS_ADVICE),
    (b"\xd0\xcf\x11\xe0", "an Office document", _ITEMS_ADVICE),
    (b"PK\x03\x04", "a ZIP", _UNPACK),
    (b"\x1f\x8b", "compressed with gzip", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ", "compressed with xz", _UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"\xff\xfe", "text in UTF-16", "Save it as UTF-8."),
    (b"\xfe\xff", "text in UTF-16", "Save it as UTF-8."),
)


@dataclass(frozen=True, kw_only=True)
class OtherKind:
    """Something else than conversation items: what it “is”, and what to do about it."""

    what: str
    advice: str

    def refused(self, name: str, *, field: str = "where") -> InputError:
        """The words for the person who gave it."""
        return InputError(f"The file {name} is {self.what}.", self.advice, field=field)


def beginning_of(chunks: Iterable[bytes]) -> bytes:
    """As much of a file as tells what it is."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    return head[:HEAD_BYTES]


def other_format(head: bytes) -> OtherKind | None:
    """What a file surely is when it cannot be JSON Lines; None when it may be."""
    for beginning, what, advice in _BEGINNINGS:
        if head.startswith(beginning):
            return OtherKind(what=what, advice=advice)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith(b"<"):
        is_page = b"<html" in text[:2000].lower() or text[:9].lower() == b"<!doctype"
        what = "a web page (HTML), such as a page to sign in or to tell of an error" if is_page else "XML"
        return OtherKind(what=what, advice="Fetch it again, and look at what you get before you give it here.")
    if text.startswith(b"[") and text[1:].lstrip(b" \t\r\n")[:1] in (b"{", b"]", b""):
        return OtherKind(what="one JSON array, and not JSON Lines: one record a line", advice=_ARRAY_ADVICE)
    return None


def other_kind(head: bytes) -> OtherKind | None:
    """What a file is when its beginning holds not one conversation item; None when it does, or nobody can tell."""
    other = other_format(head)
    if other is not None:
        return other
    is_all = len(head) < HEAD_BYTES
    lines = [line for line in head.removeprefix(b"\xef\xbb\xbf").split(b"\n") if not is_blank(line)]
    if not lines:
        return OtherKind(what="empty", advice=_ITEMS_ADVICE) if is_all else None
    if not is_all:
        if len(lines) == 1 and lines[0].lstrip().startswith(b"{"):
            return None  # a line that goes on beyond what is looked at
        lines = lines[:-1] or lines
    records = []
    for line in lines[:_MOST_LINES]:
        try:
            records.append(read_record(line))
        except UnreadableLine:
            continue
    if any(_ITEM_FIELDS & record.keys() for record in records):
        return None
    if records:
        return _of_records(records[0].keys())
    return _of_text(lines)


def _of_records(names: Iterable[str]) -> OtherKind:
    found = set(names)
    if "errors" in found:
        return OtherKind(what="an error that Gladly answered with", advice="Fetch it again.")
    for fields, what in (
        ({"emailAddresses", "phoneNumbers"}, "a list of customers"),
        ({"emailAddress"}, "a list of agents"),
        ({"disabled", "parentId"}, "a list of topics"),
    ):
        if fields & found:
            return OtherKind(what=what, advice=_ITEMS_ADVICE)
    return OtherKind(what="a list of other records", advice=_ITEMS_ADVICE)


def _of_text(lines: list[bytes]) -> OtherKind:
    first, rest = lines[0].strip(), lines[1:]
    if b"\x00" in first:
        return OtherKind(what="no text", advice=_ITEMS_ADVICE)
    if first.startswith(b"{") and rest and not any(line.startswith(b"{") for line in rest):
        return OtherKind(
            what="one JSON object over several lines, and not JSON Lines: one record a line",
            advice="Write each record on a line of its own.",
        )
    if max(first.count(separator) for separator in (b",", b";", b"\t")) > 1 and not first.startswith(b"{"):
        return OtherKind(what="a table such as CSV", advice=_ITEMS_ADVICE)
    return OtherKind(what="text without a single JSON object on a line of its own", advice=_ITEMS_ADVICE)
