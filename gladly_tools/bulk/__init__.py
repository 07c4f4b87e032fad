"""Bulk actions: one file an action, and what makes them safe on live data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gladly_tools.bulk.action import Action, Choices, Outcome, Status
from gladly_tools.bulk.close_conversations import CLOSE_CONVERSATIONS
from gladly_tools.bulk.close_tasks import CLOSE_TASKS
from gladly_tools.bulk.reopen import REOPEN_CONVERSATIONS, REOPEN_TASKS

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {action.name: action for action in (CLOSE_CONVERSATIONS, CLOSE_TASKS, REOPEN_CONVERSATIONS, REOPEN_TASKS)}
)

__all__ = [
    "ACTIONS",
    "CLOSE_CONVERSATIONS",
    "CLOSE_TASKS",
    "REOPEN_CONVERSATIONS",
    "REOPEN_TASKS",
    "Action",
    "Choices",
    "Outcome",
    "Status",
]
