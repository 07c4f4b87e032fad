"""Conversations and their items. An item stays the JSON it came as: its kinds and fields are an open set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

from gladly_tools.api.arrival import Arrival
from gladly_tools.api.asking import Asking
from gladly_tools.api.listing import Listing
from gladly_tools.api.reading import Object, an_object, children, identity, objects, text, texts
from gladly_tools.api.retry import Kind
from gladly_tools.api.transport import segment
from gladly_tools.errors import NotFoundError, UnexpectedAnswer

PATH = "/api/v1/conversations"
ITEMS_PATH = "/api/v1/conversation-items"


@dataclass(frozen=True, kw_only=True)
class AttributeValue:
    """One value of a custom attribute (freeform topic) on a conversation; the same attribute may come again."""

    id: str
    value: str | None


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One conversation as it is now. Times are Gladly's text; no agent means that none is assigned."""

    id: str
    customer_id: str | None
    inbox_id: str | None
    agent_id: str | None
    status: str | None
    topic_ids: tuple[str, ...]
    attributes: tuple[AttributeValue, ...]
    created_at: str | None
    closed_at: str | None


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """What one speaker said; seconds from the beginning of the recording, speakers numbered from 0."""

    speaker: int | None
    text: str
    start_seconds: float | None
    end_seconds: float | None


class ConversationCalls(Asking):
    """`client.conversations`"""

    def get(self, conversation_id: str) -> Conversation | None:
        """One conversation, or None when there is none with this id."""
        path = f"{PATH}/{segment(conversation_id)}"
        value = self._get_or_none(path)
        return None if value is None else _conversation(an_object(value, path))

    def of_customer(self, customer_id: str) -> Listing[Conversation]:
        """A customer's conversations, oldest first, at most 100; of a merged customer ask with the new id."""
        path = f"/api/v1/customers/{segment(customer_id)}/conversations"
        reply = self._transport.get(path, self._watch)
        return Listing(found=tuple(map(_conversation, objects(reply.json(), path))), cut=reply.limited)

    def items(self, conversation_id: str, *, session_id: str | None = None) -> Listing[Mapping[str, Any]]:
        """A conversation's items as JSON, oldest first, at most 1,000; of one session alone when one is named.

        Raises NotFoundError when there is no such conversation.
        """
        path = f"{PATH}/{segment(conversation_id)}/items"
        params = None if session_id is None else {"sessionId": session_id}
        reply = self._transport.get(path, self._watch, params=params, answered=(404,))
        if reply.status == 404:
            raise NotFoundError(f"There is no conversation {conversation_id}.", "Check the ID.")
        return Listing(found=tuple(item.values for item in objects(reply.json(), path)), cut=reply.limited)

    def item(self, item_id: str) -> Mapping[str, Any] | None:
        """One item as JSON, or None when there is none with this id.

        Raises RequestRefused with code `invalid` for one whose kind the API does not support.
        """
        path = f"{ITEMS_PATH}/{segment(item_id)}"
        value = self._get_or_none(path)
        return None if value is None else an_object(value, path).values

    def close(self, conversation_id: str, *, force: bool = False) -> None:
        """Close a conversation; with `force` also while its customer waits for an answer. The assignee is not sent.

        Raises RequestRefused with `attr` and `code`, NotFoundError; after AnswerLost or ServerError it is not known
        whether it was carried out.
        """
        status: dict[str, Any] = {"value": "CLOSED"}
        if force:
            status["force"] = True
        self._change("PATCH", f"{PATH}/{segment(conversation_id)}", {"status": status})

    def reopen(self, conversation_id: str) -> None:
        """Open a closed conversation again. Raises as `close` does."""
        self._change("PATCH", f"{PATH}/{segment(conversation_id)}", {"status": {"value": "OPEN"}})

    def assign(self, conversation_id: str, *, inbox_id: str, agent_id: str | None) -> None:
        """Assign an open conversation; without an agent none is named, which may leave the agent. Raises as `close`."""
        self._change("PATCH", f"{PATH}/{segment(conversation_id)}", {"assignee": assignee(inbox_id, agent_id)})

    def add_topics(self, conversation_id: str, topic_ids: Sequence[str]) -> None:
        """Add topics to a conversation; those it has are ignored. Raises as `close` does."""
        self._change("POST", f"{PATH}/{segment(conversation_id)}/topics", {"topicIds": list(topic_ids)})

    def recording(self, item_id: str, target: BinaryIO) -> bool:
        """Write the recording of a call or voicemail (MP3) to `target`, emptied first; False when there is none.

        Raises UnexpectedAnswer for what is not audio.
        """

        def read(arrival: Arrival) -> bool:
            if arrival.status == 404:
                return False
            if not arrival.headers.get("content-type", "").lower().startswith(("audio/", "application/octet-stream")):
                raise UnexpectedAnswer("Gladly's answer is no recording.", "Try again; else report it to Gladly.")
            target.seek(0)
            target.truncate()
            for chunk in arrival.chunks():
                target.write(chunk)
            return True

        path = f"{ITEMS_PATH}/{segment(item_id)}/media/recording"
        return self._transport.ask("GET", path, self._watch, read=read, kind=Kind.STREAM, answered=(404,))

    def transcript(self, item_id: str) -> tuple[Paragraph, ...] | None:
        """What was said in a call or voicemail, in order; None when there is no transcript."""
        path = f"{ITEMS_PATH}/{segment(item_id)}/voice-transcript"
        value = self._get_or_none(path)
        if value is None:
            return None
        return tuple(
            Paragraph(
                speaker=_number(item, "speaker", int),
                text=text(item, "transcript") or "",
                start_seconds=_number(item, "startTime", float),
                end_seconds=_number(item, "endTime", float),
            )
            for item in children(an_object(value, path), "paragraphs")
        )


def assignee(inbox_id: str, agent_id: str | None) -> dict[str, str]:
    """An assignee as the API wants it; the agent is left out when there is none."""
    return {"inboxId": inbox_id} if agent_id is None else {"inboxId": inbox_id, "agentId": agent_id}


N = TypeVar("N", int, float)


def _number(source: Object, name: str, kind: type[N]) -> N | None:
    """A number, also when sent as text; None when missing or no number."""
    try:
        number = float(text(source, name) or "")
    except ValueError:
        return None
    return kind(number) if math.isfinite(number) else None


def _conversation(value: Object) -> Conversation:
    return Conversation(
        id=identity(value),
        customer_id=text(value, "customerId"),
        inbox_id=text(value, "inboxId"),
        agent_id=text(value, "agentId"),
        status=text(value, "status"),
        topic_ids=texts(value, "topicIds"),
        attributes=tuple(
            AttributeValue(id=identity(item), value=text(item, "value")) for item in children(value, "customAttributes")
        ),
        created_at=text(value, "createdAt"),
        closed_at=text(value, "closedAt"),
    )
