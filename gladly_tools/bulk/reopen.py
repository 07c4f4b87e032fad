"""Take a bulk close back: open again what it closed, with the inbox and the agent that were assigned before.

The list is the reopen file of a run, whose columns `previousInboxId` and `previousAgentId` say who had it; any list of
IDs will do, and then the assignee stays as it is.
"""

from __future__ import annotations

from gladly_tools.api import Client
from gladly_tools.bulk import close_conversations, close_tasks
from gladly_tools.bulk.action import Action, Bench, Choices, Outcome, Status, Target, heading_key
from gladly_tools.bulk.refusals import cause
from gladly_tools.bulk.sending import carry_out, patiently
from gladly_tools.errors import FateUnknown, NotFoundError, RequestRefused, TryLaterError, UnexpectedAnswer

PREVIOUS_STATUS, PREVIOUS_INBOX, PREVIOUS_AGENT = "previousStatus", "previousInboxId", "previousAgentId"
CLOSED, OPEN = "CLOSED", "OPEN"


def plan_conversation(bench: Bench, target: Target, choices: Choices) -> Outcome:
    """What reopening would do, read and not tried."""
    found = patiently(lambda: bench.client.conversations.get(target.id), bench.pause)
    if found is None:
        return Outcome(status=Status.NOT_FOUND)
    status = Status.WILL_REOPEN if found.status == CLOSED else Status.ALREADY_OPEN
    return Outcome(status=status, before=close_conversations.before_of(found, choices))


def apply_conversation(bench: Bench, target: Target, choices: Choices) -> Outcome:
    """Open one conversation, then assign it as before: a closed one cannot be assigned."""
    found = patiently(lambda: bench.client.conversations.get(target.id), bench.pause)
    if found is None:
        return Outcome(status=Status.NOT_FOUND, before=bench.earlier)
    before = bench.earlier or close_conversations.before_of(found, choices)
    if found.status != CLOSED and bench.earlier is None:
        return Outcome(status=Status.ALREADY_OPEN, before=before)
    client = bench.begin(before)

    def is_open() -> bool:
        now = client.conversations.get(target.id)
        return now is not None and now.status != CLOSED

    try:
        if found.status == CLOSED:
            carry_out(lambda: client.conversations.reopen(target.id), is_open, bench.pause)
    except RequestRefused as refused:
        return Outcome(status=Status.FAILED, before=before, error=str(refused), cause=cause(refused))
    except NotFoundError:
        return Outcome(status=Status.NOT_FOUND, before=before)
    return Outcome(status=Status.REOPENED, before=before, error=_assign(client, bench, target))


def _assign(client: Client, bench: Bench, target: Target) -> str:
    """Give a reopened conversation its previous assignee; returns what of that could not be done."""
    inbox_id, agent_id = _previous(target)
    if not inbox_id:
        return ""

    def is_assigned() -> bool:
        now = client.conversations.get(target.id)
        return now is not None and now.inbox_id == inbox_id and now.agent_id in (agent_id or now.agent_id,)

    try:
        if not patiently(is_assigned, bench.pause):
            carry_out(
                lambda: client.conversations.assign(target.id, inbox_id=inbox_id, agent_id=agent_id or None),
                is_assigned,
                bench.pause,
            )
    except FateUnknown:
        raise
    except (RequestRefused, NotFoundError, TryLaterError, UnexpectedAnswer) as error:
        return f"It is open, but not assigned as before. {error}"
    return ""


def plan_task(bench: Bench, target: Target, _choices: Choices) -> Outcome:
    """What reopening would do, read and not tried."""
    found = close_tasks.read(bench, target)
    if found is None:
        return Outcome(status=Status.NOT_FOUND)
    status = Status.WILL_REOPEN if found.status == CLOSED else Status.ALREADY_OPEN
    return Outcome(status=status, before=close_tasks.before_of(found))


def apply_task(bench: Bench, target: Target, _choices: Choices) -> Outcome:
    """Open one task; closing kept its assignee, and so does this."""
    found = close_tasks.read(bench, target)
    if found is None:
        return Outcome(status=Status.NOT_FOUND, before=bench.earlier)
    before = bench.earlier or close_tasks.before_of(found)
    if found.status != CLOSED:
        return Outcome(status=Status.ALREADY_OPEN if bench.earlier is None else Status.REOPENED, before=before)
    client = bench.begin(before)
    try:
        close_tasks.set_status(client, bench, target, found, OPEN)
    except RequestRefused as refused:
        return Outcome(status=Status.FAILED, before=before, error=str(refused), cause=cause(refused))
    except NotFoundError:
        return Outcome(status=Status.NOT_FOUND, before=before)
    return Outcome(status=Status.REOPENED, before=before)


def _previous(target: Target) -> tuple[str, str]:
    """The inbox and the agent that a reopen file, or the Results CSV of the run, says were assigned before."""
    inbox, agent = (
        target.cells.get(heading_key(in_file)) or target.cells.get(heading_key(in_results)) or ""
        for in_file, in_results in ((PREVIOUS_INBOX, "previous inbox"), (PREVIOUS_AGENT, "previous agent"))
    )
    return inbox, agent


REOPEN_CONVERSATIONS = Action(
    name="reopen-conversations",
    title="Reopen Conversations",
    summary="Open closed conversations again, assigned as a reopen file says.",
    noun="conversation",
    verb="reopen",
    column="conversationId",
    aim=Status.WILL_REOPEN,
    done=Status.REOPENED,
    plan=plan_conversation,
    apply=apply_conversation,
    requests=lambda _choices: 4,
    takes_back=True,
)

REOPEN_TASKS = Action(
    name="reopen-tasks",
    title="Reopen Tasks",
    summary="Open closed tasks again; each keeps its inbox and agent.",
    noun="task",
    verb="reopen",
    column="taskId",
    aim=Status.WILL_REOPEN,
    done=Status.REOPENED,
    plan=plan_task,
    apply=apply_task,
    requests=lambda _choices: 2,
    takes_back=True,
)
