"""Answers: one by its id, its contents by language and type, and the two lists that may exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import Object, an_object, flag, identity, objects, text, texts
from gladly_tools.api.transport import Transport, segment
from gladly_tools.api.unpublished import NOT_PUBLISHED, the_list
from gladly_tools.api.watch import Watch

PATH = "/api/v1/answers"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer without its contents; times are as sent."""

    id: str
    name: str | None
    description: str | None
    audience_ids: tuple[str, ...]
    created_at: str | None
    updated_at: str | None


@dataclass(frozen=True, kw_only=True)
class PublicAnswer:
    """One line of the public list, which needs no token."""

    id: str
    name: str | None
    language: str | None


@dataclass(frozen=True, kw_only=True)
class AnswerContent:
    """The content of an answer in one language for one type; which fields there are depends on the type."""

    language: str
    type: str
    body_html: str | None
    title: str | None
    subject: str | None
    internal: bool | None


class AnswerCalls(Asking):
    """`client.answers`"""

    PUBLIC_LIST_CAP: ClassVar[int] = 1000

    def __init__(self, transport: Transport, watch: Watch, *, list_path: str) -> None:
        super().__init__(transport, watch)
        self._list_path = list_path

    def list_all(self) -> list[Answer] | None:
        """Every answer, from an address that is not published (inferred); None where there is no such address.

        Accepts a bare list or an object that holds exactly one.
        """
        path = self._list_path
        reply = self._transport.get(path, self._watch, answered=NOT_PUBLISHED)
        if reply.status != 200:
            return None
        return [_answer(item) for item in objects(the_list(reply.json()), path)]

    def list_public(self, organization_id: str, language: str, audience_id: str | None = None) -> list[PublicAnswer]:
        """Answers with public content, the first `PUBLIC_LIST_CAP` by name; sent without credentials."""
        path = f"/api/v1/orgs/{segment(organization_id)}/answers"
        params = {"lng": language} | ({} if audience_id is None else {"audienceId": audience_id})
        return [
            PublicAnswer(id=identity(item), name=text(item, "name"), language=text(item, "language"))
            for item in objects(self._get(path, params=params, signed=False), path)
        ]

    def get(self, answer_id: str) -> Answer:
        """One answer. Raises NotFoundError."""
        path = f"{PATH}/{segment(answer_id)}"
        return _answer(an_object(self._get(path), path))

    def content(self, answer_id: str, language: str, type: str) -> AnswerContent | None:
        """The content for a language and a type; None when there is none, which is normal.

        Raises RequestRefused with `attr` `language` for a language that is not configured.
        """
        path = f"{PATH}/{segment(answer_id)}/languages/{segment(language)}/type/{segment(type)}"
        value = self._get_or_none(path)
        if value is None:
            return None
        content = an_object(value, path)
        return AnswerContent(
            language=text(content, "language") or language,
            type=text(content, "type") or type,
            body_html=text(content, "bodyHtml"),
            title=text(content, "title"),
            subject=text(content, "subject"),
            internal=flag(content, "internal"),
        )


def _answer(value: Object) -> Answer:
    return Answer(
        id=identity(value),
        name=text(value, "name"),
        description=text(value, "description"),
        audience_ids=texts(value, "audienceIds"),
        created_at=text(value, "createdAt"),
        updated_at=text(value, "updatedAt"),
    )
