from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gladly_tools.results.readings import (
    read,
    read_boolean,
    read_integer,
    read_list,
    read_number,
    read_time,
)
from gladly_tools.results.schema import Kind

NEW_YORK = "America/New_York"


class Nothing:
    """Stands for a cell that has no reading."""

    def __repr__(self) -> str:
        return "nothing"


UNREADABLE = Nothing()


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


TIMES: list[tuple[str, Any]] = [
    ("2026-03-04T10:00:00.000Z", utc(2026, 3, 4, 10)),
    ("2026-03-04T10:00:00Z", utc(2026, 3, 4, 10)),
    ("2026-03-04 10:00:00.5Z", utc(2026, 3, 4, 10, 0, 0, 500000)),
    ("2026-03-04T10:00:00.123456789Z", utc(2026, 3, 4, 10, 0, 0, 123456)),
    ("2026-03-04T10:00:00+05:30", utc(2026, 3, 4, 4, 30)),
    ("2026-03-04T10:00:00-0800", utc(2026, 3, 4, 18)),
    ("2026-03-04T10:00Z", utc(2026, 3, 4, 10)),
    ("2026-03-04T10:00:00", utc(2026, 3, 4, 15)),
    ("2026-07-04 10:00", utc(2026, 7, 4, 14)),
    ("2026-03-04", utc(2026, 3, 4, 5)),
    ("  2026-03-04  ", utc(2026, 3, 4, 5)),
    ("2026-11-01T01:30:00", utc(2026, 11, 1, 5, 30)),  # twice that night: the earlier one
    ("2026-03-08T02:30:00", utc(2026, 3, 8, 7, 30)),  # skipped that night: an hour later on the clock
    ("2026-02-30T00:00:00Z", UNREADABLE),
    ("2026-03-04T24:00:00Z", UNREADABLE),
    ("2026-03-04T10:00:00+99:00", UNREADABLE),
    ("0001-01-01T00:00:00+01:00", UNREADABLE),
    ("9999-12-31T23:59:59-01:00", UNREADABLE),
    ("03/04/2026", UNREADABLE),
    ("2026-03-04Z", UNREADABLE),
    ("1772618400", UNREADABLE),
]
NUMBERS: list[tuple[str, Any]] = [
    ("3", 3.0),
    ("-3.5", -3.5),
    ("+.5", 0.5),
    ("5.", 5.0),
    ("1e3", 1000.0),
    ("1,234.5", 1234.5),
    ("12,34", UNREADABLE),
    ("1e999", UNREADABLE),
    ("nan", UNREADABLE),
    ("inf", UNREADABLE),
    ("12%", UNREADABLE),
    ("٣", UNREADABLE),
]
INTEGERS: list[tuple[str, Any]] = [
    ("3", 3),
    ("-007", -7),
    ("+3", 3),
    ("3.0", 3),
    ("3e2", 300),
    ("1,234", 1234),
    ("9223372036854775807", 2**63 - 1),
    ("-9223372036854775808", -(2**63)),
    ("9223372036854775808", UNREADABLE),
    ("9" * 5000, UNREADABLE),
    ("1e999999999", UNREADABLE),
    ("3.5", UNREADABLE),
    ("three", UNREADABLE),
]
BOOLEANS: list[tuple[str, Any]] = [
    ("true", True),
    ("YES", True),
    ("Y", True),
    ("1", True),
    ("t", True),
    ("False", False),
    ("no", False),
    ("n", False),
    ("0", False),
    ("F", False),
    ("maybe", UNREADABLE),
]
LISTS: list[tuple[str, Any]] = [
    ('["a", "b"]', ["a", "b"]),
    ("[]", []),
    ("a, b", UNREADABLE),
    ("[1]", UNREADABLE),
    ("[" * 100_000, UNREADABLE),
]
ALL = [
    (kind, text, value)
    for kind, table in [
        (Kind.TIME, TIMES),
        (Kind.NUMBER, NUMBERS),
        (Kind.INTEGER, INTEGERS),
        (Kind.BOOLEAN, BOOLEANS),
        (Kind.LIST, LISTS),
    ]
    for text, value in table
]


@pytest.mark.parametrize(("kind", "text", "value"), ALL, ids=lambda each: str(each)[:30])
def test_one_cell_reads_as_it_says(kind: Kind, text: str, value: Any) -> None:
    typed, unreadable = read(pa.array([text]), kind, NEW_YORK)
    assert unreadable == (value is UNREADABLE)
    assert typed.to_pylist() == [None if value is UNREADABLE else value]


@pytest.mark.parametrize("kind", [Kind.TIME, Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN, Kind.LIST])
def test_odd_cells_do_not_disturb_their_neighbours(kind: Kind) -> None:
    rows = [(text, value) for each, text, value in ALL if each is kind]
    chunks = pa.chunked_array([[text for text, _ in rows], [], [None]], pa.string())
    typed, unreadable = read(chunks, kind, NEW_YORK)
    assert typed.to_pylist() == [None if value is UNREADABLE else value for _, value in rows] + [None]
    assert unreadable == sum(value is UNREADABLE for _, value in rows)


@pytest.mark.parametrize("kind", [Kind.TIME, Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN, Kind.LIST])
@pytest.mark.parametrize("text", [None, "", "  \t", "null", "Null", " NULL ", "\u00a0"])
def test_empty_cells_are_null_and_not_counted(kind: Kind, text: str | None) -> None:
    typed, unreadable = read(pa.array([text], pa.string()), kind, "UTC")
    assert (typed.to_pylist(), unreadable) == ([None], 0)


def test_text_needs_no_reading() -> None:
    typed, unreadable = read(pa.array([" null ", None]), Kind.TEXT, "UTC")
    assert (typed.to_pylist(), unreadable) == ([" null ", None], 0)


def shaped(*parts: str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.from_regex(part, fullmatch=True) for part in parts)).map("".join)


TIME_LIKE = shaped(
    r"(20[0-9]{2}|0001|9999)-(0[0-9]|1[0-3])-[0-3][0-9]",
    r"([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?)?",
    r"(Z|[+-][0-2][0-9]:?[0-7][0-9])?",
)
NUMBER_LIKE = st.from_regex(r"[+-]?[0-9]{0,20}[.,]?[0-9]{0,4}([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@given(st.lists(TIME_LIKE, min_size=1, max_size=8))
def test_columns_of_times_read_like_single_cells(texts: list[str]) -> None:
    typed, _ = read(pa.array(texts), Kind.TIME, NEW_YORK)
    assert typed.to_pylist() == [read_time(text, ZoneInfo(NEW_YORK)) for text in texts]


@given(st.lists(NUMBER_LIKE.filter(bool) | st.sampled_from("tfyn10"), min_size=1, max_size=8))
def test_columns_of_numbers_read_like_single_cells(texts: list[str]) -> None:
    readers = {
        Kind.NUMBER: read_number,
        Kind.INTEGER: read_integer,
        Kind.BOOLEAN: read_boolean,
        Kind.LIST: read_list,
    }
    for kind, reader in readers.items():
        assert read(pa.array(texts), kind, "UTC")[0].to_pylist() == [reader(text) for text in texts]
