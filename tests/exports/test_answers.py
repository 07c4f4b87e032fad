"""Answers are gathered from every source there is, and the result says which and what may be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import InputError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.answers import AnswersParameters
from gladly_tools.jobs import Job, State
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import UNLIMITED, connect, settings_for
from tests.exports.test_every_export import rows_of, table_of

LANGUAGES = ("en-us", "es-419")


@dataclass(frozen=True, kw_only=True)
class Side:
    server: DemoServer
    runs: Runs
    client: Client
    account: Account

    def run(self, **given: tuple[str, ...]) -> Job:
        parameters = AnswersParameters(**{"languages": LANGUAGES, **given})
        return self.runs.run_here(self.account, self.client, EXPORTS["answers"], parameters, lambda _ticket: None)

    def notes(self, job: Job) -> dict[str, int]:
        result = self.runs.result(self.account, job.id)
        assert result is not None
        return {note.text: note.count for note in result.manifest.notes}

    def ids(self, job: Job) -> set[str]:
        return {row["Id"] for row in rows_of(table_of(self.runs, self.account, job))}


@pytest.fixture
def listed(server: DemoServer, runs: Runs, client: Client, account: Account) -> Side:
    return Side(server=server, runs=runs, client=client, account=account)


@pytest.fixture
def unlisted(company: Company, tmp_path: Path, open_runs: Callable[[Settings], Runs]) -> Iterator[Side]:
    """An organization that does not publish the list of all answers."""
    with DemoServer(company, limits=UNLIMITED, publish_answers=False) as server:
        settings = settings_for(server, tmp_path / "data")
        client, account = connect(server, settings)
        yield Side(server=server, runs=open_runs(settings), client=client, account=account)
        client.close()


def test_with_the_list_every_answer_is_there(listed: Side, company: Company) -> None:
    job = listed.run()
    assert job.state is State.DONE
    assert listed.ids(job) == {answer.id for answer in company.answers}
    assert any(
        "list of all answers" in text and count == len(company.answers) for text, count in listed.notes(job).items()
    )


def test_without_the_list_public_and_used_answers_are_there_and_the_rest_is_said_to_be_missing(
    unlisted: Side, company: Company
) -> None:
    job = unlisted.run()
    public = {
        answer.id
        for answer in company.answers
        if any(kind == "public" and language in LANGUAGES for language, kind in answer.contents)
    }
    assert public
    assert job.state is State.PARTIAL
    assert public <= unlisted.ids(job)
    notes = unlisted.notes(job)
    assert any("public lists" in text for text in notes)
    assert any("usage report" in text for text in notes)
    assert any("may be missing" in text for text in notes)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 403}, "could not be read"),
        (
            {"status": 200, "body": "Name,Uses\nHello,3\n", "headers": {"Content-Type": "text/csv"}},
            "names no answer IDs",
        ),
    ],
)
def test_a_usage_report_that_tells_nothing_is_said_and_the_public_answers_are_there(
    unlisted: Side, company: Company, fault: dict[str, Any], said: str
) -> None:
    unlisted.server.faults.add("/api/v1/reports", times=100, **fault)
    job = unlisted.run()
    assert job.state is State.PARTIAL
    assert unlisted.ids(job)
    assert any(said in text for text in unlisted.notes(job))


def test_ids_added_by_hand_are_read_too(unlisted: Side, company: Company) -> None:
    without = unlisted.ids(unlisted.run())
    hidden = next(answer.id for answer in company.answers if answer.id not in without)
    job = unlisted.run(answer_ids=(hidden,))
    assert unlisted.ids(job) == without | {hidden}
    assert unlisted.notes(job)["Answer IDs added by hand"] == 1


def test_an_id_that_does_not_exist_is_named_and_the_rest_goes_on(listed: Side, company: Company) -> None:
    job = listed.run(answer_ids=("nothing-here",))
    assert job.state is State.PARTIAL
    assert listed.ids(job) == {answer.id for answer in company.answers}
    assert any("nothing-here" in text for text in listed.notes(job))


def test_a_language_that_is_not_configured_is_told_at_its_field(listed: Side) -> None:
    with pytest.raises(InputError) as refused:
        listed.run(languages=("en-us", "xx-yy"))
    assert refused.value.field == "languages"
    assert "xx-yy" in refused.value.what


def test_an_answer_without_content_keeps_one_row(listed: Side, company: Company) -> None:
    empty = [answer.id for answer in company.answers if not answer.contents]
    rows = rows_of(table_of(listed.runs, listed.account, listed.run()))
    assert empty
    for answer_id in empty:
        assert [row["Language"] for row in rows if row["Id"] == answer_id] == [None]
