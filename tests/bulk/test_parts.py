"""The parts of a run on their own: sending once, locks, the breaker, uploads, files, the watch of what was begun."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from gladly_tools.bulk import Outcome, Status
from gladly_tools.bulk.breaker import Breaker
from gladly_tools.bulk.locks import Locks
from gladly_tools.bulk.refusals import Why, why
from gladly_tools.bulk.sending import carry_out, patiently
from gladly_tools.bulk.uploads import Uploads
from gladly_tools.bulk.worker import GRACE_SECONDS, Committed
from gladly_tools.errors import (
    AnswerLost,
    Cancelled,
    CredentialsError,
    FateUnknown,
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
    read = Script(LOST, ServerError("500"), LOST)
    with pytest.raises(AnswerLost):
        patiently(read, nothing)
    assert read.left == []


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
    assert "3 failures in a row" in breaker.tripped.what


@pytest.mark.parametrize("error", [CredentialsError("wrong"), PermissionsError("may not")])
def test_the_breaker_trips_at_once_for_a_refused_account(error: CredentialsError | PermissionsError) -> None:
    breaker = Breaker()
    breaker.refuse(error)
    assert type(breaker.tripped) is type(error)


class Stopped:
    """A watch of a run that was stopped."""

    def check(self) -> None:
        raise Cancelled

    def wait(self, seconds: float, reason: str) -> None:
        raise Cancelled

    def requested(self) -> None:
        pass


def test_what_was_begun_goes_on_after_a_stop_but_not_for_ever() -> None:
    now = [100.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    watch = Committed(Stopped(), clock=lambda: now[0], sleep=sleep)
    watch.check()
    watch.wait(5.0, "")
    assert now[0] == 105.0
    with pytest.raises(Cancelled):
        watch.wait(GRACE_SECONDS, "")
    assert now[0] <= 101 + GRACE_SECONDS


def test_an_upload_is_its_owners_and_replaced_by_the_next(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    first = uploads.put("ann", "close-tasks", name="a\nb.csv", data=b"x\n\ny")
    assert uploads.get("ann", "close-tasks") == first
    assert uploads.get("bob", "close-tasks") is None
    assert uploads.get("ann", "close-conversations") is None
    second = uploads.put("ann", "close-tasks", name="c.csv", data=b"")
    assert uploads.get("ann", "close-tasks") == second
    assert second.key != first.key
    (file,) = (tmp_path / "uploads").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
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


def test_an_upload_that_is_damaged_is_none(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    uploads.put("ann", "close-tasks", name="a.csv", data=b"x")
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"nonsense")
    assert uploads.get("ann", "close-tasks") is None
