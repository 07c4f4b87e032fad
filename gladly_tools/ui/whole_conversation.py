"""The whole conversation of a match: from what was exported where that is still there, else as it is in Gladly now."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import streamlit as st

from gladly_tools.api import Impatient
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports.conversation_items import fetch
from gladly_tools.exports.file_export import FileExportParameters
from gladly_tools.exports.inputs import load_parameters
from gladly_tools.exports.whole_conversation import MOST_BYTES, MOST_ITEMS, find_kept
from gladly_tools.items import item_row, order_of
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.transcript import entries
from gladly_tools.ui.table_rows import plain_rows
from gladly_tools.ui.transcript import PAGE_ENTRIES, show_entry
from gladly_tools.ui.words import counted, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.recordings import note_calls
from gladly_tools.web.vault import Session

ASK_SECONDS = 30.0
DRAW_SECONDS = 0.2
MOST_REMEMBERED = 5
_REMEMBERED = "whole conversations"
_OWN_DAYS = "Export files hold what happened in their own days, and not every kind of item; Gladly has the rest."


class Origin(StrEnum):
    """Where a whole conversation was read, in words."""

    RESULT = "From this result; nothing was asked of Gladly"
    KEPT = "From the export files as they were kept; nothing was asked of Gladly"
    GLADLY = "As it is in Gladly now"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A conversation's items as rows, oldest first; where they are from, and what must be known of them."""

    origin: Origin
    rows: Sequence[Mapping[str, Any]]
    remarks: tuple[str, ...] = ()


@st.dialog("Whole conversation", width="large", icon=":material/forum:")
def whole_conversation(
    session: Session, result: Result, conversation_id: str, job_id: str, zone: str, words: Sequence[str]
) -> None:
    """Show a conversation; read once, and remembered while a few others are read."""
    remembered: OrderedDict[tuple[str, str], Told] = st.session_state.setdefault(_REMEMBERED, OrderedDict())
    key = (job_id, conversation_id)
    told = remembered.get(key)
    try:
        if told is None:
            told = _kept(session, result, conversation_id) or _asked(session, conversation_id)
            told = _named(told, result)
        if told.origin is not Origin.GLADLY and st.button(
            "See it as it is in Gladly now", icon=":material/cloud_download:", type="tertiary", key=f"now:{job_id}"
        ):
            told = _named(_asked(session, conversation_id), result)
    except GladlyToolsError as error:
        st.error(plain(error), icon=":material/error:")
        if told is None:
            return
    remembered[key] = told
    remembered.move_to_end(key)
    while len(remembered) > MOST_REMEMBERED:
        remembered.popitem(last=False)
    found = entries(told.rows)
    note_calls(result, conversation_id, [entry.id for entry in found if entry.has_recording])
    st.caption(plain(f"{told.origin}: {counted(len(found), 'item')} · times in {zone}"))
    for remark in told.remarks:
        st.caption(f":material/info: {plain(remark)}")
    pages = -(-len(found) // PAGE_ENTRIES)
    page = st.pagination(pages, key=f"whole page:{job_id}:{conversation_id}") if pages > 1 else 1
    first = (page - 1) * PAGE_ENTRIES
    for number, entry in enumerate(found[first : first + PAGE_ENTRIES], start=first):
        place = f"dialog:{conversation_id}:{told.origin.name}:{number}"
        show_entry(session, entry, job_id, zone, words, place, day=True)


def _kept(session: Session, result: Result, conversation_id: str) -> Told | None:
    """The conversation without a request: of the result where that has all of it, else of the kept files."""
    try:
        asked = load_parameters(FileExportParameters, result.manifest.parameters)
    except InputError:  # written by an older version, which asked otherwise
        return None
    if result.is_finished and (asked.whole_conversations or asked.criteria.takes_all):
        return _of_result(result, conversation_id)
    with st.spinner("Looking for the conversation in the export files…"):
        bar, drawn = st.empty(), 0.0

        def watch(share: float) -> None:
            nonlocal drawn
            if time.monotonic() - drawn > DRAW_SECONDS:
                drawn = time.monotonic()
                bar.progress(share)  # also ends the search when the person closed the dialog

        found = find_kept(portal().runs.kept.of(session.account.owner), asked.where, conversation_id, watch=watch)
        bar.empty()
    if found is None or not found.rows:
        return None
    remarks = [_OWN_DAYS]
    if found.not_kept:
        is_one = found.not_kept == 1
        remarks.append(f"{counted(found.not_kept, 'file')} of this search {'is' if is_one else 'are'} no longer kept.")
    return _told(Origin.KEPT, found.rows, remarks, is_cut=found.is_cut)


def _of_result(result: Result, conversation_id: str) -> Told | None:
    condition = Condition(column="conversationId", operator=Operator.ONE_OF, values=(conversation_id,))
    frame = Table(result).page(Query(conditions=(condition,)), limit=MOST_ITEMS + 1)
    rows = sorted(plain_rows(frame), key=order_of)
    return _told(Origin.RESULT, rows, [_OWN_DAYS]) if rows else None


def _asked(session: Session, conversation_id: str) -> Told:
    with st.spinner("Asking Gladly…"):
        fetched = fetch(session.client.watched_by(Impatient(ASK_SECONDS)), conversation_id)
    return _told(Origin.GLADLY, [item_row(item) for item in fetched.items], [], is_cut=fetched.cut)


def _told(origin: Origin, rows: Sequence[Mapping[str, Any]], remarks: Sequence[str], *, is_cut: bool = False) -> Told:
    """No more than may be remembered."""
    size, taken = 0, 0
    for row in rows[:MOST_ITEMS]:
        size += sum(len(cell) for cell in row.values() if isinstance(cell, str))
        if size > MOST_BYTES:
            break
        taken += 1
    if is_cut or taken < len(rows):
        remarks = [*remarks, "The conversation is longer than what is read here; export it to have all of it."]
    return Told(origin=origin, rows=rows[:taken], remarks=tuple(remarks))


def _named(told: Told, result: Result) -> Told:
    """With names beside the ids, as far as the result knows them."""
    columns = ("initiator.id", "responder.id")
    people = {str(row[name]) for row in told.rows for name in columns if row.get(name)}
    topics = {str(topic) for row in told.rows for change in ("added", "removed") for topic in _topics(row, change)}
    names = {**_names(result, "customers", people), **_names(result, "agents", people)}
    topic_names = _names(result, "topics", topics)
    rows = [
        {
            **row,
            "Initiator": names.get(str(row.get("initiator.id"))),
            "Responder": names.get(str(row.get("responder.id"))),
            **{
                f"Topics {change}": [topic_names.get(str(topic), str(topic)) for topic in _topics(row, change)]
                for change in ("added", "removed")
            },
        }
        for row in told.rows
    ]
    return replace(told, rows=rows)


def _topics(row: Mapping[str, Any], change: str) -> Sequence[Any]:
    found = row.get(f"content.{change}TopicIds")
    return found if isinstance(found, list) else ()


def _names(result: Result, table: str, ids: Iterable[str]) -> Mapping[str, str]:
    part = result.tables.get(table)
    wanted = tuple(sorted(ids))
    if part is None or not wanted:
        return {}
    query = Query(conditions=(Condition(column="id", operator=Operator.ONE_OF, values=wanted),))
    rows = plain_rows(Table(part).page(query, columns=["id", "name"], limit=len(wanted)))
    return {row["id"]: row["name"] for row in rows if row["id"] and row["name"]}
