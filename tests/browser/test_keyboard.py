"""With the keyboard alone: a box that a key opened has the focus, and Escape leads back."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import App
from tests.browser.test_journeys import sign_in, state

INSIDE = "() => !!document.activeElement.closest(\"[data-testid='stPopoverBody']\")"


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
