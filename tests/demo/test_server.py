"""The server answers as the contract says, with all its differences from one path to the next."""

from __future__ import annotations

import re
from urllib.parse import quote

import httpx
import pytest

from gladly_tools.demo import Company, DemoServer

from .conftest import UNLIMITED, caller, make_company


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("organization", {"id", "name", "loginDomain", "timezone", "gladlyUrl"}),
        ("agents", {"id", "name", "emailAddress"}),
        ("teams", {"id", "name", "description", "agentIds"}),
        ("inboxes", {"id", "name", "disabled"}),
        ("topics", {"id", "name", "disabled", "parentId"}),
        ("audiences", {"id", "name"}),
        ("answers", {"id", "name", "description", "audienceIds", "createdAt", "updatedAt"}),
    ],
)
def test_a_list_has_the_documented_fields(client: httpx.Client, path: str, fields: set[str]) -> None:
    answer = client.get(f"/api/v1/{path}")
    found = answer.json()
    records = found if isinstance(found, list) else [found]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert fields <= {name for record in records for name in record}


@pytest.mark.parametrize("path", ["agents", "teams", "inboxes", "topics", "answers"])
def test_one_of_a_list_is_found_by_its_id(client: httpx.Client, path: str) -> None:
    for record in client.get(f"/api/v1/{path}").json():
        assert client.get(f"/api/v1/{path}/{quote(record['id'], safe='')}").json() == record


def test_a_missing_value_is_null_in_one_record_and_no_field_in_another(client: httpx.Client) -> None:
    topics = client.get("/api/v1/topics").json()
    assert any("disabled" not in topic for topic in topics)
    assert any("parentId" not in topic for topic in topics)
    assert any("parentId" in topic and topic["parentId"] is None for topic in topics)


def test_times_come_with_any_number_of_digits(company: Company, client: httpx.Client) -> None:
    times = set()
    for place, conversation_id in enumerate(company.conversations):
        if place == 20:
            break
        times.add(client.get(f"/api/v1/conversations/{conversation_id}").json()["createdAt"])
    digits = {len(time.partition(".")[2].removesuffix("Z")) for time in times}
    assert digits == {0, 2, 3, 8, 9}


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("topics/x", dict),
        ("conversations/x", dict),
        ("customer-profiles/x", "single"),
        ("customers/x/conversations", "single"),
        ("answers/x", "single"),
        ("agents/x", list),
        ("nowhere", str),
        ("topics/", str),
    ],
)
def test_what_does_not_exist_is_404_in_every_shape(client: httpx.Client, path: str, shape: object) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    if shape is str:
        assert not answer.headers["content-type"].startswith("application/json")
        return
    body = answer.json()
    error = body[0] if shape is list else body["errors"] if shape == "single" else body["errors"][0]
    assert error["code"] == "not_exist"


def test_a_merged_customer_is_a_301_without_location(company: Company, client: httpx.Client) -> None:
    ids = {row["Customer ID"] for row in company.report_rows(company.timeline.first_day, company.timeline.last_day)}
    lengths = set()
    for first in ids:
        current, steps = first, 0
        while (answer := client.get(f"/api/v1/customer-profiles/{current}")).status_code == 301:
            assert "location" not in answer.headers
            (error,) = answer.json()["errors"]
            assert (error["attr"], error["code"], error["meta"]["old"]) == ("customerId", "moved", current)
            current, steps = error["meta"]["new"], steps + 1
        lengths.add(steps)
        if answer.status_code == 200:
            assert answer.json()["id"] == current == company.customers[first].id
        else:
            assert first not in company.customers
        if lengths == {0, 1, 2}:
            return
    pytest.fail(f"only chains of {lengths} steps")


def test_customers_are_found_by_what_they_gave(company: Company, client: httpx.Client) -> None:
    for place, customer_id in enumerate(company.customers):
        if place > 120:
            break
        customer = company.customers[customer_id]
        for mail in customer.emails:
            found = client.get("/api/v1/customer-profiles", params={"email": mail.original.upper()}).json()
            assert [one["id"] for one in found] == [customer_id]
        for phone in customer.phones:
            found = client.get("/api/v1/customer-profiles", params={"phoneNumber": phone.normalized}).json()
            assert customer_id in [one["id"] for one in found] or len(found) >= 50 or phone.type == "OFFICE"
        if customer.external_customer_id:
            query = {"externalCustomerId": customer.external_customer_id}
            assert client.get("/api/v1/customer-profiles", params=query).json()[0]["id"] == customer_id


def test_a_search_without_a_match_is_an_empty_list(client: httpx.Client) -> None:
    assert client.get("/api/v1/customer-profiles?email=nobody%40example.com").json() == []
    assert client.get("/api/v1/customer-profiles?phoneNumber=%2B15550").json() == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?name=x",
        "?email=a1@example.com&phoneNumber=%2B15550000001",
        "?email=",
        "?phoneNumber=+15550000001",
    ],
)
def test_a_search_by_anything_but_one_of_three_is_refused(client: httpx.Client, query: str) -> None:
    """The last one forgot to write the plus sign as %2B."""
    assert client.get("/api/v1/customer-profiles" + query).status_code == 400


def test_a_long_list_of_conversations_is_cut_and_says_so(company: Company, client: httpx.Client) -> None:
    wholesaler, other = company.customers.current_id(0), company.customers.current_id(30)
    large = make_company(conversations=5400)
    with DemoServer(large, limits=UNLIMITED) as serving, caller(serving) as calling:
        cut = calling.get(f"/api/v1/customers/{wholesaler}/conversations")
    newest = [one.id for one in large.conversations_of(wholesaler)][-100:]
    whole = client.get(f"/api/v1/customers/{other}/conversations")
    assert cut.headers["gladly-limited-data"] == "true"
    assert [one["id"] for one in cut.json()] == newest
    assert len(newest) == 100
    assert whole.headers["gladly-limited-data"] == "false"
    assert [one["id"] for one in whole.json()] == [one.id for one in company.conversations_of(other)]


def test_a_conversation_agrees_with_its_report_row(company: Company, client: httpx.Client) -> None:
    inboxes = {inbox.id: inbox.name for inbox in company.inboxes}
    names = {topic.id: topic.name for topic in company.topics}
    seen = set()
    for row in company.report_rows(company.timeline.last_day, company.timeline.last_day):
        answer = client.get(f"/api/v1/conversations/{row['Conversation ID']}")
        if row["Customer ID"] not in company.customers:
            assert answer.status_code == 404
            continue
        body = answer.json()
        seen.add(body["status"])
        assert {"OPEN": "OPEN", "WAITING": "OPEN", "CLOSED": "CLOSED"}[body["status"]] == row["Status"]
        assert inboxes[body["inboxId"]] == row["Inbox Name - Current"]
        assert (body.get("agentId") or "") == row["Assigned Agent ID - Current"]
        assert ",".join(names[topic_id] for topic_id in body.get("topicIds", [])) == row["Topics"]
        assert body["createdAt"][:19] == row["Created At"][:19]
        assert body.get("closedAt", "")[:19] == (row["Last Closed At"][:19] if body["status"] == "CLOSED" else "")
        assert company.customers[row["Customer ID"]].id == body["customerId"]
    assert seen == {"OPEN", "WAITING", "CLOSED"}


def test_answer_contents_are_told_apart_when_missing(company: Company, client: httpx.Client) -> None:
    full = max(company.answers, key=lambda answer: len(answer.contents))
    details = set()
    for answer in company.answers:
        for language in ("en-us", "es-419", "fr-ca"):
            reply = client.get(f"/api/v1/answers/{answer.id}/languages/{language}/type/public")
            assert reply.status_code == (200 if (language, "public") in answer.contents else 404)
            if reply.status_code == 404:
                details.add(reply.json()["errors"]["detail"])
    missing = client.get("/api/v1/answers/x/languages/en-us/type/public").json()["errors"]["detail"]
    assert len(details) == 1
    assert missing not in details
    (language, type_), content = next(iter(full.contents.items()))
    body = client.get(f"/api/v1/answers/{full.id}/languages/{language}/type/{type_}").json()
    assert (body["answerId"], body["bodyHtml"]) == (full.id, content.body_html)


@pytest.mark.parametrize(
    ("tail", "attrs"),
    [
        ("languages/xx/type/public", ["language"]),
        ("languages/EN-US/type/public", ["language"]),
        ("languages/en-us/type/voice", ["type"]),
        ("languages/de-de/type/voice", ["language", "type"]),
    ],
)
def test_a_wrong_language_or_type_is_refused(
    company: Company, client: httpx.Client, tail: str, attrs: list[str]
) -> None:
    answer = client.get(f"/api/v1/answers/{company.answers[0].id}/{tail}")
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == attrs


def test_public_answers_need_no_credentials_and_are_cut_by_name(company: Company, server: DemoServer) -> None:
    path = f"/api/v1/orgs/{company.organization.id}/answers"
    found = httpx.get(server.url + path, trust_env=False).json()
    names = [answer.name for answer in company.answers if ("en-us", "public") in answer.contents]
    assert [one["name"] for one in found] == sorted(names)
    audience = company.audiences[0].id
    of_audience = httpx.get(server.url + path, params={"lng": "es-419", "audienceId": audience}, trust_env=False).json()
    assert {one["language"] for one in of_audience} == {"es-419"}
    assert {one["id"] for one in of_audience} == {
        answer.id
        for answer in company.answers
        if ("es-419", "public") in answer.contents and audience in (answer.audience_ids or ())
    }
    assert all(re.search(r"\.\d{3}Z$", one["updatedAt"]) for one in found)
    with DemoServer(make_company(answers=1600), limits=UNLIMITED) as large:
        assert len(httpx.get(large.url + path, trust_env=False).json()) == 1000


def test_the_list_of_answers_may_not_be_there(company: Company) -> None:
    with DemoServer(company, publish_answers=False, limits=UNLIMITED) as server, caller(server) as calling:
        assert calling.get("/api/v1/answers").status_code == 404
        assert calling.get(f"/api/v1/answers/{company.answers[0].id}").status_code == 200


def test_credentials_decide_between_200_401_and_403(server: DemoServer) -> None:
    def status(auth: tuple[str, str] | None) -> int:
        return httpx.get(server.url + "/api/v1/organization", auth=auth, trust_env=False).status_code

    first, second = server.accounts
    assert status(first) == status(second) == 200
    assert status(None) == status((first.username, "wrong")) == status((first.username, second.api_token)) == 401
    assert status(server.account_without_permission) == 403


def test_every_request_is_remembered(server: DemoServer, client: httpx.Client) -> None:
    server.forget()
    client.get("/api/v1/customer-profiles", params={"email": "a b@example.com"})
    httpx.get(server.url + "/api/v1/topics/%2Dx", auth=server.accounts[1], trust_env=False)
    first, second = server.seen
    assert (first.method, first.path, first.query, first.status) == (
        "GET",
        "/api/v1/customer-profiles",
        "email=a b@example.com",
        200,
    )
    assert (second.path, second.status, second.username) == (
        "/api/v1/topics/-x",
        404,
        server.accounts[1].username,
    )
    assert first.at <= second.at


def test_a_server_can_be_stopped_and_started_again(company: Company) -> None:
    server = DemoServer(company, limits=UNLIMITED)
    for _ in range(2):
        server.start()
        with caller(server) as calling:
            assert calling.get("/api/v1/organization").status_code == 200
        server.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url, trust_env=False)
    server.stop()


@pytest.mark.parametrize("name", ["status", "drop", "cut", "delay"])
def test_a_planned_fault_strikes_as_often_as_planned(server: DemoServer, client: httpx.Client, name: str) -> None:
    path = "/api/v1/topics"
    if name == "status":
        server.faults.add("/api/v1/top", status=503, body="<html>", headers={"Retry-After": "7"}, times=2)
        for _ in range(2):
            answer = client.get(path)
            assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "<html>", "7")
            assert "ratelimit-limit-second" not in answer.headers
    elif name == "drop":
        server.faults.add(path, drop=True)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(path)
        assert server.seen[-1].status == 0
    elif name == "cut":
        server.faults.add(path, cut_after=10)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(path)
    else:
        server.faults.add(path, method="GET", delay=0.3)
        with pytest.raises(httpx.ReadTimeout):
            client.get(path, timeout=0.05)
    assert server.faults.left == 0
    assert client.get(path).status_code == 200
