"""Reports: what may be asked for, which rows come, and what happens when there are too many."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import httpx
import pytest

from gladly_tools.demo import COLUMNS, Company, DemoServer, Limits

from .conftest import TODAY, ask_report, caller, make_company, read_csv

FIRST_DAY = TODAY - dt.timedelta(days=39)
WEEK = {"startAt": "2026-03-02", "endAt": "2026-03-08"}


def by_id(rows: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    return {row["Conversation ID"]: row for row in rows}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
def test_a_report_holds_the_days_of_its_zone(company: Company, client: httpx.Client, zone: str) -> None:
    answer = ask_report(client, **WEEK, timezone=zone)
    rows = read_csv(answer)
    assert by_id(rows) == by_id(list(company.report_rows(dt.date(2026, 3, 2), dt.date(2026, 3, 8), zone)))
    assert len(by_id(rows)) == len(rows) > 100
    assert {row["Created At"][:10] for row in rows} == {f"2026-03-0{day}" for day in range(2, 9)}
    assert {row["Timezone Filter"] for row in rows} == {zone}


def test_a_report_is_a_file_with_crlf_and_no_order(client: httpx.Client) -> None:
    answer = ask_report(client, **WEEK, timezone="UTC")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=ConversationExportReport-20260302-20260308.csv"
    )
    assert answer.content.startswith(b"Timezone Filter,Inboxes Filter,Created At,")
    assert answer.content.endswith(b"\r\n")
    created = [row["Created At"] for row in read_csv(answer)]
    assert created != sorted(created)
    assert created != sorted(created, reverse=True)
    assert ask_report(client, **WEEK, timezone="UTC").content == answer.content


def test_times_are_rendered_in_the_zone_with_its_changing_offset(client: httpx.Client) -> None:
    days = {"startAt": "2026-03-07", "endAt": "2026-03-09"}
    local = by_id(read_csv(ask_report(client, **days)))  # without a zone: the organization's
    utc = by_id(read_csv(ask_report(client, startAt="2026-03-06", endAt="2026-03-10", timezone="UTC")))
    assert {text[-6:] for text in (row["Created At"] for row in local.values())} == {"-05:00", "-04:00"}
    for key, row in local.items():
        assert utc[key]["Created At"].endswith("Z")
        assert dt.datetime.fromisoformat(row["Created At"]) == dt.datetime.fromisoformat(utc[key]["Created At"])


def test_the_day_on_which_the_clocks_change_has_23_hours() -> None:
    company = make_company(conversations=400_000)
    zone = ZoneInfo("America/New_York")
    hours = {one.created_at.astimezone(zone).hour for one in company.conversations.on(dt.date(2026, 3, 8))}
    assert hours == set(range(24)) - {2}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_days_asked_one_by_one_make_the_whole(company: Company, zone: str) -> None:
    days = [FIRST_DAY + dt.timedelta(days=index) for index in range(-1, 42)]
    single = [row for day in days for row in company.report_rows(day, day, zone)]
    assert single == list(company.report_rows(days[0], days[-1], zone))
    assert len({row["Conversation ID"] for row in single}) == len(single) > 1400


def test_inboxes_part_a_report(company: Company, client: httpx.Client) -> None:
    whole = by_id(read_csv(ask_report(client, **WEEK)))
    parts: dict[str, dict[str, str]] = {}
    for inbox in company.inboxes:
        part = by_id(read_csv(ask_report(client, **WEEK, filters={"inboxes": [inbox.id]})))
        assert {row["Inbox ID - Current"] for row in part.values()} <= {inbox.id}
        assert {row["Inboxes Filter"] for row in part.values()} <= {inbox.name}
        parts |= part
    assert parts.keys() == whole.keys()
    assert {row["Inboxes Filter"] for row in whole.values()} == {""}


def test_too_many_rows_are_lost_without_a_sign(company: Company) -> None:
    days = {"startAt": f"{FIRST_DAY}", "endAt": f"{TODAY}"}
    with DemoServer(company, limits=Limits(report_rows=500)) as server, caller(server) as calling:
        answer = ask_report(calling, **days)
        exact = ask_report(calling, **WEEK)
    rows = read_csv(answer)
    truth = list(company.report_rows(FIRST_DAY, TODAY, "America/New_York"))
    lost = by_id(truth).keys() - by_id(rows).keys()
    assert answer.status_code == 200
    assert len(by_id(rows)) == len(rows) == 500
    assert by_id(rows).items() <= by_id(truth).items()
    lost_days = {by_id(truth)[key]["Created At"][:10] for key in lost}
    assert len(lost_days) > 30
    assert len(read_csv(exact)) < 500


def test_a_window_without_rows_is_a_header_or_nothing(client: httpx.Client) -> None:
    before = ask_report(client, startAt="2019-01-01", endAt="2019-01-31")
    after = ask_report(client, startAt="2031-01-01", endAt="2031-01-31")
    assert (before.status_code, before.content) == (after.status_code, after.content) == (200, b"")
    with DemoServer(Company.make_empty()) as server, caller(server) as calling:
        today = dt.datetime.now(dt.UTC).date()
        empty = ask_report(calling, startAt=f"{today - dt.timedelta(days=2)}", endAt=f"{today}")
    assert empty.content == ",".join(COLUMNS).encode() + b"\r\n"


def test_an_end_in_the_future_is_fine(company: Company, client: httpx.Client) -> None:
    rows = read_csv(ask_report(client, startAt=f"{TODAY}", endAt="2027-01-01"))
    assert by_id(rows) == by_id(list(company.report_rows(TODAY, TODAY, "America/New_York")))


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"metricSet": None}, [("metricSet", "blank")]),
        ({"metricSet": "conversationExportReport"}, [("metricSet", "invalid")]),
        ({"startAt": None}, [("startAt", "blank")]),
        ({"startAt": "02.03.2026"}, [("startAt", "invalid")]),
        ({"startAt": "20260302"}, [("startAt", "invalid")]),
        ({"endAt": "2026-02-30"}, [("endAt", "invalid")]),
        ({"endAt": "2026-03-01"}, [("endAt", "invalid")]),
        ({"timezone": "Mars/Olympus"}, [("timezone", "invalid")]),
        ({"startAtTime": "2026-03-02T09:15Z"}, [("startAtTime", "invalid")]),
        ({"aggregationLevel": "daily"}, [("aggregationLevel", "invalid")]),
        ({"aggregationLevel": "hourly"}, [("aggregationLevel", "invalid")]),
        ({"filters": {"phoneNumber": "+15550000000"}}, [("filters.phoneNumber", "invalid")]),
        ({"filters": {"inboxes": ["nowhere"]}}, [("filters.inboxes", "present")]),
        (
            {"filters": {"teams": [], "inboxes": ["nowhere"]}, "aggregationLevel": "hourly"},
            [("aggregationLevel", "invalid"), ("filters.teams", "invalid"), ("filters.inboxes", "present")],
        ),
    ],
)
def test_a_wrong_request_is_refused_with_every_reason(
    client: httpx.Client, change: dict[str, object], reasons: list[tuple[str, str]]
) -> None:
    answer = ask_report(client, **{**WEEK, **change})
    assert answer.status_code == 400
    assert [(error["attr"], error["code"]) for error in answer.json()["errors"]] == reasons


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"'])
def test_a_body_that_is_no_object_is_refused(client: httpx.Client, body: bytes) -> None:
    assert client.post("/api/v1/reports", content=body).status_code == 400


def test_answer_usage_names_answers_that_no_list_shows(company: Company, client: httpx.Client) -> None:
    answer = ask_report(client, **WEEK, metricSet="AnswerUsageReport", aggregationLevel="weekly")
    rows = read_csv(answer)
    ids = {row["Answer ID"] for row in rows}
    known = {one.id for one in company.answers}
    private = {one.id for one in company.answers if not any(type_ == "public" for _, type_ in one.contents)}
    assert answer.headers["content-disposition"].endswith("AnswerUsageReport-20260302-20260308-Weekly.csv")
    assert ids & private
    assert len(ids - known) == 1
    assert {row["Date"] for row in rows} == {"2026-03-02"}
