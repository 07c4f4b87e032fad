from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gladly_tools.errors import InputError
from gladly_tools.search import Criteria, ItemSearch, fold, parse_phrases, scan, visible
from gladly_tools.search.items import is_text
from gladly_tools.search.lines import ends_of
from gladly_tools.search.phrases import PhraseTest
from gladly_tools.search.prefilter import _END_OF_CASE, prefilter_of
from gladly_tools.search.shapes import SearchedContent
from gladly_tools.search.topics import matching_topics
from tests.search.strategies import WORDS

TABLE = [
    ("größe", "Die GRÖSSE passt", True),
    ("GRÖSSE", "größe", True),
    ("grosse", "größe", False),
    ("rest", "re\u017ft", True),
    ("kelvin", "\u212aelvin", True),
    ("fund", "\ufb00und", True),
    ("ISTANBUL", "istanbul", True),
    ("istanbul", "\u0130stanbul", False),  # folds to i and a dot of its own
    ("istanbul", "\u0131stanbul", False),  # the dotless i is a letter of its own
    ("ΣΊΣΥΦΟΣ", "σίσυφος", True),
    ("возврат", "ВОЗВРАТ денег", True),  # noqa: RUF001  Russian
    ("日本", "日本語", True),
    ("late order", "late\r\n  order", True),
    ("late order", "late\u00a0order", True),
    ("late order", "lateorder", False),
    ("refund", "re<b>fun</b>d", True),
    ("refund", "<REFUND>", True),  # no tag of HTML
    ("refund", '<a title="refund">x</a>', False),
    ("refund", "<a title='x>refund'>x</a>", False),
    ("refund", "<!-- refund -->", False),
    ("refund", "<!-- refund", True),
    ("refund", "<style>.refund{}</style><script>refund()</script>", False),
    ("refund", "<script>refund", True),
    ("re fund", "<p>re</p><p>fund</p>", True),
    ("refund", "<td>re</td><td>fund</td>", False),
    ("refund", "&#114;efund", True),
    ("größe", "gr&ouml;&szlig;e", True),
    ("a & b", "a &amp; b", True),
    ("<b>", "&lt;b&gt;", True),
    ("span", "<span>x</span>", False),
    ("1 < 2", "1 < 2 > 1", True),
    ("ann@example.com", "Ann <ann@example.com> wrote:", True),
    ('say "no"', 'They say "no".', True),
    ("c:\\temp", "C:\\Temp\\x", True),
    ("and/or", "AND/OR", True),
    ("🙂", "ok 🙂", True),
]


@pytest.mark.parametrize(("phrase", "text", "holds"), TABLE)
@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize(
    "shape",
    [
        '{"content":{"type":"CHAT_MESSAGE","content":%s}}',
        '{"content":{"type":"CONVERSATION_NOTE","body":%s}}',
        '{"content":{"type":"EMAIL","from":"x","to":["y"],"subject":%s,"content":""}}',
        '{"content":{"type":"CUSTOMER_ACTIVITY","activityType":"ISSUE","title":%s}}',
        '{"content":{"type":"PHONE_CALL","recordingSummary":{"status":"READY","summary":%s}}}',
        '{"content":{"type":"CHAT_MESSAGE","messageData":{"options":[{"id":"1","label":%s}]}}}',
        '{"content":{"type":"NEW","inner":{"words":[%s]}}}',
    ],
)
def test_a_phrase_is_found_in_every_text_however_it_is_written(
    phrase: str, text: str, holds: bool, escaped: bool, shape: str
) -> None:
    line = (shape % json.dumps(text, ensure_ascii=escaped)).encode()
    search = ItemSearch(criteria=Criteria(phrases=(phrase,)))
    assert [number for batch in scan([line], search) for number in batch.numbers] == ([1] if holds else [])


@pytest.mark.parametrize(
    "content",
    [
        '{"type":"refund"}',
        '{"type":"EMAIL","from":"refund@x.test","to":["refund@x.test"]}',
        '{"type":"CHAT_MESSAGE","sessionId":"refund","messageType":"refund"}',
        '{"type":"SMS","attachments":[{"filename":"refund.pdf"}]}',
        '{"type":"CUSTOMER_ACTIVITY","link":{"url":"https://x.test/refund"},"sourceName":"refund"}',
        '{"type":"NEW","someId":"refund","pictureUrl":"refund","happenedAt":"refund"}',
        '{"type":"TOPIC_CHANGE","addedTopicIds":["refund"]}',
    ],
)
def test_ids_addresses_kinds_and_files_are_no_text(content: str) -> None:
    search = ItemSearch(criteria=Criteria(phrases=("refund",)), topics=frozenset({"other"}))
    line = f'{{"id":"refund","content":{content}}}'.encode()
    assert [number for batch in scan([line], search) for number in batch.numbers] == []


def test_what_is_decoded_as_text_is_what_counts_as_text() -> None:
    texts = {"subject", "content", "body", "title", "recordingSummary", "link", "messageData"}
    assert {name for name in SearchedContent.__struct_encode_fields__ if is_text(name)} == texts


def test_phrases_are_pasted_one_a_line_and_those_that_compare_alike_count_once() -> None:
    assert parse_phrases("Größe\n\n  late   order \nGRÖSSE\r\nrefund, partial") == (
        "Größe",
        "late order",
        "refund, partial",
    )
    with pytest.raises(InputError):
        Criteria(phrases=(" ",))


@pytest.mark.parametrize(
    "text", ["<!--" * 20_000, "<script>" * 20_000, "<a '" * 20_000, '<p "' * 20_001, "<a " * 50_000]
)
def test_html_that_never_closes_takes_no_longer_than_its_length(text: str) -> None:
    assert fold(visible(text))


TOPICS = [
    {"id": "1", "name": "Returns"},
    {"id": "2", "name": "Damaged", "parentId": "1"},
    {"id": "3", "name": "Orphan", "parentId": "gone"},
    {"id": "4", "name": "Left", "parentId": "5"},
    {"id": "5", "name": "Right", "parentId": "4"},
    {"id": "6", "name": None, "parentId": 7},
    {"name": "Returns"},
    {"id": "7", "name": "old name"},
    {"id": "7", "name": "GRÖSSE"},
]


@pytest.mark.parametrize(
    ("phrase", "ids"),
    [
        ("returns", {"1", "2"}),
        ("damaged", {"2"}),
        ("Returns > Damaged", {"2"}),
        ("returns>>damaged", {"2"}),
        ("orphan", {"3"}),
        ("left", {"4", "5"}),
        ("größe", {"7"}),
        ("old name", set()),
    ],
)
def test_a_topic_is_meant_by_its_name_or_its_place_in_the_hierarchy(phrase: str, ids: set[str]) -> None:
    assert matching_topics(TOPICS, [phrase]) == ids


def test_no_character_beyond_those_looked_at_folds_to_another() -> None:
    assert all(chr(code).casefold() == chr(code) for code in range(_END_OF_CASE, sys.maxunicode + 1))


@settings(max_examples=600, deadline=None)
@given(
    phrase=st.lists(st.sampled_from(WORDS) | st.characters(codec="utf-8"), min_size=1, max_size=4).map("".join),
    around=st.tuples(*[st.lists(st.sampled_from(WORDS), max_size=3).map("".join)] * 2),
    change=st.sampled_from([str, str.upper, str.lower, str.title, str.casefold, str.swapcase]),
    escaped=st.booleans(),
)
def test_the_prefilter_never_misses_a_line(
    phrase: str, around: tuple[str, str], change: type[str], escaped: bool
) -> None:
    text = around[0] + change(phrase) + around[1]
    prefilter = prefilter_of([phrase]) if fold(phrase) else None
    if prefilter is None or not PhraseTest([phrase]).holds(text):
        return
    lines = [b"{}\n", json.dumps({"x": text}, ensure_ascii=escaped).encode("utf-8", "surrogatepass"), b"\n{}\n"]
    piece = b"".join(lines)
    assert 1 in prefilter.lines_worth_reading(piece, ends_of(piece))


HIDING = [
    "<b>",
    "</p>",
    "<!-- x -->",
    "<script>x</script>",
    "&nbsp;",
    "&amp;",
    "&lt;b&gt;",
    "&#102;",
    "&eacute",
    "&",
    "<",
    ">",
]


@settings(max_examples=1500, deadline=None)
@given(
    phrase=st.sampled_from(["refund", "größe", "über;b", "late order", "a@example.com", "kind"]),
    data=st.data(),
    change=st.sampled_from([str, str.upper, str.title]),
)
def test_the_prefilter_never_misses_what_tags_and_entities_hide(
    phrase: str, data: st.DataObject, change: type[str]
) -> None:
    pieces = [data.draw(st.sampled_from(["", "", "", *HIDING])) + letter for letter in f"x{change(phrase)}y"]
    letter = data.draw(st.integers(1, len(phrase)))
    if data.draw(st.booleans()):
        pieces[letter] = pieces[letter][:-1] + f"&#{ord(pieces[letter][-1])};"
    text = "".join(pieces)
    prefilter = prefilter_of([phrase])
    assert prefilter is not None
    if PhraseTest([phrase]).holds(text):
        piece = json.dumps({"x": text}, ensure_ascii=False).encode() + b"\n"
        assert prefilter.lines_worth_reading(piece, ends_of(piece)) == {0}


@pytest.mark.parametrize("topics", [["t1"], ["x", "t1"], ['t1"', "\u00e9"], [f"t{number}" for number in range(200)]])
def test_the_prefilter_never_misses_a_topic(topics: list[str]) -> None:
    prefilter = prefilter_of(["refund"], topics=topics)
    assert prefilter is not None
    for topic in topics:
        for key in ("addedTopicIds", "removedTopicIds"):
            for escaped in (True, False):
                piece = json.dumps({key: ["other", topic]}, ensure_ascii=escaped).encode() + b"\n"
                assert prefilter.lines_worth_reading(piece, ends_of(piece)) == {0}


def test_the_prefilter_leaves_out_most_lines() -> None:
    prefilter = prefilter_of(["größe", "partial refund"], topics=["t1"])
    assert prefilter is not None
    lines = [
        b'{"content":"nothing of this"}\n',
        b'{"content":"PARTIAL\\nrefund"}\n',
        "GRÖSSE\n".encode(),
        b'"addedTopicIds":["t1"]\n',
        b'"addedTopicIds":["t2"]\n',
        b"<p>nothing of <b>this</b>&nbsp;&amp;</p>\n",
        b"re<b>fund, <i>part</i>ial</b>\n",
        b"&#102;\n",
        b"no line end",
    ]
    piece = b"".join(lines)
    assert prefilter.lines_worth_reading(piece, ends_of(piece)) == {1, 2, 3, 6, 7}
    assert prefilter.lines_worth_reading(b"", ends_of(b"")) == set()
