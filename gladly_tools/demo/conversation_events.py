"""The events of a conversation: made from its closes, its topics and the steps of its contacts, so that all agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from gladly_tools.demo.calls import (
    Accepted,
    Ended,
    Fulfilled,
    HoldEnded,
    HoldStarted,
    Joined,
    Offered,
    Rejected,
    Step,
    Transferred,
)
from gladly_tools.demo.chronicle import APPLICATION, SYSTEM, Event, Initiator, Json, Recorder, moment
from gladly_tools.demo.contacts import Assignee, Contact
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.customers import former_profiles, is_deleted
from gladly_tools.demo.drafts import Party
from gladly_tools.demo.ids import Kind, seeded
from gladly_tools.demo.items import Item

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company

_SECOND = dt.timedelta(seconds=1)
_UNPAID_EVERY = 20
_DRAFT_EVERY = 9
_UNKNOWN_FIELD_EVERY = 13
_REPLY_TIME = dt.timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class _Assignment:
    """From `at` on the conversation belongs to `to`; `reason` None = where it began."""

    at: dt.datetime
    to: Assignee
    reason: str | None = None
    by: Initiator = SYSTEM


class ConversationEvents:
    """Makes the events of any conversation, its future included."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def of(self, one: Conversation) -> list[Event]:
        """All events about a conversation, its contacts, its payment requests and its customer's profile."""
        return _Story(self._company, one).told()


class _Story:
    def __init__(self, company: Company, one: Conversation) -> None:
        self._company = company
        self._one = one
        self._contacts = company.contacts_of(one)
        self._customer_id = company.report_customer_id(one)
        self._customer = Initiator(id=self._customer_id, type="CUSTOMER")
        self._core = {"customerId": self._customer_id, "conversationId": one.id}
        self._record = Recorder(company.seed, "conversation", one.number)
        self._chance = seeded(company.seed, "conversation events", one.number)
        self._assignments = list(self._assigned())

    def told(self) -> list[Event]:
        self._life()
        for contact in self._contacts:
            self._contact(contact)
        self._items()
        self._attributes()
        self._payments()
        self._profile()
        return self._record.events

    # The conversation itself.

    def _life(self) -> None:
        one, record = self._one, self._record
        record.add(
            one.created_at,
            "CONVERSATION/CREATED",
            self._by(one.created_by, one.created_by_agent),
            **self._core,
            context=self._context(one.created_at + _SECOND),
        )
        for close in one.closes:
            by = self._by(close.by, close.by_agent, close.by_rule)
            record.add(close.at, "CONVERSATION/CLOSED", by, **self._core, context=self._context(close.at))
        for at in one.reopened_at:
            record.add(at, "CONVERSATION/REOPENED", self._customer, **self._core, context=self._context(at))
        for before, after in pairwise(self._assignments):
            record.add(
                after.at,
                "CONVERSATION_ASSIGNEE/UPDATED",
                after.by,
                **self._core,
                reason=after.reason,
                assignee=self._assignee(after.to),
                context={"assignee": self._assignee(before.to)},
            )

    def _assigned(self) -> Iterator[_Assignment]:
        """Every change of assignee, oldest first, the beginning before all."""
        one = self._one
        changes = [_Assignment(at=one.created_at, to=Assignee(inbox=one.inbox_created, agent=one.agent_created))]
        for contact in self._contacts:
            before = contact.assignees()
            for step, assignee in zip(contact.steps, before, strict=True):
                if isinstance(step, Accepted):
                    to = Assignee(inbox=assignee.inbox, agent=step.agent)
                    changes.append(_Assignment(at=step.at, to=to, reason="AUTOMATED_ASSIGNMENT"))
                elif isinstance(step, Transferred):
                    to = Assignee(inbox=step.inbox, agent=step.to_agent)
                    by = self._agent(step.agent)
                    changes.append(_Assignment(at=step.at, to=to, reason="PHONE_CALL_TRANSFER", by=by))
        changes.sort(key=lambda change: change.at)
        last = changes[-1]
        final = Assignee(inbox=one.inbox, agent=one.agent)
        if last.to != final:
            close = one.closes[0].at if one.closes else one.created_at + dt.timedelta(hours=1)
            at = max(last.at + _SECOND, one.created_at + (close - one.created_at) * 0.9)
            changes.append(_Assignment(at=_whole(at), to=final, reason="MANUAL", by=self._anyone(one.agent)))
        current = None
        for change in changes:
            if change.to != current:
                yield change
            current = change.to

    def _items(self) -> None:
        """What was written, noted and filed, as the conversation's items have it."""
        for item in self._company.whole_story(self._one):
            by = self._party(item.initiator)
            match item.content:
                case {"type": "TOPIC_CHANGE"}:
                    for field, what in (("addedTopicIds", "TOPIC_ADDED"), ("removedTopicIds", "TOPIC_REMOVED")):
                        for topic_id in cast(Sequence[str], item.content.get(field, ())):
                            content = {**self._core, "topicId": topic_id, "context": self._context(item.at)}
                            self._record.add(item.at, f"CONVERSATION/{what}", by, **content)
                case {"type": "CONVERSATION_NOTE"}:
                    self._record.add(item.at, "CONVERSATION/NOTE_CREATED", by, noteId=item.id, **self._core)
                case _ if item.contact is not None:
                    self._message(item, self._contacts[item.contact], by)

    def _message(self, item: Item, contact: Contact, by: Initiator) -> None:
        # Nobody writes in a call, and nobody answers a voicemail in it; events have no Twitter.
        excluded = ("PHONE_CALL", "TWITTER") if item.is_inbound else ("PHONE_CALL", "VOICEMAIL", "TWITTER")
        if contact.channel in excluded:
            return
        before = [
            assignee for step, assignee in zip(contact.steps, contact.assignees(), strict=True) if step.at >= item.at
        ]
        self._record.add(
            item.at,
            "CONTACT/MESSAGE_RECEIVED" if item.is_inbound else "CONTACT/MESSAGE_SENT",
            by,
            channel=contact.channel,
            contactId=contact.id,
            **self._core,
            messageId=item.id,
            context={"assignee": self._assignee(before[0] if before else contact.assignees()[-1])},
        )

    def _attributes(self) -> None:
        one, attributes = self._one, self._company.attributes
        named = [(attributes[place], value, True) for place, value in one.attributes]
        if one.number % _DRAFT_EVERY == 4:
            named.append((attributes[1], "draft", False))
        for place, (attribute, value, stays) in enumerate(named):
            at = one.created_at + dt.timedelta(seconds=2 + place)
            content = {
                **self._core,
                "customAttributeId": attribute.id,
                "customAttributeKey": attribute.key,
                "customAttributeValue": value,
            }
            self._record.add(at, "CONVERSATION/CUSTOM_ATTRIBUTE_ADDED", APPLICATION, **content)
            if not stays:
                later = at + dt.timedelta(seconds=45)
                self._record.add(later, "CONVERSATION/CUSTOM_ATTRIBUTE_REMOVED", APPLICATION, **content)

    # Its contacts.

    def _contact(self, contact: Contact) -> None:
        if contact.channel == "TWITTER":
            return  # no such channel among events; reports have it
        core = {"channel": contact.channel, "contactId": contact.id, **self._core}
        before = contact.assignees()
        first = self._agent(contact.agents[0]) if not contact.is_inbound and contact.agents else self._customer
        self._record.add(
            contact.started_at,
            "CONTACT/STARTED",
            first,
            **core,
            entryPoint=contact.entry_point,
            finalIVRSelection=contact.final_ivr_selection,
            dueAt=None
            if contact.channel == "PHONE_CALL" or not contact.is_inbound
            else moment(contact.started_at + _REPLY_TIME),
            language="en" if self._one.number % _UNKNOWN_FIELD_EVERY == 0 else None,  # in no document
            context={"assignee": self._assignee(before[0])},
        )
        for step, assignee in zip(contact.steps, before, strict=True):
            type_, by, content = self._step(step)
            self._record.add(step.at, type_, by, **core, **content, context={"assignee": self._assignee(assignee)})

    def _step(self, step: Step) -> tuple[str, Initiator, Json]:
        agents = self._company.agents
        match step:
            case Offered():
                reasons = ["VIP", "Speaks Spanish, French"][: self._one.number % 3]
                return "CONTACT/OFFERED", SYSTEM, {"agentId": agents[step.agent].id, "matchReasons": reasons}
            case Accepted():
                return "CONTACT/OFFER_ACCEPTED", self._agent(step.agent), {"agentId": agents[step.agent].id}
            case Rejected():
                by = SYSTEM if step.reason == "MISSED" else self._agent(step.agent)
                return "CONTACT/OFFER_REJECTED", by, {"agentId": agents[step.agent].id, "reason": step.reason}
            case Joined():
                return "CONTACT/JOINED", self._agent(step.agent), {}
            case HoldStarted():
                return "CONTACT/HOLD_STARTED", self._agent(step.agent), {"reason": step.reason}
            case HoldEnded():
                return "CONTACT/HOLD_ENDED", self._agent(step.agent), {"reason": step.reason}
            case Transferred():
                to = self._assignee(Assignee(inbox=step.inbox, agent=step.to_agent))
                content = {"transferType": step.kind, "reason": step.reason, "assignee": to}
                return "CONTACT/TRANSFERRED", self._agent(step.agent), content
            case Fulfilled():
                return "CONTACT/FULFILLED", SYSTEM, {"fulfilledType": step.kind}
            case Ended():
                end = {"status": step.status} | ({"reason": step.reason} if step.reason else {})
                by = self._customer if step.reason in ("CUSTOMER_ABANDONED", None) else SYSTEM
                return "CONTACT/ENDED", by, end

    # What hangs on it.

    def _payments(self) -> None:
        one = self._one
        ends = [("COMPLETED", cents) for cents in one.payments_completed]
        ends += [("DECLINED", cents) for cents in one.payments_declined]
        if one.number % _UNPAID_EVERY == 3:
            ends.append((("TIMED_OUT", "ERROR")[one.number // _UNPAID_EVERY % 2], 1000 + one.number % 5000))
        for place, (end, cents) in enumerate(ends):
            core = {
                "contactId": self._contacts[0].id,
                **self._core,
                "paymentRequestId": f"pay-{one.number}-{place}",
                "context": {"currency": "USD", "monetaryUnit": cents / 100},
            }
            at = self._within(0.4 + 0.1 * place)
            self._record.add(at, "PAYMENT_REQUEST/CREATED", self._anyone(one.agent), **core)
            at += dt.timedelta(seconds=self._chance.randrange(5, 90))
            self._record.add(at, "PAYMENT_REQUEST/VIEWED", self._customer, **core)
            steps = ["REQUESTING", *(["SUBMITTED"] if end != "TIMED_OUT" else []), end]
            for old, new in pairwise(steps):
                at += dt.timedelta(seconds=self._chance.randrange(3, 60))
                self._record.add(at, "PAYMENT_REQUEST/STATUS_CHANGED", SYSTEM, **core, oldStatus=old, newStatus=new)

    def _profile(self) -> None:
        one, company = self._one, self._company
        current = company.customers.current_id(one.customer)
        first_agent = self._anyone(one.agent)
        if self._chance.random() < 0.2:
            at = self._within(0.2)
            self._record.add(at, "CUSTOMER_PROFILE/UPDATED", first_agent, customerId=self._customer_id)
        if self._customer_id != current and former_profiles(one.customer):
            # A profile was made for an address that nobody knew, and merged when it was seen whose it is.
            at = one.created_at - _SECOND
            self._record.add(at, "CUSTOMER_PROFILE/CREATED", SYSTEM, customerId=self._customer_id)
            into = company.conversations.merged_into(one)
            self._record.add(
                one.created_at + dt.timedelta(hours=3),
                "CUSTOMER/MERGED",
                first_agent,
                destinationCustomerId=current,
                destinationConversationId=into,
                sourceCustomerId=self._customer_id,
                sourceConversationId=one.id if into else None,
            )
        if is_deleted(one.customer):
            at = one.created_at + dt.timedelta(days=1)
            self._record.add(at, "CUSTOMER_PROFILE/DELETED", APPLICATION, customerId=current)

    def _within(self, share: float) -> dt.datetime:
        """A moment between the beginning and the first close."""
        one = self._one
        close = one.closes[0].at if one.closes else one.created_at + dt.timedelta(hours=2)
        return _whole(one.created_at + (close - one.created_at) * min(share, 0.98))

    def _by(self, type_: str, agent: int | None, rule: str | None = None) -> Initiator:
        if type_ == "AGENT" and agent is not None:
            return self._agent(agent)
        if type_ == "CUSTOMER":
            return self._customer
        if type_ == "AUTOMATION" and rule:
            return Initiator(id=rule, type="AUTOMATION")
        return APPLICATION if type_ == "APPLICATION" else SYSTEM

    def _party(self, party: Party | None) -> Initiator:
        """Who began an item; items say API where events say APPLICATION."""
        if party is None:
            return SYSTEM
        if party.type == "CUSTOMER":
            return self._customer
        return Initiator(id=party.id or SYSTEM.id, type="APPLICATION" if party.type == "API" else party.type)

    def _agent(self, place: int) -> Initiator:
        return Initiator(id=self._company.agents[place].id, type="AGENT")

    def _anyone(self, place: int | None) -> Initiator:
        """The agent, or a rule where there is none."""
        if place is not None:
            return self._agent(place)
        return Initiator(id=self._company.ids.make(Kind.RULE, 0), type="AUTOMATION")

    def _context(self, at: dt.datetime) -> Json:
        """The state just before a moment."""
        current = self._assignments[0]
        for change in self._assignments:
            if change.at >= at:
                break
            current = change
        return {"assignee": self._assignee(current.to)}

    def _assignee(self, it: Assignee) -> Json:
        inbox = {"inboxId": self._company.inboxes[it.inbox].id}
        return inbox if it.agent is None else {**inbox, "agentId": self._company.agents[it.agent].id}


def _whole(at: dt.datetime) -> dt.datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
