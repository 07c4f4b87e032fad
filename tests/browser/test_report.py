"""The report as its reader opens it: downloaded, from a disk, with no server in sight."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.browser.conftest import App
from tests.browser.test_journeys import sign_in, start_contact_information, state
from tests.report_file.reading import facts_of, headline_of, parsed


def test_a_report_is_downloaded_and_opens_without_a_single_request(
    page: Any, app: App, chromium: Any, tmp_path: Path
) -> None:
    sign_in(page, app.url)
    start_contact_information(page)
    state(page, "Complete").wait_for()
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Report with charts").click()
    assert re.fullmatch(
        r"contact-information_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d_report\.html", waiting.value.suggested_filename
    )
    path = tmp_path / "report.html"
    waiting.value.save_as(path)
    document = parsed(path.read_bytes())
    assert headline_of(document)["Conversations"] == facts_of(document)["Rows"]

    for width in (1200, 390):
        context = chromium.new_context(viewport={"width": width, "height": 800}, offline=True)
        reader = context.new_page()
        asked: list[str] = []
        said: list[str] = []
        reader.on("request", lambda request, asked=asked: asked.append(request.url))
        reader.on("console", lambda message, said=said: said.append(message.text))
        reader.goto(path.as_uri())
        reader.get_by_role("heading", level=1).wait_for()
        assert asked == [path.as_uri()], "it asks for nothing but itself"
        assert said == [], "nothing in it is refused by its own policy"
        assert reader.evaluate("document.documentElement.scrollWidth") <= width
        kind = "wide" if width > 560 else "narrow"
        drawings = reader.locator("svg:visible")
        assert drawings.count() == len(document.all("svg", kind)) > 2
        reader.get_by_text("Figures", exact=True).first.focus()
        reader.keyboard.press("Enter")
        reader.get_by_role("table").first.wait_for()
        context.close()
