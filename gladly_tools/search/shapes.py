"""The documented shapes of an item, for decoding it typed. A line of any other shape is read as plain JSON.

The fields stand in the order in which Gladly writes them, which is the quickest to decode.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from gladly_tools.search.items import NOT_TEXT

ABSENT = msgspec.Raw()
"""What a field of any shape holds when the line does not have it."""

Text = str | None
Texts = list[str] | str | None
Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None


class Attachment(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """An attached file."""

    id: Text = None
    contentType: Text = None
    filename: Text = None
    fileSize: Integer = None


Files = list[Attachment] | None


class Summary(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The AI summary of a call."""

    status: Text = None
    summary: Text = None
    language: Text = None


class Link(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What an activity links to."""

    url: Text = None
    text: Text = None


class Person(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An initiator or a responder."""

    id: Text = None
    type: Text = None


class Content(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, gc=False):
    """What every kind has."""


class Email(Content, tag="EMAIL", rename={"sender": "from"}):
    """An e-mail."""

    sender: Text = None
    to: Texts = None
    cc: Texts = None
    bcc: Texts = None
    subject: Text = None
    content: Text = None
    attachments: Files = None


class Chat(Content, tag="CHAT_MESSAGE"):
    """A chat message."""

    sessionId: Text = None
    content: Text = None
    messageType: Text = None
    messageData: msgspec.Raw = ABSENT
    attachments: Files = None


class Sms(Content, tag="SMS", rename={"sender": "from"}):
    """A text message."""

    sender: Text = None
    to: Texts = None
    content: Text = None
    attachments: Files = None


class Facebook(Content, tag="FACEBOOK_MESSAGE"):
    """A Messenger message."""

    pageId: Text = None
    userId: Text = None
    content: Text = None
    attachments: Files = None


class Instagram(Content, tag="INSTAGRAM_DIRECT"):
    """An Instagram message."""

    content: Text = None
    attachments: Files = None


class WhatsApp(Content, tag="WHATSAPP"):
    """A WhatsApp message."""

    content: Text = None
    attachments: Files = None


class Call(Content, tag="PHONE_CALL", rename={"sender": "from"}):
    """A phone call."""

    sender: Text = None
    to: Texts = None
    startedAt: Text = None
    answeredAt: Text = None
    completedAt: Text = None
    recordingStatus: Text = None
    recordingUrl: Text = None
    recordingDuration: Integer = None
    recordingSummary: Summary | None = None


class Voicemail(Content, tag="VOICEMAIL"):
    """A voicemail."""

    startedAt: Text = None
    recordingStatus: Text = None
    recordingUrl: Text = None
    recordingDuration: Integer = None
    recordingSummary: Summary | None = None


class Note(Content, tag="CONVERSATION_NOTE"):
    """A note of an agent."""

    body: Text = None
    attachments: Files = None


class StatusChange(Content, tag="CONVERSATION_STATUS_CHANGE"):
    """A conversation opened or closed."""

    status: Text = None


class TopicChange(Content, tag="TOPIC_CHANGE"):
    """Topics added or removed."""

    addedTopicIds: Texts = None
    removedTopicIds: Texts = None


class Activity(Content, tag="CUSTOMER_ACTIVITY"):
    """An activity from another system."""

    activityType: Text = None
    title: Text = None
    body: Text = None
    sourceName: Text = None
    link: Link | None = None
    expandByDefault: bool | None = None
    occurredAt: Text = None
    receivedAt: Text = None


KINDS: tuple[type[Content], ...] = (
    Email,
    Chat,
    Sms,
    Facebook,
    Instagram,
    WhatsApp,
    Call,
    Voicemail,
    Note,
    StatusChange,
    TopicChange,
    Activity,
)
"""The kinds of content that are documented."""


class Item(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A conversation item whose every field is documented."""

    content: (
        Email
        | Chat
        | Sms
        | Facebook
        | Instagram
        | WhatsApp
        | Call
        | Voicemail
        | Note
        | StatusChange
        | TopicChange
        | Activity
    )
    id: Text = None
    conversationId: Text = None
    customerId: Text = None
    timestamp: Text = None
    initiator: Person | None = None
    responder: Person | None = None
    sessionId: Text = None


class SearchedTexts(msgspec.Struct, gc=False):
    """The texts of an item's content."""

    subject: Text = None
    content: Text = None
    body: Text = None
    title: Text = None
    recordingSummary: Summary | None = None
    link: Link | None = None
    addedTopicIds: Texts = None
    removedTopicIds: Texts = None
    messageData: msgspec.Raw = ABSENT


# What phrases are not looked for in is only skipped, whatever it is. A field that is in neither does not fit.
_SKIPPED = sorted(NOT_TEXT - {"addedTopicIds", "removedTopicIds"})
SearchedContent: type[SearchedTexts] = msgspec.defstruct(  # type: ignore[assignment]  # a subclass, as its bases say
    "SearchedContent",
    [(f"skipped_{name}", msgspec.Raw, ABSENT) for name in _SKIPPED],
    bases=(SearchedTexts,),
    rename={f"skipped_{name}": name for name in _SKIPPED},
    forbid_unknown_fields=True,
    gc=False,
)
"""The texts of an item's content, with every other field that is documented."""
