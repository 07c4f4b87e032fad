"""What the pictures of events are made of equals what the company did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from gladly_tools import clock
from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.events import ENTITIES
from gladly_tools.event_figures import (
    MOST_TYPES,
    State,
    agent_events,
    agents_of,
    availability,
    kinds_of,
    only_conversation,
    per_step,
    step_minutes,
)
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.events import EventsParameters
from gladly_tools.exports.moments import MomentRange
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from tests.conftest import NOW, UNLIMITED, connect, settings_for

ZONE = "America/New_York"
START, END = NOW - timedelta(hours=20), NOW - timedelta(minutes=1)
ONE_TYPE = Query(conditions=(Condition(column="type", operator=Operator.ONE_OF, values=("CONTACT/STARTED",)),))


@pytest.fixture(scope="module")
def table(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    folder: Path = tmp_path_factory.mktemp("figures")
    with DemoServer(company, limits=UNLIMITED) as server, pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", lambda: NOW)
        settings = settings_for(server, folder)
        runs = Runs(settings)
        client, account = connect(server, settings)
        window = MomentRange(start=START, end=END, zone="UTC")
        parameters = EventsParameters(entities=ENTITIES, window=window)
        job = runs.run_here(account, client, EXPORTS["events"], parameters, lambda _ticket: None)
        result = runs.result(account, job.id)
        assert result is not None
        yield Table(result)
        runs.close()


@pytest.mark.parametrize("query", [Query(), ONE_TYPE], ids=["all", "one type"])
def test_bars_add_up_to_the_events_of_each_stretch_and_type(table: Table, company: Company, query: Query) -> None:
    minutes = step_minutes(table, query, "timestamp")
    events = [
        event for event in company.events.between(START, END) if query == Query() or event.type == "CONTACT/STARTED"
    ]
    usual = Counter(event.type for event in events)
    kinds = kinds_of(table, query, "type")
    assert len(kinds.shown) == min(len(usual), MOST_TYPES)
    assert kinds.others == len(usual) - len(kinds.shown)
    frame = per_step(table, query, minutes, ZONE, time="timestamp", kinds=kinds)
    expected: Counter[tuple[datetime, int]] = Counter()
    for event in events:
        wall = event.at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
        into = (wall - datetime.combine(wall.date(), time(0))) % timedelta(minutes=minutes)
        expected[wall - into, kinds.shown.index(event.type) if event.type in kinds.shown else -1] += 1
    assert {(start.to_pydatetime(), kind): n for start, kind, n in frame.itertuples(index=False)} == expected


@pytest.mark.parametrize(("hours", "minutes"), [(1, 1), (3, 2), (20, 10)])
def test_bars_are_as_wide_as_the_window_is_long(table: Table, hours: int, minutes: int) -> None:
    span = Condition(column="timestamp", operator=Operator.BETWEEN, values=(END - timedelta(hours=hours), None))
    assert step_minutes(table, Query(conditions=(span,)), "timestamp") == minutes


def test_agents_are_those_of_availability_and_status_by_name(table: Table, company: Company) -> None:
    names = {agent.id: agent.name for agent in company.agents}
    events = company.events.between(START, END, ("AGENT_AVAILABILITY", "AGENT_STATUS"))
    expected = {event.content["agentId"] for event in events}
    found = agents_of(table, Query())
    assert {agent_id for agent_id, _ in found} == expected
    assert all(names[agent_id] == name for agent_id, name in found)
    assert [name for _, name in found] == sorted(name for _, name in found)


def frame_of(*turns: tuple[int, str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "moment": pd.Timestamp(START + timedelta(minutes=minute)),
                "type": type_,
                "agent_id": "a",
                "available_for": channels if type_.endswith("UPDATED") else None,
                "available_before": channels if "FOCUS" in type_ else None,
            }
            for minute, type_, channels in turns
        ]
    )


def told(frame: pd.DataFrame, minutes: int = 60) -> list[tuple[str, int, int, tuple[str, ...]]]:
    end = START + timedelta(minutes=minutes)
    return [
        (
            span.state.value,
            int((span.start - START) / timedelta(minutes=1)),
            int((span.end - START) / timedelta(minutes=1)),
            span.available_for,
        )
        for span in availability(frame, [("a", "Ann")], START, end)
    ]


def test_an_agent_is_unknown_before_the_first_event() -> None:
    frame = frame_of((20, "AGENT_AVAILABILITY/UPDATED", ["VOICE"]))
    assert told(frame) == [("Unknown", 0, 20, ()), ("Available", 20, 60, ("VOICE",))]


def test_an_agent_without_any_event_is_unknown_throughout() -> None:
    assert told(frame_of()) == [("Unknown", 0, 60, ())]


def test_a_working_day_from_log_in_to_log_out() -> None:
    frame = frame_of(
        (5, "AGENT_STATUS/LOGGED_IN", None),
        (6, "AGENT_AVAILABILITY/UPDATED", ["VOICE", "MAIL"]),
        (20, "AGENT_AVAILABILITY/FOCUS_ENTERED", ["VOICE", "MAIL"]),
        (25, "AGENT_AVAILABILITY/FOCUS_EXITED", []),
        (30, "AGENT_AVAILABILITY/UPDATED", []),
        (31, "AGENT_STATUS/WENT_AWAY", None),
        (40, "AGENT_STATUS/RETURNED_FROM_AWAY", None),
        (41, "AGENT_STATUS/CHANGED_ACTIVE_REASON", None),
        (45, "AGENT_AVAILABILITY/UPDATED", ["MAIL"]),
        (50, "AGENT_STATUS/LOGGED_OUT", None),
    )
    assert told(frame) == [
        ("Unknown", 0, 5, ()),
        ("Unavailable", 5, 6, ()),
        ("Available", 6, 20, ("VOICE", "MAIL")),
        ("Focus time", 20, 25, ()),
        ("Available", 25, 30, ("VOICE", "MAIL")),
        ("Unavailable", 30, 31, ()),
        ("Away", 31, 40, ()),
        ("Unavailable", 40, 45, ()),
        ("Available", 45, 50, ("MAIL",)),
        ("Logged out", 50, 60, ()),
    ]


def test_the_first_event_tells_no_more_than_it_says() -> None:
    frame = frame_of((10, "AGENT_STATUS/RETURNED_FROM_AWAY", None), (20, "AGENT_STATUS/WENT_AWAY", None))
    assert told(frame) == [("Unknown", 0, 20, ()), ("Away", 20, 60, ())]


def test_spans_of_the_company_fill_the_window_without_gaps(table: Table) -> None:
    agents = agents_of(table, Query())
    events = agent_events(table, [agent_id for agent_id, _ in agents])
    spans = availability(events, agents, START, END)
    assert {State.AVAILABLE, State.AWAY, State.UNKNOWN, State.LOGGED_OUT} <= {span.state for span in spans}
    for _, name in agents:
        own = [span for span in spans if span.agent == name]
        assert (own[0].start, max(span.end for span in own)) == (START, END)


def test_a_story_is_told_once_one_conversation_is_filtered(table: Table, company: Company) -> None:
    column = "content.conversationId"
    ids = sorted({event.content[column[8:]] for event in company.events.between(START, END, ("CONVERSATION",))})
    one = Query(conditions=(Condition(column=column, operator=Operator.EQUALS, values=(ids[0],)),))
    two = Query(conditions=(Condition(column=column, operator=Operator.ONE_OF, values=tuple(ids[:2])),))
    assert only_conversation(table, one, column) == ids[0]
    assert only_conversation(table, two, column) is None
    assert only_conversation(table, Query(), column) is None
    assert only_conversation(table, Query(search="nothing like it"), column) is None
