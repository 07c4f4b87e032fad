"""Export jobs' files: whole, searched, several at once; lost connections, broken lines, files of one's own."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.export_jobs import ExportJob
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.file_export import FileExportParameters, chosen_jobs
from gladly_tools.exports.inputs import check_parameters, dump_parameters, load_parameters, questions
from gladly_tools.exports.search_questions import Where
from gladly_tools.jobs import Job, State
from gladly_tools.kept_files import KeptFiles
from gladly_tools.results.archive import archive
from gladly_tools.results.download import Format
from gladly_tools.runs import Runs
from gladly_tools.search import Criteria, parse_contacts
from gladly_tools.settings import Settings
from tests.conftest import UNLIMITED, connect, settings_for
from tests.exports.test_every_export import in_order, notes_of, rows_of, tables_of, wait_for
from tests.exports.truth import item_cells, readable_lines

EXPORT = EXPORTS["file-export"]
ITEMS = "conversation_items.jsonl"

Run = Callable[..., Job]


def daily_jobs(company: Company) -> list[ExportJob]:
    """The complete jobs of one day each, with all files, the earliest data first."""
    found = [
        job
        for job in company.export_jobs()
        if job.status == "COMPLETED" and len(job.files) == 4 and job.end_at - job.start_at == timedelta(days=1)
    ]
    return sorted(found, key=lambda job: job.start_at)


def readable(company: Company, job: ExportJob, file: str = ITEMS) -> Iterator[tuple[str, dict[str, Any]]]:
    return readable_lines(company, job, file)


@pytest.fixture
def job(company: Company) -> ExportJob:
    return daily_jobs(company)[-1]


@pytest.fixture
def rough(company: Company) -> ExportJob:
    """The complete job of one hour, which has a line that was cut."""
    return next(job for job in company.export_jobs() if job.files and job.end_at - job.start_at == timedelta(hours=1))


@pytest.fixture
def run(runs: Runs, client: Client, account: Account) -> Run:
    def run_(*job_ids: str, **given: Any) -> Job:
        where = given.pop("where", None) or Where(job_ids=job_ids)
        parameters = check_parameters(FileExportParameters, defaults() | {"where": where} | given)
        return runs.run_here(account, client, EXPORT, parameters, lambda _ticket: None)

    return run_


def defaults() -> dict[str, Any]:
    names = {name: () for name in questions(FileExportParameters)}
    return names | {"days": None, "whole_conversations": False}


def files_of(runs: Runs, account: Account, job: Job, format: Format = Format.JSON) -> dict[str, bytes]:
    result = runs.result(account, job.id)
    assert result is not None
    with zipfile.ZipFile(io.BytesIO(b"".join(archive(result, format)))) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def counts_of(runs: Runs, account: Account, job: Job) -> dict[str, int]:
    return {note.text: note.count for note in notes_of(runs, account, job)}


def test_a_whole_job_is_every_record_byte_for_byte(
    run: Run, runs: Runs, account: Account, company: Company, job: ExportJob
) -> None:
    done = run(job.id)
    found = files_of(runs, account, done)
    assert done.state is State.DONE
    assert set(found) == {f"{name.partition('.')[0]}.jsonl" for name in job.files}
    for name in job.files:
        expected = [text for text, _ in readable(company, job, name)]
        assert found[name].decode().splitlines() == list(dict.fromkeys(expected))
        assert expected


def test_every_cell_of_the_csv_equals_the_record(
    run: Run, runs: Runs, account: Account, company: Company, job: ExportJob
) -> None:
    table = tables_of(runs, account, run(job.id))["conversation_items"]
    columns = [column.name for column in table.columns if not column.beside]
    expected = []
    for text, item in readable(company, job):
        cells = item_cells(item)
        if "raw" in cells:
            cells["raw"] = text
        expected.append({name: cells.get(name) for name in columns})
    assert rows_of(table) == in_order(expected)
    assert "raw" in columns


def test_lines_that_cannot_be_read_are_counted_and_kept(
    run: Run, runs: Runs, account: Account, company: Company, rough: ExportJob
) -> None:
    done = run(rough.id)
    assert done.state is State.PARTIAL
    text = files_of(runs, account, done)["unreadable.txt"].decode()
    lines = [line for line in company.export_lines(rough.id, ITEMS) if line.strip()]
    broken = len(lines) - sum(1 for _ in readable(company, rough))
    assert broken
    assert text.count(f"conversation_items of job {rough.id}, line ") == broken
    (count,) = (count for words, count in counts_of(runs, account, done).items() if "could not be read" in words)
    assert count == len(text.splitlines())


def test_a_search_takes_matches_and_their_customers_and_all_agents_and_topics(
    run: Run, runs: Runs, account: Account, company: Company, job: ExportJob
) -> None:
    found = files_of(runs, account, run(job.id, types=("EMAIL",), phrases="order\nrefund"))
    taken = [json.loads(line) for line in found[ITEMS].splitlines()]
    expected = [
        item
        for _, item in readable(company, job)
        if item["content"]["type"] == "EMAIL"
        and any(
            phrase in f"{item['content'].get('subject')} {item['content'].get('content')}".casefold()
            for phrase in ("order", "refund")
        )
    ]
    assert [item["id"] for item in taken] == [item["id"] for item in expected]
    assert taken
    assert {json.loads(line)["id"] for line in found["customers.jsonl"].splitlines()} == {
        item["customerId"] for item in expected
    } & {customer["id"] for _, customer in readable(company, job, "customers.jsonl")}
    for name in ("agents.jsonl", "topics.jsonl"):
        assert len(found[name].splitlines()) == len(list(readable(company, job, name)))


def test_a_contact_matches_by_the_customer_too(
    run: Run, runs: Runs, account: Account, company: Company, job: ExportJob
) -> None:
    customers = [customer for _, customer in readable(company, job, "customers.jsonl")]
    wanted = next(customer for customer in customers if customer.get("phoneNumbers"))
    number = wanted["phoneNumbers"][0]
    owners = {customer["id"] for customer in customers if number in (customer.get("phoneNumbers") or ())}
    found = files_of(runs, account, run(job.id, contacts=number))
    taken = {json.loads(line)["id"] for line in found[ITEMS].splitlines()}
    assert taken >= {item["id"] for _, item in readable(company, job) if item["customerId"] in owners}
    assert taken


def test_whole_conversations_bring_the_other_items_and_say_which_matched(
    run: Run, runs: Runs, account: Account, company: Company, job: ExportJob
) -> None:
    matches = rows_of(tables_of(runs, account, run(job.id, phrases="refund"))["conversation_items"])
    done = run(job.id, phrases="refund", whole_conversations=True)
    table = tables_of(runs, account, done)["conversation_items"]
    conversations = {row["conversationId"] for row in matches} - {None}
    expected = {row["id"] for row in matches} | {
        item["id"] for _, item in readable(company, job) if item.get("conversationId") in conversations
    }
    frame = table.page(limit=10_000)
    assert set(frame["id"]) == expected
    assert len(expected) > len(matches) > 0
    assert set(frame.loc[frame["Match"].fillna(False), "id"]) == {row["id"] for row in matches if row["conversationId"]}


def test_several_jobs_are_searched_as_one_each_item_once_in_the_order_of_time(
    run: Run, runs: Runs, account: Account, company: Company
) -> None:
    long = next(
        job
        for job in company.export_jobs()
        if job.status == "COMPLETED" and job.end_at - job.start_at > timedelta(days=1)
    )
    within = [job for job in daily_jobs(company) if long.start_at <= job.start_at < long.end_at]
    assert within
    chosen = [*within, long]
    done = run(*(job.id for job in reversed(chosen)))
    table = tables_of(runs, account, done)["conversation_items"]
    ids = {item["id"] for job in chosen for _, item in readable(company, job)}
    frame = table.page(limit=100_000)
    assert sorted(frame["id"]) == sorted(ids)
    assert frame["timestamp"].dropna().is_monotonic_increasing
    lines = files_of(runs, account, done)[ITEMS].splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(frame["id"])


def test_the_second_search_fetches_nothing(
    run: Run, runs: Runs, account: Account, server: DemoServer, job: ExportJob
) -> None:
    first = run(job.id, phrases="order")
    server.forget()
    again = run(job.id, phrases="order")
    assert not [seen for seen in server.seen if "/files/" in seen.path]
    assert files_of(runs, account, first) == files_of(runs, account, again)
    kept = runs.kept.of(account.owner)
    assert list(kept.sizes()) == [job.id]
    kept.delete(job.id)
    assert kept.sizes() == {}
    run(job.id, phrases="order")
    assert len([seen for seen in server.seen if "/files/" in seen.path]) == 4


def test_what_is_kept_is_the_accounts_own_and_goes_with_time(tmp_path: Path) -> None:
    now = 1e9
    files = KeptFiles(tmp_path / "kept", hours=24, now=lambda: now)
    with files.of("ann").writing("job1", "agents") as take:
        take(b"{}\n")
    assert files.of("bob").path("job1", "agents") is None
    assert files.of("ann").path("job1", "agents") is not None
    assert files.forget_old() == 0
    later = KeptFiles(tmp_path / "kept", hours=24, now=lambda: 5e9)
    assert later.forget_old() == 1
    assert files.of("ann").sizes() == {}


def test_a_file_whose_writing_fails_is_not_kept(tmp_path: Path) -> None:
    files = KeptFiles(tmp_path / "kept", hours=24).of("ann")

    def write_half() -> None:
        with files.writing("job1", "agents") as take:
            take(b"half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_half()
    assert files.path("job1", "agents") is None


@pytest.mark.parametrize(("ranges", "words"), [(True, "gone on with"), (False, "fetched anew")])
def test_a_connection_lost_again_and_again_changes_nothing_but_the_notes(
    company: Company, tmp_path: Path, open_runs: Callable[[Settings], Runs], job: ExportJob, ranges: bool, words: str
) -> None:
    with DemoServer(company, limits=UNLIMITED, file_ranges=ranges, file_lengths=ranges) as server:
        settings = settings_for(server, tmp_path / "data")
        client, account = connect(server, settings)
        runs = open_runs(settings)
        parameters = check_parameters(FileExportParameters, defaults() | {"where": Where(job_ids=(job.id,))})
        calm = runs.run_here(account, client, EXPORT, parameters, lambda _ticket: None)
        runs.kept.of(account.owner).delete(job.id)
        path = f"/api/v1/export/jobs/{job.id}/files/{ITEMS}"
        size = sum(map(len, company.export_lines(job.id, ITEMS)))
        for cut in (size // 5, size // 3, size // 2) if not ranges else (size // 5, size // 6, size // 7):
            server.faults.add(path, cut_after=cut, times=1)
        shaken = runs.run_here(account, client, EXPORT, parameters, lambda _ticket: None)
        assert files_of(runs, account, shaken) == files_of(runs, account, calm)
        (count,) = (count for text, count in counts_of(runs, account, shaken).items() if words in text)
        assert count == 3


def test_a_file_that_changes_while_it_is_fetched_is_never_taken_for_a_whole_one(
    company: Company, client: Client, server: DemoServer, job: ExportJob
) -> None:
    path = f"/api/v1/export/jobs/{job.id}/files/{ITEMS}"
    server.faults.add(path, cut_after=2000, times=1)
    server.faults.add(path, status=200, body=b'{"id":"another"}\n' * 500, times=1)
    taken: list[bytes] = []
    with pytest.raises(GladlyToolsError, match="changed while it was fetched"):
        client.export_jobs.download(job.id, ITEMS, taken.append)
    assert b"".join(taken) == b"".join(company.export_lines(job.id, ITEMS))[:2000]


def test_a_run_that_dies_goes_on_without_fetching_again_what_it_kept(
    server: DemoServer, settings: Settings, open_runs: Callable[[Settings], Runs], company: Company
) -> None:
    first, second = daily_jobs(company)[:2]
    client, account = connect(server, settings)
    dying = open_runs(settings)
    parameters = check_parameters(FileExportParameters, defaults() | {"where": Where(job_ids=(first.id, second.id))})
    server.faults.add(f"/api/v1/export/jobs/{second.id}/files/{ITEMS}", status=400, times=1)
    with pytest.raises(GladlyToolsError):
        dying.run_here(account, client, EXPORT, parameters, lambda _ticket: None)
    (job,) = dying.jobs(account)
    server.forget()
    resumed = open_runs(settings)
    resumed.resume(account, client, job.id)
    assert wait_for(resumed, account, job.id).state is State.DONE
    fetched = [seen.path for seen in server.seen if "/files/" in seen.path]
    assert fetched == [f"/api/v1/export/jobs/{second.id}/files/{ITEMS}"]
    table = tables_of(resumed, account, resumed.job(account, job.id))["conversation_items"]
    ids = {item["id"] for each in (first, second) for _, item in readable(company, each)}
    assert {row["id"] for row in rows_of(table)} == ids
    result = resumed.result(account, job.id)
    assert result is not None
    assert not (result.folder / "work").exists()


def test_jobs_that_are_not_complete_are_told_at_the_field(client: Client, company: Company) -> None:
    states = {job.status: job.id for job in company.export_jobs()}
    for state in ("FAILED", "IN_PROGRESS", "PENDING"):
        with pytest.raises(InputError, match=state.replace("_", " ").lower()) as refused:
            chosen_jobs(client, Where(job_ids=(states[state],)))
        assert refused.value.field == "where"
    with pytest.raises(InputError, match="no export job with the ID nope"):
        chosen_jobs(client, Where(job_ids=("nope",)))


def test_jobs_of_some_days_are_the_complete_ones_whose_data_begins_on_them(client: Client, company: Company) -> None:
    day = daily_jobs(company)[0].start_at.date()
    found = chosen_jobs(client, Where(first=day, last=day + timedelta(days=3)))
    expected = {
        job.id
        for job in company.export_jobs()
        if job.status == "COMPLETED" and day <= job.start_at.date() <= day + timedelta(days=3)
    }
    assert {job.id for job in found} == expected
    assert [job.start_at for job in found] == sorted(job.start_at for job in found if job.start_at)


def test_a_job_without_one_of_its_files_is_partial(run: Run, runs: Runs, account: Account, company: Company) -> None:
    job = next(job for job in company.export_jobs() if job.status == "COMPLETED" and len(job.files) < 4)
    done = run(job.id)
    assert done.state is State.PARTIAL
    assert any("has no customers.jsonl" in words for words in counts_of(runs, account, done))


def test_a_local_file_and_the_zip_of_a_job_give_the_same_as_the_job(
    run: Run, runs: Runs, account: Account, company: Company, rough: ExportJob, tmp_path: Path
) -> None:
    from_gladly = files_of(runs, account, run(rough.id, phrases="order"))
    packed = tmp_path / "job.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in rough.files:
            target.writestr(f"export/{name}", b"".join(company.export_lines(rough.id, name)))
    from_zip = files_of(runs, account, run(where=Where(file=str(packed)), phrases="order"))
    from_zip["unreadable.txt"] = from_zip["unreadable.txt"].replace(b"job.zip", f"job {rough.id}".encode())
    assert from_zip == from_gladly
    alone = tmp_path / "items.jsonl"
    alone.write_bytes(b"".join(company.export_lines(rough.id, ITEMS)))
    found = files_of(runs, account, run(where=Where(file=str(alone)), types=("EMAIL",)))
    expected = [text for text, item in readable(company, rough) if item["content"]["type"] == "EMAIL"]
    assert expected
    assert found[ITEMS].decode().splitlines() == expected
    assert found["agents.jsonl"] == b""


@pytest.mark.parametrize("content", [None, b"PK\x05\x06" + b"\0" * 18])
def test_a_file_that_cannot_be_searched_is_told_at_the_field(client: Client, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    if content is not None:
        path.write_bytes(content)
    parameters = check_parameters(FileExportParameters, defaults() | {"where": Where(file=str(path))})
    with pytest.raises(InputError) as refused:
        EXPORT.confirm(client, parameters)
    assert refused.value.field == "where"


@pytest.mark.parametrize(
    "where",
    [
        Where(),
        Where(job_ids=("a",), file="x"),
        Where(job_ids=(" ",)),
        Where(last=date(2026, 3, 1)),
    ],
)
def test_exactly_one_place_to_search_is_needed(where: Where) -> None:
    with pytest.raises(InputError) as refused:
        check_parameters(FileExportParameters, defaults() | {"where": where})
    assert refused.value.field == "where"


def test_parameters_survive_the_journal() -> None:
    given = defaults() | {
        "where": Where(job_ids=("a", "b")),
        "contacts": "Ann@Example.com, @*.example.org\n+1 650 555 0100",
        "phrases": "refund\nGRÖSSE",
        "types": ("EMAIL",),
        "whole_conversations": True,
    }
    parameters = check_parameters(FileExportParameters, given)
    assert load_parameters(FileExportParameters, json.loads(json.dumps(dump_parameters(parameters)))) == parameters
    assert parameters.criteria == Criteria(
        contacts=parse_contacts("ann@example.com\n@*.example.org\n+16505550100"),
        phrases=("refund", "GRÖSSE"),
        types=frozenset({"EMAIL"}),
        whole_conversation=True,
    )
