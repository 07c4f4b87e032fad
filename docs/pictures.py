"""Makes the pictures of the documentation from the demo company, in a portal and a browser of its own.

    python -m docs.pictures [NAME…]

Without names it makes all of them. It needs the `test` extra and Chromium. The demo company is one of today, and so are
the pictures.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image

from gladly_tools.demo import Company

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1440, "height": 1000}
PATIENCE = 90_000
COLORS = 128
MARGIN = 24
LARGEST = 200_000
WIDE, NARROW = 1028, 808
"""Widths of a result and of a form with the margins, in pixels."""
SETTLED = 1_500
"""Milliseconds until what is drawn stands still: charts grow, tables get their rows."""


@dataclass(kw_only=True)
class Stage:
    """A portal with the demo company signed in, a page of it, and where pictures go."""

    url: str
    page: Any
    company: Company
    folder: Path
    wanted: frozenset[str]

    def open(self, path: str) -> None:
        """Go to a page of the portal."""
        self.page.goto(f"{self.url}/{path}")
        self.page.get_by_role("button", name="Sign out").wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is drawn any more: a click before that may be lost."""
        self.page.wait_for_timeout(SETTLED)
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()

    @property
    def main(self) -> Any:
        """Everything but the sidebar."""
        return self.page.get_by_test_id("stMainBlockContainer")

    def button(self, name: str) -> Any:
        """The first button that is called so."""
        return self.page.get_by_role("button", name=name, exact=True).first

    def run(self, *, state: str = "Complete") -> None:
        """Press Export and wait for the end."""
        self.button("Export").click()
        self.badge(state).wait_for()

    def badge(self, word: str) -> Any:
        """The badge of a job that says this."""
        return self.page.locator(".stMarkdownBadge").filter(has_text=word).first

    def look(self, view: str) -> None:
        """Choose how to look at a result."""
        self.page.get_by_test_id("stMain").get_by_role("radio", name=view, exact=True).click()
        self.settle()

    def take(self, name: str, *shown: Any, width: int | None = None, most: int = 1100, above: int = 14) -> None:
        """Take a picture from the first of these places to the ends of all; nothing if it is not wanted.

        `width` is that of the picture, `most` its greatest height, `above` what is shown above the first place.
        """
        if name not in self.wanted:
            return
        page = self.page
        page.mouse.move(0, 0)  # what shows itself under the mouse is in no picture
        self.settle()
        # Everything at once, so that nothing has to be scrolled to.
        tall = page.evaluate("document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 1000")
        page.set_viewport_size({**SIZE, "height": max(SIZE["height"], int(tall) + 40)})
        page.wait_for_timeout(SETTLED)
        boxes = [place.bounding_box() for place in shown]
        left, top = boxes[0]["x"] - MARGIN, boxes[0]["y"] - above
        right = max(box["x"] + box["width"] for box in boxes) + MARGIN if width is None else left + width
        bottom = min(max(box["y"] + box["height"] for box in boxes) + MARGIN, top + most)
        left, top, right = max(left, 0), max(top, 0), min(right, SIZE["width"])
        data = page.screenshot(clip={"x": left, "y": top, "width": right - left, "height": bottom - top})
        page.set_viewport_size(SIZE)
        save(name, data)


def save(name: str, data: bytes) -> None:
    """Write a picture with few colors, which is all that a page has. Raises SystemExit for one that is too large."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    path = IMAGES / f"{name}.png"
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    sys.stdout.write(f"{path.relative_to(ROOT)}  {picture.width} by {picture.height}  {size:,} bytes\n")
    if size > LARGEST:
        raise SystemExit(f"{path} is larger than {LARGEST:,} bytes: show less")


Scene = Callable[[Stage], None]
SCENES: dict[Scene, tuple[str, ...]] = {}


def makes(*names: str) -> Callable[[Scene], Scene]:
    """Says which pictures a scene makes; scenes are played in their order here, as later ones need earlier results."""

    def noted(scene: Scene) -> Scene:
        SCENES[scene] = names
        return scene

    return noted


@makes("sign-in")
def sign_in(stage: Stage) -> None:
    page = stage.page
    page.goto(stage.url)
    demo = stage.button("Try the demo company")
    demo.wait_for()
    stage.take("sign-in", page.get_by_role("heading", level=1), demo, page.get_by_test_id("stForm"))
    demo.click()
    stage.button("Sign out").wait_for()


@makes("answers")
def configuration(stage: Stage) -> None:
    for name in ("topics", "inboxes", "audiences"):
        stage.open(f"configuration?export={name}")
        stage.run()
    stage.open("configuration?export=answers")
    stage.run()
    stage.page.locator("summary").first.click()
    table = stage.page.get_by_test_id("stDataFrame").first
    stage.take("answers", stage.page.get_by_role("heading", level=1), table, most=1150)


@makes("contact-information", "result", "report")
def contact_information(stage: Stage) -> None:
    page = stage.page
    stage.open("conversations?export=contact-information")
    heading = page.get_by_role("heading", name="Export Conversation Contact Information")
    heading.wait_for()
    page.get_by_role("button", name="Estimate").wait_for()
    stage.take(
        "contact-information",
        heading,
        stage.button("Export"),
        page.get_by_text("Look customers up").first,
        width=NARROW,
        above=MARGIN,
    )
    page.get_by_text("Look customers up").click()
    page.get_by_text("Expect 1 report").wait_for()
    stage.run()
    stage.look("Charts")
    page.get_by_text("Conversations by weekday and hour").wait_for()
    stage.take("result", page.get_by_test_id("stSidebar"), stage.main, most=1026)
    _report(stage)


def _report(stage: Stage) -> None:
    stage.button("Download").click()
    with stage.page.expect_download() as waiting:
        stage.page.get_by_role("link", name="Report with charts").click()
    path = stage.folder / "report.html"
    waiting.value.save_as(path)
    stage.page.keyboard.press("Escape")
    if "report" not in stage.wanted:
        return
    reader = stage.page.context.browser.new_page(viewport={"width": 1000, "height": 900})
    reader.goto(path.as_uri())
    reader.wait_for_timeout(SETTLED)
    save("report", reader.screenshot())
    reader.close()


@makes("filter", "table", "sql")
def exploring(stage: Stage) -> None:
    page = stage.page
    stage.open("conversations?export=contact-information")
    stage.badge("Complete").wait_for()
    stage.look("Table")
    stage.button("Add filter").click()
    _choose(page, "Column", "Inbox Name - Current")
    _choose(page, "Values", None)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    editor = page.get_by_test_id("stPopoverBody")
    editor.get_by_text("Leaves").wait_for()
    stage.take("filter", page.get_by_role("radio", name="Table", exact=True), stage.button("Add filter"), editor)
    editor.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Clear all").wait_for()
    stage.settle()
    stage.button("Add filter").click()
    _choose(page, "Column", "Conversation Handle Time in seconds")
    editor.get_by_role("spinbutton", name="From").fill("600")
    page.keyboard.press("Tab")
    editor.get_by_text("Leaves").wait_for()
    editor.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Conversation Handle Time").first.wait_for()
    result = page.get_by_role("heading", name="Result")
    stage.take(
        "table",
        result,
        page.get_by_test_id("stDataFrame").first,
        page.get_by_text("Showing 1 to"),
        width=WIDE,
        most=620,
    )

    stage.look("SQL")
    page.get_by_role("button", name="Run").click()
    answer = page.get_by_role("button", name="Download answer")
    answer.wait_for()
    bar = page.get_by_role("button", name="Examples")
    stage.take("sql", bar, answer, page.get_by_test_id("stDataFrame").first, most=820)


def _choose(page: Any, label: str, option: str | None) -> None:
    """Open the box with this label; choose an option in it, or leave it open."""
    body = page.get_by_test_id("stPopoverBody")
    box = body.get_by_role("combobox", name=label).first
    box.click()
    if option is not None:
        box.fill(option)
        page.get_by_role("option", name=option, exact=True).first.click()


@makes("thread")
def conversation(stage: Stage) -> None:
    stage.open("conversations?export=conversation")
    box = stage.page.get_by_role("textbox", name="Conversation ID")
    box.fill(_with_a_call(stage.company))
    box.press("Enter")
    stage.run()
    stage.page.get_by_role("button", name="Voice transcript").first.wait_for()
    stage.take("thread", stage.page.get_by_role("heading", name="Result"), stage.main, width=WIDE, most=900)


def _with_a_call(company: Company) -> str:
    """A short conversation with messages, a note and a recorded call."""
    best, least = "", 10_000
    for conversation_id in list(company.conversations)[-2500:]:
        items = company.items_of(company.conversations[conversation_id])
        kinds = {item.type for item in items}
        if {"PHONE_CALL", "CONVERSATION_NOTE"} <= kinds and len(kinds) > 4 and 6 < len(items) < least:
            best, least = conversation_id, len(items)
    return best


@makes("file-export", "matches")
def file_export(stage: Stage) -> None:
    page = stage.page
    stage.open("conversations?export=file-export")
    page.get_by_role("button", name="Find Jobs").click()
    page.get_by_text("Select one or more completed jobs.").wait_for()
    _tick(page, 2)
    page.get_by_text("1 job chosen.").wait_for()
    page.get_by_role("textbox", name="Contact Information").fill("@example.com")
    page.get_by_role("textbox", name="Digital Transcript Search").fill("refund\nlate delivery")
    page.keyboard.press("Control+Enter")
    page.get_by_text("every address at").wait_for()
    heading = page.get_by_role("heading", name="GET File Export")
    stage.take("file-export", heading, stage.button("Export"), width=NARROW, above=MARGIN, most=1500)
    page.get_by_role("textbox", name="Contact Information").fill("")
    page.keyboard.press("Control+Enter")
    page.get_by_text("every address at").wait_for(state="detached")
    stage.button("Export").click()
    stage.badge("Complete").or_(stage.badge("Partial")).first.wait_for()
    whole = page.get_by_role("button", name="Whole conversation")
    whole.nth(1).wait_for()
    stage.take("matches", page.get_by_role("heading", name="Result"), whole.nth(1), width=WIDE, most=900)


def _tick(page: Any, row: int) -> None:
    """Tick a row of the first table, which is drawn on a canvas."""
    table = page.get_by_test_id("stDataFrame").first
    for _ in range(10):
        table.scroll_into_view_if_needed()
        page.wait_for_timeout(SETTLED)
        place = table.bounding_box()
        page.mouse.click(place["x"] + 14, place["y"] + 36 + 35 * (row + 0.5))
        page.wait_for_timeout(SETTLED)
        if table.locator(f"[role=row][aria-rowindex='{row + 2}'][aria-selected=true]").count():
            return
    raise SystemExit("the table takes no click")


@makes("events")
def events(stage: Stage) -> None:
    page = stage.page
    stage.open("events?export=events")
    page.get_by_text("Event types: all").click()
    heading = page.get_by_role("heading", name="Export Events")
    page.get_by_role("checkbox", name="CLOSED").first.wait_for()
    page.get_by_text("Event types: all").click()
    stage.take("events", heading, stage.button("Export"), width=NARROW, above=MARGIN)


@makes("call")
def call(stage: Stage) -> None:
    stage.open("logs")
    box = stage.page.get_by_role("textbox", name="Call Conversation Item ID")
    box.fill(_eventful_call(stage.company))
    box.press("Enter")
    stage.run()
    stage.page.get_by_text("Minutes and seconds since the first event.").wait_for()
    stage.take("call", stage.page.get_by_role("heading", name="Result"), stage.main, width=WIDE, most=830)


def _eventful_call(company: Company) -> str:
    calls = [
        contact
        for conversation_id in list(company.conversations)[-4000:-600]
        for contact in company.contacts_of(company.conversations[conversation_id])
        if contact.channel == "PHONE_CALL"
    ]
    return str(max(calls, key=lambda each: (len({type(step) for step in each.steps}), len(each.steps))).id)


@makes("ivr")
def ivr(stage: Stage) -> None:
    page = stage.page
    stage.open("ivr")
    stage.button("Export").click()
    stage.badge("Complete").wait_for()
    page.get_by_text("Choose a row to listen to it.").wait_for()
    _tick(page, 1)
    page.get_by_text("audio files").wait_for()
    stage.take("ivr", page.get_by_role("heading", name="Result"), page.get_by_text("audio files"), width=WIDE, most=990)


@makes("bulk-check", "bulk-confirm")
def bulk_close(stage: Stage) -> None:
    page = stage.page
    company = stage.company
    conversations = (company.conversations[each] for each in reversed(list(company.conversations)))
    ids = [each.id for each in islice((one for one in conversations if company.changes.status(one) != "CLOSED"), 80)]
    listed = stage.folder / "stale conversations.csv"
    listed.write_text("\n".join(["conversationId", *ids, ids[0], "1.23E+15"]))
    stage.open("bulk-close")
    page.locator("input[type=file]").set_input_files(listed)
    page.get_by_role("button", name="Check without closing").click()
    page.get_by_text("By inbox").wait_for()
    stage.badge("Checked").wait_for()
    stage.take(
        "bulk-check",
        page.get_by_role("heading", name="Check before Close Conversations"),
        stage.main,
        width=WIDE,
        most=760,
    )
    page.get_by_role("button", name=re.compile(r"^Close \d+ conversations$")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("This changes live data in Gladly.").wait_for()
    stage.take("bulk-confirm", dialog, above=MARGIN)
    dialog.get_by_role("button", name="Cancel").click()


@makes("compare-topics", "compare-answers", "compare-periods")
def compare(stage: Stage) -> None:
    page = stage.page
    stage.open("compare?export=topics")
    page.get_by_role("button", name="Read the demo company of last month").click()
    page.get_by_text("Show only").wait_for()
    heading = page.get_by_role("heading", level=1)
    stage.take("compare-topics", heading, page.get_by_text("another full name"), width=WIDE, most=900)
    stage.open("compare?export=answers")
    texts = page.get_by_role("heading", name="Changed texts")
    texts.wait_for()
    stage.take("compare-answers", texts, page.locator("[class*=st-key-text-difference]").first, width=WIDE)
    stage.open("compare?export=contact-information")
    changed = page.get_by_role("heading", name="What changed most")
    changed.wait_for()
    stage.take("compare-periods", heading, stage.main, width=WIDE, most=1000)


@makes("jobs")
def jobs(stage: Stage) -> None:
    stage.open("jobs")
    stage.badge("Complete").wait_for()
    stage.take("jobs", stage.page.get_by_role("heading", level=1), stage.main, width=WIDE, most=620)


PICTURES: Mapping[str, Scene] = {name: scene for scene, names in SCENES.items() for name in names}
"""Every picture with the scene that makes it."""


@contextmanager
def portal(folder: Path) -> Iterator[str]:
    """A portal with a data folder of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT,
            env={**os.environ, "GLADLY_TOOLS_DATA_DIR": str(folder / "data")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1).read()
                    break
                except OSError:
                    time.sleep(0.2)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(30)


def main(names: list[str]) -> None:
    """Make the pictures with these names, or all. Scenes before them are played too, as they make what is needed."""
    from playwright.sync_api import sync_playwright

    unknown = set(names) - PICTURES.keys()
    if unknown:
        raise SystemExit(f"There is no picture called {', '.join(sorted(unknown))}. There are: {', '.join(PICTURES)}")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, portal(Path(temporary)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport=SIZE, color_scheme="light", timezone_id="America/New_York")
        context.set_default_timeout(PATIENCE)
        wanted = frozenset(names or PICTURES)
        stage = Stage(url=url, page=context.new_page(), company=Company.make(), folder=Path(temporary), wanted=wanted)
        for scene, made in SCENES.items():
            is_needed = scene in (sign_in, configuration, contact_information)
            if is_needed or wanted & set(made):
                scene(stage)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
