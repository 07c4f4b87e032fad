"""What the journal of bulk runs keeps: runs, their rows, and the audit lines that outlast them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gladly_tools.bulk.action import Before, Choices, Status

UNKNOWN = "Sent, and it is not known what became of it; it is read before anything else when you resume or retry."


@dataclass(frozen=True, kw_only=True)
class BulkRun:
    """One run of an action. `total` counts IDs, each once; `is_check` for one that reads and changes nothing.

    `finished_at` is set when every row was dealt with, or the run was stopped for good (`stopped`). Once its rows are
    deleted, `forgotten` is true, and its counts are those it ended with. `source` is the run whose rows it repeats.
    """

    id: str
    owner: str
    username: str
    organization: str
    action: str
    is_check: bool
    choices: Choices
    topic_name: str
    source: str
    file_name: str
    columns: tuple[str, ...]
    id_column: int
    total: int
    created_at: datetime
    stopped: bool
    finished_at: datetime | None
    forgotten: bool


@dataclass(frozen=True, kw_only=True)
class LinesBeside:
    """Lines of the results that are no ID of their own: set aside before the run, or repeating an ID."""

    set_aside: int
    repeated: int


@dataclass(frozen=True, kw_only=True)
class OpenRow:
    """A row that has no outcome yet; `before` is set when a change of it was begun."""

    place: int
    id: str
    cells: tuple[str, ...]
    before: Before | None


@dataclass(frozen=True, kw_only=True)
class ResultRow:
    """A row as it stands in the results; `repeats_line` is the line whose ID, and so whose outcome, it shares."""

    line: int
    id: str
    cells: tuple[str, ...]
    repeats_line: int | None
    before: Before | None
    status: Status
    error: str
    topic_added: bool | None
    finished_at: str

    @property
    def is_set_aside(self) -> bool:
        """True for a line that was left out before the run began."""
        return self.status is Status.SKIPPED and self.before is None and not self.finished_at


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """What was done to one ID: `at` is UTC. Holds nothing of a customer."""

    at: str
    username: str
    organization: str
    run: str
    action: str
    id: str
    outcome: str


def run_of(row: Mapping[str, Any]) -> BulkRun:
    """A run from its line in the journal."""
    return BulkRun(
        id=row["id"],
        owner=row["owner"],
        username=row["username"],
        organization=row["organization"],
        action=row["action"],
        is_check=bool(row["is_check"]),
        choices=Choices(**json.loads(row["choices"])),
        topic_name=row["topic_name"],
        source=row["source"],
        file_name=row["file_name"],
        columns=tuple(json.loads(row["columns"])),
        id_column=row["id_column"],
        total=row["total"],
        created_at=datetime.fromisoformat(row["created_at"]),
        stopped=bool(row["stopped"]),
        finished_at=None if row["finished_at"] is None else datetime.fromisoformat(row["finished_at"]),
        forgotten=row["forgotten_counts"] is not None,
    )


def before_of(row: Mapping[str, Any]) -> Before | None:
    """How a row was before it was changed, from its line in the journal."""
    return None if row["before"] is None else Before(**json.loads(row["before"]))


def result_of(row: Mapping[str, Any]) -> ResultRow:
    """A row of the results, from its line in the journal."""
    before = before_of(row)
    status = Status(row["outcome"] or Status.NOT_ATTEMPTED)
    error = row["error"]
    if row["outcome"] is None and before is not None:
        # Begun, and cut off: to say “not attempted” would be untrue.
        status, error = Status.FAILED, UNKNOWN
    return ResultRow(
        line=row["line"],
        id=row["id"],
        cells=tuple(json.loads(row["cells"])),
        repeats_line=row["repeats_line"],
        before=before,
        status=status,
        error=error,
        topic_added=None if row["topic_added"] is None else bool(row["topic_added"]),
        finished_at=row["finished_at"] or "",
    )
