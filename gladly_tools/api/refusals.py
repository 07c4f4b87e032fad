"""What Gladly says when it refuses, in all the shapes it says it in."""

from __future__ import annotations

import json
import unicodedata
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
    """The entries of an error body; none when there are none that can be read.

    They come as a list or as one object under `errors`, as a bare list, or as one bare object.
    """
    entries = value.get("errors", value) if isinstance(value, dict) else value
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        return ()
    found = (
        Reason(
            attr=_text(entry.get("attr")),
            code=_text(entry.get("code")),
            detail=_text(entry.get("detail")),
            meta=entry["meta"] if isinstance(entry.get("meta"), dict) else {},
        )
        for entry in entries
        if isinstance(entry, dict)
    )
    return tuple(reason for reason in found if reason.attr or reason.code or reason.detail or reason.meta)


def refusal(status: int, body: bytes, path: str, *, secret: str = "") -> GladlyToolsError:
    """The error that fits a refusing status; Gladly's own words are kept where it gave any, without the secret."""
    found = reasons(_json(body))
    words = clean(
        "; ".join(": ".join(part for part in (reason.attr, reason.detail or reason.code) if part) for reason in found),
        secret=secret,
    )
    said = f" Gladly says: {words}" if words else ""
    if said and not said.endswith((".", "!", "?")):
        said += "."
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
        code=clean(first.code, secret=secret),
        attr=clean(first.attr, secret=secret),
    )


def moved_to(body: bytes) -> str | None:
    """The id that a merged customer has now, in the body of a 301."""
    for reason in reasons(_json(body)):
        new = reason.meta.get("new")
        if isinstance(new, str) and new.strip():
            return new
    return None


def clean(text: str, *, secret: str = "") -> str:
    """A server's words as they may be shown: one line, of bounded length, without control characters and the secret."""
    if secret:
        text = text.replace(secret, "…")
    shown = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= LONGEST_WORDS else shown[: LONGEST_WORDS - 1] + "…"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
