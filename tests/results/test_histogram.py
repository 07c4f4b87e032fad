"""How values are spread, against counting them one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gladly_tools.errors import InputError
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.schema import Row
from gladly_tools.results.store import ResultStore
from tests.results.making import EVERY_KIND, table_of
from tests.told import is_told

DAY = datetime(2026, 3, 1, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(
    column=st.sampled_from(["Count", "Score", "Created At"]),
    numbers=st.lists(st.none() | st.integers(-50, 5000) | st.just(2**40), max_size=60),
    bins=st.sampled_from([1, 2, 4, 8]),  # with these no edge is rounded, so that counting one by one is exact
)
def test_every_value_is_in_its_bin_and_in_no_other(
    store: ResultStore, column: str, numbers: list[int | None], bins: int
) -> None:
    def cell(number: int | None) -> Any:
        if number is None or column == "Score":
            return None if number is None else number / 4
        return str(number) if column == "Count" else (DAY + timedelta(minutes=number % 10**6)).isoformat()

    rows: list[Row] = [{"Id": str(place), column: cell(number)} for place, number in enumerate(numbers)]
    table = table_of(store, EVERY_KIND, rows)
    values: list[Any] = [
        int(text) if column == "Count" else text if column == "Score" else datetime.fromisoformat(text)
        for text in (row[column] for row in rows)
        if text is not None
    ]
    found = table.histogram(column, bins=bins)
    assert len(found) <= bins
    assert sum(one.rows for one in found) == len(values)
    for place, one in enumerate(found):
        is_last = place == len(found) - 1
        low: Any = one.low
        high: Any = one.high
        assert one.rows == sum(low <= value and (value < high or (is_last and value == high)) for value in values)
    assert all(one.high == after.low for one, after in pairwise(found))


def test_the_few_that_are_far_away_are_in_the_last_bin(store: ResultStore) -> None:
    rows: list[Row] = [{"Score": number} for number in [*range(300), 100_000]]
    found = table_of(store, EVERY_KIND, rows).histogram("Score", bins=10)
    assert found[-1].high == 100_000
    assert max(one.rows for one in found) < 40


def test_only_the_rows_of_the_query_are_counted(store: ResultStore) -> None:
    rows: list[Row] = [{"Score": number, "Open": number % 2 == 0} for number in range(10)]
    query = Query(conditions=(Condition(column="Open", operator=Operator.IS_TRUE),))
    found = table_of(store, EVERY_KIND, rows).histogram("Score", query)
    assert (sum(one.rows for one in found), found[0].low, found[-1].high) == (5, 0, 8)


@pytest.mark.parametrize("value", [0.0, 7.5, 1e300, -1e308])
def test_one_value_is_one_bin(store: ResultStore, value: float) -> None:
    found = table_of(store, EVERY_KIND, [{"Score": value}] * 3).histogram("Score")
    assert [one.rows for one in found] == [3]
    assert found[0].low == value


def test_no_value_is_no_bin_and_no_column_is_refused(store: ResultStore) -> None:
    table = table_of(store, EVERY_KIND, [{"Id": "a", "Count": "many"}])
    assert table.histogram("Count") == table.histogram("Score") == []
    assert table_of(store, EVERY_KIND).histogram("Score") == []
    with pytest.raises(InputError) as caught:
        table.histogram("nope")
    assert is_told(caught.value)


def test_items_of_joined_texts_are_counted_by_rows(store: ResultStore) -> None:
    rows: list[Row] = [{"Name": text} for text in ("a; b", "b ;b", "c", None, "Bb")]
    table = table_of(store, EVERY_KIND, rows)
    assert table.choices("Name", separator=";") == [("b", 2), ("Bb", 1), ("a", 1), ("c", 1)]
    assert table.choices("Name", separator=";", matching="B") == [("b", 2), ("Bb", 1)]
    assert table.choices("Name", matching="; B") == [("a; b", 1)]


def test_a_list_that_names_an_item_twice_is_one_row(store: ResultStore) -> None:
    table = table_of(store, EVERY_KIND, [{"Tags": ["x", "x"]}, {"Tags": ["x"]}])
    assert table.choices("Tags") == [("x", 2)]
