"""The runner ends every job in a known state, stops on request, and never leaves a job behind."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from filelock import FileLock

from gladly_tools.errors import Cancelled, GladlyToolsError, InputError
from gladly_tools.jobs import Journal, Runner, State, Ticket
from gladly_tools.jobs import runner as runner_module

PATIENCE = 10


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "jobs.sqlite")
    yield journal
    journal.close()


@pytest.fixture
def runner(journal: Journal, tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(journal, tmp_path / "runners", at_once=1)
    yield runner
    runner.close()


def create(journal: Journal, runner: str, job_id: str = "j1", owner: str = "ann") -> str:
    journal.create(job_id, owner=owner, kind="k", title="", origin="app", parameters={}, runner=runner)
    return job_id


@pytest.mark.parametrize("state", [State.DONE, State.PARTIAL])
def test_a_job_ends_as_its_work_says(journal: Journal, runner: Runner, state: State) -> None:
    runner.submit(create(journal, runner.id), lambda _ticket: state).result(PATIENCE)
    job = journal.get("j1")
    assert (job.state, job.fraction) == (state, 1)
    assert job.finished_at is not None


def test_a_job_is_running_while_it_works(journal: Journal, runner: Runner) -> None:
    seen: list[State] = []

    def work(_ticket: Ticket) -> State:
        seen.append(journal.get("j1").state)
        return State.DONE

    runner.submit(create(journal, runner.id), work).result(PATIENCE)
    assert seen == [State.RUNNING]
    job = journal.get("j1")
    assert job.started_at is not None
    assert (job.what, job.advice) == ("", "")


def test_a_known_error_ends_the_job_with_its_words(journal: Journal, runner: Runner) -> None:
    def work(_ticket: Ticket) -> State:
        raise InputError("It is wrong.", "Mend it.", field="x")

    error = runner.submit(create(journal, runner.id), work).result(PATIENCE)
    job = journal.get("j1")
    assert isinstance(error, InputError)
    assert (job.state, job.what, job.advice) == (State.FAILED, "It is wrong.", "Mend it.")


def test_an_unknown_error_shows_a_reference_and_nothing_of_itself(
    journal: Journal, runner: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    def work(_ticket: Ticket) -> State:
        raise RuntimeError("the inside of it")

    runner.submit(create(journal, runner.id), work).result(PATIENCE)
    job = journal.get("j1")
    assert job.state is State.FAILED
    assert "the inside of it" not in job.what + job.advice
    assert "show the reference" in job.advice
    reference = job.what.split("reference ")[1].rstrip(").")
    assert len(reference) == 8  # short enough to be read out
    assert reference in caplog.text


def test_a_waiting_job_stops_at_once(journal: Journal, runner: Runner) -> None:
    waiting = threading.Event()

    def work(ticket: Ticket) -> State:
        waiting.set()
        ticket.wait(3600, "Gladly asks us to slow down")
        return State.DONE

    future = runner.submit(create(journal, runner.id), work)
    assert waiting.wait(PATIENCE)
    runner.stop("j1")
    future.result(PATIENCE)
    assert journal.get("j1").state is State.CANCELLED


def test_a_stop_asked_by_another_process_is_seen(journal: Journal, runner: Runner, tmp_path: Path) -> None:
    waiting = threading.Event()

    def work(ticket: Ticket) -> State:
        waiting.set()
        ticket.wait(3600, "")
        return State.DONE

    future = runner.submit(create(journal, runner.id), work)
    assert waiting.wait(PATIENCE)
    elsewhere = Journal(tmp_path / "jobs.sqlite")
    elsewhere.ask_to_stop("j1")
    elsewhere.close()
    future.result(PATIENCE)
    assert journal.get("j1").state is State.CANCELLED


def test_a_queued_job_stops_without_waiting_for_its_turn(journal: Journal, runner: Runner) -> None:
    release = threading.Event()

    def busy(_ticket: Ticket) -> State:
        release.wait(PATIENCE)
        return State.DONE

    first = runner.submit(create(journal, runner.id, "first"), busy)
    waiting = runner.submit(create(journal, runner.id, "second"), lambda _ticket: pytest.fail("it must not run"))
    third = runner.submit(create(journal, runner.id, "third"), lambda _ticket: State.DONE)
    runner.stop("second")
    assert journal.get("second").state is State.CANCELLED
    assert waiting.cancelled()
    release.set()
    first.result(PATIENCE)
    third.result(PATIENCE)
    assert journal.get("third").state is State.DONE


def test_one_person_may_have_every_place_where_nothing_else_is_said(journal: Journal, tmp_path: Path) -> None:
    runner = Runner(journal, tmp_path / "runners", at_once=2)
    together = threading.Barrier(2, timeout=PATIENCE)

    def work(_ticket: Ticket) -> State:
        together.wait()
        return State.DONE

    futures = [runner.submit(create(journal, runner.id, job_id), work) for job_id in ("j1", "j2")]
    assert [future.result(PATIENCE) for future in futures] == [None, None]
    runner.close()


class Watch:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_progress_is_written_at_most_twice_a_second_and_at_last(journal: Journal) -> None:
    watch = Watch()
    ticket = Ticket(journal, create(journal, "r"), clock=watch)

    def written() -> tuple[float, str, int, int]:
        job = journal.get("j1")
        return job.fraction, job.detail, job.row_count, job.requests

    ticket.progress(0.25, "first", row_count=1)
    assert written() == (0.25, "first", 1, 0)
    watch.time += runner_module.REPORT_SECONDS - 0.01
    ticket.requested()
    ticket.progress(0.5, "second", row_count=2)
    assert written() == (0.25, "first", 1, 0)
    watch.time += 0.01
    ticket.requested()
    assert written() == (0.5, "second", 2, 2)
    ticket.progress(0.75, "third", row_count=3)
    ticket.flush()
    assert written() == (0.75, "third", 3, 2)


@pytest.mark.parametrize(("said", "kept"), [(-0.5, 0), (0, 0), (1, 1), (1.5, 1)])
def test_progress_is_between_nothing_and_everything(journal: Journal, said: float, kept: float) -> None:
    Ticket(journal, create(journal, "r")).progress(said, "", row_count=0)
    assert journal.get("j1").fraction == kept


def test_the_journal_is_asked_twice_a_second_whether_to_stop_and_a_stop_lasts(journal: Journal) -> None:
    watch = Watch()
    ticket = Ticket(journal, create(journal, "r"), clock=watch)
    ticket.check()
    journal.ask_to_stop("j1")
    watch.time += runner_module.REPORT_SECONDS - 0.01
    ticket.check()
    assert not ticket.stopping
    watch.time += 0.01
    for _ in range(2):
        with pytest.raises(Cancelled):
            ticket.check()
    assert ticket.stopping


def test_a_wait_lasts_as_long_as_it_was_said_to(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, waits = Watch(), []
    ticket = Ticket(journal, create(journal, "r"), clock=watch)

    def pass_by(seconds: float) -> bool:
        waits.append(seconds)
        watch.time += seconds
        return False

    monkeypatch.setattr(ticket._stop, "wait", pass_by)
    ticket.wait(1.25, "")
    assert waits == [0.5, 0.5, 0.25]
    assert journal.get("j1").waiting == ""
    ticket.wait(0, "nothing")
    assert len(waits) == 3
    assert journal.get("j1").waiting == ""


def test_nobody_waits_behind_one_who_has_enough_and_each_waits_for_the_own_turn(
    journal: Journal, tmp_path: Path
) -> None:
    runner = Runner(journal, tmp_path / "runners", at_once=3, at_once_each=2)
    begun: dict[str, threading.Event] = {}
    release: dict[str, threading.Event] = {}
    order: list[str] = []

    def submit(job_id: str, owner: str) -> Future[GladlyToolsError | None]:
        begun[job_id], release[job_id] = threading.Event(), threading.Event()

        def work(_ticket: Ticket) -> State:
            order.append(job_id)
            begun[job_id].set()
            release[job_id].wait(PATIENCE)
            return State.DONE

        return runner.submit(create(journal, runner.id, job_id, owner), work)

    futures = [submit(f"ann{number}", "ann") for number in range(4)]
    assert begun["ann0"].wait(PATIENCE)
    assert begun["ann1"].wait(PATIENCE)
    futures += [submit("bob0", "bob"), submit("bob1", "bob")]
    assert begun["bob0"].wait(PATIENCE)
    assert sorted(order) == ["ann0", "ann1", "bob0"]
    assert journal.get("ann2").state is State.QUEUED
    release["bob0"].set()  # a place is free, but ann has hers: it is bob's
    assert begun["bob1"].wait(PATIENCE)
    release["ann0"].set()
    assert begun["ann2"].wait(PATIENCE)
    assert not begun["ann3"].is_set()
    for event in release.values():
        event.set()
    for future in futures:
        assert future.result(PATIENCE) is None
    assert order.index("ann2") < order.index("ann3")
    runner.close()


def test_a_wait_is_shown_while_it_lasts(journal: Journal, runner: Runner) -> None:
    shown: list[str] = []

    def work(ticket: Ticket) -> State:
        watching = threading.Thread(target=lambda: shown.append(journal.get("j1").waiting))
        original = ticket.check

        def check() -> None:
            if not shown:
                watching.start()
                watching.join()
            original()

        ticket.check = check  # type: ignore[method-assign]
        ticket.wait(0.01, "waiting for the limit")
        return State.DONE

    runner.submit(create(journal, runner.id), work).result(PATIENCE)
    assert shown == ["waiting for the limit"]
    assert journal.get("j1").waiting == ""


def test_closing_interrupts_what_runs_and_what_waits(journal: Journal, tmp_path: Path) -> None:
    runner = Runner(journal, tmp_path / "runners", at_once=1)
    started = threading.Event()

    def work(ticket: Ticket) -> State:
        started.set()
        ticket.wait(3600, "")
        return State.DONE

    runner.submit(create(journal, runner.id, "running"), work)
    runner.submit(create(journal, runner.id, "queued"), work)
    assert started.wait(PATIENCE)
    runner.close()
    assert journal.get("running").state is State.INTERRUPTED
    assert journal.get("queued").state is State.INTERRUPTED


def test_a_new_runner_interrupts_orphans_but_not_the_jobs_of_a_living_one(journal: Journal, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "runners"
    living = Runner(journal, folder, at_once=1)
    living.adopt(create(journal, living.id, "alive"))
    create(journal, "a-runner-that-was-killed", "orphan")
    other = Runner(journal, folder, at_once=1)
    assert journal.get("alive").state is State.QUEUED
    assert journal.get("orphan").state is State.INTERRUPTED
    other.close()
    living.close()
    assert list(folder.iterdir()) == []


def test_orphans_are_counted_and_the_own_jobs_are_none(journal: Journal, runner: Runner) -> None:
    create(journal, runner.id, "own")
    for number in range(3):
        create(journal, f"gone{number % 2}", f"orphan{number}")
    assert runner.interrupt_orphans() == 3
    assert journal.get("own").state is State.QUEUED
    assert runner.interrupt_orphans() == 0


def test_two_that_clear_away_the_same_at_once_do_not_upset_each_other(
    journal: Journal, runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Overtaken(FileLock):
        """A lock whose file another has removed by the time it is given back."""

        def release(self, force: bool = False) -> None:
            super().release(force)
            Path(self.lock_file).unlink(missing_ok=True)

    create(journal, "gone")
    monkeypatch.setattr(runner_module, "FileLock", Overtaken)
    assert runner.interrupt_orphans() == 1


def test_what_a_killed_runner_left_is_cleared_away_when_it_is_surely_gone(journal: Journal, tmp_path: Path) -> None:
    folder = tmp_path / "runners"
    folder.mkdir()
    just_made, left_behind = folder / "just-made.lock", folder / "left-behind.lock"
    for path, age in ((just_made, 30), (left_behind, 90)):
        path.touch()
        os.utime(path, (time.time() - age, time.time() - age))
    Runner(journal, folder, at_once=1).close()
    assert list(folder.iterdir()) == [just_made]


def test_a_job_of_another_process_is_asked_to_stop(journal: Journal, runner: Runner) -> None:
    runner.stop(create(journal, "elsewhere"))
    assert journal.stop_asked("j1")
    assert journal.get("j1").state is State.QUEUED


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_READONLY, "jobs.sqlite"),
        (sqlite3.SQLITE_ERROR, "How the job ended could not be written down."),
    ],
)
def test_an_end_that_nobody_waits_to_write_down_is_returned_as_an_error(
    journal: Journal, runner: Runner, monkeypatch: pytest.MonkeyPatch, code: int, what: str
) -> None:
    def end(*_arguments: object, **_named: object) -> None:
        fault = sqlite3.OperationalError()
        fault.sqlite_errorcode = code
        raise fault

    ticket = runner.adopt(create(journal, runner.id))
    monkeypatch.setattr(journal, "end", end)
    error = runner.run(ticket, lambda _ticket: State.DONE, patient=False)
    assert error is not None
    assert what in error.what
    assert error.advice


def test_a_runner_closes_where_its_folder_was_cleared_away(journal: Journal, tmp_path: Path) -> None:
    runner = Runner(journal, tmp_path / "runners", at_once=1)
    create(journal, runner.id)
    for path in (tmp_path / "runners").iterdir():
        path.unlink()
    runner.close()
    assert journal.get("j1").state is State.INTERRUPTED


def test_a_job_that_ended_is_not_stopped_afterwards(journal: Journal, runner: Runner) -> None:
    runner.submit(create(journal, runner.id), lambda _ticket: State.DONE).result(PATIENCE)
    runner.stop("j1")
    assert journal.get("j1").state is State.DONE


def test_an_end_that_cannot_be_written_down_is_written_when_it_can(
    journal: Journal, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 0 < runner_module.NOTE_AGAIN_SECONDS < 60
    monkeypatch.setattr(runner_module, "NOTE_AGAIN_SECONDS", 0.01)
    real, failures = journal.end, [1, 2]

    def end(*arguments: object, **named: object) -> None:
        if failures:
            failures.pop()
            raise sqlite3.OperationalError("database or disk is full")
        real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "end", end)
    runner.submit(create(journal, runner.id), lambda _ticket: State.DONE).result(PATIENCE)
    assert journal.get("j1").state is State.DONE


def test_a_resumed_job_that_fails_at_once_keeps_its_figures(journal: Journal, runner: Runner) -> None:
    def some(ticket: Ticket) -> State:
        ticket.progress(0.5, "half", row_count=25)
        raise InputError("It is wrong.")

    def nothing(_ticket: Ticket) -> State:
        raise InputError("Still wrong.")

    runner.submit(create(journal, runner.id), some).result(PATIENCE)
    journal.queue("j1", runner=runner.id)
    runner.submit("j1", nothing).result(PATIENCE)
    job = journal.get("j1")
    assert (job.row_count, job.fraction, job.what) == (25, 0.5, "Still wrong.")
