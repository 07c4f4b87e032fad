"""The demo company has a past to compare with, marked as made up; no other account ever gets one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gladly_tools.account import DEMO_INSTANCE, Account
from gladly_tools.comparing.configuration import SHAPES, Change, compare
from gladly_tools.demo import Company, DemoServer, a_month_ago
from gladly_tools.exports import EXPORTS
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from gladly_tools.web.last_month import NOTE, keep_last_month
from tests.conftest import UNLIMITED, connect, make_company, settings_for


def test_last_month_of_the_demo_company_differs_from_today_in_every_export(
    tmp_path: Path, open_runs: Callable[[Settings], Runs]
) -> None:
    with DemoServer(Company.make(), limits=UNLIMITED) as server:
        settings = settings_for(server, tmp_path)
        runs = open_runs(settings)
        client, confirmed = connect(server, settings)
        account = replace(confirmed, instance=DEMO_INSTANCE)
        with client:
            keep_last_month(runs, account)
            for export in EXPORTS.values():
                if export.snapshot is not None:
                    runs.run_here(account, client, export, export.parameters(), lambda _ticket: None)
    mine = runs.snapshots.of(account.owner)
    seen = set()
    for name, shape in SHAPES.items():
        now, then = mine.list(name)
        assert (now.note, then.note) == ("", NOTE)
        assert timedelta(days=29) < now.first_at - then.first_at < timedelta(days=31)
        found = compare(mine.open(then.id), mine.open(now.id), shape)
        assert sum(found.counts.values()) > 0
        seen |= {kind for kind, count in found.counts.items() if count}
    assert seen == set(Change) - {Change.LANGUAGE_ADDED, Change.LANGUAGE_REMOVED}
    assert len(runs.jobs(account)) == len(SHAPES)


def test_no_other_account_gets_a_past(runs: Runs, account: Account) -> None:
    with pytest.raises(ValueError, match="only the demo company's past"):
        keep_last_month(runs, account)
    assert runs.snapshots.of(account.owner).list() == []


@pytest.mark.parametrize("part", ["topics", "inboxes", "audiences", "answers"])
def test_the_company_itself_stays_as_it_is(part: str) -> None:
    company = make_company()
    before = getattr(company, part)
    former = a_month_ago(company)
    assert getattr(company, part) == before == getattr(make_company(), part)
    assert getattr(former, part) == getattr(a_month_ago(company), part) != before
