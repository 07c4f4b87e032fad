"""The files that a run gives: its results, its plan, its reopen file; streamed from the journal in the file's order."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from gladly_tools.bulk.action import Action, Status
from gladly_tools.bulk.journal import BulkJournal
from gladly_tools.bulk.records import AuditLine, BulkRun, ResultRow
from gladly_tools.bulk.reopen import PREVIOUS_AGENT, PREVIOUS_INBOX, PREVIOUS_STATUS
from gladly_tools.results.download import guard_cell

RESULT_COLUMNS = (
    "status",
    "error",
    "previous status",
    "previous agent",
    "previous inbox",
    "topic added",
    "finished at",
)
PLAN_COLUMNS = ("status", "error", "current status", "current agent", "current inbox", "checked at")
CHUNK_BYTES = 64 * 1024
BOM = "\ufeff"


def results_csv(
    journal: BulkJournal, run: BulkRun, *, only: Sequence[Status] = (), bom: bool = False, guard: bool = True
) -> Iterator[bytes]:
    """Every line of the file with what became of it, or would; a line that repeats an ID says which line did it."""
    own = PLAN_COLUMNS if run.is_check else RESULT_COLUMNS
    # A results file that is uploaded again brings columns of the same names.
    given = [f"{name} (in the file)" if name in own else name for name in run.columns]
    rows = (_result(row, is_check=run.is_check) for row in journal.result_rows(run.id, only=only))
    return _csv([*given, *own], rows, bom=bom, guard=guard)


def input_csv(journal: BulkJournal, run: BulkRun, statuses: Sequence[Status]) -> bytes:
    """The lines of the file that ended so, as a file to begin another run with; each ID once, and none set aside."""
    found = journal.result_rows(run.id, only=statuses)
    rows = (row.cells for row in found if row.repeats_line is None and not row.is_set_aside)
    return b"".join(_csv(run.columns, rows, bom=False, guard=True))


def reopen_csv(
    journal: BulkJournal, run: BulkRun, action: Action, *, bom: bool = False, guard: bool = True
) -> Iterator[bytes]:
    """The IDs that this run closed, with who had them: the list that the action which takes it back asks for."""
    rows = (
        [
            row.id,
            *(
                [row.before.status or "", row.before.inbox_id or "", row.before.agent_id or ""]
                if row.before is not None
                else ["", "", ""]
            ),
        ]
        for row in journal.result_rows(run.id, only=(Status.CLOSED,))
        if row.repeats_line is None
    )
    return _csv([action.column, PREVIOUS_STATUS, PREVIOUS_INBOX, PREVIOUS_AGENT], rows, bom=bom, guard=guard)


def audit_csv(lines: Iterable[AuditLine], *, bom: bool = False, guard: bool = True) -> Iterator[bytes]:
    """Who did what to which ID, and when."""
    rows = ([line.at, line.username, line.organization, line.run, line.action, line.id, line.outcome] for line in lines)
    return _csv(["at", "username", "organization", "run", "action", "id", "outcome"], rows, bom=bom, guard=guard)


def _result(row: ResultRow, *, is_check: bool) -> list[str]:
    before = row.before
    same = "" if row.repeats_line is None else f"Same ID as line {row.repeats_line}, done once."
    cells = [
        *row.cells,
        row.status,
        " ".join(part for part in (row.error, same) if part),
        *((before.status or "", before.agent_id or "", before.inbox_id or "") if before else ("", "", "")),
    ]
    if not is_check:
        cells.append("" if row.topic_added is None else "yes" if row.topic_added else "no")
    return [*cells, row.finished_at]


def _csv(heading: Sequence[str], rows: Iterable[Sequence[str]], *, bom: bool, guard: bool) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    shown: Callable[[str], str] = guard_cell if guard else str
    text.write(BOM if bom else "")
    writer.writerow([shown(name) for name in heading])
    for cells in rows:
        writer.writerow([shown(cell) for cell in cells])
        if text.tell() >= CHUNK_BYTES:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
