"""How every chart is drawn on a page: with labels that can be read in light and in dark, and words beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

import streamlit as st

from gladly_tools.charts import DARK, LIGHT, Chart, Look, alt
from gladly_tools.charts.chart import MARK, AnyChart, styled


def draw_chart(chart: Chart, seen: Look, *, key: str, on_select: Callable[[], None]) -> None:
    """Draw a chart whose marks, when they mean something, can be clicked, and brushed where it has a brush."""
    drawing = chart.drawing(seen).properties(padding={"left": 0, "right": 0, "top": 4, "bottom": 0})
    params: list[alt.Parameter] = []
    if chart.marks:
        params.append(alt.selection_point(name="pick", fields=[MARK], on="click", toggle=False, clear=False))
    if chart.brush is not None:
        params.append(alt.selection_interval(name="brush", encodings=["x"]))
    if not params:
        draw(drawing, alt=chart.words)
        return
    st.altair_chart(styled(drawing.add_params(*params), seen), alt=chart.words, key=key, on_select=on_select)


def draw(drawing: AnyChart, *, alt: str) -> None:
    """Draw what is only looked at."""
    st.altair_chart(styled(drawing, look()), alt=alt)


def look() -> Look:
    """The look of the page: light or dark, with the theme's colors for kinds of things."""
    dark = is_dark()
    usual = DARK if dark else LIGHT
    colors = st.get_option(f"theme.{'dark' if dark else 'light'}.chartCategoricalColors")
    return replace(usual, palette=tuple(colors)) if colors else usual


def ink() -> str:
    """The color of text in a chart, which a mark does not take from the theme."""
    return look().ink


def legend(entries: Iterable[tuple[str, str]]) -> None:
    """Colors with what they stand for, in lines that break where the page is narrow, which a chart's own do not."""
    shown = "".join(
        f"<span style='display:inline-block;margin:0 14px 2px 0;white-space:nowrap'>"
        f"<span style='display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;"
        f"background:{color}'></span>{escape(words)}</span>"
        for color, words in entries
    )
    st.html(f"<div style='font-size:0.8rem;line-height:1.5'>{shown}</div>")


def is_dark() -> bool:
    """Whether the page is dark."""
    return bool(st.context.theme.type == "dark")


def wall(moment: datetime, zone: str) -> str:
    """A moment as the clock on the wall shows it in a zone: a browser draws a time without an offset as it stands."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
