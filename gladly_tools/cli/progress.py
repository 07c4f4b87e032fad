"""A running job on standard error."""

from __future__ import annotations

import signal
import sys
import threading
from datetime import UTC, datetime
from typing import Any

import click

from gladly_tools.amounts import counted, duration
from gladly_tools.jobs import Job, Ticket
from gladly_tools.runs import Runs


class Progress:
    """Follows a job on stderr: one moving line on a terminal, a line now and then elsewhere."""

    def __init__(self, runs: Runs) -> None:
        self.job_id: str | None = None
        self._handlers: dict[int, Any] = {}
        self._runs = runs
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._terminal = sys.stderr.isatty()

    def follow(self, ticket: Ticket) -> None:
        """Begin to follow; an interrupt from the keyboard stops the job."""
        self.job_id = ticket.job_id
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, lambda *_: ticket.stop())
        self._thread = threading.Thread(target=self._show, args=(ticket.job_id,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop following; more than once does no harm."""
        if self._over.is_set():
            return
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._terminal:
            click.echo("\r\033[K", err=True, nl=False)

    def _show(self, job_id: str) -> None:
        while not self._over.wait(0.5 if self._terminal else 5):
            line = progress_line(self._runs.journal.get(job_id), datetime.now(UTC))
            click.echo(f"\r\033[K{line}" if self._terminal else line, err=True, nl=not self._terminal)


def progress_line(job: Job, now: datetime) -> str:
    """A running job in one line: share, rows, what it does or waits for, time left."""
    left = job.seconds_left(now)
    parts = [f"{job.fraction:.0%}", counted(job.row_count, "row"), job.waiting or job.detail]
    if left is not None:
        parts.append(f"about {duration(left)} left")
    return " · ".join(part for part in parts if part)
