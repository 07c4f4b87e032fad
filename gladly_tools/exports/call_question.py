"""The question for one phone call: by its conversation item, by an address of Gladly, or by its conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import unquote, urlsplit

from gladly_tools.api import Client
from gladly_tools.errors import InputError, NotFoundError, RequestRefused
from gladly_tools.exports.identifiers import id_in
from gladly_tools.exports.inputs import JsonValue, OptionQuestion


@dataclass(frozen=True, kw_only=True)
class Call:
    """A phone call: the id of its conversation item, and its item as JSON."""

    id: str
    item: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What tells it from another call of the same conversation."""
        content = self.item["content"]
        started, whence, to = (content.get(name) for name in ("startedAt", "from", "to"))
        when = str(started or self.item.get("timestamp") or "").replace("T", " ")[:16]
        end = "" if content.get("answeredAt") else ", not answered"
        return f"{when} UTC, from {whence} to {to}{end}"


@dataclass(frozen=True, kw_only=True)
class CallQuestion(OptionQuestion):
    """One phone call, as an id or an address; whether there is such a call, only Gladly can tell."""

    def check(self, value: Any, *, name: str) -> str:
        given = value.strip() if isinstance(value, str) else ""
        if not given:
            raise InputError(
                "The ID of the call is missing.",
                "Paste the ID of its conversation item, or the address of its conversation in Gladly.",
                field=name,
            )
        try:
            parts = [unquote(part) for part in urlsplit(given).path.split("/")]
            found = next((after.strip() for part, after in pairwise(parts) if part == "conversation-items"), "")
            return found or id_in(given, "conversation", name=name)
        except ValueError:
            raise InputError("This is no address.", "Paste the ID alone.", field=name) from None

    def dump(self, value: str) -> JsonValue:
        return value

    def describe(self, value: str) -> str:
        return f"call {value}"


def calls_at(client: Client, given: str, *, name: str) -> tuple[Call, ...]:
    """The phone call with this id, or those of the conversation with this id, oldest first.

    Raises InputError with `field=name` for what does not exist, and for what is no call and has none.
    """
    try:
        item = client.conversations.item(given)
    except RequestRefused as refused:
        if refused.code != "invalid":
            raise
        raise InputError(
            "This conversation item is no phone call.", "Give the ID of a phone call's item.", field=name
        ) from None
    if item is not None:
        if not _is_call(item):
            kind = str(_content(item).get("type") or "something else").replace("_", " ").lower()
            raise InputError(
                f"This conversation item is no phone call, but: {kind}.",
                "Give the ID of a phone call's item, or of its conversation.",
                field=name,
            )
        return (Call(id=given, item=item),)
    try:
        listed = client.conversations.items(given)
    except NotFoundError:
        raise InputError(
            f"There is no conversation item and no conversation with the ID {given[:60]}.",
            "Check the ID; what belonged to a deleted customer is gone.",
            field=name,
        ) from None
    calls = tuple(Call(id=str(item["id"]), item=item) for item in listed.found if _is_call(item) and item.get("id"))
    if not calls:
        raise InputError("This conversation has no phone call.", "Give one that has.", field=name)
    return calls


def _is_call(item: Mapping[str, Any]) -> bool:
    return _content(item).get("type") == "PHONE_CALL"


def _content(item: Mapping[str, Any]) -> Mapping[str, Any]:
    content = item.get("content")
    return content if isinstance(content, dict) else {}
