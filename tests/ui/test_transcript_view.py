"""A conversation read as a thread: all of it is there, and nothing that anybody wrote comes alive."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from gladly_tools import ui
from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.dialogues import HOSTILE
from gladly_tools.demo.items import Item
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import check_parameters
from gladly_tools.jobs import Job
from gladly_tools.ui.transcript import PAGE_ENTRIES, marked
from gladly_tools.web.portal import Portal
from gladly_tools.web.recordings import recording_link
from gladly_tools.web.vault import Session
from tests.ui.conftest import SID, open_page

WRITTEN = {"CHAT_MESSAGE", "EMAIL", "SMS", "FACEBOOK_MESSAGE", "INSTAGRAM_DIRECT", "WHATSAPP", "TWITTER"}
HARMLESS = {"text", "text_special", "strong_open", "strong_close", "softbreak", "hardbreak"}
UI = Path(ui.__file__).parent
OWN_ICONS = {
    icon for path in UI.glob("*.py") for icon in re.findall(r":material/(\w+):", path.read_text(encoding="utf-8"))
}
OWN_DIRECTIVES = {"green-badge", "orange-badge", "yellow-background"}
MARKERS = (
    "<img",
    "</textarea>",
    "![x](http",
    "[click](javascript:",
    ":material/",
    "$x^2$",
    "{{7*7}}",
    "line one",
    "bell",
    "right-to-left",
)


@pytest.fixture
def export(here: Portal, session: Session) -> Callable[..., Job]:
    def run(name: str, **answers: object) -> Job:
        parameters = check_parameters(EXPORTS[name].parameters, answers)
        return here.runs.run_here(session.account, session.client, EXPORTS[name], parameters, lambda _ticket: None)

    return run


@pytest.fixture
def show(export: Callable[..., Job]) -> Callable[[str], tuple[AppTest, Job]]:
    """Exports one conversation and opens its thread."""

    def show_(conversation_id: str) -> tuple[AppTest, Job]:
        job = export("conversation", conversation_id=conversation_id)
        return open_page("conversations", export="conversation", job=job.id), job

    return show_


def conversations(company: Company) -> Iterator[tuple[Conversation, tuple[Item, ...]]]:
    """Conversations whose whole thread is one page, with their items."""
    for conversation_id in islice(company.conversations, 1100):
        conversation = company.conversations[conversation_id]
        items = company.items_of(conversation)
        if 0 < len(items) <= PAGE_ENTRIES:
            yield conversation, items


def holding(company: Company, marker: str) -> tuple[str, tuple[Item, ...]]:
    """The first conversation in which somebody wrote the marker."""
    return next(
        (conversation.id, items)
        for conversation, items in conversations(company)
        if any(item.type in WRITTEN and marker in str(item.content.get("content")) for item in items)
    )


def with_item(company: Company, wanted: Callable[[Item], object]) -> tuple[str, Item]:
    return next(
        (conversation.id, item) for conversation, items in conversations(company) for item in items if wanted(item)
    )


def as_shown(text: object) -> str:
    """What a text element makes of a text: common indents and the white space around it go."""
    return textwrap.dedent(str(text).encode(errors="replace").decode()).strip()


def written(items: tuple[Item, ...]) -> list[str]:
    texts = [item.content.get("content") for item in items if item.type in WRITTEN]
    return [as_shown(text) for text in texts if text]


def thread_texts(at: AppTest) -> list[str]:
    return [text.value for text in at.text]


def tokens_of(markdown: str) -> set[str]:
    found = MarkdownIt("gfm-like", {"linkify": False}).enable("strikethrough").parse(markdown)
    blocks = {token.type for token in found} - {"paragraph_open", "paragraph_close", "inline"}
    return blocks | {child.type for token in found for child in token.children or ()}


def test_the_icon_that_a_customer_writes_is_none_of_the_portals_own() -> None:
    assert any(":material/home:" in text for text in HOSTILE)
    assert "home" not in OWN_ICONS


def own_only(markdown: str) -> None:
    """Fail where markdown holds anything alive but what this portal puts there itself."""
    assert tokens_of(markdown) <= HARMLESS, markdown
    assert set(re.findall(r"(?<!\\):material/(\w+):", markdown)) <= OWN_ICONS, markdown
    directives = set(re.findall(r"(?<!\\):([\w-]+)\[", markdown))
    assert directives <= OWN_DIRECTIVES, markdown
    assert not re.search(r"(?<!\\)[$<`]", markdown), markdown
    assert "://" not in markdown.replace("\\", ""), markdown


def nothing_alive(at: AppTest) -> None:
    assert not at.exception
    for element in (*at.markdown, *at.caption):
        assert not element.proto.allow_html
        own_only(element.value.removeprefix("- "))  # the portal's own notes are a list
    own = [element.proto.body for element in at.get("html")]
    assert len(own) == 1, "the portal's own style, and no other"
    assert all(re.fullmatch(r"<style>[^<]*</style>", body) for body in own)
    assert len(at.get("iframe")) == len(at.get("image")) == len(at.get("latex")) == 0


@pytest.mark.parametrize("marker", MARKERS)
def test_what_customers_write_is_shown_and_never_obeyed(
    show: Callable[[str], tuple[AppTest, Job]], company: Company, marker: str
) -> None:
    conversation_id, items = holding(company, marker)
    at, job = show(conversation_id)
    nothing_alive(at)
    expected = written(items)
    shown = iter(thread_texts(at))
    assert all(text in shown for text in expected), "every message, in its order"
    words = marker.split()[0]
    at.text_input(key=f"thread search:{job.id}").input(words).run()
    nothing_alive(at)
    assert any(":yellow-background[" in markdown.value for markdown in at.markdown)


@pytest.mark.parametrize("kind", ["CONVERSATION_NOTE", "CUSTOMER_ACTIVITY"])
def test_html_of_notes_and_activities_is_shown_as_its_text(
    show: Callable[[str], tuple[AppTest, Job]], company: Company, kind: str
) -> None:
    conversation_id, item = with_item(
        company, lambda item: item.type == kind and str(item.content.get("body")).startswith("<p")
    )
    at, _job = show(conversation_id)
    nothing_alive(at)
    words = re.sub(r"<[^>]*>", " ", str(item.content["body"])).split()
    assert any(all(word in text for word in words) and "<" not in text for text in thread_texts(at))


def test_an_unknown_kind_of_item_shows_what_it_holds(
    show: Callable[[str], tuple[AppTest, Job]], company: Company
) -> None:
    conversation_id, item = with_item(company, lambda item: item.type == "HOLOGRAM_CALL")
    at, _job = show(conversation_id)
    nothing_alive(at)
    held = json.dumps(item.content, ensure_ascii=False)
    assert any(bare(caption.value) == held for caption in at.caption)


def bare(markdown: str) -> str:
    """Escaped markdown as it reads."""
    return re.sub(r"\\(.)", r"\1", markdown).replace("\u2060", "")


def test_names_channels_and_times_stand_over_each_message(
    show: Callable[[str], tuple[AppTest, Job]], company: Company
) -> None:
    conversation, items = next(
        (conversation, items)
        for conversation, items in conversations(company)
        if {"EMAIL"} == {item.type for item in items if item.type in WRITTEN}
        and {"AGENT", "CUSTOMER"} <= {item.initiator.type for item in items if item.initiator}
        and company.customers[company.customers.current_id(conversation.customer)].name
    )
    at, _job = show(conversation.id)
    heads = [bare(caption.value) for caption in at.caption if caption.value.startswith("**")]
    agents = {agent.id: agent.name for agent in company.agents}
    customer = company.customers[company.customers.current_id(conversation.customer)]
    for item in items:
        if item.type not in WRITTEN or item.initiator is None:
            continue
        name = {"CUSTOMER": customer.name, "AGENT": agents.get(item.initiator.id or "")}.get(item.initiator.type)
        at_clock = f"{item.at.astimezone(company.zone):%H:%M:%S}"
        if name:
            assert f"**{name}** · E-mail · {at_clock}" in heads


def test_a_topic_is_named_and_a_closing_told_quietly(
    show: Callable[[str], tuple[AppTest, Job]], company: Company
) -> None:
    conversation_id, item = with_item(
        company,
        lambda item: item.type == "TOPIC_CHANGE" and len(_added(item)) == 1 and "removedTopicIds" not in item.content,
    )
    at, _job = show(conversation_id)
    captions = [bare(caption.value) for caption in at.caption]
    (topic_id,) = _added(item)
    assert any(caption.endswith(f"added topic {company.topic_path(topic_id)}") for caption in captions)


def _added(item: Item) -> tuple[str, ...]:
    added = item.content.get("addedTopicIds")
    return tuple(added) if isinstance(added, list) else ()


def test_a_search_narrows_the_thread_and_says_how_far(
    show: Callable[[str], tuple[AppTest, Job]], company: Company
) -> None:
    conversation_id, items = next(
        (conversation.id, items) for conversation, items in conversations(company) if len(written(items)) > 6
    )
    texts = written(items)
    at, job = show(conversation_id)
    before = len(at.get("chat_message"))
    word = max(re.findall(r"[a-z]{5,}", texts[2]), key=len)
    search = at.text_input(key=f"thread search:{job.id}")
    search.input(f"  {word.upper()} ").run()
    nothing_alive(at)
    having = [text for text in texts if word in text.casefold()]
    assert 0 < len(having) < len(texts)
    assert len(at.get("chat_message")) < before
    assert sum(f":yellow-background[{word}" in markdown.value for markdown in at.markdown) >= len(
        [text for text in having if word in text]
    )
    said = [bare(caption.value) for caption in at.caption]
    assert any(re.fullmatch(rf"\d+ (entry|entries) with “{word.upper()}”\.", caption) for caption in said)
    search.input("no such words").run()
    assert not at.exception
    assert len(at.get("chat_message")) == 0
    assert thread_texts(at) == []
    assert any("0 entries with" in caption.value for caption in at.caption)
    search.input("").run()
    assert len(at.get("chat_message")) == before


@pytest.mark.parametrize("words", [".*(", "[", "\\", "**", ":", "]", "$", "<b>", "%", "'", "&amp;", "\u202e"])
def test_words_searched_for_are_words_and_nothing_else(
    show: Callable[[str], tuple[AppTest, Job]], company: Company, words: str
) -> None:
    conversation_id, items = holding(company, "[click](javascript:")
    at, job = show(conversation_id)
    at.text_input(key=f"thread search:{job.id}").input(words).run()
    nothing_alive(at)
    had = [text for text in written(items) if words in text]
    markings = [markdown for markdown in at.markdown if ":yellow-background[" in markdown.value]
    assert len(markings) >= len(had)


def test_a_long_thread_comes_in_pages_and_its_search_finds_all_of_it(
    show: Callable[[str], tuple[AppTest, Job]], company: Company
) -> None:
    longest = company.longest_conversation
    assert longest is not None
    at, job = show(longest)
    assert not at.exception
    assert any("Data is missing" in warning.value for warning in at.warning)
    first = thread_texts(at)
    assert 0 < len(at.get("chat_message")) <= PAGE_ENTRIES
    pages = at.get("pagination")
    assert len(pages) == 1
    at.text_input(key=f"thread search:{job.id}").input(first[0][:12]).run()
    assert not at.exception
    assert 0 < len(at.get("chat_message")) <= PAGE_ENTRIES


def test_times_follow_the_zone_that_is_chosen(show: Callable[[str], tuple[AppTest, Job]], company: Company) -> None:
    conversation, items = next(conversations(company))
    at, job = show(conversation.id)
    zone = at.selectbox(key=f"thread zone:{job.id}")
    assert zone.value == "America/New_York"
    zone.set_value("Asia/Kathmandu").run()
    nothing_alive(at)
    clock = f"{items[0].at.astimezone(ZoneInfo('Asia/Kathmandu')):%H:%M:%S}"
    captions = [bare(caption.value) for caption in at.caption]
    assert any(clock in caption for caption in captions)
    assert any(caption.endswith("times in Asia/Kathmandu") for caption in captions)


TIME = "2026-03-01T10:00:00Z"
CALL = {"type": "PHONE_CALL", "recordingUrl": "/x"}


@pytest.mark.parametrize(
    ("items", "shown"),
    [
        pytest.param([{"id": "a", "timestamp": TIME}], ["Unknown"], id="no content"),
        pytest.param([{"id": "a", "timestamp": "soon", "content": CALL}], ["time unknown"], id="no readable time"),
        pytest.param(
            [{"id": "a", "timestamp": "0001-01-01T00:00:00Z", "content": CALL}], ["Phone call"], id="the first moment"
        ),
        pytest.param(
            [{"id": "a", "timestamp": "9999-12-31T23:59:59Z", "content": CALL}], ["Phone call"], id="the last moment"
        ),
        pytest.param(
            [{"timestamp": TIME, "content": CALL}, {"id": "", "timestamp": TIME, "content": CALL}],
            ["Phone call"],
            id="calls without ids",
        ),
        pytest.param(
            [
                {"id": "a", "timestamp": TIME, "content": CALL},
                {"id": "b", "conversationId": None, "timestamp": TIME, "content": {"type": "CONVERSATION_NOTE"}},
            ],
            ["Phone call", "Note"],
            id="one in no conversation",
        ),
        pytest.param(
            [{"id": "a", "timestamp": TIME, "content": {"type": "FAX", "from": "+15550100"}}],
            ["Fax", "+15550100"],
            id="an unknown kind whose fields all have columns",
        ),
    ],
)
def test_a_thread_of_odd_items_is_whole(
    show: Callable[[str], tuple[AppTest, Job]],
    company: Company,
    server: DemoServer,
    items: list[dict[str, Any]],
    shown: list[str],
) -> None:
    conversation, _items = next(conversations(company))
    sent = [{"conversationId": conversation.id, **item} for item in items]
    path = f"/api/v1/conversations/{conversation.id}/items"
    server.faults.add(path, status=200, body=json.dumps(sent), headers={"Content-Type": "application/json"})
    at, _job = show(conversation.id)
    nothing_alive(at)
    said = "\n".join(bare(caption.value) for caption in at.caption)
    assert all(words in said for words in shown)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "/etc/passwd", "../x", "EST5EDT", None])
def test_an_organization_in_any_zone_can_be_read(
    here: Portal, company: Company, server: DemoServer, zone: str | None
) -> None:
    answer = {"id": company.organization.id, "name": "Brightleaf", "timezone": zone, "gladlyUrl": "javascript:alert(1)"}
    server.faults.add(
        "/api/v1/organization", status=200, body=json.dumps(answer), headers={"Content-Type": "application/json"}
    )
    here.sign_in(SID, url=server.url, username=server.username, api_token=server.api_token)
    session = here.session(SID)
    assert session is not None
    conversation, _items = next(conversations(company))
    parameters = check_parameters(EXPORTS["conversation"].parameters, {"conversation_id": conversation.id})
    job = here.runs.run_here(session.account, session.client, EXPORTS["conversation"], parameters, lambda _ticket: None)
    at = open_page("conversations", export="conversation", job=job.id)
    nothing_alive(at)
    assert len(thread_texts(at)) > 0
    links = [button.proto.url for button in at.get("link_button")]
    assert not any("javascript" in link for link in links)


def test_a_thread_leads_to_its_conversation_in_gladly(
    show: Callable[[str], tuple[AppTest, Job]], company: Company
) -> None:
    conversation, items = next(conversations(company))
    at, _job = show(conversation.id)
    (link,) = [button.proto.url for button in at.get("link_button") if button.proto.label == "Open in Gladly"]
    assert link == f"{company.organization.gladly_url}/customer/{items[0].customer_id}/conversation/{conversation.id}"


def test_of_a_customers_conversations_one_is_chosen_the_latest_first(
    export: Callable[..., Job], company: Company
) -> None:
    customer_id, of_customer = next(
        (customer_id, found)
        for customer_id in islice(company.customers, 400)
        if 1 < len(found := company.conversations_of(customer_id)) < 6
        and all(3 < len(company.items_of(conversation)) <= PAGE_ENTRIES for conversation in found)
        and all(written(company.items_of(conversation)) for conversation in found)
    )
    latest_first = sorted(of_customer, key=lambda one: company.items_of(one)[-1].at, reverse=True)
    job = export("customer-conversations", customer=customer_id)
    at = open_page("conversations", export="customer-conversations", job=job.id)
    assert not at.exception
    at.session_state[f"which table:{job.id}"] = "conversation-items"
    at.run()
    nothing_alive(at)
    place = f"{job.id}:conversation-items"
    choice = at.selectbox(key=f"thread of:{place}")
    assert [option.rpartition(" · ")[2] for option in choice.options] == [one.id for one in latest_first]
    assert all(
        f"{len(company.items_of(one))} items" in option
        for one, option in zip(latest_first, choice.options, strict=True)
    )
    assert choice.value == latest_first[0].id
    for conversation in latest_first:
        at.selectbox(key=f"thread of:{place}").set_value(conversation.id).run()
        nothing_alive(at)
        shown = iter(thread_texts(at))
        assert all(text in shown for text in written(company.items_of(conversation)))
        for other in latest_first:
            if other is not conversation:
                assert not set(written(company.items_of(other))) <= set(thread_texts(at))


def heard(company: Company, *, transcribed: bool) -> tuple[str, Item]:
    """A recorded call with a voice transcript, or without one."""
    return with_item(
        company,
        lambda item: (
            item.content.get("recordingStatus") == "AVAILABLE"
            and item.voice is not None
            and (item.voice.transcribed_at is not None) is transcribed
        ),
    )


def test_a_recording_is_offered_and_loaded_only_when_it_is_to_be_played(
    show: Callable[[str], tuple[AppTest, Job]], company: Company, server: DemoServer
) -> None:
    conversation_id, call = heard(company, transcribed=True)
    server.forget()
    at, job = show(conversation_id)
    assert at.get("audio") == []
    (save,) = [one.proto.url for one in at.get("link_button") if one.proto.url.endswith(f"item={call.id}&save=1")]
    assert save.endswith(recording_link(job.id, call.id, save=True))
    assert not any("media/recording" in request.path for request in server.seen)


def test_a_call_without_a_recording_offers_none(show: Callable[[str], tuple[AppTest, Job]], company: Company) -> None:
    conversation_id, call = next(
        (conversation.id, items[0])
        for conversation, items in conversations(company)
        if [item.content.get("recordingStatus") for item in items if item.type in ("PHONE_CALL", "VOICEMAIL")]
        == ["DELETED"]
    )
    at, _job = show(conversation_id)
    nothing_alive(at)
    assert call
    assert not any(button.label == "Play recording" for button in at.button)
    assert not any(button.proto.label == "Save recording" for button in at.get("link_button"))


def press_voice(at: AppTest, job: Job, call: Item) -> None:
    at.button(key=f"voice:{job.id}:{call.id}").click().run()


def test_a_voice_transcript_is_read_when_asked_for(
    show: Callable[[str], tuple[AppTest, Job]], company: Company, server: DemoServer
) -> None:
    conversation_id, call = heard(company, transcribed=True)
    assert call.voice is not None
    at, job = show(conversation_id)
    server.forget()
    press_voice(at, job, call)
    nothing_alive(at)
    shown = iter(thread_texts(at))
    assert all(as_shown(one.text) in shown for one in call.voice.paragraphs)
    heads = [bare(caption.value) for caption in at.caption if caption.value.startswith("**Speaker")]
    assert [head.split("**")[1] for head in heads] == [f"Speaker {one.speaker + 1}" for one in call.voice.paragraphs]
    assert [request.path for request in server.seen] == [f"/api/v1/conversation-items/{call.id}/voice-transcript"]


def test_a_call_without_a_voice_transcript_says_so(
    show: Callable[[str], tuple[AppTest, Job]], company: Company
) -> None:
    conversation_id, call = heard(company, transcribed=False)
    at, job = show(conversation_id)
    press_voice(at, job, call)
    nothing_alive(at)
    assert any("no voice transcript" in caption.value for caption in at.caption)


@pytest.mark.parametrize(
    "body",
    [
        {"paragraphs": [{"speaker": 0, "transcript": text} for text in HOSTILE if "\ud83d" not in text]},
        {"paragraphs": [{"speaker": None, "transcript": None, "startTime": "soon"}, {}]},
        {"paragraphs": []},
        {"paragraphs": "none"},
    ],
)
def test_a_voice_transcript_of_any_content_is_text(
    show: Callable[[str], tuple[AppTest, Job]], company: Company, server: DemoServer, body: dict[str, Any]
) -> None:
    conversation_id, call = heard(company, transcribed=True)
    at, job = show(conversation_id)
    headers = {"Content-Type": "application/json"}
    path = f"/api/v1/conversation-items/{call.id}/voice-transcript"
    server.faults.add(path, status=200, body=json.dumps(body), headers=headers)
    press_voice(at, job, call)
    assert server.faults.left == 0
    nothing_alive(at)


def test_a_gladly_that_has_trouble_with_a_transcript_leaves_the_thread_as_it_is(
    show: Callable[[str], tuple[AppTest, Job]], company: Company, server: DemoServer
) -> None:
    conversation_id, call = heard(company, transcribed=True)
    at, job = show(conversation_id)
    before = thread_texts(at)
    server.faults.add(f"/api/v1/conversation-items/{call.id}/voice-transcript", status=500)
    press_voice(at, job, call)
    nothing_alive(at)
    assert thread_texts(at) == before
    assert any("trouble answering" in bare(caption.value) for caption in at.caption)


@pytest.mark.parametrize(
    "words", ["x", "(", "[", "]", "\\", "a", "click", "<", ":", "$", "*", "line", "größe", "@", "/"]
)
@pytest.mark.parametrize(
    "text",
    [
        *(text for text in HOSTILE if text.strip()),
        "**bold** _it_ `code` ~~s~~ # h",
        "a@b.example https://x.test www.x.test",
        "\\*not escaped\\*",
        "line\n# heading\n- list\n1. one\n> quote\n---\n    code\n| a | b |",
        ":red[x] :smile: :red-badge[y] [[x]]",
        "a\\",
        "x]x",
        "```\nx\n```",
        "[x]: http://x.test",
        "&lt;b&gt; &amp; &#60;",
    ],
)
def test_a_marked_text_is_the_text_and_its_marks(text: str, words: str) -> None:
    markdown = marked(text, [words])
    own_only(markdown)
    unmarked = re.sub(r":yellow-background\[((?:\\.|[^\[\]\\])*)\]", r"\1", markdown)
    assert ":yellow-background" not in unmarked
    tokens = MarkdownIt("gfm-like", {"linkify": False}).enable("strikethrough").parse(unmarked.strip())
    lines = "".join(
        "\n" if child.type == "hardbreak" else child.content for token in tokens for child in token.children or ()
    ).replace("\u2060", "")
    assert lines.split("\n") == [_line(line) for line in text.splitlines() if line.strip()]
    assert markdown.count(":yellow-background[") == len(re.findall(re.escape(words), text, re.IGNORECASE))


# What Streamlit's page puts something else in the place of, after the markdown was read: no backslash keeps it.
REPLACED = re.compile(r":material[/_]\w+:|:streamlit:|(?<!\S)(<->|->|<-|--|>=|<=|~=)(?!\S)")


@pytest.mark.parametrize(
    "text",
    [
        ":material/home:",
        "see :material_home: there",
        ":streamlit:",
        "a -> b <- c",
        "a <-> b",
        "5 >= 4 <= 6 ~= 7",
        '"; DROP TABLE conversations; --',
    ],
)
def test_nothing_is_put_in_the_place_of_a_text(text: str) -> None:
    assert REPLACED.search(text)
    unescaped = re.sub(r"\\(.)", r"\1", marked(text, ["something else"]))
    assert not REPLACED.search(unescaped)
    assert unescaped.replace("\u2060", "") == text


def _line(line: str) -> str:
    """A line as markdown shows it: without the white space around it."""
    return line.strip(" \t")
