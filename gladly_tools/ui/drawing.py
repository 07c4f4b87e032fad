"""How every chart is drawn: with labels that can be read in light and in dark, and words for who cannot see it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

import altair as alt
import streamlit as st

AnyChart = alt.Chart | alt.LayerChart

USUAL_COLORS = ("#0f6b4f", "#2f6fb3", "#b5651d", "#8a4fa3", "#b8324a", "#5b6b73", "#8f7a12", "#1b8a8f")


def draw(chart: AnyChart, *, alt: str) -> None:
    """Draw a chart; its labels are darker than Streamlit's own, which are hard to read."""
    soft = "#b4bfba" if is_dark() else "#55605b"
    styled = chart.configure_axis(labelColor=soft, titleColor=soft).configure_legend(labelColor=soft)
    st.altair_chart(styled, alt=alt)


def ink() -> str:
    """The color of text in a chart, which a mark does not take from the theme."""
    return "#e8eeeb" if is_dark() else "#0a100d"


def legend(entries: Iterable[tuple[str, str]]) -> None:
    """Colors with what they stand for, in lines that break where the page is narrow, which a chart's own do not."""
    soft = "#b4bfba" if is_dark() else "#55605b"
    shown = "".join(
        f"<span style='display:inline-block;margin:0 14px 2px 0;white-space:nowrap'>"
        f"<span style='display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;"
        f"background:{color}'></span>{escape(words)}</span>"
        for color, words in entries
    )
    st.html(f"<div style='font-size:0.8rem;line-height:1.5;color:{soft}'>{shown}</div>")


def is_dark() -> bool:
    """Whether the page is dark."""
    return bool(st.context.theme.type == "dark")


def palette() -> list[str]:
    """The theme's colors for kinds of things, in order."""
    theme = "dark" if is_dark() else "light"
    return list(st.get_option(f"theme.{theme}.chartCategoricalColors") or USUAL_COLORS)


def wall(moment: datetime, zone: str) -> str:
    """A moment as the clock on the wall shows it in a zone: a browser draws a time without an offset as it stands."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
