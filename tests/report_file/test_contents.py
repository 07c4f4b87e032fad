"""Every figure of a report is the same as counted from the CSV, filtered or not, and its words are the export's."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from statistics import median
from zoneinfo import ZoneInfo

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.charts import Chart
from gladly_tools.demo import Company
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange
from gladly_tools.names import Names
from gladly_tools.report_file import can_report, page, report_of
from gladly_tools.results.download import Format, encode
from gladly_tools.results.manifest import Note
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from tests.conftest import NOW
from tests.exports.test_every_export import run
from tests.report_file.reading import Element, facts_of, headline_of, parsed, table_of

ZONE = "America/New_York"
SECONDS = "Conversation Handle Time in seconds"
BY_MAIL = Query(conditions=(Condition(column="First Channel", operator=Operator.ONE_OF, values=("EMAIL",)),))
EVERY_ROW = Query()


@pytest.fixture
def result(runs: Runs, client: Client, account: Account) -> Result:
    export = EXPORTS["contact-information"]
    dates = DateRange(first=date(2026, 3, 6), last=date(2026, 3, 12), zone=ZONE)
    job = runs.run_here(account, client, export, export.parameters(dates=dates, customers=False), lambda _ticket: None)
    found = runs.result(account, job.id)
    assert found is not None
    return found


def rows_of(result: Result, query: Query) -> list[dict[str, str]]:
    """The rows as the CSV download has them."""
    text = b"".join(encode(Table(result), query, Format.CSV)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def tables_of(document: Element) -> dict[str, list[dict[str, str]]]:
    """Each chart's table, by the chart's title."""
    found = {}
    for article in document.all("article"):
        heading, *rows = table_of(article)
        found[article.all("h3")[0].words] = [dict(zip(heading, row, strict=True)) for row in rows]
    return found


def counts(rows: Iterable[Mapping[str, str]], of: str, count: str = "Conversations") -> dict[str, int]:
    return {row[of]: int(row[count].replace(",", "")) for row in rows}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("query", [EVERY_ROW, BY_MAIL], ids=["all", "filtered"])
def test_the_figures_are_those_of_the_csv(result: Result, account: Account, query: Query) -> None:
    rows = rows_of(result, query)
    assert len(rows) > 10
    document = parsed(page(report_of(result, query, account, now=NOW)))
    shown, tables = headline_of(document), tables_of(document)
    assert shown["Conversations"] == f"{len(rows):,}"
    eligible = [row for row in rows if row["Is FCR Eligible"] == "true"]
    resolved = [row for row in eligible if row["Is FCR Success"] == "true"]
    rate = f"{len(resolved) / len(eligible):.1%}" if eligible else "none"
    assert shown["First contact resolution"] == rate
    seconds = [float(row[SECONDS]) for row in rows if row[SECONDS]]
    assert seconds
    assert shown["Median handle time"].split()[0] == f"{median(seconds) / 60:.1f}"

    local = [datetime.fromisoformat(row["Created At"]).astimezone(ZoneInfo(ZONE)).date() for row in rows]
    per_day = {day: count for day, count in counts(tables["Conversations per day"], "Day").items() if count}
    assert per_day == {day.isoformat(): count for day, count in Counter(local).items()}
    channels = counts(tables["Channel mix"], "Channel")
    assert channels == dict(Counter(row["First Channel"] for row in rows))


@pytest.mark.usefixtures("undrawn")
def test_filters_and_row_counts_are_said(result: Result, account: Account) -> None:
    taken, all_ = len(rows_of(result, BY_MAIL)), len(rows_of(result, EVERY_ROW))
    facts = facts_of(parsed(page(report_of(result, BY_MAIL, account, now=NOW))))
    assert "First Channel" in facts["Filters"]
    assert "EMAIL" in facts["Filters"]
    assert facts["Rows"] == f"{taken:,} of {all_:,}"
    facts = facts_of(parsed(page(report_of(result, EVERY_ROW, account, now=NOW))))
    assert (facts["Filters"], facts["Rows"]) == ("none", f"{all_:,}")


@pytest.mark.usefixtures("undrawn")
def test_what_is_missing_and_what_was_noted_are_said(result: Result, account: Account) -> None:
    notes = (
        Note(level="partial", text="The report of 9 March was cut at its cap", count=1),
        Note(level="info", text="Conversations that came twice, kept once", count=4),
    )
    result.write_manifest(replace(result.manifest, notes=notes))
    document = parsed(page(report_of(result, EVERY_ROW, account, now=NOW)))
    assert "The report of 9 March was cut at its cap (1)" in document.all("section", "missing")[0].words
    reading = document.all("section", "notes")[0].words
    assert "Conversations that came twice, kept once (4)" in reading
    assert EXPORTS["contact-information"].caveat in reading
    assert "The report of 9 March" not in reading


@pytest.mark.usefixtures("undrawn")
def test_the_words_are_those_of_the_export_and_its_account(result: Result, account: Account) -> None:
    inboxes = ["i1", "i2"]
    manifest = result.manifest
    result.write_manifest(replace(manifest, parameters={**manifest.parameters, "inbox_ids": inboxes}))
    report = report_of(result, EVERY_ROW, account, now=NOW, names=lambda _kind, _ids: {"i1": "Returns"})
    document = parsed(page(report))
    assert document.all("h1")[0].words == "Conversation Contact Information"
    assert document.all("p", "organization")[0].words == account.organization
    assert document.all("header")[0].words.count(f"6 to 12 Mar 2026, {ZONE} · all ") == 1
    facts = facts_of(document)
    assert facts["Created"] == f"2026-03-06 to 2026-03-12, {ZONE}"
    assert facts["Inboxes"] == "Returns, i2"
    assert facts["Report made"].endswith(f"by {account.username}")
    assert ZONE in facts["Time zone"]


@pytest.mark.usefixtures("undrawn")
def test_no_row_taken_makes_a_report_that_says_so(result: Result, account: Account) -> None:
    nothing = Query(search="no conversation says this")
    document = parsed(page(report_of(result, nothing, account, now=NOW)))
    assert headline_of(document)["Conversations"] == "0"
    assert facts_of(document)["Rows"].startswith("0 of ")


@pytest.mark.parametrize(
    ("export", "table", "can"),
    [
        ("contact-information", None, True),
        ("freeform-topics", None, True),
        ("inboxes", None, False),
        ("nothing", None, False),
        ("file-export", "conversation_items", True),
        ("file-export", None, True),
        ("file-export", "agents", False),
    ],
)
def test_there_is_a_report_where_there_are_charts(export: str, table: str | None, can: bool) -> None:
    assert can_report(export, table) is can


@pytest.mark.parametrize("name", [name for name in EXPORTS if can_report(name)])
def test_every_export_with_charts_has_a_report(
    runs: Runs, client: Client, account: Account, company: Company, name: str
) -> None:
    job = run(runs, client, account, name, company)
    result = runs.result(account, job.id)
    assert result is not None
    report = report_of(result, EVERY_ROW, account, now=NOW, names=Names(runs, account).of)
    document = parsed(page(report))
    charts = [each for part in report.parts for each in part.drawn if isinstance(each, Chart)]
    assert [each.all("h3")[0].words for each in document.all("article")] == [chart.title for chart in charts]
    drawn = [chart for chart in charts if len(chart.frame)]
    assert len(document.all("svg", "wide")) == len(document.all("svg", "narrow")) == len(drawn) > 0
    assert "could not be drawn" not in document.words
    assert facts_of(document)["Rows"] == f"{job.row_count:,}"
