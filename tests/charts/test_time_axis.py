"""The axis of time: one format for all labels, each at its own column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import altair as alt
import pandas as pd
import pytest

from gladly_tools.charts.chart import MARK
from gladly_tools.charts.drawings import columns_over_time
from gladly_tools.charts.look import LIGHT
from gladly_tools.charts.picture import PictureFormat, render


def labels(starts: Sequence[pd.Timestamp], step: timedelta, width: int) -> list[str]:
    frame = pd.DataFrame({"Day": starts, "When": "", "Amount": 5, MARK: range(len(starts))})
    drawn = columns_over_time(frame, LIGHT, start="Day", step=step, amount="Amount", when="When")
    spec: dict[str, Any] = alt.LayerChart(layer=[drawn]).properties(width=width, height=100).to_dict()
    return re.findall(r">([^<]+)</text>", render(spec, PictureFormat.SVG).decode())


@pytest.mark.parametrize(
    ("first", "count", "step", "width", "shown", "hidden"),
    [
        ("2026-11-16", 7, timedelta(days=1), 800, ["Mon 16 Nov", "Sat 21 Nov", "Sun 22 Nov"], ["Nov 22"]),
        ("2026-10-28", 7, timedelta(days=1), 800, ["Sat 31 Oct", "Sun 1 Nov"], ["November"]),
        ("2026-12-30", 4, timedelta(days=1), 800, ["Thu 31 Dec 2026", "Fri 1 Jan 2027"], ["November"]),
        ("2026-01-05", 100, timedelta(days=1), 4000, ["Mon 5 Jan", "Mon 12 Jan"], ["Tue"]),
        ("2026-10-26", 4, timedelta(days=7), 800, ["26 Oct", "2 Nov", "16 Nov"], ["Mon", "Nov 02"]),
        ("2026-11-22 21:00", 6, timedelta(hours=1), 800, ["21:00", "Mon 23 Nov", "02:00"], ["PM", "AM"]),
    ],
)
def test_labels_have_one_format(
    first: str, count: int, step: timedelta, width: int, shown: list[str], hidden: list[str]
) -> None:
    starts = [pd.Timestamp(first) + step * place for place in range(count)]
    found = labels(starts, step, width)
    assert set(shown) <= set(found)
    assert not [label for label in found for words in hidden if words in label]


def test_a_label_stands_below_its_column() -> None:
    """A label at the beginning of a day would stand between two columns and might be of either."""
    drawn = columns_over_time(
        pd.DataFrame({"Day": [pd.Timestamp("2026-11-16")], "When": "", "Amount": 5, MARK: [0]}),
        LIGHT,
        start="Day",
        step=timedelta(days=1),
        amount="Amount",
        when="When",
    )
    spec = drawn.to_dict()
    ((row,),) = spec["datasets"].values()
    begin, end = pd.Timestamp(row["begin"]), pd.Timestamp(row["end"])
    (value,) = spec["encoding"]["x"]["axis"]["values"]
    parts = [value[name] for name in ("year", "month", "date", "hours", "minutes", "seconds")]
    assert value["utc"]
    assert abs(pd.Timestamp(*parts, tz="UTC") - (begin + (end - begin) / 2)) < timedelta(seconds=1)
