"""The export of events: a window that is mended and never silently short, order kept, JSON as it came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gladly_tools import clock
from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer, shapes
from gladly_tools.demo.events import ENTITIES
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.events import TYPES
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.events import EventsParameters, plan
from gladly_tools.exports.inputs import check_parameters, dump_parameters, load_parameters
from gladly_tools.exports.moments import MomentRange
from gladly_tools.jobs import Job, State
from gladly_tools.results.download import Format, encode
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import NOW, UNLIMITED, connect, make_company, settings_for
from tests.exports.test_every_export import notes_of, wait_for

ZONE = "America/New_York"
EXPORT = EXPORTS["events"]
LAG = timedelta(seconds=15)


def window(start: timedelta, end: timedelta = LAG) -> MomentRange:
    """So long before now, and until so long before now."""
    return MomentRange(start=NOW - start, end=NOW - end, zone=ZONE)


def asked(hours: float = 6, *, entities: tuple[str, ...] = ENTITIES, types: tuple[str, ...] = ()) -> EventsParameters:
    return EventsParameters(entities=entities, types=types, window=window(timedelta(hours=hours)))


def export(runs: Runs, client: Client, account: Account, parameters: EventsParameters) -> tuple[Job, Table]:
    job = runs.run_here(account, client, EXPORT, parameters, lambda _ticket: None)
    result = runs.result(account, job.id)
    assert result is not None
    return job, Table(result)


def as_json(table: Table) -> list[Any]:
    found: list[Any] = json.loads(b"".join(encode(table, Query(), Format.JSON)))
    return found


def notes(runs: Runs, account: Account, job: Job) -> list[str]:
    return [note.text for note in notes_of(runs, account, job)]


def test_json_holds_the_events_as_they_came_in_their_order(
    runs: Runs, client: Client, account: Account, company: Company
) -> None:
    parameters = asked(hours=23)
    job, table = export(runs, client, account, parameters)
    expected = [shapes.event(event) for event in company.events.between(parameters.window.start, parameters.window.end)]
    assert job.state is State.DONE
    assert as_json(table) == expected
    lines = b"".join(encode(table, Query(), Format.JSONL)).splitlines()
    assert [json.loads(line) for line in lines] == expected


def test_a_list_cut_three_times_equals_an_uncut_one(
    runs: Runs, client: Client, account: Account, server: DemoServer
) -> None:
    _, whole = export(runs, client, account, asked(hours=0.5))
    expected = as_json(whole)
    size = sum(len(json.dumps(event, ensure_ascii=False).encode()) + 1 for event in expected)
    assert len(expected) > 8
    for _ in range(3):
        server.faults.add("/api/v1/events", cut_after=size // 2)
    job, table = export(runs, client, account, asked(hours=0.5))
    assert server.faults.left == 0
    assert job.state is State.DONE
    assert as_json(table) == expected


def test_only_chosen_types_come_and_all_of_an_entity_without_any(
    runs: Runs, client: Client, account: Account, company: Company
) -> None:
    types = ("CONTACT/STARTED", "CONVERSATION_ASSIGNEE/UPDATED")
    parameters = asked(entities=("CONTACT", "CONVERSATION", "TASK"), types=types)
    _, table = export(runs, client, account, parameters)
    span = parameters.window
    expected = [
        event.id
        for event in company.events.between(span.start, span.end)
        if event.type in types or event.entity == "TASK"
    ]
    assert [event["id"] for event in as_json(table)] == expected
    assert len({event["type"] for event in as_json(table)}) > 2


def test_entities_are_asked_for_by_a_repeated_key(
    runs: Runs, client: Client, account: Account, server: DemoServer
) -> None:
    export(runs, client, account, asked(hours=0.5, entities=("CONTACT", "TASK")))
    (seen,) = [seen for seen in server.seen if seen.path == "/api/v1/events"]
    assert seen.query.endswith("entities=CONTACT&entities=TASK")


def test_names_stand_beside_ids_in_the_view_and_in_no_download(
    runs: Runs, client: Client, account: Account, company: Company
) -> None:
    _, table = export(runs, client, account, asked())
    agents = {agent.id: agent.name for agent in company.agents}
    topics = {topic.id: topic.name for topic in company.topics}
    page = table.page(columns=["content.agentId", "agent", "content.topicId", "topic"], limit=10_000)
    named = 0
    for row in page.itertuples(index=False):
        agent_id, agent, topic_id, topic = (None if value != value else value for value in row)
        assert (agent, topic) == (agents.get(agent_id), topics.get(topic_id))
        named += bool(agent) + bool(topic)
    assert named > 10
    header = b"".join(encode(table, Query(), Format.CSV)).splitlines()[0].decode()
    assert not {"agent", "topic", "inbox", "event"} & set(header.split(","))


def test_names_are_asked_for_once_for_all_slices(
    runs: Runs, client: Client, account: Account, server: DemoServer
) -> None:
    export(runs, client, account, asked(hours=6))
    lists = [seen.path for seen in server.seen if seen.path in ("/api/v1/agents", "/api/v1/inboxes", "/api/v1/topics")]
    assert len(lists) == len(set(lists)) > 1


def test_a_start_that_grew_too_old_is_moved_up_and_said(settings: Settings, client: Client) -> None:
    parameters = check_parameters(
        EventsParameters,
        {"entities": ["CONTACT"], "types": [], "window": window(timedelta(hours=24, minutes=40))},
    )
    found = plan(client, settings, parameters)
    first = datetime.fromisoformat(str(found.slices[0].arguments["start"]))
    assert first == NOW - timedelta(hours=24) + timedelta(seconds=60)
    (remark,) = found.remarks
    assert not remark.partial
    assert "2026-03-19 14:31:00 instead of 2026-03-19 13:50:00" in remark.text


def test_an_end_in_the_future_is_cut_to_what_there_can_be_and_said(settings: Settings, client: Client) -> None:
    parameters = EventsParameters(entities=("TASK",), window=window(timedelta(hours=1), -timedelta(hours=5)))
    found = plan(client, settings, parameters)
    assert datetime.fromisoformat(str(found.slices[-1].arguments["end"])) == NOW - LAG
    assert "2026-03-20 14:29:45 instead of 2026-03-20 19:30:00" in found.remarks[0].text


def test_slices_are_half_hours_without_a_gap(settings: Settings, client: Client) -> None:
    found = plan(client, settings, asked(hours=2.2)).slices
    ends = [(str(each.arguments["start"]), str(each.arguments["end"])) for each in found]
    assert len(ends) == 5
    assert all(before[1] == after[0] for before, after in pairwise(ends))
    assert len({each.key for each in found}) == 5


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"entities": []}, "entities"),
        ({"entities": ["NONSENSE"]}, "entities"),
        ({"entities": "CONTACT"}, "entities"),
        ({"entities": ["CONTACT"], "types": ["TASK/CREATED"]}, "types"),
        ({"entities": ["CONTACT"], "types": ["CONTACT/UNHEARD"]}, "types"),
        ({"window": window(timedelta(hours=49))}, "window"),
        ({"window": window(timedelta(hours=26), timedelta(hours=25))}, "window"),
        ({"window": window(timedelta(hours=1), timedelta(hours=2))}, "window"),
        ({"window": window(-timedelta(hours=1), -timedelta(hours=2))}, "window"),
        ({"window": None}, "window"),
        ({"window": MomentRange(start=NOW - timedelta(hours=1), end=NOW, zone="Mars/Crater")}, "window"),
    ],
)
def test_bad_input_names_its_field(answers: dict[str, Any], field: str) -> None:
    usual = {"entities": ["CONTACT"], "types": [], "window": window(timedelta(hours=1))}
    with pytest.raises(InputError) as refused:
        check_parameters(EventsParameters, usual | answers)
    assert refused.value.field == field
    assert refused.value.advice


def test_a_window_survives_the_journal_long_after_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = asked(types=("TASK/CREATED",))
    stored = json.loads(json.dumps(dump_parameters(parameters)))
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=30))
    assert load_parameters(EventsParameters, stored) == parameters


@pytest.mark.parametrize(("attr", "field"), [("entities", "entities"), ("endAt", "window"), ("startAt", "window")])
def test_a_refusal_of_gladly_is_told_at_its_field(
    runs: Runs, client: Client, account: Account, server: DemoServer, attr: str, field: str
) -> None:
    body = json.dumps({"errors": [{"attr": attr, "code": "invalid", "detail": "not so"}]})
    server.faults.add("/api/v1/events", status=400, body=body)
    with pytest.raises(InputError) as refused:
        export(runs, client, account, asked(hours=1))
    assert refused.value.field == field
    assert "not so" in refused.value.what


class Moving:
    """A company whose clock can be set, with the client's beside it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.server = DemoServer(make_company(now=lambda: self.now), limits=UNLIMITED)
        self.folder = folder
        monkeypatch.setattr(clock, "now", lambda: self.now)


@pytest.fixture
def moving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moving]:
    here = Moving(tmp_path / "data", monkeypatch)
    with here.server:
        yield here


def test_what_became_too_old_while_a_job_was_stopped_is_missing_and_said(
    moving: Moving, open_runs: Callable[[Settings], Runs]
) -> None:
    settings = settings_for(moving.server, moving.folder)
    runs = open_runs(settings)
    client, account = connect(moving.server, settings)
    moving.server.faults.add("/api/v1/events", status=400)
    with pytest.raises(GladlyToolsError):
        runs.run_here(account, client, EXPORT, asked(hours=2), lambda _ticket: None)
    (job,) = runs.jobs(account)
    moving.now = NOW + timedelta(hours=22, minutes=59, seconds=50)
    runs.resume(account, client, job.id)
    ended = wait_for(runs, account, job.id)
    assert ended.state is State.PARTIAL
    said = [text for text in notes(runs, account, ended) if "are missing" in text]
    assert len(said) == 2
    assert "2026-03-20 12:30:00 to 2026-03-20 13:00:00" in said[0]
    result = runs.result(account, job.id)
    assert result is not None
    kept = Table(result).bounds("timestamp")
    assert kept is not None
    assert kept[0] >= NOW - timedelta(hours=1)


def test_every_type_can_be_chosen_and_belongs_to_one_entity() -> None:
    every = [type_ for types in TYPES.values() for type_ in types]
    assert len(every) == len(set(every)) == 45
    for entity, types in TYPES.items():
        assert EventsParameters(entities=(entity,), types=types, window=window(timedelta(hours=1))).types == types
