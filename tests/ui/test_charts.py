"""The charts on a page: every section opens, and a choice by keyboard filters everything."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from gladly_tools.charts import DASHBOARDS, Chart, Mark
from gladly_tools.charts.chart import Brush
from gladly_tools.charts.picking import number_between, one_of
from gladly_tools.demo import Company
from gladly_tools.results.query import Condition
from gladly_tools.ui.charts import charts_of, selected
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.ui.conftest import open_page
from tests.ui.test_pages import run_export

SECTIONS = [section.title for section in DASHBOARDS["contact-information"].sections]
FIRST, SECOND = one_of("Inbox", "a"), one_of("Inbox", None)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_the_charts_opens(here: Portal, session: Session, company: Company, section: str) -> None:
    job = run_export(here, session, "contact-information", company)
    at = open_page("conversations", export="contact-information", job=job.id)
    at.session_state[f"view:{job.id}"] = "Charts"
    at.session_state[f"charts:{job.id}"] = section
    at.run()
    assert not at.exception
    titles = [text.value for text in at.main.markdown if text.value.startswith("**")]
    assert len(titles) >= 2
    assert len(at.get("vega_lite_chart")) == len(titles)


@pytest.mark.parametrize("export", ["customer-conversations", "file-export", "conversation", "freeform-topics"])
def test_charts_of_other_exports_open(here: Portal, session: Session, company: Company, export: str) -> None:
    job = run_export(here, session, export, company)
    at = open_page("conversations", export=export, job=job.id)
    place = job.id
    if export in ("file-export", "customer-conversations"):
        (chooser,) = (group for group in at.segmented_control if group.label == "Table")
        first = next(iter(here.runs.result(session.account, job.id).tables))  # type: ignore[union-attr]
        place = f"{job.id}:{first}"
        assert chooser.value == first
    at.session_state[f"view:{place}"] = "Charts"
    at.run()
    assert not at.exception
    assert len(at.get("vega_lite_chart")) >= 2


def test_a_legend_beside_a_chart_is_written_at_full_strength(here: Portal, session: Session, company: Company) -> None:
    job = run_export(here, session, "contact-information", company)
    at = open_page("conversations", export="contact-information", job=job.id)
    at.session_state[f"view:{job.id}"] = "Charts"
    at.session_state[f"charts:{job.id}"] = "Channels"
    at.run()
    legends = [element.proto.body for element in at.get("html") if "EMAIL" in element.proto.body]
    assert legends
    assert not any("opacity" in each for each in legends)


def test_a_choice_by_keyboard_filters_figures_and_all_other_charts(
    here: Portal, session: Session, company: Company
) -> None:
    job = run_export(here, session, "contact-information", company)
    at = open_page("conversations", export="contact-information", job=job.id)
    at.session_state[f"view:{job.id}"] = "Charts"
    at.session_state[f"charts:{job.id}"] = "Channels"
    at.run()
    box = next(box for box in at.selectbox if box.label == "Filter by")
    words = box.options[0]
    box.set_value(0).run()
    assert not at.exception
    rows = int(words.rsplit("(", 1)[1].split()[0].replace(",", ""))
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Conversations"] == f"{rows:,}"
    assert any("First Channel" in (button.help or "") for button in at.button), "the cross of its pill"


def test_a_chart_says_what_a_filter_by_it_leaves_out(here: Portal, session: Session, company: Company) -> None:
    job = run_export(here, session, "contact-information", company)
    at = open_page("conversations", export="contact-information", job=job.id)
    at.session_state[f"view:{job.id}"] = "Charts"
    at.session_state[f"charts:{job.id}"] = "Times"
    at.run()
    captions = [caption.value for caption in at.caption if caption.value.startswith("The same as a click")]
    assert any("rows without Conversation Handle Time in seconds are left out" in each for each in captions)
    at.session_state[f"charts:{job.id}"] = "Channels"
    at.run()
    assert not any("are left out" in caption.value for caption in at.caption)


def chart(marks: Sequence[Mark], brush: Brush | None = None) -> Chart:
    frame = pd.DataFrame({"Inbox": [mark.label for mark in marks]})
    return Chart(key="c", title="C", frame=frame, drawn=lambda *_: None, words="", marks=marks, brush=brush)  # type: ignore[arg-type, return-value]


def stretch(first: int, last: int) -> tuple[Condition, ...]:
    return (number_between("Seconds", first, last),)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, ()),
        ({"pick": []}, ()),
        ({"pick": [{"mark": 0}]}, (FIRST,)),
        ({"pick": [{"mark": 1}]}, ()),
        ({"pick": [{}]}, ()),
        ({"pick": [{"mark": None}]}, ()),
        ({"pick": [{"mark": 7}]}, ()),
        ({"pick": [{"mark": None}], "brush": {"begin": [5, 12]}}, stretch(0, 0)),
        ({"pick": [], "brush": {"begin": [5, 25]}}, stretch(0, 1)),
        ({"brush": {"begin": [15, 25]}}, stretch(1, 1)),
        ({"brush": {"begin": [11, 12]}}, ()),
        ({"brush": {"other": [0, 100]}}, ()),
    ],
    ids=str,
)
def test_a_selection_means_the_mark_or_the_stretch(selection: Any, expected: tuple[Condition, ...]) -> None:
    marks = [Mark(label="a", rows=3, conditions=(FIRST,)), Mark(label="b", rows=0, conditions=(SECOND,))]
    brush = Brush(field="begin", at=(10, 20), conditions=stretch)
    assert selected(chart(marks, brush), SimpleNamespace(**{"get": selection.get})) == expected


@pytest.mark.parametrize(
    ("export", "table", "has"),
    [
        ("contact-information", None, True),
        ("topics", None, False),
        ("file-export", "conversation_items", True),
        ("file-export", "agents", False),
        ("customer-conversations", "conversation-items", True),
    ],
)
def test_only_tables_that_have_something_to_chart_have_charts(export: str, table: str | None, has: bool) -> None:
    assert (charts_of(export, table) is not None) == has
