"""The tasks of the demo company: a few hundred to-dos, some of them overdue, some with an inbox and no agent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from threading import Lock

from gladly_tools.demo.catalogue import AGENT_NAMES, INBOXES
from gladly_tools.demo.customers import is_deleted
from gladly_tools.demo.ids import Ids, Kind, seeded

_LEAST = 300
_ONE_IN = 8
_BODIES = (
    "Call back about the order",
    "<p>Send the <b>refund</b> confirmation</p>",
    "Check stock, then write again",
    "=Ask the warehouse",
    "Größe prüfen 🌱",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One task. Customers, inboxes and agents are positions in the company's lists; None = no agent."""

    id: str
    number: int
    customer: int
    created_at: dt.datetime
    due_at: dt.datetime
    body: str
    inbox: int
    agent: int | None
    is_closed: bool


class Tasks:
    """All tasks by id, oldest first. `tasks[id]` raises KeyError for an unknown one. Thread-safe."""

    def __init__(
        self, *, seed: int, ids: Ids, conversations: int, customers: int, now: Callable[[], dt.datetime]
    ) -> None:
        self._lock = Lock()
        moment = now()
        count = max(_LEAST, conversations // _ONE_IN) if customers else 0
        chance = seeded(seed, "tasks")
        self._tasks: dict[str, Task] = {}
        for number in range(count):
            age = dt.timedelta(hours=(count - number) * 3, seconds=chance.randrange(3600))
            customer = chance.randrange(customers)
            if is_deleted(customer):
                continue
            task = Task(
                id=ids.make(Kind.TASK, number),
                number=number,
                customer=customer,
                created_at=moment - age,
                due_at=moment - age + dt.timedelta(days=chance.randrange(1, 60)),
                body=_BODIES[number % len(_BODIES)],
                inbox=chance.randrange(len(INBOXES) - 1),
                agent=None if chance.random() < 0.25 else chance.randrange(len(AGENT_NAMES)),
                is_closed=chance.random() < 0.2,
            )
            self._tasks[task.id] = task

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[Task]:
        """The tasks as they are now, oldest first."""
        with self._lock:
            return iter(list(self._tasks.values()))

    def __getitem__(self, task_id: str) -> Task:
        with self._lock:
            return self._tasks[task_id]

    def of_customer(self, customer: int) -> list[Task]:
        """The tasks of a customer, newest first."""
        return [task for task in self if task.customer == customer][::-1]

    def change(self, task_id: str, **changes: object) -> None:
        """Give a task other values."""
        with self._lock:
            self._tasks[task_id] = replace(self._tasks[task_id], **changes)  # type: ignore[arg-type]
