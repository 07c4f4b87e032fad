"""Whether to try again, and after how long."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gladly_tools.api.retry import LONGEST_ASKED, Cause, Failure, Kind, read_retry_after, wait_before_retry


def waits(failure: Failure, kind: Kind, *, reached: bool = True, chance: float = 1.0) -> list[float]:
    """The waits of a request that fails the same way until patience runs out."""
    found: list[float] = []
    while (
        seconds := wait_before_retry(
            failure, kind, attempt=len(found) + 1, waited=sum(found), reached=reached, chance=lambda: chance
        )
    ) is not None:
        found.append(seconds)
        assert len(found) < 100
    return found


@pytest.mark.parametrize(
    ("status", "kind", "is_tried_again"),
    [
        (429, Kind.READ, True),
        (502, Kind.READ, True),
        (503, Kind.READ, True),
        (504, Kind.READ, True),
        (500, Kind.READ, False),
        (400, Kind.READ, False),
        (401, Kind.READ, False),
        (404, Kind.READ, False),
        (409, Kind.READ, False),
        (302, Kind.READ, False),
        (429, Kind.REPORT, True),
        (504, Kind.REPORT, True),
        (400, Kind.REPORT, False),
        (429, Kind.WRITE, True),
        (502, Kind.WRITE, False),
        (503, Kind.WRITE, False),
    ],
)
def test_a_status_is_tried_again_only_where_that_is_safe_and_of_use(
    status: int, kind: Kind, is_tried_again: bool
) -> None:
    assert bool(waits(Failure.of_status(status), kind)) is is_tried_again


@pytest.mark.parametrize(
    ("cause", "kind", "is_tried_again"),
    [
        (Cause.LOST, Kind.READ, True),
        (Cause.LOST, Kind.REPORT, True),
        (Cause.LOST, Kind.WRITE, False),
        (Cause.UNSENT, Kind.WRITE, True),
        (Cause.FINAL, Kind.READ, False),
    ],
)
def test_a_broken_connection_repeats_a_write_only_when_nothing_was_sent(
    cause: Cause, kind: Kind, is_tried_again: bool
) -> None:
    assert bool(waits(Failure(cause=cause), kind)) is is_tried_again


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("retry_after", [None, 0.0, 7.0, 10_000.0])
def test_attempts_and_waits_are_bounded_whatever_happens(kind: Kind, cause: Cause, retry_after: float | None) -> None:
    found = waits(Failure(cause=cause, retry_after=retry_after), kind)
    assert len(found) < 12
    assert sum(found) <= 600


@pytest.mark.parametrize(
    ("cause", "kind", "schedule"),
    [
        (Cause.BUSY, Kind.READ, [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]),
        (Cause.BUSY, Kind.WRITE, [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]),
        (Cause.UNAVAILABLE, Kind.READ, [1, 2, 4, 8, 16, 30]),
        (Cause.UNSENT, Kind.WRITE, [1, 2, 4, 8, 16, 30]),
        (Cause.LOST, Kind.STREAM, [1, 2, 4]),
        (Cause.BUSY, Kind.REPORT, [6, 12, 24, 48, 60, 60, 60, 60, 60, 60, 60]),
        (Cause.UNAVAILABLE, Kind.REPORT, [5]),
        (Cause.UNSENT, Kind.REPORT, [1, 2, 4, 8, 16, 30]),
        (Cause.LOST, Kind.REPORT, [5]),
    ],
)
def test_waits_double_up_to_a_longest_and_end(cause: Cause, kind: Kind, schedule: list[float]) -> None:
    assert waits(Failure(cause=cause), kind) == schedule


@pytest.mark.parametrize(
    ("cause", "kind", "count"),
    [(Cause.BUSY, Kind.READ, 3), (Cause.UNAVAILABLE, Kind.READ, 1), (Cause.BUSY, Kind.REPORT, 6)],
)
def test_all_waits_together_may_be_as_long_as_patience_lasts_and_no_longer(
    cause: Cause, kind: Kind, count: int
) -> None:
    assert waits(Failure(cause=cause, retry_after=100), kind, chance=0.0) == [100] * count
    assert waits(Failure(cause=cause, retry_after=101), kind, chance=0.0) == [101] * max(count - 1, 1)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_the_server_asks_for_is_read_from_its_header(status: int) -> None:
    assert Failure.of_status(status, "7").retry_after == 7
    assert Failure.of_status(status).retry_after is None


def test_an_ordinary_429_waits_for_the_next_second_before_it_waits_for_long() -> None:
    found = waits(Failure.of_status(429), Kind.READ)
    assert found[:3] == [0.5, 1.0, 2.0]
    assert max(found) == 30


def test_a_429_of_reports_waits_for_seconds_and_at_most_a_minute() -> None:
    found = waits(Failure.of_status(429), Kind.REPORT)
    assert found[:4] == [6, 12, 24, 48]
    assert max(found) == 60


def test_a_report_that_gladly_cannot_make_is_given_up_soon_so_that_less_is_asked_for() -> None:
    assert len(waits(Failure.of_status(504), Kind.REPORT)) == 1


def test_a_host_that_never_answered_is_given_up_soon() -> None:
    for cause in (Cause.UNSENT, Cause.LOST):
        assert waits(Failure(cause=cause), Kind.READ, reached=False) == [0.5]
    assert len(waits(Failure(cause=Cause.UNAVAILABLE), Kind.READ, reached=False)) == 6
    assert sum(waits(Failure(cause=Cause.UNSENT), Kind.READ)) > 30


def test_waits_are_jittered_downwards() -> None:
    least, most = (waits(Failure.of_status(503), Kind.READ, chance=chance) for chance in (0.0, 1.0))
    assert [2 * wait for wait in least[:3]] == most[:3]


@pytest.mark.parametrize(("asked", "wait"), [(7.0, 7.5), (0.0, 0.5), (10_000.0, LONGEST_ASKED + 0.5)])
def test_what_the_server_asks_for_is_honoured_within_reason(asked: float, wait: float) -> None:
    failure = Failure(cause=Cause.BUSY, retry_after=asked)
    assert wait_before_retry(failure, Kind.READ, attempt=1, waited=0, chance=lambda: 1.0) == wait


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("3", 3.0),
        ("2.5", 2.5),
        ("-1", 0.0),
        ("nan", None),
        ("inf", None),
        ("99999999", None),
        ("86400", None),
        ("86399", 86399.0),
        ("soon", None),
        ("Fri, 20 Mar 2026 18:30:09 GMT", 9.0),
        ("Fri, 20 Mar 2026 18:29:00 GMT", 0.0),
        ("Fri, 20 Mar 2026 18:30:09 -0000", 9.0),
        ("Fri, 99 Mar 2026", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, now=datetime(2026, 3, 20, 18, 30, tzinfo=UTC)) == seconds
