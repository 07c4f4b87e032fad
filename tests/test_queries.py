"""An account's own SQL: its tables and their names, how many queries run, how long answers stay, and for whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import Cancelled, NotFoundError, QueryError, TryLaterError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange, Parameters
from gladly_tools.exports.search_questions import Where
from gladly_tools.jobs import Job
from gladly_tools.queries import KEEP_SECONDS, MOST_ANSWERS, AskedQuery, Queries
from gladly_tools.results.download import Format
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from tests.clocks import Clock
from tests.conftest import connect
from tests.exports.truth import daily_job

ENDLESS = "SELECT sum(a.range * b.range) FROM range(9999999) a, range(9999999) b"
ALL = Query()


@pytest.fixture
def clock() -> Clock[float]:
    return Clock(0.0)


@pytest.fixture
def queries(runs: Runs, clock: Clock[float]) -> Iterator[Queries]:
    made = Queries(runs, clock=clock)
    yield made
    made.close()


def run(runs: Runs, client: Client, account: Account, name: str, **given: object) -> Job:
    parameters: Parameters = EXPORTS[name].parameters(**given)
    return runs.run_here(account, client, EXPORTS[name], parameters, lambda _ticket: None)


def week(runs: Runs, client: Client, account: Account, first: int) -> Job:
    dates = DateRange(first=date(2026, 3, first), last=date(2026, 3, first + 2), zone="America/New_York")
    return run(runs, client, account, "contact-information", dates=dates, customers=False)


@pytest.fixture
def job(runs: Runs, client: Client, account: Account) -> Job:
    return run(runs, client, account, "inboxes")


def ask(queries: Queries, account: Account, job: Job, text: str, **more: object) -> AskedQuery:
    tables = queries.tables(account, job, **{"query": ALL, "zone": "UTC", **more})  # type: ignore[arg-type]
    asked = queries.start(account, text, tables, zone="UTC")
    assert asked.wait(30)
    return asked


def rows_of(asked: AskedQuery) -> list[dict[str, object]]:
    assert asked.answer is not None, asked.error
    rows: list[dict[str, object]] = json.loads(b"".join(asked.answer.encode(Format.JSON)))
    return rows


def test_results_have_names_by_what_they_are_about_and_the_list_says_which_is_which(
    runs: Runs, queries: Queries, client: Client, account: Account, job: Job
) -> None:
    first, second = week(runs, client, account, 9), week(runs, client, account, 16)
    tables = {table.name: table for table in queries.tables(account, job, query=ALL, zone="UTC")}
    assert list(tables) == ["result", "filtered", "contact_information_2026_03_16", "contact_information_2026_03_09"]
    table = tables["contact_information_2026_03_09"]
    assert "Export Conversation Contact Information" in table.about
    assert "2026-03-09 to 2026-03-11" in table.about
    assert table.rows == first.row_count
    assert {"Created At", "Conversation ID"} <= set(table.column_names)
    asked = ask(
        queries,
        account,
        job,
        "SELECT (SELECT count(*) FROM contact_information_2026_03_09) AS a,"
        " (SELECT count(*) FROM CONTACT_information_2026_03_16) AS b",
    )
    assert rows_of(asked) == [{"a": first.row_count, "b": second.row_count}]


def test_two_results_of_a_day_are_both_told_apart_by_their_time(
    runs: Runs, queries: Queries, client: Client, account: Account, job: Job
) -> None:
    twins = [week(runs, client, account, 9) for _ in range(2)]
    names = [table.name for table in queries.tables(account, job, query=ALL, zone="UTC")][2:]
    assert len(set(names)) == 2
    assert all(name.startswith("contact_information_2026_03_09_") for name in names)
    runs.delete(account, twins[0].id)
    assert [table.name for table in queries.tables(account, job, query=ALL, zone="UTC")][2:] == [
        "contact_information_2026_03_09"
    ]


def test_each_table_of_a_result_of_several_has_a_name(
    runs: Runs, queries: Queries, client: Client, account: Account, company: Company, job: Job
) -> None:
    found = run(runs, client, account, "file-export", where=Where(job_ids=(daily_job(company).id,)))
    tables = {table.name for table in queries.tables(account, found, table="agents", query=ALL, zone="UTC")}
    assert {"result", "conversation_items", "agents", "customers", "topics"} <= tables
    asked = ask(
        queries,
        account,
        found,
        "SELECT (SELECT count(*) FROM result) AS r, (SELECT count(*) FROM agents) AS a,"
        " (SELECT count(*) FROM conversation_items) AS i",
        table="agents",
    )
    (counts,) = rows_of(asked)
    assert counts["r"] == counts["a"]
    assert counts["i"] == found.row_count
    from_elsewhere = {table.name for table in queries.tables(account, job, query=ALL, zone="UTC")}
    assert any(name.startswith("file_export_") and name.endswith("_conversation_items") for name in from_elsewhere)


def test_the_filtered_rows_follow_the_filters(runs: Runs, queries: Queries, account: Account, job: Job) -> None:
    query = Query(conditions=(Condition(column="disabled", operator=Operator.IS_TRUE),))
    result = runs.result(account, job.id)
    assert result is not None
    asked = ask(queries, account, job, "SELECT count(*) AS n FROM filtered", query=query)
    assert rows_of(asked) == [{"n": Table(result).count(query)}]


def test_another_accounts_results_and_queries_are_absent(
    runs: Runs, queries: Queries, server: DemoServer, account: Account, job: Job
) -> None:
    other_client, other = connect(server, runs.settings, account=1)
    theirs = run(runs, other_client, other, "topics")
    other_client.close()
    assert all(theirs.id not in table.sql for table in queries.tables(account, job, query=ALL, zone="UTC"))
    with pytest.raises(NotFoundError):
        queries.tables(account, theirs, query=ALL, zone="UTC")
    asked = ask(queries, account, job, "SELECT * FROM result")
    for attempt in (queries.get, queries.stop):
        with pytest.raises(NotFoundError):
            attempt(other, asked.id)
    failed = ask(queries, account, job, f"SELECT * FROM '{theirs.id}/rows.parquet'")
    assert isinstance(failed.error, QueryError)


def test_an_account_runs_so_many_queries_at_once_and_another_is_not_held_up(
    runs: Runs, queries: Queries, server: DemoServer, account: Account, job: Job
) -> None:
    tables = queries.tables(account, job, query=ALL, zone="UTC")
    running = [queries.start(account, ENDLESS, tables, zone="UTC") for _ in range(runs.settings.sql_queries_at_once)]
    with pytest.raises(TryLaterError, match="2 of your queries are running"):
        queries.start(account, "SELECT 1", tables, zone="UTC")
    other_client, other = connect(server, runs.settings, account=1)
    theirs = run(runs, other_client, other, "topics")
    other_client.close()
    assert rows_of(ask(queries, other, theirs, "SELECT 1 AS one")) == [{"one": 1}]
    for each in running:
        queries.stop(account, each.id)
        assert each.wait(10)
        assert isinstance(each.error, Cancelled)
    assert rows_of(ask(queries, account, job, "SELECT 1 AS one")) == [{"one": 1}]


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("gladly_tools.queries.engine_for", OSError("no space left on device")),
        ("threading.Thread.start", RuntimeError("can't start new thread")),
    ],
)
def test_queries_that_cannot_begin_do_not_keep_the_account_from_asking(
    runs: Runs,
    queries: Queries,
    account: Account,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    error: Exception,
) -> None:
    def fail(*_given: object) -> None:
        raise error

    tables = queries.tables(account, job, query=ALL, zone="UTC")
    for _ in range(runs.settings.sql_queries_at_once):
        with monkeypatch.context() as patch:
            patch.setattr(what, fail)
            with pytest.raises(type(error)):
                queries.start(account, "SELECT 1", tables, zone="UTC")
    assert rows_of(ask(queries, account, job, "SELECT 1 AS one")) == [{"one": 1}]


def test_an_answer_goes_with_the_result_it_was_made_of_and_no_other(
    runs: Runs, queries: Queries, client: Client, account: Account, job: Job
) -> None:
    other = run(runs, client, account, "topics")
    asked = ask(queries, account, job, "SELECT * FROM result")
    assert asked.answer is not None
    runs.delete(account, other.id)
    assert queries.get(account, asked.id).answer is not None
    runs.delete(account, job.id)
    with pytest.raises(NotFoundError):
        queries.get(account, asked.id)
    assert not asked.answer.path.exists()


def test_answers_are_kept_for_a_time_and_the_latest_alone(
    queries: Queries, account: Account, job: Job, clock: Clock[float]
) -> None:
    every = []
    for number in range(MOST_ANSWERS + 1):
        clock.now += 1
        every.append(ask(queries, account, job, f"SELECT {number} AS n"))
    queries.forget_old()
    assert [each.answer is not None and each.answer.path.exists() for each in every] == [False] + [True] * MOST_ANSWERS
    clock.now += KEEP_SECONDS + 1
    queries.forget_old()
    assert not any(each.answer is not None and each.answer.path.exists() for each in every)
    with pytest.raises(NotFoundError):
        queries.get(account, every[-1].id)


def test_closing_stops_what_runs_and_deletes_every_answer(queries: Queries, account: Account, job: Job) -> None:
    asked = ask(queries, account, job, "SELECT 1")
    running = queries.start(account, ENDLESS, queries.tables(account, job, query=ALL, zone="UTC"), zone="UTC")
    queries.close()
    assert isinstance(running.error, Cancelled)
    assert asked.answer is not None
    assert not asked.answer.path.exists()


def test_old_answers_go_when_old_results_do(
    runs: Runs, queries: Queries, account: Account, job: Job, clock: Clock[float]
) -> None:
    asked = ask(queries, account, job, "SELECT 1")
    clock.now += KEEP_SECONDS + 1
    runs.sweep()
    assert asked.answer is not None
    assert not asked.answer.path.exists()
