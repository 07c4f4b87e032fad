"""The limits: enforced, announced, and counted so that a caller's manners can be checked."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest

from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.demo.limits import Turnstile
from tests.clocks import Clock

from .conftest import WEEK_BODY, ask_report, caller


@pytest.fixture
def clock() -> Clock[float]:
    return Clock(1000.0)


@pytest.fixture
def strict(company: Company, clock: Clock[float]) -> Iterator[DemoServer]:
    with DemoServer(company, clock=clock) as server:
        yield server


def test_the_eleventh_request_of_a_second_is_refused(strict: DemoServer, clock: Clock[float]) -> None:
    with caller(strict) as calling:
        answers = [calling.get("/api/v1/organization") for _ in range(11)]
        clock.now += 1
        later = calling.get("/api/v1/organization")
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert [answer.headers["ratelimit-remaining-second"] for answer in answers] == [*"9876543210", "0"]
    assert {answer.headers["ratelimit-limit-second"] for answer in answers} == {"10"}
    assert "retry-after" not in answers[-1].headers
    assert later.status_code == 200
    assert strict.pressure.refused_requests == strict.pressure.refused == 1
    assert strict.pressure.most_requests_in_a_second == 10


def test_all_accounts_share_one_budget(strict: DemoServer) -> None:
    for account in strict.accounts * 5:
        httpx.get(strict.url + "/api/v1/organization", auth=account, trust_env=False)
    answer = httpx.get(strict.url + "/api/v1/organization", trust_env=False)
    assert answer.status_code == 429


def test_the_eleventh_report_of_a_minute_is_refused(strict: DemoServer, clock: Clock[float]) -> None:
    statuses = []
    with caller(strict) as calling:
        for _ in range(11):
            statuses.append(ask_report(calling, **WEEK_BODY).status_code)
            clock.now += 5
        clock.now += 5
        statuses.append(ask_report(calling, **WEEK_BODY).status_code)
        statuses.append(ask_report(calling, **WEEK_BODY).status_code)
    assert statuses == [200] * 10 + [429, 200, 429]
    assert (strict.pressure.refused_reports, strict.pressure.most_reports_in_a_minute) == (2, 10)
    assert strict.pressure.most_reports_in_flight == 1


def test_a_third_report_at_once_is_refused(company: Company) -> None:
    reports = Turnstile(Limits(), Clock(1000.0))
    assert [reports.begin_report() for _ in range(3)] == [True, True, False]
    reports.end_report()
    assert reports.begin_report()
    assert reports.pressure().most_reports_in_flight == 2


def test_a_report_refused_or_given_up_is_not_in_flight(strict: DemoServer, clock: Clock[float]) -> None:
    with caller(strict) as calling:
        for _ in range(3):
            assert calling.post("/api/v1/reports", content=b"{").status_code == 400
        clock.now += 60
        strict.faults.add("/api/v1/reports", cut_after=100, times=3)
        for _ in range(3):
            with pytest.raises(httpx.RemoteProtocolError):
                ask_report(calling, **WEEK_BODY)
        assert ask_report(calling, **WEEK_BODY).status_code == 200
    assert strict.pressure.refused == 0


def test_requests_from_many_threads_are_all_counted(company: Company) -> None:
    with DemoServer(company, limits=Limits(requests_per_second=100_000)) as server:

        def call() -> None:
            with caller(server) as calling:
                for _ in range(25):
                    calling.get("/api/v1/organization")

        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.pressure.requests == len(server.seen) == 100
