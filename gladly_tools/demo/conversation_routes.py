"""What the server answers about the inside of conversations: items, recordings, attachments, attributes."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from gladly_tools.demo import shapes
from gladly_tools.demo.company import Company
from gladly_tools.demo.items import Item
from gladly_tools.demo.limits import Limits
from gladly_tools.demo.media import recording
from gladly_tools.demo.refusals import missing, refused

FILES_PREFIX = "/files/"
_ITEM = "/api/v1/conversation-items/{id}"
_WITH_ATTACHMENTS = frozenset(
    {
        "CHAT_MESSAGE",
        "CONVERSATION_NOTE",
        "EMAIL",
        "FACEBOOK_MESSAGE",
        "INSTAGRAM_DIRECT",
        "SMS",
        "WHATSAPP",
    }
)
_SUPPORTED = _WITH_ATTACHMENTS | {
    "CONVERSATION_STATUS_CHANGE",
    "CUSTOMER_ACTIVITY",
    "PHONE_CALL",
    "TOPIC_CHANGE",
    "TWITTER",
    "VOICE_AI_MESSAGE",
    "VOICEMAIL",
}


class ConversationEndpoints:
    """The endpoints beneath a conversation; every method answers one request."""

    def __init__(self, company: Company, limits: Limits) -> None:
        self._company = company
        self._limits = limits
        self._attributes = {attribute.id: attribute for attribute in company.attributes}

    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/conversations/{id}/items", self.items),
            Route(_ITEM, self.item),
            Route(_ITEM + "/media/recording", self.recording),
            Route(_ITEM + "/voice-transcript", self.transcript),
            # An attachment's id may hold a slash.
            Route(_ITEM + "/attachments/{attachment:path}", self.attachment),
            Route(FILES_PREFIX + "{token}", self.file),
            Route("/api/v1/custom-attributes/{id}", self.custom_attribute),
        ]

    async def items(self, request: Request) -> Response:
        """The oldest ones when the list must be cut. Types that no document names are among them."""
        try:
            conversation = self._company.conversations[request.path_params["id"]]
        except KeyError:
            return missing("the conversation does not exist")
        session_id = request.query_params.get("sessionId")
        found = [
            item for item in self._company.items_of(conversation) if session_id is None or item.session_id == session_id
        ]
        kept = found[: self._limits.items_of_conversation]
        is_cut = "true" if len(kept) < len(found) else "false"
        return _Json([shapes.item(item) for item in kept], headers={"Gladly-Limited-Data": is_cut})

    async def item(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return _no_such_item()
        if found.type not in _SUPPORTED:
            return refused(400, "invalid", detail="the type of the conversation item is not supported")
        return _Json(shapes.item(found))

    async def recording(self, request: Request) -> Response:
        """An MP3, made while it is sent."""
        found = self._found(request)
        if found is None:
            return _no_such_item()
        if found.voice is None or found.content.get("recordingStatus") != "AVAILABLE":
            return missing("the conversation item has no recording")
        return StreamingResponse(recording(found.voice.seconds, found.voice.paragraphs), media_type="audio/mpeg")

    async def transcript(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return _no_such_item()
        made_at = found.voice.transcribed_at if found.voice else None
        if made_at is None or made_at > self._company.now():
            return missing("the conversation item has no transcript")
        return _Json(shapes.transcript(found))

    async def attachment(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return _no_such_item()
        if found.type not in _WITH_ATTACHMENTS:
            return refused(400, "invalid", detail="a conversation item of this type has no attachments")
        for attachment in found.attachments:
            if attachment.id == request.path_params["attachment"]:
                return Response(status_code=303, headers={"Location": FILES_PREFIX + attachment.token})
        return missing("the attachment does not exist")

    async def file(self, request: Request) -> Response:
        """Where an attachment's redirect leads: whoever knows the path may have the file."""
        try:
            attachment = self._company.attachment(request.path_params["token"])
        except KeyError:
            return PlainTextResponse("Not Found\n", status_code=404)
        return Response(
            attachment.data,
            # Stated here, as Starlette would name a character set for text.
            headers={
                "Content-Type": attachment.content_type or "application/octet-stream",
                "Content-Disposition": "attachment",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def custom_attribute(self, request: Request) -> Response:
        attribute = self._attributes.get(request.path_params["id"])
        if attribute is None:
            return missing("the custom attribute does not exist")
        return JSONResponse(shapes.custom_attribute(attribute))

    def _found(self, request: Request) -> Item | None:
        try:
            return self._company.item(request.path_params["id"])
        except KeyError:
            return None


class _Json(JSONResponse):
    """JSON of texts that need not be Unicode: half an emoji goes out as the escape that stands for it."""

    def render(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode(errors="backslashreplace")


def _no_such_item() -> Response:
    return missing("the conversation item does not exist")
