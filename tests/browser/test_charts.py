"""A chart as people use it: a click on a bar is a filter, for the table too; the chart can be saved as a picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.charts import DARK, LIGHT
from tests.browser.conftest import App
from tests.browser.test_journeys import export_anew, export_contact_information, open_form, settled

CARD = "[class*='st-key-chart-card-{key}-']"


@pytest.fixture
def app(shared_app: App) -> App:
    return shared_app


@pytest.fixture
def page(visitor: Any) -> Any:
    return visitor


def card(page: Any, key: str) -> Any:
    return page.locator(CARD.format(key=key))


def drop_filter(page: Any) -> None:
    """Take the one filter off."""
    page.locator("[class*='st-key-remove-']").get_by_role("button").click()


def test_a_click_on_a_bar_filters_the_table_and_the_chart_is_saved(page: Any, app: App, tmp_path: Path) -> None:
    page.goto(app.url)
    export_contact_information(page)
    page.get_by_text("Charts", exact=True).click()
    page.get_by_text("Channels", exact=True).click()
    mix = card(page, "channel-mix")
    bar = mix.locator("path[aria-roledescription='bar']").first
    bar.wait_for()
    total = int(page.get_by_test_id("stMetricValue").first.inner_text().replace(",", ""))

    for name, beginning in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        mix.get_by_role("button", name="Save").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Picture as {name}").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.name == f"channel-mix.{name.lower()}"
        assert path.read_bytes().startswith(beginning)
        page.keyboard.press("Escape")

    bar.click()
    pill = page.get_by_role("button", name=re.compile("First Channel"))
    pill.wait_for()
    page.wait_for_function(
        """total => {
            const figure = document.querySelector('[data-testid=stMetricValue]');
            return figure && parseInt(figure.innerText.replace(/,/g, '')) < total;
        }""",
        arg=total,
    )
    filtered = int(page.get_by_test_id("stMetricValue").first.inner_text().replace(",", ""))
    page.get_by_text("Table", exact=True).first.click()
    page.get_by_text(re.compile(rf"of {filtered:,} rows? \(of {total:,} in all\)")).wait_for()
    assert 0 < filtered < total

    # A stretch of days, brushed.
    drop_filter(page)
    pill.wait_for(state="detached")
    page.get_by_text("Charts", exact=True).click()
    settled(page)
    page.get_by_text("Volume", exact=True).click()
    columns = card(page, "over-time").locator("path[aria-roledescription='rect mark']")
    columns.nth(2).wait_for()
    # A browser draws its labels by other means than the renderer of pictures.
    labels = card(page, "over-time").locator(".role-axis-label text").all_text_contents()
    assert [label for label in labels if re.fullmatch(r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2}", label)]
    first, last = columns.nth(0).bounding_box(), columns.nth(2).bounding_box()
    across = first["y"] + first["height"] / 2
    page.mouse.move(first["x"] + 4, across)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] / 2 + 6, across, steps=6)
    page.mouse.up()
    pill = page.get_by_role("button", name=re.compile("Created At"))
    pill.wait_for()
    assert "is between" in pill.inner_text()

    # The same by keyboard, from the menu of another chart.
    drop_filter(page)
    pill.wait_for(state="detached")
    settled(page)
    page.get_by_text("Channels", exact=True).click()
    card(page, "first-to-last").get_by_role("button", name="Filter").click()
    page.get_by_role("combobox", name="Filter by").fill("EMAIL to EMAIL")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("Last Channel")).wait_for()


def test_a_chart_turns_dark_with_the_browser(page: Any, app: App) -> None:
    open_form(page, f"{app.url}/events?export=events")
    export_anew(page)
    page.get_by_text("Charts", exact=True).click()
    label = page.locator(".role-axis-label text").first
    label.wait_for()
    assert label.get_attribute("fill") == LIGHT.soft
    page.emulate_media(color_scheme="dark")
    page.locator(f".role-axis-label text[fill='{DARK.soft}']").first.wait_for()
