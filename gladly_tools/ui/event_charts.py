"""The story of one conversation, told from its events, when the filters leave only one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from gladly_tools import event_figures
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table
from gladly_tools.ui.words import duration, plain

MOST_OF_A_STORY = 500


@dataclass(frozen=True, kw_only=True)
class StoryColumns:
    """Which columns of an export of events say what, when and by whom."""

    conversation: str
    time: str
    type: str
    who: str


STORIES: Mapping[str, StoryColumns] = {
    "events": StoryColumns(conversation="content.conversationId", time="timestamp", type="type", who="initiator"),
    "event-history": StoryColumns(
        conversation="Conversation ID", time="Timestamp", type="Event Type", who="Initiator Agent Name"
    ),
}
"""The exports whose rows tell stories of conversations."""


def story(columns: StoryColumns, table: Table, query: Query, zone: str) -> None:
    """The story when it is of one conversation; else what to filter for one."""
    conversation = event_figures.only_conversation(table, query, columns.conversation)
    if conversation is None:
        st.caption(
            f":material/forum: Filter one {plain(columns.conversation)} to read that conversation's story here, "
            "step by step."
        )
        return
    with st.container(border=True):
        _story(columns, table, query, zone, conversation)


def _story(columns: StoryColumns, table: Table, query: Query, zone: str, conversation: str) -> None:
    """The events of one conversation, oldest first, in words."""
    st.markdown(f"**Story of conversation {plain(conversation)}**")
    time, type, who = columns.time, columns.type, columns.who
    frame = table.page(query, [time, type, who], limit=MOST_OF_A_STORY)
    if pd.api.types.is_datetime64_any_dtype(frame[time]):
        frame = frame.sort_values(time, kind="stable")
        begin = frame[time].min()
        when = [f"{at.tz_convert(zone):%-d %b %H:%M:%S}" if at is not pd.NaT else "" for at in frame[time]]
        after = ["" if at is pd.NaT else duration((at - begin).total_seconds()) for at in frame[time]]
    else:
        when, after = list(frame[time]), [""] * len(frame)
    st.dataframe(
        pd.DataFrame(
            {
                "When": when,
                "After": after,
                "What": [in_words(str(what)) for what in frame[type]],
                "By": frame[who].fillna("").to_list(),
            }
        ),
        hide_index=True,
        height=min(38 + 35 * len(frame), 430),
        alt=f"The {len(frame)} events of the conversation, oldest first",
    )
    st.caption(plain(f"Times in {zone}; After is the time since the first event here."))


def in_words(type_: str) -> str:
    """An event type as people say it: `Conversation topic added`."""
    return type_.replace("/", " ").replace("_", " ").capitalize()
