"""File exports: jobs of every state, files that are as hard to read as real ones, and downloads that go on."""

from __future__ import annotations

import codecs
import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import httpx
import pytest

from gladly_tools.demo import Company, DemoServer, Limits, shapes
from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.export_jobs import ExportJob
from gladly_tools.demo.items import Item
from gladly_tools.demo.lifespans import lasts_until

from .conftest import NOW, UNLIMITED, caller, make_company

JOBS = "/api/v1/export/jobs"
ITEMS = "conversation_items.jsonl"
CUSTOMERS = "customers.jsonl"
FILES = ("agents.jsonl", ITEMS, CUSTOMERS, "topics.jsonl")
DAY = dt.timedelta(days=1)
DAYS = 14
Record = dict[str, Any]


def dailies(company: Company) -> list[ExportJob]:
    """The whole nightly jobs, oldest day first."""
    schedule = company.export_schedules()[0].id
    return [
        job
        for job in company.export_jobs()
        if job.schedule_id == schedule and job.status == "COMPLETED" and job.files == FILES
    ]


def one_off(company: Company) -> ExportJob:
    (job,) = (job for job in company.export_jobs() if job.schedule_id is None and job.files)
    return job


def hourly(company: Company) -> ExportJob:
    (job,) = (job for job in company.export_jobs() if job.end_at - job.start_at == dt.timedelta(hours=1))
    return job


def incomplete(company: Company) -> ExportJob:
    (job,) = (job for job in company.export_jobs() if job.files and CUSTOMERS not in job.files)
    return job


def with_files(company: Company) -> list[ExportJob]:
    return [job for job in company.export_jobs() if job.files]


def file_path(job: ExportJob, name: str = ITEMS) -> str:
    return f"{JOBS}/{job.id}/files/{name}"


@cache
def lines_of(company: Company, job: ExportJob, name: str = ITEMS) -> tuple[bytes, ...]:
    return tuple(company.export_lines(job.id, name))


def body_of(company: Company, job: ExportJob, name: str = ITEMS) -> bytes:
    return b"".join(lines_of(company, job, name))


def body_made_anew(company: Company, job: ExportJob, name: str = ITEMS) -> bytes:
    return b"".join(company.export_lines(job.id, name))


def records(company: Company, job: ExportJob, name: str = ITEMS) -> list[Record]:
    """What can be read of a file: all but blank lines and the cut one."""
    found = []
    for line in lines_of(company, job, name):
        if line.strip():
            try:
                found.append(json.loads(line.removeprefix(codecs.BOM_UTF8)))
            except ValueError:
                continue
    return found


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def is_delivered(item: Item) -> bool:
    content = item.content
    if item.type == "EMAIL" and all(to.endswith("7@post.example") for to in content["to"]):  # type: ignore[attr-defined]
        return False
    by_rule = item.initiator is not None and item.initiator.type == "AUTOMATION"
    return not (by_rule and item.type in ("EMAIL", "SMS"))


@pytest.fixture(scope="module")
def all_items(company: Company) -> list[Item]:
    """Every item of every conversation."""
    return [item for one in company.conversations for item in company.items_of(company.conversations[one])]


def items_within(company: Company, all_items: list[Item], job: ExportJob) -> Iterator[Item]:
    for item in all_items:
        is_named = item.type not in ("TWITTER", "VOICE_AI_MESSAGE")
        if job.start_at <= item.at < job.end_at and is_named and is_delivered(item):
            yield item


def test_each_of_the_last_14_days_has_a_job_over_the_day_before_it(company: Company) -> None:
    found = dailies(company)
    assert len(found) == DAYS
    for age, job in enumerate(reversed(found), start=1):
        midnight = dt.datetime.combine(NOW.date() - age * DAY, dt.time(), tzinfo=dt.UTC)
        assert (job.start_at, job.end_at) == (midnight, midnight + DAY)
        assert job.end_at + dt.timedelta(hours=3) < job.updated_at < job.end_at + dt.timedelta(hours=7)


@pytest.mark.parametrize("hour", range(24))
def test_there_are_14_nightly_jobs_and_every_odd_one_at_any_hour(company: Company, hour: int) -> None:
    now = NOW.replace(hour=hour)
    seen = make_company(now=lambda: now)
    jobs = seen.export_jobs()
    assert len(dailies(seen)) == DAYS
    assert len(jobs) == DAYS + 6
    assert len({job.id for job in jobs}) == len(jobs)
    assert all(now - DAYS * DAY <= job.updated_at <= now for job in jobs)


def test_jobs_of_every_state_are_there(company: Company) -> None:
    states = Counter(job.status for job in company.export_jobs())
    assert states == {"COMPLETED": DAYS + 3, "FAILED": 1, "IN_PROGRESS": 1, "PENDING": 1}
    for job in company.export_jobs():
        assert bool(job.files) == (job.status == "COMPLETED")
        assert job.start_at < job.end_at < job.updated_at


def test_a_failed_job_was_made_up_for_by_the_next_one(company: Company) -> None:
    (failed,) = (job for job in company.export_jobs() if job.status == "FAILED")
    again = next(job for job in dailies(company) if job.start_at == failed.start_at)
    assert failed.updated_at < again.updated_at


def test_one_job_lacks_its_customers(company: Company, client: httpx.Client) -> None:
    job = incomplete(company)
    assert job.status == "COMPLETED"
    assert set(FILES) - set(job.files) == {CUSTOMERS}
    assert client.get(file_path(job)).status_code == 200
    answer = client.get(file_path(job, CUSTOMERS))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "not_exist")
    with pytest.raises(KeyError):
        company.export_lines(job.id, CUSTOMERS)


def test_jobs_vanish_14_days_after_their_last_update(company: Company) -> None:
    job = dailies(company)[-1]
    clock = [job.updated_at + DAYS * DAY]
    later = make_company(now=lambda: clock[0])
    assert later.export_job(job.id) == job
    with DemoServer(later, limits=UNLIMITED) as server, caller(server) as calling:
        assert calling.get(file_path(job)).content == body_of(company, job)
        clock[0] += dt.timedelta.resolution
        assert calling.get(f"{JOBS}/{job.id}").status_code == 404
        assert calling.get(file_path(job)).status_code == 404
        assert job.id not in {one["id"] for one in calling.get(JOBS).json()}
    with pytest.raises(KeyError):
        later.export_job(job.id)


def test_an_empty_company_exports_nothing() -> None:
    empty = Company.make_empty()
    assert empty.export_jobs() == ()
    with DemoServer(empty) as server, caller(server) as calling:
        assert calling.get(JOBS).json() == []
        assert calling.get("/api/v1/export/schedules").json() == []


def test_the_schedule_is_a_daily_one(company: Company, client: httpx.Client) -> None:
    (schedule,) = client.get("/api/v1/export/schedules").json()
    assert set(schedule) == {"id", "frequency", "type", "nextStartAt", "updatedAt"}
    assert (schedule["frequency"], schedule["type"]) == ("DAILY", "CONVERSATIONS")
    assert schedule["nextStartAt"] == "2026-03-21T00:00:00Z"
    assert {job.schedule_id for job in dailies(company)} == {schedule["id"]}


def test_the_list_holds_every_job_in_no_order(company: Company, client: httpx.Client) -> None:
    listed = client.get(JOBS).json()
    truth = {job.id: shapes.export_job(job) for job in company.export_jobs()}
    assert {one["id"]: one for one in listed} == truth
    updated = [one["updatedAt"] for one in listed]
    assert updated != sorted(updated)
    assert updated != sorted(updated, reverse=True)


def test_a_job_has_the_shape_of_the_documents(company: Company, client: httpx.Client) -> None:
    job = dailies(company)[0]
    shape = client.get(f"{JOBS}/{job.id}").json()
    assert set(shape) == {"id", "scheduleId", "status", "updatedAt", "parameters", "files"}
    assert shape["parameters"] == {
        "type": "CONVERSATIONS",
        "startAt": f"{job.start_at:%Y-%m-%dT}00:00:00Z",
        "endAt": f"{job.end_at:%Y-%m-%dT}00:00:00Z",
    }
    assert shape["files"] == list(FILES)
    fractions = {len(one["updatedAt"].partition(".")[2]) - 1 for one in client.get(JOBS).json()}
    assert fractions == {8, 9}


def test_a_job_that_was_asked_for_once_has_no_schedule(company: Company, client: httpx.Client) -> None:
    assert "scheduleId" not in client.get(f"{JOBS}/{one_off(company).id}").json()


def ago(**more: float) -> str:
    return (NOW - dt.timedelta(**more)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS", "COMPLETED", "FAILED"])
def test_jobs_are_found_by_their_state(company: Company, client: httpx.Client, status: str) -> None:
    found = client.get(JOBS, params={"status": status}).json()
    assert {one["id"] for one in found} == {job.id for job in company.export_jobs() if job.status == status}
    assert found


@pytest.mark.parametrize(
    ("params", "newest", "oldest"),
    [
        ({"startAt": ago(days=3)}, 0.0, 3.0),
        ({"endAt": ago(days=3)}, 3.0, 14.0),
        ({"startAt": ago(days=9), "endAt": ago(days=2.5)}, 2.5, 9.0),
        ({"startAt": ago(days=14), "endAt": ago()}, 0.0, 14.0),
        ({"startAt": "2026-03-10T20:30:00+02:00"}, 0.0, 10.0),
    ],
)
def test_jobs_are_found_by_their_last_update(
    company: Company, client: httpx.Client, params: dict[str, str], newest: float, oldest: float
) -> None:
    wanted = {job.id for job in company.export_jobs() if newest * DAY <= NOW - job.updated_at <= oldest * DAY}
    assert {one["id"] for one in client.get(JOBS, params=params).json()} == wanted
    assert wanted


@pytest.mark.parametrize(
    ("params", "attr"),
    [
        ({"status": "DONE"}, "status"),
        ({"status": ["FAILED", "COMPLETED"]}, "status"),
        ({"startAt": ago(days=14, seconds=1)}, "startAt"),
        ({"startAt": "yesterday"}, "startAt"),
        ({"startAt": ""}, "startAt"),
        ({"endAt": ago(seconds=-1)}, "endAt"),
        ({"startAt": ago(days=1), "endAt": ago(days=2)}, "endAt"),
        ({"endAt": ago(days=15)}, "endAt"),
    ],
)
def test_a_bad_filter_is_refused(client: httpx.Client, params: dict[str, str], attr: str) -> None:
    answer = client.get(JOBS, params=params)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["attr"], error["code"]) == (attr, "invalid")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_job_does_not_exist(client: httpx.Client, method: str) -> None:
    answer = client.request(method, f"{JOBS}/nobody")
    assert answer.status_code == 404
    (error,) = answer.json()["errors"]
    assert error["code"] == "not_exist"
    assert "attr" not in error


def test_files_that_do_not_exist_are_404(company: Company, client: httpx.Client) -> None:
    job = dailies(company)[0]
    (failed,) = (one for one in company.export_jobs() if one.status == "FAILED")
    for path in (file_path(job, "tasks.jsonl"), file_path(failed), f"{JOBS}/nobody/files/{ITEMS}"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "not_exist")


def test_a_finished_job_can_be_deleted_and_is_gone_for_this_server_alone(company: Company) -> None:
    job, kept = dailies(company)[:2]
    with DemoServer(company, limits=UNLIMITED) as server, caller(server) as calling:
        assert calling.get(file_path(job)).status_code == 200
        gone = calling.delete(f"{JOBS}/{job.id}")
        assert (gone.status_code, gone.content) == (204, b"")
        for path in (f"{JOBS}/{job.id}", file_path(job)):
            assert calling.get(path).status_code == 404
        assert calling.delete(f"{JOBS}/{job.id}").status_code == 404
        left = {one["id"] for one in calling.get(JOBS).json()}
        assert left == {one.id for one in company.export_jobs()} - {job.id}
        assert calling.get(file_path(kept)).status_code == 200
    assert company.export_job(job.id) == job


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS"])
def test_a_job_that_still_runs_cannot_be_deleted(company: Company, client: httpx.Client, status: str) -> None:
    (job,) = (one for one in company.export_jobs() if one.status == status)
    answer = client.delete(f"{JOBS}/{job.id}")
    assert answer.status_code == 400
    detail = f"unable to delete job with status [{status}]. Please try again after it has finished"
    assert answer.json() == [{"attr": "status", "code": "temporary_failure", "detail": detail}]
    assert client.get(f"{JOBS}/{job.id}").status_code == 200


def test_every_file_is_sent_as_it_is_made_and_its_length_is_not_stated(company: Company, client: httpx.Client) -> None:
    for job in with_files(company):
        for name in job.files:
            answer = client.get(file_path(job, name), headers={"Range": "bytes=10-"})
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/x-ndjson"
            assert not {"content-length", "content-range", "accept-ranges"} & set(answer.headers)
            assert answer.content == body_of(company, job, name)


def test_a_file_is_one_request_and_needs_credentials(company: Company) -> None:
    path = file_path(dailies(company)[0])
    with DemoServer(company, limits=Limits(requests_per_second=1), clock=lambda: 5.0) as server:
        assert httpx.get(server.url + path, trust_env=False).status_code == 401
        with caller(server) as calling:
            assert calling.get(path).status_code == 429
    with DemoServer(company, limits=Limits(requests_per_second=1), clock=lambda: 5.0) as server:
        with caller(server) as calling:
            assert calling.get(path).status_code == 200
        assert server.pressure.requests == 1


@pytest.fixture(scope="module")
def resumable(company: Company) -> Iterator[httpx.Client]:
    with DemoServer(company, limits=UNLIMITED, file_ranges=True) as server, caller(server) as calling:
        yield calling


@pytest.mark.parametrize("begin", [0, 1, 70_000, -1])
def test_a_download_goes_on_where_the_server_allows(company: Company, resumable: httpx.Client, begin: int) -> None:
    job = dailies(company)[5]
    whole = body_of(company, job)
    begin %= len(whole)
    answer = resumable.get(file_path(job), headers={"Range": f"bytes={begin}-"})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {begin}-{len(whole) - 1}/{len(whole)}"
    assert answer.content == whole[begin:]
    assert "content-length" not in answer.headers


def test_a_range_behind_the_end_cannot_be_satisfied(company: Company, resumable: httpx.Client) -> None:
    job = dailies(company)[5]
    size = len(body_of(company, job))
    answer = resumable.get(file_path(job), headers={"Range": f"bytes={size}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize("value", ["", "bytes=5-9", "bytes=-5", "bytes=1-,3-", "lines=1-", "bytes=x-"])
def test_any_other_range_is_ignored(company: Company, resumable: httpx.Client, value: str) -> None:
    job = dailies(company)[5]
    answer = resumable.get(file_path(job), headers={"Range": value})
    assert answer.status_code == 200
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == body_of(company, job)


def read_into(got: bytearray, answer: httpx.Response) -> None:
    for piece in answer.iter_raw():
        got += piece


def test_a_cut_download_goes_on_to_the_same_bytes(company: Company) -> None:
    job = dailies(company)[0]
    whole = body_of(company, job)
    with (
        DemoServer(company, limits=UNLIMITED, file_ranges=True, file_lengths=True) as server,
        caller(server) as calling,
    ):
        server.faults.add(file_path(job), cut_after=70_001)
        got = bytearray()
        with calling.stream("GET", file_path(job)) as answer:
            assert int(answer.headers["content-length"]) == len(whole)
            with pytest.raises(httpx.RemoteProtocolError):
                read_into(got, answer)
        assert len(got) == 70_001
        rest = calling.get(file_path(job), headers={"Range": f"bytes={len(got)}-"})
    assert int(rest.headers["content-length"]) == len(whole) - len(got)
    assert got + rest.content == whole


def test_lengths_are_stated_where_the_server_knows_them(company: Company) -> None:
    with DemoServer(company, limits=UNLIMITED, file_lengths=True) as server, caller(server) as calling:
        for name in FILES:
            job = dailies(company)[3]
            answer = calling.get(file_path(job, name), headers={"Range": "bytes=10-"})
            assert answer.status_code == 200
            assert "accept-ranges" not in answer.headers
            assert int(answer.headers["content-length"]) == len(body_of(company, job, name)) == len(answer.content)


def test_a_file_has_the_same_bytes_whenever_it_is_read(company: Company) -> None:
    clock = [NOW]
    other = make_company(now=lambda: clock[0])
    for job in reversed(with_files(company)[3:]):
        for name in job.files:
            assert body_made_anew(other, job, name) == body_of(company, job, name)
    clock[0] += 10 * DAY
    for job in dailies(company)[-3:]:
        assert body_made_anew(other, job) == body_of(company, job)


def test_another_seed_makes_other_files(company: Company) -> None:
    other = make_company(seed=8)
    assert not {job.id for job in other.export_jobs()} & {job.id for job in company.export_jobs()}
    assert body_of(other, dailies(other)[-1]) != body_of(company, dailies(company)[-1])


def test_a_big_file_begins_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    big = make_company(conversations=30_000, days=20)
    asked = []
    items_of = big.items_of

    def counted(conversation: Conversation, at: dt.datetime | None = None) -> tuple[Item, ...]:
        asked.append(conversation.id)
        return items_of(conversation, at)

    monkeypatch.setattr(big, "items_of", counted)
    job = dailies(big)[-1]
    lines = big.export_lines(job.id, ITEMS)
    assert asked == []
    next(lines)
    assert 0 < len(asked) < len(big.conversations.on(job.start_at.date())) / 2


def test_a_file_holds_the_items_of_its_window_as_their_conversations_do(
    company: Company, all_items: list[Item]
) -> None:
    for job in [*dailies(company), hourly(company)]:
        truth = {}
        for item in items_within(company, all_items, job):
            truth[item.id] = shapes.item(item.as_of(job.updated_at))
            truth[item.id].pop("sessionId", None)
        found = [one for one in records(company, job) if "conversationId" in one]
        assert len(found) == len(truth)
        assert {one["id"]: one for one in found} == truth


def test_windows_that_follow_each_other_share_no_item_and_lose_none(company: Company, all_items: list[Item]) -> None:
    found = Counter(one["id"] for job in dailies(company) for one in records(company, job) if "conversationId" in one)
    assert set(found.values()) == {1}
    first, last = dailies(company)[0], dailies(company)[-1]
    assert all(before.end_at == after.start_at for before, after in pairwise(dailies(company)))
    truth = {
        item.id
        for item in all_items
        if first.start_at <= item.at < last.end_at
        and item.type not in ("TWITTER", "VOICE_AI_MESSAGE")
        and is_delivered(item)
    }
    assert set(found) == truth


def test_something_undelivered_is_left_out(company: Company, all_items: list[Item]) -> None:
    first, last = dailies(company)[0], dailies(company)[-1]
    lost = [item for item in all_items if first.start_at <= item.at < last.end_at and not is_delivered(item)]
    assert {item.initiator.type for item in lost if item.initiator} >= {"AUTOMATION", "AGENT"}
    ids = {one["id"] for job in dailies(company) for one in records(company, job)}
    assert not ids & {item.id for item in lost}


def test_the_documented_types_and_unknown_things_are_exported(company: Company) -> None:
    found = [one for job in dailies(company) for one in records(company, job)]
    assert {one["content"]["type"] for one in found} == {
        "CHAT_MESSAGE",
        "CONVERSATION_NOTE",
        "CONVERSATION_STATUS_CHANGE",
        "CUSTOMER_ACTIVITY",
        "EMAIL",
        "FACEBOOK_MESSAGE",
        "HOLOGRAM_CALL",
        "INSTAGRAM_DIRECT",
        "PHONE_CALL",
        "SMS",
        "TOPIC_CHANGE",
        "VOICEMAIL",
        "WHATSAPP",
    }
    assert not any("sessionId" in one for one in found)
    assert any("sessionId" in one["content"] for one in found)
    assert any("revision" in one for one in found)


def test_items_come_nearly_by_time(company: Company) -> None:
    for job in dailies(company):
        times = [moment(one["timestamp"]) for one in records(company, job)]
        assert times != sorted(times)
        in_order = sum(before <= after for before, after in pairwise(times))
        assert in_order > 0.7 * len(times)


def test_items_outside_any_conversation_were_made_by_a_program(company: Company) -> None:
    for job in with_files(company):
        outside = [one for one in records(company, job) if "conversationId" not in one]
        assert outside
        for one in outside:
            assert (one["content"]["type"], one["initiator"]["type"]) == ("CUSTOMER_ACTIVITY", "API")
            assert one["customerId"] in company.customers
            assert job.start_at <= moment(one["timestamp"]) < job.end_at


def is_unreadable(line: bytes) -> bool:
    try:
        json.loads(line.removeprefix(codecs.BOM_UTF8))
    except ValueError:
        return bool(line.strip())
    return False


def has_duplicate_key(line: bytes) -> bool:
    found = []

    def look(pairs: list[tuple[str, Any]]) -> Record:
        found.append(len(dict(pairs)) < len(pairs))
        return dict(pairs)

    if line.strip() and not is_unreadable(line):
        json.loads(line.removeprefix(codecs.BOM_UTF8), object_pairs_hook=look)
    return any(found)


def has_huge_integer(line: bytes) -> bool:
    found = []
    if line.strip() and not is_unreadable(line):
        json.loads(line.removeprefix(codecs.BOM_UTF8), parse_int=lambda text: found.append(int(text)))
    return any(number >= 2**64 for number in found)


@pytest.mark.parametrize(
    "is_nasty",
    [
        lambda line: not line.strip(),
        has_huge_integer,
        has_duplicate_key,
        lambda line: b"\\u00df" in line,
        lambda line: b"\\ud83d" in line,
        lambda line: line.endswith(b"\r\n"),
    ],
    ids=["blank", "huge integer", "duplicate key", "escaped letter", "lone surrogate", "CRLF"],
)
def test_every_file_of_items_is_hard_to_read(company: Company, is_nasty: Callable[[bytes], bool]) -> None:
    for job in with_files(company):
        lines = lines_of(company, job)
        nasty = [line for line in lines if is_nasty(line)]
        assert nasty
        assert len(nasty) < max(3, len(lines) / 4)


def test_what_is_not_the_file_of_one_day_has_a_cut_line_the_beginning_of_one_that_comes_whole(
    company: Company,
) -> None:
    others = [job for job in with_files(company) if job.end_at - job.start_at != dt.timedelta(days=1)]
    assert len(others) > 1
    for job in others:
        lines = lines_of(company, job)
        (cut,) = (line for line in lines if is_unreadable(line))
        assert any(line.startswith(cut.rstrip()) for line in lines if line is not cut)


def test_every_line_of_a_daily_file_can_be_read(company: Company) -> None:
    for job in dailies(company):
        assert not any(map(is_unreadable, lines_of(company, job)))


def test_of_14_days_one_begins_with_a_byte_order_mark_and_one_has_no_last_newline(company: Company) -> None:
    bodies = [body_of(company, job) for job in dailies(company)]
    assert sum(body.startswith(codecs.BOM_UTF8) for body in bodies) == 1
    assert sum(not body.endswith(b"\n") for body in bodies) == 1


def test_customers_come_in_the_shape_of_exports(company: Company) -> None:
    found = [one for job in dailies(company) for one in records(company, job, CUSTOMERS)]
    fields = Counter(name for one in found for name in one)
    assert set(fields) == {
        "id",
        "name",
        "address",
        "emailAddresses",
        "phoneNumbers",
        "externalCustomerId",
        "externalCustomerIds",
    }
    # But for the id, every field is missing somewhere.
    assert [name for name, count in fields.items() if count == len(found)] == ["id"]
    for one in found:
        customer = company.customers[one["id"]]
        assert one.get("name") == customer.name
        assert one.get("emailAddresses", []) == [mail.original for mail in customer.emails]
        assert one.get("phoneNumbers", []) == [phone.normalized for phone in customer.phones]
        assert not {"externalCustomerId", "externalCustomerIds"} <= set(one)


def test_the_customers_of_a_file_are_those_of_its_items(company: Company) -> None:
    for job in dailies(company):
        ids = [one["id"] for one in records(company, job, CUSTOMERS)]
        assert len(ids) == len(set(ids))
        assert set(ids) == {one["customerId"] for one in records(company, job)}


def test_agents_and_topics_come_as_from_their_own_endpoints(company: Company, client: httpx.Client) -> None:
    job = dailies(company)[0]
    assert records(company, job, "agents.jsonl") == client.get("/api/v1/agents").json()
    assert records(company, job, "topics.jsonl") == client.get("/api/v1/topics").json()


def test_the_job_over_several_days_has_their_items_one_of_them_changed_since(company: Company) -> None:
    job = one_off(company)
    days = [one for one in dailies(company) if job.start_at <= one.start_at and one.end_at <= job.end_at]
    assert len(days) == (job.end_at - job.start_at).days == 4
    assert all(one.updated_at < job.updated_at for one in days)
    before = {one["id"]: one for day in days for one in records(company, day)}
    after = {one["id"]: one for one in records(company, job)}
    assert set(before) == set(after)
    (changed,) = (key for key in after if after[key] != before[key])
    assert after[changed]["content"]["content"] == "Removed at the customer's request."
    assert after[changed] | {"content": before[changed]["content"]} == before[changed]


def test_nothing_happens_in_a_conversation_after_its_last_moment(company: Company) -> None:
    for conversation_id in company.conversations:
        conversation = company.conversations[conversation_id]
        items = company.items_of(conversation, NOW + 365 * DAY)
        assert items[-1].at <= lasts_until(conversation)
