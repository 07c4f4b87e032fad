"""Filters in a real browser: added, edited, taken back, kept under a name, and handed on by a link."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gladly_tools.demo import Company, DemoServer
from tests.browser.conftest import App
from tests.browser.test_journeys import state


def enter(page: Any, server: DemoServer, account: int) -> None:
    """Sign in on the page that is open."""
    username, token = server.accounts[account]
    page.get_by_label("Username", exact=True).fill(username)
    page.get_by_label("API Token", exact=True).fill(token)
    page.get_by_label("Gladly URL", exact=True).fill(server.url)
    page.get_by_role("button", name="Authenticate").click()
    page.get_by_role("button", name="Sign out").wait_for()


def rows(page: Any, words: str) -> None:
    """Wait until the table says how many rows it shows."""
    page.get_by_text(f"of {words}", exact=False).filter(has_text="Showing 1 to").wait_for()


def add_name(page: Any, name: str) -> None:
    """Filter for one name among those offered, by keyboard."""
    page.get_by_role("button", name="Add filter").press("Enter")
    column = page.get_by_role("combobox", name="Column")
    column.fill("name")
    column.press("Enter")
    values = page.get_by_role("combobox", name="Values")
    values.fill(name)
    page.get_by_role("option", name=f"{name} (1)").wait_for()
    values.press("Enter")
    page.get_by_text("Leaves 1 of 9 rows.").wait_for()
    values.press("Escape")
    page.get_by_role("button", name="Add", exact=True).press("Enter")


@pytest.fixture
def server() -> Any:
    with DemoServer(Company.make(conversations=300)) as running:
        yield running


def test_a_filter_is_edited_undone_saved_and_shared_with_the_same_account_alone(
    new_context: Any, server: DemoServer, tmp_path: Path
) -> None:
    app = App(tmp_path, GLADLY_TOOLS_ALLOWED_HOSTS=server.url.removeprefix("http://"))
    try:
        page = new_context().new_page()
        page.goto(f"{app.url}/configuration?export=inboxes")
        enter(page, server, 0)
        page.get_by_role("button", name="Export", exact=True).click()
        state(page, "Complete").wait_for()
        rows(page, "9 rows")

        add_name(page, "Phone")
        rows(page, "1 row")
        pill = page.get_by_role("button", name="name is one of Phone")
        pill.click()
        page.get_by_text("Not", exact=True).click()
        page.get_by_text("Leaves 8 of 9 rows.").wait_for()
        page.get_by_role("button", name="Apply").click()
        rows(page, "8 rows")
        page.get_by_role("button", name="Undo").click()
        rows(page, "1 row")

        page.get_by_role("button", name="Views").click()
        page.get_by_role("textbox", name="Name").fill("Only phones")
        page.get_by_role("button", name="Save view").click()
        page.get_by_role("button", name="Only phones").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Clear all").click()
        rows(page, "9 rows")
        page.reload()
        rows(page, "9 rows")
        page.get_by_role("button", name="Views").click()
        page.get_by_role("button", name="Only phones").click()
        rows(page, "1 row")

        page.get_by_role("button", name="Share").click()
        link = page.get_by_test_id("stCode").inner_text().strip()
        assert link.startswith(f"{app.url}/configuration?")
        assert "phone" not in link.lower()

        colleague = new_context().new_page()
        colleague.goto(link)
        enter(colleague, server, 0)
        rows(colleague, "1 row")
        colleague.get_by_role("button", name="name is one of Phone").wait_for()
        assert "shared=" not in colleague.url

        stranger = new_context().new_page()
        stranger.goto(link)
        enter(stranger, server, 1)
        stranger.get_by_text("The filters of this link were not found.").wait_for()
        stranger.get_by_text("No results yet").wait_for()
        assert "Phone" not in stranger.get_by_test_id("stMain").inner_text()

        app.kill()
        app.start()
        later = new_context().new_page()
        later.goto(link)
        enter(later, server, 0)
        rows(later, "1 row")
        later.goto(link.split("shared=")[0] + "shared=no-such-link")
        later.get_by_text("The filters of this link were not found.").wait_for()
        rows(later, "9 rows")
    finally:
        app.close()
