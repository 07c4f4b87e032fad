"""One suite over all actions: plans change nothing, rows are changed once, and the results say what is true."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from gladly_tools.bulk import ACTIONS, Action, Choices, Status
from gladly_tools.demo import Company
from tests.bulk.conftest import Shop, open_conversations, order_for, status_of

NONE_SUCH = "none-such-id"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a test must know of an action: how the demo company counts it, and which status it leads to."""

    counted: str
    path: str
    becomes: str


KINDS = {
    "close-conversations": Kind(counted="close", path="/api/v1/conversations/", becomes="CLOSED"),
    "close-tasks": Kind(counted="close task", path="/api/v1/tasks/", becomes="CLOSED"),
    "reopen-conversations": Kind(counted="reopen", path="/api/v1/conversations/", becomes="OPEN"),
    "reopen-tasks": Kind(counted="reopen task", path="/api/v1/tasks/", becomes="OPEN"),
}
ALREADY = {"CLOSED": Status.ALREADY_CLOSED, "OPEN": Status.ALREADY_OPEN}

each_action = pytest.mark.parametrize("action", list(ACTIONS.values()), ids=list(ACTIONS))


def state(company: Company, action: Action, id_: str) -> str:
    if action.noun == "task":
        return "CLOSED" if company.tasks[id_].is_closed else "OPEN"
    return status_of(company, id_)


def ready(company: Company, action: Action, count: int) -> list[str]:
    """IDs that the action has something to do with."""
    changes = company.changes
    if action.noun == "conversation":
        ids = open_conversations(company, count)
        if action.verb == "reopen":
            for id_ in ids:
                changes.change_conversation(id_, assignee=None, status="CLOSED", force=True)
    else:
        ids = [task.id for task in company.tasks][:count]
        for id_ in ids:
            company.tasks.change(id_, is_closed=action.verb == "reopen")
    changes.counts.clear()
    return ids


def writes(shop: Shop) -> list[str]:
    return [seen.path for seen in shop.server.seen if seen.method != "GET"]


def test_every_action_is_tested() -> None:
    assert KINDS.keys() == ACTIONS.keys()


@each_action
def test_a_check_sends_no_change_and_foretells_what_the_run_then_does(shop: Shop, action: Action) -> None:
    ids = [*ready(shop.company, action, 12), NONE_SUCH]
    plan = shop.run(order_for(action, ids, is_check=True))
    assert writes(shop) == []
    assert Counter(row["status"] for row in shop.rows(plan)) >= Counter({action.aim: 1, Status.NOT_FOUND: 1})
    assert shop.bulk.counts(plan)[Status.NOT_FOUND] == 1
    run = shop.run(order_for(action, ids))
    done = {row[action.column]: row["status"] for row in shop.rows(run)}
    for row in shop.rows(plan):
        if row["status"] == action.aim:
            assert done[row[action.column]] == action.done
            assert row["current status"] == ("CLOSED" if action.verb == "reopen" else "OPEN")
            assert row["current inbox"]


@each_action
def test_every_row_is_changed_once_and_the_results_equal_the_state(shop: Shop, action: Action) -> None:
    ids = ready(shop.company, action, 40)
    kind = KINDS[action.name]
    before = {id_: shop.company.tasks[id_] for id_ in ids} if action.noun == "task" else {}
    run = shop.run(order_for(action, ids))
    rows = shop.rows(run)
    assert [row[action.column] for row in rows] == ids
    assert {row["status"] for row in rows} == {action.done}
    for id_ in ids:
        assert state(shop.company, action, id_) == kind.becomes
        assert shop.company.changes.counts[kind.counted, id_] == 1
    for row, (id_, task) in zip(rows, before.items(), strict=False):
        now = shop.company.tasks[id_]
        assert row["previous inbox"] == shop.company.inboxes[task.inbox].id
        assert row["previous agent"] == ("" if task.agent is None else shop.company.agents[task.agent].id)
        assert row["previous status"] == ("CLOSED" if action.verb == "reopen" else "OPEN")
        assert (now.inbox, now.agent, now.due_at, now.body) == (task.inbox, task.agent, task.due_at, task.body)
    assert shop.bulk.counts(run) == {action.done: 40}


@each_action
def test_what_is_so_already_gets_no_request_to_change_it(shop: Shop, action: Action) -> None:
    ids = ready(shop.company, action, 5)
    shop.run(order_for(action, ids))
    shop.server.forget()
    run = shop.run(order_for(action, ids))
    becomes = KINDS[action.name].becomes
    assert {(row["status"], row["previous status"]) for row in shop.rows(run)} == {(ALREADY[becomes], becomes)}
    assert writes(shop) == []


@each_action
@pytest.mark.parametrize(
    "fault",
    [{"lose": True}, {"drop": True}, {"status": 500}, {"status": 504}, {"status": 429}, {"status": 200, "body": "{}"}],
    ids=["answer lost after the change", "request lost", "500", "504", "429", "200 by something in front"],
)
def test_a_change_without_a_usable_answer_is_read_and_made_once(
    shop: Shop, action: Action, fault: dict[str, object]
) -> None:
    ids = ready(shop.company, action, 6)
    kind = KINDS[action.name]
    # One change may meet them all, when the other threads are slow, and is sent three times at most.
    shop.server.faults.add(kind.path, method="PATCH", times=2, **fault)  # type: ignore[arg-type]
    run = shop.run(order_for(action, ids))
    assert shop.server.faults.left == 0
    assert {row["status"] for row in shop.rows(run)} == {action.done}
    assert [shop.company.changes.counts[kind.counted, id_] for id_ in ids] == [1] * 6


@each_action
def test_reading_is_tried_again_when_gladly_has_trouble(shop: Shop, action: Action) -> None:
    ids = ready(shop.company, action, 3)
    shop.server.faults.add(KINDS[action.name].path, method="GET", status=500, times=2)
    run = shop.run(order_for(action, ids))
    assert {row["status"] for row in shop.rows(run)} == {action.done}


@each_action
def test_a_refusal_keeps_gladlys_own_words(shop: Shop, action: Action) -> None:
    ids = ready(shop.company, action, 1)
    body = '{"errors":[{"code":"invalid","detail":"the moon is in the wrong house"}]}'
    shop.server.faults.add(KINDS[action.name].path, method="PATCH", status=400, body=body)
    (row,) = shop.rows(shop.run(order_for(action, ids)))
    assert row["status"] == Status.FAILED
    assert "the moon is in the wrong house" in row["error"]


@each_action
def test_one_that_is_deleted_between_reading_and_changing_is_not_found(shop: Shop, action: Action) -> None:
    ids = ready(shop.company, action, 1)
    shop.server.faults.add(KINDS[action.name].path, method="PATCH", status=404, body='{"errors":{"code":"not_exist"}}')
    (row,) = shop.rows(shop.run(order_for(action, ids)))
    assert row["status"] == Status.NOT_FOUND


@each_action
def test_the_requests_of_a_row_are_as_many_as_is_said(shop: Shop, action: Action) -> None:
    ids = ready(shop.company, action, 10)
    shop.server.forget()
    shop.run(order_for(action, ids))
    assert len(shop.server.seen) <= 10 * action.requests(Choices())
