"""The journal keeps what was counted, shows each owner only their own, and notices runners that are gone."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gladly_tools.errors import NotFoundError
from gladly_tools.jobs import Job, Journal, PlannedSlice, State
from tests.clocks import Clock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock[datetime]:
    return Clock(NOON)


@pytest.fixture
def journal(tmp_path: Path, clock: Clock[datetime]) -> Journal:
    return Journal(tmp_path / "jobs.sqlite", now=clock)


def create(journal: Journal, job_id: str = "j1", owner: str = "ann", runner: str = "r0") -> None:
    journal.create(
        job_id, owner=owner, kind="inboxes", title="Inboxes", origin="app", parameters={"a": [1, "é"]}, runner=runner
    )


CREATED = Job(
    id="j1", owner="ann", kind="inboxes", title="Inboxes", origin="app", parameters={"a": [1, "é"]}, state=State.QUEUED,
    created_at=NOON, started_at=None, finished_at=None, planned=False, fraction=0, fraction_at_start=0, detail="",
    waiting="", row_count=0, requests=0, requests_at_start=0, what="", advice="", stop_asked=False,
)  # fmt: skip


def test_a_job_reads_back_as_it_was_written(journal: Journal) -> None:
    create(journal)
    assert journal.get("j1") == CREATED


def test_every_figure_of_a_running_and_of_an_ended_job_reads_back(journal: Journal, clock: Clock[datetime]) -> None:
    create(journal)
    clock.now += timedelta(seconds=3)
    journal.start("j1")
    journal.report("j1", fraction=0.25, detail="a day", waiting="for the limit", row_count=7, requests=11)
    running = replace(
        CREATED, state=State.RUNNING, started_at=clock.now, fraction=0.25, detail="a day", waiting="for the limit",
        row_count=7, requests=11,
    )  # fmt: skip
    assert journal.get("j1") == running
    clock.now += timedelta(seconds=3)
    journal.end("j1", State.FAILED, what="It is wrong.", advice="Mend it.")
    failed = replace(
        running, state=State.FAILED, finished_at=clock.now, waiting="", what="It is wrong.", advice="Mend it."
    )
    assert journal.get("j1") == failed
    journal.queue("j1", runner="r1")
    queued = replace(failed, state=State.QUEUED, finished_at=None, what="", advice="")
    assert journal.get("j1") == queued
    clock.now += timedelta(seconds=3)
    journal.start("j1")
    assert journal.get("j1") == replace(
        queued, state=State.RUNNING, started_at=clock.now, detail="", fraction_at_start=0.25, requests_at_start=11
    )


def test_the_states_are_the_words_that_files_of_jobs_already_hold() -> None:
    words = ["queued", "running", "done", "partial", "failed", "cancelled", "interrupted"]
    assert [state.value for state in State] == words


@pytest.mark.parametrize(
    ("states", "quality"),
    [
        ({State.QUEUED, State.RUNNING}, "active"),
        ({State.DONE, State.PARTIAL}, "finished"),
        ({State.FAILED, State.CANCELLED, State.INTERRUPTED}, "resumable"),
    ],
)
def test_a_job_is_active_finished_or_resumable(states: set[State], quality: str) -> None:
    assert {state for state in State if getattr(state, quality)} == states


def test_another_owner_is_told_the_same_as_for_a_job_that_does_not_exist(journal: Journal) -> None:
    create(journal)
    with pytest.raises(NotFoundError) as foreign:
        journal.get("j1", owner="bob")
    with pytest.raises(NotFoundError) as absent:
        journal.get("nothing", owner="bob")
    assert str(foreign.value) == str(absent.value)
    assert foreign.value.what == "There is no such job."
    assert "Jobs page" in foreign.value.advice
    assert journal.list("bob") == []


def test_jobs_are_listed_newest_first_and_by_kind(journal: Journal, clock: Clock[datetime]) -> None:
    create(journal, "old")
    clock.now += timedelta(minutes=1)
    create(journal, "new")
    assert [job.id for job in journal.list("ann")] == ["new", "old"]
    assert [job.id for job in journal.list("ann", kind="inboxes")] == ["new", "old"]
    assert [job.id for job in journal.list("ann", kind="topics")] == []
    assert [job.id for job in journal.list("ann", limit=1)] == ["new"]


def test_slices_read_back_in_the_order_of_their_rows(journal: Journal) -> None:
    create(journal)
    first = PlannedSlice(place=0, key="k0", title="t0", arguments={}, row_count=3, remarks=[{"text": "é"}])
    second = PlannedSlice(place=1, key="k1", title="t1", arguments={"n": [1]})
    journal.plan("j1", [second, first])
    assert journal.slices("j1") == [first, second]
    assert (second.remarks, second.facts) == ([], {})


def test_what_is_counted_is_on_the_disk_before_it_is_told(journal: Journal) -> None:
    assert journal._connection.execute("pragma synchronous").fetchone()[0] == 2  # full


def test_a_plan_that_cannot_be_written_whole_is_not_written(journal: Journal) -> None:
    create(journal)
    twice = [PlannedSlice(place=0, key=key, title="", arguments={}) for key in "ab"]
    with pytest.raises(sqlite3.IntegrityError):
        journal.plan("j1", twice)
    assert journal.slices("j1") == []
    assert not journal.get("j1").planned


def test_a_counted_slice_survives_a_new_process(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "jobs.sqlite")
    create(journal)
    planned = [
        PlannedSlice(place=place, key=f"k{place}", title=f"t{place}", arguments={"n": place}) for place in (0, 1)
    ]
    journal.plan("j1", planned)
    journal.count_slice("j1", 0, row_count=7, remarks=[{"text": "x"}], facts={"days": 2})
    journal.close()

    again = Journal(tmp_path / "jobs.sqlite")
    first, second = again.slices("j1")
    assert (first.row_count, first.remarks, first.facts) == (7, [{"text": "x"}], {"days": 2})
    assert (second.row_count, second.arguments) == (None, {"n": 1})
    assert again.get("j1").planned


@pytest.mark.parametrize(
    ("state", "requeued"),
    [
        (State.FAILED, True),
        (State.CANCELLED, True),
        (State.INTERRUPTED, True),
        (State.DONE, False),
        (State.PARTIAL, False),
        (State.RUNNING, False),
        (State.QUEUED, False),
    ],
)
def test_only_a_stopped_job_goes_back_into_the_queue(journal: Journal, state: State, requeued: bool) -> None:
    create(journal)
    if state is State.RUNNING:
        journal.start("j1")
    elif state is not State.QUEUED:
        journal.end("j1", state, what="w", advice="a")
    assert journal.queue("j1", runner="r1") is requeued
    job = journal.get("j1")
    assert job.state is (State.QUEUED if requeued else state)
    assert job.what == ("" if requeued or state in (State.RUNNING, State.QUEUED) else "w")


def test_an_owner_has_active_jobs_until_the_last_of_them_has_ended(journal: Journal) -> None:
    assert not journal.has_active("ann")
    create(journal, "queued")
    create(journal, "running")
    journal.start("running")
    for job_id in ("queued", "running"):
        assert journal.has_active("ann")
        assert not journal.has_active("bob")
        journal.end(job_id, State.DONE)
    assert not journal.has_active("ann")


def test_only_the_jobs_of_a_runner_that_is_gone_are_interrupted(journal: Journal) -> None:
    for job_id, runner in (("mine", "r1"), ("other", "r2"), ("finished", "r2")):
        create(journal, job_id, runner=runner)
    journal.end("finished", State.DONE)
    journal.start("other")
    journal.report("other", fraction=0.1, detail="", waiting="for the limit", row_count=0, requests=0)
    assert journal.runners_of_active_jobs() == {"r1", "r2"}
    assert journal.interrupt("r2") == 1
    assert journal.runners_of_active_jobs() == {"r1"}
    assert journal.get("other").waiting == ""
    assert journal.get("other").finished_at == NOON
    assert [journal.get(job_id).state for job_id in ("mine", "other", "finished")] == [
        State.QUEUED,
        State.INTERRUPTED,
        State.DONE,
    ]


def test_time_left_follows_the_pace_since_the_job_was_resumed(journal: Journal, clock: Clock[datetime]) -> None:
    create(journal)
    journal.start("j1")
    journal.report("j1", fraction=0.5, detail="", waiting="", row_count=0, requests=0)
    journal.end("j1", State.INTERRUPTED)
    journal.queue("j1", runner="r1")
    clock.now += timedelta(hours=5)
    journal.start("j1")
    assert journal.get("j1").seconds_left(clock.now) is None, "too little to go by"
    journal.report("j1", fraction=0.75, detail="", waiting="", row_count=0, requests=0)
    clock.now += timedelta(seconds=40)
    assert journal.get("j1").seconds_left(clock.now) == pytest.approx(40)


@pytest.mark.parametrize(
    ("fraction", "after", "left", "pace"),
    [
        (0.019, 10, None, 2.0),
        (0.02, 10, 490, 2.0),
        (0.5, 1.9, 1.9, None),
        (0.5, 2, 2, 10.0),
        (0.5, -60, 0, None),  # the clock was set back
    ],
)
def test_a_pace_is_told_when_there_is_enough_to_go_by(
    journal: Journal, clock: Clock[datetime], fraction: float, after: float, left: float | None, pace: float | None
) -> None:
    create(journal)
    assert journal.get("j1").seconds(NOON + timedelta(hours=1)) == 0
    journal.start("j1")
    journal.report("j1", fraction=fraction, detail="", waiting="", row_count=0, requests=20)
    job, now = journal.get("j1"), NOON + timedelta(seconds=after)
    assert job.seconds(now) == max(after, 0)
    assert job.seconds_left(now) == (left if left is None else pytest.approx(left))
    assert job.requests_per_second(now) == pace


def test_an_ended_job_took_until_its_end_and_has_no_time_left(journal: Journal, clock: Clock[datetime]) -> None:
    create(journal)
    journal.start("j1")
    journal.report("j1", fraction=0.5, detail="", waiting="", row_count=0, requests=20)
    clock.now += timedelta(seconds=10)
    journal.end("j1", State.FAILED)
    job = journal.get("j1")
    assert job.seconds(NOON + timedelta(hours=9)) == 10
    assert job.seconds_left(NOON + timedelta(hours=9)) is None


def test_only_jobs_that_ended_before_the_moment_are_old(journal: Journal, clock: Clock[datetime]) -> None:
    for job_id in ("old", "young", "running"):
        create(journal, job_id)
    journal.end("old", State.DONE)
    journal.start("running")
    clock.now += timedelta(hours=2)
    journal.end("young", State.FAILED)
    assert [job.id for job in journal.finished_before(NOON + timedelta(hours=1))] == ["old"]


def test_a_deleted_job_takes_its_slices_along_and_counts_as_asked_to_stop(journal: Journal) -> None:
    create(journal)
    journal.plan("j1", [PlannedSlice(place=0, key="k", title="t", arguments={})])
    journal.delete("j1")
    assert journal.slices("j1") == []
    assert journal.stop_asked("j1")


def test_a_job_that_was_asked_to_stop_is_stopped_and_not_interrupted_when_its_runner_is_gone(journal: Journal) -> None:
    create(journal)
    journal.ask_to_stop("j1")
    assert journal.get("j1").stop_asked
    journal.interrupt("r0")
    assert journal.get("j1").state is State.CANCELLED


def test_the_age_of_an_interrupted_job_counts_from_its_interruption(journal: Journal, clock: Clock[datetime]) -> None:
    create(journal)
    journal.start("j1")
    clock.now += timedelta(hours=30)
    journal.interrupt("r0")
    assert list(journal.finished_before(clock.now - timedelta(hours=24))) == []


def test_a_job_that_was_resumed_meanwhile_is_not_forgotten(journal: Journal, clock: Clock[datetime]) -> None:
    create(journal)
    journal.end("j1", State.FAILED)
    clock.now += timedelta(hours=30)
    journal.queue("j1", runner="r1")
    assert not journal.forget_if_old("j1", clock.now)
    journal.end("j1", State.FAILED)
    assert journal.forget_if_old("j1", clock.now + timedelta(seconds=1))


def test_a_counted_slice_counts_its_rows_for_the_job(journal: Journal) -> None:
    create(journal)
    journal.plan("j1", [PlannedSlice(place=place, key=f"k{place}", title="", arguments={}) for place in (0, 1)])
    journal.count_slice("j1", 0, row_count=7, remarks=[], facts={})
    journal.count_slice("j1", 1, row_count=5, remarks=[], facts={})
    assert journal.get("j1").row_count == 12


def test_a_commit_that_fails_does_not_stop_the_journal(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    create(journal)
    real = journal._connection

    class Full:
        """A connection whose next commit finds the disk full."""

        failed = False

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def execute(self, statement: str, *parameters: object) -> object:
            if statement == "commit" and not self.failed:
                self.failed = True
                raise sqlite3.OperationalError("database or disk is full")
            return real.execute(statement, *parameters)

    monkeypatch.setattr(journal, "_connection", Full())
    with pytest.raises(sqlite3.OperationalError):
        journal.ask_to_stop("j1")
    journal.ask_to_stop("j1")
    assert journal.stop_asked("j1")


def test_the_pace_of_a_resumed_job_counts_only_what_it_asked_since(journal: Journal, clock: Clock[datetime]) -> None:
    create(journal)
    journal.start("j1")
    journal.report("j1", fraction=0.5, detail="", waiting="", row_count=0, requests=400)
    journal.end("j1", State.INTERRUPTED)
    journal.queue("j1", runner="r1")
    journal.start("j1")
    assert journal.get("j1").requests_per_second(clock.now) is None
    journal.report("j1", fraction=0.6, detail="", waiting="", row_count=0, requests=490)
    clock.now += timedelta(seconds=10)
    assert journal.get("j1").requests_per_second(clock.now) == 9
