"""The portal as the README starts it, and a real browser; skipped where there is none.

A test has a portal of its own (`app`), and one that it leaves as it was found is the next one's too; or the tests of a
file share one (`shared_app`), with a browser of its own for each (`page`) or one that is signed in already (`visitor`).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None and os.environ.get("CI") != "true":
        for item in items:
            if "browser" in str(item.path):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
    # A real browser on a machine that has other work: what came in the wrong moment is tried once more, and said.
    for item in items:
        if "browser" in str(item.path):
            item.add_marker(pytest.mark.flaky(reruns=1))


class App:
    """The portal in a process of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.folder = folder
        self._environment = environment
        self.start()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        folder = self.folder
        folder.mkdir(parents=True, exist_ok=True)
        self.log = (folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)],
            cwd=ROOT,
            env={**os.environ, "GLADLY_TOOLS_DATA_DIR": str(folder / "data"), **self._environment},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise AssertionError((folder / "server.log").read_text())

    def kill(self) -> None:
        """Kill the process as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    @property
    def untouched(self) -> bool:
        """Whether it runs, and no job, bulk run or saved view was ever in it."""
        return self.process.poll() is None and not any(
            _has_rows(self.folder / "data" / f"{name}.sqlite") for name in ("jobs", "bulk", "views")
        )

    def close(self) -> None:
        """Stop the process."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def _has_rows(path: Path) -> bool:
    if not path.exists():
        return False
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return any(database.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() for table in tables)


@pytest.fixture(scope="session")
def untouched_apps() -> Iterator[list[App]]:
    """Portals that were left as they were found: it takes seconds of all cores to start one."""
    kept: list[App] = []
    yield kept
    for app in kept:
        app.close()


@pytest.fixture
def app(untouched_apps: list[App], tmp_path: Path) -> Iterator[App]:
    running = untouched_apps.pop() if untouched_apps else App(tmp_path)
    yield running
    if running.untouched:
        untouched_apps.append(running)
    else:
        running.close()


@pytest.fixture(scope="module")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A portal for all tests of a file: each finds what those before it exported with the same account."""
    running = App(tmp_path_factory.mktemp("shared"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                # Nothing outside this machine may be asked for; a page that tries fails its test.
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


class People:
    """Makes browser contexts, each a person of their own, and keeps what none of them may do.

    That is a request to another host, and whatever the portal's own security policy had to refuse.
    """

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium
        self._contexts: list[Any] = []
        self._outside: list[str] = []
        self._refused: list[str] = []

    def __call__(self, **options: Any) -> Any:
        context = self._chromium.new_context(
            **{"timezone_id": "America/New_York", "viewport": {"width": 1440, "height": 1000}, **options}
        )
        context.set_default_timeout(PATIENCE)
        context.on("request", self._asked)
        context.on("console", self._said)
        self._contexts.append(context)
        return context

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("http://localhost:", "http://127.0.0.1:", "data:", "blob:", "ws://localhost:")):
            self._outside.append(request.url)

    def _said(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self._refused.append(message.text)

    def check(self) -> None:
        """Fail for what was done since the last time that it was asked."""
        outside, self._outside = self._outside, []
        refused, self._refused = self._refused, []
        assert outside == []
        assert refused == []

    def close(self) -> None:
        """Close every context."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def new_context(chromium: Any) -> Iterator[People]:
    people = People(chromium)
    yield people
    people.close()
    people.check()


@pytest.fixture
def page(new_context: Any) -> Any:
    return new_context().new_page()


@pytest.fixture(scope="module")
def visitors(chromium: Any, shared_app: App) -> Iterator[tuple[People, Any]]:
    """Somebody who is signed in to the shared portal's demo company."""
    from tests.browser.test_journeys import sign_in

    people = People(chromium)
    context = people()
    page = context.new_page()
    sign_in(page, shared_app.url)
    page.close()
    yield people, context
    people.close()


@pytest.fixture
def visitor(visitors: tuple[People, Any]) -> Iterator[Any]:
    """A tab of somebody who is signed in: seconds of all cores go by until a new browser has read the portal's code."""
    people, context = visitors
    page = context.new_page()
    yield page
    page.close()
    people.check()
