"""What people do, in a real browser, against the portal as the README starts it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import TimeoutError

from tests.browser.conftest import PATIENCE, App

DEMO = "Try the demo company"
PRESS_AGAIN = 10_000


def sign_in(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name=DEMO).click()
    page.get_by_role("button", name="Sign out").wait_for()


def settled(page: Any) -> None:
    """Wait until what was last done is drawn; what is only being drawn is faint, and may drop a click or a key."""
    page.locator("[data-test-script-state='notRunning']").wait_for()
    page.locator("[data-stale='true']").first.wait_for(state="detached")


def press_for(button: Any, shown: Any) -> None:
    """Press a button until it shows what it is for; only for one that may be pressed more than once."""
    for _ in range(PATIENCE // PRESS_AGAIN):
        button.click()
        try:
            shown.wait_for(timeout=PRESS_AGAIN)
            return
        except TimeoutError:
            continue
    shown.wait_for()


def state(page: Any, word: str) -> Any:
    """The badge that shows a job's state."""
    return page.locator(".stMarkdownBadge").filter(has_text=word).first


def job_in(page: Any) -> str:
    """The job that the page's address names, once the page stands still; none is empty."""
    settled(page)
    return "".join(parse_qs(urlsplit(page.url).query).get("job", []))


def unfold(page: Any) -> None:
    """Open the form, which is folded away where something was exported before."""
    settled(page)
    folded = page.get_by_test_id("stExpander").filter(has_text="Export").locator("details:not([open]) > summary")
    if folded.count():
        folded.first.click()


def open_form(page: Any, url: str) -> None:
    """Open a form by its address, as somebody who is signed in."""
    page.goto(url)
    page.get_by_role("button", name="Sign out").wait_for()
    unfold(page)


def export_anew(page: Any) -> None:
    """Press Export, and wait for the end of that job, whatever was exported before it."""
    before = job_in(page)
    page.get_by_role("button", name="Export", exact=True).click()
    page.wait_for_url(lambda url: (job := parse_qs(urlsplit(url).query).get("job")) is not None and job != [before])
    settled(page)
    state(page, "Complete").or_(state(page, "Partial")).first.wait_for()


def open_contact_information(page: Any) -> None:
    page.get_by_role("link", name="Conversations").click()
    page.get_by_text("Conversation Contact Information", exact=True).click()
    page.get_by_test_id("stMain").get_by_text("Export Conversation Contact Information").first.wait_for()
    unfold(page)
    # The last part of the form before its button: until it is there, the button is that of the form before.
    page.get_by_role("button", name="Estimate").wait_for()


def start_contact_information(page: Any, *, customers: bool = False) -> None:
    open_contact_information(page)
    if not customers:
        page.get_by_text("Look customers up").click()
    page.get_by_role("button", name="Export", exact=True).click()


def export_contact_information(page: Any) -> None:
    open_contact_information(page)
    page.get_by_text("Look customers up").click()
    export_anew(page)


def test_from_the_demo_to_the_downloaded_csv_in_under_ten_clicks(page: Any, app: App, tmp_path: Path) -> None:
    clicks = 0

    def click(locator: Any) -> None:
        nonlocal clicks
        locator.click()
        clicks += 1

    page.goto(app.url)
    click(page.get_by_role("button", name=DEMO))
    page.get_by_role("button", name="Sign out").wait_for()
    click(page.get_by_role("link", name="Conversations"))
    click(page.get_by_text("Conversation Contact Information", exact=True))
    click(page.get_by_text("Look customers up"))
    click(page.get_by_role("button", name="Export", exact=True))
    state(page, "Complete").wait_for()
    click(page.get_by_role("button", name="Download", exact=True))
    with page.expect_download() as waiting:
        click(page.get_by_role("link", name="Download CSV"))
    path = tmp_path / "downloaded.csv"
    waiting.value.save_as(path)
    assert clicks < 10
    assert re.fullmatch(r"contact-information_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d\.csv", waiting.value.suggested_filename)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 50
    assert len(rows[0]) == 62
    shown = page.get_by_text(re.compile(r"^[\d,]+ rows")).first.inner_text()
    assert int(shown.split()[0].replace(",", "")) == len(rows)


def test_a_reload_in_the_middle_of_a_job_keeps_the_session_and_the_job(page: Any, app: App) -> None:
    sign_in(page, app.url)
    start_contact_information(page, customers=True)
    page.get_by_text("You can leave this page").wait_for()
    page.reload()
    page.get_by_role("button", name="Sign out").wait_for()
    page.get_by_text("You can leave this page").wait_for()
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("heading", name="Jobs").wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    state(page, "Stopped").wait_for()
    page.get_by_role("button", name="Resume").wait_for()


def test_two_accounts_never_see_each_others_jobs(new_context: Any, tmp_path: Path) -> None:
    from gladly_tools.demo import Company, DemoServer

    with DemoServer(Company.make(conversations=300)) as server:
        app = App(tmp_path, GLADLY_TOOLS_ALLOWED_HOSTS=server.url.removeprefix("http://"))
        try:
            pages = []
            for username, token in server.accounts[:2]:
                page = new_context().new_page()
                page.goto(app.url)
                page.get_by_label("Username", exact=True).fill(username)
                page.get_by_label("API Token", exact=True).fill(token)
                page.get_by_label("Gladly URL", exact=True).fill(server.url)
                page.get_by_role("button", name="Authenticate").click()
                page.get_by_role("button", name="Sign out").wait_for()
                pages.append(page)
            ann, bob = pages
            ann.get_by_role("link", name="Configuration").click()
            ann.get_by_role("button", name="Export", exact=True).click()
            state(ann, "Complete").wait_for()
            ann.get_by_role("button", name="Download", exact=True).click()
            link = ann.get_by_role("link", name="Download CSV").get_attribute("href")
            assert ann.request.get(f"{app.url}{link}").status == 200
            assert bob.request.get(f"{app.url}{link}").status == 404
            bob.get_by_role("link", name="Jobs").click()
            bob.get_by_text("No jobs yet").wait_for()
            bob.goto(ann.url)
            bob.get_by_text("No results yet").wait_for()
            assert token not in bob.content()
        finally:
            app.close()


@pytest.mark.parametrize("path", ["configuration", "conversations?export=contact-information", "jobs"])
def test_a_deep_link_without_signing_in_shows_the_sign_in_and_survives_it(
    page: Any, shared_app: App, path: str
) -> None:
    page.goto(f"{shared_app.url}/{path}")
    page.get_by_role("button", name=DEMO).wait_for()
    assert page.get_by_role("button", name="Export", exact=True).count() == 0
    assert page.get_by_test_id("stSidebarNavLink").count() == 0
    page.get_by_role("button", name=DEMO).click()
    page.get_by_role("button", name="Sign out").wait_for()
    page.get_by_role("heading", name=path.split("?")[0].capitalize(), exact=True).wait_for()
    assert page.url.startswith(f"{shared_app.url}/{path}")


def test_bad_input_is_told_at_its_field_and_nothing_typed_is_lost(page: Any, shared_app: App) -> None:
    page.goto(shared_app.url)
    page.get_by_label("Username", exact=True).fill("ann@example.com")
    page.get_by_label("API Token", exact=True).fill("secret-token-value")
    page.get_by_label("Gladly URL", exact=True).fill("https://gladly.com.evil.test")
    page.get_by_role("button", name="Authenticate").click()
    page.get_by_text("does not end in .gladly.com").wait_for()
    assert page.get_by_label("Username", exact=True).input_value() == "ann@example.com"
    assert page.get_by_label("Gladly URL", exact=True).input_value() == "https://gladly.com.evil.test"
    assert "secret-token-value" not in page.content()


def test_after_signing_out_nothing_is_left_on_the_page(page: Any, shared_app: App) -> None:
    sign_in(page, shared_app.url)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name=DEMO).wait_for()
    page.reload()
    page.get_by_role("button", name=DEMO).wait_for()


def test_signing_out_in_one_tab_signs_the_other_out_too(new_context: Any, shared_app: App) -> None:
    context = new_context()
    first, second = context.new_page(), context.new_page()
    sign_in(first, shared_app.url)
    unfold(first)
    first.get_by_role("button", name="Export", exact=True).click()
    state(first, "Complete").wait_for()
    second.goto(f"{shared_app.url}/jobs")
    second.get_by_role("button", name="Delete").first.wait_for()
    first.get_by_role("button", name="Sign out").click()
    first.get_by_role("button", name=DEMO).wait_for()
    second.get_by_role("button", name="Open").first.click()
    second.get_by_role("button", name=DEMO).wait_for()


def test_filters_follow_into_the_download_and_outlive_a_reload(page: Any, shared_app: App, tmp_path: Path) -> None:
    sign_in(page, f"{shared_app.url}/configuration?export=inboxes")
    unfold(page)
    export_anew(page)
    page.get_by_role("textbox", name="Search").fill("phone")
    page.get_by_role("textbox", name="Search").press("Enter")
    page.get_by_text("of 1 row").wait_for()
    page.reload()
    page.get_by_text("of 1 row").wait_for()
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download JSON", exact=True).click()
    path = tmp_path / "inboxes.json"
    waiting.value.save_as(path)
    assert [row["name"] for row in json.loads(path.read_text())] == ["Phone"]
    assert waiting.value.suggested_filename == "inboxes_filtered.json"


def test_a_killed_server_resumes_the_job_after_signing_in_again(page: Any, app: App) -> None:
    sign_in(page, app.url)
    start_contact_information(page, customers=True)
    page.get_by_text("You can leave this page").wait_for()
    app.kill()
    app.start()
    page.goto(f"{app.url}/jobs")
    page.get_by_role("button", name=DEMO).click()
    page.get_by_role("button", name="Sign out").wait_for()
    state(page, "Running").wait_for()
