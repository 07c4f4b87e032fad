"""The files that a run gives, to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gladly_tools.bulk import ACTIONS, Choices, Outcome, Status
from gladly_tools.bulk import results as results_module
from gladly_tools.bulk.action import Before
from gladly_tools.bulk.id_file import check
from gladly_tools.bulk.journal import BulkJournal
from gladly_tools.bulk.records import BulkRun
from gladly_tools.bulk.results import audit_csv, input_csv, reopen_csv, results_csv

AT = "2026-03-02T12:00:00.000+00:00"
FILE = b"note,conversationId,status\n=1+1,a,x\n,b,\nagain,a,\nlost,1.23E+15,\n,c,\n,d,\n"
OUTCOMES = {
    0: Outcome(
        status=Status.CLOSED, before=Before(status="OPEN", agent_id="-agent", inbox_id="inbox"), topic_added=True
    ),
    1: Outcome(status=Status.FAILED, error="No.", before=Before(), topic_added=False),
    4: Outcome(status=Status.CLOSED),
}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[BulkJournal]:
    journal = BulkJournal(tmp_path / "bulk.sqlite", now=lambda: datetime(2026, 3, 2, 12, tzinfo=UTC))
    yield journal
    journal.close()


def run(journal: BulkJournal, *, is_check: bool = False) -> BulkRun:
    made = journal.create(
        "r1", owner="ann", username="=ann", organization="acme", action="close-conversations", is_check=is_check,
        choices=Choices(), topic_name="", source="", file_name="", checked=check(FILE, column="conversationId"),
    )  # fmt: skip
    journal.settle(made, OUTCOMES)
    return made


def text(chunks: Iterator[bytes]) -> list[str]:
    return b"".join(chunks).decode().split("\r\n")


HEADING = "note,conversationId,status (in the file)"
SET_ASIDE = '"a spreadsheet has turned the ID into a number or an error, and it is lost"'


def test_the_results_are_the_file_with_what_became_of_each_line(journal: BulkJournal) -> None:
    assert text(results_csv(journal, run(journal))) == [
        f"{HEADING},status,error,previous status,previous agent,previous inbox,topic added,finished at",
        f"'=1+1,a,x,closed,,OPEN,'-agent,inbox,yes,{AT}",
        f",b,,failed,No.,,,,no,{AT}",
        f'again,a,,closed,"Same ID as line 2, done once.",OPEN,\'-agent,inbox,yes,{AT}',
        f"lost,1.23E+15,,skipped,{SET_ASIDE},,,,,",
        f",c,,closed,,,,,,{AT}",
        ",d,,not attempted,,,,,,",
        "",
    ]


def test_a_plan_says_how_each_row_is_now_and_nothing_of_topics(journal: BulkJournal) -> None:
    made = run(journal, is_check=True)
    assert text(results_csv(journal, made, only=[Status.CLOSED], guard=False)) == [
        f"{HEADING},status,error,current status,current agent,current inbox,checked at",
        f"=1+1,a,x,closed,,OPEN,-agent,inbox,{AT}",
        f'again,a,,closed,"Same ID as line 2, done once.",OPEN,-agent,inbox,{AT}',
        f",c,,closed,,,,,{AT}",
        "",
    ]


def test_a_line_that_repeats_a_failed_one_says_both(journal: BulkJournal) -> None:
    made = journal.create(
        "r2", owner="ann", username="ann", organization="acme", action="close-tasks", is_check=False, topic_name="",
        choices=Choices(), source="", file_name="", checked=check(b"taskId\na\na\n", column="taskId"),
    )  # fmt: skip
    journal.settle(made, {0: Outcome(status=Status.FAILED, error="No.")})
    assert text(results_csv(journal, made))[2].startswith('a,failed,"No. Same ID as line 2, done once.",')


def test_the_reopen_file_has_what_was_closed_each_id_once_with_who_had_it(journal: BulkJournal) -> None:
    action = ACTIONS["reopen-conversations"]
    found = reopen_csv(journal, run(journal), action)
    assert text(found) == [
        "conversationId,previousStatus,previousInboxId,previousAgentId",
        "a,OPEN,inbox,'-agent",
        "c,,,",
        "",
    ]
    assert text(reopen_csv(journal, journal.get("r1"), action, guard=False))[1] == "a,OPEN,inbox,-agent"


def test_the_lines_of_some_outcomes_are_a_file_to_begin_with(journal: BulkJournal) -> None:
    made = run(journal)
    statuses = [Status.CLOSED, Status.SKIPPED, Status.NOT_ATTEMPTED]
    assert input_csv(journal, made, statuses).decode().split("\r\n") == [
        "note,conversationId,status", "'=1+1,a,x", ",c,", ",d,", "",
    ]  # fmt: skip


def test_the_audit_is_a_file_too(journal: BulkJournal) -> None:
    run(journal)
    lines = journal.audit("r1")
    heading = "at,username,organization,run,action,id,outcome"
    assert text(audit_csv(lines))[:2] == [heading, f"{AT},'=ann,acme,r1,close-conversations,a,closed"]
    assert text(audit_csv(lines, guard=False))[1].startswith(f"{AT},=ann,")
    assert len(text(audit_csv(lines))) == 5


def test_a_file_for_excel_begins_with_its_mark_and_others_do_not(journal: BulkJournal) -> None:
    made = run(journal)
    action = ACTIONS["reopen-conversations"]
    for has_mark in (True, False):
        files = (
            results_csv(journal, made, bom=has_mark),
            reopen_csv(journal, made, action, bom=has_mark),
            audit_csv(journal.audit("r1"), bom=has_mark),
        )
        assert [b"".join(file).startswith(b"\xef\xbb\xbf") for file in files] == [has_mark] * 3
    plain = (results_csv(journal, made), reopen_csv(journal, made, action), audit_csv([]))
    assert not any(b"".join(file).startswith(b"\xef\xbb\xbf") for file in plain)


def test_a_file_comes_in_pieces_that_are_the_same_file(journal: BulkJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(journal)
    (whole,) = results_csv(journal, made)
    monkeypatch.setattr(results_module, "CHUNK_BYTES", 200)
    pieces = list(results_csv(journal, made))
    assert len(pieces) > 2
    assert b"".join(pieces) == whole
