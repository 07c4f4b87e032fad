from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gladly_tools.errors import InputError
from gladly_tools.results.query import Condition, Operator, Query, Sort, operators_for
from gladly_tools.results.schema import Kind
from tests.told import is_told

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
