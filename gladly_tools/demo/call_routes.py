"""The participant events of phone calls: an address that no document names, so all of it is our guess."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from hashlib import blake2b
from operator import itemgetter

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gladly_tools.demo.calls import Accepted, Ended, HoldEnded, HoldStarted, Joined, Offered, Rejected, Transferred
from gladly_tools.demo.chronicle import Json, moment
from gladly_tools.demo.company import Company
from gladly_tools.demo.contacts import Contact
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.refusals import refused


class CallEndpoints:
    """The endpoint of a call's participant events; with `is_published` False the address does not exist."""

    def __init__(self, company: Company, *, is_published: bool) -> None:
        self._company = company
        self._is_published = is_published

    def routes(self) -> list[Route]:
        return [Route("/api/v1/conversation-items/{id}/participant-events", self.events)]

    def events(self, request: Request) -> Response:
        if not self._is_published:
            return PlainTextResponse("404 page not found\n", status_code=404)
        try:
            item = self._company.item(request.path_params["id"])
        except KeyError:
            return refused(404, "not_exist", detail="the conversation item does not exist")
        if item.type != "PHONE_CALL":
            return refused(400, "invalid", detail="the conversation item is not a phone call")
        conversation = self._company.conversations[item.conversation_id]
        contact = next(one for one in self._company.contacts_of(conversation) if one.id == item.id)
        now = self._company.now()
        events = [(at, event) for at, event in self.told(conversation, contact) if at <= now]
        return JSONResponse([event for _, event in sorted(events, key=itemgetter(0))])

    def told(self, conversation: Conversation, contact: Contact) -> Iterator[tuple[dt.datetime, Json]]:
        """Every step of everybody on the call, the leaving ones included that the live list does not have."""
        company = self._company
        customer = {"id": company.report_customer_id(conversation), "type": "CUSTOMER"}

        def event(at: dt.datetime, what: str, participant: Json, **more: object) -> tuple[dt.datetime, Json]:
            digest = blake2b(f"{contact.id}/{at}/{what}/{participant['id']}".encode(), digest_size=16).digest()
            id_ = base64.urlsafe_b64encode(digest)[:22].decode()
            return at, {"id": id_, "timestamp": moment(at), "type": what, "participant": participant, **more}

        def agent(place: int) -> Json:
            return {"id": company.agents[place].id, "type": "AGENT"}

        yield event(contact.started_at, "STARTED", customer)
        there: dict[int, None] = {}
        for step in contact.steps:
            at = step.at
            match step:
                case Offered():
                    yield event(at, "RINGING", agent(step.agent))
                case Accepted():
                    yield event(at, "ANSWERED", agent(step.agent))
                case Rejected():
                    yield event(at, "REJECTED", agent(step.agent), reason=step.reason)
                case Joined():
                    there[step.agent] = None
                    yield event(at, "JOINED", agent(step.agent), muted=False)
                case HoldStarted():
                    yield event(at, "HOLD_STARTED", agent(step.agent), reason=step.reason)
                case HoldEnded():
                    yield event(at, "HOLD_ENDED", agent(step.agent), reason=step.reason)
                case Transferred():
                    to = {"inboxId": company.inboxes[step.inbox].id}
                    there.pop(step.agent, None)
                    yield event(at, "TRANSFERRED", agent(step.agent), reason=f"{step.kind}, {step.reason}", assignee=to)
                case Ended():
                    for place in there:
                        yield event(at, "LEFT", agent(place))
                    yield event(at, "HUNG_UP", customer, **({"reason": step.reason} if step.reason else {}))
                case _:
                    pass
