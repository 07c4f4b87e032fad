"""Contacts to search for: exact e-mail addresses, phone numbers, e-mail domains; and what in the data is one of them.

| Written              | Matches                                                             |
|----------------------|---------------------------------------------------------------------|
| `ann@example.com`    | that address, in any case                                           |
| `+1 650 555 0100`    | that number, however it is punctuated                               |
| `@example.com`       | every address at example.com, and at none of its subdomains         |
| `@*.example.com`     | every address at any subdomain of example.com, and none at it itself |

In the data, a phone number counts only with its leading plus: `+1 (650) 555-0100` is a number, `(650) 555-0100` could
be one of many and matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gladly_tools.errors import InputError

FIELD = "contacts"

_SEPARATORS = re.compile(r"[,;\r\n]")
_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_DOMAIN = re.compile(r"(?:[\w](?:[\w-]*[\w])?\.)+[\w](?:[\w-]*[\w])?")
_PHONE = re.compile(r"\+[\d\s().\-/\u00a0\u2010\u2011]+", re.ASCII)
_LOOSE_PHONE = re.compile(r"[\d\s().\-/+]+", re.ASCII)
_NOT_IN_NUMBERS = str.maketrans("", "", " \t\n\r\v\f().-/\u00a0\u2010\u2011")
_BETWEEN = "\0"
_FEW = 16
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


class ContactKind(StrEnum):
    """What a contact was understood as."""

    EMAIL = "email"
    PHONE = "phone"
    DOMAIN = "domain"
    SUBDOMAINS = "subdomains"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One contact as understood; `value` is case-folded: an address, `+` and digits, or a domain without its `@`."""

    kind: ContactKind
    value: str

    def describe(self) -> str:
        """How it was understood, for a person."""
        match self.kind:
            case ContactKind.EMAIL:
                return f"e-mail address {self.value}"
            case ContactKind.PHONE:
                return f"phone number {self.value}"
            case ContactKind.DOMAIN:
                return f"every address at {self.value}, without subdomains"
            case ContactKind.SUBDOMAINS:
                return f"every address at any subdomain of {self.value}"


def split_contacts(text: str) -> list[str]:
    """What a pasted list holds, one a line or separated by commas, not yet checked."""
    return [piece for written in _SEPARATORS.split(text) if (piece := written.strip())]


def parse_contacts(text: str) -> tuple[Contact, ...]:
    """The contacts of a pasted list, none twice. Raises InputError for the first that is none."""
    return tuple(dict.fromkeys(map(parse_contact, split_contacts(text))))


def parse_contact(text: str) -> Contact:
    """One contact. Raises InputError, which says how to write it."""
    found = _IN_BRACKETS.search(text)
    written = (found[1] if found else text).strip().casefold()
    if written.startswith("@*."):
        return Contact(kind=ContactKind.SUBDOMAINS, value=_domain(written[3:], text))
    if written.startswith("@"):
        return Contact(kind=ContactKind.DOMAIN, value=_domain(written[1:], text))
    if "@" in written:
        if not _EMAIL.fullmatch(written) or "*" in written:
            raise _refused(text, "Write a whole address (ann@example.com), or @example.com for all at a domain.")
        _domain(written.rpartition("@")[2], text)
        return Contact(kind=ContactKind.EMAIL, value=written)
    if _LOOSE_PHONE.fullmatch(written):
        number = phone_of(written)
        if number is None or not _E164.fullmatch(number):
            raise _refused(
                text, "Write phone numbers in E.164 form: a plus, the country code, no leading zero (+16505550100)."
            )
        return Contact(kind=ContactKind.PHONE, value=number)
    if _DOMAIN.fullmatch(written):
        raise _refused(text, f"For every address at that domain, write @{written}.")
    raise _refused(text, "Write an e-mail address, a phone number with its country code, or @example.com.")


def phone_of(text: str) -> str | None:
    """A plus and the digits of a number that is written with its plus; None for anything else."""
    stripped = text.strip()
    if not _PHONE.fullmatch(stripped):
        return None
    digits = re.sub(r"[^0-9]", "", stripped)
    return f"+{digits}" if digits else None


def senders_in(text: str) -> list[str]:
    """The addresses and numbers of a sender field: `a@b.c`, `Ann <a@b.c>`, or several with commas; never the names."""
    senders = []
    for piece in _SEPARATORS.split(text):
        found = _IN_BRACKETS.search(piece)
        senders.append((found[1] if found else piece).strip())
    return senders


class ContactTest:
    """Says whether a text from the data is, or holds, one of the contacts."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        by_kind: dict[ContactKind, set[str]] = {kind: set() for kind in ContactKind}
        for contact in contacts:
            by_kind[contact.kind].add(contact.value)
        self._emails = frozenset(by_kind[ContactKind.EMAIL])
        self._phones = frozenset(by_kind[ContactKind.PHONE])
        self._domains = frozenset(by_kind[ContactKind.DOMAIN])
        several = frozenset().union(*by_kind.values())
        self._needles = several if len(several) <= _FEW else frozenset()
        self._parents = tuple(f".{domain}" for domain in sorted(by_kind[ContactKind.SUBDOMAINS]))

    def suspects(self, texts: Sequence[str]) -> Collection[int]:
        """The places of the texts that may hold a contact, by one look at all of them; too many, never too few."""
        if not self._needles:
            return range(len(texts))
        # Nothing that stands between texts, or within a number, is in what is looked for.
        folded = _BETWEEN.join(texts).casefold()
        if self._phones:
            digits = folded.translate(_NOT_IN_NUMBERS)
            if any(number in digits for number in self._phones & self._needles):
                return range(len(texts))
        found = [needle for needle in self._needles if needle in folded]
        if found and folded.count(_BETWEEN) >= len(texts):  # one of the texts holds it, too
            return range(len(texts))
        return {place for needle in found for place in _places(folded, needle)}

    def holds(self, text: str) -> bool:
        """True for an address or a number that matches, also within `Name <address>` and lists."""
        folded = text.casefold()
        if "<" in folded or "," in folded or ";" in folded or "\n" in folded or "\r" in folded:
            return any(map(self._is_one, senders_in(folded)))
        return self._is_one(folded)

    def _is_one(self, folded: str) -> bool:
        place = folded.rfind("@")
        if place < 0:
            return bool(self._phones) and "+" in folded and phone_of(folded) in self._phones
        domain = folded[place + 1 :].rstrip()
        if domain in self._domains or (self._parents and domain.endswith(self._parents)):
            return True
        return bool(self._emails) and folded.strip() in self._emails


def _places(joined: str, needle: str) -> Iterator[int]:
    """Which of the joined texts hold it."""
    place = seen = 0
    start = joined.find(needle)
    while start >= 0:
        place += joined.count(_BETWEEN, seen, start)
        yield place
        seen, start = start, joined.find(needle, start + 1)


def _domain(written: str, text: str) -> str:
    if not _DOMAIN.fullmatch(written):
        raise _refused(text, "Write a domain as @example.com, or @*.example.com for its subdomains.")
    return written


def _refused(text: str, advice: str) -> InputError:
    shown = text if len(text) <= 80 else f"{text[:80]}…"
    return InputError(f"“{shown}” is not an e-mail address, a phone number or a domain.", advice, field=FIELD)
