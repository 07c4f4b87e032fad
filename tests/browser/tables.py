"""Tables in the browser: drawn on a canvas, so a row is ticked by its place, and read from what screen readers get."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import TimeoutError

from tests.browser.test_journeys import settled

HEADER = 36
ROW = 35
TRIES = 12
WITHIN = 5_000


def tick(page: Any, row: int) -> None:
    """Select a row of the page's first table, from zero.

    What is above a table may still grow, and a canvas takes no click before it is wired: so it is clicked again until
    the table itself says that the row is selected, and still does when the page stands still. A click that was taken
    late is not followed by another, which would take the row back.
    """
    table = page.get_by_test_id("stDataFrame").first
    selected = table.locator(f"[role=row][aria-rowindex='{row + 2}'][aria-selected=true]")
    for last in (False,) * (TRIES - 1) + (True,):
        settled(page)
        if selected.count():
            return
        table.scroll_into_view_if_needed()
        place = table.bounding_box()
        top = table.evaluate("shown => shown.querySelector('.dvn-scroller').scrollTop")
        page.mouse.click(place["x"] + 14, place["y"] + HEADER + ROW * (row + 0.5) - top)
        try:
            selected.wait_for(state="attached", timeout=WITHIN)
        except TimeoutError:
            if last:
                raise


def scroll_to_end(page: Any) -> None:
    """Scroll the page's first table down to its last row."""
    table = page.get_by_test_id("stDataFrame").first
    for _ in range(TRIES):
        place = table.bounding_box()
        page.mouse.move(place["x"] + 200, place["y"] + 200)
        page.mouse.wheel(0, 5000)
        try:
            page.wait_for_function(
                """() => {
                    const shown = document.querySelector("[data-testid=stDataFrame] .dvn-scroller")
                    return shown.scrollTop > 0 && shown.scrollTop + shown.clientHeight >= shown.scrollHeight - 1
                }""",
                timeout=WITHIN,
            )
            return
        except TimeoutError:
            continue
    raise AssertionError("the table does not reach its end")
