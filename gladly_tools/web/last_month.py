"""The embedded demo company a month ago: its configuration, read as any other and kept as a snapshot of that day."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gladly_tools.account import Account, read_credentials
from gladly_tools.api import Client
from gladly_tools.exports import EXPORTS
from gladly_tools.runs import Runs

NOTE = "the demo company as it was a month ago"
AGE = timedelta(days=30)


def keep_last_month(runs: Runs, account: Account) -> None:
    """Keep snapshots of what the demo company was a month ago, marked as such.

    Raises ValueError for any other account: of a real organization nobody knows the past.
    """
    from gladly_tools.demo import Company, DemoServer, Limits, a_month_ago

    if not account.demo:
        raise ValueError("only the demo company's past is known")
    # The exports run as they always do, against a server of their own and in a folder of their own.
    limits = Limits(requests_per_second=1_000, reports_per_minute=1_000)
    with (
        tempfile.TemporaryDirectory() as folder,
        DemoServer(a_month_ago(Company.make()), limits=limits) as server,
    ):
        settings = replace(
            runs.settings,
            data_dir=Path(folder),
            allowed_hosts=(server.url.removeprefix("http://"),),
            requests_per_second=1_000.0,
        )
        credentials = read_credentials(server.url, server.username, server.api_token, settings)
        then = Runs(settings)
        try:
            with Client(credentials, settings) as client:
                for export in EXPORTS.values():
                    if export.snapshot is not None:
                        then.run_here(account, client, export, export.parameters(), lambda _ticket: None)
            read, kept = then.snapshots.of(account.owner), runs.snapshots.of(account.owner)
            for snapshot in read.list():
                kept.keep(read.open(snapshot.id), snapshot.asked, at=snapshot.first_at - AGE, note=NOTE)
        finally:
            then.close()
