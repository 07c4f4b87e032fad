"""How fast an organization is asked: simulated on a made-up clock, and by the step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from statistics import mean

import pytest

from gladly_tools.api import read_instance
from gladly_tools.api.budget import Seen, ServerSecond
from gladly_tools.api.pacing import HEADROOM, Pacer, ReportPacer, pacing_for, wait_for_turn
from gladly_tools.errors import Cancelled
from gladly_tools.settings import Settings
from tests.api.conftest import Patience
from tests.api.simulated import Outcome, Simulation, evenly, in_bursts

PHASES = tuple(number / 12 for number in range(12))
QUICK, USUAL = (0.001, 0.003), (0.01, 0.04)


def over_all_phases(
    others: Callable[[float], Sequence[float]] = lambda phase: (), *, sliding: bool = False, delay: tuple[float, float]
) -> list[Outcome]:
    """One outcome for each place that the server's second can have; the other client keeps its own."""
    return [
        Simulation(phase=phase, seed=number, delay=delay, others=others(phase), is_sliding=sliding).run()
        for number, phase in enumerate(PHASES)
    ]


@pytest.mark.parametrize("delay", [QUICK, USUAL])
@pytest.mark.parametrize(
    ("others", "worst"),
    [
        pytest.param(lambda phase: (), 0.005, id="alone"),
        pytest.param(lambda phase: evenly(5, offset=phase * 0.13), 0.02, id="another evenly"),
        # A burst at the very end of the server's second is seen too late: the worst place there is.
        pytest.param(lambda phase: in_bursts(5, offset=phase * 0.7), 0.06, id="another in bursts"),
    ],
)
def test_nine_tenths_of_what_others_leave_are_used_and_hardly_a_request_is_refused(
    others: Callable[[float], Sequence[float]], worst: float, delay: tuple[float, float]
) -> None:
    outcomes = over_all_phases(others, delay=delay)
    assert mean(outcome.used for outcome in outcomes) >= 0.9
    assert mean(outcome.refused for outcome in outcomes) < 0.01
    assert min(outcome.used for outcome in outcomes) >= 0.88
    assert max(outcome.refused for outcome in outcomes) < worst


@pytest.mark.parametrize("delay", [QUICK, USUAL])
def test_a_server_that_counts_a_sliding_second_is_used_as_well(delay: tuple[float, float]) -> None:
    outcomes = over_all_phases(sliding=True, delay=delay)
    assert mean(outcome.used for outcome in outcomes) >= 0.88
    assert max(outcome.refused for outcome in outcomes) < 0.01


def test_a_server_that_announces_nothing_is_used_and_its_refusals_teach() -> None:
    assert Simulation(tells=False).run().used >= 0.9
    shared = Simulation(tells=False, others=evenly(5)).run()
    assert shared.used >= 0.85
    assert shared.refused < 0.03


def test_the_share_grows_again_when_the_other_client_is_gone() -> None:
    assert Simulation(others=evenly(5, until=20), since=40).run().used >= 0.88


@pytest.mark.parametrize("limit", [3, 25])
def test_an_announced_limit_corrects_the_usual_one_both_ways(limit: int) -> None:
    outcome = Simulation(limit=limit, since=10).run()
    assert outcome.used >= 0.85
    assert outcome.refused < 0.01


def test_a_ceiling_from_the_settings_is_not_passed_whatever_is_announced() -> None:
    outcome = Simulation(limit=20, ceiling=4.0).run()
    assert 0.18 <= outcome.used <= 0.201


def test_the_first_second_is_taken_gently_until_it_is_known_what_others_take() -> None:
    pacer = Pacer(clock=lambda: 0.0)
    assert pacer.rate == pytest.approx(5 * HEADROOM)


def test_turns_are_given_in_the_order_of_asking(patience: Patience) -> None:
    pacer = Pacer(clock=patience.clock)
    with pacer.turn() as first, pacer.turn() as second, pacer.turn() as third:
        assert second() > 0
        assert first() == 0
        patience.now += 10
        assert third() > 0
        assert second() == 0
        patience.now += 10
        assert third() == 0


def test_one_who_leaves_the_line_does_not_hold_up_the_next(patience: Patience) -> None:
    pacer = Pacer(clock=patience.clock)
    leaver = pacer.turn()
    leaver.__enter__()
    with pacer.turn() as ask:
        assert ask() > 0
        leaver.__exit__(None, None, None)
        assert ask() == 0


def test_a_long_pause_is_not_made_up_for_by_a_burst(patience: Patience) -> None:
    pacer = Pacer(clock=patience.clock)
    for _ in range(2):
        patience.now += 60
        with pacer.turn() as ask:
            assert ask() == 0
    with pacer.turn() as ask:
        assert ask() > 0.05


def test_a_hold_stops_everybody(patience: Patience) -> None:
    pacer = Pacer(clock=patience.clock)
    pacer.hold(5)
    with pacer.turn() as ask:
        assert ask() == pytest.approx(5)
        patience.now += 5
        assert ask() == 0


def test_waiting_for_a_turn_ends_at_once_when_the_person_stops(patience: Patience) -> None:
    pacer = Pacer(clock=patience.clock)
    pacer.hold(1000)
    patience.stopped = True
    with pytest.raises(Cancelled):
        wait_for_turn(pacer.turn(), patience, "waiting")
    assert patience.waits == []


@pytest.mark.parametrize(("seconds", "told"), [(2.0, False), (30.0, True)])
def test_only_a_long_wait_for_a_turn_is_told(patience: Patience, seconds: float, told: bool) -> None:
    pacer = Pacer(clock=patience.clock)
    pacer.hold(seconds)
    wait_for_turn(pacer.turn(), patience, "the limit")
    assert bool(patience.reasons) is told
    assert sum(patience.waits) == pytest.approx(seconds, abs=0.01)


def test_the_border_of_the_servers_second_is_found_from_the_numbers_left() -> None:
    second, border = ServerSecond(), 0.3
    for number in range(60):
        sent = number * 0.11
        used = sum(1 for past in range(number + 1) if int(past * 0.11 - border + 1) == int(sent - border + 1))
        second.learn(Seen(sent=sent, came=sent + 0.01, remaining=10 - used))
    assert second.is_believed
    assert second.number(50.2) + 1 == second.number(50.5)
    assert second.end(50.5) == pytest.approx(51.3, abs=0.1)
    assert not second.is_clear(50.3)


def test_answers_that_overtook_each_other_do_not_look_like_a_new_second() -> None:
    second = ServerSecond()
    for number in range(40):
        sent, swapped = number * 0.1, number ^ 1
        second.learn(Seen(sent=sent, came=sent + 0.3, remaining=100 - swapped))
    assert not second.is_believed


def test_one_organization_has_one_budget_in_the_whole_process() -> None:
    settings = Settings()
    first = pacing_for(read_instance("acme.gladly.com", ()), settings)
    assert pacing_for(read_instance("https://ACME.gladly.com/x", ()), settings) is first
    assert pacing_for(read_instance("other.gladly.com", ()), settings) is not first


def test_reports_start_at_most_so_often_in_any_minute(patience: Patience) -> None:
    pacer, starts = ReportPacer(per_minute=3, clock=patience.clock), []
    for _ in range(10):
        wait_for_turn(pacer.turn(), patience, "the limit of reports")
        starts.append(patience.now)
        pacer.finish()
        patience.now += 1
    assert all(later - earlier > 60 for earlier, later in zip(starts, starts[3:], strict=False))
    assert starts[-1] - starts[0] < 190
    assert patience.reasons


def test_only_one_report_is_under_way(patience: Patience) -> None:
    pacer = ReportPacer(per_minute=100, clock=patience.clock)
    with pacer.turn() as first:
        assert first() == 0
    with pacer.turn() as second:
        assert second() > 0
        pacer.finish()
        assert second() == 0


def test_many_threads_never_send_faster_than_the_ceiling() -> None:
    moments: list[float] = []
    lock, now = threading.Lock(), [0.0]
    pacer = Pacer(ceiling=5.0, clock=lambda: now[0])

    class Ticking:
        def check(self) -> None: ...

        def wait(self, seconds: float, reason: str) -> None:
            with lock:
                now[0] += 0.01

    def work() -> None:
        for _ in range(5):
            wait_for_turn(pacer.turn(), Ticking(), "")
            with lock:
                moments.append(now[0])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(moments) == 20
    assert max(moments) - min(moments) >= 19 / 5 - 0.2
