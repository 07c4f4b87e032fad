"""Bulk runs as a person meets them: paused, stopped, resumed, refused, retried, taken back, deleted."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.bulk import ACTIONS, CLOSE_CONVERSATIONS, CLOSE_TASKS, Choices, Status
from gladly_tools.bulk.id_file import check
from gladly_tools.bulk.records import LinesBeside
from gladly_tools.bulk_runs import Order
from gladly_tools.demo.changes import belongs
from gladly_tools.errors import InputError, NotFoundError
from gladly_tools.jobs import State
from tests.bulk.conftest import Shop, open_conversations, order_for, status_of, usable_topic
from tests.conftest import connect

PATH = "/api/v1/conversations/"


def writes(shop: Shop) -> list[str]:
    return [seen.path for seen in shop.server.seen if seen.method != "GET"]


def topics_of(shop: Shop, id_: str) -> set[str]:
    return {shop.company.topics[place].id for place in shop.company.conversations[id_].topics}


def test_a_topic_is_added_once_and_before_closing(shop: Shop) -> None:
    ids = open_conversations(shop.company, 20)
    topic = usable_topic(shop.company)
    shop.company.changes.add_topics(ids[0], [topic])
    shop.company.changes.counts.clear()
    had = {id_ for id_ in ids if topic in topics_of(shop, id_)}
    shop.server.faults.add(PATH, method="POST", lose=True, times=3)
    run = shop.run(order_for(CLOSE_CONVERSATIONS, ids, topic_id=topic))
    rows = shop.rows(run)
    assert {row["status"] for row in rows} == {Status.CLOSED}
    assert [row["topic added"] for row in rows] == ["no" if id_ in had else "yes" for id_ in ids]
    for id_ in ids:
        assert shop.company.changes.counts["add topics", id_] == (id_ not in had)
        assert topic in topics_of(shop, id_)
        methods = [seen.method for seen in shop.server.seen if id_ in seen.path]
        assert methods[0] == "GET"
        assert methods[-1] == "PATCH"


@pytest.mark.parametrize("kind", ["unknown", "disabled"])
def test_a_topic_that_cannot_be_applied_stops_the_run_before_the_first_row(shop: Shop, kind: str) -> None:
    ids = open_conversations(shop.company, 3)
    disabled = next(topic.id for topic in shop.company.topics if topic.disabled)
    topic = {"unknown": "no-such-topic", "disabled": disabled}[kind]
    run, error = shop.bulk.run_here(
        shop.account, shop.client, order_for(CLOSE_CONVERSATIONS, ids, topic_id=topic), lambda _ticket: None
    )
    assert isinstance(error, InputError)
    assert error.field == "topic_id"
    assert [seen.path for seen in shop.server.seen] == ["/api/v1/topics"]
    assert {row["status"] for row in shop.rows(run)} == {Status.NOT_ATTEMPTED}


def test_a_waiting_customer_is_left_alone_unless_the_person_chose_otherwise(shop: Shop) -> None:
    ids = open_conversations(shop.company, 4, waiting=True)
    run = shop.run(order_for(CLOSE_CONVERSATIONS, ids))
    assert {row["status"] for row in shop.rows(run)} == {Status.SKIPPED}
    assert writes(shop) == []
    forced = shop.run(order_for(CLOSE_CONVERSATIONS, ids, force=True))
    assert {row["status"] for row in shop.rows(forced)} == {Status.CLOSED}
    assert {row["previous status"] for row in shop.rows(forced)} == {"WAITING"}


def test_a_customer_who_writes_between_reading_and_closing_is_not_closed_over(shop: Shop) -> None:
    (id_,) = open_conversations(shop.company, 1)
    body = '{"errors":[{"code":"invalid_state","detail":"customer is waiting for a response"}]}'
    shop.server.faults.add(PATH, method="PATCH", status=400, body=body, delay=0.3)
    order = order_for(CLOSE_CONVERSATIONS, [id_])
    writer = threading.Timer(0.1, lambda: shop.company.changes.wait(id_, True))
    writer.start()
    (row,) = shop.rows(shop.run(order))
    writer.join()
    assert row["status"] == Status.SKIPPED
    assert status_of(shop.company, id_) == "WAITING"


def test_a_required_topic_is_told_and_force_does_not_waive_it(shop: Shop) -> None:
    company = shop.company
    inbox = min(company.changes.rules.topic_inboxes)
    id_ = next(
        id_ for id_ in company.conversations if company.conversations[id_].inbox == inbox and status_of(company, id_)
    )
    company.changes.change_conversation(id_, assignee=None, status="OPEN", force=False)
    conversation = company.conversations[id_]
    company.conversations.changed[conversation.number] = replace(conversation, topics=(), waiting=False)
    plan = shop.run(order_for(CLOSE_CONVERSATIONS, [id_], is_check=True))
    assert [row["status"] for row in shop.rows(plan)] == [Status.NEEDS_TOPIC]
    (row,) = shop.rows(shop.run(order_for(CLOSE_CONVERSATIONS, [id_], force=True)))
    assert row["status"] == Status.FAILED
    assert "topics are required" in row["error"]
    assert "Choose a topic" in row["error"]
    (row,) = shop.rows(shop.run(order_for(CLOSE_CONVERSATIONS, [id_], topic_id=usable_topic(company))))
    assert row["status"] == Status.CLOSED


def test_a_task_whose_assignee_is_refused_is_closed_without_naming_it(shop: Shop) -> None:
    shop.company.changes.rules = replace(shop.company.changes.rules, tasks_demand_assignee=False)
    task = next(task for task in shop.company.tasks if not task.is_closed and task.agent is not None)
    body = '{"errors":[{"attr":"assignee.agentId","code":"invalid_state","detail":"not of that inbox"}]}'
    shop.server.faults.add("/api/v1/tasks/", method="PATCH", status=400, body=body)
    (row,) = shop.rows(shop.run(order_for(CLOSE_TASKS, [task.id])))
    assert row["status"] == Status.CLOSED
    now = shop.company.tasks[task.id]
    assert (now.is_closed, now.inbox, now.agent) == (True, task.inbox, task.agent)


def test_results_are_in_the_order_of_the_file_with_every_line_of_it(shop: Shop) -> None:
    first, second = open_conversations(shop.company, 2)
    data = f"note;conversationId\n=1+1;{first}\n;\nb;1.23E+15\nc;{second}\nd;{first}\n".encode("utf-16")
    order = Order(
        action=CLOSE_CONVERSATIONS, checked=check(data, column="conversationId"), choices=Choices(), file_name="x.csv"
    )
    run = shop.run(order)
    rows = shop.rows(run)
    assert [(row["note"], row["conversationId"], row["status"]) for row in rows] == [
        ("=1+1", first, "closed"),
        ("b", "1.23E+15", "skipped"),
        ("c", second, "closed"),
        ("d", first, "closed"),
    ]
    assert "Same ID as line 2" in rows[3]["error"]
    assert rows[0]["finished at"] == rows[3]["finished at"] != ""
    company = shop.company
    conversation = company.conversations[second]
    assert rows[2]["previous inbox"] == company.inboxes[conversation.inbox].id
    assert shop.bulk.counts(run) == {Status.CLOSED: 2}
    assert shop.company.changes.counts["close", first] == 1


def test_a_pause_brings_begun_rows_to_their_end_and_resuming_does_the_rest(shop: Shop) -> None:
    ids = open_conversations(shop.company, 300)
    order = order_for(CLOSE_CONVERSATIONS, ids)
    run = shop.bulk.start(shop.account, shop.client, order)
    shop.wait_until(lambda: shop.bulk.counts(run).get(Status.CLOSED, 0) > 20)
    shop.bulk.pause(shop.account, run.id)
    shop.wait_until(lambda: shop.state(run) is State.CANCELLED)
    closed = {id_ for id_ in ids if status_of(shop.company, id_) == "CLOSED"}
    assert 20 < len(closed) < 300
    assert {row["conversationId"] for row in shop.rows(run) if row["status"] == "closed"} == closed
    assert {row["status"] for row in shop.rows(run)} == {"closed", "not attempted"}
    shop.bulk.resume(shop.account, shop.client, run.id)
    shop.wait_until(lambda: shop.state(run) is State.DONE)
    assert [shop.company.changes.counts["close", id_] for id_ in ids] == [1] * 300


def test_a_stopped_run_ends_for_good_and_its_rest_can_be_run_anew(shop: Shop) -> None:
    ids = open_conversations(shop.company, 200)
    run = shop.bulk.start(shop.account, shop.client, order_for(CLOSE_CONVERSATIONS, ids))
    shop.wait_until(lambda: shop.bulk.counts(run).get(Status.CLOSED, 0) > 10)
    shop.bulk.stop(shop.account, run.id)
    shop.wait_until(lambda: shop.state(run) is State.PARTIAL)
    counts = shop.bulk.counts(run)
    assert counts[Status.CLOSED] + counts[Status.NOT_ATTEMPTED] == 200
    with pytest.raises(InputError):
        shop.bulk.resume(shop.account, shop.client, run.id)
    upload = shop.bulk.upload_again(shop.account, run.id, [Status.FAILED, Status.NOT_ATTEMPTED])
    checked = check(upload.data, column="conversationId")
    assert checked.to_do == counts[Status.NOT_ATTEMPTED]
    rest = shop.run(Order(action=CLOSE_CONVERSATIONS, checked=checked, choices=Choices(), source=upload.source))
    assert rest.source == run.id
    assert [shop.company.changes.counts["close", id_] for id_ in ids] == [1] * 200


def test_a_paused_run_can_be_stopped(shop: Shop) -> None:
    ids = open_conversations(shop.company, 200)
    run = shop.bulk.start(shop.account, shop.client, order_for(CLOSE_CONVERSATIONS, ids))
    shop.bulk.pause(shop.account, run.id)
    shop.wait_until(lambda: shop.state(run) is State.CANCELLED)
    shop.bulk.stop(shop.account, run.id)
    assert shop.state(run) is State.PARTIAL
    assert shop.bulk.get(shop.account, run.id).finished_at is not None


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_account_pauses_the_run_at_once_and_no_row_is_blamed(shop: Shop, status: int) -> None:
    ids = open_conversations(shop.company, 60)
    shop.server.faults.add(PATH, method="PATCH", status=status, times=500)
    run = shop.run(order_for(CLOSE_CONVERSATIONS, ids))
    job = shop.bulk.job(run)
    assert job is not None
    assert job.state is State.FAILED
    assert job.what.startswith("Paused: ")
    assert Status.FAILED not in shop.bulk.counts(run)
    assert len(writes(shop)) <= 8
    shop.server.faults.clear()
    shop.bulk.resume_here(shop.account, shop.client, run.id, lambda _ticket: None)
    assert shop.state(run) is State.DONE
    assert [shop.company.changes.counts["close", id_] for id_ in ids] == [1] * 60


@pytest.mark.parametrize(("unreadable", "status"), [(3, Status.CLOSED), (6, Status.FAILED)])
def test_a_row_whose_fate_cannot_be_read_is_looked_for_once_more_at_the_end(
    shop: Shop, unreadable: int, status: Status
) -> None:
    (id_,) = open_conversations(shop.company, 1)
    # The first reading is over by the time that the change waits for its answer, which never comes.
    shop.server.faults.add(PATH, method="PATCH", lose=True, delay=0.4)
    trouble = threading.Timer(0.2, lambda: shop.server.faults.add(PATH, method="GET", status=500, times=unreadable))
    trouble.start()
    run = shop.run(order_for(CLOSE_CONVERSATIONS, [id_]))
    trouble.join()
    assert shop.server.faults.left == 0
    (row,) = shop.rows(run)
    assert row["status"] == status
    assert ("not known what became of it" in row["error"]) is (status is Status.FAILED)
    assert shop.company.changes.counts["close", id_] == 1
    again = shop.run(order_for(CLOSE_CONVERSATIONS, [id_]))
    assert shop.bulk.counts(again) == {Status.ALREADY_CLOSED: 1}
    assert shop.company.changes.counts["close", id_] == 1


def test_twenty_failures_of_one_cause_in_a_row_pause_the_run(shop: Shop) -> None:
    ids = open_conversations(shop.company, 120)
    body = '{"errors":[{"code":"invalid","detail":"the office is closed"}]}'
    shop.server.faults.add(PATH, method="PATCH", status=400, body=body, times=1000)
    run = shop.run(order_for(CLOSE_CONVERSATIONS, ids))
    job = shop.bulk.job(run)
    assert job is not None
    assert job.state is State.FAILED
    assert "20 failures in a row" in job.what
    assert "the office is closed" in job.what
    assert 20 <= shop.bulk.counts(run)[Status.FAILED] <= 36
    shop.server.faults.clear()
    shop.bulk.resume_here(shop.account, shop.client, run.id, lambda _ticket: None)
    assert shop.state(run) is State.PARTIAL
    counts = shop.bulk.counts(run)
    assert counts[Status.CLOSED] + counts[Status.FAILED] == 120


def test_failures_of_several_causes_do_not_pause_it(shop: Shop) -> None:
    ids = open_conversations(shop.company, 60)
    shop.server.faults.add(PATH, method="PATCH", status=400, body="{}", times=1000, every=2)
    run = shop.run(order_for(CLOSE_CONVERSATIONS, ids))
    assert shop.state(run) is State.PARTIAL
    assert shop.bulk.counts(run) == {Status.CLOSED: 30, Status.FAILED: 30}


def second_person(shop: Shop) -> tuple[Client, Account]:
    return connect(shop.server, shop.settings, account=1)


def test_two_people_of_one_organization_never_work_on_the_same_id_at_once(shop: Shop) -> None:
    ids = open_conversations(shop.company, 250)
    client, account = second_person(shop)
    with client:
        first = shop.bulk.start(shop.account, shop.client, order_for(CLOSE_CONVERSATIONS, ids[:200]))
        shop.wait_until(lambda: shop.bulk.counts(first).get(Status.CLOSED, 0) > 0)
        second = shop.bulk.start(account, client, order_for(CLOSE_CONVERSATIONS, ids[100:]))
        for run in (first, second):
            shop.wait_until(lambda run=run: not shop.state(run).active)  # type: ignore[misc]
        outcomes = Counter(
            row.error for row in shop.bulk.journal.result_rows(second.id) if row.status == Status.SKIPPED
        )
        assert list(outcomes) == [f"Run {first.id} is working on this conversation."]
        assert [shop.company.changes.counts["close", id_] for id_ in ids] == [1] * 250
        with pytest.raises(NotFoundError):
            shop.bulk.get(account, first.id)
        assert [run.id for run in shop.bulk.list(account)] == [second.id]


def test_ids_are_free_again_when_a_run_has_ended(shop: Shop) -> None:
    ids = open_conversations(shop.company, 3)
    shop.run(order_for(CLOSE_CONVERSATIONS, ids))
    again = shop.run(order_for(CLOSE_CONVERSATIONS, ids))
    assert shop.bulk.counts(again) == {Status.ALREADY_CLOSED: 3}


def test_starting_twice_under_one_id_starts_once(shop: Shop) -> None:
    order = order_for(CLOSE_CONVERSATIONS, open_conversations(shop.company, 5))
    run_id = shop.bulk.new_id()
    first = shop.bulk.start(shop.account, shop.client, order, run_id=run_id)
    second = shop.bulk.start(shop.account, shop.client, order, run_id=run_id)
    assert first.id == second.id
    assert len(shop.bulk.list(shop.account)) == 1


def test_the_audit_stays_when_the_results_are_deleted_and_holds_no_other_cell(shop: Shop) -> None:
    ids = open_conversations(shop.company, 3)
    data = ("conversationId,note\n" + "\n".join(f"{id_},secret-note" for id_ in ids)).encode()
    order = Order(
        action=CLOSE_CONVERSATIONS, checked=check(data, column="conversationId"), choices=Choices(), file_name="ann.csv"
    )
    run = shop.run(order)
    shop.bulk.delete(shop.account, run.id)
    with pytest.raises(NotFoundError):
        shop.bulk.results(shop.account, run.id)
    (kept,) = shop.bulk.list(shop.account)
    assert kept.forgotten
    assert shop.bulk.counts(kept) == {Status.CLOSED: 3}
    lines = shop.bulk.journal.audit(run.id)
    assert {line.id for line in lines} == set(ids)
    assert {(line.username, line.action, line.outcome, line.run) for line in lines} == {
        (shop.account.username, "close-conversations", "closed", run.id)
    }
    assert b"secret-note" not in b"".join(path.read_bytes() for path in shop.settings.data_dir.glob("bulk.sqlite*"))


def test_rows_without_a_job_are_swept_and_the_audit_stays(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    run = shop.run(order_for(CLOSE_CONVERSATIONS, open_conversations(shop.company, 2)))
    shop.bulk._runs.journal.delete(run.id)
    shop.bulk.sweep()
    assert not shop.bulk.get(shop.account, run.id).forgotten  # it may be one that is being begun
    monkeypatch.setattr("gladly_tools.bulk_runs.YOUNG", -shop.bulk._runs.journal.now().resolution)
    shop.bulk.sweep()
    assert shop.bulk.get(shop.account, run.id).forgotten
    assert len(shop.bulk.journal.audit(run.id)) == 2


def test_what_a_run_closed_is_taken_back_with_its_assignees(shop: Shop) -> None:
    ids = open_conversations(shop.company, 12)
    before = {id_: shop.company.conversations[id_] for id_ in ids}
    already = ids[0]
    shop.company.changes.change_conversation(already, assignee=None, status="CLOSED", force=False)
    run = shop.run(order_for(CLOSE_CONVERSATIONS, ids))
    undo = shop.bulk.upload_reopening(shop.account, run.id)
    upload = shop.bulk.uploads.get(shop.account.owner, undo.name)
    assert upload is not None
    checked = check(upload.data, column=undo.column)
    assert [entry.id for entry in checked.entries] == ids[1:]
    assignable = (id_ for id_ in ids[1:] if belongs(before[id_].agent or 0, before[id_].inbox))
    elsewhere = next(assignable)
    conversation = shop.company.conversations[elsewhere]
    other = (before[elsewhere].inbox + 1) % 4
    shop.company.conversations.changed[conversation.number] = replace(conversation, inbox=other)
    reopening = shop.run(Order(action=undo, checked=checked, choices=Choices()))
    assert shop.bulk.counts(reopening) == {Status.REOPENED: 11}
    for id_ in ids[1:]:
        now = shop.company.conversations[id_]
        assert status_of(shop.company, id_) != "CLOSED"
        assert (now.inbox, now.agent) == (before[id_].inbox, before[id_].agent)
    assert shop.company.changes.counts["assign", elsewhere] == 1
    assert status_of(shop.company, already) == "CLOSED"


def test_a_reopened_conversation_whose_agent_left_the_inbox_says_so(shop: Shop) -> None:
    (id_,) = open_conversations(shop.company, 1)
    shop.company.changes.change_conversation(id_, assignee=None, status="CLOSED", force=True)
    agent = next(agent.id for place, agent in enumerate(shop.company.agents) if (place + 0) % 7 == 3)
    data = f"conversationId,previousInboxId,previousAgentId\n{id_},{shop.company.inboxes[0].id},{agent}\n".encode()
    action = ACTIONS["reopen-conversations"]
    (row,) = shop.rows(shop.run(Order(action=action, checked=check(data, column=action.column), choices=Choices())))
    assert row["status"] == Status.REOPENED
    assert "not assigned as before" in row["error"]
    assert "does not belong" in row["error"]


def test_a_plan_counts_the_inboxes_and_is_followed_by_just_what_it_found_to_do(shop: Shop) -> None:
    ids = open_conversations(shop.company, 33)
    for id_ in ids[30:32]:
        shop.company.changes.wait(id_, True)
    shop.company.changes.change_conversation(ids[32], assignee=None, status="CLOSED", force=False)
    plan = shop.run(order_for(CLOSE_CONVERSATIONS, ids, is_check=True, topic_id=usable_topic(shop.company)))
    everything, ids = ids, ids[:30]
    inboxes = shop.bulk.journal.inboxes(plan.id, Status.WILL_CLOSE)
    expected = Counter(shop.company.inboxes[shop.company.conversations[id_].inbox].id for id_ in ids)
    assert inboxes == dict(expected)
    order = shop.bulk.order_of_plan(shop.account, plan.id, force=False)
    assert [entry.id for entry in order.checked.entries] == ids
    assert order.choices == Choices(topic_id=usable_topic(shop.company))
    forced = shop.bulk.order_of_plan(shop.account, plan.id, force=True)
    assert [entry.id for entry in forced.checked.entries] == everything[:32]
    assert forced.choices.force


def test_the_counts_and_the_lines_beside_them_are_every_line_of_the_results(shop: Shop) -> None:
    first, second = open_conversations(shop.company, 2)
    run = shop.run(order_for(CLOSE_CONVERSATIONS, [first, "1.23E+15", first, second, "no such id", first]))
    beside = shop.bulk.beside(run)
    assert (beside.set_aside, beside.repeated) == (2, 2)
    rows = shop.rows(run)
    assert sum(shop.bulk.counts(run).values()) + beside.set_aside + beside.repeated == len(rows) == 6
    assert [row["status"] for row in rows].count("skipped") == beside.set_aside
    shop.bulk.delete(shop.account, run.id)
    assert shop.bulk.beside(run) == LinesBeside(set_aside=0, repeated=0)


def test_a_list_of_the_skipped_leaves_out_what_was_set_aside(shop: Shop) -> None:
    (waiting,) = open_conversations(shop.company, 1, waiting=True)
    run = shop.run(order_for(CLOSE_CONVERSATIONS, ["1.23E+15", waiting, waiting]))
    assert shop.bulk.counts(run) == {Status.SKIPPED: 1}
    upload = shop.bulk.upload_again(shop.account, run.id, [Status.SKIPPED])
    assert upload.data.decode().split() == ["conversationId", waiting]
