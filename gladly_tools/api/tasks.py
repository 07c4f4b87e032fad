"""Tasks: read, close and reopen. The status of a task is a plain text, unlike a conversation's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gladly_tools.api.asking import Asking
from gladly_tools.api.conversations import assignee
from gladly_tools.api.listing import Listing
from gladly_tools.api.reading import Object, an_object, identity, objects, text
from gladly_tools.api.transport import segment

PATH = "/api/v1/tasks"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task as it is now. Times are Gladly's text; no agent means that only an inbox is assigned."""

    id: str
    customer_id: str | None
    inbox_id: str | None
    agent_id: str | None
    status: str | None
    created_at: str | None
    due_at: str | None
    body: str | None


class TaskCalls(Asking):
    """`client.tasks`"""

    def get(self, task_id: str) -> Task | None:
        """One task, or None when there is none with this id."""
        path = f"{PATH}/{segment(task_id)}"
        value = self._get_or_none(path)
        return None if value is None else _task(an_object(value, path))

    def of_customer(self, customer_id: str, *, status: str | None = None) -> Listing[Task]:
        """A customer's tasks, newest first, at most 2,000; with a status, OPEN or CLOSED, only those."""
        path = f"/api/v1/customers/{segment(customer_id)}/tasks"
        params = None if status is None else {"status": status}
        reply = self._transport.get(path, self._watch, params=params)
        return Listing(found=tuple(map(_task, objects(reply.json(), path))), cut=reply.limited)

    def set_status(
        self, task_id: str, status: str, *, inbox_id: str | None = None, agent_id: str | None = None
    ) -> None:
        """Close (CLOSED) or reopen (OPEN) a task; with an inbox, its assignee is sent along, as Gladly's sample does.

        The due date is never sent: one that has passed would be refused. Raises RequestRefused with `attr` and `code`,
        NotFoundError; after AnswerLost or ServerError it is not known whether it was carried out.
        """
        body: dict[str, Any] = {"status": status}
        if inbox_id is not None:
            body["assignee"] = assignee(inbox_id, agent_id)
        self._change("PATCH", f"{PATH}/{segment(task_id)}", body)


def _task(value: Object) -> Task:
    held = an_object(value.values.get("assignee") or {}, value.path)
    return Task(
        id=identity(value),
        customer_id=text(value, "customerId"),
        inbox_id=text(held, "inboxId"),
        agent_id=text(held, "agentId"),
        status=text(value, "status"),
        created_at=text(value, "timestamp"),
        due_at=text(value, "dueAt"),
        body=text(value, "body"),
    )
