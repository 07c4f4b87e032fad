from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import vl_convert

from gladly_tools.charts import picture
from gladly_tools.report_file import pictures
from tests.report_file.making import blank


@pytest.fixture(autouse=True)
def _drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws in this process, which begins once and not for every page; the other one has tests of its own."""

    def render_all(specs: Sequence[Mapping[str, Any]]) -> list[str | None]:
        return [vl_convert.vegalite_to_svg(picture._drawable(spec), allowed_base_urls=[]) for spec in specs]

    monkeypatch.setattr(pictures, "render_all", render_all)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves every drawing empty, which would take seconds a page, where a test is about the words beside it."""
    monkeypatch.setattr(pictures, "render_all", blank)
