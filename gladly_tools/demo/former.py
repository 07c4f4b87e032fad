"""The demo company's configuration as it was a month ago, so that there is something to compare on the first day."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

from gladly_tools.demo.answers import Answer
from gladly_tools.demo.company import Audience, Company, Inbox
from gladly_tools.demo.ids import Ids, Kind
from gladly_tools.demo.topics import Topic

RENAMED_TOPICS = {"Courier": "Delivery driver", "Furniture": "Indoor furniture"}
NEW_TOPICS = ("Loyalty points", "Missing screws")
MOVED_TOPIC, FORMER_PARENT = "Gift card balance", "Gift orders"
DISABLED_TOPIC, ENABLED_TOPIC = "Gift wrap", "Bulb type"
GONE = 900
"""From this number on there is nothing today."""


def a_month_ago(company: Company) -> Company:
    """The company with its former topics, inboxes, audiences and answers; made up, and always the same.

    For reading the configuration alone: conversations still follow the one of today.
    """
    former = copy.copy(company)
    former.topics = _topics(company.topics, company.ids)
    former.inboxes = _inboxes(company.inboxes, company.ids)
    former.audiences = (
        *company.audiences,
        Audience(id=company.ids.make(Kind.AUDIENCE, GONE), name="Brightleaf Rewards (pilot)"),
    )
    former.answers = _answers(company.answers, company.ids)
    return former


def _topics(topics: Sequence[Topic], ids: Ids) -> tuple[Topic, ...]:
    by_name = {topic.name: topic for topic in topics}
    former = []
    for topic in topics:
        if topic.name in NEW_TOPICS:
            continue
        changed = replace(topic, name=RENAMED_TOPICS.get(topic.name, topic.name))
        if topic.name == MOVED_TOPIC:
            changed = replace(changed, parent_id=by_name[FORMER_PARENT].id)
        if topic.name == DISABLED_TOPIC:
            changed = replace(changed, disabled=False)
        if topic.name == ENABLED_TOPIC:
            changed = replace(changed, disabled=True)
        former.append(changed)
    former.append(Topic(id=ids.make(Kind.TOPIC, GONE), name="Spring sale", disabled=False, parent_id=None))
    return tuple(former)


def _inboxes(inboxes: Sequence[Inbox], ids: Ids) -> tuple[Inbox, ...]:
    names = {"Orders & delivery": "Orders", "Phone": "Phone line"}
    former = [replace(inbox, name=names.get(inbox.name, inbox.name)) for inbox in inboxes if inbox.name != "-VIP-"]
    former = [replace(inbox, disabled=False) if inbox.name == "Holiday 2019" else inbox for inbox in former]
    return (*former, Inbox(id=ids.make(Kind.INBOX, GONE), name="Fax", disabled=True))


def _answers(answers: Sequence[Answer], ids: Ids) -> tuple[Answer, ...]:
    """Other words in some, one with another name, one more since, one fewer."""
    by_id = sorted((answer for answer in answers if ("en-us", "public") in answer.contents), key=lambda each: each.id)
    renamed, shorter, new, copied = by_id[:4]
    former = {answer.id: _worded(answer) for answer in by_id[4:]}
    former[renamed.id] = replace(renamed, name=f"{renamed.name} (draft)")
    former[shorter.id] = _without_last_line(shorter)
    kept = [former.get(answer.id, answer) for answer in answers if answer.id != new.id]
    return (*kept, replace(copied, id=ids.make(Kind.ANSWER, GONE), name="Store hours in spring"))


def _worded(answer: Answer) -> Answer:
    """The answer with the promise of a month ago in what customers read."""
    key = ("en-us", "public")
    content = answer.contents[key]
    before = content.body_html.replace("Please allow 3 to 5 days.", "Please allow 5 to 7 working days.")
    return replace(answer, contents={**answer.contents, key: replace(content, body_html=before)})


def _without_last_line(answer: Answer) -> Answer:
    key = ("en-us", "public")
    content = answer.contents[key]
    shorter = content.body_html.partition("</ul>")[0] + "</ul>"
    return replace(answer, contents={**answer.contents, key: replace(content, body_html=shorter)})
