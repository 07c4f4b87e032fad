"""A server that is killed in the middle of an export loses nothing that was durable and asks for nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from gladly_tools.account import Account, confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.contact_information import ContactInformationParameters
from gladly_tools.exports.inputs import DateRange
from gladly_tools.jobs import Journal, State
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import connect, settings_for
from tests.exports.test_every_export import rows_of, table_of, wait_for

PARAMETERS = ContactInformationParameters(
    dates=DateRange(first=date(2026, 2, 20), last=date(2026, 3, 19), zone="America/New_York")
)

CHILD = """
import sys
from datetime import date
from pathlib import Path
from tests.test_kill import PARAMETERS, EXPORTS, Runs, settings_of_child, connect_child
settings = settings_of_child(sys.argv[1], Path(sys.argv[2]))
client, account = connect_child(sys.argv[1], sys.argv[3], sys.argv[4], settings)
runs = Runs(settings)
print(runs.start(account, client, EXPORTS["contact-information"], PARAMETERS).id, flush=True)
sys.stdin.read()
"""


def settings_of_child(url: str, folder: Path) -> Settings:
    return Settings(
        data_dir=folder,
        allowed_hosts=(url.removeprefix("http://"),),
        reports_per_minute=100_000,
        requests_per_second=5_000.0,
    )


def connect_child(url: str, username: str, token: str, settings: Settings) -> tuple[Client, Account]:
    credentials = read_credentials(url, username, token, settings)
    client = Client(credentials, settings)
    return client, confirm(client, instance=credentials.instance.name)


def start_child(server: DemoServer, folder: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, server.url, str(folder), server.username, server.api_token],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env=os.environ,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def counted_slices(journal: Journal, job_id: str) -> int:
    return sum(item.row_count is not None for item in journal.slices(job_id) if item.key != "plan")


def test_after_a_kill_the_job_resumes_from_its_last_slice_and_equals_an_undisturbed_run(
    company: Company, tmp_path: Path, open_runs: Callable[[Settings], Runs]
) -> None:
    limits = Limits(requests_per_second=400, reports_per_minute=100_000, reports_in_flight=10)
    with DemoServer(company, limits=limits) as server:
        calm = settings_for(server, tmp_path / "calm")
        client, account = connect(server, calm)
        runs = open_runs(calm)
        export = EXPORTS["contact-information"]
        undisturbed = runs.run_here(account, client, export, PARAMETERS, lambda _ticket: None)
        expected = rows_of(table_of(runs, account, undisturbed))
        assert len(expected) > 500

        server.forget()
        folder = tmp_path / "killed"
        process, job_id = start_child(server, folder)
        journal = Journal(folder / "jobs.sqlite")
        until = time.monotonic() + 60
        while counted_slices(journal, job_id) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        finished = {item.key for item in journal.slices(job_id) if item.row_count is not None} - {"plan"}
        planned = {item.key for item in journal.slices(job_id)} - {"plan"}
        journal.close()
        assert 2 <= len(finished) < len(planned), "the kill came too late to show anything"
        looked_up = {seen.path for seen in server.seen if "/customer-profiles/" in seen.path and seen.status == 200}
        server.forget()

        again = open_runs(settings_for(server, folder))
        assert again.job(account, job_id).state is State.INTERRUPTED
        again.resume_interrupted(account, client)
        assert wait_for(again, account, job_id).state is State.DONE
        assert rows_of(table_of(again, account, again.job(account, job_id))) == expected

        reports = [seen.body.decode() for seen in server.seen if seen.path == "/api/v1/reports"]
        for key in finished:
            assert not any(f'"{key.split("_")[0]}"' in body for body in reports), f"{key} was asked for again"
        assert len(reports) == len(planned) - len(finished)
        repeated = {seen.path for seen in server.seen} & looked_up
        # Those under way at the kill may have been answered without being remembered.
        assert len(repeated) <= 20
