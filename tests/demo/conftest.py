"""A demo server for all tests of it, and a client that knows nothing but HTTP."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gladly_tools.demo import Company, DemoServer, Limits

TODAY = dt.date(2026, 3, 20)  # the clocks in New York changed on the 8th
NOW = dt.datetime(2026, 3, 20, 18, 30, tzinfo=dt.UTC)
UNLIMITED = Limits(requests_per_second=100_000, reports_per_minute=100_000, reports_in_flight=100)
WEEK_BODY = {"startAt": "2026-03-02", "endAt": "2026-03-08"}


def make_company(**more: Any) -> Company:
    """A company on a fixed day, in the middle of the afternoon."""
    return Company.make(**{"today": TODAY, "days": 40, "conversations": 1500, "now": lambda: NOW, **more})


def caller(server: DemoServer) -> httpx.Client:
    """A client with the credentials of the server's first account."""
    return httpx.Client(base_url=server.url, auth=(server.username, server.api_token), trust_env=False)


def ask_report(client: httpx.Client, **body: object) -> httpx.Response:
    return client.post("/api/v1/reports", json={"metricSet": "ConversationExportReport", **body})


def read_csv(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


@pytest.fixture(scope="session")
def company() -> Company:
    return make_company()


@pytest.fixture(scope="session")
def server(company: Company) -> Iterator[DemoServer]:
    with DemoServer(company, limits=UNLIMITED) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: DemoServer) -> Iterator[httpx.Client]:
    with caller(server) as calling:
        yield calling
