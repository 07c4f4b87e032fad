"""Reading conversations in a real browser: threads, recordings, and texts that would like to be more than text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.dialogues import HOSTILE
from gladly_tools.demo.items import Item
from tests.browser.conftest import App
from tests.browser.test_journeys import export_anew, job_in, open_form, unfold

WRITTEN = {"CHAT_MESSAGE", "SMS", "WHATSAPP"}
TRICKS = (
    *(text for text in HOSTILE if text.isprintable() and text.strip()),
    ":smile: :red[x] :red-badge[y] :streamlit: :material_home:",
    "a -> b <- c <-> d >= e <= f ~= g -- h",
    "<svg onload=alert(1)><style>* { display: none }</style>",
    "http://tracker.example/a.png www.tracker.example ann@tracker.example",
)

OCCURS = """([text, times]) => {
    const shown = document.querySelector("[data-testid=stMain]").innerText
    return shown.replaceAll("\u2060", "").split(/\\s+/).join(" ").split(text).length - 1 >= times
}"""
"""Whether the page shows a text at least so many times, apart from what keeps an address from becoming a link."""


@pytest.fixture(scope="module")
def company() -> Company:
    """The demo company as the portal opens it today."""
    return Company.make()


@pytest.fixture
def app(shared_app: App) -> App:
    return shared_app


@pytest.fixture
def page(visitor: Any) -> Any:
    return visitor


def conversations(company: Company) -> Iterator[tuple[Conversation, tuple[Item, ...]]]:
    """Conversations that fit one page of the thread, the oldest first: nothing happens in them any more."""
    for conversation_id in islice(company.conversations, 2500):
        conversation = company.conversations[conversation_id]
        items = company.items_of(conversation)
        if 0 < len(items) <= 40:
            yield conversation, items


def address(company: Company, conversation: Conversation) -> str:
    """Where the conversation is in Gladly."""
    customer_id = company.customers.current_id(conversation.customer)
    return f"{company.organization.gladly_url}/customer/{customer_id}/conversation/{conversation.id}"


def fill(page: Any, label: str, text: str) -> None:
    field = page.get_by_role("textbox", name=label)
    field.fill(text)
    field.press("Tab")


def export(page: Any, url: str, conversation: str) -> None:
    """To the thread of one conversation."""
    open_form(page, f"{url}/conversations?export=conversation")
    fill(page, "Conversation ID", conversation)
    export_anew(page)
    page.get_by_test_id("stChatMessage").first.wait_for()


def texts(page: Any) -> list[str]:
    """The messages that the thread shows."""
    found: list[str] = page.get_by_test_id("stText").all_inner_texts()
    return found


def watched(page: Any) -> list[str]:
    """The dialogs that the page opens; none, if all is well."""
    opened: list[str] = []

    def note(dialog: Any) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    return opened


def test_from_an_address_of_gladly_to_the_thread(page: Any, app: App, company: Company) -> None:
    conversation, items = next(
        (conversation, items)
        for conversation, items in conversations(company)
        if len([item for item in items if item.type == "CHAT_MESSAGE"]) > 5
        and all(str(item.content.get("content", "x")) not in HOSTILE for item in items)
    )
    export(page, app.url, address(company, conversation))
    said = [str(item.content["content"]) for item in items if item.type in WRITTEN and item.content.get("content")]
    wanted = [" ".join(one.split()) for one in said]
    for _ in range(100):  # a thread is drawn from the top down
        shown = iter(texts(page))
        if all(any(text == other for other in shown) for text in wanted):
            break
        page.wait_for_timeout(200)
    else:
        raise AssertionError(f"not all of {wanted} are shown in their order")
    link = page.get_by_role("link", name="Open in Gladly").get_attribute("href")
    assert link == address(company, conversation)
    page.get_by_role("textbox", name="Search").fill(said[0][:10])
    page.get_by_role("textbox", name="Search").press("Enter")
    page.get_by_text(re.compile(r"^\d+ entr(y|ies) with")).wait_for()
    page.get_by_role("radio", name="Table").click()
    page.get_by_test_id("stDataFrame").wait_for()
    assert page.get_by_test_id("stChatMessage").count() == 0


def nothing_came_alive(page: Any) -> None:
    main = page.get_by_test_id("stMain")
    for selector in (
        "img[src='x']",
        "img[src*='tracker']",
        "svg[onload]",
        "script",
        "[onerror]",
        "a[href^='javascript']",
        "a[href*='tracker']",
        "a[href*='x.test']",
        "a[href^='mailto']",
        ".katex",
        "iframe",
        "img[alt='Streamlit logo']",
        "[aria-label='home icon']",
    ):
        assert main.locator(selector).count() == 0, selector
    assert main.get_by_test_id("stChatMessage").filter(has_text="😄").count() == 0
    assert main.get_by_test_id("stMarkdownBadge").filter(has_text=re.compile("^y$")).count() == 0


@pytest.mark.parametrize("marker", ["<img src=x", "![x](http", ":material/home:"])
def test_a_hostile_message_of_the_demo_company_is_shown_and_nothing_more(
    page: Any, app: App, company: Company, marker: str
) -> None:
    conversation, _items = next(
        (conversation, items)
        for conversation, items in conversations(company)
        if any(item.type in WRITTEN and marker in str(item.content.get("content")) for item in items)
    )
    opened = watched(page)
    export(page, app.url, conversation.id)
    page.get_by_test_id("stText").filter(has_text=marker).first.wait_for(state="attached")
    nothing_came_alive(page)
    fill(page, "Search", marker)
    page.get_by_text(re.compile(r"^\d+ entr(y|ies) with")).wait_for()
    page.wait_for_function(OCCURS, arg=[marker, 2])
    nothing_came_alive(page)
    assert opened == []


def joined(text: str) -> str:
    """A text in one line, without what keeps an address in it from becoming a link."""
    return " ".join(text.replace("\u2060", "").split())


def hostile_items(conversation: Conversation) -> list[dict[str, Any]]:
    """Every trick in every place in which a text of somebody can stand."""
    contents: list[dict[str, Any]] = []
    for text in TRICKS:
        contents += [
            {"type": "CHAT_MESSAGE", "content": text},
            {
                "type": "EMAIL",
                "from": text,
                "to": [text],
                "subject": text,
                "content": text,
                "attachments": [{"id": "1", "filename": text, "contentType": text}],
            },
            {"type": "CONVERSATION_NOTE", "body": text},
            {
                "type": "CUSTOMER_ACTIVITY",
                "activityType": text,
                "sourceName": text,
                "title": text,
                "link": {"text": text, "url": "javascript:alert(1)"},
            },
            {"type": "PHONE_CALL", "from": text, "recordingSummary": {"status": "READY", "summary": text}},
            {"type": text, "content": text},
            {"type": "TOPIC_CHANGE", "addedTopicIds": [text]},
        ]
    return [
        {
            "id": f"i{place}",
            "conversationId": conversation.id,
            "timestamp": f"2026-03-01T10:{place // 60:02d}:{place % 60:02d}Z",
            "initiator": {"type": TRICKS[place % len(TRICKS)]},
            "content": content,
        }
        for place, content in enumerate(contents)
    ]


@pytest.fixture
def gladly(tmp_path: Path) -> Iterator[Callable[..., tuple[DemoServer, App]]]:
    """Starts a Gladly of this test and a portal that may talk to it."""
    with DemoServer(Company.make(conversations=300)) as server:
        app = App(tmp_path, GLADLY_TOOLS_ALLOWED_HOSTS=server.url.removeprefix("http://"))
        try:
            yield lambda: (server, app)
        finally:
            app.close()


def test_no_text_in_any_place_of_a_thread_comes_alive(
    new_context: Any, gladly: Callable[..., tuple[DemoServer, App]]
) -> None:
    server, app = gladly()
    conversation, _items = next(conversations(server.company))
    items = hostile_items(conversation)
    path = f"/api/v1/conversations/{conversation.id}/items"
    server.faults.add(path, status=200, body=json.dumps(items), headers={"Content-Type": "application/json"})
    page = new_context().new_page()
    opened = watched(page)
    page.goto(app.url)
    page.get_by_label("Username", exact=True).fill(server.username)
    page.get_by_label("API Token", exact=True).fill(server.api_token)
    page.get_by_label("Gladly URL", exact=True).fill(server.url)
    page.get_by_role("button", name="Authenticate").click()
    page.get_by_role("button", name="Sign out").wait_for()
    export(page, app.url, conversation.id)
    nothing_came_alive(page)
    for text in TRICKS:
        fill(page, "Search", text)
        page.wait_for_function(OCCURS, arg=[f"with “{joined(text)}”.", 1])
        # In its message, its e-mail, its call and its note at least, and in the line that says what is searched for.
        page.wait_for_function(OCCURS, arg=[joined(text), 5])
        nothing_came_alive(page)
    assert opened == []


def test_a_recording_is_fetched_only_when_it_is_to_be_played(page: Any, app: App, company: Company) -> None:
    conversation, call = next(
        (conversation, item)
        for conversation, items in conversations(company)
        for item in items
        if item.content.get("recordingStatus") == "AVAILABLE" and item.voice and item.voice.transcribed_at
    )
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url) if "/recordings/" in request.url else None)
    export(page, app.url, conversation.id)
    play = page.get_by_role("button", name="Play recording")
    play.first.wait_for()
    assert page.locator("audio").count() == 0
    assert requested == []
    play.first.click()
    page.locator("audio").wait_for(state="attached")
    page.wait_for_function("document.querySelector('audio').duration > 0")
    assert requested
    assert all(url.startswith(f"{app.url}/recordings/") for url in requested)
    link = page.get_by_role("link", name="Save recording").first.get_attribute("href")
    saved = page.request.get(link)
    assert saved.status == 200
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert len(saved.body()) > 1000
    page.get_by_role("button", name="Voice transcript").first.click()
    page.get_by_text(call.voice.paragraphs[0].text, exact=True).first.wait_for()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("no-such-conversation", "There is no conversation with the ID"),
        ("two ids", "is not one ID"),
        ("https://acme.gladly.com/customer/c", "names no conversation"),
        ("", "The conversation ID is missing"),
    ],
)
def test_a_wrong_conversation_is_told_at_its_field(page: Any, app: App, given: str, words: str) -> None:
    page.goto(app.url)
    page.get_by_role("link", name="Conversations").click()
    page.get_by_role("radio", name="Conversation (Single)").click()
    page.get_by_role("radio", name="Conversation (Single)", checked=True).wait_for()
    unfold(page)
    fill(page, "Conversation ID", given)
    before = job_in(page)
    page.get_by_role("button", name="Export", exact=True).click()
    problem = page.get_by_test_id("stAlert").filter(has_text=words)
    problem.wait_for()
    field = page.get_by_role("textbox", name="Conversation ID")
    assert field.input_value() == given
    beside = field.bounding_box(), problem.bounding_box()
    assert 0 < beside[1]["y"] - beside[0]["y"] < 150
    assert job_in(page) == before


def test_of_several_customers_with_one_number_one_is_chosen(page: Any, app: App, company: Company) -> None:
    number, found = next(
        (phone.normalized, found)
        for customer_id in islice(company.customers, 600)
        for phone in company.customers[customer_id].phones
        if 1 < len(found := company.customers.with_phone(phone.normalized)) < 5
        and all(company.conversations_of(customer.id) for customer in found)
    )
    second = found[1]
    page.goto(app.url)
    page.get_by_role("link", name="Conversations").click()
    page.get_by_role("radio", name="Customer Conversations").click()
    page.get_by_role("radio", name="Customer Conversations", checked=True).wait_for()
    unfold(page)
    fill(page, "Customer", number)
    choice = page.get_by_role("combobox", name=f"{len(found)} customers have the phone number")
    choice.wait_for()
    choice.click()
    options = page.get_by_role("option")
    options.first.wait_for()
    assert [text.rpartition(" · ")[2] for text in options.all_inner_texts()] == [one.id for one in found]
    options.filter(has_text=second.id).click()
    export_anew(page)
    page.get_by_text(f"customer {second.id}").first.wait_for()
    page.get_by_role("radio", name=re.compile(r"^Conversation items \(")).click()
    page.get_by_test_id("stChatMessage").first.wait_for()
