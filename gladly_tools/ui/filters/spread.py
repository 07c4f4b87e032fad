"""A small histogram over the ends of a range: how the values are spread that the other filters leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from gladly_tools.charts import alt
from gladly_tools.results.histogram import Bin
from gladly_tools.results.words import day_words, number_words
from gladly_tools.ui.drawing import is_dark, look
from gladly_tools.ui.words import counted, plain

HEIGHT = 56


def draw_spread(bins: Sequence[Bin], low: Any, high: Any, *, unit: str, zone: str) -> None:
    """Draw the bins side by side, those in the chosen range in full color, and say from where to where they reach."""
    first, last = _end(bins[0].low, zone), _end(bins[-1].high, zone)
    rows = sum(each.rows for each in bins)
    soft = "#44504a" if is_dark() else "#c9d4cf"
    frame = pd.DataFrame(
        {
            "bin": range(len(bins)),
            "Rows": [each.rows for each in bins],
            "Values": [f"{_end(each.low, zone)} to {_end(each.high, zone)}" for each in bins],
            "chosen": [_overlaps(each, low, high) for each in bins],
        }
    )
    chart = (
        alt.Chart(frame, height=HEIGHT)
        .mark_bar(cornerRadiusTopLeft=1, cornerRadiusTopRight=1)
        .encode(
            x=alt.X("bin:O", axis=None, scale=alt.Scale(paddingInner=0.12, paddingOuter=0)),
            y=alt.Y("Rows:Q", axis=None),
            color=alt.Color(
                "chosen:N", scale=alt.Scale(domain=[True, False], range=[look().palette[0], soft]), legend=None
            ),
            tooltip=["Values:N", alt.Tooltip("Rows:Q", format=",")],
        )
        .configure_view(strokeWidth=0)
        .properties(padding={"left": 0, "right": 0, "top": 4, "bottom": 1}, background="transparent")
    )
    st.altair_chart(
        chart, theme=None, alt=f"{counted(rows, 'row')} from {first} to {last}, in {counted(len(bins), 'bar')}"
    )
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.caption(plain(first), width="content")
        st.caption(plain(f"{last} {unit}".strip()), width="content")


def _overlaps(each: Bin, low: Any, high: Any) -> bool:
    start: Any = each.low
    end: Any = each.high
    return (low is None or end >= low) and (high is None or start <= high)


def _end(value: int | float | datetime, zone: str) -> str:
    if isinstance(value, datetime):
        return day_words(value.astimezone(ZoneInfo(zone)).date())
    return number_words(value) if isinstance(value, int) else f"{value:,.6g}"
