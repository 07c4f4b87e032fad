"""The agents' days: when they sign in, what they are available for, when they are away; and an integration's checks."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gladly_tools.demo.chronicle import APPLICATION, SYSTEM, Event, Initiator, Recorder, moment
from gladly_tools.demo.ids import Kind, seeded
from gladly_tools.demo.timeline import midnight

if TYPE_CHECKING:
    from gladly_tools.demo.company import Agent, Company

_ACTIVE_REASONS = (("ar-front", "Front line"), ("ar-back", "Back office"), ("ar-train", None))
_AWAY_REASONS = (("aw-lunch", "Lunch"), ("aw-break", "Break, short"), ("aw-meet", None))
_SKILLS = (("VOICE", "MESSAGING", "MAIL", "TASK"), ("MESSAGING", "MAIL"), ("VOICE",), ("MAIL", "TASK"))
_TEST_PROFILE = 10_000_000  # the first of the numbers that no customer has


def agent_day(company: Company, place: int, day: dt.date) -> list[Event]:
    """The events of one agent's working day, none on a day off; some shifts go on after midnight."""
    chance = seeded(company.seed, "agent day", place, day.isoformat())
    if chance.random() < (0.25 if day.weekday() < 5 else 0.6):
        return []
    shift = _Shift(company, company.agents[place], day, chance)
    return shift.events(starts_at=(7, 9, 12, 18)[place % 4])


class _Shift:
    def __init__(self, company: Company, agent: Agent, day: dt.date, chance: random.Random) -> None:
        self._agent = agent
        self._chance = chance
        self._begin = midnight(day, company.zone)
        self._self = Initiator(id=agent.id, type="AGENT")
        self._record = Recorder(company.seed, "agent day", agent.id, day.isoformat())

    def events(self, *, starts_at: int) -> list[Event]:
        chance, skills = self._chance, self._chance.choice(_SKILLS)
        at = self._begin + dt.timedelta(hours=starts_at, milliseconds=chance.randrange(1_500_000))
        self._status(at, "LOGGED_IN", activeReason=_reason(chance.choice((*_ACTIVE_REASONS, None))))
        at = self._later(at, 20, 300)
        self._available(at, skills)
        for stint in range(3):
            at = self._later(at, 3000, 7000)
            if stint == 1 and chance.random() < 0.7:
                at = self._focus(at, skills)
            if chance.random() < 0.5:
                self._status(at, "CHANGED_ACTIVE_REASON", activeReason=_reason(chance.choice(_ACTIVE_REASONS)))
                at = self._later(at, 30, 90)
            at = self._away(at, skills)
        at = self._later(at, 1500, 4000)
        if chance.random() < 0.12:
            # Left without a word: away by idling, then signed out by the system, which is no return.
            self._status(at, "WENT_AWAY", by=SYSTEM)
            self._status(self._later(at, 1800, 1801), "LOGGED_OUT", by=SYSTEM)
            return self._record.events
        self._available(at, ())
        self._status(self._later(at, 10, 200), "LOGGED_OUT")
        return self._record.events

    def _focus(self, at: dt.datetime, skills: Sequence[str]) -> dt.datetime:
        context = {"availableFor": list(skills)}
        self._record.add(at, "AGENT_AVAILABILITY/FOCUS_ENTERED", self._self, agentId=self._agent.id, context=context)
        back = self._later(at, 300, 2400)
        self._record.add(
            back, "AGENT_AVAILABILITY/FOCUS_EXITED", self._self, agentId=self._agent.id, context={"availableFor": []}
        )
        return self._later(back, 5, 60)

    def _away(self, at: dt.datetime, skills: Sequence[str]) -> dt.datetime:
        reason = _reason(self._chance.choice((*_AWAY_REASONS, None)))
        self._available(at, ())
        gone = self._later(at, 1, 4)
        self._status(gone, "WENT_AWAY", awayReason=reason)
        back = self._later(gone, 400, 2600)
        self._status(back, "RETURNED_FROM_AWAY", awayAt=moment(gone), awayReason=reason)
        ready = self._later(back, 1, 30)
        self._available(ready, skills)
        return ready

    def _status(self, at: dt.datetime, what: str, *, by: Initiator | None = None, **content: object) -> None:
        self._record.add(
            at, f"AGENT_STATUS/{what}", by or self._self, agentId=self._agent.id, occurredAt=moment(at), **content
        )

    def _available(self, at: dt.datetime, skills: Sequence[str]) -> None:
        # It is recorded a moment after it happened.
        self._record.add(
            at,
            "AGENT_AVAILABILITY/UPDATED",
            self._self,
            agentId=self._agent.id,
            availableFor=list(skills),
            occurredAt=moment(at - dt.timedelta(milliseconds=120)),
        )

    def _later(self, at: dt.datetime, least: int, most: int) -> dt.datetime:
        return at + dt.timedelta(milliseconds=self._chance.randrange(least * 1000, most * 1000))


def integration_checks(company: Company, day: dt.date) -> list[Event]:
    """A shop integration tests every hour that it can make, merge, change and delete a customer."""
    begin = midnight(day, company.zone)
    events: list[Event] = []
    for hour in range(24):
        record = Recorder(company.seed, "check", day.isoformat(), hour)
        number = _TEST_PROFILE + (day.toordinal() * 24 + hour) * 4
        kept, doubled = (company.ids.make(Kind.FORMER_CUSTOMER, number + step) for step in range(2))
        at = begin + dt.timedelta(hours=hour, minutes=17)
        second = dt.timedelta(seconds=1)
        record.add(at, "CUSTOMER_PROFILE/CREATED", APPLICATION, customerId=kept)
        record.add(at + second, "CUSTOMER_PROFILE/UPDATED", APPLICATION, customerId=kept)
        if hour % 3 == 0:
            record.add(at + 2 * second, "CUSTOMER_PROFILE/CREATED", APPLICATION, customerId=doubled)
            record.add(
                at + 3 * second,
                "CUSTOMER/MERGED",
                APPLICATION,
                destinationCustomerId=kept,
                sourceCustomerId=doubled,
            )
        record.add(at + 30 * second, "CUSTOMER_PROFILE/DELETED", APPLICATION, customerId=kept)
        events += record.events
    return events


def _reason(reason: tuple[str, str | None] | None) -> dict[str, str] | None:
    if reason is None:
        return None
    id_, name = reason
    return {"id": id_} if name is None else {"id": id_, "name": name}
