"""Spans that reach back from now, where the clocks change, months are short and days begin late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.relative import Unit, is_zone, months_before, span_back
from gladly_tools.results.schema import Row
from gladly_tools.results.sql import compile_query
from gladly_tools.results.store import ResultStore
from tests.results.making import EVERY_KIND, table_of

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("zone", "number", "unit", "now", "start", "end"),
    [
        (NEW_YORK, 1, "days", "2026-03-08T12:00Z", "2026-03-08T05:00Z", "2026-03-09T04:00Z"),
        (NEW_YORK, 1, "days", "2026-11-01T12:00Z", "2026-11-01T04:00Z", "2026-11-02T05:00Z"),
        (NEW_YORK, 7, "days", "2026-11-22T15:00Z", "2026-11-16T05:00Z", "2026-11-23T05:00Z"),
        (NEW_YORK, 7, "days", "2026-11-22T03:00Z", "2026-11-15T05:00Z", "2026-11-22T05:00Z"),
        (NEW_YORK, 1, "weeks", "2026-11-22T15:00Z", "2026-11-16T05:00Z", "2026-11-23T05:00Z"),
        (NEW_YORK, 24, "hours", "2026-03-08T12:00Z", "2026-03-07T12:00Z", "2026-03-08T12:00Z"),
        ("UTC", 1, "months", "2026-11-22T15:00Z", "2026-10-23T00:00Z", "2026-11-23T00:00Z"),
        ("UTC", 1, "months", "2026-03-31T15:00Z", "2026-03-01T00:00Z", "2026-04-01T00:00Z"),
        ("UTC", 12, "months", "2028-02-29T15:00Z", "2027-03-01T00:00Z", "2028-03-01T00:00Z"),
        ("Africa/Cairo", 1, "days", "2026-04-24T12:00Z", "2026-04-23T22:00Z", "2026-04-24T21:00Z"),
    ],
)
def test_a_span_reaches_back_in_whole_local_days(
    zone: str, number: int, unit: str, now: str, start: str, end: str
) -> None:
    found = span_back(zone, number, Unit(unit), datetime.fromisoformat(now))
    assert found == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 500))
def test_a_month_before_is_in_the_month_before(day: date, months: int) -> None:
    found = months_before(day, months)
    assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


@pytest.mark.parametrize("name", ["", "nope", "../UTC", "/etc/localtime", None, 3, "a\0b"])
def test_what_is_no_zone_is_known(name: Any) -> None:
    assert not is_zone(name)
    assert is_zone(NEW_YORK)


def at_hours(zone: str, *hours: int) -> Condition:
    return Condition(column="Seen At", operator=Operator.AT_HOURS, values=(zone, *hours))


def on_weekdays(zone: str, *days: int) -> Condition:
    return Condition(column="Seen At", operator=Operator.ON_WEEKDAYS, values=(zone, *days))


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        # The clocks go forward on 8 March: 06:59 UTC is 01:59 there, 07:00 UTC is 03:00.
        (at_hours(NEW_YORK, 1), [0, 2]),
        (at_hours(NEW_YORK, 2), [3]),
        (at_hours(NEW_YORK, 3), [1]),
        # They go back on 1 November: the hour from 1 to 2 comes twice.
        (at_hours("America/Chicago", 1), [1, 2, 3]),
        (on_weekdays(NEW_YORK, 7), [0, 1, 2, 3]),
        (on_weekdays("UTC", 7), [0, 1, 2, 3, 4]),
        (on_weekdays(NEW_YORK, 6), [4]),
        (on_weekdays("UTC", 6, 1), []),
        (on_weekdays("UTC"), []),
    ],
)
def test_weekdays_and_hours_are_those_of_the_zone(store: ResultStore, condition: Condition, found: list[int]) -> None:
    times = [
        "2026-03-08T06:59:59Z",
        "2026-03-08T07:00:00Z",
        "2026-11-01T06:30:00Z",
        "2026-11-01T07:30:00Z",
        "2026-03-15T03:30:00Z",
        None,
    ]
    rows: list[Row] = [{"Id": str(number), "Seen At": time} for number, time in enumerate(times)]
    table = table_of(store, EVERY_KIND, rows)
    for negated in (False, True):
        asked = Condition(column="Seen At", operator=condition.operator, values=condition.values, negated=negated)
        ids = table.page(Query(conditions=(asked,)), ["Id"])["Id"].tolist()
        assert ids == [str(number) for number in range(len(times)) if (number in found) is not negated]


def test_now_is_an_argument(store: ResultStore) -> None:
    table = table_of(store, EVERY_KIND, [{"Seen At": "2020-05-05T10:00:00Z"}])
    condition = Condition(column="Seen At", operator=Operator.LAST, values=("UTC", 2, "days"))
    clauses = compile_query(Query(conditions=(condition,)), table.fields, now=datetime(2020, 5, 6, 23, tzinfo=UTC))
    assert set(clauses.parameters.values()) == {
        datetime(2020, 5, 5, tzinfo=UTC),
        datetime(2020, 5, 7, tzinfo=UTC),
    }
    assert table.count(Query(conditions=(condition,))) == 0


def test_new_operators_travel_as_json() -> None:
    query = Query(
        conditions=(
            Condition(column="a", operator=Operator.LAST, values=(NEW_YORK, 7, "days"), negated=True),
            Condition(column="a", operator=Operator.ON_WEEKDAYS, values=(NEW_YORK, 1, 7)),
            Condition(column="a", operator=Operator.AT_HOURS, values=(NEW_YORK, 0, 23)),
            Condition(column="b", operator=Operator.LISTS, values=(">>", "a", None)),
        )
    )
    assert Query.from_json(query.to_json()) == query
