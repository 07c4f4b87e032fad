"""Items and other records as rows of a CSV file: the bytes that a download of the same rows has.

A line whose fields and types are those that Gladly documents is decoded typed and written from that; any other goes
through `item_row`. Both ways give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from gladly_tools.items import ITEM_COLUMNS, item_row
from gladly_tools.results.schema import Cell, Column, Kind, Row
from gladly_tools.search import shapes
from gladly_tools.search.lines import read_record, record_of

BOM = "\ufeff".encode()
_END = "\r\n"
_HEAD_CELLS = 9
_FORMULA_BEGINS = "=+-@\t\r'"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_HARMLESS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:. "
_ONLY_COMMAS = b"," * (_HEAD_CELLS - 1)
_json = json.JSONEncoder(ensure_ascii=False).encode
_decode = msgspec.json.Decoder(shapes.Item).decode
_NOBODY = shapes.Person()
_NO_LINK = shapes.Link()
_NO_SUMMARY = shapes.Summary()

CellWriter = Callable[[str | None], str]


def csv_header(columns: Iterable[Column] = ITEM_COLUMNS, *, bom: bool = False) -> bytes:
    """The first line."""
    header = ",".join(_plain_cell(column.name) for column in columns) + _END
    return (BOM if bom else b"") + header.encode()


def csv_row(row: Row, columns: Sequence[Column] = ITEM_COLUMNS, *, guard: bool = True) -> bytes:
    """Any row; `guard` puts an apostrophe before a text that a spreadsheet would run."""
    cell = _guarded_cell if guard else _plain_cell
    texts = (_cell_of(row.get(column.name), column, cell) for column in columns)
    return (",".join(texts) + _END).encode()


class ItemRows:
    """Lines of conversation items as rows of `ITEM_COLUMNS`."""

    def __init__(self, *, guard: bool = True) -> None:
        self._guard = guard
        self._cell = _guarded_cell if guard else _plain_cell

    def of(self, line: bytes) -> bytes:
        """The row of a line. Raises UnreadableLine."""
        try:
            item = _decode(line)
            first, second = item.initiator or _NOBODY, item.responder or _NOBODY
            head = (
                f"{item.id},{item.customerId},{item.conversationId},{item.sessionId},{item.timestamp},"
                f"{first.id},{first.type},{second.id},{second.type}"
            )
            cell = self._cell
            # Ids, times and kinds rarely need quotes: one look at all nine is quicker. Ids can begin with a hyphen.
            if head.encode().translate(None, _HARMLESS) != _ONLY_COMMAS or ",-" in head or head[0] == "-":
                cells = (item.id, item.customerId, item.conversationId, item.sessionId, item.timestamp)
                head = ",".join(map(cell, (*cells, first.id, first.type, second.id, second.type)))
            content = item.content
            template, cells_of = _WRITERS[type(content)]
            return (template % cells_of(head, content, cell, line)).encode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return csv_row(item_row_of(line), guard=self._guard)


def item_row_of(line: bytes) -> Row:
    """The cells of a line, with the line as it came where `raw` is needed. Raises UnreadableLine."""
    return item_row(read_record(line), json_text=record_of(line).decode())


def _plain_cell(text: str | None) -> str:
    if not text:
        return ""
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    if "," in text or "\n" in text or "\r" in text:
        return f'"{text}"'
    return text


def _guarded_cell(text: str | None) -> str:
    if not text:
        return ""
    if text[0] in _FORMULA_BEGINS and _FORMULA.match(text):
        text = f"'{text}"
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    if "," in text or "\n" in text or "\r" in text:
        return f'"{text}"'
    return text


def _cell_of(value: Cell, column: Column, cell: CellWriter) -> str:
    match value:
        case None:
            return ""
        case str():
            return cell(_encodable(value))
        case bool():
            return "true" if value else "false"
        case list():
            return _plain_cell(_encodable(_json(_ordered(value, column) if column.kind is Kind.RECORDS else value)))
        case _:
            return str(value)


def _ordered(records: Iterable[Any], column: Column) -> list[dict[str, Any]]:
    names = [name for name, _ in column.members]
    return [{name: record[name] for name in names if record.get(name) is not None} for record in records]


def _encodable(text: str) -> str:
    """Half of a surrogate pair, which UTF-8 cannot hold, becomes the replacement character."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _list(value: list[str] | str | None) -> str:
    if not value:
        return "[]" if value == [] else "" if value is None else '"[""""]"'
    if isinstance(value, str):
        value = [value]
    if len(value) == 1 and (only := value[0]).isprintable() and '"' not in only and "\\" not in only:
        return f'"[""{only}""]"'
    return _plain_cell(_json(value))


def _files(value: list[shapes.Attachment] | None) -> str:
    if not value:
        return "" if value is None else "[]"
    return _plain_cell(_json([msgspec.to_builtins(each) for each in value]))


def _raw(line: bytes, cell: CellWriter) -> str:
    """The whole line, since a field that has no column is there."""
    return cell(record_of(line).decode())


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _flag(value: bool | None) -> str:
    return "" if value is None else "true" if value else "false"


def _template(kind: str, columns: str) -> str:
    """A row of one kind: a place for the head, the kind, and a place for each of these columns, in their order."""
    names = [name if name == "raw" else f"content.{name}" for name in columns.split()]
    cells = {"content.type": kind, **dict.fromkeys(names, "%s")}
    order = [column.name for column in ITEM_COLUMNS]
    if names != sorted(names, key=order.index):
        raise ValueError(f"columns of {kind} are not in the order of the table")
    return ",".join(["%s", *(cells.get(name, "") for name in order[_HEAD_CELLS:])]) + _END


CellsOf = Callable[[str, Any, CellWriter, bytes], tuple[str, ...]]


def _message(head: str, content: Any, cell: CellWriter, _line: bytes) -> tuple[str, ...]:
    return head, cell(content.content), _files(content.attachments)


def _chat(head: str, content: shapes.Chat, cell: CellWriter, line: bytes) -> tuple[str, ...]:
    return (
        head,
        cell(content.messageType),
        cell(content.sessionId),
        cell(content.content),
        _files(content.attachments),
        "" if content.messageData is shapes.ABSENT or bytes(content.messageData) == b"null" else _raw(line, cell),
    )


def _email(head: str, content: shapes.Email, cell: CellWriter, _line: bytes) -> tuple[str, ...]:
    return (
        head,
        cell(content.content),
        _files(content.attachments),
        cell(content.sender),
        _list(content.to),
        _list(content.cc),
        _list(content.bcc),
        cell(content.subject),
    )


def _sms(head: str, content: shapes.Sms, cell: CellWriter, _line: bytes) -> tuple[str, ...]:
    return head, cell(content.content), _files(content.attachments), cell(content.sender), _list(content.to)


def _facebook(head: str, content: shapes.Facebook, cell: CellWriter, _line: bytes) -> tuple[str, ...]:
    return head, cell(content.content), _files(content.attachments), cell(content.pageId), cell(content.userId)


def _note(head: str, content: shapes.Note, cell: CellWriter, _line: bytes) -> tuple[str, ...]:
    return head, _files(content.attachments), cell(content.body)


def _status(head: str, content: shapes.StatusChange, cell: CellWriter, _line: bytes) -> tuple[str, ...]:
    return head, cell(content.status)


def _topics(head: str, content: shapes.TopicChange, _cell: CellWriter, _line: bytes) -> tuple[str, ...]:
    return head, _list(content.addedTopicIds), _list(content.removedTopicIds)


def _call(head: str, content: shapes.Call, cell: CellWriter, line: bytes) -> tuple[str, ...]:
    return (
        head,
        cell(content.sender),
        _list(content.to),
        cell(content.startedAt),
        cell(content.answeredAt),
        cell(content.completedAt),
        *_recording(content, cell, line),
    )


def _voicemail(head: str, content: shapes.Voicemail, cell: CellWriter, line: bytes) -> tuple[str, ...]:
    return head, cell(content.startedAt), *_recording(content, cell, line)


def _recording(content: shapes.Call | shapes.Voicemail, cell: CellWriter, line: bytes) -> tuple[str, ...]:
    summary = content.recordingSummary or _NO_SUMMARY
    return (
        cell(content.recordingUrl),
        _number(content.recordingDuration),
        cell(summary.status),
        cell(summary.summary),
        cell(summary.language),
        "" if content.recordingStatus is None else _raw(line, cell),
    )


def _activity(head: str, content: shapes.Activity, cell: CellWriter, _line: bytes) -> tuple[str, ...]:
    link = content.link or _NO_LINK
    return (
        head,
        cell(content.title),
        cell(content.body),
        cell(content.activityType),
        cell(content.sourceName),
        cell(link.url),
        cell(link.text),
        _flag(content.expandByDefault),
        cell(content.occurredAt),
        cell(content.receivedAt),
    )


_RECORDING = (
    "recordingUrl recordingDuration recordingSummary.status recordingSummary.summary recordingSummary.language raw"
)
_WRITERS: Mapping[type, tuple[str, CellsOf]] = {
    shape: (_template(str(shape.__struct_config__.tag), columns), cells_of)
    for shape, columns, cells_of in (
        (shapes.Chat, "messageType sessionId content attachments raw", _chat),
        (shapes.Email, "content attachments from to cc bcc subject", _email),
        (shapes.Sms, "content attachments from to", _sms),
        (shapes.Facebook, "content attachments pageId userId", _facebook),
        (shapes.Instagram, "content attachments", _message),
        (shapes.WhatsApp, "content attachments", _message),
        (shapes.Note, "attachments body", _note),
        (shapes.StatusChange, "status", _status),
        (shapes.TopicChange, "addedTopicIds removedTopicIds", _topics),
        (shapes.Call, f"from to startedAt answeredAt completedAt {_RECORDING}", _call),
        (shapes.Voicemail, f"startedAt {_RECORDING}", _voicemail),
        (
            shapes.Activity,
            "title body activityType sourceName link.url link.text expandByDefault occurredAt receivedAt",
            _activity,
        ),
    )
}
"""How each kind is written: its template, and the cells that go into it after the head."""
