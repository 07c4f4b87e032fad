"""What changed in a configuration: which two states, counts by kind, the changes, and changed texts line by line."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from gladly_tools.comparing.configuration import SHAPES, Changes, Shape, compare
from gladly_tools.comparing.files import as_csv
from gladly_tools.results.download import file_name
from gladly_tools.transcript import text_of_html
from gladly_tools.ui.account import browser_zone
from gladly_tools.ui.compare_snapshots import kept_snapshots
from gladly_tools.ui.compare_states import Known, demo_past, how_old, how_to_get_one, known_states, of_one_kind
from gladly_tools.ui.compare_texts import changed_texts
from gladly_tools.ui.words import counted, moment, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

SHOWN_CHARACTERS = 300
# Side by side they are as wide as the table; on a narrow page they break into lines of two or three.
CARDS_WIDTH, CARD_GAP, WIDEST_CARD, NARROWEST_CARD = 976, 16, 176, 146
WIDTHS = {"Change": 95, "Name": 225, "ID": 185, "What": 80, "Before": 192, "After": 192}
WIDTHS_WITH_TEXTS = {"Change": 95, "Name": 165, "ID": 110, "Language": 78, "What": 180, "Before": 172, "After": 172}


def configuration_changes(session: Session, export: str) -> None:
    """Everything about the changes of one configuration export."""
    states = known_states(session, export)
    alike = of_one_kind(states, export)
    if len(alike) < 2:
        how_to_get_one(session, export, alike)
    else:
        before, after = _chosen(alike, export)
        how_old(export, alike[0])
        _shown(before, after, export)
    demo_past(session, states)
    kept_snapshots(session, export)


def _chosen(states: Sequence[Known], export: str) -> tuple[Known, Known]:
    """Which two; whichever order they are chosen in, the older one is before."""
    zone = browser_zone()
    by_key = {each.key: each for each in states}
    labels = {each.key: each.label(zone, newest=each is states[0]) for each in states}
    with st.container(horizontal=True, key="which states"):
        chosen = [
            st.selectbox(
                label,
                list(by_key),
                index=index,
                format_func=lambda key: labels.get(key, key),
                # Another key when there are other states, so that the newest is chosen anew.
                key=f"compare:{label}:{states[0].key}:{len(states)}",
                persist_state="session",
                width=440,
            )
            for label, index in (("Before", 1), ("After", 0))
        ]
    first, second = (by_key[key] for key in chosen)
    return (first, second) if first.first_at <= second.first_at else (second, first)


def _shown(before: Known, after: Known, export: str) -> None:
    if before is after:
        st.info("Both are the same state. Choose two different ones.", icon=":material/compare_arrows:")
        return
    shape, zone = SHAPES[export], browser_zone()
    for which, state in (("before", before), ("after", after)):
        if state.lacks_rows:
            st.warning(
                f"**Data is missing** in the state {which}, a partial result: what it lacks looks as if it was "
                f"{'added' if which == 'before' else 'removed'}.",
                icon=":material/warning:",
            )
    separator = str(after.asked.get("separator", portal().settings.topic_separator))
    found = _compared(before, after, shape, separator)
    said = [
        f"From {moment(before.last_at, zone)} to {moment(after.first_at, zone)}, {zone}",
        f"{counted(found.before, shape.noun, shape.nouns)} before, {found.after:,} after",
        *(f"{which}: {state.note}" for which, state in (("before", before), ("after", after)) if state.note),
    ]
    st.caption(plain(" · ".join(said)))
    if found.frame.empty:
        st.success(f"Nothing changed in the {shape.nouns}.", icon=":material/check_circle:")
        return
    _cards(found)
    _table(found, shape, export, f"{before.key}:{after.key}")
    changed_texts(found.frame, shape, f"{before.key}:{after.key}")


def _compared(before: Known, after: Known, shape: Shape, separator: str) -> Changes:
    """What changed; remembered for the two that are looked at, as their rows stay what they are."""
    two = (*((each.key, each.first_at, each.rows) for each in (before, after)), separator)
    kept: tuple[object, Changes] | None = st.session_state.get("compare:found")
    if kept is None or kept[0] != two:
        kept = two, compare(before.open(), after.open(), shape, separator=separator)
        st.session_state["compare:found"] = kept
    return kept[1]


def _cards(found: Changes) -> None:
    cards = len(found.counts)
    width = min(CARDS_WIDTH, WIDEST_CARD * cards)
    narrowest = min(NARROWEST_CARD, (CARDS_WIDTH + CARD_GAP) // cards - CARD_GAP)
    with st.grid(cards, min_column_width=narrowest, width=width, key="kinds of change"):
        for kind, count in found.counts.items():
            st.metric(kind.value, f"{count:,}", border=True)


def _table(found: Changes, shape: Shape, export: str, place: str) -> None:
    kinds = [kind.value for kind, count in found.counts.items() if count]
    with st.container(horizontal=True, vertical_alignment="bottom", key="changes bar"):
        chosen = st.pills(
            "Show only",
            kinds,
            selection_mode="multi",
            key=f"compare:kinds:{export}",
            persist_state="session",
            wrap=True,
        )
        st.space("stretch")
        frame = found.frame[found.frame["Change"].isin(chosen)] if chosen else found.frame
        st.download_button(
            "Download CSV",
            data=lambda: as_csv(frame, bom=True),
            file_name=file_name(f"{export}_changes{'_filtered' if chosen else ''}", "csv"),
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"compare:csv:{export}",
        )
    shown = frame.assign(Name=frame["Name"].map(_short))
    texts = frame["What"].isin(shape.texts)
    for name in ("Before", "After"):
        shown[name] = frame[name].where(~texts, frame[name].map(text_of_html)).map(_short)
    st.dataframe(
        _without_empty(shown),
        hide_index=True,
        height=min(38 + 35 * max(len(frame), 1), 640),
        placeholder="",
        column_config={
            name: st.column_config.TextColumn(width=width, pinned=name == "Change")
            for name, width in (WIDTHS_WITH_TEXTS if shape.texts else WIDTHS).items()
        },
        key=f"compare:table:{export}:{place}",
        alt=f"{len(frame)} changes: kind, name, ID, what it was before and after",
    )
    notes = [counted(len(frame), "change")]
    if len(frame) < len(found.frame):
        notes[0] += f" of {len(found.frame):,}"
    if found.carried:
        has = "has" if found.carried == 1 else "have"
        notes.append(
            f"{counted(found.carried, 'more ' + shape.noun, 'more ' + shape.nouns)} {has} another full name only "
            "because something above changed"
        )
    st.caption(plain(" · ".join(notes)))


def _short(text: str) -> str:
    """A cell that can be shown; the file has all of it."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _without_empty(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without columns that say nothing."""
    return frame.loc[:, [name for name in frame if name not in ("Language", "What") or frame[name].astype(bool).any()]]
