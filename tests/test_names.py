"""What ids are called comes from the account's own latest results, and from nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange, Parameters
from gladly_tools.exports.search_questions import Where
from gladly_tools.jobs import Job
from gladly_tools.names import MOST_RESULTS, Names
from gladly_tools.results.schema import Kind, Row
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import TODAY, connect
from tests.exports.truth import daily_job

KINDS = {"agents", "inboxes", "topics", "customers"}
Inboxes = Callable[[Mapping[str, str]], Job]


def nobody(_ticket: object) -> None:
    """Watches nothing."""


@pytest.fixture
def inboxes(runs: Runs, client: Client, account: Account, monkeypatch: pytest.MonkeyPatch) -> Inboxes:
    """Makes a result of Inboxes with these names by id."""

    def make(names: Mapping[str, str]) -> Job:
        def rows(*_: object) -> Iterator[Row]:
            yield from ({"id": id_, "name": name} for id_, name in names.items())

        export = replace(EXPORTS["inboxes"], rows=rows)
        monkeypatch.setitem(EXPORTS, "inboxes", export)
        return runs.run_here(account, client, export, Parameters(), nobody)

    return make


@pytest.mark.parametrize("export", EXPORTS.values(), ids=lambda export: export.name)
def test_what_ids_are_of_and_what_names_them_is_declared_soundly(export: object) -> None:
    tables = [EXPORTS[export.name].columns, *(other.columns for other in EXPORTS[export.name].others)]  # type: ignore[attr-defined]
    for columns in tables:
        by_name = {column.name: column for column in columns}
        for column in columns:
            assert column.of in KINDS | {""}
            assert not column.of or column.kind in (Kind.ID, Kind.LIST)
            if column.name_of:
                ids = by_name[column.name_of]
                assert (ids.kind is Kind.LIST) == (column.kind is Kind.LIST)


@pytest.mark.parametrize("kind", ["agents", "inboxes", "customers", "topics"])
def test_names_are_those_that_the_company_gave(
    runs: Runs, client: Client, account: Account, company: Company, kind: str
) -> None:
    dates = DateRange(first=TODAY - timedelta(days=6), last=TODAY, zone="UTC")
    for name, given in (("contact-information", {"dates": dates, "customers": True}), ("topics", {})):
        export = EXPORTS[name]
        runs.run_here(account, client, export, export.parameters(**given), nobody)
    truth = {
        "agents": {agent.id: agent.name for agent in client.agents.list()},
        "inboxes": {inbox.id: inbox.name for inbox in client.inboxes.list()},
        "topics": {topic.id: topic.name for topic in client.topics.list()},
        "customers": {id_: company.customers[id_].name for id_ in company.customers},
    }[kind]
    names = Names(runs, account).of(kind, [*truth, "unknown", ""])
    assert len(names) > 2
    assert all(truth[id_] is not None and name.endswith(str(truth[id_])) for id_, name in names.items())


def test_the_newest_result_wins_and_an_older_one_fills_what_it_lacks(
    inboxes: Inboxes, runs: Runs, account: Account
) -> None:
    old = inboxes({"i1": "Returns", "i2": "Sales"})
    new = inboxes({"i1": "Returns and refunds", "i3": ""})
    known = Names(runs, account).known("inboxes", ["i1", "i2", "i3"])
    assert known.names == {"i1": "Returns and refunds", "i2": "Sales"}
    assert (known.newest, known.oldest) == (new.finished_at, old.finished_at)


def test_nothing_is_known_without_a_result_or_without_ids(inboxes: Inboxes, runs: Runs, account: Account) -> None:
    assert Names(runs, account).of("inboxes", ["i1"]) == {}
    inboxes({"i1": "Returns"})
    known = Names(runs, account).known("inboxes", ["", "i9"])
    assert known.names == {}
    assert known.newest is None
    assert Names(runs, account).of("topics", ["i1"]) == {}


def test_only_so_many_results_of_an_export_are_asked(inboxes: Inboxes, runs: Runs, account: Account) -> None:
    inboxes({"i1": "Returns"})
    for number in range(MOST_RESULTS):
        assert Names(runs, account).of("inboxes", ["i1"]) == {"i1": "Returns"}
        inboxes({"i2": f"Sales {number}"})
    assert Names(runs, account).of("inboxes", ["i1"]) == {}


@pytest.mark.parametrize("change", ["username", "organization_id", "instance"])
def test_another_account_is_never_asked(inboxes: Inboxes, runs: Runs, account: Account, change: str) -> None:
    inboxes({"i1": "Returns"})
    assert Names(runs, account).of("inboxes", ["i1"]) == {"i1": "Returns"}
    other = replace(account, **{change: "someone@else.example"})
    assert Names(runs, other).of("inboxes", ["i1"]) == {}


def test_two_accounts_of_one_organization_know_their_own_results_alone(
    runs: Runs, client: Client, account: Account, server: DemoServer, settings: Settings
) -> None:
    runs.run_here(account, client, EXPORTS["inboxes"], Parameters(), nobody)
    other_client, other = connect(server, settings, account=1)
    ids = [inbox.id for inbox in client.inboxes.list()]
    assert Names(runs, account).of("inboxes", ids)
    assert Names(runs, other).of("inboxes", ids) == {}
    other_client.close()


@pytest.mark.parametrize("file", ["manifest.json", "rows.parquet"])
@pytest.mark.parametrize("content", [b"", b"nothing of use"])
def test_a_damaged_result_is_passed_over(
    inboxes: Inboxes, runs: Runs, account: Account, file: str, content: bytes
) -> None:
    inboxes({"i1": "Returns", "i2": "Sales"})
    damaged = inboxes({"i1": "Returns, renamed"})
    (runs.store.folder / damaged.id / file).write_bytes(content)
    assert Names(runs, account).of("inboxes", ["i1", "i2"]) == {"i1": "Returns", "i2": "Sales"}


def test_a_deleted_result_is_forgotten(inboxes: Inboxes, runs: Runs, account: Account) -> None:
    job = inboxes({"i1": "Returns"})
    assert Names(runs, account).of("inboxes", ["i1"])
    runs.delete(account, job.id)
    assert Names(runs, account).of("inboxes", ["i1"]) == {}


def test_an_unfinished_result_is_not_asked(
    inboxes: Inboxes, runs: Runs, client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(*_: object) -> Iterator[Row]:
        yield {"id": "i1", "name": "Returns"}
        raise GladlyToolsError("It broke off.")

    export = replace(EXPORTS["inboxes"], rows=breaks_off)
    monkeypatch.setitem(EXPORTS, "inboxes", export)
    with pytest.raises(GladlyToolsError, match="broke off"):
        runs.run_here(account, client, export, Parameters(), nobody)
    assert Names(runs, account).of("inboxes", ["i1"]) == {}


def test_the_file_export_names_agents_customers_and_topics(
    runs: Runs, client: Client, account: Account, company: Company
) -> None:
    export = EXPORTS["file-export"]
    where = Where(job_ids=(daily_job(company).id,))
    runs.run_here(account, client, export, export.parameters(where=where), nobody)
    names = Names(runs, account).of("agents", [agent.id for agent in client.agents.list()])
    assert names.items() <= {agent.id: agent.name for agent in client.agents.list()}.items()
    assert names
    assert Names(runs, account).of("customers", company.customers)


def test_topics_with_a_comma_are_those_of_the_latest_export_or_of_a_snapshot_when_that_is_deleted(
    runs: Runs, client: Client, account: Account
) -> None:
    assert Names(runs, account).topics() is None
    export = EXPORTS["topics"]
    job = runs.run_here(account, client, export, export.parameters(), nobody)
    known = Names(runs, account).topics()
    assert known
    assert all("," in name for name in known)
    assert any(name.endswith("VAT, GST & other tax") for name in known)
    runs.delete(account, job.id)
    assert Names(runs, account).topics() == known
    for snapshot in runs.snapshots.of(account.owner).list("topics"):
        runs.snapshots.of(account.owner).delete(snapshot.id)
    assert Names(runs, account).topics() is None
    assert Names(runs, replace(account, username="somebody@else.example")).topics() is None
