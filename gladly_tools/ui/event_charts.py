"""Pictures of events: how many happened when, what agents were there for, the story of one conversation."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import altair as alt
import pandas as pd
import streamlit as st

from gladly_tools import event_figures
from gladly_tools.event_figures import State
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table
from gladly_tools.ui.drawing import draw, is_dark, legend, palette, wall
from gladly_tools.ui.words import counted, duration, plain

CHART_HEIGHT = 260
LANE_HEIGHT = 26
MOST_LANES = 30
MOST_OF_A_STORY = 500
OTHER_COLOR = "#98a39e"
STATE_COLORS = {
    State.AVAILABLE: "#2e8b57",
    State.FOCUS: "#3f7fb5",
    State.UNAVAILABLE: "#c9a227",
    State.AWAY: "#b5651d",
    State.LOGGED_OUT: "#7b8782",
    State.UNKNOWN: "#dde3e0",
}
UNKNOWN_IN_DARK = "#2c3531"


def event_charts(table: Table, query: Query, zone: str) -> None:
    """Events by time and type, the agents' availability, and a conversation's story when one is filtered."""
    conversation = event_figures.only_conversation(table, query, "content.conversationId")
    if conversation is not None:
        with st.container(border=True):
            _story(table, query, zone, conversation, time="timestamp", type="type", who="initiator")
    with st.container(border=True):
        _per_step(table, query, zone, time="timestamp", type="type")
    agents = event_figures.agents_of(table, query)
    with st.container(border=True):
        _availability(table, agents, zone)
    if conversation is None:
        st.caption(
            ":material/forum: Filter one content.conversationId to read that conversation's story here, step by step."
        )


def event_history_charts(table: Table, query: Query, zone: str) -> None:
    """Reported events by time and type, and a conversation's story when one is filtered."""
    conversation = event_figures.only_conversation(table, query, "Conversation ID")
    if conversation is not None:
        with st.container(border=True):
            _story(
                table,
                query,
                zone,
                conversation,
                time="Timestamp",
                type="Event Type",
                who="Initiator Agent Name",
            )
    with st.container(border=True):
        _per_step(table, query, zone, time="Timestamp", type="Event Type")
    if conversation is None:
        st.caption(":material/forum: Filter one Conversation ID to read that conversation's story here, step by step.")


def _per_step(table: Table, query: Query, zone: str, *, time: str, type: str) -> None:
    minutes = event_figures.step_minutes(table, query, time)
    frame = event_figures.per_step(table, query, minutes, time=time, type=type)
    step = "minute" if minutes == 1 else duration(minutes * 60)
    st.markdown(f"**Events per {step}, by type**")
    if frame.empty:
        st.caption("No event here has a time that could be read.")
        return
    totals = frame.groupby("type")["events"].sum().sort_values(ascending=False)
    order = [name for name in totals.index if name != event_figures.OTHER]
    order += [event_figures.OTHER] if event_figures.OTHER in totals.index else []
    width = timedelta(minutes=minutes)
    drawn = frame.assign(
        begin=[wall(start.to_pydatetime(), zone) for start in frame["start"]],
        end=[wall(start.to_pydatetime() + width, zone) for start in frame["start"]],
        rank=[order.index(name) for name in frame["type"]],
    ).sort_values(["begin", "rank"])
    # Stacked here: a bar with a beginning and an end in time is not stacked by itself.
    drawn["high"] = drawn.groupby("begin")["events"].cumsum()
    drawn["low"] = drawn["high"] - drawn["events"]
    colors = [
        OTHER_COLOR if name == event_figures.OTHER else color
        for name, color in zip(order, [*palette(), OTHER_COLOR], strict=False)
    ]
    drawn = drawn.drop(columns="start")
    chart = (
        alt.Chart(drawn)
        .mark_rect()
        .encode(
            x=alt.X("begin:T", title=None, axis=alt.Axis(labelOverlap=True, labelAngle=0)),
            x2="end:T",
            y=alt.Y("low:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            y2="high:Q",
            color=alt.Color(
                "type:N",
                scale=alt.Scale(domain=order, range=colors),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("begin:T", title="From", format="%-d %b %H:%M"),
                alt.Tooltip("type:N", title="Type"),
                alt.Tooltip("events:Q", title="Events", format=","),
            ],
        )
        .properties(height=CHART_HEIGHT)
    )
    counted_types = [(name, f"{name} {totals[name]:,}") for name in order]
    draw(chart, alt=f"Bars: events per {step} by type; in all {', '.join(words for _, words in counted_types)}")
    legend((color, words) for color, (_, words) in zip(colors, counted_types, strict=True))
    st.caption(plain(f"{counted(int(totals.sum()), 'event')}. Times in {zone}."))


def _availability(table: Table, agents: list[tuple[str, str]], zone: str) -> None:
    st.markdown(
        "**Agents' availability**",
        help="From all availability and status events of the result, whatever the filters; filters choose the agents.",
    )
    bounds = table.bounds("timestamp")
    if not agents or bounds is None:
        st.caption(
            "None in this result. It is drawn from the entity types AGENT_AVAILABILITY and AGENT_STATUS; where these "
            "were exported, no agent changed in the window."
        )
        return
    shown = _with_own_names(agents[:MOST_LANES])
    events = event_figures.agent_events(table, [agent_id for agent_id, _ in shown])
    spans = event_figures.availability(events, shown, *bounds)
    present = [state for state in State if any(span.state is state for span in spans)]
    frame = pd.DataFrame(
        {
            "agent": [span.agent for span in spans],
            "state": [span.state.value for span in spans],
            "begin": [wall(span.start, zone) for span in spans],
            "end": [wall(span.end, zone) for span in spans],
            "lasts": [duration((span.end - span.start).total_seconds()) for span in spans],
            "channels": [", ".join(span.available_for).lower() or "nothing" for span in spans],
        }
    )
    chart = (
        alt.Chart(frame)
        .mark_bar(height=14)
        .encode(
            x=alt.X("begin:T", title=None, axis=alt.Axis(labelOverlap=True, labelAngle=0)),
            x2="end:T",
            y=alt.Y("agent:N", title=None, sort=[name for _, name in shown], axis=alt.Axis(labelLimit=160)),
            color=alt.Color(
                "state:N",
                scale=alt.Scale(
                    domain=[state.value for state in present], range=[_state_color(state) for state in present]
                ),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("agent:N", title="Agent"),
                alt.Tooltip("state:N", title="State"),
                alt.Tooltip("channels:N", title="Available for"),
                alt.Tooltip("begin:T", title="From", format="%-d %b %H:%M:%S"),
                alt.Tooltip("end:T", title="To", format="%-d %b %H:%M:%S"),
                alt.Tooltip("lasts:N", title="Lasts"),
            ],
        )
        .properties(height=LANE_HEIGHT * len(shown) + 40)
    )
    draw(chart, alt="One lane an agent: " + "; ".join(_lane_words(name, spans) for _, name in shown))
    legend((_state_color(state), state.value) for state in present)
    left_out = f" {len(agents) - len(shown)} more agents are not shown." if len(agents) > len(shown) else ""
    st.caption(
        plain(f"Times in {zone}. Before an agent's first event here, nothing is known of them: unknown.{left_out}")
    )


def _state_color(state: State) -> str:
    """Its color; what is unknown stays in the background."""
    return UNKNOWN_IN_DARK if state is State.UNKNOWN and is_dark() else STATE_COLORS[state]


def _with_own_names(agents: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Agents who share a name get a bit of their id with it."""
    counts = Counter(name for _, name in agents)
    return [(id_, name if counts[name] == 1 else f"{name} ({id_[:6]})") for id_, name in agents]


def _lane_words(name: str, spans: list[event_figures.AgentSpan]) -> str:
    seconds: Counter[State] = Counter()
    for span in spans:
        if span.agent == name:
            seconds[span.state] += round((span.end - span.start).total_seconds())
    return f"{name} " + ", ".join(f"{state.value.lower()} {duration(count)}" for state, count in seconds.most_common())


def _story(table: Table, query: Query, zone: str, conversation: str, *, time: str, type: str, who: str) -> None:
    """The events of one conversation, oldest first, in words."""
    st.markdown(f"**Story of conversation {plain(conversation)}**")
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
