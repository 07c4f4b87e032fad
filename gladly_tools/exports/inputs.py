"""What an export asks before it runs: each kind of question has one widget, one command-line option, one check.

An export's parameters are a frozen dataclass whose fields are declared with `ask(...)`. The page, the command line and
the job journal all read that one declaration.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from typing import Any, ClassVar, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gladly_tools import clock
from gladly_tools.errors import InputError

JsonValue = None | bool | int | float | str | list[Any] | dict[str, Any]

LONGEST_RANGE_DAYS = 3660


@dataclass(frozen=True, kw_only=True)
class DateRange:
    """Whole days in one time zone; both days belong to the range."""

    first: date
    last: date
    zone: str

    @property
    def days(self) -> int:
        """How many days the range covers."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, kw_only=True)
class Question(ABC):
    """One question to the person; `label` and `help` are what they read."""

    label: str
    help: str = ""

    @property
    @abstractmethod
    def options(self) -> tuple[str, ...]:
        """What answers it on the command line: the names of its options, without dashes."""

    @abstractmethod
    def check(self, value: Any, *, name: str) -> Any:
        """The value, trimmed and valid. Raises InputError with `field=name` that says what to do."""

    @abstractmethod
    def dump(self, value: Any) -> JsonValue:
        """The value as JSON."""

    def load(self, stored: Any, *, name: str) -> Any:
        """The value from its JSON form, checked again."""
        return self.check(stored, name=name)

    @abstractmethod
    def describe(self, value: Any) -> str:
        """The value in a few words for a job's line."""


@dataclass(frozen=True, kw_only=True)
class OptionQuestion(Question):
    """A question that one option answers."""

    option: str

    @property
    def options(self) -> tuple[str, ...]:
        """That option."""
        return (self.option,)


@dataclass(frozen=True, kw_only=True)
class DateRangeQuestion(Question):
    """From, to (both inclusive) and a time zone; at most `LONGEST_RANGE_DAYS` days.

    An `optional` one may be left out, which is None. `prefix` begins its options on the command line.
    """

    optional: bool = False
    prefix: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """Two days and the zone that they are days of."""
        return tuple(f"{self.prefix}{name}" for name in ("from", "to", "timezone"))

    def check(self, value: Any, *, name: str) -> DateRange | None:
        if value is None and self.optional:
            return None
        if not isinstance(value, DateRange):
            raise InputError("The date range is not complete.", "Pick a first and a last day.", field=name)
        if value.last < value.first:
            raise InputError(
                f"The range ends ({value.last}) before it begins ({value.first}).",
                "Pick a last day that is not before the first.",
                field=name,
            )
        if value.days > LONGEST_RANGE_DAYS:
            raise InputError(
                f"The range covers {value.days:,} days.", f"Pick at most {LONGEST_RANGE_DAYS:,} days.", field=name
            )
        check_zone(value.zone, name=name)
        today = clock.now().astimezone(ZoneInfo(value.zone)).date()
        if value.last > today:
            raise InputError(
                f"The range ends in the future ({value.last}).", f"Pick {today} or an earlier last day.", field=name
            )
        return value

    def dump(self, value: DateRange | None) -> JsonValue:
        if value is None:
            return None
        return {"first": value.first.isoformat(), "last": value.last.isoformat(), "zone": value.zone}

    def load(self, stored: Any, *, name: str) -> DateRange | None:
        if stored is None:
            return self.check(None, name=name)
        return self.check(
            DateRange(
                first=date.fromisoformat(stored["first"]),
                last=date.fromisoformat(stored["last"]),
                zone=stored["zone"],
            ),
            name=name,
        )

    def describe(self, value: DateRange | None) -> str:
        if value is None:
            return ""
        return f"{value.first} to {value.last}, {value.zone}"


@dataclass(frozen=True, kw_only=True)
class IdsQuestion(OptionQuestion):
    """Any number of opaque ids, trimmed, each once, in the order given; `of` says what they name."""

    of: Literal["agents", "answers", "inboxes"]
    empty_means: str

    @property
    def of_one(self) -> str:
        """What one id names."""
        return {"agents": "agent", "answers": "answer", "inboxes": "inbox"}[self.of]

    def check(self, value: Any, *, name: str) -> tuple[str, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise InputError("A list of ids is expected.", "Give one id after another.", field=name)
        ids = tuple(dict.fromkeys(item for each in value if (item := typed(str(each)))))
        for item in ids:
            if re.search(r"[\s\x00-\x1f]", item):
                raise InputError(
                    f"“{item[:40]}” is not one id: it holds a space.", "Put each id on a line of its own.", field=name
                )
        return ids

    def dump(self, value: tuple[str, ...]) -> JsonValue:
        return list(value)

    def describe(self, value: tuple[str, ...]) -> str:
        return f"{len(value)} {self.of if len(value) > 1 else self.of_one}" if value else self.empty_means


@dataclass(frozen=True, kw_only=True)
class LanguagesQuestion(OptionQuestion):
    """Language codes such as `en-us` or `es-419`, lower-cased, each once."""

    empty_means: str
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")

    def check(self, value: Any, *, name: str) -> tuple[str, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise InputError("A list of language codes is expected.", "Give codes such as en-us.", field=name)
        codes = tuple(dict.fromkeys(str(item).strip().lower() for item in value if str(item).strip()))
        for code in codes:
            if not self.pattern.fullmatch(code):
                raise InputError(
                    f"“{code[:40]}” is not a language code.", "Use codes such as en-us, fr-ca or es-419.", field=name
                )
        return codes

    def dump(self, value: tuple[str, ...]) -> JsonValue:
        return list(value)

    def describe(self, value: tuple[str, ...]) -> str:
        return ", ".join(value) if value else self.empty_means


@dataclass(frozen=True, kw_only=True)
class SwitchQuestion(OptionQuestion):
    """Yes or no; `usual` is what it is at first."""

    on_means: str
    off_means: str
    usual: bool = True

    def check(self, value: Any, *, name: str) -> bool:
        if not isinstance(value, bool):
            raise InputError("Yes or no is expected.", "Switch it on or off.", field=name)
        return value

    def dump(self, value: bool) -> JsonValue:
        return value

    def describe(self, value: bool) -> str:
        return self.on_means if value else self.off_means


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Base of every export's parameters; an export that asks nothing uses it as it is."""


P = TypeVar("P", bound=Parameters)


def ask(question: Question, *, default: Any = MISSING) -> Any:
    """Declare a field of a `Parameters` dataclass; without a default the person has to answer."""
    return field(default=default, metadata={"question": question})


def questions(parameters: type[Parameters]) -> Mapping[str, Question]:
    """The questions of an export by field name, in the order they are asked."""
    return {item.name: item.metadata["question"] for item in fields(parameters)}


def check_parameters(kind: type[P], values: Mapping[str, Any]) -> P:
    """Parameters from raw answers. Raises InputError with the field's name."""
    return kind(**{name: question.check(values[name], name=name) for name, question in questions(kind).items()})


def dump_parameters(parameters: Parameters) -> dict[str, JsonValue]:
    """Parameters as JSON, for the journal and the manifest."""
    return {name: question.dump(getattr(parameters, name)) for name, question in questions(type(parameters)).items()}


def load_parameters(kind: type[P], stored: Mapping[str, Any]) -> P:
    """Parameters from their JSON form. Raises InputError where an older version stored too little of them."""
    asked = {name: question for name, question in questions(kind).items() if name in stored}
    try:
        return kind(**{name: question.load(stored[name], name=name) for name, question in asked.items()})
    except TypeError:
        raise InputError("This job is from before its export asked what it asks now.", "Run the export anew.") from None


def describe_parameters(parameters: Parameters) -> str:
    """Parameters in a few words."""
    described = (question.describe(getattr(parameters, name)) for name, question in questions(type(parameters)).items())
    return " · ".join(words for words in described if words)


_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff]")


def typed(text: str) -> str:
    """What a person typed or pasted, trimmed, without the invisible characters that a copied text may bring along."""
    return _UNSEEN.sub("", text).strip()


def check_zone(zone: str, *, name: str) -> str:
    """An IANA time zone name that this machine knows. Raises InputError."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"“{zone[:60]}” is not a time zone.", "Use an IANA name such as America/New_York or UTC.", field=name
        ) from None
    return zone
