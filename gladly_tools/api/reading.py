"""Reads JSON leniently: missing and null are the same, unknown fields are ignored, unknown values are kept.

A number where a text is expected becomes its digits. What cannot be what the contract says (an object for a name)
raises UnexpectedAnswer, which names the address and the field, never the content.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gladly_tools.errors import UnexpectedAnswer


@dataclass(frozen=True, kw_only=True)
class Object:
    """A JSON object and the address it came from."""

    values: dict[str, Any]
    path: str


def objects(value: Any, path: str) -> tuple[Object, ...]:
    """The objects of a list answer."""
    if not isinstance(value, list):
        raise unexpected(path)
    return tuple(an_object(item, path) for item in value)


def an_object(value: Any, path: str) -> Object:
    """An object answer."""
    if not isinstance(value, dict):
        raise unexpected(path)
    return Object(values=value, path=path)


def identity(source: Object) -> str:
    """The id that every resource has, which is not blank."""
    value = text(source, "id")
    if value is None or not value.strip():
        raise unexpected(source.path, "id")
    return value


def text(source: Object, name: str) -> str | None:
    """A text as it was sent."""
    value = source.values.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, dict | list):
        raise unexpected(source.path, name)
    return json.dumps(value)


def flag(source: Object, name: str) -> bool | None:
    """True or false, also when sent as a word."""
    value = source.values.get(name)
    if value is None or isinstance(value, bool):
        return value
    known = {"true": True, "false": False, "": None}
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()]
    raise unexpected(source.path, name)


def texts(source: Object, name: str) -> tuple[str, ...]:
    """A list of texts; empty when missing."""
    value = source.values.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise unexpected(source.path, name)
    items = (text(Object(values={name: item}, path=source.path), name) for item in value)
    return tuple(item for item in items if item is not None)


def children(source: Object, name: str) -> tuple[Object, ...]:
    """A list of objects; empty when missing."""
    value = source.values.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise unexpected(source.path, name)
    return tuple(Object(values=item, path=source.path) for item in value)


def texts_by_key(source: Object, name: str) -> dict[str, str] | None:
    """An object of texts; a value that is none is kept as its JSON. None when missing."""
    value = source.values.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise unexpected(source.path, name)
    return {
        _whole(key): _whole(inner) if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
        for key, inner in value.items()
        if inner is not None
    }


def unexpected(path: str, field: str = "") -> UnexpectedAnswer:
    """The error for an answer that is not what the contract says."""
    where = f" ({field})" if field else ""
    return UnexpectedAnswer(
        f"Gladly's answer to {path} is not what was expected{where}.",
        "Try again; if it stays, report it to Gladly Support.",
    )


def _whole(value: str) -> str:
    """The text with half characters (a lone surrogate, which JSON can hold and no file can) replaced."""
    if value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
