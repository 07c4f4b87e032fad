"""Charts of a result, following its filters; each with words for those who cannot see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import altair as alt
import pandas as pd
import streamlit as st

from gladly_tools import insights
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table
from gladly_tools.ui.drawing import draw, ink
from gladly_tools.ui.event_charts import event_charts, event_history_charts
from gladly_tools.ui.words import counted, plain

SMALL_GROUP = 5
CHART_HEIGHT = 260


def contact_information_charts(table: Table, query: Query, zone: str) -> None:
    """Headline figures, conversations per day, channel mix and handle times of the filtered conversations."""
    _headline(insights.figures(table, query))
    left, right = st.columns([3, 2])
    with left, st.container(border=True, height="stretch"):
        _per_day(insights.conversations_per_day(table, query, zone), zone)
    with right, st.container(border=True, height="stretch"):
        _channels(insights.channel_mix(table, query))
    with st.container(border=True):
        _handle_time(table, query)


def _headline(found: insights.Figures) -> None:
    rate = "none" if found.fcr_rate is None else f"{found.fcr_rate:.1%}"
    cards = (
        ("Conversations", f"{found.conversations:,}", f"{found.customers:,} different customers"),
        ("Median handle time", minutes(found.median_minutes), f"of {found.with_handle_time:,} with a handle time"),
        ("90th percentile", minutes(found.p90_minutes), "9 in 10 handle times are below"),
        ("First contact resolution", rate, f"of {found.fcr_eligible:,} eligible"),
    )
    for place, (label, value, basis) in zip(st.columns(len(cards)), cards, strict=True):
        with place, st.container(border=True, height="stretch", gap=None):
            st.metric(label, value)
            st.caption(basis)


def minutes(amount: float | None) -> str:
    """Minutes as people say them."""
    if amount is None:
        return "none"
    if amount < 1:
        return f"{amount * 60:.0f} s"
    return f"{amount:.1f} min" if amount < 120 else f"{amount / 60:.1f} h"


def _per_day(frame: pd.DataFrame, zone: str) -> None:
    st.markdown("**Conversations per day**")
    if frame.empty:
        st.caption("No conversation here has a creation time that could be read.")
        return
    busiest = frame.iloc[int(frame["conversations"].argmax())]
    # A narrow range shows each day, a long one as many ticks as fit.
    chart = (
        alt.Chart(frame)
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X(
                "yearmonthdate(day):O", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True, labelAngle=0)
            ),
            y=alt.Y("conversations:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            tooltip=[
                alt.Tooltip("day:T", title="Day", format="%a %-d %b %Y"),
                alt.Tooltip("conversations:Q", title="Conversations", format=","),
            ],
        )
        .properties(height=CHART_HEIGHT)
    )
    draw(
        chart,
        alt=f"Bars: conversations on each of {len(frame)} days; most on {busiest['day']:%d %B %Y}, "
        f"{busiest['conversations']}",
    )
    st.caption(plain(f"Days begin and end in {zone}."))


def _channels(frame: pd.DataFrame) -> None:
    st.markdown("**Channel mix**", help="The channel of each conversation's first contact.")
    frame = frame.assign(label=[f"{share:.0%}" for share in frame["share"]])
    base = alt.Chart(frame).encode(
        y=alt.Y("channel:N", sort=None, title=None, axis=alt.Axis(labelLimit=140)),
        x=alt.X("conversations:Q", title=None, axis=alt.Axis(tickMinStep=1)),
        tooltip=[
            alt.Tooltip("channel:N", title="Channel"),
            alt.Tooltip("conversations:Q", title="Conversations", format=","),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    chart = base.mark_bar(cornerRadiusEnd=2) + base.mark_text(align="left", dx=4, color=ink()).encode(text="label:N")
    words = ", ".join(f"{row.channel} {row.share:.0%}" for row in frame.itertuples())
    draw(chart.properties(height=CHART_HEIGHT), alt=f"Bars: first channels; {words}")
    st.caption("By the channel of the first contact.")


def _handle_time(table: Table, query: Query) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(
            "**Handle time**", help="Agents' handle time of a conversation in all, in minutes.", width="content"
        )
        group = str(
            st.segmented_control(
                "Handle time by",
                list(insights.GROUPS),
                default="Inbox",
                required=True,
                key="handle time by",
                persist_state="session",
                format_func=lambda name: f"By {name.lower()}",
                label_visibility="collapsed",
            )
        )
    spread = insights.handle_time_distribution(table, query)
    if spread.empty:
        st.caption("No conversation here has a handle time yet.")
        return
    left, right = st.columns([2, 3])
    with left:
        _distribution(spread, insights.figures(table, query))
    with right:
        _by_group(insights.handle_time_by(table, query, group), group, insights.group_count(table, query, group))


def _distribution(spread: pd.DataFrame, found: insights.Figures) -> None:
    # The bin of the longest reaches up to the very longest; drawn as wide as the others, and named below.
    width = spread.loc[~spread["beyond"], "to_minutes"] - spread.loc[~spread["beyond"], "from_minutes"]
    drawn = spread.assign(
        end=spread["to_minutes"].where(~spread["beyond"], spread["from_minutes"] + width.max()),
        words=[
            f"{low:.1f} to {high:.1f} min"
            for low, high in zip(spread["from_minutes"], spread["to_minutes"], strict=True)
        ],
    )
    bars = (
        alt.Chart(drawn)
        .mark_bar()
        .encode(
            x=alt.X("from_minutes:Q", bin="binned", title="Minutes", scale=alt.Scale(nice=False)),
            x2="end:Q",
            y=alt.Y("conversations:Q", title="Conversations", axis=alt.Axis(tickMinStep=1)),
            tooltip=[
                alt.Tooltip("words:N", title="Handle time"),
                alt.Tooltip("conversations:Q", title="Conversations", format=","),
            ],
        )
    )
    marks = pd.DataFrame(
        {
            "minutes": [found.median_minutes, found.p90_minutes],
            "name": [f"Median {minutes(found.median_minutes)}", f"90th percentile {minutes(found.p90_minutes)}"],
        }
    )
    rules = (
        alt.Chart(marks)
        .mark_rule(strokeWidth=2, strokeDash=[4, 3])
        .encode(
            x="minutes:Q",
            color=alt.Color(
                "name:N",
                title=None,
                sort=None,
                legend=alt.Legend(orient="top", columns=1),
                scale=alt.Scale(range=["#b5651d", "#8a4fa3"]),
            ),
        )
    )
    draw(
        (bars + rules).properties(height=CHART_HEIGHT),
        alt=f"Histogram of handle times; median {minutes(found.median_minutes)}, "
        f"90th percentile {minutes(found.p90_minutes)}",
    )
    if spread["beyond"].any():
        st.caption("The last bar holds the longest one in a hundred.")


def _by_group(frame: pd.DataFrame, group: str, groups: int) -> None:
    frame = frame.assign(
        label=[
            f"{name} *" if count < SMALL_GROUP else str(name)
            for name, count in zip(frame["member"], frame["conversations"], strict=True)
        ]
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=180)),
        tooltip=[
            alt.Tooltip("member:N", title=group),
            alt.Tooltip("conversations:Q", title="Conversations", format=","),
            alt.Tooltip("median_minutes:Q", title="Median, minutes", format=".1f"),
            alt.Tooltip("p90_minutes:Q", title="90th percentile, minutes", format=".1f"),
        ],
    )
    span = base.mark_bar(height=6, opacity=0.35, cornerRadius=3).encode(
        x=alt.X("median_minutes:Q", title="Minutes"), x2="p90_minutes:Q"
    )
    chart = (
        span
        + base.mark_point(filled=True, size=80, opacity=1).encode(x="median_minutes:Q")
        + base.mark_tick(thickness=2, size=14).encode(x="p90_minutes:Q")
    )
    words = "; ".join(
        f"{row.member} {minutes(float(row.median_minutes))} and {minutes(float(row.p90_minutes))}"  # type: ignore[arg-type]
        for row in frame.itertuples(index=False)
    )
    draw(
        chart.properties(height=max(CHART_HEIGHT, 24 * len(frame))),
        alt=f"Median and 90th percentile of handle time by {group.lower()}: {words}",
    )
    notes = [f"Dot: median. Tick: 90th percentile. {counted(len(frame), 'group')}"]
    if groups > len(frame):
        notes.append(f"the busiest of {groups}")
    if (frame["conversations"] < SMALL_GROUP).any():
        notes.append(f"* fewer than {SMALL_GROUP} conversations, so take with care")
    st.caption(plain(", ".join(notes) + "."))


CHARTS: Mapping[str, Callable[[Table, Query, str], None]] = {
    "contact-information": contact_information_charts,
    "events": event_charts,
    "event-history": event_history_charts,
    "freeform-topics": contact_information_charts,
}
"""The charts of each export that has any."""
