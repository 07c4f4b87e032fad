"""Customers' profiles; one that was merged away is followed to the profile that has it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from gladly_tools.api.asking import Asking
from gladly_tools.api.host import Instance
from gladly_tools.api.listing import Listing
from gladly_tools.api.reading import Object, an_object, children, flag, identity, objects, text, texts_by_key
from gladly_tools.api.refusals import moved_to
from gladly_tools.api.transport import segment
from gladly_tools.errors import UnexpectedAnswer

PATH = "/api/v1/customer-profiles"
LONGEST_CHAIN = 10
MOST_FOUND = 50


@dataclass(frozen=True, kw_only=True)
class Email:
    """One e-mail address of a customer: as entered, and normalized."""

    original: str | None
    normalized: str | None
    primary: bool


@dataclass(frozen=True, kw_only=True)
class Phone:
    """One phone number of a customer: as entered, and normalized (E.164); unknown types are kept."""

    original: str | None
    normalized: str | None
    extension: str | None
    type: str | None
    sms_preference: str | None
    primary: bool


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One profile. `moved_from` are the ids that led here, the one asked for first."""

    id: str
    name: str | None
    address: str | None
    emails: tuple[Email, ...]
    phones: tuple[Phone, ...]
    external_customer_id: str | None
    external_customer_ids: Mapping[str, str] | None
    moved_from: tuple[str, ...] = ()

    @property
    def email(self) -> Email | None:
        """The primary address, else the first."""
        return _primary(self.emails)

    @property
    def phone(self) -> Phone | None:
        """The primary number, else the first."""
        return _primary(self.phones)


class CustomerCalls(Asking):
    """`client.customers`"""

    def get(self, customer_id: str) -> Customer | None:
        """One customer, or None when deleted or unknown. Follows merges, at most `LONGEST_CHAIN` of them.

        Raises UnexpectedAnswer for merges that go round, go on too long, or do not say where to.
        """
        chain = [customer_id]
        while len(chain) <= LONGEST_CHAIN + 1:
            path = f"{PATH}/{segment(chain[-1])}"
            reply = self._transport.get(path, self._watch, answered=(301, 404))
            if reply.status == 404:
                return None
            if reply.status == 200:
                return _customer(an_object(reply.json(), path), moved_from=tuple(chain[:-1]))
            new = moved_to(reply.body) or _id_in(reply.location, self._transport.instance)
            if new is None:
                raise UnexpectedAnswer(
                    f"Gladly says that customer {chain[-1]} was merged, but not into which one.",
                    "Try again; if it stays, report it to Gladly Support.",
                )
            if new in chain:
                break
            chain.append(new)
        raise UnexpectedAnswer(
            f"Customer {customer_id} was merged again and again without an end.", "Report it to Gladly Support."
        )

    def find(self, *, email: str | None = None, phone: str | None = None) -> Listing[Customer]:
        """The customers with an e-mail address or a phone number (E.164), the one changed last first, at most 50.

        That the list was cut is told by its length alone. Raises RequestRefused for an address that Gladly cannot read.
        """
        params = {"email": email} if email is not None else {"phoneNumber": phone or ""}
        reply = self._transport.get(PATH, self._watch, params=params, answered=(404,))
        if reply.status == 404:
            return Listing(found=(), cut=False)
        found = tuple(_customer(value, moved_from=()) for value in objects(reply.json(), PATH))
        return Listing(found=found, cut=reply.limited or len(found) >= MOST_FOUND)


def _id_in(location: str | None, instance: Instance) -> str | None:
    """The customer id in a Location header that stays with the same host and the same list; else None."""
    try:
        target = urlsplit(urljoin(instance.base_url, location or ""))
    except ValueError:
        return None
    if f"{target.scheme}://{target.netloc}".lower() != instance.base_url or target.query:
        return None
    folder, _, last = target.path.rpartition("/")
    return unquote(last) if folder == PATH and last else None


def _customer(value: Object, *, moved_from: tuple[str, ...]) -> Customer:
    return Customer(
        id=identity(value),
        name=text(value, "name"),
        address=text(value, "address"),
        emails=tuple(
            Email(
                original=text(item, "original"),
                normalized=text(item, "normalized"),
                primary=flag(item, "primary") or False,
            )
            for item in children(value, "emails")
        ),
        phones=tuple(
            Phone(
                original=text(item, "original"),
                normalized=text(item, "normalized"),
                extension=text(item, "extension"),
                type=text(item, "type"),
                sms_preference=text(item, "smsPreference"),
                primary=flag(item, "primary") or False,
            )
            for item in children(value, "phones")
        ),
        external_customer_id=text(value, "externalCustomerId"),
        external_customer_ids=texts_by_key(value, "externalCustomerIds"),
        moved_from=moved_from,
    )


Contact = TypeVar("Contact", Email, Phone)


def _primary(contacts: Sequence[Contact]) -> Contact | None:
    return next((contact for contact in contacts if contact.primary), contacts[0] if contacts else None)
