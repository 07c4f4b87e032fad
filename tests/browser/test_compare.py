"""What changed since last month, in a real browser: from an empty page to the CSV, and hostile answers as text."""

from __future__ import annotations

import csv
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from gladly_tools.snapshots import Snapshots
from tests.browser.conftest import App
from tests.browser.test_journeys import sign_in, state
from tests.results.making import manifest_of

HOSTILE = "<p>Hello</p><img src=x onerror='window.hacked = 1'><script>window.hacked = 1</script><b>Bye</b>"


def other_answers(folder: Path, scratch: Path) -> None:
    """Keep a newer state of the answers, in which one is hostile, as another export would."""
    with sqlite3.connect(folder / "snapshots.sqlite") as index:
        (owner,) = index.execute("select distinct owner from snapshots").fetchone()
    snapshots = Snapshots(folder, days=400, most=100)
    try:
        mine = snapshots.of(owner)
        before = mine.list("answers")[0]
        table = mine.open(before.id)
        rows = [row for batch in table.batches() for row in batch.to_pylist()]
        changed = next(row for row in rows if row["Response Content - Public"])
        changed["Response Content - Public"], changed["Title"] = HOSTILE, HOSTILE
        result = ResultStore(scratch).create("r", replace(manifest_of(table.columns), export="answers"))
        result.write_slice(0, "all", rows, zone="UTC")
        result.finish()
        mine.keep(Table(result), before.asked, at=before.first_at.replace(year=before.first_at.year + 1))
    finally:
        snapshots.close()


def test_what_changed_since_last_month(page: Any, app: App, tmp_path: Path) -> None:
    sign_in(page, app.url)
    page.get_by_role("link", name="Compare").click()
    page.get_by_text("No snapshot of the topics yet").wait_for()
    page.get_by_role("button", name="Read the demo company of last month").click()
    page.get_by_text("Only one state of the topics is known").wait_for()
    page.get_by_role("link", name="Export the topics").click()
    page.get_by_role("heading", name="Export Topics").wait_for()
    page.get_by_role("button", name="Export", exact=True).click()
    state(page, "Complete").wait_for()
    page.get_by_role("link", name="Compare").click()
    page.get_by_test_id("stMetric").filter(has_text="Renamed").filter(has_text="2").wait_for()
    page.get_by_role("button", name="Moved", exact=True).click()
    page.get_by_text("1 change of 8").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    path = tmp_path / "changes.csv"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename == "topics_changes_filtered.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["Change"], row["Before"], row["After"]) == ("Moved", "Orders>>Gift orders", "Payment")

    other_answers(app.folder / "data", tmp_path / "scratch")
    page.get_by_text("Answers", exact=True).click()
    page.get_by_text("Changed texts").wait_for()
    difference = page.locator(".st-key-text-difference")
    difference.get_by_text("Hello").wait_for()
    assert difference.locator("del, ins").count() > 0
    page.get_by_text("As HTML", exact=True).click()
    difference.get_by_text("onerror=").first.wait_for()
    assert difference.locator("img, script").count() == 0
    assert page.evaluate("window.hacked") is None

    page.get_by_text("Topics", exact=True).click()
    page.get_by_text("Changed texts").wait_for(state="detached")  # what is below is that of the answers until then,
    page.locator("[data-test-script-state='notRunning']").wait_for()  # and goes at the end
    page.get_by_text("Kept snapshots: 2").click()
    page.get_by_role("button", name="Delete all", exact=True).click()
    page.get_by_role("button", name="Delete all now").click()
    page.get_by_text("Only one state of the topics is known").wait_for()
    page.get_by_text("Kept snapshots").wait_for(state="detached")
