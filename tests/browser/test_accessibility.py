"""Every page as axe-core judges it, in light and in dark: nothing stands in the way of who sees, hears or moves less.

One portal and one sign-in for all of them. What is found is told by page, rule and element.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from gladly_tools.demo import Company
from gladly_tools.exports import EXPORTS
from tests.browser.conftest import PATIENCE, App
from tests.browser.test_journeys import press_for, settled, sign_in, start_contact_information, state

SEVERE = ("serious", "critical")
EXCEPTIONS: Mapping[tuple[str, str], str] = {}
"""By rule and a part of the element: why what is found there is left, and cannot be mended from here."""

RUN = """async ([within, options]) => {
    const found = await axe.run(within, { resultTypes: ["violations"], ...options })
    return found.violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html, target, any, all, none }) => (
        { id, impact, html, target: target.join(" "), why: [...any, ...all, ...none].map(each => each.message) }
    )))
}"""
STANDS_STILL = """() => document.querySelector("[data-test-script-state='notRunning']") !== null
    && document.querySelector("[data-stale='true']") === null"""
LOOKS = 5
AT_ONCE = "*, *::before, *::after { transition: none !important }"
"""A color that is on its way from light to dark is none that anybody reads."""
THEME = {"light": "rgb(255, 255, 255)", "dark": "rgb(19, 24, 22)"}
IS_PAINTED = "ground => getComputedStyle(document.querySelector('.stApp')).backgroundColor === ground"
BOX = "[data-testid='stPopoverBody']"
FORMS = {
    "Configuration": ("topics", "inboxes", "answers", "audiences"),
    "Conversations": (
        "conversation",
        "customer-conversations",
        "contact-information",
        "freeform-topics",
        "file-export",
    ),
    "Events": ("events", "event-history"),
    "Bulk Close": (),
    "Logs": (),
    "IVR": (),
    "Compare": ("topics", "contact-information"),
    "Jobs": (),
}


class Judge:
    """Runs axe on what a page shows and keeps what it finds."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.found: list[str] = []

    def __call__(self, name: str, within: str = "html") -> None:
        """Judge what the page shows, or a part of it, in light and then, for its colors, in dark."""
        page = self.page
        settled(page)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)  # as the browser's tools do, so the page's own policy stays as it is
            page.add_style_tag(content=AT_ONCE)
        self._keep(f"{name}, light", self._look(within, {}))
        try:
            self._in("dark")
            self._keep(f"{name}, dark", self._look(within, {"runOnly": ["color-contrast"]}))
        finally:
            self._in("light")

    def _look(self, within: str, options: dict[str, Any]) -> list[dict[str, Any]]:
        """What axe finds on a page that stands still; one that is drawn anew meanwhile is looked at again."""
        found: list[dict[str, Any]] = []
        for _ in range(LOOKS):
            settled(self.page)
            found = self.page.evaluate(RUN, [within, options])
            if self.page.evaluate(STANDS_STILL):
                break
        return found

    def _in(self, look: str) -> None:
        self.page.emulate_media(color_scheme=look)
        self.page.wait_for_function(IS_PAINTED, arg=THEME[look])

    def _keep(self, name: str, found: list[dict[str, Any]]) -> None:
        self.found += [
            "\n  ".join([f"{name}: {each['impact']} {each['id']}", each["target"], each["html"][:300], *each["why"]])
            for each in found
            if each["impact"] in SEVERE
            and not any(rule == each["id"] and part in each["html"] for rule, part in EXCEPTIONS)
        ]


@pytest.fixture(scope="module")
def judge(chromium: Any, shared_app: App) -> Iterator[Judge]:
    """Somebody who is signed in, and judges what they see."""
    context = chromium.new_context(timezone_id="America/New_York", viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(PATIENCE)
    # A page is drawn anew when the light changes; here it changes at every look, and what is judged is to stay.
    context.add_init_script("globalThis.gladlyToolsDaylight = { setTriggerValue() {} }")
    page = context.new_page()
    sign_in(page, shared_app.url)
    yield Judge(page)
    context.close()


@pytest.fixture(autouse=True)
def nothing_severe(judge: Judge) -> Iterator[None]:
    """Nothing severe is found by a test that judges something."""
    yield
    found, judge.found = judge.found, []
    assert found == [], "\n" + "\n".join(found)


def go(judge: Judge, address: str) -> None:
    """Open a page of the portal by its address."""
    judge.page.goto(address)
    judge.page.get_by_test_id("stMain").get_by_role("heading", level=1).wait_for()
    judge.page.get_by_role("button", name="Sign out").wait_for()


def export(judge: Judge) -> None:
    """Export what the form asks for, up to its result."""
    judge.page.get_by_role("button", name="Export", exact=True).click()
    state(judge.page, "Complete").or_(state(judge.page, "Partial")).first.wait_for()


def view(judge: Judge, name: str) -> None:
    """Choose a view of the result."""
    judge.page.get_by_role("radio", name=name, exact=True).click()
    judge.page.get_by_role("radio", name=name, exact=True, checked=True).wait_for()


def box(judge: Judge, name: str, button: str, within: Any = None) -> None:
    """Judge what a button opens, and close it again."""
    (within or judge.page).get_by_role("button", name=button, exact=True).first.click()
    judge.page.get_by_test_id("stPopoverBody").wait_for()
    judge(name, BOX)
    judge.page.keyboard.press("Escape")
    judge.page.get_by_test_id("stPopoverBody").wait_for(state="detached")


def test_the_sign_in(new_context: Any, shared_app: App, judge: Judge) -> None:
    stranger = Judge(new_context().new_page())
    stranger.page.goto(shared_app.url)
    stranger.page.get_by_role("button", name="Authenticate").wait_for()
    stranger("sign-in")
    stranger.page.get_by_role("button", name="Authenticate").click()
    stranger.page.get_by_role("alert").first.wait_for()
    stranger("sign-in refused")
    judge.found += stranger.found


def test_every_page_before_anything_was_exported(judge: Judge) -> None:
    page = judge.page
    for section, names in FORMS.items():
        page.get_by_role("link", name=section, exact=True).click()
        page.get_by_role("heading", name=section, exact=True, level=1).wait_for()
        for name in names:
            title = EXPORTS[name].title.removeprefix("Export ")
            if section == "Compare":
                title = title.removeprefix("Conversation ")
            choice = page.get_by_role("radio", name=title, exact=True)
            choice.click()
            page.wait_for_url(f"**export={name}*")
            judge(f"{section}, {title}")
        if not names:
            judge(section)


@pytest.fixture(scope="module")
def result(judge: Judge, shared_app: App) -> str:
    """Where a result of contact information is."""
    go(judge, f"{shared_app.url}/conversations?export=contact-information")
    start_contact_information(judge.page)
    state(judge.page, "Complete").wait_for()
    judge.page.wait_for_url("**job=*")
    return str(judge.page.url)


def test_a_result_and_what_opens_from_it(judge: Judge, result: str) -> None:
    page = judge.page
    go(judge, result)
    page.get_by_test_id("stDataFrame").first.wait_for()
    judge("table")
    for button in ("Columns", "Sort", "Views", "Share", "Download"):
        box(judge, button, button)
    page.get_by_role("button", name="Add filter").press("Enter")
    column = page.get_by_role("combobox", name="Column")
    column.fill("First Channel")
    column.press("Enter")
    values = page.get_by_role("combobox", name="Values")
    values.fill("EMAIL")
    page.get_by_role("option", name="EMAIL (").first.wait_for()
    judge("a new filter", BOX)
    values.press("Enter")
    page.get_by_text("Leaves ").wait_for()
    values.press("Escape")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    pill = page.get_by_role("button", name="First Channel is")
    pill.first.click()
    page.get_by_role("button", name="Apply").wait_for()
    judge("a filter being edited", BOX)
    page.keyboard.press("Escape")
    view(judge, "Charts")
    for section in ("Volume", "Channels", "Topics"):
        view(judge, section)
        page.get_by_test_id("stVegaLiteChart").first.wait_for()
        judge(f"charts of {section}")
    box(judge, "what a chart is filtered by", "Filter")
    box(judge, "what a chart is saved as", "Save")
    view(judge, "SQL")
    field = page.get_by_label("Query in SQL")
    field.wait_for()
    field.press("Control+Enter")
    page.get_by_role("button", name="Download answer").wait_for()
    judge("an answer in SQL")
    field.press("Control+Space")
    page.get_by_role("listbox", name="Suggestions").wait_for()
    judge("suggestions in SQL")
    view(judge, "About the columns")
    judge("about the columns")


def test_a_conversation_and_its_charts(judge: Judge, shared_app: App) -> None:
    company = Company.make()
    page = judge.page
    go(judge, f"{shared_app.url}/conversations?export=conversation")
    page.get_by_role("textbox", name="Conversation ID").fill(next(iter(company.conversations)))
    page.get_by_role("textbox", name="Conversation ID").press("Tab")
    export(judge)
    page.get_by_test_id("stChatMessage").first.wait_for()
    judge("thread")
    view(judge, "Charts")
    page.get_by_test_id("stVegaLiteChart").first.wait_for()
    judge("charts of a conversation")


def test_a_bulk_run_from_its_list_to_its_results(judge: Judge, shared_app: App, tmp_path: Path) -> None:
    page = judge.page
    upload = tmp_path / "ids.csv"
    ids = list(Company.make().conversations)[:3]
    upload.write_text("\n".join(["Conversation ID", *ids, "no id at all"]))
    go(judge, f"{shared_app.url}/bulk-close")
    settled(page)
    another = page.get_by_text("Another list to close")
    if another.count():  # tried again, with a run that is there already
        another.click()
    page.locator("input[type=file]").set_input_files(upload)
    page.get_by_text("3 conversations to close").wait_for()
    judge("list")
    page.get_by_role("button", name="Check without closing").click()
    state(page, "Checked").wait_for()
    judge("check")
    settled(page)
    page.get_by_text("Another list to close").click()
    settled(page)
    press_for(
        page.get_by_role("button", name="Start Bulk Close"),
        page.get_by_role("dialog").get_by_role("button", name="Close 3 conversations"),
    )
    judge("what is confirmed", "[role='dialog']")
    page.get_by_role("dialog").get_by_role("button", name="Close 3 conversations").click()
    state(page, "Done").or_(state(page, "Ended")).first.wait_for()
    judge("results of a run")


@pytest.mark.usefixtures("result")
def test_what_changed_and_what_was_run(judge: Judge, shared_app: App) -> None:
    page = judge.page
    go(judge, f"{shared_app.url}/compare?export=answers")
    page.get_by_role("button", name="Read the demo company of last month").click()
    page.get_by_text("Only one state of the answers is known").wait_for()
    go(judge, f"{shared_app.url}/configuration?export=answers")
    export(judge)
    judge("charts of answers")
    go(judge, f"{shared_app.url}/compare?export=answers")
    page.get_by_text("Changed texts").wait_for()
    page.get_by_text("Kept snapshots").click()
    page.get_by_text("Snapshots to delete").wait_for()
    judge("what changed in the answers")
    go(judge, f"{shared_app.url}/compare?export=contact-information")
    page.get_by_text("What changed most").wait_for()
    page.get_by_test_id("stVegaLiteChart").first.wait_for()
    judge("what changed between two periods")
    go(judge, f"{shared_app.url}/jobs")
    page.get_by_role("button", name="Open", exact=True).first.wait_for()
    judge("jobs")
    box(judge, "a job that is to be deleted", "Delete")
