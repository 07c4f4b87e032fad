"""The words for what went wrong with a query, from the engine's descriptions, without the engine."""

from __future__ import annotations

import errno

import pytest

from gladly_tools.errors import QueryError, TryLaterError
from gladly_tools.results.sandbox_answer import answer_of
from gladly_tools.results.sandbox_words import changed, failed, place_of, refused, too_large, too_long
from gladly_tools.results.schema import Column, Kind
from tests.told import is_told

COLUMNS = ["Name", "Created At", "Name", "Score", "name of it", "Names"]
TEXT = "SELECT 'é', x FROM t"
CAST = "try_cast(column AS type) leaves a cell empty that cannot be converted."
OTHERWISE = ("The query engine could not answer this query.", "Write it in another way.")


@pytest.mark.parametrize(
    ("error", "what", "advice", "position"),
    [
        (
            {"exception_type": "Parser", "position": "13", "location": "[13,1]"},
            "The query cannot be read near “x”.",
            "Names with spaces stand in double quotes, texts in single quotes; "
            "look for a missing comma or parenthesis.",
            12,
        ),
        ({"exception_type": "Parser", "position": "13"}, "The query cannot be read.", None, 12),
        ({"exception_type": "Parser", "position": "13", "location": "[13,x]"}, "The query cannot be read.", None, 12),
        (
            {"exception_type": "Parser"},
            "The query cannot be read: it is nested too deeply.",
            "Write it with fewer parentheses.",
            None,
        ),
        (
            {"exception_type": "Binder", "error_subtype": "COLUMN_NOT_FOUND", "name": "nmae", "position": "13"},
            "There is no column “nmae”.",
            'Did you mean "Name" or "Names"?',
            12,
        ),
        (
            {"exception_type": "Binder", "error_subtype": "COLUMN_NOT_FOUND", "name": "zzz"},
            "There is no column “zzz”.",
            "See the names of the columns under Tables.",
            None,
        ),
        (
            {"exception_type": "Binder", "error_subtype": "COLUMN_NOT_FOUND", "name": "CREATED", "position": "x"},
            "There is no column “CREATED”.",
            'Did you mean "Created At"?',
            None,
        ),
        (
            {"exception_type": "Catalog", "type": "Scalar Function", "name": "medain", "candidates": "read_csv,median"},
            "There is no function “medain”.",
            "Did you mean median?",
            None,
        ),
        (
            {"exception_type": "Catalog", "type": "Scalar Function", "name": "medain"},
            "There is no function “medain”.",
            "",
            None,
        ),
        (
            {"exception_type": "Catalog", "type": "Table", "name": "t", "position": "99"},
            "There is no “t” here.",
            "See the tables and columns under Tables.",
            None,
        ),
        (
            {"exception_type": "Permission", "exception_message": "/srv"},
            "Only the tables of this account can be read.",
            "See them under Tables.",
            None,
        ),
        ({"exception_type": "Conversion", "exception_message": "No 'x'\nLINE 1"}, "No 'x'.", CAST, None),
        ({"exception_type": "Binder", "exception_message": "Odd type!"}, "Odd type!", CAST, None),
        ({"exception_type": "Out of Range", "exception_message": " Too far. "}, "Too far.", "", None),
        ({"exception_type": "Conversion", "exception_message": ""}, *OTHERWISE, None),
        ({"exception_type": "Conversion", "exception_message": "in a.tmp file"}, *OTHERWISE, None),
        ({"exception_type": "Conversion", "exception_message": "in .spill-x"}, *OTHERWISE, None),
        ({"exception_type": "Internal", "exception_message": "x"}, *OTHERWISE, None),
        ({}, *OTHERWISE, None),
    ],
)
def test_an_error_of_the_engine_is_told_in_words(
    error: dict[str, str], what: str, advice: str | None, position: int | None
) -> None:
    told = failed(error, TEXT, COLUMNS, 512)
    assert isinstance(told, QueryError)
    assert (told.what, told.position) == (what, position)
    assert advice is None or told.advice == advice


@pytest.mark.parametrize("error", [{"exception_type": "Out of Memory"}, {"errno": str(errno.EFBIG)}])
def test_what_needs_too_much_says_how_much_it_may_use(error: dict[str, str]) -> None:
    told = failed(error, TEXT, COLUMNS, 1_024)
    assert told.what == too_large(1_024).what == "The query needs more memory than the 1,024 MB that it may use."
    assert is_told(told)
    assert too_long(2.5).what == "The query took longer than 2.5 seconds and was stopped."
    assert is_told(too_long(20))


def test_a_file_that_is_gone_is_worth_another_try() -> None:
    told = failed({"exception_type": "IO"}, TEXT, COLUMNS, 512)
    assert isinstance(told, TryLaterError)
    assert (told.what, told.advice) == (changed().what, changed().advice)
    assert is_told(told)


@pytest.mark.parametrize(("position", "at"), [(13, 12), (None, None), (0, 0), (21, 20), (22, None)])
def test_a_refusal_says_where_in_characters(position: int | None, at: int | None) -> None:
    told = refused({"what": "No.", "advice": "Do.", "position": position}, TEXT)
    assert (told.what, told.advice, told.position) == ("No.", "Do.", at)


@pytest.mark.parametrize(
    ("text", "position", "place"),
    [
        ("a\r\nbcd", 4, (2, 2, "bcd\n ^")),
        ("a\r\nb", 0, (1, 1, "a\n^")),
        ("ab", 99, (1, 3, "ab\n  ^")),
        ("ab", -5, (1, 1, "ab\n^")),
        ("x" * 60 + "y", 60, (1, 61, "x" * 60 + "y\n" + " " * 60 + "^")),
        ("x" * 61 + "y", 61, (1, 62, "…" + "x" * 60 + "y\n" + " " * 61 + "^")),
        ("y" + "x" * 200, 0, (1, 1, "y" + "x" * 99 + "\n^")),
    ],
)
def test_the_caret_stands_beneath_its_character(text: str, position: int, place: tuple[int, int, str]) -> None:
    found = place_of(text, position)
    assert (found.line, found.column, found.marked) == place


def test_an_answer_is_what_its_process_said(tmp_path: object) -> None:
    kinds = ["text", "integer", "number", "boolean", "time", "list", "digits"]
    listed = [{"name": kind, "kind": kind, "type": kind.upper()} for kind in kinds]
    listed += [{"name": "x" * 101, "kind": "text", "type": "T"}, {"name": "y" * 100, "kind": "text", "type": "T"}]
    found = {"columns": listed, "tables": ["a", "b"], "rows": "7", "cut": 1}
    answer = answer_of(found, tmp_path, 1.5)  # type: ignore[arg-type]
    assert (answer.rows, answer.cut, answer.seconds, answer.tables) == (7, True, 1.5, ("a", "b"))
    assert answer.types == (*(kind.upper() for kind in kinds), "T", "T")
    assert answer.columns == (
        *(Column(name=kind, kind=Kind(kind)) for kind in kinds[:-1]),
        Column(name="digits", kind=Kind.NUMBER, verbatim=True),
        Column(name="x" * 99 + "…"),
        Column(name="y" * 100),
    )
