"""An item as a row: the portal's columns in its order, and nothing lost."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gladly_tools.items import PORTAL_COLUMNS, item_row

# fmt: off
PORTAL = [
    "id", "customerId", "conversationId", "sessionId", "timestamp", "initiator.id", "initiator.type",
    "responder.id", "responder.type", "content.type", "content.messageType", "content.sessionId",
    "content.content", "content.attachments", "content.status", "content.title", "content.body",
    "content.activityType", "content.sourceName", "content.link.url", "content.link.text",
    "content.expandByDefault", "content.occurredAt", "content.receivedAt", "content.from", "content.to",
    "content.cc", "content.bcc", "content.subject", "content.pageId", "content.userId", "content.startedAt",
    "content.answeredAt", "content.completedAt", "content.recordingUrl", "content.recordingDuration",
    "content.recordingSummary.status", "content.recordingSummary.summary", "content.recordingSummary.language",
    "content.addedTopicIds", "content.removedTopicIds",
]
# fmt: on


def item(**content: Any) -> dict[str, Any]:
    return {"id": "i1", "customerId": "c1", "timestamp": "2026-03-01T10:00:00.07Z", "content": content}


def test_the_columns_are_the_portals_forty_one_in_its_order() -> None:
    assert [column.name for column in PORTAL_COLUMNS] == PORTAL
    assert len(PORTAL) == 41


def test_what_fits_the_columns_needs_no_raw() -> None:
    mail = item(type="EMAIL", to=["a@x.example"], cc=[], subject="Späte Lieferung", content="Hello")
    assert item_row(mail) == {
        "id": "i1",
        "customerId": "c1",
        "timestamp": "2026-03-01T10:00:00.07Z",
        "content.type": "EMAIL",
        "content.to": ["a@x.example"],
        "content.cc": [],
        "content.subject": "Späte Lieferung",
        "content.content": "Hello",
    }


def test_nested_fields_are_opened_and_null_is_as_good_as_missing() -> None:
    row = item_row(
        item(
            type="CUSTOMER_ACTIVITY", link={"url": "https://x.example", "text": None}, title=None, expandByDefault=False
        )
        | {"initiator": {"id": "a1", "type": "AGENT"}, "responder": None, "sessionId": None}
    )
    assert row["content.link.url"] == "https://x.example"
    assert row["content.expandByDefault"] is False
    assert row["initiator.type"] == "AGENT"
    assert "raw" not in row
    assert "content.link.text" not in row


@pytest.mark.parametrize(("sent", "cell"), [(61, 61), ("61", 61), (None, None)])
def test_a_duration_counts_as_a_number_or_as_its_digits(sent: object, cell: object) -> None:
    row = item_row(item(type="PHONE_CALL", recordingDuration=sent))
    assert row.get("content.recordingDuration") == cell
    assert "raw" not in row


def test_the_one_number_called_becomes_a_list_of_one() -> None:
    assert item_row(item(type="SMS", to="+15550100"))["content.to"] == ["+15550100"]


@pytest.mark.parametrize(
    "odd",
    [
        item(type="CHAT_MESSAGE", messageData={"options": []}),
        item(type="HOLOGRAM", depth={"x": 1}),
        item(type="SMS", to=[1, 2]),
        item(type="EMAIL", subject=["a", "list"]),
        item(type="PHONE_CALL", recordingDuration="about a minute"),
        item(type="PHONE_CALL", recordingDuration=2**70),
        item(type="PHONE_CALL", recordingDuration=True),
        item(type="CUSTOMER_ACTIVITY", expandByDefault="yes"),
        item(type="EMAIL", attachments=[{"id": "a", "checksum": "new"}]),
        item(type="EMAIL", attachments="none"),
        item(type="SMS", content="half \ud83d a pair"),
        item(type="SMS") | {"surprise": 1},
        item(type="SMS") | {"initiator": "an agent"},
        {"id": "i1", "content": ["not", "an", "object"]},
    ],
)
def test_what_the_columns_cannot_hold_is_kept_whole_in_raw(odd: dict[str, Any]) -> None:
    row = item_row(odd)
    assert json.loads(str(row["raw"])) == odd
    assert row["id"] == "i1"
    str(row["raw"]).encode()


def test_the_raw_text_can_be_given_as_it_came() -> None:
    line = '{"id": "i1", "big": 12345678901234567890123}'
    assert item_row(json.loads(line), json_text=line)["raw"] == line


def test_the_help_of_every_column_is_a_plain_sentence() -> None:
    for column in PORTAL_COLUMNS:
        assert re.fullmatch(r"[A-Z].*[^.]", column.help), column.name
