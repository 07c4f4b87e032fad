"""Contact information: whole in spite of the row cap, right about customers, honest about what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer, Limits
from gladly_tools.errors import InputError, UnexpectedAnswer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.contact_information import ContactInformationParameters, estimate, sample
from gladly_tools.exports.conversation_report import REPORT_COLUMNS, match_columns
from gladly_tools.exports.customer_look_up import CUSTOMER_COLUMNS
from gladly_tools.exports.inputs import DateRange
from gladly_tools.jobs import Job, State
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import connect, settings_for
from tests.exports.test_every_export import notes_of, rows_of, table_of

EXPORT = EXPORTS["contact-information"]
ZONE = "America/New_York"


def parameters(first: int = 4, last: int = 12, **more: Any) -> ContactInformationParameters:
    dates = DateRange(first=date(2026, 3, first), last=date(2026, 3, last), zone=ZONE)
    return ContactInformationParameters(dates=dates, **{"customers": False, **more})


def run(runs: Runs, client: Client, account: Account, given: ContactInformationParameters) -> Job:
    return runs.run_here(account, client, EXPORT, given, lambda _ticket: None)


def ids(runs: Runs, account: Account, job: Job) -> list[str]:
    return sorted(row["Conversation ID"] for row in rows_of(table_of(runs, account, job)))


def test_a_range_over_many_caps_comes_out_whole_and_within_the_report_limit(
    company: Company, tmp_path: Path, open_runs: Callable[[Settings], Runs]
) -> None:
    cap = 60
    limits = Limits(requests_per_second=100_000, reports_per_minute=100_000, reports_in_flight=1, report_rows=cap)
    with DemoServer(company, limits=limits) as server:
        settings = settings_for(server, tmp_path / "data", report_row_cap=cap)
        runs = open_runs(settings)
        client, account = connect(server, settings)
        job = run(runs, client, account, parameters(1, 19))
        truth = sorted(row["Conversation ID"] for row in company.report_rows(date(2026, 3, 1), date(2026, 3, 19), ZONE))
        assert len(truth) > 8 * cap
        assert ids(runs, account, job) == truth
        assert job.state is State.DONE
        assert server.pressure.refused == 0
        assert server.pressure.most_reports_in_flight == 1


def test_a_day_over_the_cap_is_asked_for_by_inbox_and_what_may_be_missing_is_named(
    company: Company, tmp_path: Path, open_runs: Callable[[Settings], Runs]
) -> None:
    cap = 8
    limits = Limits(requests_per_second=100_000, reports_per_minute=100_000, reports_in_flight=1, report_rows=cap)
    with DemoServer(company, limits=limits) as server:
        settings = settings_for(server, tmp_path / "data", report_row_cap=cap)
        runs = open_runs(settings)
        client, account = connect(server, settings)
        job = run(runs, client, account, parameters(10, 10))
        truth = {row["Conversation ID"] for row in company.report_rows(date(2026, 3, 10), date(2026, 3, 10), ZONE)}
        found = ids(runs, account, job)
        assert len(found) == len(set(found))
        assert cap < len(found) <= len(truth)
        assert set(found) <= truth
        assert job.state is State.PARTIAL
        assert any(note.level == "partial" and "2026-03-10" in note.text for note in notes_of(runs, account, job))


def test_each_row_is_there_once_when_the_report_repeats_it(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company
) -> None:
    header = ",".join(column.name for column in REPORT_COLUMNS)
    row = next(iter(company.report_rows(date(2026, 3, 4), date(2026, 3, 4), ZONE)))
    line = ",".join('"' + row[column.name].replace('"', '""') + '"' for column in REPORT_COLUMNS)
    server.faults.add(
        "/api/v1/reports",
        status=200,
        body=f"\ufeff\r\n{header}\r\n{line}\r\n{line}\r\n",
        headers={"Content-Type": "text/csv"},
    )
    job = run(runs, client, account, parameters(4, 4))
    assert ids(runs, account, job) == [row["Conversation ID"]]
    assert any("twice" in note.text and note.count == 1 for note in notes_of(runs, account, job))


def test_without_the_look_ups_the_seven_columns_are_empty_and_no_customer_is_asked_for(
    runs: Runs, client: Client, account: Account, server: DemoServer
) -> None:
    job = run(runs, client, account, parameters())
    rows = rows_of(table_of(runs, account, job))
    assert all(row[column.name] is None for row in rows for column in CUSTOMER_COLUMNS)
    assert not any("customer" in seen.path for seen in server.seen)


def test_each_customer_is_asked_for_once_also_by_the_next_job(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company
) -> None:
    run(runs, client, account, parameters(4, 12, customers=True))
    asked = Counter(seen.path.rpartition("/")[2] for seen in server.seen if "/customer-profiles/" in seen.path)
    named = {row["Customer ID"] for row in company.report_rows(date(2026, 3, 4), date(2026, 3, 12), ZONE)}
    assert named <= set(asked)
    # A profile that others were merged into is reached by their ids too; nobody else is asked for twice.
    assert all(company.customers[customer_id].former_ids for customer_id, count in asked.items() if count > 1)
    server.forget()
    job = run(runs, client, account, parameters(4, 12, customers=True))
    assert not any("customer" in seen.path for seen in server.seen)
    assert any("remembered" in note.text for note in notes_of(runs, account, job))


def test_look_ups_are_not_shared_with_another_account(
    runs: Runs, client: Client, account: Account, server: DemoServer, settings: Settings
) -> None:
    run(runs, client, account, parameters(4, 5, customers=True))
    server.forget()
    other_client, other = connect(server, settings, account=1)
    run(runs, other_client, other, parameters(4, 5, customers=True))
    assert any("/customer-profiles/" in seen.path for seen in server.seen)


def test_deleted_and_merged_customers_are_counted(
    runs: Runs, client: Client, account: Account, company: Company
) -> None:
    job = run(runs, client, account, parameters(1, 19, customers=True))
    named = {row["Customer ID"] for row in company.report_rows(date(2026, 3, 1), date(2026, 3, 19), ZONE)}
    gone = sum(
        customer_id not in set(company.customers) and not is_known(company, customer_id) for customer_id in named
    )
    merged = sum(
        company.customers[customer_id].id != customer_id for customer_id in named if is_known(company, customer_id)
    )
    counts = {note.text.split(" ")[1]: note.count for note in notes_of(runs, account, job)}
    assert gone > 0
    assert merged > 0
    assert (counts["deleted"], counts["merged"]) == (gone, merged)


def is_known(company: Company, customer_id: str) -> bool:
    try:
        company.customers[customer_id]
    except KeyError:
        return False
    return True


def test_an_inbox_that_does_not_exist_is_told_at_its_field(runs: Runs, client: Client, account: Account) -> None:
    with pytest.raises(InputError) as refused:
        run(runs, client, account, parameters(inbox_ids=("nope",)))
    assert refused.value.field == "inbox_ids"


def test_only_the_chosen_inboxes_are_exported(runs: Runs, client: Client, account: Account, company: Company) -> None:
    inbox = company.inboxes[0].id
    job = run(runs, client, account, parameters(inbox_ids=(inbox,)))
    truth = company.report_rows(date(2026, 3, 4), date(2026, 3, 12), ZONE, inbox_ids=(inbox,))
    assert ids(runs, account, job) == sorted(row["Conversation ID"] for row in truth)


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ("Conversation ID", "Conversation ID"),
        ("conversation  id", "Conversation ID"),
        ("Assigned Agent ID \u2013 Current", "Assigned Agent ID - Current"),
        ("Created-to-First Closed Time", "Created-to-First Closed Time in seconds"),
        ("Something new", ""),
    ],
)
def test_column_names_are_matched_in_any_usual_spelling(sent: str, known: str) -> None:
    assert match_columns([sent]) == [known]


def test_two_columns_for_one_name_are_not_mixed() -> None:
    sent = ["Created-to-First Closed Time", "Created-to-First Closed Time in seconds", "Status", "status"]
    assert match_columns(sent) == ["Created-to-First Closed Time in seconds", "", "Status", ""]


def test_a_report_with_new_and_missing_columns_is_taken_and_says_so(
    runs: Runs, client: Client, account: Account, server: DemoServer
) -> None:
    server.faults.add(
        "/api/v1/reports",
        status=200,
        body="Conversation ID,Customer ID,Mood\nc1,k1,sunny\n",
        headers={"Content-Type": "text/csv"},
    )
    job = run(runs, client, account, parameters(4, 4))
    assert job.state is State.PARTIAL
    assert [row["Customer ID"] for row in rows_of(table_of(runs, account, job))] == ["k1"]
    said = {note.level: note.text for note in notes_of(runs, account, job)}
    assert "Mood" in said["info"]
    assert "Created At" in said["partial"]


def test_report_lines_of_the_wrong_length_are_counted_by_what_became_of_them(
    runs: Runs, client: Client, account: Account, server: DemoServer
) -> None:
    header = ",".join(column.name for column in REPORT_COLUMNS)
    rest = "," * (len(REPORT_COLUMNS) - 5)
    good, short, long = f"UTC,,,c1,k1{rest}", "UTC,,,c2,k2", f"UTC,,,c3,k3{rest},surplus"
    server.faults.add(
        "/api/v1/reports", status=200, body="\n".join((header, good, short, long)), headers={"Content-Type": "text/csv"}
    )
    job = run(runs, client, account, parameters(4, 4))
    assert job.state is State.PARTIAL
    assert ids(runs, account, job) == ["c1", "c2"]
    counts = {note.text: note.count for note in notes_of(runs, account, job)}
    assert [count for text, count in counts.items() if "fewer cells" in text] == [1]
    assert [count for text, count in counts.items() if "more cells" in text] == [1]


def test_a_report_without_its_key_is_refused(runs: Runs, client: Client, account: Account, server: DemoServer) -> None:
    server.faults.add("/api/v1/reports", status=200, body="A,B\n1,2\n", headers={"Content-Type": "text/csv"})
    with pytest.raises(UnexpectedAnswer):
        run(runs, client, account, parameters(4, 4))


def test_an_estimate_needs_to_know_how_many_customers_a_day_has() -> None:
    given = parameters(1, 19, customers=True)
    assert estimate(given, Settings(), {}) is None
    found = estimate(given, Settings(), {"customers_per_day": 100})
    assert found is not None
    assert (found.reports, found.requests) == (3, 1900)
    assert found.seconds == pytest.approx(193)


def test_without_look_ups_the_estimate_is_the_reports_alone() -> None:
    dates = DateRange(first=date(2026, 1, 1), last=date(2026, 12, 31), zone="UTC")
    found = estimate(ContactInformationParameters(dates=dates, customers=False), Settings(), {})
    assert found is not None
    assert (found.reports, found.requests) == (53, 0)
    assert found.seconds > 4 * 60, "ten reports a minute"


def test_a_sample_counts_the_customers_of_one_day(client: Client, settings: Settings, company: Company) -> None:
    given = parameters(10, 10, customers=True)
    found = list(company.report_rows(date(2026, 3, 10), date(2026, 3, 10), ZONE))
    named = {row["Customer ID"] for row in found}
    assert sample(client, settings, given) == {"days": 1, "customers": len(named), "conversations": len(found)}


def test_a_finished_export_teaches_the_next_estimate(
    runs: Runs, client: Client, account: Account, company: Company
) -> None:
    assert runs.known(account) == {}
    run(runs, client, account, parameters(9, 10))
    found = list(company.report_rows(date(2026, 3, 9), date(2026, 3, 10), ZONE))
    named = {row["Customer ID"] for row in found}
    assert runs.known(account) == {"customers_per_day": len(named) / 2, "conversations_per_day": len(found) / 2}


def test_an_odd_profile_costs_its_own_columns_and_no_others(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company
) -> None:
    named = sorted({row["Customer ID"] for row in company.report_rows(date(2026, 3, 4), date(2026, 3, 4), ZONE)})
    server.faults.add(f"/api/v1/customer-profiles/{named[0]}", status=200, body="[]")
    job = run(runs, client, account, parameters(4, 4, customers=True))
    assert job.state is State.PARTIAL
    rows = rows_of(table_of(runs, account, job))
    assert {row["Customer ID"] for row in rows} == set(named)
    assert any("did not send as it should" in note.text and note.count == 1 for note in notes_of(runs, account, job))
    again = run(runs, client, account, parameters(4, 4, customers=True))
    assert again.state is State.DONE, "what could not be read is asked for again, not remembered"


def test_a_result_says_the_same_of_its_customers_when_they_are_remembered(
    runs: Runs, client: Client, account: Account
) -> None:
    def said(job: Job) -> dict[str, int]:
        return {note.text: note.count for note in notes_of(runs, account, job) if "remembered" not in note.text}

    first = run(runs, client, account, parameters(1, 19, customers=True))
    second = run(runs, client, account, parameters(1, 19, customers=True))
    assert said(first) == said(second) != {}


def test_conversations_without_an_id_all_stay(runs: Runs, client: Client, account: Account, server: DemoServer) -> None:
    header = ",".join(column.name for column in REPORT_COLUMNS)
    blank = "UTC,,,," + "," * (len(REPORT_COLUMNS) - 5)
    server.faults.add(
        "/api/v1/reports", status=200, body="\n".join((header, blank, blank)), headers={"Content-Type": "text/csv"}
    )
    job = run(runs, client, account, parameters(4, 4))
    assert (job.state, job.row_count) == (State.DONE, 2)
