"""Charts as drawings that stand inside a page: every one wide and narrow, and nothing in them that could act."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from xml.etree import ElementTree

from gladly_tools.charts import LIGHT, Chart
from gladly_tools.charts.chart import styled
from gladly_tools.charts.picture import render_all
from gladly_tools.charts.text import seen

WIDE, NARROW = 720, 350
"""The widths of a drawing, in CSS pixels: of a sheet of A4 or a screen, and of a telephone."""

_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset(
    {"svg", "g", "defs", "clipPath", "linearGradient", "stop", "path", "rect", "line", "circle", "text", "tspan"}
)
_ATTRIBUTES = frozenset(
    {
        *(
            "viewBox",
            "id",
            "d",
            "x",
            "y",
            "x1",
            "y1",
            "x2",
            "y2",
            "cx",
            "cy",
            "r",
            "rx",
            "width",
            "height",
            "transform",
        ),
        *("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-dashoffset"),
        *("stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "offset", "stop-color", "clip-path"),
        *("font-family", "font-size", "font-weight", "font-style", "text-anchor", "dx", "dy", "gradientUnits"),
    }
)
_OWN = re.compile(r"url\(#([A-Za-z][\w-]*)\)")
_PLACES = re.compile(r"-?\d+\.\d{3,}")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One chart for a wide and for a narrow page, as SVG that stands inside HTML."""

    wide: str
    narrow: str


def pictures(charts: Sequence[Chart]) -> list[Picture | None]:
    """The charts drawn, in order; None where one could not be drawn, or has nothing to show.

    All are drawn by one process of its own. Raises TryLaterError when that takes too long, GladlyToolsError when it
    fails.
    """
    shown = [place for place, chart in enumerate(charts) if len(chart.frame)]
    drawn = iter(render_all([_specification(charts[place], width) for place in shown for width in (WIDE, NARROW)]))
    found: list[Picture | None] = [None] * len(charts)
    for place in shown:
        wide, narrow = next(drawn), next(drawn)
        if wide is not None and narrow is not None:
            found[place] = Picture(
                wide=inert(wide, prefix=f"w{place}-", kind="wide"),
                narrow=inert(narrow, prefix=f"n{place}-", kind="narrow"),
            )
    return found


def _specification(chart: Chart, width: int) -> dict[str, Any]:
    # The axes and their labels belong to the width, else a chart with long labels is wider than its page.
    drawing = chart.drawing(LIGHT).properties(width=width, autosize={"type": "fit-x", "contains": "padding"})
    specification: dict[str, Any] = styled(drawing, LIGHT).to_dict()
    return specification


def inert(svg: str, *, prefix: str, kind: str) -> str:
    """A drawing of nothing but shapes and words, in HTML's form of SVG; whatever else there was is gone.

    Its words for who cannot see it are the page's. `prefix` begins the names that drawings refer to within themselves,
    so that those of two drawings on a page are not the same; `kind` becomes the class.
    """
    root = ElementTree.fromstring(seen(svg))
    parts: list[str] = []
    _write(root, parts, prefix)
    opening = f'<svg class="{escape(kind)}" aria-hidden="true" focusable="false"'
    return "".join(parts).replace("<svg", opening, 1)


def _write(element: ElementTree.Element, parts: list[str], prefix: str) -> None:
    name = str(element.tag).removeprefix(_SVG)
    if name not in _ELEMENTS or element.get("display") == "none":
        return
    attributes = "".join(
        f' {key}="{escape(value)}"'
        for key, given in element.attrib.items()
        if key in _ATTRIBUTES and (value := _value(key, given, prefix)) is not None
    )
    parts.append(f"<{name}{attributes}>")
    if name in ("text", "tspan"):
        parts.append(escape(element.text or ""))
    for child in element:
        _write(child, parts, prefix)
        if name in ("text", "tspan"):
            parts.append(escape(child.tail or ""))
    parts.append(f"</{name}>")


def _value(key: str, given: str, prefix: str) -> str | None:
    if key == "id":
        return f"{prefix}{given}"
    own = _OWN.fullmatch(given)
    if own:
        return f"url(#{prefix}{own[1]})"
    if "url" in given.lower():
        return None
    # A hundredth of a pixel is more than any paper shows, and half of the file would be digits.
    return _PLACES.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), given)
