"""Searching export jobs in a real browser: find, pick, search, read a match with its conversation, take the ZIP."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

from gladly_tools.demo import Company
from gladly_tools.search import Criteria
from tests.browser.conftest import App
from tests.browser.tables import tick
from tests.browser.test_journeys import sign_in, state
from tests.exports.truth import daily_job, readable_lines
from tests.search.reference import matches

PHRASES = ("order", "refund")


def test_from_the_list_of_jobs_to_a_match_and_the_zip(page: Any, app: App, tmp_path: Path) -> None:
    company = Company.make()
    jobs = sorted(company.export_jobs(), key=lambda job: (job.updated_at, job.id), reverse=True)
    chosen = daily_job(company)
    running = next(job for job in jobs if job.status == "IN_PROGRESS")

    sign_in(page, f"{app.url}/conversations?export=file-export")
    page.get_by_role("button", name="Find Jobs").click()
    page.get_by_text("Select one or more completed jobs.").wait_for()
    tick(page, jobs.index(running))
    page.get_by_text("is still running, so it cannot be exported").wait_for()
    tick(page, jobs.index(chosen))
    page.get_by_text("1 job chosen.").wait_for()
    page.get_by_role("textbox", name="Contact Information").fill("0650 123 4567")
    page.get_by_role("textbox", name="Digital Transcript Search").fill("\n".join(PHRASES))
    page.keyboard.press("Control+Enter")
    page.get_by_text("E.164").first.wait_for()
    page.get_by_role("textbox", name="Contact Information").fill("")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Export", exact=True).click()
    state(page, "Complete").or_(state(page, "Partial")).first.wait_for()

    criteria = Criteria(phrases=PHRASES)
    topics = [topic for _, topic in readable_lines(company, chosen, "topics.jsonl")]
    found = [
        line
        for line, item in readable_lines(company, chosen, "conversation_items.jsonl")
        if matches(item, criteria, [], topics)
    ]
    assert found
    page.get_by_text(f"{len(found)} items").first.wait_for()
    marked = page.get_by_test_id("stMain").locator("span[style*=background]")
    marked.filter(has_text=re.compile(rf"^\s*({'|'.join(PHRASES)})\s*$", re.IGNORECASE)).first.wait_for()
    page.get_by_role("button", name="Whole conversation").first.click()
    page.get_by_role("dialog").get_by_text("nothing was asked of Gladly").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")

    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download ZIP of JSON").first.click()
    path = tmp_path / "found.zip"
    waiting.value.save_as(path)
    with zipfile.ZipFile(path) as packed:
        assert {"agents.jsonl", "conversation_items.jsonl", "customers.jsonl", "topics.jsonl"} <= set(packed.namelist())
        assert sorted(packed.read("conversation_items.jsonl").decode().splitlines()) == sorted(found)
    assert b"refund" not in (app.folder / "server.log").read_bytes()
