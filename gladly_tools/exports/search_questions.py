"""Questions of a search through export files: where to search, for whom, for which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from gladly_tools.errors import InputError
from gladly_tools.exports.inputs import JsonValue, OptionQuestion, Question, typed
from gladly_tools.search import Contact, ContactKind, parse_contact, parse_contacts, parse_phrases, split_contacts


@dataclass(frozen=True, kw_only=True)
class Where:
    """What is searched: export jobs by id, or those whose data begins on some UTC days, or a file.

    Exactly one of them. A file is on this machine, with `file` as its path, or was uploaded and is kept as `upload`, a
    set of `files`; `file_name` is what people know it by.
    """

    job_ids: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    file: str = ""
    upload: str = ""
    files: tuple[str, ...] = ()
    file_name: str = ""


@dataclass(frozen=True, kw_only=True)
class WhereQuestion(Question):
    """Which export jobs, or which file."""

    @property
    def options(self) -> tuple[str, ...]:
        """Jobs by their id, or by two days, or a file."""
        return ("job-id", "from", "to", "file")

    def check(self, value: Any, *, name: str) -> Where:
        if not isinstance(value, Where):
            raise InputError("Nothing to search is chosen.", "Choose export jobs, or a file.", field=name)
        job_ids = tuple(dict.fromkeys(job_id.strip() for job_id in value.job_ids if job_id.strip()))
        has_days = value.first is not None or value.last is not None
        given = [bool(job_ids), has_days, bool(value.file), bool(value.upload)]
        if sum(given) != 1:
            raise InputError(
                "Exactly one thing can be searched: jobs by their ID, jobs of some days, or a file."
                if any(given)
                else "No export job is chosen.",
                "Choose one or more jobs from the list, or paste a job's ID.",
                field=name,
            )
        if has_days and (value.first is None or value.last is None):
            raise InputError("The days are not complete.", "Give a first and a last day.", field=name)
        if value.first is not None and value.last is not None and value.last < value.first:
            raise InputError(
                f"The range ends ({value.last}) before it begins ({value.first}).",
                "Give a last day that is not before the first.",
                field=name,
            )
        return replace(value, job_ids=job_ids, file_name=value.file_name or Path(value.file).name)

    def dump(self, value: Where) -> JsonValue:
        return {
            "job_ids": list(value.job_ids),
            "first": value.first and value.first.isoformat(),
            "last": value.last and value.last.isoformat(),
            "file": value.file,
            "upload": value.upload,
            "files": list(value.files),
            "file_name": value.file_name,
        }

    def load(self, stored: Any, *, name: str) -> Where:
        days = {key: date.fromisoformat(stored[key]) if stored[key] else None for key in ("first", "last")}
        lists = {key: tuple(stored[key]) for key in ("job_ids", "files")}
        return self.check(Where(**{**stored, **days, **lists}), name=name)

    def describe(self, value: Where) -> str:
        if value.file or value.upload:
            return value.file_name
        if value.first is not None:
            return f"jobs of {value.first}" if value.first == value.last else f"jobs of {value.first} to {value.last}"
        return f"job {value.job_ids[0]}" if len(value.job_ids) == 1 else f"{len(value.job_ids)} jobs"


@dataclass(frozen=True, kw_only=True)
class ContactsQuestion(OptionQuestion):
    """Any number of contacts, each understood as an address, a number or a domain."""

    def check(self, value: Any, *, name: str) -> tuple[Contact, ...]:
        text = typed(value if isinstance(value, str) else "\n".join(map(written, value)))
        try:
            return tuple(parse_contacts(text))
        except InputError as error:
            raise InputError(error.what, error.advice, field=name) from None

    def understood(self, text: str) -> list[str]:
        """What is typed so far, contact by contact: how it is understood, or why it is not."""
        found: list[str] = []
        for piece in split_contacts(typed(text)):
            try:
                found.append(parse_contact(piece).describe())
            except InputError as error:
                found.append(f"not understood: {error}")
        return found

    def dump(self, value: tuple[Contact, ...]) -> JsonValue:
        return [written(contact) for contact in value]

    def describe(self, value: tuple[Contact, ...]) -> str:
        return _few([written(contact) for contact in value], "contacts")


@dataclass(frozen=True, kw_only=True)
class PhrasesQuestion(OptionQuestion):
    """Any number of phrases, of which any one is enough."""

    def check(self, value: Any, *, name: str) -> tuple[str, ...]:
        return parse_phrases(typed(value if isinstance(value, str) else "\n".join(map(str, value))))

    def dump(self, value: tuple[str, ...]) -> JsonValue:
        return list(value)

    def describe(self, value: tuple[str, ...]) -> str:
        return _few([f"“{phrase}”" for phrase in value], "phrases")


def written(contact: Contact | str) -> str:
    """A contact as it can be typed again."""
    if isinstance(contact, str):
        return contact
    prefix = {ContactKind.DOMAIN: "@", ContactKind.SUBDOMAINS: "@*."}.get(contact.kind, "")
    return prefix + contact.value


def _few(words: Sequence[str], noun: str) -> str:
    return ", ".join(words) if len(words) <= 2 else f"{len(words)} {noun}"
