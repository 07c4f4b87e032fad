"""People who export, download and delete for a while: no error, and nothing that grows.

pytest -m soak tests/faults/test_soak.py
SOAK_USERS=10 SOAK_SECONDS=1800 pytest -m soak -s tests/faults/test_soak.py
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import State
from gladly_tools.web.cookie import NAME, session_id_of
from gladly_tools.web.portal import Portal, close_portal, open_portal
from tests.conftest import settings_for
from tests.exports.test_every_export import wait_for
from tests.faults.conftest import small_parameters
from tests.web.conftest import signed_in

USERS = int(os.environ.get("SOAK_USERS", "2"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
SAMPLES = 20
NAMES = ("topics", "inboxes", "audiences", "conversation", "customer-conversations", "event-history", "ivr-recordings")


class User(threading.Thread):
    """Somebody who exports one thing after another, downloads it and deletes it."""

    def __init__(self, place: int, here: Portal, server: DemoServer, company: Company, until: float) -> None:
        super().__init__(name=f"user {place}")
        self._here, self._company, self._until, self._place = here, company, until, place
        self._browser = signed_in(here, server, account=place % 2)
        session_id = session_id_of(self._browser.cookies[NAME], here.cookie_key)
        session = here.session(session_id)
        assert session is not None
        self._session = session
        self.rounds = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        while time.monotonic() < self._until and not self.wrong:
            name = NAMES[(self.rounds + self._place) % len(NAMES)]
            try:
                self._export(name)
            except Exception as error:  # whatever it is, the test has to tell it
                self.wrong.append(f"{name}: {error!r}")
            self.rounds += 1

    def _export(self, name: str) -> None:
        runs, account = self._here.runs, self._session.account
        parameters = small_parameters(name, self._company)
        job = runs.start(account, self._session.client, EXPORTS[name], parameters)
        ended = wait_for(runs, account, job.id)
        answer = self._browser.get(f"/results/{job.id}/x?format=csv")
        if ended.state is not State.DONE or answer.status_code != 200 or len(answer.content) < 20:
            self.wrong.append(f"{name}: {ended.state} {ended.what} {answer.status_code}")
        runs.delete(account, job.id)


def used() -> tuple[float, int, int]:
    """Memory in MB, threads, and open files and connections."""
    gc.collect()
    process = psutil.Process()
    return process.memory_info().rss / 1e6, process.num_threads(), process.num_fds()


@pytest.mark.soak
def test_people_who_work_for_a_while_meet_no_error_and_nothing_grows(
    server: DemoServer, company: Company, tmp_path: Path
) -> None:
    settings = replace(settings_for(server, tmp_path / "data"), account_jobs=100, account_jobs_at_once=4)
    here = open_portal(settings)
    try:
        until = time.monotonic() + SECONDS
        users = [User(place, here, server, company, until) for place in range(USERS)]
        for user in users:
            user.start()
        samples = []
        while time.monotonic() < until:
            time.sleep(SECONDS / SAMPLES)
            samples.append(used())
        for user in users:
            user.join(60)
        rounds = sum(user.rounds for user in users)
        figures = [samples[place] for place in (0, len(samples) // 2, -1)]
        sys.stderr.write(f"{USERS} users, {SECONDS:g} s, {rounds} exports; MB, threads, files: {figures}\n")
        assert [wrong for user in users for wrong in user.wrong] == []
        assert rounds > USERS * 5
        # What is used at first is what the libraries load; from the middle on nothing may be added.
        middle, last = samples[len(samples) // 2], samples[-1]
        assert last[0] < middle[0] * 1.15 + 20
        assert last[1] <= middle[1] + 5
        assert last[2] <= middle[2] + 20
    finally:
        close_portal()


def test_the_soak_asks_for_exports_that_there_are() -> None:
    assert set(NAMES) <= set(EXPORTS)
