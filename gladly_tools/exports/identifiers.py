"""Questions for one thing by its id: as Gladly shows it, or inside a pasted address of Gladly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from gladly_tools.api import Client, Customer
from gladly_tools.errors import InputError
from gladly_tools.exports.inputs import JsonValue, OptionQuestion, Question, typed

Named = Literal["conversation", "customer"]

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
_E164 = re.compile(r"\+[1-9]\d{3,14}", re.ASCII)
_WRITTEN_NUMBER = re.compile(r"\+[\d\s().\-/]*|[\d\s().\-/]{5,}", re.ASCII)


def id_in(text: str, of: Named, *, name: str) -> str:
    """The id that a person gave: trimmed, or taken out of an address like `…/customer/ID/conversation/ID`.

    Raises InputError with `field=name` for a blank, for two ids, and for an address that names no such thing.
    """
    given = text.strip()
    if not given:
        raise InputError(f"The {of} ID is missing.", f"Paste it, or the address of the {of} in Gladly.", field=name)
    if "://" in given or f"/{of}/" in given:
        parts = [unquote(part) for part in urlsplit(given).path.split("/")]
        found = next((after.strip() for part, after in pairwise(parts) if part == of), "")
        if not found:
            raise InputError(
                f"This address names no {of}.",
                "Paste one such as https://…/customer/…/conversation/…, or the ID alone.",
                field=name,
            )
        given = found
    if re.search(r"[\s\x00-\x1f]", given):
        raise InputError(f"“{given[:40]}” is not one ID: it holds a space.", "Give one ID.", field=name)
    return given


@dataclass(frozen=True, kw_only=True)
class IdQuestion(OptionQuestion):
    """One opaque id, or an address of Gladly that holds it."""

    of: Named

    def check(self, value: Any, *, name: str) -> str:
        return id_in(value if isinstance(value, str) else "", self.of, name=name)

    def dump(self, value: str) -> JsonValue:
        return value

    def describe(self, value: str) -> str:
        return f"{self.of} {value}"


class KnownBy(StrEnum):
    """What a customer is looked for by; the value is the option on the command line."""

    ID = "customer-id"
    EMAIL = "email"
    PHONE = "phone"

    @property
    def noun(self) -> str:
        """What it is in words."""
        return {KnownBy.ID: "ID", KnownBy.EMAIL: "e-mail address", KnownBy.PHONE: "phone number"}[self]


@dataclass(frozen=True, kw_only=True)
class CustomerKey:
    """A customer as the person knows them: an id, an e-mail address, or a phone number (E.164)."""

    by: KnownBy
    value: str

    @property
    def words(self) -> str:
        """The key in a few words."""
        return f"the {self.by.noun} {self.value}"


def customers_matching(client: Client, key: CustomerKey) -> tuple[Customer, ...]:
    """The customers with an e-mail address or a phone number, the one changed last first, at most 50."""
    if key.by is KnownBy.EMAIL:
        return client.customers.find(email=key.value).found
    return client.customers.find(phone=key.value).found


def nobody_has(key: CustomerKey, *, name: str) -> InputError:
    """What is said, at the input `name`, of an e-mail address or a phone number that is no customer's."""
    return InputError(f"No customer has {key.words}.", "Check it, or give the customer's ID instead.", field=name)


@dataclass(frozen=True, kw_only=True)
class CustomerQuestion(Question):
    """One customer, by id, address of Gladly, e-mail address or phone number; text tells by its form what it is."""

    @property
    def options(self) -> tuple[str, ...]:
        """One for each thing that a customer is known by, of which one is given."""
        return tuple(KnownBy)

    def check(self, value: Any, *, name: str) -> CustomerKey:
        if isinstance(value, CustomerKey):
            return CustomerKey(by=value.by, value=_checked(value.by, value.value, name=name))
        text = typed(value) if isinstance(value, str) else ""
        if not text:
            raise InputError(
                "No customer is named.",
                "Give an ID, the address of the customer in Gladly, an e-mail address or a phone number.",
                field=name,
            )
        if "://" not in text and "@" in text:
            by = KnownBy.EMAIL
        elif _WRITTEN_NUMBER.fullmatch(text):
            by = KnownBy.PHONE
        else:
            by = KnownBy.ID
        return CustomerKey(by=by, value=_checked(by, text, name=name))

    def dump(self, value: CustomerKey) -> JsonValue:
        return {"by": value.by.value, "value": value.value}

    def load(self, stored: Any, *, name: str) -> CustomerKey:
        return self.check(CustomerKey(by=KnownBy(stored["by"]), value=stored["value"]), name=name)

    def describe(self, value: CustomerKey) -> str:
        return f"customer {value.value}"


def _checked(by: KnownBy, text: str, *, name: str) -> str:
    given = typed(text)
    match by:
        case KnownBy.ID:
            return id_in(given, "customer", name=name)
        case KnownBy.EMAIL:
            if not _EMAIL.fullmatch(given):
                raise InputError(
                    f"“{given[:60]}” is not one e-mail address.", "Give one such as ann@example.com.", field=name
                )
            return given
        case KnownBy.PHONE:
            number = re.sub(r"[\s().\-/]", "", given)
            if not _E164.fullmatch(number):
                raise InputError(
                    f"“{given[:40]}” is not a phone number with its country.",
                    "Write it in the form +16505550123 (E.164): a plus, the country code, the number. "
                    "If it is an ID, paste the customer's address in Gladly instead.",
                    field=name,
                )
            return number
