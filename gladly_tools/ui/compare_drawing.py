"""Changes as bars that go left for less and right for more."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from gladly_tools.charts import alt
from gladly_tools.comparing.numbers import Measure
from gladly_tools.ui.compare_words import amount, change_of, percent_of
from gladly_tools.ui.drawing import draw, ink, is_dark
from gladly_tools.ui.words import counted, plain

MOST_BARS = 15
BAR_HEIGHT = 26
LONGEST_NAME = 30


def change_bars(frame: pd.DataFrame, measure: Measure, group: str, *, daily: bool) -> None:
    """The greatest changes of a measure, one bar a group."""
    known = frame[frame["change"].notna() & (frame["change"] != 0)]
    unit = "conversations a day" if daily else "percentage points" if measure.is_rate else measure.unit
    st.markdown(f"**{measure.label}: change by {group.lower()}**", help=f"In {unit}: after less before.")
    if known.empty:
        st.caption("Nothing changed, or one of the periods has nothing to go by.")
        return
    shown = known.head(MOST_BARS)
    drawn = pd.DataFrame(
        {
            "label": _labels(shown),
            "change": shown["change"],
            "direction": ["More" if change > 0 else "Less" for change in shown["change"]],
            "words": [
                " ".join(part for part in (change_of(change, measure, daily=daily), state) if part)
                for change, state in zip(shown["change"], shown["state"], strict=True)
            ],
            "percent": [percent_of(percent) or "none" for percent in shown["percent"]],
            "before": [amount(value, measure, daily=daily) for value in shown["before"]],
            "after": [amount(value, measure, daily=daily) for value in shown["after"]],
        }
    )
    # Room for the words beyond the ends of the bars.
    reach = float(drawn["change"].abs().max())
    low, high = min(0.0, float(drawn["change"].min())), max(0.0, float(drawn["change"].max()))
    domain = [low - (0.45 * reach if low < 0 else 0), high + (0.45 * reach if high > 0 else 0)]
    base = alt.Chart(drawn).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=190, ticks=False, domain=False)),
        x=alt.X(
            "change:Q",
            title=f"Change, {unit}",
            scale=alt.Scale(domain=domain, nice=False),
            axis=alt.Axis(tickCount=7, gridOpacity=0.4),
        ),
        tooltip=[
            alt.Tooltip("label:N", title=group),
            alt.Tooltip("before:N", title="Before"),
            alt.Tooltip("after:N", title="After"),
            alt.Tooltip("words:N", title="Change"),
            *([] if measure.is_rate else [alt.Tooltip("percent:N", title="Of what it was")]),
        ],
    )
    colors = ["#6aa9ea", "#e2a15f"] if is_dark() else ["#2f6fb3", "#b5651d"]
    bars = base.mark_bar(cornerRadiusEnd=2, height=14).encode(
        color=alt.Color("direction:N", legend=None, scale=alt.Scale(domain=["More", "Less"], range=colors))
    )
    more = base.transform_filter("datum.change > 0").mark_text(align="left", dx=5, color=ink()).encode(text="words:N")
    less = base.transform_filter("datum.change < 0").mark_text(align="right", dx=-5, color=ink()).encode(text="words:N")
    zero = alt.Chart(pd.DataFrame({"change": [0]})).mark_rule(color=ink(), opacity=0.5).encode(x="change:Q")
    said = "; ".join(f"{row.label} {row.words}" for row in drawn.itertuples())
    draw(
        (bars + zero + more + less).properties(height=max(120, BAR_HEIGHT * len(drawn) + 40)),
        alt=f"Bars: change of {measure.label.lower()} by {group.lower()}; {said}",
    )
    if len(known) > len(shown):
        st.caption(plain(f"The {len(shown)} greatest changes of {counted(len(known), 'group')} that changed."))


def _labels(frame: pd.DataFrame) -> list[str]:
    """Names that are each once, marked where a group is small; of a long path the end, which tells the most."""
    names = [name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}" for name in frame["name"]]
    return [
        f"{name}{f' ({key[-4:]})' if names.count(name) > 1 else ''}{' *' if small else ''}"
        for name, key, small in zip(names, frame["key"], frame["is_small"], strict=True)
    ]
