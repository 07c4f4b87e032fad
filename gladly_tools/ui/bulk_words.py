"""Bulk runs in words: how one stands, what its rows came to."""

from __future__ import annotations

from gladly_tools.bulk import ACTIONS, Status
from gladly_tools.bulk.records import BulkRun, LinesBeside
from gladly_tools.ui.job_panel import look_of, title_of_action
from gladly_tools.ui.words import counted
from gladly_tools.web.portal import portal

LABELS = {
    Status.CLOSED: "Closed",
    Status.ALREADY_CLOSED: "Already closed",
    Status.REOPENED: "Reopened",
    Status.ALREADY_OPEN: "Already open",
    Status.SKIPPED: "Skipped",
    Status.NOT_FOUND: "Not found",
    Status.FAILED: "Failed",
    Status.NOT_ATTEMPTED: "To go",
    Status.WILL_CLOSE: "Will close",
    Status.WILL_REOPEN: "Will reopen",
    Status.NEEDS_FORCE: "Customer is waiting",
    Status.NEEDS_TOPIC: "May need a topic",
}


IN_A_LINE = {
    Status.NEEDS_FORCE: "with a waiting customer",
    Status.NEEDS_TOPIC: "that may need a topic",
}

ORDER = (
    Status.WILL_CLOSE,
    Status.WILL_REOPEN,
    Status.NEEDS_FORCE,
    Status.NEEDS_TOPIC,
    Status.CLOSED,
    Status.REOPENED,
    Status.ALREADY_CLOSED,
    Status.ALREADY_OPEN,
    Status.SKIPPED,
    Status.NOT_FOUND,
    Status.FAILED,
    Status.NOT_ATTEMPTED,
)
"""What a person looks for first, first."""


def title_of_run(run: BulkRun) -> str:
    """What a run does."""
    return title_of_action(run.action, is_check=run.is_check)


def label_of(status: Status, run: BulkRun) -> str:
    """A status as a figure is headed."""
    return "Not attempted" if status is Status.NOT_ATTEMPTED and run.finished_at is not None else LABELS[status]


def state_in_words(run: BulkRun) -> tuple[str, str, str]:
    """How a run stands: words, an icon, a color."""
    job = portal().bulk.job(run)
    if run.stopped and run.finished_at is not None and not run.forgotten:
        return "Stopped", ":material/stop_circle:", "gray"
    if job is None:
        return "Results deleted", ":material/auto_delete:", "gray"
    return look_of(job)


def counts_in_words(run: BulkRun) -> str:
    """The counts in one line: `12 closed, 3 failed`."""
    counts = portal().bulk.counts(run)
    return ", ".join(
        f"{counts[status]:,} {IN_A_LINE.get(status) or label_of(status, run).lower()}"
        for status in ORDER
        if counts.get(status)
    )


def beside_in_words(beside: LinesBeside) -> str:
    """The lines of the results beside the figures, which count each ID once; empty when there are none."""
    parts = []
    if beside.set_aside:
        aside = counted(beside.set_aside, "line that was set aside is", "lines that were set aside are")
        parts.append(f"{aside} “skipped”")
    if beside.repeated:
        parts.append(
            f"{counted(beside.repeated, 'line that repeats an ID has', 'lines that repeat an ID have')} its outcome"
        )
    return f"These figures count each ID once. In the results, {' and '.join(parts)}." if parts else ""


def noun_of(run: BulkRun, count: int) -> str:
    """`1 conversation`, `1,234 tasks`."""
    action = ACTIONS[run.action]
    return f"{count:,} {action.noun if count == 1 else action.nouns}"
