"""Works a run off, several rows at a time: each one's intent is on disk before its first change, its outcome after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from gladly_tools.api import Client, Watch
from gladly_tools.bulk.action import Action, Before, Outcome, Status, Target, heading_key
from gladly_tools.bulk.breaker import Breaker
from gladly_tools.bulk.journal import BulkJournal
from gladly_tools.bulk.locks import Locks
from gladly_tools.bulk.records import UNKNOWN, BulkRun, OpenRow
from gladly_tools.errors import Cancelled, FateUnknown, GladlyToolsError, InputError, NotFoundError, SignInError

GRACE_SECONDS = 20.0
"""How long a change that was begun may still take after the person stopped the run."""

Progress = Callable[[float, str, int], None]
"""Told the share that is done (0 to 1), words, and how many rows are done."""


class Worker:
    """One run at work. `settle_seconds` is the pause before a change without an answer is looked for again."""

    def __init__(
        self,
        *,
        run: BulkRun,
        action: Action,
        journal: BulkJournal,
        locks: Locks,
        client: Client,
        watch: Watch,
        progress: Progress,
        settle_seconds: float,
    ) -> None:
        self._run = run
        self._action = action
        self._journal = journal
        self._locks = locks
        self._watch = watch
        self._progress = progress
        self._breaker = Breaker()
        self._is_last_pass = False
        self.settle_seconds = settle_seconds
        self.reading = client.watched_by(Halting(watch, self._breaker))
        self.committed = Committed(watch)
        self.changing = client.watched_by(self.committed)

    def work(self) -> None:
        """Deal with every row that has no outcome yet.

        Raises Cancelled when the person stopped it, InputError for a topic that cannot be applied (before the first
        row), and what made the breaker trip. Rows that were begun are brought to their end first.
        """
        self._check_topic()
        try:
            if not self._run.is_check:
                self._claim()
            self._rows()
        finally:
            self._locks.release(self._run.id)
        if self._breaker.tripped is not None:
            raise self._breaker.tripped
        self._watch.check()

    def intend(self, place: int, before: Before) -> None:
        """Write down that a row is about to be changed."""
        self._journal.intend(self._run.id, place, before)

    def _check_topic(self) -> None:
        topic_id = self._run.choices.topic_id
        if topic_id is None:
            return
        self._progress(self._fraction(0), "checking the topic", self._done_before())
        topic = next((topic for topic in self.reading.topics.list() if topic.id == topic_id), None)
        if topic is None:
            raise InputError(f"There is no topic {topic_id}.", "Pick one from the list.", field="topic_id")
        if topic.disabled:
            raise InputError(
                f"The topic {topic.name or topic_id} is disabled.", "Pick one that is in use.", field="topic_id"
            )

    def _claim(self) -> None:
        ids = self._journal.open_ids(self._run.id)
        taken = self._locks.claim(self._run.organization, self._action.noun, ids, run=self._run.id)
        self._journal.settle(
            self._run,
            {
                ids[id_]: Outcome(status=Status.SKIPPED, error=f"Run {other} is working on this {self._action.noun}.")
                for id_, other in taken.items()
            },
        )

    def _rows(self) -> None:
        done = self._done_before()
        self._progress(self._fraction(done), self._words(done), done)
        # What became of a row that could be read neither now nor then is looked for once more at the end.
        for self._is_last_pass in (False, True):
            for is_done in self.reading.each(self._one, self._open_rows()):
                done += is_done
                self._progress(self._fraction(done), self._words(done), done)

    def _open_rows(self) -> Iterator[OpenRow]:
        for row in self._journal.open_rows(self._run.id):
            if self._halting:
                return
            yield row

    def _one(self, row: OpenRow) -> bool:
        """Deal with one row; False when it was left as it is."""
        if self._halting:
            return False
        names = map(heading_key, self._run.columns)
        target = Target(id=row.id, cells=dict(zip(names, row.cells, strict=True)))
        bench = RowBench(self, row)
        work = self._action.plan if self._run.is_check else self._action.apply
        try:
            outcome = work(bench, target, self._run.choices)
        except Cancelled:
            return False
        except SignInError as error:
            self._breaker.refuse(error)
            return False
        except NotFoundError:
            outcome = Outcome(status=Status.NOT_FOUND)
        except GladlyToolsError as error:
            outcome = _failed(error)
            if isinstance(error, FateUnknown) or bench.is_unread:
                if not self._is_last_pass:
                    self._breaker.note(outcome)
                    return False
                outcome = replace(outcome, error=f"{UNKNOWN} {outcome.error}")
        if outcome.status is Status.NOT_FOUND and not outcome.error:
            outcome = replace(outcome, error=f"Gladly has no {self._action.noun} with this ID.")
        self._journal.settle(self._run, {row.place: outcome})
        self._breaker.note(outcome)
        return True

    @property
    def _halting(self) -> bool:
        if self._breaker.tripped is not None:
            return True
        try:
            self._watch.check()
        except Cancelled:
            return True
        return False

    def _done_before(self) -> int:
        counts = self._journal.counts(self._run.id)
        return sum(number for status, number in counts.items() if status is not Status.NOT_ATTEMPTED)

    def _fraction(self, done: int) -> float:
        return done / self._run.total if self._run.total else 1.0

    def _words(self, done: int) -> str:
        verb = "checked" if self._run.is_check else "done"
        return f"{done:,} of {self._run.total:,} {self._action.nouns} {verb}"


def _failed(error: GladlyToolsError) -> Outcome:
    return Outcome(status=Status.FAILED, error=str(error), cause=type(error).__name__)


class RowBench:
    """The bench of one row."""

    def __init__(self, worker: Worker, row: OpenRow) -> None:
        self._worker = worker
        self._row = row
        self._is_changing = False

    @property
    def client(self) -> Client:
        """For reading."""
        return self._worker.reading

    @property
    def earlier(self) -> Before | None:
        """How the row was before an earlier attempt that was cut off."""
        return self._row.before

    def begin(self, before: Before) -> Client:
        """Write the intent down; gives the client to change the row with."""
        self._worker.intend(self._row.place, before)
        self._is_changing = True
        return self._worker.changing

    @property
    def is_unread(self) -> bool:
        """True while nobody has read what became of an earlier attempt."""
        return self.earlier is not None and not self._is_changing

    def pause(self) -> None:
        """Wait a little; what was begun is not given up for a stop."""
        self._worker.committed.wait(self._worker.settle_seconds, "")


class Halting:
    """A watch that also ends the reading of rows when the breaker has tripped."""

    def __init__(self, watch: Watch, breaker: Breaker) -> None:
        self._watch = watch
        self._breaker = breaker

    def check(self) -> None:
        """Raise Cancelled when the run comes to a halt."""
        if self._breaker.tripped is not None:
            raise Cancelled
        self._watch.check()

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep, or raise Cancelled when the run comes to a halt."""
        self._watch.wait(seconds, reason)
        self.check()

    def requested(self) -> None:
        """Count one request."""
        self._watch.requested()


class Committed:
    """A watch for a change that was begun: a stop does not cut it off, unless it takes all too long."""

    def __init__(
        self, watch: Watch, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._watch = watch
        self._clock = clock
        self._sleep = sleep
        self._stopped_at: float | None = None

    def check(self) -> None:
        """Return, or raise Cancelled when the run was stopped a while ago."""
        try:
            self._watch.check()
        except Cancelled:
            now = self._clock()
            if self._stopped_at is None:
                self._stopped_at = now
            if now - self._stopped_at > GRACE_SECONDS:
                raise

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep to the end, also after a stop, as long as there is grace."""
        until = self._clock() + seconds
        try:
            self._watch.wait(seconds, reason)
        except Cancelled:
            self.check()
            while (left := until - self._clock()) > 0:
                self._sleep(min(left, 0.5))
                self.check()

    def requested(self) -> None:
        """Count one request."""
        self._watch.requested()
