"""What ids are called: the agents, inboxes, topics and customers of an account, as its own results name them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial

from gladly_tools.account import Account
from gladly_tools.errors import GladlyToolsError
from gladly_tools.jobs import Job
from gladly_tools.results.naming import named_columns, names_in
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs

TOPICS = "topics"
MOST_RESULTS = 3
"""How many of an export's latest results are asked; an id that none of them names is taken for unknown."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """Names by id, and when the newest and the oldest result that gave one was finished; None when none is known."""

    names: Mapping[str, str]
    newest: datetime | None
    oldest: datetime | None


class Names:
    """What ids are called in one account. Another account's results are never asked, even on the same host.

    The newest result that names an id wins. A damaged or just deleted result is passed over.
    """

    def __init__(self, runs: Runs, account: Account) -> None:
        self._runs = runs
        self._account = account

    def of(self, kind: str, ids: Iterable[str]) -> Mapping[str, str]:
        """The names of ids of `agents`, `inboxes`, `topics` or `customers`; an unknown id is not in the answer."""
        return self.known(kind, ids).names

    def known(self, kind: str, ids: Iterable[str]) -> Known:
        """The same, with how old the names are."""
        wanted = {id_ for id_ in ids if id_}
        names: dict[str, str] = {}
        moments: list[datetime] = []
        for job in self._jobs() if wanted else ():
            found = self._found(job, kind, frozenset(wanted))
            if found:
                names |= found
                moments.append(job.finished_at or job.created_at)
                wanted -= found.keys()
            if not wanted:
                break
        return Known(names=names, newest=max(moments, default=None), oldest=min(moments, default=None))

    def topics(self) -> tuple[str, ...] | None:
        """The topics whose names hold a comma, with all above them, as the account last exported them.

        None when no result or snapshot of its topics is there.
        """
        mine = self._runs.snapshots.of(self._account.owner)
        sources = [partial(_first_table, self._runs.store, job.id) for job in self._jobs() if job.kind == TOPICS]
        sources += [partial(mine.open, each.id) for each in mine.list(TOPICS)]
        for opened in sources:
            try:
                return tuple(opened().frame('SELECT "Name" AS name FROM rows WHERE contains("Name", \',\')')["name"])
            except GladlyToolsError:
                continue  # damaged, or deleted just now; another may tell
        return None

    def _jobs(self) -> list[Job]:
        """The account's jobs that may be asked, the one that finished last first."""
        finished = [job for job in self._runs.jobs(self._account) if job.state.finished]
        finished.sort(key=lambda job: job.finished_at or job.created_at, reverse=True)
        asked: Counter[str] = Counter()
        latest = []
        for job in finished:
            asked[job.kind] += 1
            if asked[job.kind] <= MOST_RESULTS:
                latest.append(job)
        return latest

    def _found(self, job: Job, kind: str, ids: frozenset[str]) -> Mapping[str, str]:
        try:
            return _names_in(self._runs.store, job.id, kind, ids)
        except GladlyToolsError:
            return {}  # damaged, or deleted just now; another result may know


def _first_table(store: ResultStore, result_id: str) -> Table:
    return Table(store.open(result_id))


@lru_cache(maxsize=128)
def _names_in(store: ResultStore, result_id: str, kind: str, ids: frozenset[str]) -> Mapping[str, str]:
    """What a finished result, which never changes, calls these ids."""
    names: dict[str, str] = {}
    for table in store.open(result_id).tables.values():
        if named_columns(table.manifest.columns, kind):
            names |= names_in(Table(table), kind, ids)
    return names
