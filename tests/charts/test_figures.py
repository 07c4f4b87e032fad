"""Every figure of every chart is what plain Python finds in the downloaded CSV, whatever the filters."""

from __future__ import annotations

import csv
import io
import statistics
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from gladly_tools.charts import DARK, LIGHT, Chart, Figures
from gladly_tools.charts.chart import MARK
from gladly_tools.charts.times import MEASURE
from tests.charts.conftest import CONVERSATIONS, Case, Sides, cases
from tests.charts.queries import HANDLE_TIME, QUERIES, queries_of, with_queries
from tests.charts.truth import SECONDS, TRUTH, UNORDERED, Asked, cell, quantile

TYPES = {"conversation": "content.type", "file-export": "content.type", "events": "type", "event-history": "Event Type"}
WHO = {"event-history": "Initiator Agent Name"}
TIMES = {"event-history": "Timestamp"}


def records(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The frame's rows without the words for a step: dates, text and numbers."""
    frame = frame.drop(columns=[name for name in ("When",) if name in frame])
    return [
        tuple(each.date() if isinstance(each, datetime) else each for each in row)
        for row in frame.astype(object).itertuples(index=False)
    ]


def same(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for left, right in zip(one, other, strict=True):
            if isinstance(right, str | date):
                assert left == right
            else:
                assert left == pytest.approx(right)


@pytest.mark.parametrize(("case", "query"), with_queries(case for case in cases() if case.export in CONVERSATIONS))
def test_charts_of_conversations_show_what_the_csv_holds(made: Mapping[str, Sides], case: Case, query: Any) -> None:
    sides = made[case.export]
    rows = sides.rows(query)
    for chart in case.drawn(sides, query):
        if not isinstance(chart, Chart) or chart.key == "time-spread":
            continue
        asked = Asked(
            zone=sides.zone,
            chosen=dict(case.chosen),
            as_of=sides.table.result.manifest.started,
            columns=list(chart.frame.columns),
        )
        found, expected = records(chart.frame), TRUTH[chart.key](rows, asked)
        if chart.key in UNORDERED:
            found = sorted(row for row in found if row[-1])
            expected = sorted(expected)
        same(found, expected)


@pytest.mark.parametrize("measure", MEASURE.options)
@pytest.mark.parametrize("query", queries_of("contact-information"))
def test_a_spread_holds_every_time_in_the_column_that_says_so(
    made: Mapping[str, Sides], query: Any, measure: str
) -> None:
    sides = made["contact-information"]
    case = next(each for each in cases() if str(each) == "contact-information Times")
    chart = next(
        iter(Case(export=case.export, section=case.section, chosen=(("measure", measure),)).drawn(sides, query))
    )
    assert isinstance(chart, Chart)
    times = [float(row[SECONDS[measure]]) for row in sides.rows(query) if row[SECONDS[measure]]]
    if not times:
        assert chart.frame.empty
        return
    size = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}[chart.frame.columns[1].rsplit(", ", 1)[1]]
    last = len(chart.frame) - 1
    for place, (_, low, high, rows) in enumerate(chart.frame.itertuples(index=False)):
        inside = [time for time in times if low * size - 1e-6 <= time and (time < high * size - 1e-6 or place == last)]
        assert rows == len(inside)
    assert chart.frame["Conversations"].sum() == len(times)
    assert f"Of {len(times):,} conversations" in chart.notes[0]


@pytest.mark.parametrize("query", queries_of("contact-information"))
def test_the_headline_figures(made: Mapping[str, Sides], query: Any) -> None:
    sides = made["contact-information"]
    rows = sides.rows(query)
    (found,) = Case(export="contact-information", section=None).drawn(sides, query)
    assert isinstance(found, Figures)
    numbers = {figure.label: figure.number for figure in found.figures}
    bases = {figure.label: figure.basis for figure in found.figures}
    times = [float(row[HANDLE_TIME]) for row in rows if row[HANDLE_TIME]]
    eligible = [row for row in rows if row["Is FCR Eligible"] == "true"]
    reopened = [int(row["Times Reopened"]) for row in rows if row["Times Reopened"]]
    assert numbers["Conversations"] == len(rows)
    assert bases["Conversations"].startswith(f"{len({row['Customer ID'] for row in rows}):,} ")
    assert numbers["Open now"] == sum(row["Status"] == "OPEN" for row in rows)
    assert bases["First contact resolution"] == f"of {len(eligible):,} eligible"
    assert numbers["Median handle time"] == (pytest.approx(statistics.median(times)) if times else None)
    if times:
        assert f"of {len(times):,}" in bases["Median handle time"]
        assert quantile(times, 0.9) > 0
    hits = sum(row["Is FCR Success"] == "true" for row in eligible)
    assert numbers["First contact resolution"] == (hits / len(eligible) if eligible else None)
    assert numbers["Reopened"] == (sum(n > 0 for n in reopened) / len(reopened) if reopened else None)


@pytest.mark.parametrize(("case", "query"), with_queries(Case(export=export, section=0) for export in TYPES))
def test_charts_of_events_and_items_show_what_the_csv_holds(made: Mapping[str, Sides], case: Case, query: Any) -> None:
    export = case.export
    sides = made[export]
    rows = sides.rows(query)
    charts = {chart.key: chart for chart in case.drawn(sides, query) if isinstance(chart, Chart)}
    for key, column in (("by-type", TYPES[export]), ("by-whom", WHO.get(export, "initiator.type"))):
        expected = Counter(cell(row, column) for row in rows)
        frame = charts[key].frame
        assert sum(frame.iloc[:, 1]) == len(rows)
        for name, count in frame.iloc[:, :2].itertuples(index=False):
            assert count == (expected[name] if name in expected else sum(expected.values()) - frame.iloc[:-1, 1].sum())
    frame = charts["over-time"].frame
    times = [row for row in rows if row[TIMES.get(export, "timestamp")]]
    assert frame.iloc[:, 3].sum() == len(times)
    for start, name, count in frame.iloc[:, [0, 2, 3]].itertuples(index=False):
        if name.startswith("(") and name != "(none)":
            continue
        mark = charts["over-time"].marks[0].conditions[0].values
        step = mark[1] - mark[0]  # type: ignore[operator]
        assert count == sum(
            cell(row, TYPES[export]) == name
            and start
            <= datetime.fromisoformat(row[TIMES.get(export, "timestamp")])
            .astimezone(ZoneInfo(sides.zone))
            .replace(tzinfo=None)
            < start + step
            for row in times
        )


@pytest.mark.parametrize(
    ("export", "key", "column"),
    [
        ("customer-conversations", "by-status", "status"),
        ("customer-conversations", "by-inbox", "inboxId"),
        ("answers", "by-language", "Language"),
        ("answers", "by-audience", "Audiences"),
    ],
)
def test_charts_of_small_tables_show_what_the_csv_holds(
    made: Mapping[str, Sides], export: str, key: str, column: str
) -> None:
    sides = made[export]
    found = {each.key: each for each in Case(export=export, section=0).drawn(sides, QUERIES["all"])}
    chart = found[key]
    assert isinstance(chart, Chart)
    expected = Counter(cell(row, column) for row in sides.rows(QUERIES["all"]))
    shown = [int(count) for label, count, _ in chart.frame.itertuples(index=False) if " other " not in label]
    assert shown == sorted(expected.values(), reverse=True)[: len(shown)]
    assert chart.frame.iloc[:, 1].sum() == len(sides.rows(QUERIES["all"]))


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("case", cases(), ids=str)
def test_what_is_drawn_is_what_the_csv_of_the_chart_holds(made: Mapping[str, Sides], case: Case, look: Any) -> None:
    for chart in case.drawn(made[case.export], QUERIES["all"]):
        if not isinstance(chart, Chart) or chart.frame.empty:
            continue
        saved = list(csv.DictReader(io.StringIO(chart.csv().decode("utf-8-sig"), newline="")))
        spec = chart.picture(look)
        drawn = [
            {row[MARK]: row for row in values} for values in spec["datasets"].values() if values and MARK in values[0]
        ]
        assert drawn
        for by_mark in drawn:
            assert sorted(by_mark) == list(range(len(saved)))
            for place, row in by_mark.items():
                for name, text in saved[place].items():
                    if name in row and name not in ("From", "To"):
                        value = row[name]
                        assert float(text) == pytest.approx(value) if isinstance(value, int | float) else text == value
        assert chart.words
        assert spec["background"] == look.paper
