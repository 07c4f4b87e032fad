"""Closing conversations in a real browser: upload, check, confirm, reload in the middle, download, take back."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.results.download import unguard
from tests.browser.conftest import App
from tests.browser.test_journeys import state
from tests.bulk.conftest import open_conversations, status_of


def sign_in(page: Any, app: App, server: DemoServer) -> None:
    page.goto(f"{app.url}/bulk-close")
    page.get_by_label("Username", exact=True).fill(server.username)
    page.get_by_label("API Token", exact=True).fill(server.api_token)
    page.get_by_label("Gladly URL", exact=True).fill(server.url)
    page.get_by_role("button", name="Authenticate").click()
    page.get_by_role("button", name="Sign out").wait_for()


def download(page: Any, name: str, path: Path) -> list[dict[str, str]]:
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    waiting.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{column: unguard(cell) for column, cell in row.items()} for row in csv.DictReader(file)]


def test_from_the_list_to_the_results_with_a_reload_in_the_middle(page: Any, tmp_path: Path) -> None:
    company = Company.make(conversations=600)
    with DemoServer(company, limits=Limits(requests_per_second=30)) as server:
        app = App(tmp_path, GLADLY_TOOLS_ALLOWED_HOSTS=server.url.removeprefix("http://"))
        try:
            ids = open_conversations(company, 80)
            for id_ in ids[:3]:
                company.changes.wait(id_, True)
            upload = tmp_path / "ids.csv"
            upload.write_text("\n".join(["Conversation ID;note", *(f"{id_};ä" for id_ in ids), f"{ids[5]};again"]))
            sign_in(page, app, server)
            page.get_by_text("No runs yet").wait_for()  # the last thing on the page
            page.locator("input[type=file]").set_input_files(upload)
            page.get_by_text("80 conversations to close").wait_for()
            page.reload()
            page.get_by_text("80 conversations to close").wait_for()
            page.get_by_role("button", name="Check without closing").click()
            page.get_by_text("By inbox").wait_for()
            assert company.changes.counts.total() == 0

            page.get_by_role("button", name="Close 77 conversations").click()
            dialog = page.get_by_role("dialog")
            dialog.get_by_text("This changes live data in Gladly.").wait_for()
            dialog.get_by_role("textbox").fill("77")
            dialog.get_by_role("button", name="Close 77 conversations").click()
            page.get_by_role("button", name="Pause").wait_for()
            page.wait_for_function("document.body.innerText.includes(' conversations done')")
            assert company.changes.counts.total() < 77
            page.reload()
            page.get_by_role("button", name="Sign out").wait_for()
            state(page, "Done").wait_for()

            rows = download(page, "Results CSV", tmp_path / "results.csv")
            assert [row["status"] for row in rows] == ["closed"] * 77
            assert [row["Conversation ID"] for row in rows] == ids[3:]
            assert [status_of(company, id_) for id_ in ids] == ["WAITING"] * 3 + ["CLOSED"] * 77
            assert [company.changes.counts["close", id_] for id_ in ids] == [0] * 3 + [1] * 77

            page.keyboard.press("Escape")
            page.get_by_role("button", name="Reopen…").click()
            page.get_by_text("77 conversations to reopen").wait_for()
            page.get_by_role("link", name="Jobs").click()
            page.get_by_role("heading", name="Jobs").wait_for()
            page.get_by_role("button", name="Open", exact=True).first.click()
            page.get_by_role("button", name="Reopen…").wait_for()
        finally:
            app.close()


def test_in_the_dark_the_page_behind_the_dialog_is_darkened_and_the_dialog_has_an_edge(
    new_context: Any, app: App, tmp_path: Path
) -> None:
    page = new_context(color_scheme="dark").new_page()
    page.goto(f"{app.url}/bulk-close")
    page.get_by_role("button", name="Try the demo company").click()
    page.get_by_text("No runs yet").wait_for()
    upload = tmp_path / "ids.csv"
    upload.write_text("conversationId\nsome-conversation")
    page.locator("input[type=file]").set_input_files(upload)
    page.get_by_role("button", name="Start Bulk Close").click()
    page.get_by_role("dialog").get_by_text("This changes live data in Gladly.").wait_for()
    ground, edge = page.get_by_test_id("stDialog").evaluate(
        "veil => [getComputedStyle(veil).backgroundColor, getComputedStyle(veil.firstElementChild).borderTopWidth]"
    )
    assert ground.startswith("rgba(0, 0, 0, ")
    assert edge == "1px"
