"""Runs jobs in threads of this process; knows a callable and a ticket, neither exports nor files."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from gladly_tools.disk_faults import disk_fault
from gladly_tools.errors import Cancelled, GladlyToolsError
from gladly_tools.jobs.journal import Journal, State

logger = logging.getLogger(__name__)

REPORT_SECONDS = 0.5
NOTE_AGAIN_SECONDS = 5.0


class Ticket:
    """What a running job holds: it is told of progress and waits, and tells when the job has to stop.

    Safe to use from several threads of the job.
    """

    def __init__(self, journal: Journal, job_id: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.job_id = job_id
        self._journal = journal
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._written = float("-inf")
        self._asked = float("-inf")
        # A resumed job goes on where it was, also when it ends before it gets any further.
        job = journal.get(job_id)
        self._fraction = job.fraction
        self._detail = ""
        self._waiting = ""
        self._rows = job.row_count
        self._requests = job.requests

    def check(self) -> None:
        """Raise Cancelled when the person asked to stop, in this process or another."""
        if self._stop.is_set():
            raise Cancelled
        now = self._clock()
        with self._lock:
            if now - self._asked < REPORT_SECONDS:
                return
            self._asked = now
        if self._journal.stop_asked(self.job_id):
            self._stop.set()
            raise Cancelled

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep, and wake at once when the job has to stop; a reason is shown to the person while it lasts."""
        if reason:
            with self._lock:
                self._waiting = reason
            self._write()
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            self._stop.wait(min(left, REPORT_SECONDS))
            self.check()
        if reason:
            with self._lock:
                self._waiting = ""
            self._write()

    def stop(self) -> None:
        """Make every check and wait of the job raise Cancelled."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """True once the job was told to stop."""
        return self._stop.is_set()

    def progress(self, fraction: float, detail: str, *, row_count: int) -> None:
        """Note how far the job is; written to the journal about twice a second at most."""
        with self._lock:
            self._fraction, self._detail, self._rows = min(max(fraction, 0.0), 1.0), detail, row_count
        self._write_now_and_then()

    def requested(self) -> None:
        """Count one request to the server."""
        with self._lock:
            self._requests += 1
        self._write_now_and_then()

    def flush(self) -> None:
        """Write the latest progress down."""
        self._write()

    def _write_now_and_then(self) -> None:
        if self._clock() - self._written >= REPORT_SECONDS:
            self._write()

    def _write(self) -> None:
        with self._lock:
            self._written = self._clock()
            noted = (self._fraction, self._detail, self._waiting, self._rows, self._requests)
        fraction, detail, waiting, rows, requests = noted
        self._journal.report(
            self.job_id, fraction=fraction, detail=detail, waiting=waiting, row_count=rows, requests=requests
        )


Work = Callable[[Ticket], State]
"""A job's work: returns DONE or PARTIAL, or raises. It stops soon after its ticket says so."""


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """A job that waits for its turn, or has it."""

    ticket: Ticket
    owner: str
    work: Work
    future: Future[GladlyToolsError | None] = field(default_factory=Future)


class Runner:
    """The one runner of a process. Its lock file tells other processes that its jobs are alive.

    `at_once` jobs run at the same time, `at_once_each` of one owner; the others wait, the first come first, but nobody
    behind one who has enough.
    """

    def __init__(self, journal: Journal, folder: Path, *, at_once: int, at_once_each: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = journal
        self._folder = folder
        self.id = secrets.token_hex(8)
        self._alive = FileLock(folder / f"{self.id}.lock")
        self._alive.acquire()
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="job")
        self._at_once = at_once
        self._at_once_each = at_once_each or at_once
        self._tickets: dict[str, Ticket] = {}
        self._waiting: list[_Turn] = []
        self._running: list[_Turn] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.interrupt_orphans()

    def interrupt_orphans(self) -> int:
        """Mark the jobs of runners that are gone as interrupted; returns how many."""
        # A lock file that was just made may not be locked yet.
        old = {path.stem for path in self._folder.glob("*.lock") if time.time() - path.stat().st_mtime > 60}
        runners = self._journal.runners_of_active_jobs() | old
        orphans = 0
        for runner in runners - {self.id}:
            path = self._folder / f"{runner}.lock"
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            orphans += self._journal.interrupt(runner)
            lock.release()
            path.unlink(missing_ok=True)
        return orphans

    def submit(self, job_id: str, work: Work) -> Future[GladlyToolsError | None]:
        """Run a queued job as soon as it is its turn."""
        turn = _Turn(ticket=self.adopt(job_id), owner=self._journal.get(job_id).owner, work=work)
        with self._lock:
            self._waiting.append(turn)
        self._begin()
        return turn.future

    def _begin(self) -> None:
        """Begin every job whose turn it is."""
        with self._lock:
            for turn in list(self._waiting):
                if self._closed.is_set() or len(self._running) >= self._at_once:
                    return
                if sum(other.owner == turn.owner for other in self._running) < self._at_once_each:
                    self._waiting.remove(turn)
                    self._running.append(turn)
                    self._pool.submit(self._run_turn, turn)

    def _run_turn(self, turn: _Turn) -> None:
        try:
            turn.future.set_result(self.run(turn.ticket, turn.work))
        except BaseException as error:  # it is whoever waits for the job who must see it
            turn.future.set_exception(error)
        finally:
            with self._lock:
                self._running.remove(turn)
            self._begin()

    def adopt(self, job_id: str) -> Ticket:
        """A ticket for a queued job of this runner that the caller will `run` in its own thread."""
        with self._lock:
            ticket = self._tickets[job_id] = Ticket(self._journal, job_id)
        return ticket

    def run(self, ticket: Ticket, work: Work, *, patient: bool = True) -> GladlyToolsError | None:
        """Run a job in this thread, note how it ended, and return the error that ended it, if one did.

        Where the disk takes no note, a `patient` run tries until it does; the job of another counts as interrupted
        once this runner is gone.
        """
        job_id = ticket.job_id
        error: GladlyToolsError | None = None
        try:
            ticket.check()
            self._journal.start(job_id)
            state = work(ticket)
        except Cancelled:
            state = State.INTERRUPTED if self._closed.is_set() else State.CANCELLED
        except GladlyToolsError as known:
            state, error = State.FAILED, known
        except Exception as fault:  # whatever it is, the job must not stay "running", and nobody must see a traceback
            reference = secrets.token_hex(4)
            logger.exception("job %s failed, reference %s", job_id, reference)
            state = State.FAILED
            error = disk_fault(fault) or GladlyToolsError(
                f"Something went wrong inside this application (reference {reference}).",
                "What was finished is kept. Resume the job; if it happens again, show the reference to whoever runs "
                "this application: the log has the details.",
            )
        finally:
            with self._lock:
                self._tickets.pop(job_id, None)
        unnoted = self._end(ticket, state, error, patient=patient)
        return error or unnoted

    def _end(
        self, ticket: Ticket, state: State, error: GladlyToolsError | None, *, patient: bool
    ) -> GladlyToolsError | None:
        """Note how a job ended; where the disk is full, again until it is noted or this runner closes.

        Returns why it was not noted, if it was not and nobody will try again.
        """
        while True:
            try:
                ticket.flush()
                self._journal.end(
                    ticket.job_id, state, what=error.what if error else "", advice=error.advice if error else ""
                )
                return None
            except sqlite3.Error as fault:
                logger.exception("the end of job %s could not be written down", ticket.job_id)
                if not patient or self._closed.wait(NOTE_AGAIN_SECONDS):
                    return disk_fault(fault, "jobs.sqlite") or GladlyToolsError(
                        "How the job ended could not be written down.", "Try again; what was finished is kept."
                    )

    def stop(self, job_id: str) -> None:
        """Ask a job to stop, wherever it runs; a job that still waits in the queue stops at once."""
        self._journal.ask_to_stop(job_id)
        with self._lock:
            ticket = self._tickets.get(job_id)
            waits = [turn for turn in self._waiting if turn.ticket is ticket]
            for turn in waits:
                self._waiting.remove(turn)
                del self._tickets[job_id]
                turn.future.cancel()
        if waits:
            self._journal.end(job_id, State.CANCELLED)
        elif ticket is not None:
            ticket.stop()

    def close(self) -> None:
        """Interrupt every job, wait for their threads, and give the lock back."""
        self._closed.set()
        with self._lock:
            tickets = list(self._tickets.values())
            for turn in self._waiting:
                turn.future.cancel()
        for ticket in tickets:
            ticket.stop()
        self._pool.shutdown()
        self._journal.interrupt(self.id)
        self._alive.release()
        (self._folder / f"{self.id}.lock").unlink(missing_ok=True)
