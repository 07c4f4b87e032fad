"""Reads JSON leniently: missing and null are the same, unknown fields are ignored, unknown values are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gladly_tools.errors import UnexpectedAnswer

Object = Mapping[str, Any]


def objects(value: Any, path: str) -> Iterator[Object]:
    """The objects of a list answer. Raises UnexpectedAnswer when it is no list of objects."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _unexpected(path)
    yield from value


def an_object(value: Any, path: str) -> Object:
    """An object answer. Raises UnexpectedAnswer when it is none."""
    if not isinstance(value, dict):
        raise _unexpected(path)
    return value


def identity(source: Object, path: str) -> str:
    """The id that every resource has. Raises UnexpectedAnswer when it is missing."""
    value = text(source, "id")
    if value is None:
        raise _unexpected(path)
    return value


def text(source: Object, name: str) -> str | None:
    """A text as it was sent; a number becomes its digits."""
    value = source.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def flag(source: Object, name: str) -> bool | None:
    """True or false, also when sent as a word."""
    value = source.get(name)
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def texts(source: Object, name: str) -> tuple[str, ...]:
    """A list of texts; what is no text is left out."""
    value = source.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def children(source: Object, name: str) -> tuple[Object, ...]:
    """A list of objects; what is no object is left out."""
    value = source.get(name)
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _unexpected(path: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"Gladly's answer to {path} is not what was expected.", "Try again; if it stays, report it to Gladly Support."
    )
