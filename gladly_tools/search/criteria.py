"""What a search asks for, checked and frozen: nothing but this and a file goes into one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gladly_tools.errors import InputError
from gladly_tools.search.contacts import Contact
from gladly_tools.search.phrases import fold


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Every group that is given must hold; within a group, any one is enough. Nothing given takes every item.

    `types` are content types (`EMAIL`), `agents` ids of the initiator or the responder. The time range is half-open,
    `start <= timestamp < end`, both with a zone; an item whose time cannot be read is in no range.
    `whole_conversation` asks for the other items of each matching conversation too, whatever they are.
    Raises InputError for a range without a zone or that is empty, and for a blank phrase.
    """

    contacts: tuple[Contact, ...] = ()
    phrases: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    start: datetime | None = None
    end: datetime | None = None
    whole_conversation: bool = False

    def __post_init__(self) -> None:
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment is not None and moment.tzinfo is None:
                raise InputError("A time range needs a time zone.", field=name)
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise InputError("The time range ends before it begins.", "Choose a later end.", field="end")
        if not all(map(fold, self.phrases)):
            raise InputError("A phrase is blank.", "Leave it out, or write what to look for.", field="phrases")

    @property
    def takes_all(self) -> bool:
        """True when nothing is asked for: every item is taken."""
        return not (self.contacts or self.phrases or self.types or self.agents or self.start or self.end)
