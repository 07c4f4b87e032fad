"""Where a bulk action, its journal and a job meet: check, start, pause, resume, stop, retry and delete bulk runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.bulk import ACTIONS, Action, Choices, Status
from gladly_tools.bulk.id_file import Checked, check
from gladly_tools.bulk.journal import BulkJournal
from gladly_tools.bulk.locks import Locks
from gladly_tools.bulk.records import BulkRun, LinesBeside
from gladly_tools.bulk.results import audit_csv, input_csv, reopen_csv, results_csv
from gladly_tools.bulk.uploads import Upload, Uploads
from gladly_tools.bulk.worker import Worker
from gladly_tools.disk_faults import opening
from gladly_tools.errors import Cancelled, InputError, NotFoundError
from gladly_tools.jobs import Job, State, Ticket
from gladly_tools.runs import Runs, new_id

SETTLE_SECONDS = 2.0
USUAL_RATE = 10.0
USED = 0.95
"""The part of the limit that is used, as measured."""
YOUNG = timedelta(minutes=10)

_locks = Locks()
"""Of this process: two data directories of one process still share the organization."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a person wants done: an action, the list it is done to, and what they chose."""

    action: Action
    checked: Checked
    choices: Choices
    is_check: bool = False
    file_name: str = ""
    topic_name: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not self.checked.to_do:
            raise InputError("The file has no ID that can be used.", "See what was set aside, and why.", field="file")


class BulkRuns:
    """The bulk runs of one data directory, for every account; each call names the account it is for."""

    def __init__(self, runs: Runs, *, settle_seconds: float = SETTLE_SECONDS) -> None:
        self._runs = runs
        self._settle_seconds = settle_seconds
        folder = runs.settings.data_dir
        with opening("bulk.sqlite"):
            self.journal = BulkJournal(folder / "bulk.sqlite")
        (folder / "bulk.sqlite").chmod(0o600)
        self.uploads = Uploads(folder / "uploads")
        runs.also_sweep(self.sweep)

    def close(self) -> None:
        """Close the journal; the jobs must have ended."""
        self.journal.close()

    def new_id(self) -> str:
        """An id for a run that is about to be confirmed: starting it twice starts it once."""
        return new_id()

    def start(self, account: Account, client: Client, order: Order, *, run_id: str | None = None) -> BulkRun:
        """Queue a run and return it at once; one that was started under this id already is returned as it is."""
        run_id = run_id or self.new_id()
        try:
            return self.get(account, run_id)
        except NotFoundError:
            run = self._create(account, order, run_id, origin="app")
        self._runs.runner.submit(run.id, lambda ticket: self._work(client, ticket))
        return run

    def run_here(
        self,
        account: Account,
        client: Client,
        order: Order,
        watcher: Callable[[Ticket], None],
        created: Callable[[BulkRun], None] = lambda _run: None,
    ) -> tuple[BulkRun, Exception | None]:
        """Run to the end in this thread, for the command line; also returns what made it pause, if anything did.

        `created` is told of the run before its first row.
        """
        run = self._create(account, order, self.new_id(), origin="command line")
        created(run)
        return self._here(client, run, watcher)

    def resume(self, account: Account, client: Client, run_id: str) -> BulkRun:
        """Go on with a paused run of the account. Raises NotFoundError, InputError."""
        run = self._queue(account, run_id)
        self._runs.runner.submit(run.id, lambda ticket: self._work(client, ticket))
        return run

    def resume_here(
        self, account: Account, client: Client, run_id: str, watcher: Callable[[Ticket], None]
    ) -> tuple[BulkRun, Exception | None]:
        """Go on with a paused run in this thread; one that has ended is returned as it is."""
        run = self.get(account, run_id)
        if run.finished_at is not None:
            return run, None
        return self._here(client, self._queue(account, run_id), watcher)

    def pause(self, account: Account, run_id: str) -> None:
        """Ask a run to come to a halt; rows that were begun are brought to their end."""
        self._runs.runner.stop(self.get(account, run_id).id)

    def stop(self, account: Account, run_id: str) -> None:
        """End a run for good: what is not attempted stays so."""
        run = self.get(account, run_id)
        self.journal.ask_to_stop(run.id)
        self._runs.runner.stop(run.id)
        job = self.job(run)
        if job is not None and not job.state.active and not job.state.finished:
            self.journal.end(run.id, stopped=True)
            self._runs.journal.end(run.id, State.PARTIAL)

    def delete(self, account: Account, run_id: str) -> None:
        """Delete the results of a run of the account; its audit lines stay."""
        run = self.get(account, run_id)
        job = self.job(run)
        if job is not None and job.state.active:
            raise InputError("This run is still at work.", "Pause or stop it first.", field="run")
        if job is not None:
            self._runs.delete(account, run.id)
        self.journal.end(run.id, stopped=True)
        self.journal.forget(run.id)

    def get(self, account: Account, run_id: str) -> BulkRun:
        """A run of the account. Raises NotFoundError, the same for absent and foreign."""
        return self.journal.get(run_id, owner=account.owner)

    def list(self, account: Account) -> Sequence[BulkRun]:
        """The account's runs, newest first, those included whose results are deleted."""
        return self.journal.list(account.owner)

    def job(self, run: BulkRun) -> Job | None:
        """The job of a run; None when it was deleted with the results."""
        try:
            return self._runs.journal.get(run.id, owner=run.owner)
        except NotFoundError:
            return None

    def counts(self, run: BulkRun) -> Mapping[Status, int]:
        """How many IDs of a run ended how."""
        return self.journal.counts(run.id)

    def beside(self, run: BulkRun) -> LinesBeside:
        """The lines of a run's results that no count holds."""
        return self.journal.beside(run.id)

    def seconds(self, order: Order) -> float:
        """About how long a run takes at the pace that the organization allows."""
        requests = 1 if order.is_check else order.action.requests(order.choices)
        rate = self._runs.settings.requests_per_second or USUAL_RATE
        return order.checked.to_do * requests / (rate * USED)

    def upload_again(self, account: Account, run_id: str, statuses: Sequence[Status]) -> Upload:
        """Put the rows of a run that ended so up as the next list of its action, each ID once."""
        run = self.get(account, run_id)
        data = input_csv(self.journal, run, statuses)
        return self.uploads.put(account.owner, run.action, name=f"Rows of run {run.id}", data=data, source=run.id)

    def upload_reopening(self, account: Account, run_id: str) -> Action:
        """Put what a run closed up as the list of the action that takes it back; returns that action."""
        run = self.get(account, run_id)
        action = ACTIONS[run.action]
        data = b"".join(reopen_csv(self.journal, run, action))
        undo = ACTIONS[action.undo]
        self.uploads.put(account.owner, undo.name, name=f"Closed by run {run.id}", data=data, source=run.id)
        return undo

    def order_of_plan(self, account: Account, run_id: str, *, force: bool) -> Order:
        """What a check found to be done, with the same choices; with `force` also where the customer waits."""
        plan = self.get(account, run_id)
        action = ACTIONS[plan.action]
        statuses = [action.aim, Status.NEEDS_TOPIC, *([Status.NEEDS_FORCE] if force else [])]
        data = input_csv(self.journal, plan, statuses)
        return Order(
            action=action,
            checked=check(data, column=action.column),
            choices=Choices(topic_id=plan.choices.topic_id, force=force and action.takes_force),
            file_name=plan.file_name,
            topic_name=plan.topic_name,
            source=plan.id,
        )

    def results(
        self, account: Account, run_id: str, *, only: Sequence[Status] = (), bom: bool = False, guard: bool = True
    ) -> Iterator[bytes]:
        """The Results CSV as it stands, or the plan of a check. Raises NotFoundError when it is deleted."""
        return results_csv(self.journal, self._with_rows(account, run_id), only=only, bom=bom, guard=guard)

    def reopen_file(self, account: Account, run_id: str, *, bom: bool = False, guard: bool = True) -> Iterator[bytes]:
        """The reopen file of a run that closes. Raises NotFoundError when there is none."""
        run = self._with_rows(account, run_id)
        if run.is_check or not ACTIONS[run.action].undo:
            raise NotFoundError("This run has closed nothing.", "See the Bulk Close page.")
        return reopen_csv(self.journal, run, ACTIONS[run.action], bom=bom, guard=guard)

    def audit_file(self, account: Account, run_id: str, *, bom: bool = False, guard: bool = True) -> Iterator[bytes]:
        """The audit lines of a run, which outlast its results. Raises NotFoundError for a check, which has none."""
        run = self.get(account, run_id)
        if run.is_check:
            raise NotFoundError("A check changes nothing, so it has no audit record.", "See the Bulk Close page.")
        return audit_csv(self.journal.audit(run.id), bom=bom, guard=guard)

    def sweep(self) -> None:
        """Delete uploaded lists that are too old, and the rows of runs whose jobs are gone."""
        self.uploads.sweep(seconds=self._runs.settings.retention_hours * 3600)
        now = self._runs.journal.now()
        for run_id, created_at in self.journal.kept().items():
            if now - created_at > YOUNG and self.job(self.journal.get(run_id)) is None:
                self.journal.end(run_id, stopped=True)
                self.journal.forget(run_id)

    def _with_rows(self, account: Account, run_id: str) -> BulkRun:
        run = self.get(account, run_id)
        if run.forgotten:
            raise NotFoundError("The results of this run were deleted.", "Its counts stay on the Bulk Close page.")
        return run

    def _create(self, account: Account, order: Order, run_id: str, *, origin: str) -> BulkRun:
        self._runs.check_limits(account)
        run = self.journal.create(
            run_id,
            owner=account.owner,
            username=account.username,
            organization=account.organization_id,
            action=order.action.name,
            is_check=order.is_check,
            choices=order.choices,
            topic_name=order.topic_name,
            source=order.source,
            file_name=order.file_name,
            checked=order.checked,
        )
        self._runs.journal.create(
            run_id,
            owner=account.owner,
            kind=order.action.name,
            title=order.file_name,
            origin=origin,
            parameters={"is_check": order.is_check},
            runner=self._runs.runner.id,
        )
        return run

    def _queue(self, account: Account, run_id: str) -> BulkRun:
        run = self._with_rows(account, run_id)
        self._runs.runner.interrupt_orphans()
        if run.finished_at is not None or not self._runs.journal.queue(run.id, runner=self._runs.runner.id):
            raise InputError("This run is at work, or has ended.", "See the Bulk Close page.", field="run")
        self.journal.ask_to_stop(run.id, asked=False)
        return run

    def _here(
        self, client: Client, run: BulkRun, watcher: Callable[[Ticket], None]
    ) -> tuple[BulkRun, Exception | None]:
        ticket = self._runs.runner.adopt(run.id)
        watcher(ticket)
        error = self._runs.runner.run(ticket, lambda ticket: self._work(client, ticket))
        return self.journal.get(run.id), error

    def _work(self, client: Client, ticket: Ticket) -> State:
        run = self.journal.get(ticket.job_id)
        worker = Worker(
            run=run,
            action=ACTIONS[run.action],
            journal=self.journal,
            locks=_locks,
            client=client.watched_by(ticket),
            watch=ticket,
            progress=lambda fraction, words, done: ticket.progress(fraction, words, row_count=done),
            settle_seconds=self._settle_seconds,
        )
        try:
            worker.work()
        except Cancelled:
            if not self.journal.get(run.id).stopped:
                raise
            self.journal.end(run.id, stopped=True)
            return State.PARTIAL
        self.journal.end(run.id)
        counts = self.journal.counts(run.id)
        return State.DONE if run.is_check or all(status.good for status in counts) else State.PARTIAL
