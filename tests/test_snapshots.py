"""Snapshots: kept once per content, belonging to one account, whole after any crash, bounded, deletable."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.answers import AnswersParameters
from gladly_tools.exports.inputs import Parameters
from gladly_tools.jobs import Job, State
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from gladly_tools.snapshots import Snapshot, Snapshots
from tests.conftest import UNLIMITED, connect, settings_for
from tests.results.making import manifest_of

OWNER, OTHER = "lead@acme.example at acme", "spy@acme.example at acme"
COLUMNS = (
    Column(name="id", kind=Kind.ID),
    Column(name="name"),
    Column(name="disabled", kind=Kind.BOOLEAN),
    Column(name="team", beside=True),
)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
Make = Callable[..., Table]


def on(day: int) -> datetime:
    return START + timedelta(days=day)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    return ResultStore(tmp_path_factory.mktemp("results"))


@pytest.fixture
def make(results: ResultStore) -> Make:
    def make_(*names: str, columns: tuple[Column, ...] = COLUMNS) -> Table:
        rows: list[Row] = [{"id": f"i{place}", "name": name, "disabled": None} for place, name in enumerate(names)]
        return table(rows, columns)

    def table(rows: list[Row], columns: tuple[Column, ...]) -> Table:
        result = results.create(f"r{len(results.ids())}", manifest_of(columns))
        result.write_slice(0, "all", rows, zone="UTC")
        result.finish()
        return Table(result)

    return make_


@pytest.fixture
def open_snapshots(tmp_path: Path) -> Iterator[Callable[..., Snapshots]]:
    opened: list[Snapshots] = []

    def open_(*, days: float = 400, most: int = 100, now: datetime = START) -> Snapshots:
        opened.append(Snapshots(tmp_path, days=days, most=most, now=lambda: now))
        return opened[-1]

    yield open_
    for snapshots in opened:
        snapshots.close()


@pytest.fixture
def snapshots(open_snapshots: Callable[..., Snapshots]) -> Snapshots:
    return open_snapshots()


def names_of(snapshots: Snapshots, snapshot: Snapshot, owner: str = OWNER) -> list[Any]:
    return list(snapshots.of(owner).open(snapshot.id).frame("SELECT name FROM rows")["name"])


def test_a_snapshot_holds_the_rows_of_the_result(snapshots: Snapshots, make: Make) -> None:
    kept = snapshots.of(OWNER).keep(make("A", "Ü 🌱", "=1+1"), {}, at=START)
    assert names_of(snapshots, kept) == ["A", "Ü 🌱", "=1+1"]
    assert snapshots.of(OWNER).list() == [kept]
    assert (kept.rows, kept.export, kept.first_at, kept.last_at) == (3, "things", START, START)
    assert kept.bytes == snapshots.store.size(snapshots.store.ids()[0])
    assert [column.name for column in snapshots.of(OWNER).open(kept.id).columns] == ["id", "name", "disabled"]


def test_what_did_not_change_is_only_seen_again(snapshots: Snapshots, make: Make) -> None:
    mine = snapshots.of(OWNER)
    first = mine.keep(make("A", "B"), {}, at=on(0))
    again = mine.keep(make("A", "B"), {}, at=on(3))
    assert (again.id, again.first_at, again.last_at) == (first.id, on(0), on(3))
    assert mine.list() == [again]
    assert len(snapshots.store.ids()) == 1


def test_the_order_of_the_rows_is_no_change(snapshots: Snapshots, results: ResultStore) -> None:
    def in_order(*places: int) -> Table:
        result = results.create(f"r{len(results.ids())}", manifest_of(COLUMNS))
        result.write_slice(0, "all", [{"id": f"i{place}", "name": "N"} for place in places], zone="UTC")
        result.finish()
        return Table(result)

    first = snapshots.of(OWNER).keep(in_order(1, 2, 3), {}, at=on(0))
    assert snapshots.of(OWNER).keep(in_order(3, 1, 2), {}, at=on(1)).id == first.id
    assert snapshots.of(OWNER).keep(in_order(3, 1), {}, at=on(2)).id != first.id


def test_a_configuration_that_comes_back_is_a_new_time_with_the_same_rows(snapshots: Snapshots, make: Make) -> None:
    mine = snapshots.of(OWNER)
    for day, name in enumerate("ABA"):
        mine.keep(make(name), {}, at=on(day))
    newest, middle, oldest = mine.list()
    assert [names_of(snapshots, each) for each in (oldest, middle, newest)] == [["A"], ["B"], ["A"]]
    assert len(snapshots.store.ids()) == 2
    mine.delete(oldest.id)
    assert names_of(snapshots, newest) == ["A"]
    mine.delete(newest.id)
    assert len(snapshots.store.ids()) == 1


def test_what_was_asked_differently_is_kept_apart(snapshots: Snapshots, make: Make) -> None:
    mine = snapshots.of(OWNER)
    english = mine.keep(make("A"), {"languages": ["en-us"]}, at=on(0))
    french = mine.keep(make("A"), {"languages": ["fr-ca"]}, at=on(1))
    assert english.id != french.id
    assert mine.keep(make("A"), {"languages": ["en-us"]}, at=on(2)).id == english.id


def test_an_older_state_may_be_kept_later(snapshots: Snapshots, make: Make) -> None:
    mine = snapshots.of(OWNER)
    mine.keep(make("new"), {}, at=on(30))
    old = mine.keep(make("old"), {}, at=on(0), note="as it was")
    assert mine.keep(make("old"), {}, at=on(1), note="as it was").id == old.id
    assert [each.note for each in mine.list()] == ["", "as it was"]


def test_another_account_sees_opens_and_deletes_nothing(snapshots: Snapshots, make: Make) -> None:
    kept = snapshots.of(OWNER).keep(make("A"), {}, at=START)
    theirs = snapshots.of(OTHER)
    assert theirs.list() == []
    assert theirs.delete_all() == 0
    for attempt in (theirs.open, theirs.delete):
        with pytest.raises(NotFoundError):
            attempt(kept.id)
    assert snapshots.of(OWNER).list() == [kept]


def test_the_same_content_of_two_accounts_lies_in_two_places(snapshots: Snapshots, make: Make) -> None:
    mine, theirs = (snapshots.of(owner).keep(make("A"), {}, at=START) for owner in (OWNER, OTHER))
    assert len(snapshots.store.ids()) == 2
    snapshots.of(OWNER).delete(mine.id)
    assert names_of(snapshots, theirs, OTHER) == ["A"]


def test_deleting_leaves_no_rows_behind(snapshots: Snapshots, make: Make, tmp_path: Path) -> None:
    mine = snapshots.of(OWNER)
    kept = [mine.keep(make(name), {}, at=on(day)) for day, name in enumerate(("A", "B", "C"))]
    mine.delete(kept[1].id)
    assert [each.id for each in mine.list()] == [kept[2].id, kept[0].id]
    assert mine.delete_all("others") == 0
    assert mine.delete_all("things") == 2
    assert mine.list() == []
    assert snapshots.store.ids() == []
    with pytest.raises(NotFoundError):
        mine.delete(kept[0].id)


def test_the_number_is_bounded_and_the_oldest_go_first(open_snapshots: Callable[..., Snapshots], make: Make) -> None:
    snapshots = open_snapshots(most=3)
    mine = snapshots.of(OWNER)
    for day in range(6):
        mine.keep(make(f"N{day}"), {}, at=on(day))
    snapshots.of(OTHER).keep(make("theirs"), {}, at=on(0))
    assert [names_of(snapshots, each) for each in mine.list()] == [["N5"], ["N4"], ["N3"]]
    assert len(snapshots.store.ids()) == 4


def test_what_was_not_seen_for_too_long_is_forgotten(open_snapshots: Callable[..., Snapshots], make: Make) -> None:
    snapshots = open_snapshots(days=30, now=on(40))
    mine = snapshots.of(OWNER)
    mine.keep(make("long gone"), {}, at=on(0))
    mine.keep(make("seen again"), {}, at=on(5))
    mine.keep(make("seen again"), {}, at=on(12))
    assert snapshots.forget_old() == 1
    assert [names_of(snapshots, each) for each in mine.list()] == [["seen again"]]
    assert len(snapshots.store.ids()) == 1


def test_a_crash_between_rows_and_index_leaves_nothing_that_is_named(
    snapshots: Snapshots, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = snapshots.of(OWNER)
    kept = mine.keep(make("A"), {}, at=on(0))

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Snapshots, "_list_anew", killed)
        with pytest.raises(KeyboardInterrupt):
            mine.keep(make("B"), {}, at=on(1))
    assert mine.list() == [kept]
    assert len(snapshots.store.ids()) == 2
    assert snapshots.forget_old() == 0
    assert len(snapshots.store.ids()) == 2  # it may be one that is being written
    monkeypatch.setattr(ResultStore, "age_seconds", lambda _self, _id: 700.0)
    snapshots.forget_old()
    assert len(snapshots.store.ids()) == 1
    assert names_of(snapshots, mine.keep(make("B"), {}, at=on(2))) == ["B"]


def test_a_crash_between_index_and_deletion_leaves_rows_that_are_swept(
    snapshots: Snapshots, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = snapshots.of(OWNER)
    kept = mine.keep(make("A"), {}, at=on(0))
    with monkeypatch.context() as patch:
        patch.setattr(Snapshots, "_drop", lambda _self, _files: None)
        mine.delete(kept.id)
    assert mine.list() == []
    monkeypatch.setattr(ResultStore, "age_seconds", lambda _self, _id: 700.0)
    snapshots.forget_old()
    assert snapshots.store.ids() == []


def test_a_failure_while_rows_are_written_leaves_nothing(
    snapshots: Snapshots, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    mine = snapshots.of(OWNER)
    ready = make("A")
    monkeypatch.setattr("gladly_tools.results.store.Result.finish", full)
    with pytest.raises(GladlyToolsError, match=r"No snapshot could be kept\. The disk that holds results is full\."):
        mine.keep(ready, {}, at=START)
    assert mine.list() == []
    assert snapshots.store.ids() == []


def test_two_at_once_keep_one(open_snapshots: Callable[..., Snapshots], make: Make) -> None:
    both = [open_snapshots(), open_snapshots()]
    tables = [make("A", "B"), make("A", "B")]
    gate, kept = threading.Barrier(2), []

    def keep(snapshots: Snapshots, table: Table) -> None:
        gate.wait()
        kept.append(snapshots.of(OWNER).keep(table, {}, at=START))

    threads = [threading.Thread(target=keep, args=pair) for pair in zip(both, tables, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.id for each in kept} == {each.id for each in both[0].of(OWNER).list()}
    assert len(both[0].of(OWNER).list()) == 1
    assert len(both[0].store.ids()) == 1


@pytest.mark.parametrize("damage", ["cut", "gone", "no manifest"])
def test_a_damaged_snapshot_is_told_and_mended_by_the_next_export(
    snapshots: Snapshots, make: Make, damage: str
) -> None:
    mine = snapshots.of(OWNER)
    kept = mine.keep(make("A", "B"), {}, at=on(0))
    folder = snapshots.store.folder / snapshots.store.ids()[0]
    match damage:
        case "cut":
            rows = folder / "rows.parquet"
            rows.write_bytes(rows.read_bytes()[:-20])
        case "gone":
            (folder / "rows.parquet").unlink()
        case _:
            (folder / "manifest.json").write_text("{")
    with pytest.raises(GladlyToolsError, match="damaged"):
        mine.open(kept.id)
    again = mine.keep(make("A", "B"), {}, at=on(1))
    assert (again.id, again.first_at, again.last_at) == (kept.id, on(0), on(1))
    assert names_of(snapshots, again) == ["A", "B"]
    assert len(snapshots.store.ids()) == 1


def test_a_damaged_snapshot_can_be_deleted(snapshots: Snapshots, make: Make) -> None:
    mine = snapshots.of(OWNER)
    kept = mine.keep(make("A"), {}, at=on(0))
    (snapshots.store.folder / snapshots.store.ids()[0] / "rows.parquet").unlink()
    mine.delete(kept.id)
    assert mine.list() == []
    assert snapshots.store.ids() == []


def test_index_and_rows_are_for_their_owner_alone(snapshots: Snapshots, make: Make, tmp_path: Path) -> None:
    snapshots.of(OWNER).keep(make("A"), {}, at=START)
    assert (tmp_path / "snapshots.sqlite").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "snapshots").stat().st_mode & 0o777 == 0o700


def run(runs: Runs, account: Account, client: Client, name: str, **given: Any) -> Job:
    parameters: Parameters = EXPORTS[name].parameters(**given)
    return runs.run_here(account, client, EXPORTS[name], parameters, lambda _ticket: None)


CONFIGURATION = ["topics", "inboxes", "answers", "audiences"]


@pytest.mark.parametrize("name", CONFIGURATION)
def test_every_complete_configuration_export_keeps_its_rows(
    runs: Runs, account: Account, client: Client, name: str
) -> None:
    job = run(runs, account, client, name)
    mine = runs.snapshots.of(account.owner)
    (kept,) = mine.list()
    result = runs.result(account, job.id)
    assert result is not None
    assert (kept.export, kept.rows) == (name, result.rows)
    rows, expected = mine.open(kept.id), Table(result)
    names = [column.name for column in expected.columns]
    assert rows.page(columns=names, limit=10_000).equals(expected.page(columns=names, limit=10_000))


def test_no_other_export_keeps_a_snapshot() -> None:
    assert [name for name, export in EXPORTS.items() if export.snapshot is not None] == CONFIGURATION


def test_a_snapshot_outlives_the_job_and_its_result(runs: Runs, account: Account, client: Client) -> None:
    job = run(runs, account, client, "inboxes")
    runs.delete(account, job.id)
    (kept,) = runs.snapshots.of(account.owner).list("inboxes")
    assert runs.snapshots.of(account.owner).open(kept.id).rows == kept.rows


def test_a_partial_result_is_never_kept(
    company: Company, tmp_path: Path, open_runs: Callable[[Settings], Runs]
) -> None:
    with DemoServer(company, limits=UNLIMITED, publish_answers=False) as server:
        settings = settings_for(server, tmp_path / "data")
        client, account = connect(server, settings)
        with client:
            runs = open_runs(settings)
            assert run(runs, account, client, "answers").state is State.PARTIAL
            assert runs.snapshots.of(account.owner).list() == []


def test_answers_are_told_apart_by_what_was_asked_and_not_by_its_order(
    runs: Runs, account: Account, client: Client, settings: Settings
) -> None:
    snapshot = EXPORTS["answers"].snapshot
    assert snapshot is not None
    usual, same = AnswersParameters(), AnswersParameters(languages=("en-us",))
    both, turned = AnswersParameters(languages=("en-us", "fr-ca")), AnswersParameters(languages=("fr-ca", "en-us"))
    assert snapshot(usual, settings) == snapshot(same, settings)
    assert snapshot(both, settings) == snapshot(turned, settings) != snapshot(usual, settings)
    assert snapshot(AnswersParameters(answer_ids=("x",)), settings) != snapshot(usual, settings)


def test_an_export_whose_snapshot_cannot_be_kept_is_complete_and_says_so(
    runs: Runs, account: Account, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Snapshots, "_state_at", broken)
    job = run(runs, account, client, "inboxes")
    result = runs.result(account, job.id)
    assert result is not None
    assert job.state is State.DONE
    assert ["No snapshot" in note.text for note in result.manifest.notes] == [True]


def test_the_sweep_forgets_old_snapshots_too(
    settings: Settings, open_runs: Callable[[Settings], Runs], account: Account, client: Client
) -> None:
    runs = open_runs(settings)
    run(runs, account, client, "inboxes")
    mine = runs.snapshots.of(account.owner)
    (kept,) = mine.list()
    old = runs.journal.now() - timedelta(days=settings.snapshot_days + 1)
    mine.keep(runs.snapshots.of(account.owner).open(kept.id), {"other": True}, at=old)
    runs.sweep()
    assert [each.id for each in mine.list()] == [kept.id]
