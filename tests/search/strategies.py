"""Files of conversation items as nasty as they come: every kind of line that a search must live through."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

WORDS = (
    *(
        "größe",
        "GRÖSSE",
        "Größe",
        "gr",
        "ß",
        "\u1e9e",
        "ss",
        "refund",
        "REFUND",
        "re",
        "fund",
        "\ufb00und",
        "re\ufb01t",
    ),
    *(
        "partial",
        "status",
        "k",
        "\u212a",
        "I",
        "i",
        "\u0130",
        "\u0131",
        "re\u017ft",
        "rest",
        "日本",
        "🙂",
        "\ud83d",
        "\udc00",
    ),
    *("возврат", "ВОЗВРАТ", " ", "  ", "\n", "\r\n", "\t", "\x00", "\x1f", "\u2028", "\u00a0"),  # noqa: RUF001 Russian
    *("<b>", "</b>", "<p>", "<br/>", "</p>", "<!--x-->", "<ann@example.com>", "<a href=x>", "<", ">"),
    *("&amp;", "&#114;", "&ouml;", "&", '"', "\\", "/", ",", ";", "=", "+", "-", "@", "'"),
)
"""What texts are made of: phrases and their kin, what splits and hides them, what CSV and JSON write otherwise."""

TEXTS = st.lists(st.sampled_from(WORDS), max_size=7).map("".join)
SENDERS = st.sampled_from(
    [
        "ann@example.com",
        "ANN@Example.com",
        "Ann <ann@example.com>",
        '"Doe, A" <bob@sub.example.com>',
        "x@sub.example.com",
        "x@example.com.evil.test",
        "ann@example.com <x@other.test>",
        "x@other.test, ann@example.com",
        "+16505550100",
        "+1 (650) 555-0100",
        "(650) 555-0100",
        "6505550100",
        "",
        " ann@example.com ",
    ]
)
IDS = st.sampled_from(["c1", "c2", "c3", "-c4", "_c5", "t1", "t2", "t3", "=x", "a,b", 'q"', "\ud83d"])
NUMBERS = st.sampled_from([0, -1, 30, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 1.5, float("inf"), float("nan"), 1e300])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | SENDERS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS | IDS, inner, max_size=2),
    max_leaves=4,
)
FILES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"fileSize": NUMBERS, "id": IDS, "filename": TEXTS, "contentType": st.none() | TEXTS}
    ),
    max_size=2,
)


def mostly(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(usual, usual, usual, usual, usual, usual, ANYTHING)


TIMES = st.sampled_from(
    [
        "2026-03-01T10:00:00.000Z",
        "2026-03-01T09:59:59.999999999Z",
        "2026-03-01T10:00:00Z",
        "2026-03-01T11:30:00.12345678+01:00",
        "2026-03-01 10:00:00",
        "2026-03-02T00:00:00.000Z",
        "2026-13-01T10:00:00.000Z",
        "2026-03-01T10:00:00,000Z",
        "yesterday",
        "",
    ]
)
LISTS = st.lists(SENDERS | TEXTS, max_size=2) | SENDERS
PERSON = st.fixed_dictionaries({}, optional={"id": IDS, "type": st.sampled_from(["AGENT", "CUSTOMER", "=A"])})
BY_TYPE = {
    "EMAIL": "from to cc bcc subject content attachments",
    "CHAT_MESSAGE": "sessionId messageType content attachments messageData",
    "SMS": "from to content attachments",
    "PHONE_CALL": "from to startedAt recordingStatus recordingUrl recordingDuration recordingSummary",
    "CONVERSATION_NOTE": "body attachments",
    "CONVERSATION_STATUS_CHANGE": "status",
    "TOPIC_CHANGE": "addedTopicIds removedTopicIds",
    "CUSTOMER_ACTIVITY": "activityType title body sourceName link expandByDefault occurredAt",
    "WHATSAPP": "content attachments",
    "VOICEMAIL": "startedAt recordingStatus recordingSummary",
}
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from([*BY_TYPE, "FACEBOOK_MESSAGE", "INSTAGRAM_DIRECT", "TWITTER", "NEW"]),
    "from": SENDERS | st.lists(SENDERS, max_size=2),
    "to": LISTS,
    "cc": LISTS,
    "bcc": LISTS,
    "subject": TEXTS,
    "content": TEXTS,
    "body": TEXTS,
    "title": TEXTS,
    "status": st.sampled_from(["OPEN", "refund"]),
    "messageType": st.just("TEXT"),
    "messageData": st.none() | ANYTHING,
    "sessionId": IDS,
    "attachments": FILES,
    "activityType": st.just("ISSUE"),
    "sourceName": TEXTS,
    "link": st.fixed_dictionaries({}, optional={"url": TEXTS, "text": TEXTS}),
    "expandByDefault": st.booleans(),
    "occurredAt": TIMES,
    "startedAt": TIMES,
    "recordingStatus": st.none() | st.just("AVAILABLE"),
    "recordingUrl": TEXTS,
    "recordingDuration": NUMBERS | st.just("33") | st.just("007"),
    "recordingSummary": st.fixed_dictionaries({}, optional={"status": st.just("READY"), "summary": TEXTS}),
    "addedTopicIds": st.lists(IDS, max_size=2) | IDS,
    "removedTopicIds": st.lists(IDS, max_size=2),
    "newField": ANYTHING,
}


@st.composite
def contents(draw: st.DrawFn) -> Any:
    if draw(st.booleans()):
        kind = draw(st.sampled_from(sorted(BY_TYPE)))
        names = BY_TYPE[kind].split()
        return {"type": kind} | draw(st.fixed_dictionaries({}, optional={name: FIELDS[name] for name in names}))
    return draw(mostly(st.fixed_dictionaries({}, optional={name: mostly(each) for name, each in FIELDS.items()})))


ITEMS = st.fixed_dictionaries(
    {"content": contents()},
    optional={
        "id": mostly(IDS),
        "customerId": mostly(IDS),
        "conversationId": mostly(IDS),
        "timestamp": mostly(TIMES),
        "initiator": mostly(PERSON),
        "responder": mostly(PERSON),
        "sessionId": mostly(IDS),
        "more": ANYTHING,
    },
)


@st.composite
def item_lines(draw: st.DrawFn) -> bytes:
    """One item as a line, in any of the ways to write it; sometimes a key twice."""
    item = draw(ITEMS)
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")]))
    escaped = draw(st.booleans())
    text = json.dumps(item, ensure_ascii=escaped, separators=separators)
    if draw(st.integers(0, 9)) == 0:
        again = json.dumps(draw(ITEMS), ensure_ascii=escaped)
        text = text[:-1] + "," + again[1:]
    if draw(st.integers(0, 9)) == 0:
        text = text.replace('"content"', '"\\u0063ontent"').replace("/", "\\/")
    return text.encode("utf-8", "surrogatepass")  # half a pair that is not escaped makes the line unreadable


BROKEN = st.sampled_from(
    [
        b"",
        b"   ",
        b"\t",
        b"{",
        b"}",
        b"[]",
        b"null",
        b'"refund"',
        b"{}",
        b'{"content":"refund"}',
        b'{"content":["refund",{"x":"gr\xc3\xb6\xc3\x9fe"}]}',
        b'{"content":{"body":"refund',
        b'{"content":{"body":"\xff refund"}}',
        b'{"content":{"attachments":"\xff","body":"refund"}}',
        b'{"content":{"body":"refund"}} {}',
        b'{"content":{"body":"refund"}}{"content":{"body":"refund"}}',
        b'{"content":{"body":"refund"},"x":[{}',
        b"{}]}",
        b'{"x":',
        b'{"content":{"body":"refund"}}}',
        b'{"content":{"body":"re\rfund"}}',
        b'{"content":{"body":"refund"}}\r',
        b' {"content":{"body":"refund"}}',
        b'{"content":{"body":"refund"}} ',
        b'{"content":{"body":"a\x01refund"}}',
        b"\x00\x00",
        b'\xef\xbb\xbf{"content":{"body":"refund"}}',
        b'{"x":' + b"[" * 3000 + b"]" * 3000 + b',"content":{"body":"refund"}}',
        b'{"content":{"body":"refund","deep":' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}}",
        b'{"n":' + b"1" * 5000 + b',"content":{"body":"refund"}}',
        b'{"content":{"type":"SMS","type":"EMAIL","content":"refund"}}',
        b'{"content":{"type":"CHAT_MESSAGE","content":"x","messageData":{"options":[{"id":"refund","label":"ReFund"}]}}}',
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A whole file: lines of all sorts, LF and CRLF, with or without a byte order mark and a last line end."""
    lines = draw(st.lists(item_lines() | item_lines() | item_lines() | BROKEN, max_size=8))
    ends = draw(st.lists(st.sampled_from([b"\n", b"\r\n"]), min_size=len(lines), max_size=len(lines)))
    data = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    if draw(st.booleans()):
        data = data.removesuffix(b"\n").removesuffix(b"\r")
    return (b"\xef\xbb\xbf" if draw(st.integers(0, 4)) == 0 else b"") + data
