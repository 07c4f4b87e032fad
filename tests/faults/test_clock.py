"""Clocks that are set, and the days on which they change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gladly_tools import clock
from gladly_tools.demo import DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange, check_parameters, questions
from gladly_tools.jobs import Journal, State
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.clocks import Clock
from tests.conftest import UNLIMITED, connect, make_company, settings_for
from tests.exports.test_every_export import every_row_of
from tests.exports.truth import answers

BY_DAYS = [name for name, export in EXPORTS.items() if "dates" in questions(export.parameters)]
SPRING = (date(2026, 3, 8), "America/New_York", date(2026, 3, 20))
AUTUMN = (date(2026, 11, 1), "America/New_York", date(2026, 11, 10))
SOUTH = (date(2026, 4, 5), "Australia/Lord_Howe", date(2026, 4, 12))


@pytest.mark.parametrize(
    ("changes", "zone", "today"), [SPRING, AUTUMN, SOUTH], ids=["spring", "autumn", "half an hour"]
)
def test_a_range_over_the_day_on_which_clocks_change_has_the_rows_of_its_days_each_once(
    changes: date,
    zone: str,
    today: date,
    tmp_path: Path,
    open_runs: Callable[[Settings], Runs],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime(today.year, today.month, today.day, 18, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    company = make_company(today=today, now=lambda: now, days=30, conversations=600)
    with DemoServer(company, limits=UNLIMITED) as server:
        settings = settings_for(server, tmp_path / "data")
        runs = open_runs(settings)
        client, account = connect(server, settings)

        def rows(name: str, first: date, last: date) -> list[dict[str, Any]]:
            given = {**answers(name, company), "dates": DateRange(first=first, last=last, zone=zone)}
            given = {key: value for key, value in given.items() if key != "where"}
            export = EXPORTS[name]
            parameters = check_parameters(export.parameters, given)
            job = runs.run_here(account, client, export, parameters, lambda _ticket: None)
            assert job.state is State.DONE
            (found,) = every_row_of(runs, account, job).values()
            return found

        assert BY_DAYS == ["contact-information", "freeform-topics", "event-history"]
        for name in BY_DAYS:
            day = timedelta(days=1)
            days = [rows(name, at, at) for at in (changes - day, changes, changes + day)]
            assert all(days)
            whole = rows(name, changes - day, changes + day)
            assert len(whole) == sum(map(len, days))
            assert all(row in whole for found in days for row in found)
        client.close()


@pytest.mark.parametrize("hours", [-24 * 400, -1, 1, 24 * 400])
def test_a_clock_that_is_set_while_a_job_runs_changes_neither_its_end_nor_its_order(
    hours: float, tmp_path: Path
) -> None:
    now = Clock(datetime(2026, 3, 20, 18, 30, tzinfo=UTC))
    journal = Journal(tmp_path / "jobs.sqlite", now=now)
    journal.create("a", owner="o", kind="topics", title="", origin="app", parameters={}, runner="r")
    journal.start("a")
    now.now += timedelta(hours=hours)
    journal.end("a", State.DONE)
    job = journal.get("a")
    assert job.state is State.DONE
    assert job.seconds(now.now) >= 0
    assert journal.finished_before(now.now) == []
    assert [old.id for old in journal.finished_before(now.now + timedelta(seconds=1))] == ["a"]
    journal.close()
