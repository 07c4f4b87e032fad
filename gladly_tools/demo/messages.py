"""The written messages of a contact, in the shape of its channel."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

from gladly_tools.demo.catalogue import COMPANY_LINES, COMPANY_MAILBOXES, LOGIN_DOMAIN
from gladly_tools.demo.contacts import Contact
from gladly_tools.demo.dialogues import (
    ACKNOWLEDGEMENTS,
    DIALOGUES,
    FILES,
    GENERAL,
    HOSTILE,
    QUICK_REPLIES,
    SUBJECTS,
)
from gladly_tools.demo.drafts import CUSTOMER, GLADLY_AI, Draft, Party, Scene

# Speakers: C the customer, A an agent, B something automatic, Q and R a quick reply's request and response,
# X a third party from outside, I one from the company's own domain.
_INBOUND = frozenset("CRX")
_MOST_LINES = MappingProxyType(
    {"EMAIL": 4, "CHAT": 14, "SMS": 8, "FB_MESSENGER": 7, "INSTAGRAM_DIRECT": 7, "WHATSAPP": 7, "TWITTER": 3}
)
_MARATHON_SESSIONS = 5


@dataclass(frozen=True, kw_only=True)
class _Message:
    """One message to be put into the shape of its channel; `place` counts from 0 in the contact."""

    speaker: str
    text: str
    place: int
    session_id: str


def messages_of(chance: random.Random, scene: Scene, contact: Contact) -> Iterator[Draft]:
    """The messages of one contact by whatever channel but voice, in their order."""
    lines = _lines(chance, scene, contact)
    request: Draft | None = None
    for place, (at, (speaker, text)) in enumerate(zip(_times(chance, contact, len(lines)), lines, strict=True)):
        message = _Message(
            speaker=speaker, text=_spoilt(chance, text), place=place, session_id=scene.session(contact.place)
        )
        content = _CONTENTS[contact.channel](chance, scene, message)
        if chance.random() < 0.006:
            del content["content"]  # redacted since
        draft = Draft(
            at=at,
            initiator=_party(chance, scene, contact, speaker, is_late=place * 2 > len(lines)),
            content=content,
            contact=contact.place,
            session_id=message.session_id if contact.channel == "CHAT" else None,
        )
        if speaker == "Q":
            question, options = chance.choice(QUICK_REPLIES)
            offered = [{"id": key, "label": label} for key, label in options]
            content |= {
                "messageType": "QUICK_REPLY_REQUEST",
                "content": question,
                "messageData": {"options": offered},
            }
            request = draft
        elif speaker == "R" and request is not None:
            offered = request.content["messageData"]["options"]  # type: ignore[index]
            chosen = chance.choice(offered)
            content |= {
                "messageType": "QUICK_REPLY_RESPONSE",
                "content": chosen["label"],
                "messageData": {"quickReplyRequest": {"options": offered}, "selectedOptionId": chosen["id"]},
            }
            draft.answers = request
        elif contact.channel != "TWITTER" and chance.random() < 0.1:
            first = chance.randrange(len(FILES))
            draft.files = FILES[first : first + chance.choice((1, 1, 2, 3))]
        yield draft


def marathon(chance: random.Random, scene: Scene, contact: Contact, count: int) -> Iterator[Draft]:
    """That many chat messages in one contact, in several sessions at once."""
    texts = [line for dialogues in DIALOGUES.values() for dialogue in dialogues for line in dialogue]
    for place, at in enumerate(_times(chance, contact, count)):
        speaker, text = texts[place % len(texts)]
        session_id = scene.session(contact.place, place * 7 // 3 % _MARATHON_SESSIONS)
        message = _Message(speaker=speaker, text=scene.filled(text), place=place, session_id=session_id)
        yield Draft(
            at=at,
            initiator=_party(chance, scene, contact, speaker, is_late=False),
            content=_chat(chance, scene, message),
            contact=contact.place,
            session_id=session_id,
        )


def _lines(chance: random.Random, scene: Scene, contact: Contact) -> list[tuple[str, str]]:
    lines = scene.dialogue(chance)
    if not contact.is_inbound:
        while lines[0][0] == "C":
            del lines[0]
    lines = lines[: _MOST_LINES[contact.channel]]
    if not contact.agents:
        lines = [line for line in lines if line[0] == "C"][:2]
    if contact.is_inbound and chance.random() < (0.15 if contact.agents else 0.6):
        lines.insert(1, ("B", chance.choice(ACKNOWLEDGEMENTS)))
    if contact.channel == "CHAT" and contact.is_inbound and chance.random() < 0.3:
        lines[1:1] = [("Q", ""), ("R", "")]
    if contact.channel == "EMAIL" and contact.agents and chance.random() < 0.12:
        lines.append((chance.choice("XI"), scene.filled("The parcel of {order} is found, see below.")))
    return lines


def _times(chance: random.Random, contact: Contact, count: int) -> list[dt.datetime]:
    """When each message of a contact was written: the first at its start, the others once it was answered."""
    begin = contact.answered_at or contact.started_at
    length = (contact.ended_at - begin) // dt.timedelta(milliseconds=1)
    later = sorted(chance.randint(0, length) for _ in range(count - 1))
    times = [contact.started_at]
    for offset in later:
        at = begin + dt.timedelta(milliseconds=offset)
        # Some clocks count whole seconds or hundredths; nothing may come before what it answers.
        step = chance.choice((1000, 10_000, 1_000_000))
        coarse = at.replace(microsecond=at.microsecond // step * step)
        times.append(coarse if coarse >= max(times[-1], begin) else at)
    return times


def _spoilt(chance: random.Random, text: str) -> str:
    kind = chance.random()
    if kind < 0.03:
        return chance.choice(HOSTILE)
    return f"{text} {chance.choice(HOSTILE)}" if kind < 0.06 else text


def _party(chance: random.Random, scene: Scene, contact: Contact, speaker: str, *, is_late: bool) -> Party:
    if speaker in ("C", "R"):
        return CUSTOMER
    if speaker in ("X", "I"):
        return Party(type="EXTERNAL" if speaker == "X" else "INTERNAL")
    if speaker == "A" and contact.agents:
        return scene.agent(contact.agents[-1 if is_late else 0])
    return chance.choice((scene.rule(chance.randrange(9)), scene.api_user, GLADLY_AI))


def _chat(chance: random.Random, scene: Scene, message: _Message) -> dict[str, object]:
    content: dict[str, object] = {
        "type": "CHAT_MESSAGE",
        "sessionId": message.session_id,
        "content": message.text,
    }
    if chance.random() > 0.12:
        content["messageType"] = "TEXT"
    return content


def _email(chance: random.Random, scene: Scene, message: _Message) -> dict[str, object]:
    one = scene.conversation
    subjects = SUBJECTS.get(scene.area, SUBJECTS[GENERAL])
    subject = scene.filled(subjects[one.number % len(subjects)])
    customer, company = scene.customer_address, COMPANY_MAILBOXES[one.number % len(COMPANY_MAILBOXES)]
    sender, to = {
        "C": (customer, company),
        "X": ("dispatch@courier.example", company),
        "I": (f"warehouse@{LOGIN_DOMAIN}", company),
    }.get(message.speaker, (company, customer))
    signature = (scene.customer.name or "A customer") if message.speaker == "C" else "Brightleaf Home & Garden"
    text = f"Hello,\n\n{message.text}\n\nBest regards\n{signature}\n"
    if message.place:
        text += f"\nOn {one.created_at:%b %d, %Y}, {to} wrote:\n> Hello,\n>\n> …\n"
    content: dict[str, object] = {
        "type": "EMAIL",
        "from": sender,
        "to": [to] if chance.random() < 0.9 else [to, "Zoë.Größe@example.org"],
        "subject": f"Re: {subject}" if message.place else subject,
        "content": text,
    }
    if chance.random() < 0.12:
        content["cc"] = ["dispatch@courier.example", f"warehouse@{LOGIN_DOMAIN}"][: chance.choice((1, 2))]
    if chance.random() < 0.04:
        content["bcc"] = [f"archive@{LOGIN_DOMAIN}"]
    if chance.random() < 0.01:
        del content["subject"]
    return content


def _sms(chance: random.Random, scene: Scene, message: _Message) -> dict[str, object]:
    company = COMPANY_LINES[scene.conversation.number % len(COMPANY_LINES)]
    sender, to = (scene.customer_number, company) if message.speaker in _INBOUND else (company, scene.customer_number)
    return {"type": "SMS", "from": sender, "to": to, "content": message.text}


def _facebook(chance: random.Random, scene: Scene, message: _Message) -> dict[str, object]:
    user = str(10_000_000_000_000_000 + scene.customer.number)
    return {"type": "FACEBOOK_MESSAGE", "pageId": "104857600000042", "userId": user, "content": message.text}


def _plain(type_: str) -> Callable[[random.Random, Scene, _Message], dict[str, object]]:
    """The channels whose messages are a text and nothing else."""

    def content(chance: random.Random, scene: Scene, message: _Message) -> dict[str, object]:
        return {"type": type_, "content": message.text}

    return content


_CONTENTS = MappingProxyType(
    {
        "CHAT": _chat,
        "EMAIL": _email,
        "SMS": _sms,
        "FB_MESSENGER": _facebook,
        "INSTAGRAM_DIRECT": _plain("INSTAGRAM_DIRECT"),
        "WHATSAPP": _plain("WHATSAPP"),
        "TWITTER": _plain("TWITTER"),
    }
)
