"""Close tasks; the assignee that a task has now is read first and sent along, so that it stays."""

from __future__ import annotations

from gladly_tools.api import Client, Task
from gladly_tools.bulk.action import Action, Before, Bench, Choices, Outcome, Status, Target
from gladly_tools.bulk.refusals import Why, cause, why
from gladly_tools.bulk.sending import carry_out, patiently
from gladly_tools.errors import NotFoundError, RequestRefused

CLOSED = "CLOSED"


def plan(bench: Bench, target: Target, _choices: Choices) -> Outcome:
    """What closing would do, read and not tried."""
    found = read(bench, target)
    if found is None:
        return Outcome(status=Status.NOT_FOUND)
    status = Status.ALREADY_CLOSED if found.status == CLOSED else Status.WILL_CLOSE
    return Outcome(status=status, before=before_of(found))


def apply(bench: Bench, target: Target, _choices: Choices) -> Outcome:
    """Close one task."""
    found = read(bench, target)
    if found is None:
        return Outcome(status=Status.NOT_FOUND, before=bench.earlier)
    before = bench.earlier or before_of(found)
    if found.status == CLOSED:
        # Begun by an earlier attempt, and closed now: that attempt's request arrived.
        return Outcome(status=Status.ALREADY_CLOSED if bench.earlier is None else Status.CLOSED, before=before)
    client = bench.begin(before)
    try:
        set_status(client, bench, target, found, CLOSED)
    except RequestRefused as refused:
        now = patiently(lambda: client.tasks.get(target.id), bench.pause)
        if now is not None and now.status == CLOSED:
            return Outcome(status=Status.ALREADY_CLOSED, before=before)
        return Outcome(status=Status.FAILED, before=before, error=str(refused), cause=cause(refused))
    except NotFoundError:
        return Outcome(status=Status.NOT_FOUND, before=before)
    return Outcome(status=Status.CLOSED, before=before)


def read(bench: Bench, target: Target) -> Task | None:
    """The task as it is now, or None."""
    return patiently(lambda: bench.client.tasks.get(target.id), bench.pause)


def before_of(found: Task) -> Before:
    """What is kept of a task before it is changed."""
    return Before(status=found.status, agent_id=found.agent_id, inbox_id=found.inbox_id)


def set_status(client: Client, bench: Bench, target: Target, found: Task, status: str) -> None:
    """Give a task a status, together with the assignee it has; an assignee that is refused is left out, so it stays."""

    def is_done() -> bool:
        now = client.tasks.get(target.id)
        return now is not None and now.status == status

    try:
        carry_out(
            lambda: client.tasks.set_status(target.id, status, inbox_id=found.inbox_id, agent_id=found.agent_id),
            is_done,
            bench.pause,
        )
    except RequestRefused as refused:
        if found.inbox_id is None or why(refused) is not Why.ASSIGNEE:
            raise
        carry_out(lambda: client.tasks.set_status(target.id, status), is_done, bench.pause)


CLOSE_TASKS = Action(
    name="close-tasks",
    title="Close Tasks",
    summary="Close every task of a list. Each keeps the inbox and the agent it is assigned to.",
    noun="task",
    verb="close",
    column="taskId",
    aim=Status.WILL_CLOSE,
    done=Status.CLOSED,
    plan=plan,
    apply=apply,
    requests=lambda _choices: 2,
    undo="reopen-tasks",
)
