"""The answers that agents send and customers read: which exist, in which languages, with which contents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from gladly_tools.demo.catalogue import ANSWER_NAMES, ANSWER_PHRASES, ANSWER_TYPES, LANGUAGES
from gladly_tools.demo.ids import Ids, Kind, seeded


@dataclass(frozen=True, kw_only=True)
class AnswerContent:
    """One text of an answer; None = missing.

    `title` is for public contents, `subject` for email, `internal` for reference.
    """

    language: str
    type: str
    body_html: str
    title: str | None
    subject: str | None
    internal: bool | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer with all its contents, by (language, type); times are UTC."""

    id: str
    name: str
    description: str | None
    audience_ids: tuple[str, ...] | None
    contents: dict[tuple[str, str], AnswerContent]
    created_at: dt.datetime
    updated_at: dt.datetime


def make_answers(
    *, seed: int, ids: Ids, count: int, audience_ids: Sequence[str], before: dt.datetime
) -> tuple[Answer, ...]:
    """The answers, in no order; every one was last changed before the given moment.

    Every fourth has no public content in any language, so that no public list leads to it, and one has no
    content.
    """
    made = [_make(seed, ids, number, audience_ids, before) for number in range(count)]
    seeded(seed, "answers").shuffle(made)
    return tuple(made)


def _make(seed: int, ids: Ids, number: int, audience_ids: Sequence[str], before: dt.datetime) -> Answer:
    chance = seeded(seed, "answer", number)
    name = ANSWER_NAMES[number % len(ANSWER_NAMES)]
    if number >= len(ANSWER_NAMES):
        name = f"{name} ({number // len(ANSWER_NAMES) + 1})"
    contents = {}
    for language in LANGUAGES:
        if chance.random() > {"en-us": 0.95, "es-419": 0.5, "fr-ca": 0.3}[language]:
            continue
        for type_ in ANSWER_TYPES:
            is_wanted = number % 4 != 3 if type_ == "public" else chance.random() < 0.6
            if is_wanted and number != 7:
                contents[language, type_] = _content(seed, number, name, language, type_)
    created = before - dt.timedelta(days=chance.randrange(30, 900), milliseconds=chance.randrange(86_400_000))
    shared = chance.sample(list(audience_ids), k=min(len(audience_ids), chance.choice((1, 1, 2, 3))))
    return Answer(
        id=ids.make(Kind.ANSWER, number),
        name=name,
        description=chance.choice((None, "", "For e-mail, chat and SMS", 'Read before use:\n"be kind", then reply')),
        audience_ids=None if number % 9 == 4 else () if number % 9 == 5 else tuple(shared),
        contents=contents,
        created_at=created,
        updated_at=created + dt.timedelta(milliseconds=chance.randrange(86_400_000 * 29)),
    )


def _content(seed: int, number: int, name: str, language: str, type_: str) -> AnswerContent:
    chance = seeded(seed, "content", number, language, type_)
    phrases = chance.choices(ANSWER_PHRASES[language], k=3)
    if type_ == "messaging":
        body = " ".join(phrases)
    else:
        body = f'<p class="lead">{phrases[0]}</p>\n<ul>\n  <li>{phrases[1]}</li>\n</ul><p>{phrases[2]}&nbsp;</p>'
    return AnswerContent(
        language=language,
        type=type_,
        body_html=body,
        title=f"{name} ({language})" if type_ == "public" else None,
        subject=f"Re: {name}" if type_ == "email" and chance.random() < 0.9 else None,
        internal=chance.choice((True, False, None)) if type_ == "reference" else None,
    )
