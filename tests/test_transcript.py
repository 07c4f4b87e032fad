"""The thread of a conversation: every kind of item says its own, from the right side, and nothing of it is markup."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from gladly_tools.demo import Company, shapes
from gladly_tools.items import ITEM_COLUMNS, item_row
from gladly_tools.search import phrases
from gladly_tools.transcript import (
    _BREAKS,
    _CELLS,
    _SILENT,
    CHANNELS,
    RECORDED,
    Attachment,
    Entry,
    Side,
    Weight,
    entries,
    text_of_html,
)


def item(kind: str, **content: Any) -> dict[str, Any]:
    return {"id": "i", "timestamp": "2026-03-01T10:00:00.123456789Z", "content": {"type": kind, **content}}


def entry_of(item: dict[str, Any], **names: Any) -> Entry:
    """The entry of an item's row; `names` are what stands beside the ids."""
    (entry,) = entries([{**item_row(item), **names}])
    return entry


# What a kind of item becomes: weight, channel, subject, text and details.
KINDS: list[tuple[dict[str, Any], tuple[Weight, str, str, str, tuple[str, ...]]]] = [
    (item("CHAT_MESSAGE", messageType="TEXT", content="Hi"), (Weight.MESSAGE, "Chat", "", "Hi", ())),
    (
        item(
            "CHAT_MESSAGE",
            messageType="QUICK_REPLY_REQUEST",
            content="Which?",
            messageData={"options": [{"id": "a", "label": "Mine"}, {"id": "b"}, "odd", {"id": "c", "label": "Yours"}]},
        ),
        (Weight.MESSAGE, "Chat", "", "Which?", ("Offered: Mine, Yours",)),
    ),
    (
        item(
            "CHAT_MESSAGE",
            messageType="QUICK_REPLY_RESPONSE",
            content="Mine",
            messageData={"quickReplyRequest": {"options": [{"id": "a", "label": "Mine"}]}, "selectedOptionId": "a"},
        ),
        (Weight.MESSAGE, "Chat", "", "Mine", ()),
    ),
    (
        item(
            "EMAIL",
            **{"from": "ida@mail.test", "to": ["a@acme.test", "b@acme.test"], "cc": ["c@acme.test"], "bcc": []},
            subject="Late <b>parcel</b>",
            content="Where is <it>?",
        ),
        (
            Weight.MESSAGE,
            "E-mail",
            "Late <b>parcel</b>",
            "Where is <it>?",
            ("From ida@mail.test", "To a@acme.test, b@acme.test", "Cc c@acme.test"),
        ),
    ),
    (item("EMAIL"), (Weight.MESSAGE, "E-mail", "", "", ())),
    (item("SMS", **{"from": "+1", "to": "+2"}, content="Hi"), (Weight.MESSAGE, "SMS", "", "Hi", ())),
    (item("FACEBOOK_MESSAGE", pageId="1", content="Hi"), (Weight.MESSAGE, "Facebook", "", "Hi", ())),
    (item("INSTAGRAM_DIRECT", content="Hi"), (Weight.MESSAGE, "Instagram", "", "Hi", ())),
    (item("WHATSAPP", content="Hi"), (Weight.MESSAGE, "WhatsApp", "", "Hi", ())),
    (item("TWITTER", content="Hi"), (Weight.MESSAGE, "Twitter", "", "Hi", ())),
    (item("VOICE_AI_MESSAGE", body="How can I", status="PLAYED"), (Weight.MESSAGE, "Voice AI", "", "How can I", ())),
    (
        item("VOICE_AI_MESSAGE", body="How can I", status="INTERRUPTED"),
        (Weight.MESSAGE, "Voice AI", "", "How can I", ("The customer interrupted this",)),
    ),
    (
        item("PHONE_CALL", **{"from": "+1555", "to": "+1444"}, answeredAt="2026-03-01T10:00:05Z"),
        (Weight.CALL, "Phone call", "", "", ("+1555 to +1444",)),
    ),
    (item("PHONE_CALL"), (Weight.CALL, "Phone call", "", "", ("Not answered",))),
    (item("VOICEMAIL"), (Weight.CALL, "Voicemail", "", "", ())),
    (
        item("VOICEMAIL", recordingSummary={"status": "PENDING"}),
        (Weight.CALL, "Voicemail", "", "", ("AI summary: pending",)),
    ),
    (
        item("VOICEMAIL", recordingSummary={"status": "READY", "summary": "Late parcel"}),
        (Weight.CALL, "Voicemail", "", "", ()),
    ),
    (
        item("CONVERSATION_NOTE", body="<p>Ask the <b>courier</b></p>"),
        (Weight.NOTE, "Note", "", "Ask the courier", ()),
    ),
    (
        item(
            "CUSTOMER_ACTIVITY",
            activityType="SURVEY",
            sourceName="Surveys & Co",
            title="CSAT 1 of 5",
            body="<p>Never <i>again</i></p>",
            link={"url": "https://x.example/?a=1&b=2", "text": "See"},
        ),
        (
            Weight.NOTE,
            "Survey from Surveys & Co",
            "CSAT 1 of 5",
            "Never again",
            ("See: https://x.example/?a=1&b=2",),
        ),
    ),
    (item("CUSTOMER_ACTIVITY"), (Weight.NOTE, "Activity", "", "", ())),
    (
        item("CUSTOMER_ACTIVITY", activityType="SMS", sourceName="Courier, Inc.", body="Parcel at 2"),
        (Weight.NOTE, "SMS from Courier, Inc.", "", "Parcel at 2", ()),
    ),
    (
        item("CONVERSATION_STATUS_CHANGE", status="CLOSED"),
        (Weight.QUIET, "", "", "set the conversation to closed", ()),
    ),
    (
        item("CONVERSATION_STATUS_CHANGE"),
        (Weight.QUIET, "", "", "set the conversation to another status", ()),
    ),
    (item("TOPIC_CHANGE", addedTopicIds=["t1"]), (Weight.QUIET, "", "", "added topic t1", ())),
    (
        item("TOPIC_CHANGE", addedTopicIds=["t1", "t2"], removedTopicIds=["t3"]),
        (Weight.QUIET, "", "", "added topics t1, t2 and removed topic t3", ()),
    ),
    (item("TOPIC_CHANGE"), (Weight.QUIET, "", "", "changed no topic", ())),
    (
        item("HOLOGRAM_CALL", photons=2**70, title="A call"),
        (
            Weight.NOTE,
            "Hologram call",
            "A call",
            "",
            (f'{{"type": "HOLOGRAM_CALL", "photons": {2**70}, "title": "A call"}}',),
        ),
    ),
    (item("TASK", body="<p>Call back</p>"), (Weight.NOTE, "Task", "", "Call back", ())),
    ({"id": "i"}, (Weight.NOTE, "Unknown", "", "", ())),
]


@pytest.mark.parametrize(
    ("sent", "told"),
    KINDS,
    ids=lambda value: value.get("content", {}).get("type", "none") if isinstance(value, dict) else "",
)
def test_each_kind_of_item_says_its_own(
    sent: dict[str, Any], told: tuple[Weight, str, str, str, tuple[str, ...]]
) -> None:
    entry = entry_of(sent)
    assert (entry.weight, entry.channel, entry.subject, entry.text, entry.details) == told


def test_every_channel_is_among_the_kinds_tried() -> None:
    assert {sent.get("content", {}).get("type") for sent, _told in KINDS} >= set(CHANNELS) | RECORDED


@pytest.mark.parametrize(
    ("kind", "side", "who"),
    [
        ("CUSTOMER", Side.CUSTOMER, "The customer"),
        ("EXTERNAL", Side.CUSTOMER, "Somebody outside"),
        ("AGENT", Side.COMPANY, "An agent"),
        ("INTERNAL", Side.COMPANY, "Somebody of the company"),
        ("API", Side.MACHINE, "An integration"),
        ("AUTOMATION", Side.MACHINE, "A rule"),
        ("SYSTEM", Side.MACHINE, "Gladly"),
        ("ROBOT", Side.MACHINE, "ROBOT"),
        (None, Side.MACHINE, "Unknown"),
    ],
)
def test_an_entry_comes_from_the_side_of_who_began_it(kind: str | None, side: Side, who: str) -> None:
    sent = item("SMS") if kind is None else item("SMS") | {"initiator": {"type": kind, "id": "x"}}
    assert (entry_of(sent).side, entry_of(sent).who) == (side, who)
    assert entry_of(sent, Initiator="Grace <b>Kim</b>").who == "Grace <b>Kim</b>"


def test_names_stand_where_the_ids_are_known() -> None:
    call = item("PHONE_CALL", answeredAt="2026-03-01T10:00:05Z")
    assert entry_of(call, Responder="Grace Kim").details == ("with Grace Kim",)
    topics = item("TOPIC_CHANGE", addedTopicIds=["t1"], removedTopicIds=["t2", "t3"])
    named = entry_of(topics, **{"Topics added": ["Orders"], "Topics removed": ["A >> B", "C"]})
    assert named.text == "added topic Orders and removed topics A >> B, C"


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ({"answeredAt": "2026-03-01T10:00:05Z", "completedAt": "2026-03-01T10:02:07.4Z"}, 122),
        (
            {"answeredAt": "2026-03-01T10:00:05Z", "completedAt": "2026-03-01T10:02:05Z", "recordingDuration": 7},
            120,
        ),
        ({"answeredAt": "2026-03-01T10:00:05Z", "completedAt": "2026-03-01T10:00:05Z"}, 0),
        ({"answeredAt": "2026-03-01T10:00:05Z", "completedAt": "2026-03-01T09:00:00Z"}, None),
        ({"startedAt": "2026-03-01T10:00:00Z", "completedAt": "2026-03-01T10:02:07Z"}, None),
        ({"startedAt": "2026-03-01T10:00:00Z", "recordingDuration": "61"}, 61),
        ({"recordingDuration": 0}, 0),
        ({"answeredAt": "soon", "completedAt": "later"}, None),
        ({}, None),
    ],
)
def test_a_call_lasts_from_its_answer_to_its_end_or_else_as_long_as_its_recording(
    times: dict[str, Any], seconds: int | None
) -> None:
    assert entry_of(item("PHONE_CALL", **times)).seconds == seconds


@pytest.mark.parametrize(
    ("sent", "is_recorded_kind", "has_recording"),
    [
        (item("PHONE_CALL", recordingUrl="/x"), True, True),
        (item("VOICEMAIL", recordingUrl="/x"), True, True),
        (item("PHONE_CALL"), True, False),
        (item("PHONE_CALL", recordingUrl=""), True, False),
        (item("SMS", recordingUrl="/x"), False, False),
    ],
)
def test_a_recording_is_one_of_a_call_that_names_it(
    sent: dict[str, Any], is_recorded_kind: bool, has_recording: bool
) -> None:
    entry = entry_of(sent)
    assert (entry.is_recorded_kind, entry.has_recording) == (is_recorded_kind, has_recording)


def test_an_ai_summary_stands_by_itself() -> None:
    summary = {"status": "READY", "summary": "<b>Late</b> parcel", "language": "en"}
    assert entry_of(item("PHONE_CALL", recordingSummary=summary)).summary == "<b>Late</b> parcel"


def test_attachments_are_named_as_the_item_names_them() -> None:
    files = [
        {"id": "1", "filename": "../<img src=x>.png", "contentType": "image/png", "fileSize": 12},
        {"id": "2", "filename": ""},
        {"id": "3", "fileSize": 0},
    ]
    assert entry_of(item("EMAIL", attachments=files)).attachments == (
        Attachment(name="../<img src=x>.png", content_type="image/png", bytes=12),
        Attachment(name="unnamed file", content_type="", bytes=None),
        Attachment(name="unnamed file", content_type="", bytes=0),
    )


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00.123456789Z", datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-01T10:00:00.07+02:00", datetime(2026, 3, 1, 8, 0, 0, 70000, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_the_time_of_an_entry_is_in_utc_or_unknown(stamp: str | None, at: datetime | None) -> None:
    assert entry_of({"id": "i", "timestamp": stamp}).at == at


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain\n\n  kept as it is ", "plain\n\n  kept as it is "),
        ("<p>One</p><p>two<br>three<br/>four</p>", "One\ntwo\nthree\nfour"),
        ("<ul><li>replace</li><li>no charge</li></ul>", "replace\nno charge"),
        ("a <b>bold</b>, an <em>other</em>", "a bold, an other"),
        ("Fish &amp; chips &lt;b&gt; &#39;x&#39; &copy; &#128512;&nbsp;!", "Fish & chips <b> 'x' © 😀 !"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("A<script>alert(1)</script>B<style>p { color: red }</style>C", "ABC"),
        ("A<SCRIPT src='x'>alert('</p>')</SCRIPT>B", "AB"),
        ("A<script>never closed <p>x</p>", "A"),
        ("</script>A</style>B", "AB"),
        ("<img src=x onerror=alert(1)>", ""),
        ("before<img src=x onerror=alert(1)>after", "beforeafter"),
        ('<a href="javascript:alert(1)" onclick="x()">the page</a>', "the page"),
        ("A<!-- a comment -->B", "AB"),
        ("<b>Not closed", "Not closed"),
        ("5 < 6 & 7 > 3, I <3 you", "5 < 6 & 7 > 3, I <3 you"),
        ("cut <b", "cut <b"),
        ("", ""),
        ("write to <ann@x.example> at <https://x.example>", "write to <ann@x.example> at <https://x.example>"),
        ("if x <y> z", "if x <y> z"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("re<b>fund</b>", "refund"),
        ("<blockquote>What they wrote</blockquote>Answer", "What they wrote\nAnswer"),
    ],
)
def test_html_is_told_as_text(html: str, text: str) -> None:
    assert text_of_html(html) == text


@pytest.mark.parametrize(
    "name", sorted(_BREAKS | _CELLS | _SILENT | {*phrases._BLOCK.split(), *phrases._INLINE.split()})
)
def test_a_reader_and_a_search_take_the_same_names_for_tags(name: str) -> None:
    html = f"<{name}>body</{name}>"
    assert "<" not in text_of_html(html)
    assert "<" not in phrases.visible(html)


@pytest.mark.parametrize("kind", ["CHAT_MESSAGE", "EMAIL", "SMS", "WHATSAPP", "TWITTER"])
@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "a &amp; b", "![x](http://x.test)", "   "])
def test_what_people_write_to_each_other_is_never_read_as_html(kind: str, text: str) -> None:
    assert entry_of(item(kind, content=text)).text == text


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("grace", True),
        ("LATE parcel", True),
        ("STRASSE", True),
        ("grösse", True),
        ("invoice.PDF", True),
        ("summed up", True),
        ("from ida@", True),
        ("parcel late", False),
        ("2026", False),
        (".*", False),
    ],
)
def test_an_entry_holds_words_whatever_the_case(words: str, holds: bool) -> None:
    entry = Entry(
        id="i",
        at=datetime(2026, 3, 1, tzinfo=UTC),
        weight=Weight.MESSAGE,
        side=Side.CUSTOMER,
        who="Grace Kim",
        channel="E-mail",
        subject="Late parcel",
        text="Mill Straße 5, GRÖSSE L",
        details=("From ida@mail.test",),
        attachments=(Attachment(name="Invoice.pdf", content_type="", bytes=None),),
        summary="Summed up",
    )
    assert entry.holds(words) is holds


def test_the_order_of_the_rows_is_the_order_of_the_thread() -> None:
    stamps = ["2026-03-01T10:00:00Z", None, "2026-02-01T10:00:00Z", "2026-03-01T10:00:00Z"]
    rows = [{"id": str(place), "timestamp": stamp} for place, stamp in enumerate(stamps)]
    assert [entry.id for entry in entries(iter(rows))] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    "kind",
    [
        *CHANNELS,
        "CONVERSATION_NOTE",
        "CUSTOMER_ACTIVITY",
        "CONVERSATION_STATUS_CHANGE",
        "TOPIC_CHANGE",
        "HOLOGRAM_CALL",
        "",
        None,
    ],
)
def test_a_row_in_which_nothing_else_is_known_is_an_entry_all_the_same(kind: str | None) -> None:
    empty: dict[str, Any] = {column.name: None for column in ITEM_COLUMNS}
    for row in ({"content.type": kind}, empty | {"content.type": kind}):
        (entry,) = entries([row])
        assert entry.id == ""
        assert entry.at is None
        assert (entry.subject, entry.summary, entry.attachments, entry.seconds) == ("", "", (), None)
        assert not entry.has_recording
        entry.holds("x")


@pytest.mark.parametrize("raw", ["no json", "[]", "7", "null", '{"content": null}', '{"content": []}', "[" * 100_000])
def test_a_raw_cell_that_holds_no_item_takes_nothing_away(raw: str) -> None:
    (entry,) = entries([{"content.type": "HOLOGRAM_CALL", "content.content": "Hi", "raw": raw}])
    assert (entry.text, entry.details) == ("Hi", ())
    (chat,) = entries([{"content.type": "CHAT_MESSAGE", "content.content": "Hi", "raw": raw}])
    assert (chat.text, chat.details) == ("Hi", ())


@pytest.mark.parametrize("data", [None, [], "text", {"options": None}, {"options": "text"}, {"options": {"a": 1}}])
def test_a_quick_reply_of_another_shape_is_a_message_like_others(data: Any) -> None:
    entry = entry_of(item("CHAT_MESSAGE", content="Which?", messageData=data))
    assert (entry.text, entry.details) == ("Which?", ())


def test_every_item_of_the_demo_company_is_told_with_what_it_says(company: Company) -> None:
    told = set()
    for conversation_id in islice(company.conversations, 250):
        items = company.items_of(company.conversations[conversation_id])
        thread = entries(item_row(json.loads(json.dumps(shapes.item(each)))) for each in items)
        assert [entry.id for entry in thread] == [each.id for each in items]
        for each, entry in zip(items, thread, strict=True):
            assert entry.at is not None
            assert abs((entry.at - each.at).total_seconds()) < 1
            if each.type in CHANNELS and "content" in each.content:
                assert entry.text == each.content["content"]
            told.add(each.type)
    assert len(told) > 10
