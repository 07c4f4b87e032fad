"""What Gladly says when it refuses, in the words people read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gladly_tools.api.refusals import LONGEST_WORDS, clean, moved_to, reasons, refusal
from gladly_tools.errors import CredentialsError, NotFoundError, PermissionsError, RequestRefused
from tests.told import is_told

ONE = {"attr": "language", "code": "invalid", "detail": "not configured"}


@pytest.mark.parametrize("value", [{"errors": [ONE]}, {"errors": ONE}, [ONE], ONE])
def test_every_shape_of_an_error_body_is_read(value: Any) -> None:
    (reason,) = reasons(value)
    assert (reason.attr, reason.code, reason.detail) == ("language", "invalid", "not configured")


@pytest.mark.parametrize("value", [None, {}, [], "text", 3, {"errors": None}, {"errors": "no"}, [1], {"errors": [{}]}])
def test_a_body_without_reasons_has_none(value: Any) -> None:
    assert reasons(value) == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": [ONE]}, "Gladly says: language: not configured."),
        ({"errors": [{"code": "blank"}]}, "Gladly says: blank."),
        ({"errors": [ONE, {"detail": "And more."}]}, "Gladly says: language: not configured; And more."),
        ({"errors": [{"attr": 3, "code": None, "detail": ["x"]}]}, "(status 400)."),
    ],
)
def test_gladlys_own_words_are_passed_on(body: Any, words: str) -> None:
    error = refusal(400, json.dumps(body).encode(), "/api/v1/answers/a")
    assert isinstance(error, RequestRefused)
    assert error.what.endswith(words)


def test_code_and_attr_are_kept_for_the_caller() -> None:
    error = refusal(409, json.dumps({"errors": ONE}).encode(), "/x")
    assert isinstance(error, RequestRefused)
    assert (error.status, error.code, error.attr) == (409, "invalid", "language")


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"\xff\xfe", b"[" * 100_000])
def test_a_refusal_without_json_is_still_a_refusal_and_its_body_is_not_shown(body: bytes) -> None:
    error = refusal(400, body, "/x")
    assert isinstance(error, RequestRefused)
    assert "html" not in str(error)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, CredentialsError), (403, PermissionsError), (404, NotFoundError), (422, RequestRefused)]
)
def test_each_status_has_its_error_and_its_advice(status: int, kind: type[Exception]) -> None:
    error = refusal(status, b"", "/api/v1/topics")
    assert type(error) is kind
    assert is_told(error)
    assert status == 401 or "/api/v1/topics" in error.what or f"status {status}" in error.what
    assert error.advice


def test_a_servers_words_are_cut_cleaned_and_without_the_token() -> None:
    shown = clean("a\x00b\r\n\u2028c \u202e tok-1 " + "x" * 1000, secret="tok-1")
    assert "tok-1" not in shown
    assert shown.startswith("a b c … x")
    assert len(shown) == LONGEST_WORDS


def test_the_token_is_hidden_in_code_and_attr_too() -> None:
    error = refusal(
        400, json.dumps([{"code": "tok-1", "attr": "a tok-1", "detail": "tok-1"}]).encode(), "/x", secret="tok-1"
    )
    assert isinstance(error, RequestRefused)
    assert "tok-1" not in f"{error} {error.code} {error.attr}"


@pytest.mark.parametrize(
    ("body", "new"),
    [
        (b'{"errors":[{"code":"moved","meta":{"old":"A","new":"B"}}]}', "B"),
        (b'{"errors":{"code":"moved","meta":{"new":"B"}}}', "B"),
        (b'{"errors":[{"meta":{"new":" "}}]}', None),
        (b'{"errors":[{"meta":{"new":7}}]}', None),
        (b"", None),
        (b"moved", None),
    ],
)
def test_where_a_customer_was_moved_to_is_in_the_meta(body: bytes, new: str | None) -> None:
    assert moved_to(body) == new
