"""Items as columns of cells: the same that `item_row` says, made for many items at once.

Lines whose fields and types are those that Gladly documents are decoded typed and sorted by kind, so that each field is
moved in one go; any other line goes through `item_row`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from gladly_tools.items import RAW, item_row
from gladly_tools.results.schema import Cell, Row
from gladly_tools.search import shapes
from gladly_tools.search.lines import read_record, record_of
from gladly_tools.search.matching import UNFIT

Columns = dict[str, list[Cell]]
"""Cells by column, all of the same length; a column without a cell may be missing."""

_decoder = msgspec.json.Decoder(shapes.Item)


@dataclass(frozen=True, kw_only=True)
class NamesById:
    """Names by id, of agents, customers and topics, to stand beside the ids; picklable."""

    agents: Mapping[str, str] = field(default_factory=dict)
    customers: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)


def item_row_of(line: bytes) -> Row:
    """The cells of a line, with the line as it came where `raw` is needed. Raises UnreadableLine."""
    return item_row(read_record(line), json_text=record_of(line).decode())


def columns_of(lines: Sequence[bytes]) -> Columns:
    """The cells of items, which are readable records, in the order of their lines."""
    columns = _Columns(len(lines))
    items = _typed(lines)
    by_kind: dict[type, list[int]] = {}
    for place, item in enumerate(items):
        if item is None:
            for name, cell in item_row_of(lines[place]).items():
                columns[name][place] = cell
        else:
            by_kind.setdefault(type(item.content), []).append(place)
    typed = sorted(place for places in by_kind.values() for place in places) if None in items else range(len(lines))
    for name, get in _HEAD:
        columns.put(name, typed, [get(items[place]) for place in typed])
    for party in ("initiator", "responder"):
        columns.put_inner(party, typed, [getattr(items[place], party) for place in typed], ("id", "type"))
    for kind, places in by_kind.items():
        _put_content(columns, kind, places, [items[place].content for place in places], lines)
    return dict(columns)


def add_names(columns: Columns, names: NamesById) -> None:
    """Put names beside the ids."""
    customers, agents, topics = names.customers, names.agents, names.topics
    if customers and "customerId" in columns:
        columns["Customer"] = [customers.get(key) for key in columns["customerId"]]  # type: ignore[arg-type]  # a text
    for party in ("initiator", "responder"):
        if (agents or customers) and f"{party}.id" in columns:
            keys: list[Any] = columns[f"{party}.id"]
            columns[party.capitalize()] = [agents.get(key) or customers.get(key) for key in keys]
    for change in ("added", "removed"):
        if f"content.{change}TopicIds" in columns:
            lists: list[Any] = columns[f"content.{change}TopicIds"]
            columns[f"Topics {change}"] = [
                None if keys is None else [topics.get(key) or key for key in keys] for keys in lists
            ]


class _Columns(dict[str, list[Cell]]):
    """Columns that are there, empty, when they are first written to."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def __missing__(self, name: str) -> list[Cell]:
        found: list[Cell] = [None] * self._count
        self[name] = found
        return found

    def put(self, name: str, places: Sequence[int], cells: list[Any]) -> None:
        """Write cells to places of a column."""
        if len(places) == self._count:
            self[name] = cells
            return
        column = self[name]
        for place, cell in zip(places, cells, strict=True):
            column[place] = cell

    def put_inner(self, prefix: str, places: Sequence[int], values: Sequence[Any], names: Sequence[str]) -> None:
        """Write the fields of objects, some of which are not there."""
        there = [(place, value) for place, value in zip(places, values, strict=True) if value is not None]
        if there:
            where = [place for place, _ in there]
            for name in names:
                self.put(f"{prefix}.{name}", where, [getattr(value, name) for _, value in there])


def _typed(lines: Sequence[bytes]) -> list[Any]:
    """The items, None for each that does not fit the documented shapes."""
    try:
        # Each line ends in a line break, or is the last.
        items: list[Any] = _decoder.decode_lines(b"".join(lines))
    except UNFIT:
        items = []
    return items if len(items) == len(lines) else list(map(_typed_or_none, lines))


def _typed_or_none(line: bytes) -> shapes.Item | None:
    try:
        return _decoder.decode(line)
    except UNFIT:
        return None


def _put_content(
    columns: _Columns, kind: type, places: list[int], contents: Sequence[Any], lines: Sequence[bytes]
) -> None:
    columns.put("content.type", places, [kind.__struct_config__.tag] * len(places))  # type: ignore[attr-defined]
    for name, get in _PLAIN[kind]:
        columns.put(name, places, list(map(get, contents)))
    fields = kind.__annotations__
    for name in _ADDRESSES & fields.keys():
        columns.put(f"content.{_column(name)}", places, [_as_list(getattr(each, name)) for each in contents])
    if "attachments" in fields:
        columns.put("content.attachments", places, [_files(each.attachments) for each in contents])
    if "link" in fields:
        columns.put_inner("content.link", places, [each.link for each in contents], ("url", "text"))
    if "recordingSummary" in fields:
        summaries = [each.recordingSummary for each in contents]
        columns.put_inner("content.recordingSummary", places, summaries, ("status", "summary", "language"))
    for place, content in zip(places, contents, strict=True) if kind in _MAY_NEED_RAW else ():
        if _MAY_NEED_RAW[kind](content):
            columns[RAW.name][place] = record_of(lines[place]).decode()


def _column(name: str) -> str:
    return "from" if name == "sender" else name


def _as_list(value: list[str] | str | None) -> list[str] | None:
    return [value] if isinstance(value, str) else value


def _files(value: list[shapes.Attachment] | None) -> list[dict[str, Any]] | None:
    return [msgspec.to_builtins(each) for each in value] if value else None if value is None else []


def _has_status(content: shapes.Call | shapes.Voicemail) -> bool:
    return content.recordingStatus is not None


def _has_data(content: shapes.Chat) -> bool:
    return content.messageData is not shapes.ABSENT and bytes(content.messageData) != b"null"


_HEAD = [(name, attrgetter(name)) for name in ("id", "customerId", "conversationId", "sessionId", "timestamp")]
_ADDRESSES = frozenset({"to", "cc", "bcc", "addedTopicIds", "removedTopicIds"})
_NOT_PLAIN = _ADDRESSES | {"attachments", "link", "recordingSummary", "recordingStatus", "messageData"}
_PLAIN: Mapping[type, list[tuple[str, Callable[[Any], Cell]]]] = {
    kind: [(f"content.{_column(name)}", attrgetter(name)) for name in kind.__annotations__ if name not in _NOT_PLAIN]
    for kind in shapes.KINDS
}
_MAY_NEED_RAW: Mapping[type, Callable[[Any], bool]] = {
    shapes.Call: _has_status,
    shapes.Voicemail: _has_status,
    shapes.Chat: _has_data,
}
"""Kinds with a field that has no column."""
