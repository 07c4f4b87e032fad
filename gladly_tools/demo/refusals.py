"""The answers that are not a success, in every shape that the real server gives them, and when a body gets one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def _error(code: str, attr: str = "", detail: str = "", meta: dict[str, str] | None = None) -> dict[str, Any]:
    fields = {"attr": attr, "code": code, "detail": detail, "meta": meta}
    return {name: value for name, value in fields.items() if value}


def refused(status: int, code: str, attr: str = "", detail: str = "", meta: dict[str, str] | None = None) -> Response:
    """The usual shape: an array of one error."""
    return JSONResponse({"errors": [_error(code, attr, detail, meta)]}, status_code=status)


def refused_for_all(problems: Sequence[tuple[str, str, str]]) -> Response:
    """400 for several reasons at once, each an attr, a code and a detail."""
    return JSONResponse({"errors": [_error(code, attr, detail) for attr, code, detail in problems]}, status_code=400)


def refused_bare(status: int, code: str, attr: str, detail: str) -> Response:
    """An array of one error without the `errors` around it."""
    return JSONResponse([_error(code, attr, detail)], status_code=status)


def missing(detail: str) -> Response:
    """404 in the usual shape."""
    return refused(404, "not_exist", detail=detail)


def missing_single(attr: str, detail: str) -> Response:
    """404 whose `errors` is one object instead of an array: customers and answers."""
    return JSONResponse({"errors": _error("not_exist", attr, detail)}, status_code=404)


def missing_bare(detail: str) -> Response:
    """404 that is an array without the `errors` around it."""
    return refused_bare(404, "not_exist", "", detail)


def moved(old: str, new: str) -> Response:
    """301 without a Location header: the new id is in the body alone."""
    return refused(301, "moved", "customerId", "the customer was merged into another", {"old": old, "new": new})


async def object_in(request: Request) -> dict[str, Any] | Response:
    """The JSON object in a request's body, or the refusal of another body."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return refused(400, "invalid", detail="the request body is not valid JSON")
    if not isinstance(body, dict):
        return refused(400, "invalid", detail="the request body must be an object")
    return body
