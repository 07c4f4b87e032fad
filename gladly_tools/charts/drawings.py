"""The few forms that charts have: columns over time, bars, a grid of cells, spans, a histogram.

Each takes a frame with the number of each row (`MARK`) and the names of its columns. Times on an axis are those on the
wall: they are written as UTC, and the axis is told so, as a browser would otherwise show them in its own zone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from gladly_tools.charts import alt
from gladly_tools.charts.chart import MARK, AnyChart
from gladly_tools.charts.look import Look
from gladly_tools.charts.picking import starred

BAR_HEIGHT = 26
LABEL_ROOM = 170
LINE_HEIGHT = 12
TEXT_WIDTH = 6
"""Pixels that a character of the text at the end of a bar takes, about."""
MOST_DAY_LABELS = 62
"""Of more days than that, the Mondays are labelled."""
DRAWN = 0.92
"""The part of its step that a column is wide: a sliver is left free between columns."""
READ_TURNS_AT = {False: 0.48, True: 0.345}
"""The part of the greatest amount from which a cell is too strong for the text of the others, in light and in dark."""
_CLOCK = (
    "utchours(datum.value) + utcminutes(datum.value) + utcseconds(datum.value) === 0"
    " ? utcFormat(datum.value, '%a %-d %b')"
    " : utcFormat(datum.value, utcseconds(datum.value) === 0 ? '%H:%M' : '%H:%M:%S')"
)
_CAPITAL_WIDTH = 8.5
"""Pixels that a capital of a label takes, about."""
_BREAKS = re.compile(r"(?<=[\s_/›,-])(?=.)")  # noqa: RUF001 what joins a topic's levels
INDENT = "\u200b\u2003"  # white at the beginning of a label would be cut off, were it not for the first of the two


def on_the_wall(moment: pd.Timestamp) -> str:
    """A time without zone as a drawing takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def wall_milliseconds(moment: pd.Timestamp) -> float:
    """A time without zone as a drawing hands it back."""
    return moment.timestamp() * 1000


def time_axis(starts: Sequence[pd.Timestamp], step: timedelta, *, shown: float = 0.0) -> alt.X:
    """The horizontal axis of what begins at `starts` and lasts a `step`, one format for all of its labels.

    Days are labelled `Mon 2 Nov`, weeks by their first day, shorter steps by the clock and midnights by their day.
    A label stands at the part `shown` of its step, so that it names one column and not the gap between two.
    """
    axis: dict[str, Any] = {"tickCount": 8, "labelExpr": _CLOCK}
    if step >= timedelta(days=1):
        days = sorted(set(starts))
        years = "" if len({day.year for day in days}) < 2 else " %Y"
        if step == timedelta(days=1) and len(days) > MOST_DAY_LABELS:
            days = [day for day in days if day.weekday() == 0]
        weekday = "%a " if step == timedelta(days=1) else ""
        inside = step * shown
        milliseconds = inside // timedelta(milliseconds=1)
        axis = {
            "values": [_by_parts(day + inside) for day in days],
            "labelExpr": f"utcFormat(datum.value - {milliseconds}, '{weekday}%-d %b{years}')",
        }
    return alt.X(
        field="begin",
        type="temporal",
        title=None,
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(labelOverlap=True, labelAngle=0, grid=False, ticks=False, labelPadding=6, **axis),
    )


def _by_parts(at: pd.Timestamp) -> alt.DateTime:
    """A time as an axis takes it: a browser that may not run text as code reads no other form."""
    return alt.DateTime(
        year=at.year,
        month=at.month,
        date=at.day,
        hours=at.hour,
        minutes=at.minute,
        seconds=at.second,
        milliseconds=at.microsecond // 1000,
        utc=True,
    )


def amount_axis(field: str, *, title: str | None = None, whole: bool = True) -> alt.Y:
    """The vertical axis of an amount."""
    step = alt.Axis(tickMinStep=1, tickCount=5, domain=False) if whole else alt.Axis(tickCount=5, domain=False)
    return alt.Y(field=field, type="quantitative", title=title, axis=step)


def columns_over_time(
    frame: pd.DataFrame,
    look: Look,
    *,
    start: str,
    step: timedelta,
    amount: str,
    when: str,
    kind: str | None = None,
    kinds: Sequence[tuple[str, str]] = (),
    share: str | None = None,
) -> AnyChart:
    """Columns that begin at `start` and are `step` wide, stacked by `kind` where there is one.

    `kinds` are the kinds with their colors, from the bottom up; with `share` every column is as high as 100. `when` is
    the column that says when, in words.
    """
    starts = frame[start]
    drawn = frame.drop(columns=start).assign(
        begin=[on_the_wall(at) for at in starts],
        end=[on_the_wall(at + step * DRAWN) for at in starts],
    )
    tips = [tip(when)]
    height = share or amount
    if kind is None:
        drawn = drawn.assign(low=0, high=drawn[height])
        color: Any = alt.value(look.main)
    else:
        rank = {name: place for place, (name, _) in enumerate(kinds)}
        drawn = drawn.assign(rank=[rank[name] for name in drawn[kind]]).sort_values(["begin", "rank"])
        # Stacked here: a column with a beginning and an end in time is not stacked by itself.
        high = drawn.groupby("begin")[height].cumsum()
        drawn = drawn.assign(low=high - drawn[height], high=high)
        color = alt.Color(
            field=kind,
            type="nominal",
            scale=alt.Scale(domain=[name for name, _ in kinds], range=[color for _, color in kinds]),
            legend=look.explained,
        )
        tips.append(tip(kind))
    axis = amount_axis("high")
    if share:
        axis = alt.Y(
            field="high",
            type="quantitative",
            title=None,
            scale=alt.Scale(domain=[0, 100]),
            axis=alt.Axis(labelExpr="datum.value + '%'", tickCount=5, domain=False),
        )
    tips.append(tip(amount, ","))
    if share:
        tips.append(tip(share, ".1f"))
    columns: AnyChart = (
        alt.Chart(drawn)
        .mark_rect()
        .encode(
            x=time_axis(list(starts), step, shown=DRAWN / 2),
            x2="end:T",
            y=axis.stack(None),
            y2="low:Q",
            color=color,
            tooltip=tips,
            detail=f"{MARK}:N",
        )
    )
    return columns


def lines_over_time(
    frame: pd.DataFrame,
    look: Look,
    *,
    start: str,
    step: timedelta,
    amount: str,
    when: str,
    kind: str,
    kinds: Sequence[tuple[str, str]],
) -> AnyChart:
    """A line with points for each kind; `kinds` are the kinds with their colors."""
    drawn = frame.drop(columns=start).assign(begin=[on_the_wall(at) for at in frame[start]])
    base = alt.Chart(drawn).encode(
        x=time_axis(list(frame[start]), step),
        y=amount_axis(amount),
        color=alt.Color(
            field=kind,
            type="nominal",
            scale=alt.Scale(domain=[name for name, _ in kinds], range=[color for _, color in kinds]),
            legend=look.explained,
        ),
        tooltip=[tip(when), tip(kind), tip(amount, ",")],
    )
    return _layered(base.mark_point(filled=True, size=45, opacity=1), base.mark_line(strokeWidth=2))


def tip(field: str, format: str | None = None) -> alt.Tooltip:
    """A line of a tooltip."""
    if format is None:
        return alt.Tooltip(field=field, type="nominal", title=field)
    return alt.Tooltip(field=field, type="quantitative", title=field, format=format)


def label_axis(labels: Sequence[str], *, nested: bool = False) -> alt.Y:
    """The vertical axis of bars: a label for each row; two may say the same. Nested ones stand left."""
    lines = [label if nested else _in_lines(label) for label in labels]
    raised = [LINE_HEIGHT / 2 if isinstance(each, list) else 0 for each in lines]
    # By the number of the row, as a drawing takes rows with the same label for one.
    axis = alt.Axis(
        labelExpr=f"{json.dumps(lines)}[datum.value]",
        labelLineHeight=LINE_HEIGHT,
        labelOffset={"expr": f"-{json.dumps(raised)}[datum.value]"},
        labelLimit=LABEL_ROOM,
        labelAlign="left" if nested else "right",
        labelPadding=LABEL_ROOM + 6 if nested else 6,
        labelOverlap=False,
        labelFlush=False,
        domain=False,
        ticks=False,
        title=None,
    )
    return alt.Y(field=MARK, type="ordinal", axis=axis)


def _in_lines(label: str) -> str | list[str]:
    """The label; in two lines where it is too long for one and can be parted, about in the middle."""
    widths = [_CAPITAL_WIDTH if each.isupper() or each == "_" else TEXT_WIDTH for each in label]
    places = [found.start() for found in _BREAKS.finditer(label)] if sum(widths) > LABEL_ROOM else []
    if not places:
        return label
    middle = min(places, key=lambda place: max(sum(widths[:place]), sum(widths[place:])))
    return [label[:middle].strip(), label[middle:].strip()]


def bars(
    frame: pd.DataFrame,
    look: Look,
    *,
    label: str,
    amount: str,
    text: Sequence[str],
    tips: Sequence[alt.Tooltip],
    rows: str,
    depths: Sequence[int] = (),
    top: float | None = None,
    is_starred: bool = True,
    labels: Sequence[str] = (),
    pale: int = 0,
) -> AnyChart:
    """Bars with a text at their end, in the order of the rows; small groups, by their `rows`, are marked.

    With `depths` they are a tree: labels go in, and colors stand back, level by level. `top` is the end of the axis,
    `labels` are what stands there in place of the column `label`, and the last `pale` bars stand back.
    """
    labels = [
        starred(name, count) if is_starred else name
        for name, count in zip(labels or frame[label], frame[rows], strict=True)
    ]
    strengths = [1.0] * (len(frame) - pale) + [0.4] * pale
    if depths:
        labels = [INDENT * depth + name for depth, name in zip(depths, labels, strict=True)]
        strengths = [max(0.35, 1 - 0.3 * depth) for depth in depths]
    drawn = frame.assign(text=list(text), strength=strengths)
    highest = float(pd.to_numeric(drawn[amount]).max() or 0) if top is None else top
    room = 12 + TEXT_WIDTH * max((len(each) for each in text), default=0)
    base = alt.Chart(drawn).encode(
        y=label_axis(labels, nested=bool(depths)),
        x=alt.X(
            field=amount,
            type="quantitative",
            title=None,
            # Room for the text at the end of the longest, however narrow the drawing is.
            scale=alt.Scale(
                domainMin=0,
                domainMax={"expr": f"{highest or 1} * width / max(width - {room}, width / 3)"},
                nice=False,
            ),
            axis=None,
        ),
        tooltip=list(tips),
    )
    return _layered(
        base.mark_bar(cornerRadiusEnd=2, color=look.main, height={"band": 0.7}).encode(
            opacity=alt.Opacity("strength:Q", scale=None)
        ),
        base.mark_text(align="left", dx=5, color=look.ink).encode(text="text:N"),
    )


def spans(
    frame: pd.DataFrame,
    look: Look,
    *,
    label: str,
    rows: str,
    median: str,
    p90: str,
    unit: str,
    tips: Sequence[alt.Tooltip],
) -> AnyChart:
    """A dot for the median, a tick for the 90th percentile, and a bar from one to the other."""
    labels = [starred(name, count) for name, count in zip(frame[label], frame[rows], strict=True)]
    base = alt.Chart(frame).encode(y=label_axis(labels), tooltip=list(tips))
    across = alt.X(
        field=median, type="quantitative", title=unit, axis=alt.Axis(tickCount=6), scale=alt.Scale(zero=True)
    )
    return _layered(
        base.mark_bar(height=8, opacity=0.35, cornerRadius=4, color=look.main).encode(x=across, x2=alt.X2(field=p90)),
        base.mark_point(filled=True, size=85, opacity=1, color=look.main).encode(x=across),
        base.mark_tick(thickness=2, size=14, color=look.main).encode(x=alt.X(field=p90, type="quantitative")),
    )


def cells(
    frame: pd.DataFrame,
    look: Look,
    *,
    across: str,
    down: str,
    amount: str,
    across_order: Sequence[str],
    down_order: Sequence[str],
    tips: Sequence[alt.Tooltip],
    across_title: str | None = None,
    down_title: str | None = None,
    texts: bool = False,
) -> AnyChart:
    """A grid of cells, the stronger in color the more; with the amounts in them where that is asked for."""
    most = float(pd.to_numeric(frame[amount]).max() or 1)
    base = alt.Chart(frame).encode(
        x=alt.X(
            field=across,
            type="nominal",
            sort=list(across_order),
            title=across_title,
            axis=alt.Axis(
                labelAngle=-45 if texts else 0,
                labelLimit=120,
                labelOverlap=not texts,
                labelSeparation=12,
                labelFlush=False,
                domain=False,
                ticks=False,
            ),
        ),
        y=alt.Y(
            field=down,
            type="nominal",
            sort=list(down_order),
            title=down_title,
            axis=alt.Axis(
                labelLimit=LABEL_ROOM, labelFlush=False, domain=False, ticks=False, labelPadding=6, titlePadding=10
            ),
        ),
        tooltip=list(tips),
    )
    grid = base.mark_rect(stroke=look.paper, strokeWidth=2, cornerRadius=3).encode(
        color=alt.Color(
            field=amount,
            type="quantitative",
            scale=alt.Scale(range=list(look.ramp), domain=[0, most], type="sqrt" if texts else "linear"),
            legend=None,
        )
    )
    if not texts:
        return _layered(grid)
    texts_on_it = base.mark_text(fontSize=11).encode(
        text=alt.Text(field=amount, type="quantitative", format=","),
        color=alt.condition(
            f"datum[{amount!r}] > {most * READ_TURNS_AT[look.is_dark]}",
            alt.value(text_on_cell(1, look)),
            alt.value(text_on_cell(0, look)),
        ),
    )
    return _layered(grid, texts_on_it)


def text_on_cell(share: float, look: Look) -> str:
    """The color in which an amount can be read on its cell; `share` is its part of the greatest amount, 0 to 1."""
    is_strong = share > READ_TURNS_AT[look.is_dark]
    return "#000000" if is_strong == look.is_dark else "#ffffff"


def histogram(
    frame: pd.DataFrame,
    look: Look,
    *,
    low: str,
    high: str,
    amount: str,
    unit: str,
    tips: Sequence[alt.Tooltip],
    width: float,
    lines: Sequence[tuple[str, float]],
) -> AnyChart:
    """Columns from `low` to `high`, the last drawn as wide as the others, with named lines across."""
    drawn = frame.assign(left=frame[low] + width * 0.04, right=frame[low] + width * 0.96, zero=0)
    columns = (
        alt.Chart(drawn)
        .mark_rect(color=look.main)
        .encode(
            x=alt.X(
                field="left",
                type="quantitative",
                title=unit,
                scale=alt.Scale(nice=False, domain=[float(frame[low].min()), float(frame[low].max() + width)]),
                axis=alt.Axis(grid=False, tickCount=8),
            ),
            x2="right:Q",
            y=amount_axis(amount),
            y2="zero:Q",
            tooltip=list(tips),
        )
    )
    marks = pd.DataFrame({"at": [at for _, at in lines], "name": [name for name, _ in lines]})
    rules = (
        alt.Chart(marks)
        .mark_rule(strokeWidth=2, strokeDash=[4, 3])
        .encode(
            x="at:Q",
            color=alt.Color(
                "name:N",
                sort=None,
                legend=look.explained,
                scale=alt.Scale(domain=[name for name, _ in lines], range=list(look.accents)[: len(lines)]),
            ),
        )
    )
    return _layered(columns, rules)


def _layered(*charts: alt.Chart) -> AnyChart:
    return alt.LayerChart(layer=list(charts))
