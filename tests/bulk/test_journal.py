"""The journal of bulk runs on its own: what it keeps, in which order, and what outlasts a run that is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.bulk import Choices, Outcome, Status
from gladly_tools.bulk import journal as journal_module
from gladly_tools.bulk.action import Before
from gladly_tools.bulk.id_file import check
from gladly_tools.bulk.journal import BulkJournal
from gladly_tools.bulk.records import UNKNOWN, AuditLine, BulkRun, LinesBeside, OpenRow, ResultRow
from gladly_tools.errors import NotFoundError
from tests.clocks import Clock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FILE = b"note,conversationId\nx,a\ny,b\nz,a\n,1.23E+15\nw,c\n"  # the third repeats the first, the fourth is set aside
HAD = Before(status="OPEN", agent_id="agent", inbox_id="inbox", had_topic=True)
RUN = BulkRun(
    id="r1", owner="ann", username="ann@acme.test", organization="acme", action="close-conversations", is_check=False,
    choices=Choices(topic_id="t", force=True), topic_name="Returns", source="r0", file_name="ids.csv",
    columns=("note", "conversationId"), id_column=1, total=3, created_at=NOON, stopped=False, finished_at=None,
    forgotten=False,
)  # fmt: skip


@pytest.fixture
def clock() -> Clock[datetime]:
    return Clock(NOON)


@pytest.fixture
def journal(tmp_path: Path, clock: Clock[datetime]) -> Iterator[BulkJournal]:
    journal = BulkJournal(tmp_path / "bulk.sqlite", now=clock)
    yield journal
    journal.close()


def create(journal: BulkJournal, run_id: str = "r1", *, file: bytes = FILE, **other: Any) -> BulkRun:
    usual = {name: getattr(RUN, name) for name in (
        "owner", "username", "organization", "action", "is_check", "choices", "topic_name", "source", "file_name",
    )}  # fmt: skip
    return journal.create(run_id, checked=check(file, column="conversationId"), **(usual | other))


def test_a_run_reads_back_as_it_was_written(journal: BulkJournal) -> None:
    assert create(journal) == journal.get("r1", owner="ann") == RUN
    assert create(journal, "r2", is_check=True) == replace(RUN, id="r2", is_check=True)


def test_another_owner_is_told_the_same_as_for_a_run_that_does_not_exist(journal: BulkJournal) -> None:
    create(journal)
    told = []
    for run_id, owner in (("r1", "bob"), ("nothing", "bob"), ("nothing", None)):
        with pytest.raises(NotFoundError) as caught:
            journal.get(run_id, owner=owner)
        told.append((caught.value.what, caught.value.advice))
    assert set(told) == {
        ("There is no such run.", "It may belong to another account. See the Bulk Close page."),
    }


def test_an_owners_runs_are_listed_newest_first(journal: BulkJournal, clock: Clock[datetime]) -> None:
    for run_id in ("old", "as old", "new"):
        create(journal, run_id)
        clock.now += timedelta(minutes=run_id == "as old")
    create(journal, "foreign", owner="bob")
    assert [run.id for run in journal.list("ann")] == ["new", "as old", "old"]
    assert [run.id for run in journal.list("ann", limit=1)] == ["new"]


def test_a_run_whose_rows_cannot_be_written_is_not_written(journal: BulkJournal) -> None:
    create(journal, "r1")
    with pytest.raises(sqlite3.IntegrityError):
        create(journal, "r1", file=b"conversationId\nother\n")
    assert [row.id for row in journal.open_rows("r1")] == ["a", "b", "c"]
    create(journal, "r2")  # nothing is left open by what failed
    assert len(journal.list("ann")) == 2


def test_what_is_intended_is_on_the_disk_before_it_is_done_and_what_is_deleted_is_overwritten(
    journal: BulkJournal,
) -> None:
    asked = [journal._connection.execute(f"pragma {name}").fetchone()[0] for name in ("synchronous", "secure_delete")]
    assert asked == [2, 1]  # full, on


@pytest.fixture
def _few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "CHUNK", 2)


@pytest.mark.usefixtures("_few_at_a_time")
def test_open_rows_come_in_the_order_of_the_file_with_how_they_were(journal: BulkJournal) -> None:
    create(journal)
    journal.intend("r1", 1, HAD)
    assert list(journal.open_rows("r1")) == [
        OpenRow(place=0, id="a", cells=("x", "a"), before=None),
        OpenRow(place=1, id="b", cells=("y", "b"), before=HAD),
        OpenRow(place=4, id="c", cells=("w", "c"), before=None),
    ]
    assert journal.open_ids("r1") == {"a": 0, "b": 1, "c": 4}
    journal.settle(RUN, {0: Outcome(status=Status.CLOSED)})
    assert [row.id for row in journal.open_rows("r1")] == ["b", "c"]
    assert journal.open_ids("r1") == {"b": 1, "c": 4}


def test_how_a_row_was_is_kept_from_the_first_time_on(journal: BulkJournal) -> None:
    create(journal)
    journal.intend("r1", 0, HAD)
    journal.intend("r1", 0, Before(status="CLOSED"))
    journal.settle(RUN, {0: Outcome(status=Status.CLOSED, before=Before())})
    assert next(journal.result_rows("r1")).before == HAD


def test_a_row_is_settled_once(journal: BulkJournal, clock: Clock[datetime]) -> None:
    create(journal)
    journal.settle(RUN, {0: Outcome(status=Status.FAILED, error="no", topic_added=False)})
    clock.now += timedelta(minutes=1)
    journal.settle(RUN, {0: Outcome(status=Status.CLOSED)})
    row = next(journal.result_rows("r1"))
    assert (row.status, row.error, row.topic_added) == (Status.FAILED, "no", False)
    assert [line.outcome for line in journal.audit("r1")] == ["failed"]


@pytest.mark.usefixtures("_few_at_a_time")
def test_the_results_have_every_line_of_the_file_and_those_that_repeat_an_id_share_its_outcome(
    journal: BulkJournal,
) -> None:
    create(journal)
    journal.intend("r1", 1, HAD)
    journal.settle(RUN, {0: Outcome(status=Status.CLOSED, before=HAD, error="but late", topic_added=True)})
    at = "2026-03-02T12:00:00.000+00:00"
    first = ResultRow(
        line=2, id="a", cells=("x", "a"), repeats_line=None, before=HAD, status=Status.CLOSED, error="but late",
        topic_added=True, finished_at=at,
    )  # fmt: skip
    blank = replace(first, before=None, error="", topic_added=None, finished_at="")
    rows = [
        first,
        replace(blank, line=3, id="b", cells=("y", "b"), before=HAD, status=Status.FAILED, error=UNKNOWN),
        replace(first, line=4, cells=("z", "a"), repeats_line=2),
        replace(blank, line=5, id="1.23E+15", cells=("", "1.23E+15"), status=Status.SKIPPED, error=(
            "a spreadsheet has turned the ID into a number or an error, and it is lost"
        )),
        replace(blank, line=6, id="c", cells=("w", "c"), status=Status.NOT_ATTEMPTED),
    ]  # fmt: skip
    assert list(journal.result_rows("r1")) == rows
    assert [row.is_set_aside for row in rows] == [False, False, False, True, False]
    assert list(journal.result_rows("r1", only=[Status.CLOSED])) == [rows[0], rows[2]]


def test_ids_are_counted_by_outcome_and_other_lines_beside_them(journal: BulkJournal) -> None:
    create(journal)
    journal.settle(RUN, {0: Outcome(status=Status.SKIPPED), 1: Outcome(status=Status.SKIPPED, before=HAD)})
    assert journal.counts("r1") == {Status.SKIPPED: 2, Status.NOT_ATTEMPTED: 1}
    assert journal.beside("r1") == LinesBeside(set_aside=1, repeated=1)
    assert journal.counts("nothing") == {}
    assert journal.beside("nothing") == LinesBeside(set_aside=0, repeated=0)


def test_the_audit_says_who_did_what_to_which_id_in_which_order(journal: BulkJournal, clock: Clock[datetime]) -> None:
    create(journal)
    journal.settle(RUN, {4: Outcome(status=Status.CLOSED)})
    clock.now += timedelta(seconds=1.5)
    journal.settle(RUN, {0: Outcome(status=Status.NOT_FOUND)})
    first = AuditLine(
        at="2026-03-02T12:00:00.000+00:00", username="ann@acme.test", organization="acme", run="r1",
        action="close-conversations", id="c", outcome="closed",
    )  # fmt: skip
    assert journal.audit("r1") == [
        first,
        replace(first, at="2026-03-02T12:00:01.500+00:00", id="a", outcome="not found"),
    ]


def test_a_check_leaves_no_audit(journal: BulkJournal) -> None:
    run = create(journal, is_check=True)
    journal.settle(run, {0: Outcome(status=Status.WILL_CLOSE)})
    assert journal.counts("r1")[Status.WILL_CLOSE] == 1
    assert journal.audit("r1") == []


def test_a_run_ends_once_and_is_asked_to_stop_only_before(journal: BulkJournal, clock: Clock[datetime]) -> None:
    create(journal)
    create(journal, "r2")
    journal.ask_to_stop("r1")
    assert journal.get("r1").stopped
    journal.ask_to_stop("r1", asked=False)
    assert not journal.get("r1").stopped
    journal.end("r1", stopped=True)
    clock.now += timedelta(minutes=1)
    journal.end("r1")
    journal.ask_to_stop("r1", asked=False)
    assert journal.get("r1") == replace(RUN, stopped=True, finished_at=NOON)
    assert journal.get("r2") == replace(RUN, id="r2")
    journal.end("r2")
    assert journal.get("r2") == replace(RUN, id="r2", finished_at=clock.now)


def test_inboxes_are_counted_by_id_the_fullest_first(journal: BulkJournal) -> None:
    create(journal, file="\n".join(["conversationId", *"abcdefg", "a"]).encode())
    inboxes = ["i2", "i1", "i3", "i3", None, "i3", "i1"]
    found = {place: Outcome(status=Status.WILL_CLOSE, before=Before(inbox_id=id_)) for place, id_ in enumerate(inboxes)}
    found[6] = Outcome(status=Status.NEEDS_TOPIC, before=Before(inbox_id="i1"))
    journal.settle(RUN, found)
    assert list(journal.inboxes("r1", Status.WILL_CLOSE).items()) == [("i3", 3), ("", 1), ("i1", 1), ("i2", 1)]
    assert journal.inboxes("r1", Status.NEEDS_TOPIC) == {"i1": 1}


def test_a_forgotten_run_keeps_its_counts_and_its_audit_and_nothing_of_its_file(journal: BulkJournal) -> None:
    create(journal)
    create(journal, "r2")
    journal.settle(RUN, {0: Outcome(status=Status.CLOSED)})
    assert journal.kept() == {"r1": NOON, "r2": NOON}
    for _ in range(2):
        journal.forget("r1")
        assert journal.counts("r1") == {Status.CLOSED: 1, Status.NOT_ATTEMPTED: 2}
    assert journal.get("r1") == replace(RUN, file_name="", columns=(), forgotten=True)
    assert list(journal.result_rows("r1")) == []
    assert journal.beside("r1") == LinesBeside(set_aside=0, repeated=0)
    assert [line.id for line in journal.audit("r1")] == ["a"]
    assert journal.kept() == {"r2": NOON}
    assert len(list(journal.result_rows("r2"))) == 5
