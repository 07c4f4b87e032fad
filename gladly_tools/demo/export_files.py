"""The lines of exported files, made while they are read: a day of a big company never lies in memory."""

from __future__ import annotations

import codecs
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from gladly_tools.demo import shapes
from gladly_tools.demo.export_jobs import KEPT_FOR, ExportJob
from gladly_tools.demo.ids import seeded
from gladly_tools.demo.items import Item
from gladly_tools.demo.lifespans import Lifespans
from gladly_tools.demo.outside import OutsideItem, outside_items

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company

_DAY = dt.timedelta(days=1)
_SORTED = 1000  # lines that wait for their turn
_DISORDER = 120_000  # milliseconds
_NOT_EXPORTED = frozenset({"TWITTER", "VOICE_AI_MESSAGE"})
_BAD_ADDRESS = "7@post.example"  # how the addresses end that no mail reaches
_REDACTED = "Removed at the customer's request."
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class ExportFiles:
    """The files of every job; the same job has the same bytes at any time."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._lifespans = Lifespans(company)

    def lines(self, job: ExportJob, filename: str) -> Iterator[bytes]:
        """The lines of one file with their ends. Raises KeyError when the job has no such file."""
        if filename not in job.files:
            raise KeyError(filename)
        if filename == "conversation_items.jsonl":
            return _roughened(self._items(job), job)
        if filename == "customers.jsonl":
            return self._customers(job)
        company = self._company
        records = map(shapes.agent, company.agents) if filename == "agents.jsonl" else map(shapes.topic, company.topics)
        return (_encoded(record) + b"\n" for record in records)

    def _items(self, job: ExportJob) -> Iterator[bytes]:
        """Nearly in the order of their times; those of conversations that began long before come last in a day."""
        chance = seeded(self._company.seed, "order", job.id)
        is_change_due = job.schedule_id is None
        waiting: list[tuple[dt.datetime, int, bytes]] = []
        reached = job.start_at
        for count, (begun, item) in enumerate(self._found(job)):
            if isinstance(item, OutsideItem):
                line = item.line
            else:
                if is_change_due and isinstance(item.content.get("content"), str):
                    # A job that was made later knows what has changed since the nightly ones.
                    item = replace(item, content={**item.content, "content": _REDACTED})
                    is_change_due = False
                line = _encoded(shapes.exported_item(item))
            at = item.at + dt.timedelta(milliseconds=chance.randrange(_DISORDER))
            heappush(waiting, (at, count, line))
            reached = max(reached, begun)
            while waiting and (waiting[0][0] < reached or len(waiting) > _SORTED):
                yield heappop(waiting)[2]
        while waiting:
            yield heappop(waiting)[2]

    def _customers(self, job: ExportJob) -> Iterator[bytes]:
        """Whoever an item of the window belongs to, under the id that the item names."""
        seen = set()
        for _, item in self._found(job):
            if item.customer_id not in seen:
                seen.add(item.customer_id)
                customer = self._company.customers[item.customer_id]
                yield _encoded(shapes.exported_customer(customer, item.customer_id)) + b"\n"

    def _found(self, job: ExportJob) -> Iterator[tuple[dt.datetime, Item | OutsideItem]]:
        """The items of the window, conversation by conversation, each with when its conversation began."""
        begin = job.start_at
        while begin < job.end_at:
            end = min(begin + _DAY, job.end_at)
            for outside in outside_items(self._company, begin, end):
                yield begin, outside
            for conversation in self._lifespans.within(begin, end):
                for item in self._company.items_of(conversation, job.updated_at):
                    if begin <= item.at < end and _is_exported(item):
                        yield conversation.created_at, item
            begin = end


def _is_exported(item: Item) -> bool:
    """Whether exports name its type, and it was delivered; what a rule answers by itself is left out as well."""
    if item.type in _NOT_EXPORTED:
        return False
    if item.type in ("EMAIL", "SMS") and item.initiator is not None and item.initiator.type == "AUTOMATION":
        return False
    receivers = item.content.get("to")
    is_lost = isinstance(receivers, list) and all(str(one).endswith(_BAD_ADDRESS) for one in receivers)
    return not is_lost


def _roughened(lines: Iterator[bytes], job: ExportJob) -> Iterator[bytes]:
    """The lines with their ends, and with what real files hold besides: blank lines, in some files one that was cut.

    A cut line is in jobs of more or less than a day alone: a daily one can be read whole. Of 14 of those in a row one
    begins with a byte order mark, and one has no end of its last line.
    """
    day = job.start_at.toordinal() % KEPT_FOR.days
    is_whole_day = job.end_at - job.start_at == _DAY
    chance = seeded(0, "rough", job.id)
    cut, blank = chance.randrange(1, 4), chance.randrange(1, 4)
    before = codecs.BOM_UTF8 if is_whole_day and day == 3 else b""
    for place, line in enumerate(lines):
        if place:
            yield before
            before = b""
        if place == cut and not is_whole_day:
            yield line[: len(line) // 2] + b"\n"
        if place % 400 == blank:
            yield b"\n" if place == blank else b"  \n"
        before += line + (b"\r\n" if place % 37 == 3 else b"\n")
    if before:
        yield before.rstrip() if is_whole_day and day == 8 else before


def _encoded(record: shapes.Json) -> bytes:
    # Half an emoji goes out as the escape that stands for it.
    return _ENCODER.encode(record).encode(errors="backslashreplace")
