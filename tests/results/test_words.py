"""Conditions in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gladly_tools.results.query import Condition, Operator, Query, Value
from gladly_tools.results.words import describe, describe_query
from tests.conftest import NOW


def midnight(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("operator", "values", "words", "negated"),
    [
        ("between", (100.0, 300.5), "C is between 100 and 300.5", "C is not between 100 and 300.5"),
        ("between", (1, 123456789), "C is between 1 and 123,456,789", "C is not between 1 and 123,456,789"),
        ("between", (None, 300), "C is up to 300", "C is not up to 300"),
        ("between", (600, None), "C is at least 600", "C is not at least 600"),
        ("between", (None, None), "C is of any value", "C is not of any value"),
        (
            "between",
            (midnight(3), midnight(5)),
            "C is between 3 Mar 2026 and 4 Mar 2026",
            "C is not between 3 Mar 2026 and 4 Mar 2026",
        ),
        ("between", (midnight(3), midnight(4)), "C is 3 Mar 2026", "C is not 3 Mar 2026"),
        ("between", (NOW, None), "C is from 20 Mar 2026, 18:30", "C is not from 20 Mar 2026, 18:30"),
        (
            "one_of",
            ("a", None, "c", "d"),
            "C is one of a, (empty), c and 1 more",
            "C is none of a, (empty), c and 1 more",
        ),
        ("one_of", (12345,), "C is one of 12,345", "C is none of 12,345"),
        ("contains", ("x" * 50,), f"C contains {'x' * 40}…", f"C does not contain {'x' * 40}…"),
        ("is_empty", (), "C is empty", "C is not empty"),
        (
            "last",
            ("UTC", 7, "days"),
            "C is in the last 7 days (14 to 20 Mar 2026)",
            "C is not in the last 7 days (14 to 20 Mar 2026)",
        ),
        ("last", ("UTC", 1, "days"), "C is today (20 Mar 2026)", "C is not today (20 Mar 2026)"),
        (
            "last",
            ("UTC", 1, "months"),
            "C is in the last 1 month (21 Feb to 20 Mar 2026)",
            "C is not in the last 1 month (21 Feb to 20 Mar 2026)",
        ),
        (
            "last",
            ("Asia/Tokyo", 80, "days"),
            "C is in the last 80 days (1 Jan to 21 Mar 2026, Asia/Tokyo)",
            "C is not in the last 80 days (1 Jan to 21 Mar 2026, Asia/Tokyo)",
        ),
        (
            "last",
            ("UTC", 24, "hours"),
            "C is in the last 24 hours (19 Mar 2026, 18:30 to 20 Mar 2026, 18:30)",
            "C is not in the last 24 hours (19 Mar 2026, 18:30 to 20 Mar 2026, 18:30)",
        ),
        ("on_weekdays", ("UTC", 1, 7), "C is on Mon, Sun", "C is not on Mon, Sun"),
        (
            "at_hours",
            ("Asia/Tokyo", 10, 9, 14),
            "C is at 09:00 to 10:59, 14:00 to 14:59, Asia/Tokyo",
            "C is not at 09:00 to 10:59, 14:00 to 14:59, Asia/Tokyo",
        ),
        ("lists", (";", "a", "b"), "C has a or b", "C does not have a or b"),
    ],
)
def test_a_condition_is_told_in_words(operator: str, values: tuple[Value, ...], words: str, negated: str) -> None:
    for is_negated, wanted in ((False, words), (True, negated)):
        condition = Condition(column="C", operator=Operator(operator), values=values, negated=is_negated)
        assert describe(condition, "UTC", now=NOW) == wanted


@pytest.mark.parametrize(
    ("operator", "values", "words"),
    [
        ("one_of", ("WiqOJzqRQt", None, "unknown"), "C is one of General (WiqOJz…), (empty), unknown"),
        ("equals", ("short",), "C is Billing (short)"),
        ("one_of", ("long",), f"C is one of {'n' * 40}… (long)"),
        ("lists", (";", "short"), "C has short"),
    ],
)
def test_an_id_is_told_by_its_name(operator: str, values: tuple[Value, ...], words: str) -> None:
    names = {"WiqOJzqRQt": "General", "short": "Billing", "long": "n" * 41}
    condition = Condition(column="C", operator=Operator(operator), values=values)
    assert describe(condition, "UTC", names=names) == words
    assert describe_query(Query(conditions=(condition,)), "UTC", names=lambda _: names) == [words]


def test_a_query_is_told_condition_by_condition_and_its_search_after_them() -> None:
    condition = Condition(column="C", operator=Operator.IS_TRUE)
    assert describe_query(Query(conditions=(condition,), search="x"), "UTC") == ["C is yes", "any text contains “x”"]
    assert describe_query(Query(), "UTC") == []
