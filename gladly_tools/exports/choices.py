"""Questions whose answers are on a fixed list: one of it, or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gladly_tools.errors import InputError
from gladly_tools.exports.inputs import JsonValue, OptionQuestion


@dataclass(frozen=True, kw_only=True)
class ChoiceQuestion(OptionQuestion):
    """One of a fixed list; `choices` holds the words for each."""

    choices: Mapping[str, str]

    def check(self, value: Any, *, name: str) -> str:
        chosen = value.strip().lower() if isinstance(value, str) else ""
        if chosen not in self.choices:
            raise InputError(
                f"“{str(value)[:60]}” is not on the list of {self.label.lower()}.",
                f"Choose one: {', '.join(self.choices)}.",
                field=name,
            )
        return chosen

    def dump(self, value: str) -> JsonValue:
        return value

    def describe(self, value: str) -> str:
        return self.choices[value]


@dataclass(frozen=True, kw_only=True)
class ChoicesQuestion(OptionQuestion):
    """Any number of a fixed list, in its order; `least` of them at least.

    `groups` holds the list in groups. When `of` names another question, only the groups that are its answer are
    offered. `usual` is what is chosen at first. A `compact` one takes a line on the page, not one for each choice. Each
    choice may have a help text in `helps`, and words for people in `words`, where it is a code.
    """

    what: str
    groups: Mapping[str, Sequence[str]]
    of: str = ""
    least: int = 0
    usual: tuple[str, ...] = ()
    empty_means: str = ""
    compact: bool = False
    helps: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def in_words(self, choice: str) -> str:
        """A choice as people read it."""
        return self.words.get(choice, choice)

    @property
    def choices(self) -> tuple[str, ...]:
        """Every choice, in order."""
        return tuple(choice for group in self.groups.values() for choice in group)

    def offered(self, answers: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
        """The groups that fit the answers given so far."""
        return {name: group for name, group in self.groups.items() if not self.of or name in answers[self.of]}

    def check(self, value: Any, *, name: str) -> tuple[str, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise InputError(f"A list of {self.what} is expected.", "Choose from the list.", field=name)
        chosen = {str(item).strip().upper() for item in value}
        unknown = sorted(chosen - {choice.upper() for choice in self.choices})
        if unknown:
            raise InputError(
                f"“{unknown[0][:60]}” is none of the {self.what}.",
                f"Choose from: {', '.join(self.choices)}.",
                field=name,
            )
        if len(chosen) < self.least:
            raise InputError(f"None of the {self.what} is chosen.", "Choose at least one.", field=name)
        return tuple(choice for choice in self.choices if choice.upper() in chosen)

    def dump(self, value: tuple[str, ...]) -> JsonValue:
        return list(value)

    def describe(self, value: tuple[str, ...]) -> str:
        if not value:
            return self.empty_means
        return ", ".join(map(self.in_words, value)) if len(value) <= 3 else f"{len(value)} {self.what}"
