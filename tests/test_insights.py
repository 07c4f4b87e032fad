"""Every figure of a chart equals the same figure worked out from the downloaded CSV, with and without filters."""

from __future__ import annotations

import csv
import io
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gladly_tools import insights
from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.contact_information import ContactInformationParameters
from gladly_tools.exports.inputs import DateRange
from gladly_tools.results.download import Format, encode
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from tests.conftest import UNLIMITED, connect, settings_for

ZONE = "America/New_York"
HANDLE_TIME = "Conversation Handle Time in seconds"

QUERIES = {
    "all": Query(),
    "one channel": Query(conditions=(Condition(column="First Channel", operator=Operator.ONE_OF, values=("EMAIL",)),)),
    "long ones": Query(conditions=(Condition(column=HANDLE_TIME, operator=Operator.BETWEEN, values=(600, None)),)),
    "not closed": Query(
        conditions=(Condition(column="Status", operator=Operator.EQUALS, values=("CLOSED",), negated=True),)
    ),
    "nothing": Query(search="no such text anywhere"),
}


@dataclass(frozen=True, kw_only=True)
class Sides:
    """The table, and its rows as a person finds them in the CSV."""

    table: Table

    def rows(self, query: Query) -> list[dict[str, str]]:
        text = b"".join(encode(self.table, query, Format.CSV)).decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def sides(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    folder: Path = tmp_path_factory.mktemp("insights")
    with DemoServer(company, limits=UNLIMITED) as server:
        settings = settings_for(server, folder)
        runs = Runs(settings)
        client, account = connect(server, settings)
        dates = DateRange(first=date(2026, 2, 20), last=date(2026, 3, 19), zone=ZONE)
        parameters = ContactInformationParameters(dates=dates, customers=False)
        job = runs.run_here(account, client, EXPORTS["contact-information"], parameters, lambda _ticket: None)
        result = runs.result(account, job.id)
        assert result is not None
        yield Sides(table=Table(result))
        runs.close()


def handle_times(rows: list[dict[str, str]]) -> list[float]:
    return sorted(float(row[HANDLE_TIME]) / 60 for row in rows if row[HANDLE_TIME])


def quantile(ordered: list[float], share: float) -> float:
    """Linear interpolation between the two nearest."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_the_headline_figures(sides: Sides, query: Query) -> None:
    rows, found = sides.rows(query), insights.figures(sides.table, query)
    times = handle_times(rows)
    eligible = [row for row in rows if row["Is FCR Eligible"] == "true"]
    assert found.conversations == len(rows)
    assert found.customers == len({row["Customer ID"] for row in rows})
    assert found.with_handle_time == len(times)
    assert found.fcr_eligible == len(eligible)
    if not rows:
        assert (found.median_minutes, found.p90_minutes, found.fcr_rate) == (None, None, None)
        return
    assert found.median_minutes == pytest.approx(statistics.median(times))
    assert found.p90_minutes == pytest.approx(quantile(times, 0.9))
    if eligible:
        assert found.fcr_rate == sum(row["Is FCR Success"] == "true" for row in eligible) / len(eligible)


@pytest.mark.parametrize("zone", [ZONE, "Asia/Tokyo", "UTC"])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_conversations_per_day_in_a_zone(sides: Sides, query: Query, zone: str) -> None:
    expected = Counter(
        datetime.fromisoformat(row["Created At"]).astimezone(ZoneInfo(zone)).date() for row in sides.rows(query)
    )
    frame = insights.conversations_per_day(sides.table, query, zone)
    found = {row.day.date(): row.conversations for row in frame.itertuples()}  # type: ignore[union-attr]
    assert {day: count for day, count in found.items() if count} == dict(expected)
    if expected:
        assert len(found) == (max(expected) - min(expected)).days + 1, "quiet days are there with none"


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_the_channel_mix(sides: Sides, query: Query) -> None:
    rows = sides.rows(query)
    expected = Counter(row["First Channel"] or "(none)" for row in rows)
    frame = insights.channel_mix(sides.table, query)
    assert dict(zip(frame["channel"], frame["conversations"], strict=True)) == dict(expected)
    assert list(frame["conversations"]) == sorted(expected.values(), reverse=True)
    if rows:
        assert frame["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_the_distribution_holds_every_handle_time_in_its_bin(sides: Sides, query: Query) -> None:
    times = handle_times(sides.rows(query))
    frame = insights.handle_time_distribution(sides.table, query)
    assert frame["conversations"].sum() == len(times)
    for row in frame.itertuples():
        low, high = float(row.from_minutes), float(row.to_minutes)  # type: ignore[arg-type]
        assert low < high
        inside = [each for each in times if (low < each if row.beyond else low <= each) and each <= high]
        assert abs(len(inside) - int(row.conversations)) <= 1, "a value on a border may fall either way"  # type: ignore[call-overload]
    if times:
        assert list(frame["beyond"])[:-1] == [False] * (len(frame) - 1)


@pytest.mark.parametrize("group", insights.GROUPS)
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_handle_time_by_group(sides: Sides, query: Query, group: str) -> None:
    column = insights.GROUPS[group].strip('"')
    times: dict[str, list[float]] = defaultdict(list)
    for row in sides.rows(query):
        if row[HANDLE_TIME]:
            name = row[column]
            times[name.removeprefix("'") if name.startswith("'") else name or "(none)"].append(
                float(row[HANDLE_TIME]) / 60
            )
    frame = insights.handle_time_by(sides.table, query, group)
    assert insights.group_count(sides.table, query, group) == len(times)
    assert len(frame) == min(len(times), insights.MOST_GROUPS)
    for row in frame.itertuples():
        own = sorted(times[str(row.member)])
        assert row.conversations == len(own)
        assert row.median_minutes == pytest.approx(statistics.median(own))
        assert row.p90_minutes == pytest.approx(quantile(own, 0.9))
