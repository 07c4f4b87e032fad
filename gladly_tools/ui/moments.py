"""A window of time that keeps moving with the clock, and the time zone that people read it in."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from gladly_tools import clock
from gladly_tools.exports.moments import MomentRange, MomentRangeQuestion
from gladly_tools.ui.account import browser_zone
from gladly_tools.ui.words import plain

EXACT = "Start and end"
STEP = timedelta(minutes=1)


def zone_select(key: str, *, help: str) -> str:
    """The time zone; the browser's at first."""
    zones = sorted(available_timezones())
    default = browser_zone()
    return st.selectbox(
        "Time zone",
        zones,
        index=zones.index(default) if default in zones else zones.index("UTC"),
        help=help,
        key=f"{key}:zone",
        persist_state="session",
    )


def moment_range(question: MomentRangeQuestion, key: str) -> MomentRange | None:
    """The window: the last so many hours, which move with the clock, or a start and an end within reach."""
    spans = _spans(question)
    which, zone_place = st.columns([3, 2])
    with zone_place:
        zone = zone_select(key, help="Times are in this time zone. Your browser's, unless you change it.")
    with which:
        chosen = st.segmented_control(
            question.label,
            [*spans, EXACT],
            default=next(name for name, span in spans.items() if span == question.usual),
            required=True,
            help=question.help,
            key=f"{key}:which",
            persist_state="session",
            wrap=True,
        )
    now = clock.now().astimezone(ZoneInfo(zone))
    if chosen == EXACT:
        window = _exact(question, key, now, zone)
    else:
        end = now - question.lag
        # A little short of the reach, as a moment passes until Gladly is asked.
        window = MomentRange(start=max(end - spans[str(chosen)], now - question.reach + 2 * STEP), end=end, zone=zone)
    if window is not None:
        st.caption(f":material/schedule: {plain(question.describe(window))}")
    return window


def _spans(question: MomentRangeQuestion) -> dict[str, timedelta]:
    lengths = (question.usual, question.reach / 4, question.reach)
    return {_last(length): length for length in lengths}


def _last(length: timedelta) -> str:
    hours = f"{length.total_seconds() / 3600:g}"
    return "Last hour" if hours == "1" else f"Last {hours} hours"


def _exact(question: MomentRangeQuestion, key: str, now: datetime, zone: str) -> MomentRange | None:
    """Start and end as picked, moved into what is within reach by now."""
    latest = now.replace(second=0, microsecond=0, tzinfo=None)
    # A wall clock has no offset; whatever is a minute short of the reach is within it.
    earliest = (now - question.reach).replace(second=0, microsecond=0, tzinfo=None) + STEP
    at_first = {"start": latest - question.usual, "end": latest}
    picked: dict[str, datetime | None] = {}
    for (name, usual), place in zip(at_first.items(), st.columns(2), strict=True):
        own = f"{key}:{name}"
        before = st.session_state.get(own)
        # A picked time that grew too old would be set back to where the window was at first.
        outdated = before if isinstance(before, datetime) and not earliest <= before <= latest else None
        if outdated is not None:
            st.session_state[own] = min(max(outdated, earliest), latest)
            moved = "up" if outdated < earliest else "back"
            place.caption(f":material/update: Moved {moved}: only the last {question.reach.days * 24} hours exist.")
        with place:
            shown = st.datetime_input(
                name.capitalize(),
                value=usual,
                min_value=earliest,
                max_value=latest,
                step=STEP,
                format="YYYY-MM-DD",
                key=own,
                persist_state="session",
            )
        # What was picked, for an export that begins in this very moment: it says that it began later.
        picked[name] = shown if outdated is None else outdated
    start, end = (None if at is None else at.replace(tzinfo=ZoneInfo(zone)) for at in picked.values())
    return None if start is None or end is None else MomentRange(start=start, end=end, zone=zone)
