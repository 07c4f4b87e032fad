"""One conversation, a customer's conversations, freeform topics: every kind of item, what is cut, who was merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.contact_information import ContactInformationParameters
from gladly_tools.exports.conversation import ConversationParameters
from gladly_tools.exports.customer_conversations import CustomerConversationsParameters
from gladly_tools.exports.identifiers import CustomerKey, CustomerQuestion, IdQuestion, KnownBy, id_in
from gladly_tools.exports.inputs import DateRange
from gladly_tools.jobs import Job, State
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import connect
from tests.exports.test_every_export import in_order, notes_of, rows_of, tables_of, wait_for
from tests.exports.truth import items

DATES = DateRange(first=date(2026, 3, 9), last=date(2026, 3, 10), zone="America/New_York")
GLADLY = "https://acme.us-1.gladly.com"


@pytest.fixture
def run(runs: Runs, client: Client, account: Account) -> Callable[..., Job]:
    def run_(name: str, **given: object) -> Job:
        export = EXPORTS[name]
        return runs.run_here(account, client, export, export.parameters(**given), lambda _ticket: None)

    return run_


def conversations_with_every_kind(company: Company) -> dict[str, str]:
    """For each kind of item a conversation that has one."""
    found: dict[str, str] = {}
    for conversation_id in company.conversations:
        if conversation_id != company.longest_conversation:
            for item in company.items_of(company.conversations[conversation_id]):
                found.setdefault(item.type, conversation_id)
    return found


def test_every_kind_of_item_is_exported_cell_for_cell(
    run: Callable[..., Job], runs: Runs, account: Account, company: Company
) -> None:
    by_kind = conversations_with_every_kind(company)
    assert len(by_kind) == 15, "the fourteen documented kinds and one from the future"
    for conversation_id in dict.fromkeys(by_kind.values()):
        job = run("conversation", conversation_id=conversation_id)
        (table,) = tables_of(runs, account, job).values()
        columns = [column.name for column in table.columns if not column.beside]
        expected = in_order({name: row.get(name) for name in columns} for row in items(company, conversation_id))
        assert rows_of(table) == expected


def test_raw_is_there_only_when_it_is_needed(
    run: Callable[..., Job], runs: Runs, account: Account, company: Company
) -> None:
    seen = set()
    for conversation_id in list(company.conversations)[:60]:
        needed = any("raw" in row for row in items(company, conversation_id))
        job = run("conversation", conversation_id=conversation_id)
        (table,) = tables_of(runs, account, job).values()
        assert ("raw" in {column.name for column in table.columns}) == needed
        seen.add(needed)
    assert seen == {True, False}


def test_names_stand_beside_the_ids_and_in_no_download(
    run: Callable[..., Job], runs: Runs, account: Account, company: Company
) -> None:
    conversation_id = conversations_with_every_kind(company)["TOPIC_CHANGE"]
    (table,) = tables_of(runs, account, run("conversation", conversation_id=conversation_id)).values()
    agents = {agent.id: agent.name for agent in company.agents}
    topics = {topic.id: topic.name for topic in company.topics}
    frame = table.page(limit=1000)
    changed = frame[frame["content.type"] == "TOPIC_CHANGE"].iloc[0]
    added, removed = changed["content.addedTopicIds"], changed["content.removedTopicIds"]
    assert [topics[each] for each in ([] if added is None else added)] == list(changed.get("Topics added") or [])
    assert [topics[each] for each in ([] if removed is None else removed)] == list(changed.get("Topics removed") or [])
    by_agents = frame[frame["initiator.type"] == "AGENT"]
    assert len(by_agents)
    assert [agents[each] for each in by_agents["initiator.id"]] == list(by_agents["Initiator"])
    assert not {"Initiator", "Customer", "Topics added"} & set(rows_of(table)[0])


def test_a_conversation_over_the_cap_is_partial_and_what_sessions_lead_to_is_recovered(
    run: Callable[..., Job], runs: Runs, account: Account, company: Company, server: DemoServer
) -> None:
    assert company.longest_conversation is not None
    everything = company.items_of(company.conversations[company.longest_conversation])
    job = run("conversation", conversation_id=company.longest_conversation)
    assert job.state is State.PARTIAL
    listed, sessions = everything[:1000], {item.session_id for item in everything[:1000]} - {None}
    reachable = {item.id for item in (*listed, *(item for item in everything if item.session_id in sessions))}
    (table,) = tables_of(runs, account, job).values()
    assert {row["id"] for row in rows_of(table)} == reachable
    assert len(reachable) > 1000
    notes = {note.level: note for note in notes_of(runs, account, job)}
    assert "1,000" in notes["partial"].text
    assert notes["info"].count == len(reachable) - 1000
    times = table.page(limit=2000)["timestamp"]
    assert times.is_monotonic_increasing
    asked = [seen.query for seen in server.seen if seen.path.endswith("/items")]
    assert sorted(asked) == sorted(["", *(f"sessionId={session}" for session in sessions)])


def test_names_that_are_remembered_stay_where_the_list_can_no_longer_be_read(
    run: Callable[..., Job], runs: Runs, account: Account, company: Company, server: DemoServer
) -> None:
    names = {inbox.id: inbox.name for inbox in company.inboxes}
    lost = company.conversations_of(str(company.busiest_customer))[0]
    lost_id = company.inboxes[lost.inbox].id
    remembered = {inbox_id: name for inbox_id, name in names.items() if inbox_id != lost_id}
    runs.remembered.of(account.owner).put("names", "inboxes", remembered)
    server.faults.add("/api/v1/inboxes", status=403, times=1)
    job = run("customer-conversations", customer=CustomerKey(by=KnownBy.ID, value=company.busiest_customer))
    rows = [row for batch in next(iter(tables_of(runs, account, job).values())).batches() for row in batch.to_pylist()]
    assert {row["inboxId"] for row in rows} > {lost_id}
    assert {row["inboxId"]: row["Inbox"] for row in rows} == {
        row["inboxId"]: remembered.get(row["inboxId"]) for row in rows
    }
    assert any("names of inboxes could not be read" in note.text for note in notes_of(runs, account, job))


def test_a_customer_over_the_cap_is_partial(
    run: Callable[..., Job], runs: Runs, client: Client, account: Account, company: Company, server: DemoServer
) -> None:
    assert company.busiest_customer is not None
    conversation = client.conversations.of_customer(company.busiest_customer).found[0]
    body = (
        "[" + ",".join(f'{{"id":"{conversation.id}-{n}","customerId":"c","status":"OPEN"}}' for n in range(100)) + "]"
    )
    server.faults.add(
        f"/api/v1/customers/{company.busiest_customer}/conversations",
        status=200,
        body=body,
        headers={"Gladly-Limited-Data": "true"},
    )
    job = run("customer-conversations", customer=CustomerKey(by=KnownBy.ID, value=company.busiest_customer))
    assert job.state is State.PARTIAL
    first, items_table = tables_of(runs, account, job).values()
    assert (first.rows, items_table.rows) == (100, 0)
    texts = {note.text: note for note in notes_of(runs, account, job)}
    assert any("100 conversations" in text and note.level == "partial" for text, note in texts.items())
    assert next(note for text, note in texts.items() if "deleted in between" in text).count == 100


def test_a_merged_chain_leads_to_the_profile_that_is_left_and_says_so(
    run: Callable[..., Job], runs: Runs, account: Account, company: Company
) -> None:
    first, *between, last = company.merged_chain
    assert between
    job = run("customer-conversations", customer=CustomerKey(by=KnownBy.ID, value=first))
    table, _ = tables_of(runs, account, job).values()
    assert {row["customerId"] for row in rows_of(table)} == {last}
    (note,) = (note for note in notes_of(runs, account, job) if "merged" in note.text)
    assert [note.text.index(each) for each in (first, *between, last)] == sorted(
        note.text.index(each) for each in (first, *between, last)
    )
    assert note.level == "info"


def test_a_customer_is_found_by_e_mail_and_by_number(client: Client, company: Company) -> None:
    customer = next(company.customers[each] for each in company.customers if company.customers[each].emails)
    export = EXPORTS["customer-conversations"]
    key = CustomerKey(by=KnownBy.EMAIL, value=customer.emails[0].original)
    confirmed = export.confirm(client, CustomerConversationsParameters(customer=key))
    assert confirmed.customer == CustomerKey(by=KnownBy.ID, value=customer.id)
    mobile = next(
        (one, phone)
        for one in map(company.customers.__getitem__, company.customers)
        for phone in one.phones
        if phone.type == "MOBILE"
    )
    key = CustomerKey(by=KnownBy.PHONE, value=mobile[1].normalized)
    confirmed = export.confirm(client, CustomerConversationsParameters(customer=key))
    assert confirmed.customer.value == mobile[0].id


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (CustomerKey(by=KnownBy.ID, value="nobody"), "no customer with the ID nobody"),
        (CustomerKey(by=KnownBy.EMAIL, value="nobody0@nowhere.example"), "No customer has the e-mail address"),
        (CustomerKey(by=KnownBy.PHONE, value="+15550100000"), "customers have the phone number"),
    ],
)
def test_no_customer_and_more_than_one_are_told_at_the_field(client: Client, key: CustomerKey, words: str) -> None:
    export = EXPORTS["customer-conversations"]
    with pytest.raises(InputError, match=words) as refused:
        export.confirm(client, CustomerConversationsParameters(customer=key))
    assert refused.value.field == "customer"


def test_a_conversation_that_does_not_exist_is_told_at_the_field_and_makes_no_job(
    runs: Runs, client: Client, account: Account
) -> None:
    with pytest.raises(InputError, match="no conversation with the ID nope") as refused:
        runs.start(account, client, EXPORTS["conversation"], ConversationParameters(conversation_id="nope"))
    assert refused.value.field == "conversation_id"
    assert runs.jobs(account) == []


@pytest.mark.parametrize(
    ("text", "of", "found"),
    [
        ("  abc_-9 ", "conversation", "abc_-9"),
        (f"{GLADLY}/customer/cu1/conversation/co1", "conversation", "co1"),
        (f"{GLADLY}/customer/cu1/conversation/co1", "customer", "cu1"),
        (f"{GLADLY}/customer/cu1/conversation/co1/?tab=x#item", "conversation", "co1"),
        ("/customer/cu1/conversation/co%2F1", "conversation", "co/1"),
        (f" {GLADLY}/customer/-cu1 ", "customer", "-cu1"),
    ],
)
def test_an_id_is_taken_as_it_is_or_out_of_an_address(text: str, of: str, found: str) -> None:
    assert id_in(text, of, name="x") == found  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "   ", "two ids", f"{GLADLY}/customer/cu1", f"{GLADLY}/conversation/", "a\x00b"])
def test_what_names_no_conversation_is_told_at_its_field(text: str) -> None:
    question = IdQuestion(label="Conversation ID", of="conversation", option="conversation-id")
    with pytest.raises(InputError) as refused:
        question.check(text, name="conversation_id")
    assert refused.value.field == "conversation_id"
    assert refused.value.advice


@pytest.mark.parametrize(
    ("text", "by", "value"),
    [
        ("Ann@Example.com", KnownBy.EMAIL, "Ann@Example.com"),
        ("+1 (650) 555-0123", KnownBy.PHONE, "+16505550123"),
        (f"{GLADLY}/customer/cu1", KnownBy.ID, "cu1"),
        ("Hc4R_-9", KnownBy.ID, "Hc4R_-9"),
    ],
)
def test_the_form_of_a_text_tells_how_the_customer_is_known(text: str, by: KnownBy, value: str) -> None:
    question = CustomerQuestion(label="Customer")
    key = question.check(text, name="customer")
    assert (key.by, key.value) == (by, value)
    assert question.load(question.dump(key), name="customer") == key


@pytest.mark.parametrize("text", ["", "0650 123 4567", "ann@", "a@b@c.example", "+12"])
def test_what_can_be_no_customer_is_told_at_the_field(text: str) -> None:
    with pytest.raises(InputError) as refused:
        CustomerQuestion(label="Customer").check(text, name="customer")
    assert refused.value.field == "customer"


def test_each_conversation_is_read_once_and_each_attribute_too(
    run: Callable[..., Job], runs: Runs, account: Account, company: Company, server: DemoServer
) -> None:
    job = run("freeform-topics", dates=DATES, customers=False)
    paths = Counter(seen.path for seen in server.seen)
    rows = list(company.report_rows(DATES.first, DATES.last, DATES.zone))
    assert {path for path in paths if path.startswith("/api/v1/conversations/")} == {
        f"/api/v1/conversations/{row['Conversation ID']}" for row in rows
    }
    assert any(path.startswith("/api/v1/custom-attributes/") for path in paths)
    assert set(paths.values()) <= {1}
    (table,) = tables_of(runs, account, job).values()
    repeated = [row["customAttributes"] for row in rows_of(table) if row["customAttributes"]]
    assert any(len({value["id"] for value in values}) < len(values) for values in repeated), "none came twice"


def test_an_attribute_that_is_gone_keeps_its_values_and_is_noted(
    run: Callable[..., Job], runs: Runs, account: Account, company: Company, server: DemoServer
) -> None:
    order = company.attributes[0]
    server.faults.add(f"/api/v1/custom-attributes/{order.id}", status=404, times=100)
    job = run("freeform-topics", dates=DATES, customers=False)
    assert job.state is State.DONE
    (table,) = tables_of(runs, account, job).values()
    of_order = [each for row in rows_of(table) for each in row["customAttributes"] or () if each["id"] == order.id]
    assert of_order
    assert all(each["key"] is None and each["label"] is None and each["value"] for each in of_order)
    assert any("no longer knows" in note.text for note in notes_of(runs, account, job))


def test_an_export_that_dies_among_the_look_ups_asks_for_none_of_them_again(
    server: DemoServer, settings: Settings, open_runs: Callable[[Settings], Runs], company: Company
) -> None:
    settings = replace(settings, report_window_days=1)
    client, account = connect(server, settings)
    dying = open_runs(settings)
    last = list(company.report_rows(DATES.last, DATES.last, DATES.zone))[-1]["Conversation ID"]
    server.faults.add(f"/api/v1/conversations/{last}", status=400, times=1)
    parameters = ContactInformationParameters(dates=DATES, customers=False)
    with pytest.raises(GladlyToolsError):
        dying.run_here(account, client, EXPORTS["freeform-topics"], parameters, lambda _ticket: None)
    answered = {seen.path for seen in server.seen if "/conversations/" in seen.path and seen.status == 200}
    assert len(answered) > 20
    server.forget()
    (job,) = dying.jobs(account)
    resumed = open_runs(settings)
    resumed.resume(account, client, job.id)
    assert wait_for(resumed, account, job.id).state is State.DONE
    again = {seen.path for seen in server.seen if "/conversations/" in seen.path}
    # Those under way when it died were answered without being remembered.
    assert len(again & answered) <= settings.requests_in_flight
    (table,) = tables_of(resumed, account, job).values()
    assert table.rows == len(list(company.report_rows(DATES.first, DATES.last, DATES.zone)))


def test_an_estimate_counts_a_request_for_each_conversation(runs: Runs, account: Account, client: Client) -> None:
    export = EXPORTS["freeform-topics"]
    with_customers = ContactInformationParameters(dates=DATES)
    without = ContactInformationParameters(dates=DATES, customers=False)
    assert export.estimate(without, runs.settings, runs.known(account)) is None
    runs.sample(account, client, export, without)
    known = runs.known(account)
    few, many = (export.estimate(each, runs.settings, known) for each in (without, with_customers))
    assert few is not None
    assert many is not None
    assert few.requests == round(2 * known["conversations_per_day"])
    assert many.requests == round(2 * (known["conversations_per_day"] + known["customers_per_day"]))
