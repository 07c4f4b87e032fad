"""The portal's pages in a real browser beside an app of two lines: what the portal adds to what Streamlit takes.

The same browser opens both, turn by turn. A page is there when its last words can be seen and its script has ended.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.figure import Figure
from benchmarks.scale import Scale

MOST_START = 2.0
MOST_SWITCH = 2.0
ROOT = Path(__file__).parents[1]
BARE = """
import streamlit as st
pages = [st.Page(lambda: st.title("First"), title="One", url_path="one", default=True),
         st.Page(lambda: st.title("Second"), title="Two", url_path="two")]
st.navigation(pages).run()
"""
_START_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An app to be looked at: how it is started, what its first page shows, and the pages behind the links."""

    script: Path
    first: str
    pages: Sequence[tuple[str, str]]
    needs_sign_in: bool


PORTAL = Subject(
    script=ROOT / "app.py",
    first="Try the demo company",
    pages=(("Events", "Events"), ("IVR", "IVR"), ("Logs", "Logs"), ("Configuration", "Configuration")),
    needs_sign_in=True,
)


def require_browser() -> str:
    """The path of a Chromium. Raises UsageError when there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise click.UsageError("pages needs a Chromium: install your system's, or name the other subjects")
    return found


def measure(scale: Scale) -> Iterator[Figure]:
    """Time to the first page after the start of the server, and between two pages; each over the bare app's."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="gladly-tools-benchmark-") as name, sync_playwright() as playwright:
        script = Path(name) / "bare.py"
        script.write_text(BARE)
        bare = Subject(script=script, first="First", pages=(("Two", "Second"), ("One", "First")), needs_sign_in=False)
        browser = playwright.chromium.launch(executable_path=require_browser(), args=["--no-sandbox", "--disable-gpu"])
        starts: dict[Subject, list[float]] = {PORTAL: [], bare: []}
        switches: dict[Subject, list[float]] = {PORTAL: [], bare: []}
        for turn in range(scale.repeats):
            for subject in (PORTAL, bare):
                with _context(browser) as page, _started(subject, Path(name) / f"data-{turn}") as (address, began):
                    starts[subject].append(_first(page, subject, address) - began)
                    switches[subject] += _switches(page, subject, scale.repeats)
        browser.close()
    for what, times, most in (
        ("first page after the start of the server", starts, MOST_START),
        ("from one page to another", switches, MOST_SWITCH),
    ):
        ours, theirs = statistics.median(times[PORTAL]), statistics.median(times[bare])
        yield Figure(
            subject="pages",
            what=what,
            of="portal's time / that of an app of two lines",
            ratio=ours / theirs,
            most=most,
            detail=f"{ours * 1000:,.0f} ms, {theirs * 1000:,.0f} ms; slowest {max(times[PORTAL]) * 1000:,.0f} ms "
            f"of {len(times[PORTAL])}",
        )


def _first(page: Any, subject: Subject, address: str) -> float:
    """When the first page is there."""
    page.goto(address)
    page.get_by_text(subject.first).first.wait_for()
    now = time.perf_counter()
    if subject.needs_sign_in:
        page.get_by_role("button", name=subject.first).click()
        page.get_by_role("button", name="Sign out").wait_for()
    return now


def _switches(page: Any, subject: Subject, rounds: int) -> list[float]:
    """Seconds of each change of page; the first round, in which pages are compiled, is not counted."""
    found = []
    for number in range(rounds + 1):
        for link, heading in subject.pages:
            began = time.perf_counter()
            page.get_by_role("link", name=link, exact=True).click()
            page.get_by_role("heading", name=heading, exact=True).wait_for()
            page.locator("[data-test-script-state='notRunning']").wait_for()
            if number:
                found.append(time.perf_counter() - began)
    return found


@contextmanager
def _context(browser: Any) -> Iterator[Any]:
    """A page of a browser that knows nothing yet."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def _started(subject: Subject, data: Path) -> Iterator[tuple[str, float]]:
    """The app in a process of its own: its address, and when it was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://localhost:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "streamlit", "run", str(subject.script), "--server.headless", "true"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--server.port", address.rpartition(":")[2], "--browser.gatherUsageStats", "false"],
        cwd=subject.script.parent,
        env={**os.environ, "GLADLY_TOOLS_DATA_DIR": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(address, process)
        yield address, began
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).read()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the server did not start")
