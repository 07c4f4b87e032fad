"""Exports of a small question each, run through a proxy that spoils the answers, without the waits between attempts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from gladly_tools.api import pacing, transport
from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange, Parameters, check_parameters
from gladly_tools.exports.moments import MomentRange
from gladly_tools.runs import Runs
from tests.conftest import NOW, TODAY
from tests.exports.truth import ZONE, answers
from tests.faults.proxy import Plan, Proxy, in_front_of


def small_parameters(name: str, company: Company) -> Parameters:
    """As little as shows everything that the export does."""
    given: dict[str, Any] = answers(name, company)
    if "dates" in given:
        given["dates"] = DateRange(first=TODAY - timedelta(days=3), last=TODAY - timedelta(days=2), zone=ZONE)
    if "window" in given:
        given["window"] = MomentRange(start=NOW - timedelta(hours=3), end=NOW - timedelta(hours=1), zone=ZONE)
    parameters: Parameters = check_parameters(EXPORTS[name].parameters, given)
    return parameters


@pytest.fixture(scope="session")
def shared_proxy(shared_server: DemoServer) -> Iterator[Proxy]:
    with in_front_of(int(shared_server.url.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture
def proxy(shared_proxy: Proxy, server: DemoServer) -> Iterator[Proxy]:
    shared_proxy.expect(Plan())
    yield shared_proxy
    shared_proxy.expect(Plan())


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every decision to try again stays as it is; the wait before it, and the pace after a refusal, do not."""
    decide = transport.wait_before_retry

    def at_once(*args: Any, **more: Any) -> float | None:
        return None if decide(*args, **more) is None else 0.0

    monkeypatch.setattr(transport, "wait_before_retry", at_once)
    learn = pacing.Pacer.learn
    monkeypatch.setattr(pacing.Pacer, "learn", lambda self, **seen: learn(self, **{**seen, "refused": False}))


@pytest.fixture(autouse=True)
def _quiet_sweeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is swept away under a test."""
    monkeypatch.setattr(Runs, "sweep", lambda self: 0)
