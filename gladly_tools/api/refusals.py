"""What Gladly says when it refuses, in all the shapes it says it in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gladly_tools.errors import CredentialsError, GladlyToolsError, NotFoundError, PermissionsError, RequestRefused

LONGEST_WORDS = 300


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One entry of an error body."""

    attr: str
    code: str
    detail: str
    meta: Mapping[str, Any] = field(default_factory=dict)


def reasons(value: Any) -> tuple[Reason, ...]:
    """The entries of an error body: a list or one object under `errors`, or a bare list; anything else has none."""
    entries = value.get("errors") if isinstance(value, dict) else value
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        return ()
    return tuple(
        Reason(
            attr=_words(entry.get("attr")),
            code=_words(entry.get("code")),
            detail=_words(entry.get("detail")),
            meta=entry["meta"] if isinstance(entry.get("meta"), dict) else {},
        )
        for entry in entries
        if isinstance(entry, dict)
    )


def refusal(status: int, text: str, path: str) -> GladlyToolsError:
    """The error that fits a refusing status; Gladly's own words are kept where it gave any."""
    try:
        found = reasons(json.loads(text))
    except (ValueError, RecursionError):
        found = ()
    words = "; ".join(
        ": ".join(part for part in (reason.attr, reason.detail or reason.code) if part) for reason in found
    )[:LONGEST_WORDS]
    said = f" Gladly says: {words}." if words else ""
    first = found[0] if found else Reason(attr="", code="", detail="")
    if status == 401:
        return CredentialsError(
            "Gladly does not accept this username and API token.",
            "Check both, or create a new token in Gladly under Settings > API Tokens.",
        )
    if status == 403:
        return PermissionsError(
            f"This user may not do that in Gladly ({path}).",
            "Ask an administrator of your Gladly to give the user the API User permission.",
        )
    if status == 404:
        return NotFoundError(f"Gladly has nothing at {path}.{said}", "Check the ID; it may have been deleted.")
    return RequestRefused(
        f"Gladly refused the request (status {status}).{said}",
        "" if words else "Gladly gave no reason.",
        status=status,
        code=first.code,
        attr=first.attr,
    )


def moved_to(value: Any) -> str | None:
    """The id that a merged customer has now, in the body of a 301."""
    for reason in reasons(value):
        new = reason.meta.get("new")
        if isinstance(new, str) and new.strip():
            return new
    return None


def _words(value: Any) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value).strip()[:LONGEST_WORDS] if isinstance(value, str) else ""
