"""Events, Logs and IVR in a real browser: from the form to what is seen, heard and downloaded."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.demo import Company
from tests.browser.conftest import App
from tests.browser.tables import scroll_to_end, tick
from tests.browser.test_journeys import export_anew, open_form, state


@pytest.fixture(scope="module")
def company() -> Company:
    """The demo company as the portal opens it today."""
    return Company.make()


@pytest.fixture
def app(shared_app: App) -> App:
    return shared_app


@pytest.fixture
def page(visitor: Any) -> Any:
    return visitor


def download(page: Any, link: str, path: Path) -> Any:
    """Take a file from the menu; returns what the browser says of it."""
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link, exact=True).click()
    waiting.value.save_as(path)
    return waiting.value


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_events_of_a_day_are_charted_filtered_and_taken_along(page: Any, app: App, tmp_path: Path) -> None:
    open_form(page, f"{app.url}/events?export=events")
    page.get_by_role("radio", name="Last 24 hours").click()
    export_anew(page)
    page.get_by_test_id("stDataFrame").first.wait_for()
    page.get_by_role("radio", name="Charts").click()
    page.get_by_test_id("stVegaLiteChart").first.wait_for()
    page.get_by_role("radio", name="Table", exact=True).click()
    page.get_by_role("textbox", name="Search").fill("HOLD_STARTED")
    page.get_by_role("textbox", name="Search").press("Enter")
    page.get_by_text("in all)").wait_for()
    taken = download(page, "Download CSV", tmp_path / "events.csv")
    assert taken.suggested_filename.endswith("_filtered.csv")
    rows = rows_of((tmp_path / "events.csv").read_text(encoding="utf-8"))
    assert rows
    assert all("HOLD_STARTED" in str(row) for row in rows)


def test_a_phone_call_becomes_a_picture_with_its_words_and_its_file(
    page: Any, app: App, company: Company, tmp_path: Path
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    call = max(
        (
            contact
            for each in company.conversations
            for contact in company.contacts_of(company.conversations[each])
            if contact.channel == "PHONE_CALL" and contact.ended_at < long_ago
        ),
        key=lambda contact: len(contact.steps),
    )
    open_form(page, f"{app.url}/logs")
    field = page.get_by_role("textbox", name="Call Conversation Item ID")
    field.fill(call.id)
    field.press("Enter")
    page.get_by_text(" UTC, from ").first.wait_for()
    export_anew(page)
    page.get_by_text("Until the answer").wait_for()
    page.get_by_test_id("stVegaLiteChart").first.wait_for()
    page.get_by_text("(customer): waited").first.wait_for()
    download(page, "Download CSV", tmp_path / "call.csv")
    rows = rows_of((tmp_path / "call.csv").read_text(encoding="utf-8"))
    assert len(rows) > len(call.steps)
    times = [row["timestamp"] for row in rows if row["timestamp"]]
    assert times[0] <= times[-1]
    assert {"CALL STARTED", "CALL COMPLETED"} <= {row["event"] for row in rows}


def hear(page: Any, seconds: float) -> None:
    """Wait for a sound that lasts so long."""
    page.wait_for_function(
        "(seconds) => Math.abs((document.querySelector('audio')?.duration ?? 0) - seconds) < 0.2", arg=seconds
    )


def test_prompts_are_listened_to_and_come_as_a_zip(page: Any, app: App, company: Company, tmp_path: Path) -> None:
    open_form(page, f"{app.url}/ivr")
    export_anew(page)
    prompts = [prompt for ivr in company.ivrs for prompt in ivr.prompts]
    page.get_by_text(f"{len(prompts)} prompts").first.wait_for()
    state(page, "Complete").wait_for()

    tick(page, 0)
    hear(page, prompts[0].seconds)
    scroll_to_end(page)
    tick(page, len(prompts) - 1)
    hear(page, prompts[-1].seconds)

    download(page, "Download ZIP of CSV", tmp_path / "ivr.zip")
    with zipfile.ZipFile(tmp_path / "ivr.zip") as packed:
        rows = rows_of(packed.read("ivr-recordings.csv").decode())
        sounds = [name for name in packed.namelist() if name.endswith(".mp3")]
        assert packed.testzip() is None
    assert len(rows) == len(prompts)
    assert len(sounds) == len(prompts)
    assert {row["Status"] for row in rows} == {"saved"}
