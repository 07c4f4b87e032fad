"""How JSON is read: leniently where nothing is lost by it, and else with the address and the field in the refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gladly_tools.api.reading import (
    Object,
    an_object,
    children,
    flag,
    identity,
    objects,
    text,
    texts,
    texts_by_key,
)
from gladly_tools.errors import UnexpectedAnswer

PATH = "/api/v1/things"


def holding(value: Any) -> Object:
    return Object(values={"id": value}, path=PATH)


@pytest.mark.parametrize(
    ("read", "value", "found"),
    [
        (text, None, None),
        (text, "", ""),
        (text, " a\ud800b ", " a\ufffdb "),
        (text, "\U0001f600é", "\U0001f600é"),
        (text, 7, "7"),
        (text, 1.5, "1.5"),
        (text, True, "true"),
        (flag, None, None),
        (flag, True, True),
        (flag, False, False),
        (flag, " TRUE ", True),
        (flag, "False", False),
        (flag, " ", None),
        (texts, None, ()),
        (texts, ["a", 2, None, False], ("a", "2", "false")),
        (children, None, ()),
        (children, [{"a": 1}, {}], (Object(values={"a": 1}, path=PATH), Object(values={}, path=PATH))),
        (texts_by_key, None, None),
        (
            texts_by_key,
            {"a": "b\udc00", "c": None, "d": ["é", 1], "e\ud800": 5},
            {"a": "b\ufffd", "d": '["é", 1]', "e\ufffd": "5"},
        ),
        (identity, " a ", " a "),
        (identity, 7, "7"),
    ],
)
def test_a_field_is_read_as_what_it_says(read: Callable[[Object, str], Any], value: Any, found: Any) -> None:
    arguments = () if read is identity else ("id",)
    assert read(holding(value), *arguments) == found


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (text, {}),
        (text, []),
        (flag, "perhaps"),
        (flag, 1),
        (flag, []),
        (texts, "a"),
        (texts, [["a"]]),
        (children, {}),
        (children, [{}, "a"]),
        (texts_by_key, []),
        (identity, None),
        (identity, " "),
    ],
)
def test_a_field_that_cannot_be_what_it_should_is_named_and_not_shown(read: Callable[..., Any], value: Any) -> None:
    arguments = () if read is identity else ("id",)
    with pytest.raises(UnexpectedAnswer) as caught:
        read(holding(value), *arguments)
    assert caught.value.what == f"Gladly's answer to {PATH} is not what was expected (id)."
    assert caught.value.advice == "Try again; if it stays, report it to Gladly Support."


@pytest.mark.parametrize(("read", "value"), [(objects, {}), (objects, [{}, []]), (an_object, []), (an_object, None)])
def test_an_answer_of_another_shape_is_named_by_its_address(read: Callable[[Any, str], Any], value: Any) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        read(value, PATH)
    assert caught.value.what == f"Gladly's answer to {PATH} is not what was expected."


def test_a_missing_field_is_the_same_as_null() -> None:
    nothing = Object(values={}, path=PATH)
    assert [read(nothing, "id") for read in (text, flag, texts, children, texts_by_key)] == [None, None, (), (), None]
