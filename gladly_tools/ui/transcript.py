"""A conversation to be read as a thread. Whatever a customer wrote is shown as text, never as markup."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import streamlit as st

from gladly_tools.api import Impatient, Paragraph
from gladly_tools.errors import GladlyToolsError
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.transcript import Entry, Side, Weight, entries
from gladly_tools.ui.account import base_path, browser_zone
from gladly_tools.ui.words import counted, exact_duration, plain, size
from gladly_tools.web.recordings import recording_link
from gladly_tools.web.vault import Session

PAGE_ENTRIES = 50
WIDTH = 900
LISTEN_SECONDS = 20.0
FACES = {
    Side.CUSTOMER: ("user", ":material/person:"),
    Side.COMPANY: ("assistant", ":material/support_agent:"),
    Side.MACHINE: ("assistant", ":material/smart_toy:"),
}


def show_transcript(session: Session, result: Result, job_id: str, place: str) -> None:
    """The thread of a table of conversation items; of one conversation at a time where it holds several."""
    table = Table(result)
    ids = _conversations(table)
    conversation_id = _chosen_conversation(ids, place)
    # Of a single conversation everything, also what names none.
    rows = _rows(table, conversation_id if len(ids) > 1 else None)
    everything = entries(rows)
    keys = {id(entry): f"{place}:{entry.id.strip() or f'#{number}'}" for number, entry in enumerate(everything)}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"thread bar:{place}"):
        words = st.text_input(
            "Search",
            placeholder="Search this conversation",
            icon=":material/search:",
            label_visibility="collapsed",
            key=f"thread search:{place}",
            persist_state="session",
            width=280,
        ).strip()
        zone = _zone(place)
        st.space("stretch")
        st.link_button("Open in Gladly", _address(session, rows, conversation_id), icon=":material/open_in_new:")
    found = [entry for entry in everything if not words or entry.holds(words)]
    st.caption(_summary(everything, zone))
    if words:
        st.caption(f"{counted(len(found), 'entry', 'entries')} with “{plain(words)}”.")
    pages = -(-len(found) // PAGE_ENTRIES)
    page = st.pagination(pages, key=f"thread page:{place}:{conversation_id}:{words}") if pages > 1 else 1
    shown = found[(page - 1) * PAGE_ENTRIES : page * PAGE_ENTRIES]
    with st.container(width=WIDTH, gap="small", key=f"thread:{place}"):
        for day, of_day in groupby(shown, key=lambda entry: _day(entry, zone)):
            with st.container(horizontal_alignment="center"):
                st.caption("Time unknown" if day is None else f"**{day:%A}, {day.day} {day:%B %Y}**", width="content")
            for entry in of_day:
                show_entry(session, entry, job_id, zone, (words,) if words else (), keys[id(entry)])


def _conversations(table: Table) -> Mapping[str, str]:
    """What tells the conversations apart, by id; the one with the latest item first."""
    latest = table.frame(
        'SELECT "conversationId" AS id, count(*) AS items, max("timestamp") AS latest FROM rows'
        " GROUP BY ALL ORDER BY latest DESC"
    )
    zone = browser_zone()
    labels: dict[str, str] = {}
    for conversation_id, items, at in latest.itertuples(index=False, name=None):
        if isinstance(conversation_id, str):
            when = "" if pd.isna(at) else f"Last item {_local(at.to_pydatetime(), zone):%d %b %Y, %H:%M}, "
            labels[conversation_id] = f"{when}{counted(items, 'item')} · {conversation_id}"
    return labels


def _chosen_conversation(labels: Mapping[str, str], place: str) -> str | None:
    """The conversation to read; a choice when there are several."""
    if len(labels) < 2:
        return next(iter(labels), None)
    return str(
        st.selectbox(
            "Conversation",
            list(labels),
            format_func=labels.__getitem__,
            key=f"thread of:{place}",
            persist_state="session",
            width=WIDTH,
        )
    )


def _rows(table: Table, conversation_id: str | None) -> list[Mapping[str, Any]]:
    only = Query()
    if conversation_id is not None:
        condition = Condition(column="conversationId", operator=Operator.ONE_OF, values=(conversation_id,))
        only = Query(conditions=(condition,))
    return [row for batch in table.batches(only) for row in batch.to_pylist()]


def _zone(place: str) -> str:
    zones = sorted(available_timezones())
    default = browser_zone()
    return str(
        st.selectbox(
            "Times in",
            zones,
            index=zones.index(default) if default in zones else zones.index("UTC"),
            key=f"thread zone:{place}",
            persist_state="session",
            label_visibility="collapsed",
            width=220,
        )
    )


def _address(session: Session, rows: Sequence[Mapping[str, Any]], conversation_id: str | None) -> str:
    """Where the conversation is in Gladly."""
    account = session.account
    host = account.url.rstrip("/") if account.url.startswith("https://") else f"https://{account.instance}"
    customer_id = next((row["customerId"] for row in rows if row.get("customerId")), "")
    return f"{host}/customer/{quote(str(customer_id), safe='')}/conversation/{quote(conversation_id or '', safe='')}"


def _summary(everything: Sequence[Entry], zone: str) -> str:
    counts = {weight: sum(entry.weight is weight for entry in everything) for weight in Weight}
    parts = [
        counted(counts[weight], noun)
        for weight, noun in ((Weight.MESSAGE, "message"), (Weight.CALL, "call"), (Weight.NOTE, "note or activity"))
        if counts[weight] and weight is not Weight.NOTE
    ]
    if counts[Weight.NOTE]:
        parts.append(counted(counts[Weight.NOTE], "note or activity", "notes and activities"))
    if counts[Weight.QUIET]:
        parts.append(counted(counts[Weight.QUIET], "change"))
    return plain(f"{', '.join(parts)} · times in {zone}")


def _day(entry: Entry, zone: str) -> date | None:
    return None if entry.at is None else _local(entry.at, zone).date()


def _clock(at: datetime | None, zone: str) -> str:
    return "time unknown" if at is None else f"{_local(at, zone):%H:%M:%S}"


def _local(at: datetime, zone: str) -> datetime:
    """The time in a zone; as it is where that would lie before the first year or after the last."""
    try:
        return at.astimezone(ZoneInfo(zone))
    except OverflowError:
        return at


def show_entry(
    session: Session, entry: Entry, job_id: str, zone: str, words: Sequence[str], place: str, *, day: bool = False
) -> None:
    """One entry, with the words in it marked; with its day where it stands alone."""
    when = _clock(entry.at, zone)
    if day and entry.at is not None:
        when = f"{_local(entry.at, zone):%d %b %Y}, {when}"
    match entry.weight:
        case Weight.QUIET:
            st.caption(f":material/history: {plain(f'{when} · {entry.who} {entry.text}')}")
        case Weight.NOTE:
            with st.container(border=True, gap=None):
                st.caption(f":material/sticky_note_2: **{plain(entry.channel)}** · {plain(f'{entry.who} · {when}')}")
                _body(entry, words)
        case _:
            name, face = FACES[entry.side]
            is_call = entry.weight is Weight.CALL
            with st.chat_message(name, avatar=":material/call:" if is_call else face), st.container(gap="xxsmall"):
                st.caption(f"**{plain(entry.who)}** · {plain(f'{entry.channel} · {when}')}")
                _body(entry, words)
                if is_call:
                    _call(session, entry, job_id, words, place)


def _body(entry: Entry, words: Sequence[str]) -> None:
    if entry.subject:
        _text(entry.subject, words, bold=True)
    if entry.text:
        _text(entry.text, words)
    for line in entry.details:
        st.caption(plain(line))
    for file in entry.attachments:
        about = ", ".join(part for part in (file.content_type, "" if file.bytes is None else size(file.bytes)) if part)
        st.caption(f":material/attach_file: {plain(f'{file.name} ({about})' if about else file.name)}")


def _text(text: str, words: Sequence[str], *, bold: bool = False) -> None:
    """Text as it is; where it holds what is searched for, that is marked."""
    if any(each.casefold() in text.casefold() for each in words):
        st.markdown(marked(text, words))
    elif bold:
        st.markdown(f"**{plain(text)}**")
    else:
        st.text(text)


def marked(text: str, words: Sequence[str]) -> str:
    """The text as markdown that shows it as it is, line by line, with every occurrence of the words on a color."""
    pattern = re.compile(f"({'|'.join(map(re.escape, words))})", re.IGNORECASE)
    return "  \n".join(
        "".join(
            f":yellow-background[{plain(part)}]" if pattern.fullmatch(part) else plain(part)
            for part in pattern.split(line)
            if part
        )
        for line in text.splitlines()
        if line.strip()
    )


def _call(session: Session, entry: Entry, job_id: str, words: Sequence[str], place: str) -> None:
    if entry.seconds is not None:
        st.caption(f":material/timer: {exact_duration(entry.seconds)}")
    if entry.summary:
        st.caption(":material/auto_awesome: **AI summary**")
        _text(entry.summary, words)
    if not entry.is_recorded_kind or not entry.id.strip():
        return  # without an id there is nothing to ask for
    with st.container(horizontal=True, gap="small"):
        if entry.has_recording and st.button("Play recording", icon=":material/play_circle:", key=f"play:{place}"):
            st.session_state[f"playing:{place}"] = True
        if entry.has_recording:
            st.link_button(
                "Save recording",
                _own_address(job_id, entry.id, save=True),
                icon=":material/download:",
                key=f"save:{place}",
            )
        if st.button("Voice transcript", icon=":material/record_voice_over:", key=f"voice:{place}"):
            st.session_state[f"voice read:{place}"] = _voice(session, entry.id)
    if st.session_state.get(f"playing:{place}"):
        address = _own_address(job_id, entry.id)
        # The player takes what is no whole address for a file of this machine.
        if address.startswith("http"):
            st.audio(address)
        else:
            st.link_button("Open the recording", address)
    if f"voice read:{place}" in st.session_state:
        _paragraphs(st.session_state[f"voice read:{place}"])


def _own_address(job_id: str, item_id: str, *, save: bool = False) -> str:
    """The recording's address at this portal, as the browser reaches it; a player needs the whole of it."""
    link = recording_link(job_id, item_id, save=save, base_path=base_path())
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}{link}" if here.netloc else link


def _voice(session: Session, item_id: str) -> tuple[Paragraph, ...] | str:
    """What was said, or why it cannot be shown."""
    try:
        with st.spinner("Asking Gladly…"):
            found = session.client.watched_by(Impatient(LISTEN_SECONDS)).conversations.transcript(item_id)
    except GladlyToolsError as error:
        return str(error)
    return found if found else "Gladly has no voice transcript of this call."


def _paragraphs(found: tuple[Paragraph, ...] | str) -> None:
    if isinstance(found, str):
        st.caption(f":material/info: {plain(found)}")
        return
    with st.container(border=True, gap="xxsmall"):
        for paragraph in found:
            speaker = "Somebody" if paragraph.speaker is None else f"Speaker {paragraph.speaker + 1}"
            begins = "" if paragraph.start_seconds is None else f" · {_mark(paragraph.start_seconds)}"
            st.caption(f"**{speaker}**{plain(begins)}")
            st.text(paragraph.text)


def _mark(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
