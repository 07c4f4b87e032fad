"""The events of a task, from its making to the state that it is in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from gladly_tools.demo.chronicle import APPLICATION, Event, Initiator, Json, Recorder, moment
from gladly_tools.demo.tasks import Task

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company


def task_events(company: Company, task: Task) -> list[Event]:
    """All events of a task, what others made of it since it was made included."""
    agents = company.agents
    record = Recorder(company.seed, "task", task.number)
    created = task.created_at.replace(microsecond=task.created_at.microsecond // 1000 * 1000)
    maker = Initiator(id=agents[task.number % len(agents)].id, type="AGENT")
    first = {"inboxId": company.inboxes[task.inbox].id}
    assignee = first if task.agent is None else {**first, "agentId": agents[task.agent].id}
    core = {"customerId": company.customers.current_id(task.customer), "taskId": task.id}

    def context(holder: Json, *, due: bool = True) -> Json:
        state: Json = {"createdAt": moment(created), "assignee": holder}
        return {**state, "dueAt": moment(task.due_at)} if due else state

    def after(minutes: int) -> dt.datetime:
        return created + dt.timedelta(minutes=minutes, milliseconds=task.number)

    number = task.number
    has_due_from_the_start = number % 3 != 1
    record.add(
        created,
        "TASK/CREATED",
        APPLICATION if number % 5 == 0 else maker,
        **core,
        context=context(first, due=has_due_from_the_start),
    )
    if assignee != first:
        record.add(after(3), "TASK/ASSIGNEE_UPDATED", maker, **core, assignee=assignee, context=context(first))
    if number % 2 == 0:
        record.add(after(25), "TASK/COMMENT_ADDED", maker, **core, commentId=f"c-{number}", context=context(assignee))
    if number % 3 == 0:
        record.add(after(31), "TASK/CONTENT_UPDATED", maker, **core, context=context(assignee))
    if not has_due_from_the_start:
        record.add(
            after(40),
            "TASK/DUE_DATE_UPDATED",
            maker,
            **core,
            dueAt=moment(task.due_at),
            context=context(assignee, due=False),
        )
    if number % 2:
        follower = agents[(number * 5) % len(agents)].id
        record.add(after(52), "TASK/FOLLOWER_ADDED", maker, **core, agentId=follower, context=context(assignee))
        if number % 4 == 1:
            record.add(after(95), "TASK/FOLLOWER_REMOVED", maker, **core, agentId=follower, context=context(assignee))
    if number % 4 == 2:
        record.add(after(120), "TASK/CLOSED", maker, **core, context=context(assignee))
        record.add(after(150), "TASK/REOPENED", maker, **core, context=context(assignee))
    if task.is_closed:
        record.add(after(200), "TASK/CLOSED", maker, **core, context=context(assignee))
    return record.events
