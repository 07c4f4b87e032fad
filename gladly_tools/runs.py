"""Where an export, a result and a job meet: start, follow, resume, stop and delete runs of exports."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gladly_tools.account import Account
from gladly_tools.api import Client, Impatient
from gladly_tools.disk_faults import opening
from gladly_tools.errors import GladlyToolsError, InputError, NotFoundError
from gladly_tools.export_work import ExportWork, Means
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.export import Export
from gladly_tools.exports.inputs import Parameters, describe_parameters, dump_parameters
from gladly_tools.jobs import Job, Journal, Runner, State, Ticket
from gladly_tools.kept_files import KeptFiles, check_disk
from gladly_tools.memory import Remembered
from gladly_tools.results.store import Result, ResultStore
from gladly_tools.settings import Settings
from gladly_tools.snapshots import Snapshots

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 600
ORPHAN_SECONDS = 600
SAMPLE_SECONDS = 20.0
MOST_JOBS = 100_000
COMMAND_LINE = "command line"
"""Where a job is from that the command line runs, and forgets when its file is written."""


class Runs:
    """The runs of one data directory, for every account; each call names the account it is for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        with opening("The folder itself"):
            _private(settings.data_dir)
        with opening("jobs.sqlite"):
            self.journal = Journal(settings.data_dir / "jobs.sqlite")
        with opening("The folder results"):
            self.store = ResultStore(_private(settings.data_dir / "results"))
        with opening("lookups.sqlite"):
            self.remembered = Remembered(settings.data_dir / "lookups.sqlite", hours=settings.customer_cache_hours)
        with opening("The folder exports"):
            self.kept = KeptFiles(_private(settings.data_dir / "exports"), hours=settings.retention_hours)
        with opening("snapshots.sqlite"):
            self.snapshots = Snapshots(settings.data_dir, days=settings.snapshot_days, most=settings.snapshots_kept)
        with opening("jobs.sqlite"):
            self.runner = Runner(
                self.journal,
                _private(settings.data_dir / "runners"),
                at_once=settings.jobs_at_once,
                at_once_each=settings.account_jobs_at_once,
            )
        for name in ("jobs.sqlite", "lookups.sqlite"):
            (settings.data_dir / name).chmod(0o600)
        self._closed = threading.Event()
        self._sweeps: list[Callable[[], None]] = []
        self._sweeper = threading.Thread(target=self._sweep_now_and_then, name="sweeper", daemon=True)
        self._sweeper.start()

    def close(self) -> None:
        """Interrupt what runs and close every file."""
        self._closed.set()
        self._sweeper.join()
        self.runner.close()
        self.remembered.close()
        self.snapshots.close()
        self.journal.close()

    def start(self, account: Account, client: Client, export: Export[Any], parameters: Parameters) -> Job:
        """Queue a run of an export and return its job, once Gladly has confirmed that what is asked for exists.

        Raises InputError for what does not, and the errors of that one request.
        """
        parameters = export.confirm(client.watched_by(Impatient(SAMPLE_SECONDS)), parameters)
        job = self._create(account, export, parameters, origin="app")
        self.runner.submit(job.id, lambda ticket: self._work(account, client, ticket))
        return self.journal.get(job.id)

    def run_here(
        self,
        account: Account,
        client: Client,
        export: Export[Any],
        parameters: Parameters,
        watcher: Callable[[Ticket], None],
    ) -> Job:
        """Run an export in this thread to its end, for the command line; `watcher` gets the ticket first.

        Raises the error that ended it, if one did.
        """
        parameters = export.confirm(client, parameters)
        job = self._create(account, export, parameters, origin=COMMAND_LINE)
        return self._here(account, client, job.id, watcher)

    def resume_here(self, account: Account, client: Client, job_id: str, watcher: Callable[[Ticket], None]) -> Job:
        """Go on with a stopped job in this thread, as `run_here` does; one that has its result is returned as it is.

        Raises NotFoundError, InputError for one that cannot go on, and the error that ended it, if one did.
        """
        job = self.journal.get(job_id, owner=account.owner)
        self._check_kind(job)
        if job.state.finished:
            return job
        self.runner.interrupt_orphans()
        if not self.journal.queue(job_id, runner=self.runner.id):
            raise InputError(f"The job {job_id} is under way.", "Wait until it has ended, or stop it first.")
        return self._here(account, client, job_id, watcher)

    def _here(self, account: Account, client: Client, job_id: str, watcher: Callable[[Ticket], None]) -> Job:
        ticket = self.runner.adopt(job_id)
        watcher(ticket)
        error = self.runner.run(ticket, lambda ticket: self._work(account, client, ticket), patient=False)
        if error is not None:
            raise error
        return self.journal.get(job_id)

    def resume(self, account: Account, client: Client, job_id: str) -> Job:
        """Go on with a stopped job of the account, from its last durable slice.

        Raises NotFoundError, InputError, and GladlyToolsError where the account has reached a limit.
        """
        self._check_kind(self.journal.get(job_id, owner=account.owner))
        self.check_limits(account)
        return self._go_on(account, client, job_id)

    def resume_interrupted(self, account: Account, client: Client) -> Sequence[Job]:
        """Go on with every job of the account that lost its process; called when its owner signs in."""
        self.runner.interrupt_orphans()
        return [
            self._go_on(account, client, job.id)
            for job in self.journal.list(account.owner)
            if job.state is State.INTERRUPTED and job.origin == "app" and job.kind in EXPORTS
        ]

    def jobs(self, account: Account, *, kind: str | None = None) -> Sequence[Job]:
        """The account's jobs, newest first."""
        return self.journal.list(account.owner, kind=kind)

    def has_active(self, account: Account) -> bool:
        """Whether any job of the account, of an export or a bulk action, is queued or running."""
        return self.journal.has_active(account.owner)

    def job(self, account: Account, job_id: str) -> Job:
        """A job of the account. Raises NotFoundError, the same for absent and foreign."""
        return self.journal.get(job_id, owner=account.owner)

    def stop(self, account: Account, job_id: str) -> None:
        """Ask a job of the account to stop; what is durable is kept."""
        self.runner.stop(self.job(account, job_id).id)

    def delete(self, account: Account, job_id: str) -> None:
        """Stop a job of the account and delete it with its result."""
        job = self.job(account, job_id)
        if job.state.active:
            self.runner.stop(job.id)
        self.journal.delete(job.id)
        self.store.delete(job.id)

    def result(self, account: Account, job_id: str) -> Result | None:
        """The result of a job of the account, finished or growing; None while there is none."""
        job = self.job(account, job_id)
        try:
            return self.store.open(job.id)
        except NotFoundError:
            return None

    def durable_slices(self, job_id: str) -> int:
        """How many slices of a job can be seen already."""
        return sum(bool(item.row_count) for item in self.journal.slices(job_id))

    def sample(self, account: Account, client: Client, export: Export[Any], parameters: Parameters) -> None:
        """Find out, with a request or two, what an estimate of this export needs to know."""
        if export.sample is not None:
            facts = export.sample(client.watched_by(Impatient(SAMPLE_SECONDS)), self.settings, parameters)
            self.remembered.of(account.owner).put("facts", "sample", dict(facts))

    def known(self, account: Account) -> Mapping[str, float]:
        """What earlier slices of the account, or else a sample, have shown: facts averaged per day of data."""
        days = 0.0
        sums: Counter[str] = Counter()
        for job in self.journal.list(account.owner, limit=20):
            for item in self.journal.slices(job.id):
                if "days" in item.facts:
                    days += item.facts["days"]
                    sums.update({name: value for name, value in item.facts.items() if name not in ("days", "expected")})
        if not days:
            facts = self.remembered.of(account.owner).get("facts", "sample") or {}
            days = facts.pop("days", 0)
            sums.update(facts)
        return {f"{name}_per_day": total / days for name, total in sums.items()} if days else {}

    def expires(self, job: Job) -> datetime | None:
        """When the job and its result will be deleted; None while it is active."""
        if job.state.active:
            return None
        return (job.finished_at or job.started_at or job.created_at) + timedelta(hours=self.settings.retention_hours)

    def sweep(self) -> int:
        """Delete what is older than the retention time; returns how many jobs that were."""
        self.runner.interrupt_orphans()
        moment = self.journal.now() - timedelta(hours=self.settings.retention_hours)
        old = self.journal.finished_before(moment)
        forgotten = 0
        for job in old:
            # In this order: what a crash leaves behind in between has no job, and goes with the orphans below.
            if self.journal.forget_if_old(job.id, moment):
                self.store.delete(job.id)
                forgotten += 1
        for result_id in self.store.ids():
            if self.store.age_seconds(result_id) > ORPHAN_SECONDS and not self.has(result_id):
                self.store.delete(result_id)
        self.remembered.forget_old()
        self.kept.forget_old()
        self.snapshots.forget_old()
        for sweep in list(self._sweeps):
            sweep()
        return forgotten

    def also_sweep(self, sweep: Callable[[], None]) -> None:
        """Call `sweep` whenever old results are deleted."""
        self._sweeps.append(sweep)

    def has(self, job_id: str) -> bool:
        """Whether there is such a job, whoever's it is."""
        try:
            self.journal.get(job_id)
        except NotFoundError:
            return False
        return True

    def _sweep_now_and_then(self) -> None:
        while True:
            try:
                self.sweep()
            except Exception:  # the next round may succeed, and nobody waits for this thread
                logger.exception("old results could not be deleted")
            if self._closed.wait(SWEEP_SECONDS):
                return

    def _go_on(self, account: Account, client: Client, job_id: str) -> Job:
        if self.journal.queue(job_id, runner=self.runner.id):
            self.runner.submit(job_id, lambda ticket: self._work(account, client, ticket))
        return self.journal.get(job_id)

    def _check_kind(self, job: Job) -> None:
        if job.kind not in EXPORTS:
            raise InputError(
                f"There is no export called {job.kind}.",
                "A bulk run goes on with --resume of its own command; any other job can be deleted.",
            )

    def _create(self, account: Account, export: Export[Any], parameters: Parameters, *, origin: str) -> Job:
        self.check_limits(account)
        return self.journal.create(
            new_id(),
            owner=account.owner,
            kind=export.name,
            title=describe_parameters(parameters),
            origin=origin,
            parameters=dump_parameters(parameters),
            runner=self.runner.id,
        )

    def check_limits(self, account: Account) -> None:
        """Raise GladlyToolsError when the account has too many jobs under way, or there is no room for another."""
        active = sum(job.state.active for job in self.journal.list(account.owner))
        if active >= self.settings.account_jobs:
            raise GladlyToolsError(
                f"{active} jobs of this account run or wait already, which is the most there may be.",
                "Wait until one has ended, or stop one on the Jobs page.",
            )
        self.check_room(account)

    def check_room(self, account: Account) -> None:
        """Raise GladlyToolsError when the account has used up its share of the disk, or the disk is nearly full."""
        check_disk(self.settings.data_dir)
        used = self.bytes_of(account)
        if used >= self.settings.account_gigabytes * 1e9:
            raise GladlyToolsError(
                f"The results and kept files of this account take {used / 1e9:,.1f} GB,"
                f" and {self.settings.account_gigabytes:g} GB is the most.",
                "Delete results on the Jobs page, or kept files where export jobs are chosen; then go on.",
            )

    def bytes_of(self, account: Account) -> int:
        """What the account's results and kept files take on the disk."""
        results = sum(self.store.size(job.id) for job in self.journal.list(account.owner, limit=MOST_JOBS))
        return results + sum(self.kept.of(account.owner).sizes().values())

    def _work(self, account: Account, client: Client, ticket: Ticket) -> State:
        means = Means(
            account=account,
            settings=self.settings,
            journal=self.journal,
            store=self.store,
            memory=self.remembered.of(account.owner),
            kept=self.kept.of(account.owner),
            snapshots=self.snapshots.of(account.owner),
            check_room=lambda: self.check_room(account),
        )
        return ExportWork(means, client, ticket).work()


def new_id() -> str:
    """An id for a job that nobody can guess; letters and digits alone, so that it is never taken for an option."""
    return secrets.token_urlsafe(12).replace("-", "x").replace("_", "y")


def _private(folder: Path) -> Path:
    """The folder, made when it is missing, readable for its owner alone: it holds customers' data."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
