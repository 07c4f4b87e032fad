"""A conversation as a thread: who said what, when and where; read from the rows of its items. Text alone, no markup."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from html.parser import HTMLParser
from typing import Any

from gladly_tools.items import RAW
from gladly_tools.results.readings import read_time

CHANNELS: Mapping[str, str] = {
    "CHAT_MESSAGE": "Chat",
    "EMAIL": "E-mail",
    "FACEBOOK_MESSAGE": "Facebook",
    "INSTAGRAM_DIRECT": "Instagram",
    "PHONE_CALL": "Phone call",
    "SMS": "SMS",
    "TWITTER": "Twitter",
    "VOICE_AI_MESSAGE": "Voice AI",
    "VOICEMAIL": "Voicemail",
    "WHATSAPP": "WhatsApp",
}
"""The kinds of item in which people talk to each other, by the channel that it is."""

RECORDED = frozenset({"PHONE_CALL", "VOICEMAIL"})
_CUSTOMERS = frozenset({"CUSTOMER", "EXTERNAL"})
_COMPANY = frozenset({"AGENT", "INTERNAL"})
_KIND_NAMES = {
    "AGENT": "An agent",
    "API": "An integration",
    "AUTOMATION": "A rule",
    "CUSTOMER": "The customer",
    "EXTERNAL": "Somebody outside",
    "INTERNAL": "Somebody of the company",
    "SYSTEM": "Gladly",
}
# The names of tags are those of `search.phrases`, which a test sees to; what becomes of a tag is another question. A
# search asks whether letters touch, so every block is a space to it. A reader wants a line where a paragraph begins, a
# space between cells, and nothing for what merely encloses, such as `body` and `section`.
_BREAK_TAGS = "address blockquote br caption center dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol option p pre table tr ul"
_BREAKS = frozenset(_BREAK_TAGS.split())
_CELLS = frozenset({"td", "th"})
_SILENT_TAGS = (
    "a abbr article aside b bdi bdo big body cite code col colgroup data del dfn em fieldset font footer form head "
    "header html i img input ins kbd label link main mark meta nav o q s samp script section small span strike strong "
    "style sub sup tbody tfoot thead time title tt u var wbr"
)
_SILENT = frozenset(_SILENT_TAGS.split())


class Weight(StrEnum):
    """How much of the reader's eye an entry deserves."""

    MESSAGE = "message"
    CALL = "call"
    NOTE = "note"
    QUIET = "quiet"


class Side(StrEnum):
    """Who an entry comes from."""

    CUSTOMER = "customer"
    COMPANY = "company"
    MACHINE = "machine"


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One attached file as the item names it; `bytes` is None when it does not say."""

    name: str
    content_type: str
    bytes: int | None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One item of the thread.

    `at` is in UTC, None when the item's time cannot be read. `text` and `details` are plain text. `seconds` is how long
    a call or its recording lasted; `has_recording` says that Gladly has one to play.
    """

    id: str
    at: datetime | None
    weight: Weight
    side: Side
    who: str
    channel: str
    subject: str
    text: str
    details: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    summary: str = ""
    seconds: int | None = None
    is_recorded_kind: bool = False
    has_recording: bool = False

    def holds(self, words: str) -> bool:
        """Whether the words occur in the entry, whatever the case."""
        wanted = words.casefold()
        parts = (
            self.who,
            self.subject,
            self.text,
            self.summary,
            *self.details,
            *(file.name for file in self.attachments),
        )
        return any(wanted in part.casefold() for part in parts)


def entries(rows: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """The thread of the rows, in their order. An unknown kind of item is an entry with what it holds as JSON."""
    return [_entry(row) for row in rows]


def _entry(row: Mapping[str, Any]) -> Entry:
    kind = row.get("content.type") or ""
    party = row.get("initiator.type") or ""
    side = Side.CUSTOMER if party in _CUSTOMERS else Side.COMPANY if party in _COMPANY else Side.MACHINE
    weight, channel, text, details = _told(kind, row)
    return Entry(
        id=row.get("id") or "",
        at=read_time(row.get("timestamp") or "", UTC),
        weight=weight,
        side=side,
        who=row.get("Initiator") or _KIND_NAMES.get(party, party or "Unknown"),
        channel=channel,
        subject=row.get("content.subject") or row.get("content.title") or "",
        text=text,
        details=tuple(details),
        attachments=tuple(_attachments(row.get("content.attachments") or ())),
        summary=row.get("content.recordingSummary.summary") or "",
        seconds=_seconds(row),
        is_recorded_kind=kind in RECORDED,
        has_recording=bool(kind in RECORDED and row.get("content.recordingUrl")),
    )


def _told(kind: str, row: Mapping[str, Any]) -> tuple[Weight, str, str, Sequence[str]]:
    """Weight, channel, text and further lines of an item, by its kind."""
    text = row.get("content.content") or ""
    match kind:
        case "PHONE_CALL" | "VOICEMAIL":
            return Weight.CALL, CHANNELS[kind], text, list(_call(row))
        case "VOICE_AI_MESSAGE":
            cut = ["The customer interrupted this"] if row.get("content.status") == "INTERRUPTED" else []
            return Weight.MESSAGE, CHANNELS[kind], row.get("content.body") or "", cut
        case "EMAIL":
            return Weight.MESSAGE, CHANNELS[kind], text, list(_addresses(row))
        case "CHAT_MESSAGE":
            return Weight.MESSAGE, CHANNELS[kind], text, list(_quick_reply(row))
        case "CONVERSATION_NOTE":
            return Weight.NOTE, "Note", text_of_html(row.get("content.body") or ""), []
        case "CUSTOMER_ACTIVITY":
            link = [part for part in (row.get("content.link.text"), row.get("content.link.url")) if part]
            lines = [": ".join(link)] if link else []
            return Weight.NOTE, _activity(row), text_of_html(row.get("content.body") or ""), lines
        case "CONVERSATION_STATUS_CHANGE":
            status = row.get("content.status") or "another status"
            return Weight.QUIET, "", f"set the conversation to {status.lower()}", []
        case "TOPIC_CHANGE":
            return Weight.QUIET, "", _topics(row), []
    if kind in CHANNELS:
        return Weight.MESSAGE, CHANNELS[kind], text, []
    return Weight.NOTE, kind.replace("_", " ").capitalize() or "Unknown", text or text_of_html(_body(row)), _raw(row)


def _body(row: Mapping[str, Any]) -> str:
    return row.get("content.body") or ""


def _raw(row: Mapping[str, Any]) -> list[str]:
    """What an item of an unknown kind holds, without its envelope."""
    content = _content(row)
    if not content:  # then the columns hold all of it
        told = ("content.type", "content.content", "content.body", "content.subject", "content.title")
        content = {
            name.removeprefix("content."): cell
            for name, cell in row.items()
            if name.startswith("content.") and name not in told and cell is not None
        }
    return [json.dumps(content, ensure_ascii=False)] if content else []


def _content(row: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        content = json.loads(row.get(RAW.name) or "{}").get("content")
    except (ValueError, AttributeError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _call(row: Mapping[str, Any]) -> Iterator[str]:
    numbers = [row.get("content.from"), *(row.get("content.to") or ())]
    if any(numbers):
        yield " to ".join(number for number in numbers if number)
    if row.get("content.type") == "PHONE_CALL" and not row.get("content.answeredAt"):
        yield "Not answered"
    responder = row.get("Responder")
    if responder:
        yield f"with {responder}"
    status = row.get("content.recordingSummary.status")
    if status and status != "READY":
        yield f"AI summary: {status.lower()}"


def _addresses(row: Mapping[str, Any]) -> Iterator[str]:
    for name, label in (("from", "From"), ("to", "To"), ("cc", "Cc"), ("bcc", "Bcc")):
        value = row.get(f"content.{name}")
        listed = [value] if isinstance(value, str) else list(value or ())
        if listed:
            yield f"{label} {', '.join(listed)}"


def _quick_reply(row: Mapping[str, Any]) -> Iterator[str]:
    data = _content(row).get("messageData")
    options = data.get("options") if isinstance(data, dict) else None
    if isinstance(options, list):
        labels = [option.get("label") for option in options if isinstance(option, dict)]
        yield "Offered: " + ", ".join(str(label) for label in labels if label)


def _activity(row: Mapping[str, Any]) -> str:
    told = row.get("content.activityType") or "activity"
    kind = CHANNELS.get(told) or told.replace("_", " ").capitalize()
    source = row.get("content.sourceName")
    return f"{kind} from {source}" if source else kind


def _topics(row: Mapping[str, Any]) -> str:
    parts = []
    for change, verb in (("added", "added"), ("removed", "removed")):
        names = row.get(f"Topics {change}") or row.get(f"content.{change}TopicIds") or ()
        if len(names):
            parts.append(f"{verb} {'topic' if len(names) == 1 else 'topics'} {', '.join(names)}")
    return " and ".join(parts) or "changed no topic"


def _attachments(records: Iterable[Mapping[str, Any]]) -> Iterator[Attachment]:
    for record in records:
        yield Attachment(
            name=record.get("filename") or "unnamed file",
            content_type=record.get("contentType") or "",
            bytes=record.get("fileSize"),
        )


def _seconds(row: Mapping[str, Any]) -> int | None:
    """How long a call was talked, or else how long its recording is."""
    answered, completed = (read_time(row.get(f"content.{name}") or "", UTC) for name in ("answeredAt", "completedAt"))
    if answered and completed and completed >= answered:
        return round((completed - answered).total_seconds())
    duration = row.get("content.recordingDuration")
    return duration if isinstance(duration, int) else None


def text_of_html(html: str) -> str:
    """What limited HTML says: tags and what is no text are gone, blocks begin a line, entities are characters.

    Only tags that HTML has are tags: `<ann@example.com>` is text.
    """
    if "<" not in html and "&" not in html:
        return html
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).splitlines())
    return "\n".join(line for line in lines if line)


class _Text(HTMLParser):
    """Collects the text between tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent += 1
        if tag in _BREAKS:
            self.pieces.append("\n")
        elif tag in _CELLS:
            self.pieces.append(" ")
        elif tag not in _SILENT:
            self.handle_data(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        if tag in _BREAKS:
            self.pieces.append("\n")
        elif tag not in _CELLS and tag not in _SILENT:
            self.handle_data(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)
