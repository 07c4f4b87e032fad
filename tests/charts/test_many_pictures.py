"""Many charts are drawn by one process, and one that cannot be drawn does not stop the others."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gladly_tools.charts import picture
from gladly_tools.charts.picture import render_all
from gladly_tools.errors import GladlyToolsError, TryLaterError


def bars(label: str) -> dict[str, Any]:
    return {
        "data": {"values": [{"label": label, "amount": 1}]},
        "mark": "bar",
        "encoding": {"x": {"field": "amount", "type": "quantitative"}, "y": {"field": "label", "type": "nominal"}},
    }


def test_drawings_come_in_the_order_of_their_charts() -> None:
    drawn = render_all([bars("Returns"), bars("Sales")])
    assert [each is not None and ("Returns" in each, "Sales" in each) for each in drawn] == [
        (True, False),
        (False, True),
    ]


def test_nothing_to_draw_begins_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "_RENDERER", picture._RENDERER.with_name("absent.py"))
    assert render_all([]) == []


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\x7f", "\ufffe", "\ud800"])
def test_a_name_that_the_renderer_would_die_of_is_drawn_with_a_sign_in_its_place(character: str) -> None:
    (drawn,) = render_all([bars(f"Re{character}turns")])
    assert drawn is not None
    assert "Re\ufffdturns" in drawn


def test_one_that_cannot_be_drawn_leaves_the_others() -> None:
    broken = {**bars("Broken"), "mark": "no such mark"}
    first, second, third = render_all([bars("Returns"), broken, bars("Sales")])
    assert (first is not None, second, third is not None) == (True, None, True)


def test_one_that_the_process_dies_of_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "seen", lambda text: text)
    first, second, third = render_all([bars("Returns"), bars("deadly \x01"), bars("Sales")])
    assert (first is not None, second, third is not None) == (True, None, True)


def test_when_none_can_be_drawn_that_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "_RENDERER", picture._RENDERER.with_name("absent.py"))
    with pytest.raises(GladlyToolsError, match="could not be drawn"):
        render_all([bars("Returns")])


def test_drawing_ends_at_its_time_limit() -> None:
    begun = time.monotonic()
    with pytest.raises(TryLaterError, match="too long"):
        render_all([bars("Returns")] * 3, seconds=0.01)
    assert time.monotonic() - begun < 5


def test_what_would_load_something_is_refused() -> None:
    with pytest.raises(ValueError, match="must not load"):
        render_all([bars("Returns"), {**bars("x"), "data": {"url": "http://evil.example/x.csv"}}])
