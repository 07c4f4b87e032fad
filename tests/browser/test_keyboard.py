"""With the keyboard alone: each journey from its start to its file, and a box that a key opened has the focus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gladly_tools.demo import Company
from tests.browser.conftest import App
from tests.browser.test_journeys import settled, sign_in, state

INSIDE = "() => !!document.activeElement.closest(\"[data-testid='stPopoverBody']\")"

ACTIVE = """() => {
    let active = document.activeElement
    while (active.shadowRoot?.activeElement) active = active.shadowRoot.activeElement
    if (active.matches("body, section, main")) return []
    const named = active.getAttribute("aria-label") ?? active.labels?.[0]?.innerText ?? active.innerText ?? ""
    return named.trim().split("\\n").map(line => line.trim())
}"""
"""The lines of what the element with the focus is called; its icons are lines of their own."""
MOST_TABS = 60


def reach(page: Any, words: str) -> None:
    """Go on by Tab until the focus is on what is called so."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(ACTIVE))
        if words in passed[-1]:
            return
    raise AssertionError(f"no way to {words!r} by Tab, past {passed}")


def begin(page: Any) -> None:
    """Put the focus to where a page begins, as it is after loading."""
    page.locator("[data-test-script-state='notRunning']").wait_for()
    page.evaluate("document.activeElement.blur()")


def test_from_the_sign_in_to_an_answer_in_sql_and_to_what_changed(page: Any, app: App) -> None:
    page.goto(app.url)
    page.get_by_role("button", name="Try the demo company").wait_for()
    reach(page, "Try the demo company")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Export Topics").wait_for()
    begin(page)
    reach(page, "Export")
    page.keyboard.press("Enter")
    state(page, "Complete").wait_for()

    begin(page)
    reach(page, "Table")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_label("Query in SQL").wait_for()
    reach(page, "Query in SQL")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Download answer").wait_for()
    reach(page, "Download answer")
    page.keyboard.press("Enter")
    page.wait_for_function(INSIDE)
    reach(page, "Download JSON")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename == "sql-answer.json"
    page.keyboard.press("Escape")

    begin(page)
    reach(page, "Compare")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Read the demo company of last month").wait_for()
    begin(page)
    reach(page, "Read the demo company of last month")
    page.keyboard.press("Enter")
    page.get_by_test_id("stMetric").filter(has_text="Renamed").wait_for()
    begin(page)
    reach(page, "Added")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_text("1 change of 8").wait_for()
    reach(page, "Download CSV")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename == "topics_changes_filtered.csv"
    begin(page)
    reach(page, "Topics")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_text("Only one state of the inboxes is known").wait_for()


def test_a_list_is_uploaded_checked_confirmed_and_closed(page: Any, app: App, tmp_path: Path) -> None:
    upload = tmp_path / "ids.csv"
    upload.write_text("\n".join(["Conversation ID", *list(Company.make().conversations)[:3]]))
    page.on("filechooser", lambda _chooser: None)  # the browser learns in time that nobody sits there to choose
    sign_in(page, f"{app.url}/bulk-close")
    page.get_by_text("No runs yet").wait_for()
    begin(page)
    settled(page)
    reach(page, "Upload")
    with page.expect_file_chooser() as waiting:
        page.keyboard.press("Enter")
    waiting.value.set_files(upload)
    page.get_by_text("3 conversations to close").wait_for()
    begin(page)
    reach(page, "Check without closing")
    page.keyboard.press("Enter")
    state(page, "Checked").wait_for()
    begin(page)
    reach(page, "Another list to close")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start Bulk Close").wait_for()
    reach(page, "Start Bulk Close")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Close 3 conversations").wait_for()
    reach(page, "Close 3 conversations")
    page.keyboard.press("Enter")
    state(page, "Done").or_(state(page, "Ended")).first.wait_for()
    reach(page, "Download")
    page.keyboard.press("Enter")
    page.wait_for_function(INSIDE)
    reach(page, "Results CSV")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename.endswith(".csv")


def test_a_filter_is_added_by_keyboard(page: Any, app: App) -> None:
    page.set_default_timeout(20_000)
    sign_in(page, app.url)
    page.get_by_role("heading", name="Export Topics").wait_for()
    page.get_by_role("button", name="Export", exact=True).click()
    state(page, "Complete").wait_for()
    box = page.get_by_role("button", name="Add filter")
    box.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(INSIDE)
    page.keyboard.type("Disabled")
    page.get_by_role("option", name="Disabled").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add", exact=True).wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == "Add":
            break
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Disabled is").first.wait_for()

    page.get_by_role("button", name="Download", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_function(INSIDE)
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.innerText.includes('Download')")
    assert not page.evaluate(INSIDE)
