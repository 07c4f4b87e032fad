"""What is spoken: phone calls, voicemails, and the talk with the voice AI before an agent takes over."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence

from gladly_tools.demo.catalogue import COMPANY_LINES
from gladly_tools.demo.contacts import Contact
from gladly_tools.demo.dialogues import AI_DIALOGUE, CALL_OPENING, VOICEMAILS
from gladly_tools.demo.drafts import CUSTOMER, GLADLY_AI, Change, Draft, Scene, Voice
from gladly_tools.demo.media import Paragraph
from gladly_tools.demo.moments import moment

_RECORDED_AFTER = dt.timedelta(seconds=20)
_SUMMARIZED_AFTER = dt.timedelta(minutes=2)
_TRANSCRIBED_AFTER = dt.timedelta(minutes=3)


def call(chance: random.Random, scene: Scene, contact: Contact) -> Iterator[Draft]:
    """A phone call, and what the voice AI and the customer said before anybody was asked to take it."""
    session_id = scene.session(contact.place)
    company = _company_line(scene, contact)
    if contact.is_inbound and chance.random() < 0.3:
        yield from _with_the_ai(chance, scene, contact, company, session_id)
    sender, to = (scene.customer_number, company) if contact.is_inbound else (company, scene.customer_number)
    # The two times of one call need not be quite the same.
    begun = contact.started_at - dt.timedelta(milliseconds=chance.choice((0, 0, 0, 370, 940)))
    digits = chance.choice((0, 3, 9))
    content: dict[str, object] = {
        "type": "PHONE_CALL",
        "from": sender,
        "to": to,
        "startedAt": moment(begun, digits),
    }
    later = [Change(at=contact.ended_at, fields={"completedAt": moment(contact.ended_at, digits)})]
    voice = None
    agent = scene.agent(contact.agents[0]) if contact.agents else None
    if contact.answered_at is not None:
        later.append(Change(at=contact.answered_at, fields={"answeredAt": moment(contact.answered_at, digits)}))
        seconds = (contact.ended_at - contact.answered_at).total_seconds()
        lines = [(speaker, scene.filled(text)) for speaker, text in CALL_OPENING] + scene.dialogue(chance)
        changes, voice = _recorded(chance, contact.id, contact.ended_at, seconds, _spoken(chance, lines, seconds))
        later += changes
    yield Draft(
        at=contact.started_at,
        initiator=CUSTOMER if contact.is_inbound else agent,
        responder=agent if contact.is_inbound else CUSTOMER,
        content=content,
        contact=contact.place,
        session_id=session_id,
        id=contact.id,
        later=tuple(later),
        voice=voice,
    )


def voicemail(chance: random.Random, scene: Scene, contact: Contact) -> Iterator[Draft]:
    """A message on the answering machine."""
    seconds = min(chance.uniform(5, 90), (contact.ended_at - contact.started_at).total_seconds())
    lines = [("C", scene.filled(chance.choice(VOICEMAILS)))]
    ended_at = contact.started_at + dt.timedelta(milliseconds=int(seconds * 1000))
    changes, voice = _recorded(chance, contact.id, ended_at, seconds, _spoken(chance, lines, seconds))
    content: dict[str, object] = {"type": "VOICEMAIL"}
    if chance.random() < 0.9:
        content["startedAt"] = moment(contact.started_at, 3)
    yield Draft(
        at=contact.started_at,
        initiator=CUSTOMER,
        content=content,
        contact=contact.place,
        session_id=scene.session(contact.place) if chance.random() < 0.5 else None,
        id=contact.id,
        later=tuple(changes),
        voice=voice,
    )


def _with_the_ai(
    chance: random.Random, scene: Scene, contact: Contact, company: str, session_id: str
) -> Iterator[Draft]:
    length = contact.steps[0].at - contact.started_at
    lines = AI_DIALOGUE[: chance.randint(3, len(AI_DIALOGUE))]
    for place, (speaker, text) in enumerate(lines, start=1):
        content: dict[str, object] = {
            "type": "VOICE_AI_MESSAGE",
            "companyNumber": company,
            "body": scene.filled(text),
        }
        if chance.random() < 0.9:
            content["customerNumber"] = scene.customer_number
        if speaker == "A":
            content["status"] = "INTERRUPTED" if chance.random() < 0.2 else "PLAYED"
        milliseconds = length * place // (len(lines) + 1) // dt.timedelta(milliseconds=1)
        yield Draft(
            at=contact.started_at + dt.timedelta(milliseconds=milliseconds),
            initiator=GLADLY_AI if speaker == "A" else CUSTOMER,
            content=content,
            contact=contact.place,
            session_id=session_id,
        )


def _recorded(
    chance: random.Random, item_id: str, ended_at: dt.datetime, seconds: float, paragraphs: tuple[Paragraph, ...]
) -> tuple[list[Change], Voice]:
    """What becomes known of a recording once it was made; recordings under a second are not kept."""
    fate = chance.random()
    is_kept = seconds >= 1
    available = is_kept and fate < 0.8
    fields: dict[str, object] = {}
    summary: dict[str, object] | None = None
    if available:
        duration = round(seconds)
        fields = {
            "recordingStatus": "AVAILABLE",
            "recordingUrl": f"/api/v1/conversation-items/{item_id}/media/recording",
            "recordingDuration": str(duration) if chance.random() < 0.15 else duration,
        }
        status = chance.choice(("READY",) * 7 + ("FAILED", "PENDING", None))
        if status == "READY":
            said = paragraphs[-1].text if paragraphs else ""
            summary = {"status": status, "summary": f"The customer called about an order. {said}", "language": "en"}
        elif status:
            summary = {"status": status}
    elif is_kept and fate < 0.94:
        fields = {"recordingStatus": "DELETED" if fate < 0.88 else "ERROR"}
        if fate < 0.88:
            summary = {"status": "REDACTED"}
    recorded_at = ended_at + _RECORDED_AFTER
    changes = [Change(at=recorded_at, fields=fields)]
    if summary:
        waiting: dict[str, object] = {"status": "PENDING"}
        changes.append(Change(at=recorded_at, fields={"recordingSummary": waiting}))
        changes.append(Change(at=ended_at + _SUMMARIZED_AFTER, fields={"recordingSummary": summary}))
    has_transcript = available and paragraphs and chance.random() < 0.85
    voice = Voice(
        seconds=seconds,
        paragraphs=paragraphs,
        recorded_at=recorded_at if available else None,
        transcribed_at=ended_at + _TRANSCRIBED_AFTER if has_transcript else None,
    )
    return changes, voice


def _spoken(chance: random.Random, lines: Sequence[tuple[str, str]], seconds: float) -> tuple[Paragraph, ...]:
    """The lines spread over a recording by their lengths, with pauses; as many as there is time for."""
    said = lines[: int(seconds / 2)]
    letters = sum(len(text) for _, text in said)
    paragraphs = []
    now = 0.0
    for speaker, text in said:
        begin = round(now + chance.uniform(0.05, 0.2), 2)
        now += len(text) / letters * seconds
        end = round(max(begin, now - chance.uniform(0.05, 0.3)), 2)
        paragraphs.append(Paragraph(speaker="AC".index(speaker), begin=begin, end=min(end, seconds), text=text))
    return tuple(paragraphs)


def _company_line(scene: Scene, contact: Contact) -> str:
    return contact.entry_point or COMPANY_LINES[scene.conversation.number % len(COMPANY_LINES)]
