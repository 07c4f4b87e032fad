"""The parts of a run on their own: sending once, locks, the breaker, uploads, files, the watch of what was begun."""

from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path

import pytest

from gladly_tools.bulk import Outcome, Status
from gladly_tools.bulk.breaker import Breaker
from gladly_tools.bulk.locks import Locks
from gladly_tools.bulk.refusals import Why, cause, why
from gladly_tools.bulk.sending import carry_out, patiently
from gladly_tools.bulk.uploads import Uploads
from gladly_tools.bulk.worker import GRACE_SECONDS, Committed, Halting
from gladly_tools.errors import (
    AnswerLost,
    Cancelled,
    CredentialsError,
    FateUnknown,
    InputError,
    PermissionsError,
    RequestRefused,
    ServerError,
    UnexpectedAnswer,
)

LOST = AnswerLost("lost")


class Script:
    """Calls that end one after the other as written: an error is raised, anything else returned."""

    def __init__(self, *ends: object) -> None:
        self.left = list(ends)

    def __call__(self) -> bool:
        end = self.left.pop(0)
        if isinstance(end, Exception):
            raise end
        return bool(end)


def nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("sends", "reads"),
    [
        ((True,), ()),
        ((LOST,), (True,)),
        ((LOST,), (False, True)),
        ((LOST, True), (False, False)),
        ((ServerError("500"), True), (False, False)),
        ((UnexpectedAnswer("200"), True), (False, False)),
        ((LOST, LOST, True), (False, False, False, False)),
        ((LOST,), (ServerError("500"), ServerError("500"), True)),
    ],
)
def test_a_change_is_sent_again_only_after_two_readings_said_that_it_was_not_made(
    sends: tuple[object, ...], reads: tuple[object, ...]
) -> None:
    send, read = Script(*sends), Script(*reads)
    carry_out(lambda: (send(), None)[1], read, nothing)
    assert send.left == read.left == []


@pytest.mark.parametrize(
    ("sends", "reads", "error"),
    [
        ((LOST, LOST, LOST), (False,) * 6, AnswerLost),
        ((LOST,), (LOST, LOST, LOST), FateUnknown),
        ((LOST,), (False, UnexpectedAnswer("x")), FateUnknown),
        ((LOST,), (CredentialsError("401"),), CredentialsError),
        ((RequestRefused("no"),), (), RequestRefused),
    ],
)
def test_a_change_that_is_not_made_is_told_as_what_it_is(
    sends: tuple[object, ...], reads: tuple[object, ...], error: type[Exception]
) -> None:
    send, read = Script(*sends), Script(*reads)
    with pytest.raises(error):
        carry_out(lambda: (send(), None)[1], read, nothing)
    assert send.left == read.left == []


def test_reading_gives_up_after_three_attempts() -> None:
    read, pauses = Script(LOST, ServerError("500"), LOST), Script(True, True)
    with pytest.raises(AnswerLost):
        patiently(read, lambda: (pauses(), None)[1])
    assert read.left == pauses.left == []


def test_between_two_readings_there_is_time_for_the_change_to_arrive() -> None:
    order: list[str] = []
    reads = Script(False, False)

    def send() -> None:
        order.append("send")
        if order.count("send") == 1:
            raise LOST

    def is_done() -> bool:
        order.append("read")
        return reads()

    carry_out(send, is_done, lambda: order.append("pause"))
    assert order == ["send", "read", "pause", "read", "send"]


def test_a_change_whose_fate_is_unknown_says_why_it_was_not_answered_and_not_read() -> None:
    with pytest.raises(FateUnknown) as caught:
        carry_out(Script(AnswerLost("No answer.")), Script(UnexpectedAnswer("No JSON.")), nothing)  # type: ignore[arg-type]
    assert (caught.value.what, caught.value.advice) == ("No answer. No JSON.", "Retry it later.")


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (RequestRefused("x", attr="assignee.agentId", code="invalid_state"), Why.ASSIGNEE),
        (RequestRefused("x", attr="assignee", code="blank"), Why.ASSIGNEE),
        (RequestRefused("Gladly says: topics are required before closing.", code="invalid_state"), Why.TOPIC_REQUIRED),
        (RequestRefused("Gladly says: Customer is WAITING for a response.", code="invalid_state"), Why.WAITING),
        (RequestRefused("Gladly says: something new.", code="invalid_state"), Why.OTHER),
        (RequestRefused("Gladly says: the topic is waiting.", code="invalid"), Why.OTHER),
    ],
)
def test_refusals_are_told_apart_by_attr_and_code_before_words(refused: RequestRefused, reason: Why) -> None:
    assert why(refused) is reason
    assert cause(refused) == f"refused: {refused.code} {refused.attr} {reason}"


def test_an_id_is_held_by_one_run_of_an_organization_at_a_time() -> None:
    locks = Locks()
    assert locks.claim("acme", "task", ["a", "b"], run="1") == {}
    assert locks.claim("acme", "task", ["b", "c"], run="2") == {"b": "1"}
    assert locks.claim("acme", "conversation", ["a"], run="3") == {}
    assert locks.claim("other", "task", ["a"], run="4") == {}
    assert locks.claim("acme", "task", ["a"], run="1") == {}
    locks.release("1")
    assert locks.claim("acme", "task", ["a", "b", "c"], run="5") == {"c": "2"}


def failure(cause: str) -> Outcome:
    return Outcome(status=Status.FAILED, error="no", cause=cause)


def test_the_breaker_counts_failures_of_one_cause_in_a_row() -> None:
    breaker = Breaker(most=3)
    for outcome in (failure("a"), failure("a"), failure("b"), failure("a"), failure("a")):
        breaker.note(outcome)
        assert breaker.tripped is None
    breaker.note(Outcome(status=Status.NOT_FOUND))
    for _ in range(2):
        breaker.note(failure("a"))
    assert breaker.tripped is None
    breaker.note(failure("a"))
    assert breaker.tripped is not None
    assert breaker.tripped.what == "Paused after 3 failures in a row: no"
    assert breaker.tripped.advice.startswith("Mend the cause, then resume.")
    first = breaker.tripped
    breaker.note(failure("a"))
    assert breaker.tripped is first


@pytest.mark.parametrize("error", [CredentialsError("wrong", "Ask."), PermissionsError("may not", "Ask.")])
def test_the_breaker_trips_at_once_for_a_refused_account(error: CredentialsError | PermissionsError) -> None:
    breaker = Breaker()
    breaker.refuse(error)
    assert type(breaker.tripped) is type(error)
    assert breaker.tripped.what == f"Paused: {error.what}"
    assert breaker.tripped.advice == "Ask. Then resume; nothing was lost."
    first = breaker.tripped
    breaker.refuse(CredentialsError("later"))
    assert breaker.tripped is first


def test_the_breaker_trips_after_twenty() -> None:
    breaker = Breaker()
    for _ in range(19):
        breaker.note(failure("a"))
    assert breaker.tripped is None
    breaker.note(failure("a"))
    assert breaker.tripped is not None


class Counted:
    """A watch of a run that goes on, and what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def check(self) -> None:
        self.told.append("check")

    def wait(self, seconds: float, reason: str) -> None:
        self.told.append((seconds, reason))

    def requested(self) -> None:
        self.told.append("request")


def test_requests_and_waits_of_a_run_reach_its_watch() -> None:
    inner = Counted()
    for watch in (Halting(inner, Breaker()), Committed(inner, sleep=lambda _seconds: pytest.fail("slept twice"))):
        inner.told.clear()
        watch.check()
        watch.requested()
        watch.wait(3.0, "for the limit")
        assert inner.told[:3] == ["check", "request", (3.0, "for the limit")]


def test_reading_comes_to_a_halt_when_the_breaker_trips_also_during_a_wait() -> None:
    breaker, inner = Breaker(), Counted()
    watch = Halting(inner, breaker)
    breaker.refuse(CredentialsError("wrong"))
    with pytest.raises(Cancelled):
        watch.check()
    with pytest.raises(Cancelled):
        watch.wait(3.0, "")
    assert inner.told == [(3.0, "")]


class Stopped:
    """A watch of a run that was stopped."""

    def check(self) -> None:
        raise Cancelled

    def wait(self, seconds: float, reason: str) -> None:
        raise Cancelled

    def requested(self) -> None:
        pass


def test_what_was_begun_goes_on_after_a_stop_but_not_for_ever() -> None:
    now, naps = [100.0], []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        now[0] += seconds

    watch = Committed(Stopped(), clock=lambda: now[0], sleep=sleep)
    watch.check()
    watch.wait(5.0, "")
    assert now[0] == 105.0
    with pytest.raises(Cancelled):
        watch.wait(GRACE_SECONDS, "")
    assert 100 + GRACE_SECONDS < now[0] <= 101 + GRACE_SECONDS
    assert max(naps) == 0.5


def test_the_grace_of_what_was_begun_counts_from_the_stop() -> None:
    now = [100.0]
    watch = Committed(Stopped(), clock=lambda: now[0])
    watch.check()
    now[0] += GRACE_SECONDS
    watch.check()
    now[0] += 0.1
    with pytest.raises(Cancelled):
        watch.check()


def test_an_upload_is_its_owners_and_replaced_by_the_next(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    first = uploads.put("ann", "close-tasks", name="a\nb.csv" + "x" * 300, data=b"x\n\ny", source="r1")
    assert (first.name, first.data, first.source) == ("a\nb.csv" + "x" * 193, b"x\n\ny", "r1")
    assert uploads.get("ann", "close-tasks") == first
    assert uploads.get("bob", "close-tasks") is None
    assert uploads.get("ann", "close-conversations") is None
    second = uploads.put("ann", "close-tasks", name="c.csv", data=b"")
    assert second.source == ""
    assert uploads.get("ann", "close-tasks") == second
    assert second.key != first.key
    (file,) = (tmp_path / "uploads").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert Uploads(tmp_path / "uploads").get("ann", "close-tasks") == second
    uploads.drop("ann", "close-tasks")
    uploads.drop("ann", "close-tasks")
    assert uploads.get("ann", "close-tasks") is None


@pytest.mark.parametrize(("age", "is_kept"), [(10, True), (3700, False)])
def test_uploads_are_swept_by_age(tmp_path: Path, age: int, is_kept: bool) -> None:
    uploads = Uploads(tmp_path)
    uploads.put("ann", "close-tasks", name="a.csv", data=b"x")
    (file,) = tmp_path.iterdir()
    os.utime(file, (time.time() - age, time.time() - age))
    uploads.sweep(seconds=3600)
    assert (uploads.get("ann", "close-tasks") is not None) is is_kept


def test_an_upload_that_finds_no_room_is_refused_in_words_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = Uploads(tmp_path / "made" / "uploads")
    kept = uploads.put("ann", "close-tasks", name="a.csv", data=b"x")

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError) as caught:
        uploads.put("ann", "close-tasks", name="b.csv", data=b"y")
    assert caught.value.what == "The file could not be kept (No space left on device)."
    assert "upload it again" in caught.value.advice
    assert uploads.get("ann", "close-tasks") == kept
    assert len(list((tmp_path / "made" / "uploads").iterdir())) == 1


def test_an_upload_that_is_damaged_is_none(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    uploads.put("ann", "close-tasks", name="a.csv", data=b"x")
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"nonsense")
    assert uploads.get("ann", "close-tasks") is None
