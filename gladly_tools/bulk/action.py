"""What a bulk action is: one declaration from which the page, the command line, the results and the tests follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from gladly_tools.api import Client


class Status(StrEnum):
    """What became of a row, or what would, in the words of the Results CSV."""

    CLOSED = "closed"
    ALREADY_CLOSED = "already closed"
    REOPENED = "reopened"
    ALREADY_OPEN = "already open"
    SKIPPED = "skipped"
    NOT_FOUND = "not found"
    FAILED = "failed"
    NOT_ATTEMPTED = "not attempted"
    WILL_CLOSE = "will close"
    WILL_REOPEN = "will reopen"
    NEEDS_FORCE = "needs force: customer is waiting"
    NEEDS_TOPIC = "topic may be required"

    @property
    def good(self) -> bool:
        """True when the row is as the person wanted it."""
        return self in (Status.CLOSED, Status.ALREADY_CLOSED, Status.REOPENED, Status.ALREADY_OPEN)


@dataclass(frozen=True, kw_only=True)
class Before:
    """How a conversation or task was before the action touched it; `had_topic` concerns the topic to be added."""

    status: str | None = None
    agent_id: str | None = None
    inbox_id: str | None = None
    had_topic: bool = False


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the person chose for the whole run: a topic to add, and whether to close while a customer waits."""

    topic_id: str | None = None
    force: bool = False


@dataclass(frozen=True, kw_only=True)
class Target:
    """One ID of the file; `cells` are its other cells by heading, as `heading_key` writes headings."""

    id: str
    cells: Mapping[str, str] = field(default_factory=dict)


def heading_key(name: str) -> str:
    """A heading as it is compared: in lower case, letters and digits alone."""
    return "".join(character for character in name.lower() if character.isalnum())


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a row. `cause` is equal for failures of one kind; `topic_added` None where none was asked."""

    status: Status
    before: Before | None = None
    error: str = ""
    topic_added: bool | None = None
    cause: str = ""


class Bench(Protocol):
    """What an action works with for one row."""

    @property
    def client(self) -> Client:
        """For reading; gives up as soon as the person stops the run."""

    @property
    def earlier(self) -> Before | None:
        """How the row was before an earlier attempt whose end is not known; None when there was none."""

    def begin(self, before: Before) -> Client:
        """Write down, durably, that the row is about to be changed; gives the client to change it with."""

    def pause(self) -> None:
        """Give a change that is under way the time to arrive."""


Work = Callable[[Bench, Target, Choices], Outcome]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One bulk action.

    `plan` reads and says what would happen; `apply` does it. Both begin by reading the row as it is now. `undo` names
    the action that takes it back, `takes_back` says that it is such a one. `column` is the heading of the IDs,
    `requests` is how many a row takes.
    """

    name: str
    title: str
    summary: str
    noun: str
    verb: str
    column: str
    aim: Status
    done: Status
    plan: Work
    apply: Work
    requests: Callable[[Choices], int]
    takes_back: bool = False
    takes_topic: bool = False
    takes_force: bool = False
    undo: str = ""

    @property
    def way_back(self) -> str:
        """What can be done about it afterwards; nothing for what takes something back."""
        if not self.undo:
            return ""
        return "What is closed can be opened again from the results; what the closing set off cannot be undone."

    @property
    def would_change(self) -> tuple[Status, ...]:
        """What a check calls rows that would be changed, or could be."""
        return (self.aim, Status.NEEDS_TOPIC, Status.NEEDS_FORCE)

    @property
    def nouns(self) -> str:
        """What the rows are, in the plural."""
        return f"{self.noun}s"
