"""Whoever waits in front of a page does not wait for ever."""

from __future__ import annotations

import pytest

from gladly_tools.api import Impatient
from gladly_tools.errors import TryLaterError
from tests.told import is_told


def test_an_impatient_watch_gives_up_when_the_time_is_up() -> None:
    now = [0.0]
    watch = Impatient(20, clock=lambda: now[0])
    watch.check()
    now[0] = 19.9
    watch.check()
    now[0] = 20.0
    with pytest.raises(TryLaterError) as caught:
        watch.check()
    assert is_told(caught.value)


def test_an_impatient_watch_cuts_a_long_wait_short(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [0.0], []
    watch = Impatient(20, clock=lambda: now[0])

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(watch, "_sleep", sleep)
    watch.wait(5, "")
    with pytest.raises(TryLaterError):
        watch.wait(60, "slow down")
    assert slept == [5, 15]
