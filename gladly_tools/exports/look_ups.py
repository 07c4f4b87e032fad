"""Look-ups beside a report: one request for each customer or conversation in it, remembered, several at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from gladly_tools.errors import UnexpectedAnswer
from gladly_tools.exports.export import Workbench
from gladly_tools.exports.inputs import JsonValue


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a look-up found: a word for what became of the thing, and the cells that it adds to its rows, as JSON."""

    became: str
    cells: Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class LookUp:
    """One kind of look-up.

    `column` holds the id, `kind` is what it is remembered under, `noun` its name in the plural. `ask` asks Gladly, in a
    thread of its own; an UnexpectedAnswer there costs this one alone. `remarks` has the words for what can have become
    of one, `unreadable` those for an answer that cannot be read.
    """

    column: str
    kind: str
    noun: str
    ask: Callable[[Workbench, str], Known]
    remarks: Mapping[str, str] = field(default_factory=dict)
    unreadable: str = ""


@dataclass(frozen=True, kw_only=True)
class LookedUp:
    """What can be said now of every id; those of `odd` could not be read."""

    workbench: Workbench
    odd: Mapping[str, Set[str]]

    def cells(self, look_up: LookUp, key: str | None) -> Mapping[str, Any]:
        """The cells that belong to an id; none for no id, and for one that could not be read."""
        if not key or key in self.odd[look_up.kind]:
            return {}
        known: Any = _recall(self.workbench, look_up, key)
        if known is None:  # forgotten for its age since it was looked up
            known = _ask(self.workbench, look_up, key)
        return {} if known is None else known.cells


def look_up_all(workbench: Workbench, look_ups: Sequence[LookUp], ids: Callable[[LookUp], Iterable[str]]) -> LookedUp:
    """Put everything into memory that is to be looked up; only what is not remembered is asked for.

    What could not be read is not remembered, so the next run asks again; it is remarked, as is what became of the rest.
    """
    distinct = {look_up.kind: tuple(dict.fromkeys(ids(look_up))) for look_up in look_ups}
    unknown = [
        (look_up, key)
        for look_up in look_ups
        for key in distinct[look_up.kind]
        if workbench.memory.get(look_up.kind, key) is None
    ]
    odd: dict[str, set[str]] = {look_up.kind: set() for look_up in look_ups}
    found = workbench.client.each(lambda one: _ask(workbench, *one), unknown)
    for number, ((look_up, key), known) in enumerate(zip(unknown, found, strict=True), start=1):
        if known is None:
            odd[look_up.kind].add(key)
        # The report itself takes little of the time; the rows that follow, less.
        workbench.progress(0.02 + 0.97 * number / len(unknown), f"{number:,} of {len(unknown):,} look-ups")
    asked = Counter(look_up.kind for look_up, _ in unknown)
    for look_up in look_ups:
        _remark(workbench, look_up, distinct[look_up.kind], asked[look_up.kind], odd[look_up.kind])
    return LookedUp(workbench=workbench, odd=odd)


def _remark(workbench: Workbench, look_up: LookUp, keys: Sequence[str], asked: int, odd: Set[str]) -> None:
    if asked < len(keys):
        workbench.remark(
            f"{look_up.noun.capitalize()} remembered from a look-up of the last "
            f"{workbench.settings.customer_cache_hours:g} hours",
            count=len(keys) - asked,
        )
    known = (_recall(workbench, look_up, key) for key in keys if key not in odd)
    became = Counter(one.became for one in known if one is not None)
    for what, words in look_up.remarks.items():
        if became[what]:
            workbench.remark(words, count=became[what])
    if odd:
        workbench.remark(look_up.unreadable, count=len(odd), partial=True)


def _recall(workbench: Workbench, look_up: LookUp, key: str) -> Known | None:
    stored = workbench.memory.get(look_up.kind, key)
    return Known(became=stored["became"], cells=stored["cells"]) if isinstance(stored, dict) else None


def _ask(workbench: Workbench, look_up: LookUp, key: str) -> Known | None:
    """Ask and remember; None when the answer could not be read, as one must not cost all others."""
    try:
        known = look_up.ask(workbench, key)
    except UnexpectedAnswer:
        return None
    workbench.memory.put(look_up.kind, key, {"became": known.became, "cells": dict(known.cells)})
    return known
