from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gladly_tools.errors import InputError
from gladly_tools.results.query import Condition, Operator, Query, Sort, check_condition, operators_for
from gladly_tools.results.schema import Kind
from tests.told import is_told

COSTLY = {Operator.CONTAINS, Operator.STARTS_WITH, Operator.LISTS, Operator.ON_WEEKDAYS, Operator.AT_HOURS}
TIMES = st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 the zone is the next one
VALUES = st.none() | st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TIMES
QUERIES = st.builds(
    Query,
    conditions=st.lists(
        st.builds(
            Condition,
            column=st.text(),
            operator=st.sampled_from(Operator),
            values=st.lists(VALUES).map(tuple),
            negated=st.booleans(),
        )
    ).map(tuple),
    search=st.text(),
    sort=st.lists(st.builds(Sort, column=st.text(), descending=st.booleans())).map(tuple),
)


@given(QUERIES)
def test_query_travels_as_json(query: Query) -> None:
    text = query.to_json()
    assert Query.from_json(text) == query
    assert Query.from_json(text).to_json() == text


def test_times_travel_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    condition = Condition(column="At", operator=Operator.BETWEEN, values=(datetime(2026, 3, 1, tzinfo=east), None))
    value = json.loads(Query(conditions=(condition,)).to_json())
    assert value["conditions"][0]["values"] == [{"time": "2026-02-28T22:00:00Z"}, None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "null",
        '{"search": 1}',
        '{"sorts": []}',
        '{"sort": [{"descending": true}]}',
        '{"sort": [{"column": "a", "descending": "yes"}]}',
        '{"conditions": {}}',
        '{"conditions": [{"column": "a"}]}',
        '{"conditions": [{"column": "a", "operator": "drop table"}]}',
        '{"conditions": [{"column": "a", "operator": "equals", "values": [[1]]}]}',
        '{"conditions": [{"column": "a", "operator": "equals", "values": [true]}]}',
        '{"conditions": [{"column": "a", "operator": "equals", "values": [{"time": "2026-03-01T00:00"}]}]}',
        '{"conditions": [{"column": "a", "operator": "equals", "values": [{"time": 5}]}]}',
        '{"conditions": [{"column": 5, "operator": "is_empty"}]}',
        '{"conditions": [' + ",".join(['{"column": "a", "operator": "is_empty"}'] * 101) + "]}",
        "[" * 100_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Query.from_json(text)
    assert is_told(caught.value)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_operators_and_can_be_empty(kind: Kind) -> None:
    assert Operator.IS_EMPTY in operators_for(kind)
    assert len(set(operators_for(kind))) == len(operators_for(kind))


def asks(count: int, values: int = 0) -> str:
    each = {"column": "a", "operator": "one_of", "values": ["x"] * values}
    return json.dumps({"conditions": [each] * count})


def test_a_query_just_as_large_as_allowed_is_read() -> None:
    assert len(Query.from_json(asks(100)).conditions) == 100
    assert len(Query.from_json(asks(1, 10_000)).conditions[0].values) == 10_000
    assert len(Query.from_json(json.dumps({"sort": [{"column": "a"}] * 100})).sort) == 100
    for text in (asks(101), asks(1, 10_001), json.dumps({"sort": [{"column": "a"}] * 101})):
        with pytest.raises(InputError) as caught:
            Query.from_json(text)
        assert caught.value.field == "query"


def test_what_is_left_out_of_the_json_is_as_usual() -> None:
    text = '{"conditions":[{"column":"a","operator":"is_empty"}],"sort":[{"column":"b"}]}'
    expected = Query(
        conditions=(Condition(column="a", operator=Operator.IS_EMPTY, values=(), negated=False),),
        sort=(Sort(column="b", descending=False),),
    )
    assert Query.from_json(text) == expected
    assert Query.from_json("{}") == Query()
    assert Query().to_json() == "{}"
    assert expected.to_json() == text.replace('"b"', '"b","descending":false')


@pytest.mark.parametrize(
    ("query", "takes_all", "is_costly"),
    [
        (Query(), True, False),
        (Query(sort=(Sort(column="a"),)), True, False),
        (Query(search="x"), False, True),
        *(
            (Query(conditions=(Condition(column="a", operator=operator),)), False, operator in COSTLY)
            for operator in Operator
        ),
    ],
)
def test_it_is_known_which_query_leaves_rows_out_and_which_takes_long(
    query: Query, takes_all: bool, is_costly: bool
) -> None:
    assert (query.takes_all, query.is_costly) == (takes_all, is_costly)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Kind.ID, "contains equals starts_with one_of lists is_empty"),
        (Kind.TEXT, "contains equals starts_with one_of lists is_empty"),
        (Kind.URL, "contains equals starts_with one_of lists is_empty"),
        (Kind.CHOICE, "one_of contains equals starts_with lists is_empty"),
        (Kind.INTEGER, "between equals one_of is_empty is_unreadable"),
        (Kind.NUMBER, "between equals one_of is_empty is_unreadable"),
        (Kind.BOOLEAN, "is_true is_false is_empty is_unreadable"),
        (Kind.TIME, "last between equals on_weekdays at_hours is_empty is_unreadable"),
        (Kind.LIST, "one_of contains is_empty is_unreadable"),
        (Kind.RECORDS, "contains is_empty"),
    ],
)
def test_the_most_useful_operator_of_a_kind_comes_first(kind: Kind, names: str) -> None:
    assert [operator.value for operator in operators_for(kind)] == names.split()


NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "operator", "values", "why"),
    [
        (Kind.INTEGER, Operator.EQUALS, (2**63 - 1,), None),
        (Kind.INTEGER, Operator.EQUALS, (-(2**63),), None),
        (Kind.INTEGER, Operator.EQUALS, (-(2**63) - 1,), "has a value of the wrong type"),
        (Kind.INTEGER, Operator.EQUALS, (True,), "has a value of the wrong type"),
        (Kind.INTEGER, Operator.EQUALS, (1.0,), "has a value of the wrong type"),
        (Kind.NUMBER, Operator.EQUALS, (1,), None),
        (Kind.NUMBER, Operator.EQUALS, (False,), "has a value of the wrong type"),
        (Kind.NUMBER, Operator.EQUALS, (float("inf"),), "has a value of the wrong type"),
        (Kind.NUMBER, Operator.BETWEEN, (None, 1.5), None),
        (Kind.NUMBER, Operator.BETWEEN, (1.5,), "needs 2 values"),
        (Kind.NUMBER, Operator.EQUALS, (None,), "has a value of the wrong type"),
        (Kind.TEXT, Operator.ONE_OF, (None, "a"), None),
        (Kind.TEXT, Operator.ONE_OF, (), None),
        (Kind.TEXT, Operator.EQUALS, (), "needs 1 value"),
        (Kind.TEXT, Operator.IS_EMPTY, ("a",), "needs no values"),
        (Kind.TEXT, Operator.ON_WEEKDAYS, ("UTC", 1), "cannot be “on weekdays”, which its column does not know"),
        (Kind.TEXT, Operator.LISTS, (";",), None),
        (Kind.TEXT, Operator.LISTS, (";", None, "a"), None),
        (Kind.TEXT, Operator.LISTS, (None, "a"), "has values that do not belong to it"),
        (Kind.LIST, Operator.CONTAINS, ("a",), None),
        (Kind.RECORDS, Operator.CONTAINS, ("a",), None),
        (Kind.RECORDS, Operator.CONTAINS, (1,), "has a value of the wrong type"),
        (Kind.TIME, Operator.BETWEEN, (NOW, None), None),
        (Kind.TIME, Operator.BETWEEN, ("2026", None), "has a value of the wrong type"),
        (Kind.TIME, Operator.LAST, ("UTC", 1, "days"), None),
        (Kind.TIME, Operator.LAST, ("UTC", 10_000, "hours"), None),
        (Kind.TIME, Operator.LAST, ("UTC", 1, "days", 1), "has values that do not belong to it"),
        (Kind.TIME, Operator.ON_WEEKDAYS, ("UTC", 1, 7), None),
        (Kind.TIME, Operator.ON_WEEKDAYS, ("UTC",), None),
        (Kind.TIME, Operator.ON_WEEKDAYS, ("UTC", 1, 8), "has values that do not belong to it"),
        (Kind.TIME, Operator.AT_HOURS, ("UTC", 0, 23), None),
        (Kind.TIME, Operator.AT_HOURS, ("UTC", -1), "has values that do not belong to it"),
        (Kind.TIME, Operator.AT_HOURS, (), "has values that do not belong to it"),
    ],
)
def test_a_condition_fits_its_column_or_says_why_not(
    kind: Kind, operator: Operator, values: tuple[Any, ...], why: str | None
) -> None:
    condition = Condition(column="Seen", operator=operator, values=values)
    if why is None:
        check_condition(condition, kind)
        return
    with pytest.raises(InputError) as caught:
        check_condition(condition, kind)
    assert caught.value.what == f"The filter on “Seen” {why}."
    assert (caught.value.advice, caught.value.field) == ("Set the filter again.", "Seen")
