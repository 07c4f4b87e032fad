"""The customers: each one is made anew from the seed and its number whenever somebody asks."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from gladly_tools.demo.catalogue import AWKWARD_NAMES, CITIES, FIRST_NAMES, LAST_NAMES, MAIL_DOMAINS, STREETS
from gladly_tools.demo.ids import Ids, Kind, seeded
from gladly_tools.demo.timeline import Timeline, Visits, midnight

_NUMBERS = 10_000_000  # telephone numbers in +1 555, an area code that nobody has
_PHONE_STEP = 7_919_317
_PHONE_BACK = pow(_PHONE_STEP, -1, _NUMBERS)
_HOUSEHOLD = 4_999_999
_SWITCHBOARD = "+15550100000"
_SWITCHBOARD_EVERY = 40
_SWITCHBOARD_LAST = 8000


@dataclass(frozen=True, kw_only=True)
class Email:
    """An e-mail address as entered, and as the server compares it; `primary` None = the field is missing."""

    original: str
    normalized: str
    primary: bool | None


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A telephone number; None = the field is missing, while an empty type is sent as an empty text."""

    original: str
    normalized: str
    type: str | None
    primary: bool | None
    sms_preference: str | None
    extension: str | None


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One customer profile. Times are UTC; None means that the field is missing or null."""

    id: str
    number: int
    name: str | None
    address: str | None
    image: str | None
    emails: tuple[Email, ...]
    phones: tuple[Phone, ...]
    external_customer_id: str | None
    external_customer_ids: dict[str, str] | None
    custom_attributes: dict[str, object] | None
    created_at: dt.datetime
    updated_at: dt.datetime | None
    former_ids: tuple[str, ...]


class Customers:
    """All customers of the company, by id.

    `customers[id]` is the surviving profile, also for the id of one that was merged into it; KeyError for a
    deleted or an unknown one. Iterating gives the ids of the living profiles.
    """

    def __init__(self, *, seed: int, ids: Ids, visits: Visits, timeline: Timeline) -> None:
        self._seed = seed
        self._ids = ids
        self._visits = visits
        self._timeline = timeline
        self._made = lru_cache(maxsize=2000)(self._make)

    def __len__(self) -> int:
        return sum(1 for _ in self._living())

    def __iter__(self) -> Iterator[str]:
        return (self._ids.make(Kind.CUSTOMER, number) for number in self._living())

    def __contains__(self, customer_id: str) -> bool:
        return self.number(customer_id) is not None

    def __getitem__(self, customer_id: str) -> Customer:
        number = self.number(customer_id)
        if number is None:
            raise KeyError(customer_id)
        return self._made(number)

    def number(self, customer_id: str) -> int | None:
        """The number of the surviving profile; None when there is none."""
        number = self._ids.read(Kind.CUSTOMER, customer_id)
        if number is None:
            former = self._ids.read(Kind.FORMER_CUSTOMER, customer_id)
            if former is None or former % 2 >= former_profiles(former // 2):
                return None
            number = former // 2
        return number if 0 <= number < self._visits.customers and not is_deleted(number) else None

    def moved_to(self, customer_id: str) -> str | None:
        """The id that a merged profile went into, one step only: that one may have been merged as well."""
        former = self._ids.read(Kind.FORMER_CUSTOMER, customer_id)
        if former is None or self.number(customer_id) is None:
            return None
        number = former // 2
        return self._ids.make(Kind.FORMER_CUSTOMER, former - 1) if former % 2 else self.current_id(number)

    def current_id(self, number: int) -> str:
        return self._ids.make(Kind.CUSTOMER, number)

    def first_id(self, number: int) -> str:
        """The oldest id of a profile: that of the first one merged away, or its own without a merger."""
        former = former_profiles(number)
        return self._ids.make(Kind.FORMER_CUSTOMER, number * 2 + former - 1) if former else self.current_id(number)

    def with_email(self, address: str) -> list[Customer]:
        wanted = address.strip().lower()
        digits = re.search(r"(\d+)@", wanted)
        if digits is None or len(digits[1]) > 12:
            return []
        found = self._living_among([int(digits[1])])
        return [customer for customer in found if any(mail.normalized == wanted for mail in customer.emails)]

    def with_phone(self, number: str) -> list[Customer]:
        """Newest change first. Mobile numbers belong to one customer; others may be shared."""
        if number == _SWITCHBOARD:
            candidates = list(range(7, min(self._visits.customers, _SWITCHBOARD_LAST), _SWITCHBOARD_EVERY))
        elif re.fullmatch(r"\+1555\d{7}", number):
            line = int(number[5:])
            owner = (line - 1) * _PHONE_BACK % _NUMBERS
            household = (line - 1 - _HOUSEHOLD) * _PHONE_BACK % _NUMBERS
            candidates = [owner, household * 2, household * 2 + 1]
        else:
            return []
        found = [
            customer
            for customer in self._living_among(candidates)
            if any(phone.normalized == number for phone in customer.phones)
        ]
        return sorted(found, key=lambda customer: customer.updated_at or customer.created_at, reverse=True)

    def with_external_id(self, external_id: str) -> list[Customer]:
        digits = re.fullmatch(r"BL-(\d{1,12})", external_id)
        found = self._living_among([int(digits[1])]) if digits else []
        return [customer for customer in found if customer.external_customer_id == external_id]

    def _living(self) -> Iterator[int]:
        return (number for number in range(self._visits.customers) if not is_deleted(number))

    def _living_among(self, numbers: list[int]) -> list[Customer]:
        wanted = dict.fromkeys(numbers)
        return [self._made(n) for n in wanted if 0 <= n < self._visits.customers and not is_deleted(n)]

    def _make(self, number: int) -> Customer:
        chance = seeded(self._seed, "customer", number)
        first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
        name: str | None = f"{first} {last}"
        if number % 31 == 11:
            name = AWKWARD_NAMES[number // 31 % len(AWKWARD_NAMES)]
        elif number % 211 == 40:
            name = None
        first_visit = self._timeline.day(self._visits.numbers(number)[0])
        created = midnight(first_visit, self._timeline.zone) - dt.timedelta(
            days=1 + int(chance.paretovariate(0.8)) % 1500, milliseconds=chance.randrange(86_400_000)
        )
        updated = None
        if chance.random() < 0.9:
            updated = created + dt.timedelta(milliseconds=chance.randrange(86_400_000))
        address = None
        if chance.random() < 0.6:
            separator = chance.choice((", ", "\n"))
            address = f"{chance.randrange(1, 999)} {chance.choice(STREETS)}{separator}{chance.choice(CITIES)}"
        tier = chance.choice(("bronze", "silver", "gold", None))
        former = former_profiles(number)
        return Customer(
            id=self.current_id(number),
            number=number,
            name=name,
            address=address,
            image=f"https://images.example/{number}.png" if chance.random() < 0.1 else None,
            emails=()
            if chance.random() < 0.09
            else _emails(number, f"{first}.{last}", chance.random(), chance.random()),
            phones=_phones(number, chance.random(), chance.random(), chance.random()),
            external_customer_id=f"BL-{number:06d}" if number % 97 == 3 else None,
            external_customer_ids=(
                {"shop-adaptor": str(10_000 + number), 'loyalty "plus"': f"L-{number}"}
                if number % 10 == 1
                else {"shop-adaptor": str(10_000 + number)}
                if chance.random() < 0.3
                else None
            ),
            custom_attributes={"loyaltyTier": tier, "orders": chance.randrange(40)} if chance.random() < 0.4 else None,
            created_at=created,
            updated_at=updated,
            former_ids=tuple(
                self._ids.make(Kind.FORMER_CUSTOMER, number * 2 + step) for step in reversed(range(former))
            ),
        )


def is_deleted(number: int) -> bool:
    """Whether a customer was deleted: profile and conversations are gone, only reports still name them."""
    return number % 113 == 9


def former_profiles(number: int) -> int:
    """How many profiles were merged, one into the next, into this one."""
    if number % 83 == 5:
        return 2
    return 1 if number % 29 == 5 else 0


def mobile(number: int) -> str:
    return f"+1555{(number * _PHONE_STEP + 1) % _NUMBERS:07d}"


def _emails(number: int, name: str, several: float, flags: float) -> tuple[Email, ...]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    local = re.sub(r"[^A-Za-z.-]", "", plain)
    count = 1 if several < 0.8 else 2 if several < 0.95 else 3
    primary_index = 0 if flags < 0.7 else count - 1
    emails = []
    for index in range(count):
        original = f"{local}{number}@{MAIL_DOMAINS[(number + index) % len(MAIL_DOMAINS)]}"
        if number % 4:
            original = original.lower()
        primary: bool | None = index == primary_index
        if flags > 0.9 or (number % 3 == 0 and not primary):
            primary = None
        emails.append(Email(original=original, normalized=original.lower(), primary=primary))
    return tuple(emails)


def _phones(number: int, several: float, kind: float, preference: float) -> tuple[Phone, ...]:
    phones = []
    if several < 0.85:
        # Only a mobile number belongs to one customer alone; types outside the documented set occur as well.
        type_ = "MOBILE" if kind < 0.7 else "" if kind < 0.8 else None if kind < 0.95 else "SATELLITE"
        sms = None if preference < 0.2 else "ON" if preference < 0.7 else "OFF" if preference < 0.9 else "FORBIDDEN"
        line = mobile(number)
        original = f"({line[2:5]}) {line[5:8]}-{line[8:]}" if number % 2 else line
        primary = None if kind > 0.9 else several < 0.6
        phones.append(
            Phone(
                original=original,
                normalized=line,
                type=type_,
                primary=primary,
                sms_preference=sms,
                extension=None,
            )
        )
    if 0.6 <= several < 0.9:
        line = f"+1555{(number // 2 * _PHONE_STEP + 1 + _HOUSEHOLD) % _NUMBERS:07d}"
        phones.append(
            Phone(
                original=line[2:],
                normalized=line,
                type="HOME",
                primary=kind < 0.5,
                sms_preference="FORBIDDEN",
                extension=None,
            )
        )
    if number % _SWITCHBOARD_EVERY == 7 and number < _SWITCHBOARD_LAST:
        phones.append(
            Phone(
                original="555 010 0000",
                normalized=_SWITCHBOARD,
                type="OFFICE",
                primary=None,
                sms_preference="OFF",
                extension=str(number),
            )
        )
    return tuple(phones)
