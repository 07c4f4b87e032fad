"""How the company's records look as JSON, with the liberties that the real server takes.

Fractions of a second come with 0, 2, 3, 8 or 9 digits; a field without a value is missing in one record and
null in the next; fields that no document names appear here and there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gladly_tools.demo.chronicle import moment as event_moment
from gladly_tools.demo.moments import moment

if TYPE_CHECKING:
    from gladly_tools.demo.answers import Answer, AnswerContent
    from gladly_tools.demo.chronicle import Event
    from gladly_tools.demo.company import Agent, Audience, Company, CustomAttribute, Inbox, Organization, Team
    from gladly_tools.demo.conversations import Conversation
    from gladly_tools.demo.customers import Customer
    from gladly_tools.demo.drafts import Party
    from gladly_tools.demo.export_jobs import ExportJob, ExportSchedule
    from gladly_tools.demo.items import Item
    from gladly_tools.demo.topics import Topic

Json = dict[str, Any]


def organization(it: Organization) -> Json:
    return {
        "id": it.id,
        "name": it.name,
        "loginDomain": it.login_domain,
        "timezone": it.timezone,
        "gladlyUrl": it.gladly_url,
        "plan": {"name": "demo"},  # in no document: readers must ignore it
    }


def agent(it: Agent) -> Json:
    return {"id": it.id, "name": it.name, "emailAddress": it.email_address}


def team(it: Team) -> Json:
    return {"id": it.id, "name": it.name, "description": it.description, "agentIds": list(it.agent_ids)}


def inbox(it: Inbox) -> Json:
    return {"id": it.id, "name": it.name, "disabled": it.disabled}


def topic(it: Topic) -> Json:
    shape: Json = {"id": it.id, "name": it.name, "usage": "ANY"}
    _put(shape, "disabled", it.disabled, null=False)
    _put(shape, "parentId", it.parent_id, null=len(it.name) % 3 == 0)
    return shape


def audience(it: Audience) -> Json:
    return {"id": it.id, "name": it.name}


def answer(it: Answer) -> Json:
    shape: Json = {"id": it.id, "name": it.name}
    _put(shape, "description", it.description, null=len(it.name) % 2 == 0)
    _put(shape, "audienceIds", None if it.audience_ids is None else list(it.audience_ids), null=False)
    shape["createdAt"] = moment(it.created_at, 9)
    shape["updatedAt"] = moment(it.updated_at, 8 if len(it.name) % 2 else 0)
    return shape


def answer_content(it: Answer, content: AnswerContent) -> Json:
    shape: Json = {
        "answerId": it.id,
        "language": content.language,
        "type": content.type,
        "bodyHtml": content.body_html,
    }
    _put(shape, "title", content.title, null=False)
    _put(shape, "subject", content.subject, null=False)
    _put(shape, "internal", content.internal, null=False)
    return shape


def public_answer(it: Answer, content: AnswerContent) -> Json:
    return {
        "id": it.id,
        "name": it.name,
        "bodyHtml": content.body_html,
        "language": content.language,
        "updatedAt": moment(it.updated_at, 3),
    }


def customer(it: Customer) -> Json:
    null = it.number % 2 == 0
    shape: Json = {"id": it.id}
    _put(shape, "name", it.name, null=null)
    _put(shape, "address", it.address, null=null)
    _put(shape, "image", it.image, null=False)
    shape["emails"] = []
    for mail in it.emails:
        entry: Json = {"original": mail.original, "normalized": mail.normalized}
        _put(entry, "primary", mail.primary, null=False)
        shape["emails"].append(entry)
    if it.phones or not null:
        shape["phones"] = []
    for phone in it.phones:
        entry = {"original": phone.original, "normalized": phone.normalized, "regionCode": "US"}
        _put(entry, "primary", phone.primary, null=False)
        _put(entry, "type", phone.type, null=null)
        _put(entry, "smsPreference", phone.sms_preference, null=False)
        _put(entry, "extension", phone.extension, null=null)
        shape["phones"].append(entry)
    _put(shape, "externalCustomerId", it.external_customer_id, null=False)
    _put(shape, "externalCustomerIds", it.external_customer_ids, null=null)
    _put(shape, "customAttributes", it.custom_attributes, null=False)
    shape["createdAt"] = moment(it.created_at, 9)
    if it.updated_at is not None:
        shape["updatedAt"] = moment(it.updated_at, (0, 3, 8)[it.number % 3])
    return shape


def conversation(company: Company, it: Conversation) -> Json:
    """A conversation as it is now. One folded into another is CLOSED here: only reports say MERGED."""
    now = company.now()
    is_closed = it.is_closed(now) or company.conversations.merged_into(it) is not None
    digits = (0, 2, 3, 8, 9)[it.number % 5]
    shape: Json = {
        "id": it.id,
        "customerId": company.customers.current_id(it.customer),
        "inboxId": company.inboxes[it.inbox].id,
        "status": "CLOSED" if is_closed else "WAITING" if it.waiting else "OPEN",
        "createdAt": moment(it.created_at, digits),
    }
    _put(shape, "agentId", None if it.agent is None else company.agents[it.agent].id, null=it.number % 2 == 0)
    if it.topics or it.number % 2:
        shape["topicIds"] = [company.topics[place].id for place in it.topics]
    if it.attributes:
        shape["customAttributes"] = [
            {"id": company.attributes[place].id, "value": value} for place, value in it.attributes
        ]
    closes = it.past_closes(now)
    if is_closed and closes:
        shape["closedAt"] = moment(closes[-1].at, 3)
    return shape


def event(it: Event) -> Json:
    return {
        "id": it.id,
        "type": it.type,
        "timestamp": event_moment(it.at),
        "initiator": {"id": it.initiator.id, "type": it.initiator.type},
        "content": it.content,
    }


def custom_attribute(it: CustomAttribute) -> Json:
    return {
        "id": it.id,
        "key": it.key,
        "label": it.label,
        "deactivated": it.deactivated,
        "createdAt": moment(it.created_at, 3),
        "createdBy": it.created_by,
    }


def item(it: Item) -> Json:
    shape: Json = {
        "id": it.id,
        "customerId": it.customer_id,
        "conversationId": it.conversation_id,
        "timestamp": moment(it.at, it.digits),
    }
    _put(shape, "sessionId", it.session_id, null=False)
    _put(shape, "initiator", it.initiator and _party(it.initiator), null=False)
    _put(shape, "responder", it.responder and _party(it.responder), null=False)
    return {**shape, "content": dict(it.content), **it.unknown}


def exported_item(it: Item) -> Json:
    """An item as a file export writes it: the session is named inside of the content alone."""
    shape = item(it)
    shape.pop("sessionId", None)
    return shape


def exported_customer(it: Customer, customer_id: str) -> Json:
    """A profile as a file export writes it, which is not the shape of the profile's own endpoint."""
    shape: Json = {"id": customer_id}
    _put(shape, "name", it.name, null=False)
    _put(shape, "address", it.address, null=False)
    is_sparse = it.number % 2 == 0
    if it.emails or not is_sparse:
        shape["emailAddresses"] = [mail.original for mail in it.emails]
    if it.phones or not is_sparse:
        shape["phoneNumbers"] = [phone.normalized for phone in it.phones]
    if it.external_customer_id is not None:
        shape["externalCustomerId"] = it.external_customer_id
    else:
        _put(shape, "externalCustomerIds", it.external_customer_ids, null=False)
    return shape


def export_schedule(it: ExportSchedule) -> Json:
    return {
        "id": it.id,
        "frequency": it.frequency,
        "type": "CONVERSATIONS",
        "nextStartAt": moment(it.next_start_at, 0),
        "updatedAt": moment(it.updated_at, 3),
    }


def export_job(it: ExportJob) -> Json:
    shape: Json = {"id": it.id}
    _put(shape, "scheduleId", it.schedule_id, null=False)
    return {
        **shape,
        "status": it.status,
        "updatedAt": moment(it.updated_at, it.digits),
        "parameters": {"type": "CONVERSATIONS", "startAt": moment(it.start_at, 0), "endAt": moment(it.end_at, 0)},
        "files": list(it.files),
    }


def transcript(it: Item) -> Json:
    """What was said in a call or a voicemail that has a transcript."""
    voice = it.voice
    assert voice is not None
    assert voice.transcribed_at is not None
    made_at = moment(voice.transcribed_at, 3)
    return {
        "customerId": it.customer_id,
        "language": "en",
        "numberOfSpeakers": len({one.speaker for one in voice.paragraphs}),
        "createdAt": made_at,
        "updatedAt": made_at,
        "paragraphs": [
            {"transcript": one.text, "speaker": one.speaker, "startTime": one.begin, "endTime": one.end}
            for one in voice.paragraphs
        ],
    }


def _party(it: Party) -> Json:
    shape: Json = {"type": it.type}
    _put(shape, "id", it.id, null=False)
    return shape


def _put(shape: Json, name: str, value: object, *, null: bool) -> None:
    """Set a field; without a value it is missing or null."""
    if value is not None or null:
        shape[name] = value
