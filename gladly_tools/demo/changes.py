"""What callers changed in the demo company, the rules that changes must keep, and a count of every one carried out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING

from gladly_tools.demo.conversations import Close, Conversation

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What an organization may demand, and the real server does not say beforehand.

    `topic_inboxes` are the places of the inboxes whose conversations need a topic before they are closed; with
    `tasks_demand_assignee`, a task is only closed by who names its assignee.
    """

    topic_inboxes: frozenset[int] = frozenset({5})
    tasks_demand_assignee: bool = True


@dataclass(frozen=True, kw_only=True)
class Refusal(Exception):
    """Why a change is refused: the entry of the error body."""

    code: str
    attr: str = ""
    detail: str = ""


class Changes:
    """Changes conversations and tasks by the server's rules. Thread-safe; a refused change leaves no trace.

    `counts[(what, id)]` says how often something was carried out: `close`, `reopen`, `assign`, `add topics` of a
    conversation, `close task`, `reopen task`, `assign task` of a task.
    """

    def __init__(self, company: Company, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.counts: Counter[tuple[str, str]] = Counter()
        self._company = company
        self._lock = RLock()

    def status(self, conversation: Conversation) -> str:
        """`CLOSED`, `WAITING` or `OPEN`, as the API says it."""
        now = self._company.now()
        if conversation.is_closed(now) or self._company.conversations.merged_into(conversation) is not None:
            return "CLOSED"
        return "WAITING" if conversation.waiting else "OPEN"

    def add_topics(self, conversation_id: str, topic_ids: Sequence[str]) -> None:
        """Add to the topics of a conversation; raises KeyError for an unknown one, Refusal for an unknown topic."""
        with self._lock:
            conversation = self._company.conversations[conversation_id]
            places = {topic.id: place for place, topic in enumerate(self._company.topics)}
            for topic_id in topic_ids:
                if topic_id not in places:
                    raise Refusal(code="present", attr="topicIds", detail="the specified topic does not exist")
                if self._company.topics[places[topic_id]].disabled:
                    raise Refusal(code="invalid", attr="topicIds", detail="a disabled topic cannot be applied")
            topics = dict.fromkeys([*conversation.topics, *(places[topic_id] for topic_id in topic_ids)])
            self._put(replace(conversation, topics=tuple(topics)))
            self.counts["add topics", conversation_id] += 1

    def change_conversation(
        self, conversation_id: str, *, assignee: tuple[int, int | None] | None, status: str | None, force: bool
    ) -> None:
        """Assign, close or reopen, all or nothing. Raises KeyError for an unknown conversation, and Refusal."""
        with self._lock:
            changed = conversation = self._company.conversations[conversation_id]
            before = self.status(conversation)
            done = []
            if assignee is not None:
                if before == "CLOSED":
                    raise Refusal(code="invalid_state", detail="a closed conversation cannot be reassigned")
                inbox, agent = _checked(assignee)
                changed = replace(changed, inbox=inbox, agent=agent)
                done.append("assign")
            if status == "CLOSED":
                if before == "WAITING" and not force:
                    raise Refusal(
                        code="invalid_state",
                        detail="the customer is waiting for a response; set status.force to close anyway",
                    )
                if conversation.inbox in self.rules.topic_inboxes and not conversation.topics:
                    raise Refusal(code="invalid_state", detail="topics are required before closing a conversation")
                changed = self._closed(changed)
                done.append("close")
            elif status == "OPEN":
                changed = self._reopened(changed)
                done.append("reopen")
            self._put(changed)
            self.counts.update((what, conversation_id) for what in done)

    def change_task(
        self,
        task_id: str,
        *,
        assignee: tuple[int, int | None] | None,
        status: str | None,
        body: str | None,
        due_at: dt.datetime | None,
    ) -> None:
        """Assign, close, reopen or rewrite a task, all or nothing. Raises KeyError for an unknown one, and Refusal."""
        with self._lock:
            task = self._company.tasks[task_id]
            changes: dict[str, object] = {}
            done = []
            if due_at is not None:
                if due_at <= self._company.now():
                    raise Refusal(code="invalid", attr="dueAt", detail="the due date must be in the future")
                changes["due_at"] = due_at
            if body is not None:
                changes["body"] = body
            if assignee is not None and assignee != (task.inbox, task.agent):
                inbox, agent = _checked(assignee)
                changes |= {"inbox": inbox, "agent": agent}
                done.append("assign task")
            if status is not None:
                if status == "CLOSED" and self.rules.tasks_demand_assignee and assignee is None:
                    raise Refusal(code="blank", attr="assignee", detail="the assignee must be specified")
                changes["is_closed"] = status == "CLOSED"
                done.append("close task" if status == "CLOSED" else "reopen task")
            self._company.tasks.change(task_id, **changes)
            self.counts.update((what, task_id) for what in done)

    def wait(self, conversation_id: str, waiting: bool) -> None:
        """The customer of a conversation waits for an answer, or no longer does."""
        with self._lock:
            self._put(replace(self._company.conversations[conversation_id], waiting=waiting))

    def _closed(self, conversation: Conversation) -> Conversation:
        now = self._company.now()
        close = Close(
            at=now, by="APPLICATION", by_agent=None, by_rule=None, inbox=conversation.inbox, agent=conversation.agent
        )
        return replace(
            conversation,
            closes=(*conversation.past_closes(now), *(() if conversation.is_closed(now) else (close,))),
            reopened_at=tuple(moment for moment in conversation.reopened_at if moment <= now),
            waiting=False,
        )

    def _reopened(self, conversation: Conversation) -> Conversation:
        now = self._company.now()
        past = tuple(moment for moment in conversation.reopened_at if moment <= now)
        return replace(
            conversation,
            closes=conversation.past_closes(now),
            reopened_at=(*past, now) if conversation.is_closed(now) else past,
        )

    def _put(self, conversation: Conversation) -> None:
        self._company.conversations.changed[conversation.number] = conversation


def belongs(agent: int, inbox: int) -> bool:
    """Whether an agent works in an inbox; a conversation can still be assigned to one who no longer does."""
    return (agent + inbox) % 7 != 3


def _checked(assignee: tuple[int, int | None]) -> tuple[int, int | None]:
    """The inbox and the agent, who must belong to it. Raises Refusal."""
    inbox, agent = assignee
    if agent is not None and not belongs(agent, inbox):
        raise Refusal(
            code="invalid_state",
            attr="assignee.agentId",
            detail="the specified agent does not belong to the specified inbox",
        )
    return inbox, agent
