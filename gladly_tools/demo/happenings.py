"""What happens to a conversation besides its messages: notes, topics, closings, and news from elsewhere."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

from gladly_tools.demo.conversations import Close
from gladly_tools.demo.dialogues import ACTIVITIES, FILES, NOTES, RULE_NOTES
from gladly_tools.demo.drafts import CUSTOMER, Draft, Party, Scene, between
from gladly_tools.demo.moments import moment

_BIG = 12_345_678_901_234_567_890  # more than 64 bits with a sign can hold


def happenings(chance: random.Random, scene: Scene) -> Iterator[Draft]:
    """Everything that is not said in a contact, in no order."""
    yield from _status_changes(scene)
    yield from _topic_changes(chance, scene)
    yield from _notes(chance, scene)
    yield from _activities(chance, scene)
    if chance.random() < 0.012:
        yield _from_the_future(chance, scene)


def _status_changes(scene: Scene) -> Iterator[Draft]:
    one = scene.conversation
    for close in one.closes:
        content: dict[str, object] = {"type": "CONVERSATION_STATUS_CHANGE", "status": "CLOSED"}
        yield Draft(at=close.at, initiator=_closer(scene, close), content=content)
    begun = {contact.started_at: contact for contact in scene.contacts}
    for at in one.reopened_at:
        contact = begun.get(at)
        initiator: Party | None = CUSTOMER
        if contact is not None and not contact.is_inbound and contact.agents:
            initiator = scene.agent(contact.agents[0])
        elif one.number % 9 == 0:
            initiator = None
        content = {"type": "CONVERSATION_STATUS_CHANGE", "status": "OPEN"}
        yield Draft(at=at, initiator=initiator, content=content)


def _closer(scene: Scene, close: Close) -> Party:
    if close.by == "AGENT" and close.by_agent is not None:
        return scene.agent(close.by_agent)
    if close.by == "AUTOMATION":
        return Party(type="AUTOMATION", id=close.by_rule)
    return scene.api_user if close.by == "APPLICATION" else Party(type="SYSTEM")


def _topic_changes(chance: random.Random, scene: Scene) -> Iterator[Draft]:
    """Additions and removals that lead to the topics the conversation has."""
    one = scene.conversation
    wrong = [place for place in range(len(scene.topic_ids)) if place not in one.topics]
    removed = chance.sample(wrong, k=one.topics_removed)
    times = sorted(between(chance, one.created_at, scene.first_part_ends_at) for _ in range(2 + len(one.topics)))
    who = _worker(chance, scene)
    if removed:
        yield _topic_change(scene, times[0], who, added=removed, removed=[])
        is_one_step = chance.random() < 0.5
        added = list(one.topics) if is_one_step else []
        yield _topic_change(scene, times[1], who, added=added, removed=removed)
        if is_one_step:
            return
    if len(one.topics) > 1 and chance.random() < 0.5:
        yield _topic_change(scene, times[2], who, added=list(one.topics), removed=[])
        return
    for place, topic in enumerate(one.topics):
        yield _topic_change(scene, times[2 + place], who, added=[topic], removed=[])


def _topic_change(scene: Scene, at: dt.datetime, who: Party, *, added: list[int], removed: list[int]) -> Draft:
    content: dict[str, object] = {"type": "TOPIC_CHANGE"}
    if added:
        content["addedTopicIds"] = [scene.topic_ids[place] for place in added]
    if removed:
        content["removedTopicIds"] = [scene.topic_ids[place] for place in removed]
    return Draft(at=at, initiator=who, content=content)


def _worker(chance: random.Random, scene: Scene) -> Party:
    """Whoever works on the conversation: mostly its agent."""
    kind = chance.random()
    if scene.conversation.agent is not None and kind < 0.8:
        return scene.agent(scene.conversation.agent)
    return scene.rule(chance.randrange(9)) if kind < 0.93 else scene.api_user


def _notes(chance: random.Random, scene: Scene) -> Iterator[Draft]:
    for _ in range(scene.conversation.notes):
        who = _worker(chance, scene)
        draft = Draft(
            at=between(chance, scene.conversation.created_at, scene.ends_at),
            initiator=who,
            content={
                "type": "CONVERSATION_NOTE",
                "body": chance.choice(RULE_NOTES if who.type == "AUTOMATION" else NOTES),
            },
        )
        if chance.random() < 0.15:
            first = chance.randrange(len(FILES))
            draft.files = FILES[first : first + 2]
        yield draft


def _activities(chance: random.Random, scene: Scene) -> Iterator[Draft]:
    if chance.random() > 0.1:
        return
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = between(chance, scene.conversation.created_at, scene.ends_at)
        kind = chance.choice(tuple(ACTIVITIES))
        title, body, source, link = chance.choice(ACTIVITIES[kind])
        content: dict[str, object] = {
            "type": "CUSTOMER_ACTIVITY",
            "activityType": kind,
            "body": scene.filled(body),
            "receivedAt": moment(at, 3),
        }
        if title is not None:
            content["title"] = title
        if source is not None:
            content["sourceName"] = source
        if link is not None:
            content["link"] = {"url": f"https://elsewhere.example/{kind.lower()}?a=1&b=Größe", "text": link}
        if chance.random() < 0.5:
            content["expandByDefault"] = chance.random() < 0.5
        if chance.random() < 0.7:
            content["occurredAt"] = moment(between(chance, scene.conversation.created_at, at), 3)
        yield Draft(at=at, initiator=scene.api_user, content=content)


def _from_the_future(chance: random.Random, scene: Scene) -> Draft:
    """A type that no document names: whoever reads the list must cope with it."""
    return Draft(
        at=between(chance, scene.conversation.created_at, scene.ends_at),
        initiator=CUSTOMER,
        content={
            "type": "HOLOGRAM_CALL",
            "content": {"projector": {"model": "H-3", "lumens": 4_000.5}, "isSolid": False},
            "participants": [{"role": "host", "limbs": 4}, {"role": "guest", "limbs": None}],
            "photons": _BIG,
            "notes": [],
        },
    )
