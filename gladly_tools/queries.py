"""A person's own SQL over the results of their account: which tables there are, queries that run, and their answers.

Each call names the account it is for; what is another account's is absent. Answers are kept for an hour, the latest few
of each account, and only as long as the results that they were made of.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from gladly_tools.account import Account
from gladly_tools.errors import GladlyToolsError, NotFoundError, TryLaterError
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import Job
from gladly_tools.results.engine import engine_for
from gladly_tools.results.query import Query
from gladly_tools.results.sandbox import Run, Sandbox
from gladly_tools.results.sandbox_answer import Answer
from gladly_tools.results.sandbox_tables import Source, source, table_name
from gladly_tools.results.store import Result
from gladly_tools.runs import Runs

logger = logging.getLogger(__name__)

MOST_RESULTS = 40
MOST_ANSWERS = 8
MOST_AT_ONCE = 4
KEEP_SECONDS = 3600.0
CURRENT, FILTERED = "result", "filtered"
_TIMES = ("%H%M", "%H%M%S", "%H%M%S_%f")


class AskedQuery:
    """One query of an account: running, or ended with an answer or an error."""

    def __init__(self, owner: str, text: str, clock: Callable[[], float]) -> None:
        self.id = secrets.token_urlsafe(16)
        self.owner = owner
        self.text = text
        self._clock = clock
        self._began = clock()
        self.jobs: frozenset[str] = frozenset()
        self.ended = self._began
        self.answer: Answer | None = None
        self.error: GladlyToolsError | None = None
        self.run = Run()
        self._done = threading.Event()

    @property
    def active(self) -> bool:
        """True while it runs."""
        return not self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, so long at most; True when it has ended."""
        return self._done.wait(seconds)

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return (self._clock() if self.active else self.ended) - self._began

    def end(self) -> None:
        """It has its answer or its error."""
        self.ended = self._clock()
        self._done.set()


class Queries:
    """The queries of one process, for every account."""

    def __init__(self, runs: Runs, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._runs = runs
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: dict[str, AskedQuery] = {}
        runs.also_sweep(self.forget_old)

    def tables(
        self, account: Account, job: Job, *, table: str | None = None, query: Query, zone: str
    ) -> Sequence[Source]:
        """What a query asked at a job's result can read.

        First `result`, the table that is looked at (of several, the one named), and `filtered`, those of its rows that
        the filters take; then each table of a result of several by its name; then the account's other finished results,
        newest first, by their export and the first day that they are about, else that on which they were made (in the
        zone), and the time where that is not enough to tell them apart. Raises NotFoundError for another's job.
        """
        result = self._runs.result(account, self._runs.job(account, job.id).id)
        if result is None:
            raise NotFoundError("This job has no result yet.", "Wait until it has finished.")
        here = result if table is None else result.tables[table]
        try:
            found = [
                source(CURRENT, here, about="What you are looking at, all of its rows"),
                source(FILTERED, here, about="Those of its rows that your filters take", query=query),
            ]
        except FileNotFoundError:
            raise TryLaterError("The result has just changed.", "Load it again.") from None
        if len(result.tables) > 1:
            found += _tables_of(result, "", "A table of this result")
        jobs = [each for each in self._runs.jobs(account) if each.state.finished and each.id != job.id][:MOST_RESULTS]
        taken = {each.name for each in found}
        for name, each in _names(jobs, zone):
            other = self._runs.result(account, each.id)
            if other is None or not other.is_finished:
                continue
            about = _about(each, zone)
            several = len(other.tables) > 1
            try:
                tables = _tables_of(other, f"{name}_", about) if several else [source(name, other, about=about)]
            except (FileNotFoundError, NotFoundError):
                continue  # deleted just now
            found += [each for each in tables if each.name not in taken]
        return found

    def start(self, account: Account, text: str, tables: Sequence[Source], *, zone: str) -> AskedQuery:
        """Begin a query. Raises TryLaterError while as many as may run at once are running."""
        settings = self._runs.settings
        self.forget_old()
        sandbox = Sandbox(
            engine_for(self._runs.store.folder).spill / "sql",
            seconds=settings.sql_seconds,
            memory_mb=settings.sql_memory_mb,
        )
        asked = AskedQuery(account.owner, text, self._clock)
        work = threading.Thread(target=self._work, args=(sandbox, asked, tables, zone), name="query", daemon=True)
        with self._lock:
            running = [each for each in self._asked.values() if each.active]
            own = sum(each.owner == account.owner for each in running)
            if own >= settings.sql_queries_at_once:
                raise TryLaterError(
                    f"{own} of your queries are running." if own > 1 else "A query of yours is running.",
                    "Wait for it, or stop it, then run this one.",
                )
            if len(running) >= MOST_AT_ONCE:
                raise TryLaterError("Other people's queries keep the portal busy.", "Run it again in a moment.")
            # In this order: one that cannot begin must not count as running, which would keep the account from asking.
            work.start()
            self._asked[asked.id] = asked
        return asked

    def get(self, account: Account, query_id: str) -> AskedQuery:
        """A query of the account. Raises NotFoundError, the same for absent, foreign, and made of a deleted result."""
        with self._lock:
            asked = self._asked.get(query_id)
        if asked is None or asked.owner != account.owner:
            raise _unknown()
        if not asked.active and not self._is_whole(asked):
            self._forget(asked)
            raise _unknown()
        return asked

    def stop(self, account: Account, query_id: str) -> None:
        """Stop a query of the account."""
        self.get(account, query_id).run.stop()

    def forget_old(self) -> None:
        """Delete the answers that are old, too many, or made of results that are gone."""
        now = self._clock()
        with self._lock:
            ended = [each for each in self._asked.values() if not each.active]
        by_owner: dict[str, list[AskedQuery]] = defaultdict(list)
        for each in sorted(ended, key=lambda asked: asked.ended, reverse=True):
            by_owner[each.owner].append(each)
        for own in by_owner.values():
            for place, each in enumerate(own):
                if place >= MOST_ANSWERS or now - each.ended > KEEP_SECONDS or not self._is_whole(each):
                    self._forget(each)

    def close(self) -> None:
        """Stop every query and delete the answers."""
        with self._lock:
            every = list(self._asked.values())
        for each in every:
            each.run.stop()
            each.wait(5)
            self._forget(each)

    def _work(self, sandbox: Sandbox, asked: AskedQuery, tables: Sequence[Source], zone: str) -> None:
        try:
            answer = sandbox.ask(asked.text, tables, zone=zone, run=asked.run)
            asked.jobs = frozenset(table.result_id for table in tables if table.name in answer.tables)
            asked.answer = answer
        except GladlyToolsError as error:
            asked.error = error
        except Exception:  # nobody waits for this thread, and the page must learn that it ended
            logger.exception("a query ended in a way that nobody foresaw")
            asked.error = GladlyToolsError("The query could not be run.", "Try again; the log has the details.")
        finally:
            asked.end()

    def _is_whole(self, asked: AskedQuery) -> bool:
        """True while every result that the query read is still there, and its owner's."""
        try:
            for job_id in asked.jobs:
                self._runs.journal.get(job_id, owner=asked.owner)
        except NotFoundError:
            return False
        return True

    def _forget(self, asked: AskedQuery) -> None:
        with self._lock:
            self._asked.pop(asked.id, None)
        if asked.answer is not None:
            asked.answer.delete()


def _tables_of(result: Result, before: str, about: str) -> list[Source]:
    return [
        source(table_name(f"{before}{name}"), table, about=f"{about}: {re.sub('[-_]', ' ', name)}")
        for name, table in result.tables.items()
        if table.files()  # one that is being written may have no rows yet
    ]


def _names(jobs: Sequence[Job], zone: str) -> Iterator[tuple[str, Job]]:
    """Each job with its name. Two of a day are both told apart by their time, so that no name changes its meaning."""
    days: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        days[(job.kind, _day(job, zone))].append(job)
    for job in jobs:
        same = days[(job.kind, _day(job, zone))]
        if len(same) == 1:
            yield table_name(f"{job.kind} {_day(job, zone)}"), job
            continue
        for length in _TIMES:
            times = [f"{each.created_at.astimezone(ZoneInfo(zone)):{length}}" for each in same]
            if len(set(times)) == len(same) or length == _TIMES[-1]:
                yield table_name(f"{job.kind} {_day(job, zone)} {times[same.index(job)]}"), job
                break


def _day(job: Job, zone: str) -> str:
    """The first day that a job is about, or the day on which it was made."""
    dates = job.parameters.get("dates")
    return str(dates["first"]) if dates else f"{job.created_at.astimezone(ZoneInfo(zone)):%Y-%m-%d}"


def _about(job: Job, zone: str) -> str:
    title = EXPORTS[job.kind].title if job.kind in EXPORTS else job.kind
    made = job.created_at.astimezone(ZoneInfo(zone))
    return " · ".join(part for part in (title, job.title, f"made {made.day} {made:%b %Y, %H:%M}") if part)


def _unknown() -> NotFoundError:
    return NotFoundError("This answer is no longer there.", "Run the query again.")
