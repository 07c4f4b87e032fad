"""The company is made up, but always in the same way and without contradictions."""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo

import pytest

from gladly_tools.demo import COLUMNS, Company
from gladly_tools.demo.ids import Ids, Kind
from gladly_tools.demo.timeline import Visits, midnight

from .conftest import NOW, TODAY, make_company

FIRST_DAY = TODAY - dt.timedelta(days=39)


def rows_of(company: Company) -> list[dict[str, str]]:
    """All rows so far; in UTC the last evening belongs to the day after."""
    return list(company.report_rows(FIRST_DAY, TODAY + dt.timedelta(days=1)))


def test_the_same_arguments_make_the_same_company() -> None:
    assert rows_of(make_company()) == rows_of(make_company())
    assert make_company().answers == make_company().answers


def test_another_seed_makes_another_company(company: Company) -> None:
    other = make_company(seed=8)
    assert not {topic.id for topic in company.topics} & {topic.id for topic in other.topics}
    assert rows_of(company) != rows_of(other)


def test_days_can_be_read_in_any_order() -> None:
    late_first, early_first = make_company(), make_company()
    late = list(late_first.report_rows(TODAY, TODAY))
    early = list(early_first.report_rows(FIRST_DAY, FIRST_DAY))
    assert late == list(early_first.report_rows(TODAY, TODAY))
    assert early == list(late_first.report_rows(FIRST_DAY, FIRST_DAY))


def test_all_conversations_are_there_once_the_last_day_is_over() -> None:
    company = make_company(now=lambda: NOW + dt.timedelta(days=1))
    rows = rows_of(company)
    assert len({row["Conversation ID"] for row in rows}) == len(rows) == 1500


def test_nothing_shows_what_has_not_happened_yet(company: Company) -> None:
    now = f"{NOW:%Y-%m-%dT%H:%M:%S.000Z}"
    rows = rows_of(company)
    assert 1450 < len(rows) < 1500
    for column in ("Created At", "First Closed At", "Last Closed At"):
        assert max(row[column] for row in rows) <= now
    future = max(company.conversations.on(TODAY), key=lambda one: one.created_at)
    assert future.created_at > NOW
    assert future.id not in company.conversations


def test_a_conversation_closes_when_its_time_comes() -> None:
    moment = NOW
    company = make_company(now=lambda: moment)
    one = next(one for one in company.conversations.on(TODAY) if one.closes and one.closes[0].at > NOW > one.created_at)
    (before,) = (row for row in rows_of(company) if row["Conversation ID"] == one.id)
    moment = one.closes[-1].at
    (after,) = (row for row in rows_of(company) if row["Conversation ID"] == one.id)
    assert (before["Status"], before["Last Closed At"], before["Times Closed"]) == ("OPEN", "", "0")
    assert after["Last Closed At"]
    assert after["Times Closed"] == str(len(one.closes))


def test_recent_conversations_are_open_more_often(company: Company) -> None:
    rows = rows_of(company)
    recent = [row["Status"] for row in rows if row["Created At"] >= "2026-03-19"]
    old = [row["Status"] for row in rows if row["Created At"] < "2026-03-01"]
    assert recent.count("OPEN") / len(recent) > 5 * old.count("OPEN") / len(old)
    assert "MERGED" in old


def test_weekends_are_quiet_and_mondays_busy(company: Company) -> None:
    sizes: dict[int, list[int]] = {}
    for back in range(35):
        day = TODAY - dt.timedelta(days=back)
        sizes.setdefault(day.weekday(), []).append(len(company.timeline.numbers(day)))
    by_weekday = [sum(sizes[weekday]) for weekday in range(7)]
    assert max(by_weekday) == by_weekday[0]
    assert max(by_weekday[5:]) < min(by_weekday[:5])


def test_a_row_is_consistent_in_itself(company: Company) -> None:
    for row in rows_of(company):
        assert tuple(row) == COLUMNS
        assert (row["First Closed At"] == "") == (row["Times Closed"] == "0")
        assert row["Created At"] < (row["First Closed At"] or "9") <= (row["Last Closed At"] or "9")
        assert row["Status"] != "OPEN" or int(row["Times Closed"]) == int(row["Times Reopened"])
        assert row["Is FCR Success"] != "true" or row["Is FCR Eligible"] == "true"
        assert (row["Topics"] == "") == (row["Topics with Hierarchy"] == "")


def test_merged_conversations_name_each_other(company: Company) -> None:
    rows = {row["Conversation ID"]: row for row in rows_of(company)}
    named = {row["Merged Conversations"] for row in rows.values()} - {""}
    assert named
    assert named == {key for key, row in rows.items() if row["Status"] == "MERGED"}


def test_reports_name_merged_and_deleted_customers(company: Company) -> None:
    ids = {row["Customer ID"] for row in rows_of(company)}
    merged = [one for one in ids if company.customers.moved_to(one)]
    chains = [one for one in merged if company.customers.moved_to(company.customers.moved_to(one) or "")]
    deleted = [one for one in ids if one not in company.customers]
    assert chains
    assert len(merged) > len(chains)
    assert deleted
    assert len(merged) + len(deleted) < len(ids) / 10
    with pytest.raises(KeyError):
        company.customers[deleted[0]]


def test_topics_hold_every_trap(company: Company) -> None:
    by_id = {topic.id: topic for topic in company.topics}
    assert len({topic_id.lower() for topic_id in by_id}) == len(by_id) - 1
    assert {"-", "_"} <= {topic_id[0] for topic_id in by_id}
    assert any(topic.parent_id and topic.parent_id not in by_id for topic in company.topics)
    assert {company.topic_path(topic.id) for topic in company.topics} >= {
        "Chicken>>Egg",
        "Egg>>Chicken",
        "Left behind",
        "Orders>>Order status>>Delayed order",
    }
    assert {topic.disabled for topic in company.topics} == {True, False, None}


def test_a_quarter_of_the_answers_has_no_public_content(company: Company) -> None:
    private = [answer for answer in company.answers if not any(type_ == "public" for _, type_ in answer.contents)]
    assert len(company.answers) == 40
    assert 10 <= len(private) <= 14
    assert any(not answer.contents for answer in company.answers)


def test_no_email_or_mobile_number_belongs_to_two_customers(company: Company) -> None:
    customers = [company.customers[customer_id] for customer_id in company.customers]
    emails = [mail.normalized for customer in customers for mail in customer.emails]
    mobiles = [phone.normalized for customer in customers for phone in customer.phones if phone.type == "MOBILE"]
    assert len(emails) == len(set(emails)) > 0
    assert len(mobiles) == len(set(mobiles)) > 0
    assert any(not customer.emails for customer in customers)
    assert all(sum(bool(phone.primary) for phone in customer.phones) <= 1 for customer in customers)
    assert {phone.type for customer in customers for phone in customer.phones} >= {
        "HOME",
        "MOBILE",
        "OFFICE",
        "",
        None,
    }


@pytest.mark.parametrize("conversations", [1, 2, 3, 10, 97, 1500])
def test_visits_can_be_read_both_ways(conversations: int) -> None:
    visits = Visits(conversations=conversations, customers=-(-conversations * 7 // 10))
    there = [visits.customer(number) for number in range(conversations)]
    back = {number: customer for customer in range(visits.customers) for number in visits.numbers(customer)}
    assert back == dict(enumerate(there))
    assert set(there) == set(range(visits.customers))


def test_an_id_can_be_read_back_only_as_what_it_is() -> None:
    ids = Ids(7)
    made = [ids.make(Kind.CONVERSATION, number) for number in range(2000)]
    assert all(len(one) == 22 for one in made)
    assert [ids.read(Kind.CONVERSATION, one) for one in made] == list(range(2000))
    assert {one[0] for one in made} >= {"-", "_"}
    for text in ("", "x", made[0][:-1], made[0] + "A", made[0].swapcase(), "é" * 22, "=" * 22):
        assert ids.read(Kind.CONVERSATION, text) is None
    assert ids.read(Kind.CUSTOMER, made[0]) is None
    assert Ids(8).read(Kind.CONVERSATION, made[0]) is None


def test_midnight_knows_days_that_begin_later() -> None:
    """In Cairo the clocks went from midnight to one on that day."""
    assert midnight(dt.date(2024, 4, 26), ZoneInfo("Africa/Cairo")) == dt.datetime(2024, 4, 25, 22, tzinfo=dt.UTC)


def test_an_empty_company_has_nothing() -> None:
    company = Company.make_empty()
    today = dt.datetime.now(dt.UTC).date()
    assert not company.topics
    assert not company.answers
    assert not list(company.report_rows(today - dt.timedelta(days=9), today))
    assert list(company.customers) == list(company.conversations) == []


def test_a_million_conversations_cost_nothing_until_asked_for() -> None:
    began = time.process_time()
    company = make_company(days=365, conversations=1_000_000)
    row = next(company.report_rows(TODAY - dt.timedelta(days=300), TODAY))
    assert company.conversations[row["Conversation ID"]].id == row["Conversation ID"]
    assert time.process_time() - began < 5
