"""Changes of the demo company: the rules it keeps, what reads show afterwards, and the counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gladly_tools.demo import Company, DemoServer, Rules
from tests.demo.conftest import UNLIMITED, ask_report, caller, make_company, read_csv


@pytest.fixture
def own() -> Company:
    return make_company(conversations=400)


@pytest.fixture
def open_server(own: Company) -> Iterator[DemoServer]:
    with DemoServer(own, limits=UNLIMITED) as server:
        yield server


@pytest.fixture
def call(open_server: DemoServer) -> Iterator[httpx.Client]:
    with caller(open_server) as client:
        yield client


@pytest.fixture
def conversation(own: Company) -> str:
    """An open one, in an inbox without rules, assigned to an agent of that inbox."""
    for id_ in own.conversations:
        found = own.conversations[id_]
        if found.inbox == 0 and found.agent is not None and (found.agent + 0) % 7 != 3:
            own.changes.change_conversation(id_, assignee=None, status="OPEN", force=False)
            own.changes.wait(id_, False)
            if own.changes.status(own.conversations[id_]) == "OPEN":
                own.changes.counts.clear()
                return id_
    raise AssertionError


def close(call: httpx.Client, id_: str, **status: Any) -> httpx.Response:
    return call.patch(f"/api/v1/conversations/{id_}", json={"status": {"value": "CLOSED", **status}})


def refused(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    return error.get("attr", ""), error["code"]


def test_a_closed_conversation_is_closed_wherever_it_is_read(
    own: Company, call: httpx.Client, conversation: str
) -> None:
    assert close(call, conversation).status_code == 204
    shown = call.get(f"/api/v1/conversations/{conversation}").json()
    assert shown["status"] == "CLOSED"
    assert shown["closedAt"]
    of_customer = call.get(f"/api/v1/customers/{shown['customerId']}/conversations").json()
    assert {one["status"] for one in of_customer if one["id"] == conversation} == {"CLOSED"}
    day = own.conversations[conversation].created_at.date().isoformat()
    rows = read_csv(ask_report(call, startAt=day, endAt=day, timezone="UTC"))
    (row,) = [row for row in rows if row["Conversation ID"] == conversation]
    assert (row["Status"], row["Initiator Type - Last Closed"]) == ("CLOSED", "APPLICATION")
    assert own.changes.counts == {("close", conversation): 1}


def test_a_reopened_one_is_open_again_and_may_be_assigned(own: Company, call: httpx.Client, conversation: str) -> None:
    path = f"/api/v1/conversations/{conversation}"
    close(call, conversation)
    assignee = {"inboxId": own.inboxes[1].id}
    assert refused(call.patch(path, json={"assignee": assignee})) == ("", "invalid_state")
    assert call.patch(path, json={"status": {"value": "OPEN"}}).status_code == 204
    assert "closedAt" not in call.get(path).json()
    assert call.patch(path, json={"assignee": assignee}).status_code == 204
    assert call.get(path).json()["inboxId"] == own.inboxes[1].id


def test_a_waiting_customer_needs_force(own: Company, call: httpx.Client, conversation: str) -> None:
    own.changes.wait(conversation, True)
    answer = close(call, conversation)
    assert refused(answer) == ("", "invalid_state")
    assert "waiting" in answer.text
    assert close(call, conversation, force=True).status_code == 204


def test_a_topic_may_be_required_and_force_does_not_waive_it(
    own: Company, call: httpx.Client, conversation: str
) -> None:
    own.changes.rules = Rules(topic_inboxes=frozenset({0}))
    one = own.conversations[conversation]
    own.conversations.changed[one.number] = replace(one, topics=())
    assert "topics are required" in close(call, conversation, force=True).text
    topic = next(topic.id for topic in own.topics if topic.disabled is False)
    added = call.post(f"/api/v1/conversations/{conversation}/topics", json={"topicIds": [topic]})
    assert added.status_code == 204
    assert close(call, conversation).status_code == 204


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"status": "CLOSED"}, ("status", "invalid")),
        ({"status": {}}, ("status.value", "blank")),
        ({"status": {"value": "WAITING"}}, ("status.value", "invalid")),
        ({"assignee": {}}, ("assignee.inboxId", "blank")),
        ({"assignee": {"agentId": "x"}}, ("assignee.inboxId", "blank")),
        ({"assignee": {"inboxId": "none-such"}}, ("assignee.inboxId", "present")),
    ],
)
def test_a_body_that_breaks_the_contract_is_refused_and_changes_nothing(
    own: Company, call: httpx.Client, conversation: str, body: dict[str, Any], reason: tuple[str, str]
) -> None:
    assert refused(call.patch(f"/api/v1/conversations/{conversation}", json=body)) == reason
    assert not own.changes.counts


def test_an_agent_of_another_inbox_is_refused_and_the_status_stays(
    own: Company, call: httpx.Client, conversation: str
) -> None:
    body = {"assignee": {"inboxId": own.inboxes[0].id, "agentId": own.agents[3].id}, "status": {"value": "CLOSED"}}
    answer = call.patch(f"/api/v1/conversations/{conversation}", json=body)
    assert refused(answer) == ("assignee.agentId", "invalid_state")
    assert call.get(f"/api/v1/conversations/{conversation}").json()["status"] == "OPEN"


@pytest.mark.parametrize("which", ["unknown", "disabled", "none"])
def test_a_topic_that_cannot_be_applied_is_refused(
    own: Company, call: httpx.Client, conversation: str, which: str
) -> None:
    disabled = next(topic.id for topic in own.topics if topic.disabled)
    topics = {"unknown": ["none-such"], "disabled": [disabled], "none": []}[which]
    answer = call.post(f"/api/v1/conversations/{conversation}/topics", json={"topicIds": topics})
    assert refused(answer)[0] == "topicIds"


@pytest.mark.parametrize("path", ["/api/v1/conversations/none-such", "/api/v1/tasks/none-such"])
def test_what_does_not_exist_is_404(call: httpx.Client, path: str) -> None:
    assert call.patch(path, json={}).status_code == 404
    assert call.get("/api/v1/tasks/none-such").status_code == 404


def test_a_task_wants_its_assignee_and_keeps_it(own: Company, call: httpx.Client) -> None:
    task = next(task for task in own.tasks if not task.is_closed and task.agent is not None)
    path = f"/api/v1/tasks/{task.id}"
    assert refused(call.patch(path, json={"status": "CLOSED"})) == ("assignee", "blank")
    shown = call.get(path).json()
    assert call.patch(path, json={"status": "CLOSED", "assignee": shown["assignee"]}).status_code == 204
    after = call.get(path).json()
    assert after == {**shown, "status": "CLOSED"}
    assert own.changes.counts == {("close task", task.id): 1}


@pytest.mark.parametrize(("due", "code"), [("2020-01-01T00:00:00Z", "invalid"), ("soon", "invalid")])
def test_a_due_date_must_lie_in_the_future(own: Company, call: httpx.Client, due: str, code: str) -> None:
    task = next(iter(own.tasks))
    assert refused(call.patch(f"/api/v1/tasks/{task.id}", json={"dueAt": due})) == ("dueAt", code)


def test_the_tasks_of_a_customer_are_listed_newest_first_and_by_status(own: Company, call: httpx.Client) -> None:
    customer = next(task.customer for task in own.tasks if len(own.tasks.of_customer(task.customer)) > 1)
    customer_id = own.customers.current_id(customer)
    path = f"/api/v1/customers/{customer_id}/tasks"
    times = [task["timestamp"] for task in call.get(path).json()]
    assert times == sorted(times, reverse=True)
    for status in ("OPEN", "CLOSED"):
        assert {task["status"] for task in call.get(path, params={"status": status}).json()} <= {status}
    assert call.get(path, params={"status": "DONE"}).status_code == 400
    assert call.get("/api/v1/customers/none-such/tasks").status_code == 404


def test_a_lost_answer_leaves_the_change_made(
    own: Company, open_server: DemoServer, call: httpx.Client, conversation: str
) -> None:
    open_server.faults.add("/api/v1/conversations/", method="PATCH", lose=True)
    with pytest.raises(httpx.RemoteProtocolError):
        close(call, conversation)
    assert own.changes.counts == {("close", conversation): 1}
    assert [seen.status for seen in open_server.seen] == [0]


def test_a_fault_can_strike_now_and_then(open_server: DemoServer, call: httpx.Client) -> None:
    open_server.faults.add("/api/v1/organization", status=503, times=2, every=3)
    statuses = [call.get("/api/v1/organization").status_code for _ in range(9)]
    assert statuses == [200, 200, 503, 200, 200, 503, 200, 200, 200]


def test_an_empty_company_has_no_tasks() -> None:
    assert len(Company.make_empty().tasks) == 0
