"""A chart as a declaration: what it shows, how it is drawn, and what its marks stand for.

Nothing here knows of a page: the same chart is drawn there, in a picture file and in a report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias

import pandas as pd

from gladly_tools.charts import alt
from gladly_tools.charts.look import Look
from gladly_tools.results.query import Condition

AnyChart: TypeAlias = "alt.Chart | alt.LayerChart"

MARK = "mark"
"""The field of a drawing that numbers the rows of the chart's frame, from 0; selections are made of it."""
PICTURE_WIDTH = 760


class Size(StrEnum):
    """How much of a row a chart wants."""

    HALF = "half"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What one row of a chart's frame stands for: the conditions that take exactly those `rows` of the table.

    They hold beside the query that the chart was made with, so `rows` counts what both take.
    """

    label: str
    rows: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True)
class Brush:
    """A stretch of the horizontal axis may be chosen: from one mark to another one.

    `field` is the drawing's, `at` where the middle of each mark is on the axis, ascending, as the drawing hands it
    back; `conditions` of two places in it take the marks from the first to the second, both included.
    """

    field: str
    at: Sequence[float]
    conditions: Callable[[int, int], tuple[Condition, ...]]

    def chosen(self, low: float, high: float) -> tuple[Condition, ...]:
        """What a stretch takes: the marks whose middle is in it; nothing when there is none."""
        inside = [place for place, at in enumerate(self.at) if low <= at <= high]
        return self.conditions(inside[0], inside[-1]) if inside else ()


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart.

    `frame` is small and has people's units in its column names; it is what the CSV holds. `drawn` makes the drawing of
    a frame that has the number of each row besides (`MARK`), so that nothing else is drawn. `words` say it to who
    cannot see it, `notes` stand below. `marks`, when there are any, belong to the rows of the frame, in order.
    `colors` names what the colors of a look stand for, where the drawing does not say it itself. A chart that has
    nothing to show has an empty frame, and `notes` that say why.
    """

    key: str
    title: str
    help: str = ""
    frame: pd.DataFrame
    drawn: Callable[[pd.DataFrame, Look], AnyChart]
    words: str
    notes: tuple[str, ...] = ()
    marks: Sequence[Mark] = ()
    brush: Brush | None = None
    colors: Callable[[Look], Sequence[tuple[str, str]]] | None = None
    size: Size = Size.HALF
    height: int = 260

    def __post_init__(self) -> None:
        """Every row of the frame has its mark, or none has."""
        if self.marks and len(self.marks) != len(self.frame):
            raise ValueError(f"{self.key}: {len(self.marks)} marks for {len(self.frame)} rows")

    def drawing(self, look: Look) -> AnyChart:
        """The drawing, without width and without selections."""
        drawing: AnyChart = self.drawn(self.frame.assign(**{MARK: range(len(self.frame))}), look)
        drawing = drawing.properties(height=self.height)
        return drawing

    def picture(self, look: Look, *, width: int = PICTURE_WIDTH) -> dict[str, Any]:
        """A Vega-Lite specification that stands alone: with title, notes, legend and paper, and no selections."""
        look = replace(look, legend=True)
        chart = self.drawing(look).properties(
            width=width,
            title=alt.TitleParams(
                self.title,
                subtitle=list(self.notes),
                anchor="start",
                frame="group",
                offset=14,
                color=look.ink,
                subtitleColor=look.soft,
                fontSize=16,
                subtitleFontSize=11,
                subtitlePadding=6,
            ),
            background=look.paper,
            padding=18,
        )
        spec: dict[str, Any] = styled(chart, look).to_dict()
        return spec

    def csv(self) -> bytes:
        """The frame as CSV, as spreadsheets read it."""
        return self.frame.to_csv(index=False, date_format="%Y-%m-%d %H:%M").encode("utf-8-sig")


def styled(chart: AnyChart, look: Look) -> AnyChart:
    """A drawing whose labels can be read in a look."""
    found: AnyChart = (
        chart.configure_axis(
            labelColor=look.soft,
            titleColor=look.soft,
            gridColor=look.line,
            domainColor=look.line,
            tickColor=look.line,
            titleFontWeight="normal",
        )
        .configure_legend(labelColor=look.ink, titleColor=look.ink)
        .configure_view(strokeWidth=0)
    )
    return found


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure: its number (None where there is nothing to go by), how it is written, and what it is made of."""

    label: str
    number: float | None
    shown: str
    basis: str
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Headline figures that stand side by side."""

    key: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = field(default=())
