"""How conversations changed between two periods: figures in all, then a measure by inbox, channel, topic or agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from gladly_tools.charts import TopicCells
from gladly_tools.comparing.files import as_csv
from gladly_tools.comparing.numbers import (
    CONVERSATIONS,
    GROUPS,
    MEASURES,
    PERCENT,
    SMALL_GROUP,
    TOPIC_GROUPS,
    Period,
    changes,
    for_people,
    groups,
    headline,
    joined,
)
from gladly_tools.names import Names
from gladly_tools.results.download import file_name
from gladly_tools.ui.compare_drawing import change_bars
from gladly_tools.ui.compare_periods import Choice, chosen_periods
from gladly_tools.ui.compare_words import amount, change_of, days_of, is_none, percent_of, signed_number
from gladly_tools.ui.words import counted, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

PERIOD_EXPORTS = ("contact-information", "freeform-topics")
UNSIGNED = {True: "localized", False: "%.1f"}
NARROWEST_CARD = 170
# More of it is neither good nor bad; less is better; more is better.
DELTAS: Mapping[str, Any] = {
    "Conversations": "off",
    "First contact resolution": "normal",
}


def conversation_changes(session: Session, export: str) -> None:
    """Everything about the changes between two periods of an export of conversations."""
    chosen = chosen_periods(session, export)
    if chosen is None:
        return
    before, after = chosen
    per_day = _to_know(before, after)
    _cards(headline(before.period, after.period, per_day=per_day), per_day=per_day)
    _by_group(session, before.period, after.period, export, per_day=per_day)


def _to_know(before: Choice, after: Choice) -> bool:
    """Say what must be known of the two sides; returns whether numbers are meant for a day each."""
    old, new = before.period, after.period
    zones = f"days in {old.zone}" if old.zone == new.zone else f"days in {old.zone} before and in {new.zone} after"
    st.caption(plain(f"Before: {days_of(old)} · After: {days_of(new)} · {zones}, by when a conversation was created"))
    partial = [which for which, side in (("before", before), ("after", after)) if side.partial]
    if partial:
        where = "both results" if len(partial) == 2 else f"the result {partial[0]}"
        st.warning(f"**Data is missing** in {where}: partial, so its numbers are too low.", icon=":material/warning:")
    if before.asked != after.asked:
        st.info(
            f"The two were not asked alike. Before: {plain(before.job.title)}. After: {plain(after.job.title)}.",
            icon=":material/rule:",
        )
    shared = (min(old.last, new.last) - max(old.first, new.first)).days + 1
    if shared > 0:
        st.caption(f":material/info: {counted(shared, 'day belongs', 'days belong')} to both periods.")
    for which, side in (("before", before), ("after", after)):
        made = side.result.manifest.started.astimezone(ZoneInfo(side.period.zone))
        if made.date() <= side.period.last:
            at = f"{made:%Y-%m-%d} at {made:%H:%M}"
            st.caption(f":material/info: The period {which} was not over when it was exported, on {at}.")
    if old.days == new.days:
        return False
    return st.toggle(
        "Per day",
        value=True,
        key="compare:per day",
        persist_state="session",
        help=f"The periods are not equally long: {counted(old.days, 'day')} before, {counted(new.days, 'day')} after. "
        "Per day, numbers of conversations are divided by the days of their period.",
    )


def _cards(found: Mapping[str, Mapping[Any, Any]], *, per_day: bool) -> None:
    cards = st.grid(len(MEASURES), min_column_width=NARROWEST_CARD, key="measures")
    for measure in MEASURES:
        row = found[measure.label]
        with cards, st.container(border=True, height="stretch", gap=None):
            daily = per_day and measure is CONVERSATIONS
            change = change_of(row["change"], measure, daily=daily)
            unchanged = is_none(change)
            st.metric(
                f"{measure.label} per day" if daily else measure.short,
                amount(row["after"], measure, daily=daily),
                delta=change,
                delta_color="off" if unchanged else DELTAS.get(measure.label, "inverse"),
                delta_arrow="off" if unchanged else "auto",
            )
            share = "" if measure.is_rate else percent_of(row["percent"])
            was = f"before {amount(row['before'], measure, daily=daily)}"
            st.caption(plain(f"{was}, {share}" if share else was))
            if measure is not CONVERSATIONS:
                st.caption(plain(f"of {row['of_after']:,} {measure.of_words}, before {row['of_before']:,}"))


def _by_group(session: Session, before: Period, after: Period, export: str, *, per_day: bool) -> None:
    st.header("What changed most", anchor=False)
    group = str(
        st.segmented_control(
            "By",
            list(GROUPS),
            default="Inbox",
            required=True,
            key="compare:group",
            persist_state="session",
            format_func=lambda name: f"By {name.lower()}",
            label_visibility="collapsed",
            wrap=True,
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="by group bar"):
        by_label = {measure.label: measure for measure in MEASURES}
        label = st.selectbox(
            "Measure",
            list(by_label),
            key="compare:measure",
            persist_state="session",
            label_visibility="collapsed",
            width=280,
        )
        st.space("stretch")
        download = st.container(width="content")
    measure = by_label[label]
    topics = _topics(session) if group in TOPIC_GROUPS else TopicCells()
    days = (before.days, after.days) if per_day else None
    frame = changes(joined(*(groups(side, group, topics, [measure]) for side in (before, after))), measure, days=days)
    if frame.empty:
        st.info("There are no conversations in either period.", icon=":material/inbox:")
        return
    shown = for_people(frame, measure, group, per_day=per_day)
    download.download_button(
        "Download CSV",
        data=lambda: as_csv(shown, bom=True),
        file_name=file_name(f"{export}_{measure.label}_by_{group}_changes".lower(), "csv"),
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="compare:csv:groups",
    )
    daily = per_day and measure is CONVERSATIONS
    with st.container(border=True):
        change_bars(frame, measure, group, daily=daily)
    _table(shown, group)
    st.caption(plain(" ".join(_notes(frame, group, before, after))))


def _table(shown: pd.DataFrame, group: str) -> None:
    """The frame as a file holds it, with short headings: what the numbers are stands above it."""
    config: dict[str, Any] = {group: st.column_config.TextColumn(pinned=True, width="medium")}
    signs: dict[str, str | Callable[[object], str] | None] = {}
    for name in (str(name) for name in shown if name not in (group, f"{group} ID", "Note")):
        signed = name.startswith("Change")
        is_whole = shown[name].dtype.kind != "f"
        heading = name.partition(",")[0]
        if name.startswith("Conversations"):
            heading = f"Conversations {name.rpartition(', ')[2]}"
        elif name == PERCENT:
            heading = "Change, %"
        # A format of the column would write a sign before a nothing, too.
        format = None if signed else UNSIGNED[is_whole]
        config[name] = st.column_config.NumberColumn(heading, help=name, format=format)
        if signed:
            signs[name] = partial(signed_number, digits=0 if is_whole else 1)
    names = [name for name in shown if name != f"{group} ID"]
    st.dataframe(
        shown[[*names, *(name for name in shown if name not in names)]].style.format(signs, na_rep=""),
        hide_index=True,
        placeholder="",
        height=min(38 + 35 * len(shown), 500),
        column_config=config,
        key=f"compare:groups:{group}:{shown.columns[1]}:{shown.columns[2]}",
        alt=f"Before, after and change of each {group.lower()}, the greatest change first",
    )


def _notes(frame: pd.DataFrame, group: str, before: Period, after: Period) -> Sequence[str]:
    states = frame["state"].value_counts()
    notes = [f"{counted(len(frame), 'group')}, the greatest change first."]
    for state, words in (("new", "had no conversation before"), ("gone", "has none any more")):
        if states.get(state, 0):
            notes.append(f"{state.capitalize()}: {words} ({states[state]:,}).")
    if frame["is_small"].any():
        notes.append(f"*\u00a0made of fewer than {SMALL_GROUP} conversations, so take with care.")
    if group in TOPIC_GROUPS:
        notes.append("A conversation with several topics counts once in each of them.")
    if before.zone != after.zone:
        notes.append("The days are those of different time zones.")
    return notes


def _topics(session: Session) -> TopicCells:
    """How topics are told apart; names with a comma only where the account exported its topics."""
    known = Names(portal().runs, session.account).topics()
    return TopicCells(separator=portal().settings.topic_separator, known=known)
