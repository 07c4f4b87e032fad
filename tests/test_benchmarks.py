"""The benchmarks' own arithmetic: a wrong yardstick passes everything."""

from __future__ import annotations

import math
import time
from multiprocessing.connection import Connection

import psutil  # type: ignore[import-untyped]
import pytest

from benchmarks.child import ChildDied, child
from benchmarks.demo import Seen
from benchmarks.figure import Figure, table_of
from benchmarks.memory import MB, memory_of
from benchmarks.pacing import use_of
from benchmarks.pandas_answers import PANDAS
from benchmarks.questions import PORTAL
from benchmarks.rows import COLUMNS, rows


def figure(ratio: float, *, least: float | None = None, most: float | None = None) -> Figure:
    return Figure(subject="s", what="w", of="a / b", ratio=ratio, least=least, most=most)


@pytest.mark.parametrize(
    ("ratio", "least", "most", "met"),
    [
        (0.9, 0.9, None, True),
        (0.89, 0.9, None, False),
        (0.01, None, 0.01, True),
        (0.011, None, 0.01, False),
        (math.nan, 0.0, None, False),
        (math.nan, None, 1.0, False),
    ],
)
def test_a_target_is_met_up_to_its_bounds_and_never_by_nothing(
    ratio: float, least: float | None, most: float | None, met: bool
) -> None:
    assert figure(ratio, least=least, most=most).met is met


def test_the_table_has_a_line_a_figure_and_shows_what_is_missed() -> None:
    lines = table_of([figure(0.5, least=0.9), figure(1.0, least=0.9)]).splitlines()
    assert len(lines) == 4
    assert "NO" in lines[2]
    assert "yes" in lines[3]
    assert len({len(line) for line in lines}) == 1


def test_what_is_used_is_measured_against_what_the_other_client_left() -> None:
    own = [Seen(path="/", at=100 + number / 5, username="own", refused=number in (3, 4)) for number in range(60)]
    others = [Seen(path="/", at=90 + number / 5, username="other", refused=number % 2 == 1) for number in range(150)]
    use = use_of([*own, *others], username="own", settling=0.0, seconds=10.0, limit=10)
    assert (use.sent, use.refused, use.allowed) == (50, 2, 100 - 25)
    assert use.used == pytest.approx(48 / 75)
    assert use.refused_share == pytest.approx(2 / 50)


def test_the_settling_time_is_left_out() -> None:
    own = [Seen(path="/", at=float(number), username="own", refused=number < 5) for number in range(20)]
    use = use_of(own, username="own", settling=5.0, seconds=10.0, limit=1)
    assert (use.sent, use.refused) == (10, 0)


def echo_after_growing(pipe: Connection, size: int) -> None:
    block = b""
    pipe.send("ready")  # what it imports is not what it grows by
    while True:
        message = pipe.recv()
        block = bytes([1]) * size
        pipe.send((message, len(block)))


def test_memory_that_a_child_takes_is_seen_and_the_child_is_gone_afterwards() -> None:
    with child(echo_after_growing, 64 * MB) as process:
        assert process.hear(seconds=30) == "ready"
        with memory_of(process.pid) as memory:
            assert process.ask("grow", seconds=30) == ("grow", 64 * MB)
            deadline = time.monotonic() + 10
            while memory.added < 60 * MB and time.monotonic() < deadline:
                psutil.cpu_percent(interval=0.02)
        assert 60 * MB <= memory.added <= 150 * MB
    assert not psutil.pid_exists(process.pid)


def end_at_once(_pipe: Connection) -> None:
    pass


def test_a_child_that_ended_early_is_an_error_and_not_a_wait() -> None:
    with child(end_at_once) as process, pytest.raises(ChildDied):
        process.hear(seconds=30)


def test_made_up_rows_have_the_columns_of_the_export_and_are_the_same_every_time() -> None:
    names = {column.name for column in COLUMNS}
    made = list(rows(10, 5, 1000))
    assert all(row.keys() == names for row in made)
    assert made == list(rows(0, 15, 1000))[10:]


def test_every_question_is_asked_of_both() -> None:
    assert PORTAL.keys() == PANDAS.keys()
