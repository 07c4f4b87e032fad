"""What each export must hold, told from the demo company's own data, without any of the client's code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from gladly_tools.demo import Company, shapes
from gladly_tools.demo.call_routes import CallEndpoints
from gladly_tools.demo.contacts import Contact
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.events import ENTITIES
from gladly_tools.demo.export_jobs import ExportJob
from gladly_tools.demo.media import FRAME_BYTES, FRAME_SECONDS
from gladly_tools.demo.timestamp_reports import ContactTimestamps
from gladly_tools.exports.moments import MomentRange
from gladly_tools.exports.search_questions import Where
from tests.conftest import NOW
from tests.test_items import PORTAL

FIRST, LAST, ZONE = date(2026, 3, 4), date(2026, 3, 12), "America/New_York"
LANGUAGES = ("en-us", "es-419")
WINDOW = MomentRange(start=NOW - timedelta(hours=23), end=NOW - timedelta(minutes=1), zone=ZONE)
EVENT_FIELDS = frozenset(
    [
        "id",
        "type",
        "timestamp",
        "initiator.id",
        "initiator.type",
        "content.conversationId",
        "content.customerId",
        "content.contactId",
        "content.channel",
        "content.agentId",
        "content.availableFor",
        "content.occurredAt",
        "content.activeReason.id",
        "content.activeReason.name",
        "content.awayReason.id",
        "content.awayReason.name",
        "content.awayAt",
        "content.entryPoint",
        "content.finalIVRSelection",
        "content.matchReasons",
        "content.reason",
        "content.transferType",
        "content.assignee.inboxId",
        "content.assignee.agentId",
        "content.messageId",
        "content.fulfilledType",
        "content.status",
        "content.dueAt",
        "content.topicId",
        "content.noteId",
        "content.customAttributeId",
        "content.customAttributeKey",
        "content.customAttributeValue",
        "content.destinationCustomerId",
        "content.destinationConversationId",
        "content.sourceCustomerId",
        "content.sourceConversationId",
        "content.paymentRequestId",
        "content.oldStatus",
        "content.newStatus",
        "content.taskId",
        "content.commentId",
        "content.context.assignee.inboxId",
        "content.context.assignee.agentId",
        "content.context.availableFor",
        "content.context.createdAt",
        "content.context.dueAt",
        "content.context.currency",
        "content.context.monetaryUnit",
    ]
)
"""Every documented field of an event, by its dotted name."""

Rows = Iterator[dict[str, Any]]


def answers(name: str, company: Company) -> dict[str, Any]:
    """What is asked for in these tests, by export; nothing for the others."""
    match name:
        case "contact-information" | "freeform-topics":
            return {"dates": (FIRST, LAST, ZONE), "inbox_ids": (), "customers": True}
        case "answers":
            return {"languages": LANGUAGES, "answer_ids": ()}
        case "conversation":
            return {"conversation_id": colorful_conversation(company)}
        case "customer-conversations":
            return {"customer": company.merged_chain[0]}
        case "file-export":
            return {
                "where": Where(job_ids=(daily_job(company).id,)),
                **{name: () for name in ("contacts", "phrases", "types", "agent_ids")},
                "days": None,
                "whole_conversations": False,
            }
        case "events":
            return {"entities": ENTITIES, "types": (), "window": WINDOW}
        case "event-history":
            return {"report": "contact", "dates": (FIRST, FIRST + timedelta(days=2), ZONE)}
        case "call-events":
            return {"item_id": eventful_call(company).id}
    return {}


def breaking_point(name: str, company: Company) -> str:
    """The path, or its beginning, of a request that the export makes in the middle of its work."""
    match name:
        case "contact-information" | "freeform-topics" | "event-history":
            return "/api/v1/reports"
        case "events":
            return "/api/v1/events"
        case "call-events":
            return "/api/v1/customer-profiles/"
        case "conversation":
            return f"/api/v1/conversations/{colorful_conversation(company)}/items"
        case "customer-conversations":
            return "/api/v1/conversations/"
        case "file-export":
            return f"/api/v1/export/jobs/{daily_job(company).id}/files/"
    return "/api/v1/"


@cache
def daily_job(company: Company) -> ExportJob:
    """The complete export job of one day with all files, the latest."""
    return next(
        job
        for job in reversed(company.export_jobs())
        if job.status == "COMPLETED" and len(job.files) == 4 and job.end_at - job.start_at == timedelta(days=1)
    )


def readable_lines(company: Company, job: ExportJob, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines of a job's file that hold an object, as they came without their ends."""
    for number, line in enumerate(company.export_lines(job.id, file)):
        text = (line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line).decode().rstrip("\r\n")
        try:
            value = json.loads(text)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield text, value


def exported_items(company: Company) -> Rows:
    for text, item in readable_lines(company, daily_job(company), "conversation_items.jsonl"):
        cells = item_cells(item)
        yield {**cells, "raw": text} if "raw" in cells else cells


def exported(file: str, columns: tuple[str, ...]) -> Callable[[Company], Rows]:
    """The records of another of the job's files, each field of which is a column or leads to `raw`."""

    def rows(company: Company) -> Rows:
        for text, record in readable_lines(company, daily_job(company), f"{file}.jsonl"):
            cells = {name: value for name, value in record.items() if name in columns and value is not None}
            lost = any(value is not None for name, value in record.items() if name not in columns)
            yield {**cells, "raw": text} if lost else cells

    return rows


@cache
def colorful_conversation(company: Company) -> str:
    """The id of the conversation, of those that are not cut, that has the most different kinds of items."""
    ids = [each for each in company.conversations if each != company.longest_conversation]
    return max(ids, key=lambda each: len({item.type for item in company.items_of(company.conversations[each])}))


@cache
def eventful_call(company: Company) -> Contact:
    """The call, of those that are over, in which most happened."""
    calls = [
        contact
        for each in company.conversations
        for contact in company.contacts_of(company.conversations[each])
        if contact.channel == "PHONE_CALL" and contact.ended_at < NOW - timedelta(days=3)
    ]
    return max(calls, key=lambda call: (len({type(step) for step in call.steps}), len(call.steps)))


def topics(company: Company) -> Rows:
    for topic in company.topics:
        yield {"Id": topic.id, "Disabled": topic.disabled, "Name": company.topic_path(topic.id)}


def inboxes(company: Company) -> Rows:
    for inbox in company.inboxes:
        yield {"id": inbox.id, "name": inbox.name, "disabled": inbox.disabled}


def audiences(company: Company) -> Rows:
    for audience in company.audiences:
        yield {"id": audience.id, "name": audience.name}


def every_answer(company: Company) -> Rows:
    names = {audience.id: audience.name for audience in company.audiences}
    for answer in company.answers:
        common = {
            "Id": answer.id,
            "Title": answer.name,
            "Description": answer.description,
            "Audiences": ",".join(names[audience] for audience in answer.audience_ids or ()),
        }
        languages = [code for code in LANGUAGES if any(language == code for language, _type in answer.contents)]
        for language in languages or [None]:
            row: dict[str, Any] = dict.fromkeys(
                (
                    "Response Content - Email",
                    "Response Content - Messaging",
                    "Response Content - Public",
                    "Response Title - Public",
                    "Info Content",
                    "Internal",
                    "Email Subject",
                )
            )
            for (code, kind), content in answer.contents.items():
                if code != language:
                    continue
                if kind == "email":
                    row["Response Content - Email"], row["Email Subject"] = content.body_html, content.subject
                elif kind == "messaging":
                    row["Response Content - Messaging"] = content.body_html
                elif kind == "public":
                    row["Response Content - Public"] = content.body_html
                    row["Response Title - Public"] = content.title
                else:
                    row["Info Content"], row["Internal"] = content.body_html, content.internal
            yield {**common, **row, "Language": language}


def contact_information(company: Company) -> Rows:
    for row in company.report_rows(FIRST, LAST, ZONE):
        sent = {name: cell or None for name, cell in row.items()}
        yield {**sent, **customer_columns(company, row["Customer ID"])}


def customer_columns(company: Company, customer_id: str) -> dict[str, Any]:
    columns: dict[str, Any] = dict.fromkeys(
        ("Name", "Address", "Email", "Phone", "Phone Type", "SMS Preference", "External Customer IDs")
    )
    try:
        customer = company.customers[customer_id]
    except KeyError:
        return columns
    columns |= {"Name": customer.name, "Address": customer.address}
    if customer.emails:
        columns["Email"] = next((email for email in customer.emails if email.primary), customer.emails[0]).original
    if customer.phones:
        phone = next((phone for phone in customer.phones if phone.primary), customer.phones[0])
        columns |= {
            "Phone": phone.normalized,
            "Phone Type": phone.type,
            "SMS Preference": phone.sms_preference,
        }
    if customer.external_customer_ids:
        columns["External Customer IDs"] = json.dumps(customer.external_customer_ids, ensure_ascii=False)
    elif customer.external_customer_id:
        columns["External Customer IDs"] = customer.external_customer_id
    return columns


def freeform_topics(company: Company) -> Rows:
    for row in contact_information(company):
        try:
            conversation = company.conversations[row["Conversation ID"]]
        except KeyError:
            yield {**row, "customAttributes": None}
        else:
            yield {**row, "customAttributes": custom_attributes(company, conversation)}


def custom_attributes(company: Company, conversation: Conversation) -> list[dict[str, str]] | None:
    return [
        {
            "id": company.attributes[place].id,
            "key": company.attributes[place].key,
            "label": company.attributes[place].label,
            "value": value,
        }
        for place, value in conversation.attributes
    ] or None


def conversation(company: Company) -> Rows:
    yield from items(company, colorful_conversation(company))


def customer_conversations(company: Company) -> Rows:
    for one in company.conversations_of(company.merged_chain[-1]):
        shape = shapes.conversation(company, one)
        yield {
            **{name: shape.get(name) for name in ("id", "customerId", "createdAt", "agentId", "inboxId", "status")},
            "topicIds": shape.get("topicIds") or None,
            "customAttributes": custom_attributes(company, one),
        }


def items_of_customer(company: Company) -> Rows:
    for one in company.conversations_of(company.merged_chain[-1]):
        yield from items(company, one.id)


def items(company: Company, conversation_id: str) -> Rows:
    for item in company.items_of(company.conversations[conversation_id]):
        yield item_cells(shapes.item(item))


def item_cells(shape: Mapping[str, Any]) -> dict[str, Any]:
    """An item as a row of the portal's columns, told the slow way: every leaf by its dotted name."""
    cells: dict[str, Any] = {}
    lost = False
    for name, value in leaves("", shape):
        if value is None:
            continue
        if name == "content.to" and isinstance(value, str):
            value = [value]
        if name == "content.recordingDuration" and isinstance(value, str):
            value = int(value)
        if name == "content.attachments":
            empty = dict.fromkeys(("id", "contentType", "filename", "fileSize"))
            lost |= any(file.keys() - empty.keys() for file in value)
            value = [empty | file for file in value]
        if name not in PORTAL:
            lost = True
            continue
        if isinstance(value, str) and value != whole(value):
            lost = True
        cells[name] = whole(value) if isinstance(value, str) else value
    if lost:
        text = json.dumps(shape, ensure_ascii=False)
        cells["raw"] = text if text == whole(text) else json.dumps(shape)
    return cells


def leaves(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from leaves(f"{prefix}{key}.", inner)
        else:
            yield f"{prefix}{key}", inner


def whole(text: str) -> str:
    """The text with half a surrogate pair replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def events(company: Company) -> Rows:
    for event in company.events.between(WINDOW.start, WINDOW.end):
        shape = shapes.event(event)
        cells = {name: value for name, value in leaves("", shape) if name in EVENT_FIELDS}
        if "content.context.monetaryUnit" in cells:
            cells["content.context.monetaryUnit"] = float(cells["content.context.monetaryUnit"])
        if any(name not in EVENT_FIELDS for name, _ in leaves("", shape)):
            cells["raw"] = json.dumps(shape, ensure_ascii=False)
        yield cells


def event_history(company: Company) -> Rows:
    last = FIRST + timedelta(days=2)
    yield from ContactTimestamps(company, first_day=FIRST, last_day=last, zone=ZoneInfo(ZONE)).rows()


STATES = {
    "STARTED": "waiting",
    "RINGING": "ringing",
    "ANSWERED": "talking",
    "REJECTED": "gone",
    "JOINED": "talking",
    "HOLD_STARTED": "hold",
    "HOLD_ENDED": "talking",
    "TRANSFERRED": "gone",
    "LEFT": "gone",
    "HUNG_UP": "gone",
}


def call_events(company: Company) -> Rows:
    call = eventful_call(company)
    names = {agent.id: agent.name for agent in company.agents}
    inboxes = {inbox.id: inbox.name for inbox in company.inboxes}
    whole = shapes.item(company.item(call.id))
    item, caller = whole["content"], whole["initiator"]
    is_by_agent = caller["type"] == "AGENT"
    by = {
        "participant.id": caller["id"],
        "participant.type": caller["type"],
        "participant.name": names[caller["id"]] if is_by_agent else company.customers[caller["id"]].name,
    }
    rows: list[dict[str, Any]] = [
        {"timestamp": item[name], "event": event, "source": "call item", **(by if name == "startedAt" else {})}
        for name, event in (
            ("startedAt", "CALL STARTED"),
            ("answeredAt", "CALL ANSWERED"),
            ("completedAt", "CALL COMPLETED"),
        )
        if name in item
    ]
    for event in participant_events(company, call):
        who = event["participant"]
        is_agent = who["type"] == "AGENT"
        rows.append(
            {
                "timestamp": event["timestamp"],
                "event": event["type"],
                "participant.id": who["id"],
                "participant.type": who["type"],
                "participant.name": names[who["id"]] if is_agent else company.customers[who["id"]].name,
                "state": STATES[event["type"]],
                "reason": event.get("reason"),
                "to.inbox": inboxes[event["assignee"]["inboxId"]] if "assignee" in event else None,
                "source": "participant events",
                "id": event["id"],
                "raw": json.dumps(event, ensure_ascii=False),
            }
        )
    first = min(moment(row["timestamp"]) for row in rows)
    for row in rows:
        yield {**row, "seconds": round((moment(row["timestamp"]) - first).total_seconds(), 3)}


def participant_events(company: Company, call: Contact) -> list[dict[str, Any]]:
    conversation = company.conversations[company.item(call.id).conversation_id]
    return [event for _, event in CallEndpoints(company, is_published=True).told(conversation, call)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


PROMPT_FILES = (
    "Welcome.mp3",
    "WELCOME (2).mp3",
    "Press 1 for orders.mp3",
    "Returns, exchanges & refunds.mp3",
    "_CON.mp3",
    "_.._x.mp3",
    "Hold music 🎵.mp3",
    "You are next.mp3",
    "You are next (2).mp3",
    "=SUM(A1).mp3",
    "C__prompts_hold.mp3",
    "Geschlossen_ Größe M.mp3",
    "Voicemail_.mp3",
    "prompt.mp3",
    " ".join(["We are closed."] * 8)[:-1] + ".mp3",
    "お待ちください.mp3",
    "Holiday hours.mp3",
    "Old greeting.mp3",
)


def ivr_recordings(company: Company) -> Rows:
    files = iter(PROMPT_FILES)
    for ivr in company.ivrs:
        for prompt in ivr.prompts:
            size = sum(map(len, prompt.audio))
            yield {
                "IVR ID": ivr.id,
                "IVR Name": ivr.name,
                "Prompt Name": prompt.name,
                "File": next(files),
                "Bytes": size,
                "Seconds": round(size / FRAME_BYTES * FRAME_SECONDS, 3),
                "Status": "saved",
                "Prompt ID": prompt.id,
            }


TRUTH: Mapping[str, Callable[[Company], Rows]] = {
    "topics": topics,
    "inboxes": inboxes,
    "answers": every_answer,
    "audiences": audiences,
    "contact-information": contact_information,
    "conversation": conversation,
    "customer-conversations": customer_conversations,
    "file-export": exported_items,
    "freeform-topics": freeform_topics,
    "events": events,
    "event-history": event_history,
    "call-events": call_events,
    "ivr-recordings": ivr_recordings,
}
"""The rows of each export's first table."""

OTHER_TRUTH: Mapping[tuple[str, str], Callable[[Company], Rows]] = {
    ("customer-conversations", "conversation-items"): items_of_customer,
    ("file-export", "agents"): exported("agents", ("id", "name", "emailAddress")),
    ("file-export", "customers"): exported(
        "customers", ("id", "name", "address", "emailAddresses", "phoneNumbers", "externalCustomerId")
    ),
    ("file-export", "topics"): exported("topics", ("id", "name", "disabled", "parentId")),
}
"""The rows of further tables, by export and table."""
