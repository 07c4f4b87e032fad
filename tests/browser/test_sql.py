"""A question in SQL, asked with the keyboard alone: completion, an answer, a long query stopped, a download."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import App
from tests.browser.test_journeys import export_contact_information


@pytest.fixture
def page(visitor: Any) -> Any:
    return visitor


@pytest.fixture(scope="module")
def result(visitors: tuple[Any, Any], shared_app: App) -> str:
    """Where a result of contact information is."""
    page = visitors[1].new_page()
    page.goto(shared_app.url)
    export_contact_information(page)
    address = str(page.url)
    page.close()
    return address


def open_sql(page: Any) -> Any:
    """The view SQL of the result on the page; returns its field."""
    page.get_by_role("radio", name="SQL", exact=True).click()
    field = page.get_by_label("Query in SQL")
    field.wait_for()
    return field


def write(page: Any, field: Any, text: str) -> None:
    field.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    field.press("Escape")


def test_a_query_is_completed_run_stopped_and_downloaded_with_the_keyboard(
    page: Any, result: str, tmp_path: Path
) -> None:
    page.goto(result)
    field = open_sql(page)
    suggestions = page.get_by_role("listbox", name="Suggestions")

    # Typing completes names, with quotes where SQL needs them; the list is gone when one is taken.
    field.focus()
    field.press("ControlOrMeta+a")
    field.press_sequentially('select "inbox n')
    suggestions.wait_for()
    assert suggestions.get_by_role("option").first.inner_text().startswith("Inbox Name - Current")
    assert field.get_attribute("aria-activedescendant") == "choice-0"
    field.press("ArrowDown")
    field.press("ArrowUp")
    field.press("Tab")
    assert suggestions.is_hidden()
    assert field.input_value() == 'select "Inbox Name - Current"'
    field.press_sequentially(" as inbox, count(*) as n from resu")
    field.press("Enter")
    field.press_sequentially(" group by all order by n desc")
    field.press("Escape")
    assert field.input_value() == (
        'select "Inbox Name - Current" as inbox, count(*) as n from result group by all order by n desc'
    )
    field.press("Control+Enter")
    download = page.get_by_role("button", name="Download answer")
    download.wait_for()

    # What the file holds adds up to the result.
    download.press("Enter")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download CSV").press("Enter")
    path = tmp_path / "answer.csv"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename == "sql-answer.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["inbox", "n"]
    shown = page.get_by_text("rows · 20").first.inner_text()
    assert sum(int(row["n"]) for row in rows) == int(shown.split()[0].replace(",", ""))
    page.keyboard.press("Escape")

    # A query that would not end says that it runs, and ends when it is told to; what is typed meanwhile stays.
    write(page, field, "SELECT sum(a.range * b.range) FROM range(9999999) a, range(9999999) b")
    field.press("Control+Enter")
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    write(page, field, "SELECT nam FROM result")
    stop.press("Enter")
    page.get_by_text("You stopped this query.").wait_for()
    assert field.input_value() == "SELECT nam FROM result"

    # An error says where; an example replaces what is there, and can be undone as if it had been typed.
    field.press("Control+Enter")
    page.get_by_text("There is no column “nam”").wait_for()
    page.get_by_role("button", name="Examples").click()
    page.get_by_text("Every column at a glance").click()
    page.wait_for_function("() => document.activeElement.shadowRoot?.activeElement?.value === 'SUMMARIZE result'")
    field.press("ControlOrMeta+z")
    assert field.input_value() == "SELECT nam FROM result"


def test_what_was_typed_is_there_after_another_view(page: Any, result: str) -> None:
    page.goto(result)
    field = open_sql(page)
    field.focus()
    write(page, field, "SELECT 42 AS answer")
    page.get_by_role("radio", name="About the columns").click()
    page.get_by_role("radio", name="About the columns", checked=True).wait_for()
    field.wait_for(state="detached")
    assert open_sql(page).input_value() == "SELECT 42 AS answer"
