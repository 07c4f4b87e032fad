"""What an event is, and how those of one conversation, one agent or one integration get ids that stay the same."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Initiator:
    """Who did it; `type` is one of CUSTOMER, AGENT, AUTOMATION, APPLICATION and SYSTEM."""

    id: str
    type: str


SYSTEM = Initiator(id="gladly", type="SYSTEM")
APPLICATION = Initiator(id="brightleaf-shop", type="APPLICATION")


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One event; `at` is UTC with whole milliseconds, `content` as it is sent, but for times within it."""

    id: str
    at: dt.datetime
    type: str
    initiator: Initiator
    content: Json

    @property
    def entity(self) -> str:
        """The entity that has to be asked for to get it."""
        name = self.type.partition("/")[0]
        return "CONVERSATION" if name == "CONVERSATION_ASSIGNEE" else name


class Recorder:
    """Gathers the events of one story; their ids follow from the story's key and their place in it."""

    def __init__(self, seed: int, *key: object) -> None:
        self._key = f"{seed}/{'/'.join(map(str, key))}"
        self.events: list[Event] = []

    def add(self, at: dt.datetime, type_: str, initiator: Initiator, **content: object) -> None:
        """Add an event; a field whose value is None is missing from it."""
        place = f"{self._key}/{len(self.events)}"
        digest = blake2b(place.encode(), digest_size=16).digest()
        self.events.append(
            Event(
                id=base64.urlsafe_b64encode(digest)[:22].decode(),
                at=at,
                type=type_,
                initiator=initiator,
                content={name: value for name, value in content.items() if value is not None},
            )
        )


def in_order(events: list[Event]) -> list[Event]:
    """Oldest first; those of one moment in the order of their ids."""
    return sorted(events, key=lambda event: (event.at, event.id))


def moment(value: dt.datetime) -> str:
    """A time as events carry it: as many digits of a second as it needs, up to three."""
    text = f"{value:%Y-%m-%dT%H:%M:%S}"
    digits = f"{value.microsecond // 1000:03d}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"
