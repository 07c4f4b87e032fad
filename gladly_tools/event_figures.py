"""What the pictures of events are made of: how many happened when, what agents were available for, one story.

Every function takes the table and the query whose rows count; times are in UTC unless a zone is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pandas as pd

from gladly_tools.results.query import Query
from gladly_tools.results.sql import filled
from gladly_tools.results.table import Table

MOST_TYPES = 8
MOST_BARS = 120
STEPS_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 10080)
MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001  # on the wall, from where weeks are counted


class State(StrEnum):
    """What an agent is there for."""

    UNKNOWN = "Unknown"
    AVAILABLE = "Available"
    UNAVAILABLE = "Unavailable"
    FOCUS = "Focus time"
    AWAY = "Away"
    LOGGED_OUT = "Logged out"


@dataclass(frozen=True, kw_only=True)
class AgentSpan:
    """A stretch in which an agent was in one state; `available_for` is empty unless available."""

    agent: str
    state: State
    start: datetime
    end: datetime
    available_for: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What is known of an agent at a moment; None where nothing is."""

    is_in: bool | None = None
    is_away: bool = False
    is_focused: bool = False
    available_for: tuple[str, ...] | None = None

    @property
    def state(self) -> State:
        """The state in one word."""
        if self.is_in is False:
            return State.LOGGED_OUT
        if self.is_away:
            return State.AWAY
        if self.is_focused:
            return State.FOCUS
        if self.available_for is None:
            return State.UNKNOWN
        return State.AVAILABLE if self.available_for else State.UNAVAILABLE


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """The most frequent values of a column of kinds, None for empty, and how many others there are."""

    column: str
    shown: tuple[str | None, ...]
    others: int


def kinds_of(table: Table, query: Query, column: str) -> Kinds:
    """The kinds that events are drawn by: the most frequent, all others in one."""
    frame = table.frame(
        f"SELECT {filled(column)} AS kind, count(*) AS events FROM rows GROUP BY kind ORDER BY events DESC, kind", query
    )
    shown = [None if pd.isna(kind) else str(kind) for kind in frame["kind"].iloc[:MOST_TYPES]]
    return Kinds(column=column, shown=tuple(shown), others=len(frame) - len(shown))


def step_minutes(table: Table, query: Query, time: str) -> int:
    """How many minutes a bar stands for, so that there are neither too many of them nor too few."""
    bounds = table.bounds(time, query)
    if bounds is None:
        return STEPS_MINUTES[0]
    minutes = (bounds[1] - bounds[0]) / timedelta(minutes=1)
    return next((step for step in STEPS_MINUTES if minutes / step <= MOST_BARS), STEPS_MINUTES[-1])


def per_step(table: Table, query: Query, minutes: int, zone: str, *, time: str, kinds: Kinds) -> pd.DataFrame:
    """`start` (on the wall of the zone, without zone), `kind` (its place among those shown; -1 for others), `events`.

    Steps begin with the day, so that those of a day are days of the zone, whatever the clocks do.
    """
    place = f"list_position($shown, {filled(kinds.column)}) - 1"
    blank = kinds.shown.index(None) if None in kinds.shown else -1
    return table.frame(
        f"""
        , placed AS (SELECT epoch_us("{time}") // $grain AS grain,
                            coalesce({place}, CASE WHEN {filled(kinds.column)} IS NULL THEN $blank ELSE -1 END) AS kind,
                            count(*) AS events
                     FROM rows WHERE "{time}" IS NOT NULL GROUP BY ALL)
        SELECT time_bucket(to_minutes($minutes), timezone($zone, make_timestamptz(grain * $grain)), $origin) AS start,
               kind, CAST(sum(events) AS BIGINT) AS events
        FROM placed GROUP BY ALL ORDER BY ALL
        """,
        query,
        {
            "shown": [kind or "" for kind in kinds.shown],
            "blank": blank,
            "minutes": minutes,
            # Converted by the quarter hour, within which no zone's hours begin, or by the minute.
            "grain": (15 if minutes % 15 == 0 else 1) * 60_000_000,
            "zone": zone,
            "origin": MONDAY,
        },
    )


def agents_of(table: Table, query: Query) -> list[tuple[str, str]]:
    """The agents of availability and status events, by name: id and name; the id where there is no name."""
    frame = table.frame(
        """
        SELECT "content.agentId" AS agent_id, max("agent") AS name FROM rows
        WHERE starts_with("type", 'AGENT_') AND "content.agentId" IS NOT NULL
        GROUP BY "content.agentId" ORDER BY name NULLS LAST, agent_id
        """,
        query,
    )
    return [(str(row.agent_id), str(row.name or row.agent_id)) for row in frame.itertuples(index=False)]


def agent_events(table: Table, agent_ids: Sequence[str]) -> pd.DataFrame:
    """Every availability and status event of these agents, oldest first: `moment`, `type`, `agent_id`, `available_for`.

    No filter applies: what an agent is available for follows from all that came before.
    """
    return table.frame(
        """
        SELECT "timestamp" AS moment, "type" AS type, "content.agentId" AS agent_id,
               "content.availableFor" AS available_for, "content.context.availableFor" AS available_before
        FROM rows
        WHERE list_contains($agents, "content.agentId") AND starts_with("type", 'AGENT_') AND "timestamp" IS NOT NULL
        ORDER BY moment
        """,
        parameters={"agents": list(agent_ids)},
    )


def availability(
    events: pd.DataFrame, agents: Iterable[tuple[str, str]], start: datetime, end: datetime
) -> list[AgentSpan]:
    """What each agent was there for from `start` to `end`; unknown before their first event."""
    by_agent = {agent_id: frame for agent_id, frame in events.groupby("agent_id")} if len(events) else {}
    found: list[AgentSpan] = []
    for agent_id, name in agents:
        turns: Sequence[Mapping[Any, Any]] = by_agent[agent_id].to_dict("records") if agent_id in by_agent else ()
        found += _joined(_spans(name, turns, start, end))
    return found


def _spans(name: str, turns: Sequence[Mapping[Any, Any]], start: datetime, end: datetime) -> Iterator[AgentSpan]:
    known, since = _Known(), start
    for turn in turns:
        at = turn["moment"].to_pydatetime()
        if at > since:
            yield _span(name, known, since, at)
        known, since = _after(known, turn), max(at, since)
    if end > since:
        yield _span(name, known, since, end)


def _span(name: str, known: _Known, start: datetime, end: datetime) -> AgentSpan:
    state = known.state
    return AgentSpan(
        agent=name,
        state=state,
        start=start,
        end=end,
        available_for=(known.available_for or ()) if state is State.AVAILABLE else (),
    )


def _after(known: _Known, turn: Mapping[Any, Any]) -> _Known:
    match turn["type"]:
        case "AGENT_STATUS/LOGGED_IN":
            return _Known(is_in=True, available_for=())
        case "AGENT_STATUS/LOGGED_OUT":
            return _Known(is_in=False)
        case "AGENT_STATUS/WENT_AWAY":
            return replace(known, is_in=True, is_away=True)
        case "AGENT_STATUS/RETURNED_FROM_AWAY":
            return replace(known, is_in=True, is_away=False)
        case "AGENT_AVAILABILITY/UPDATED":
            return replace(known, is_in=True, available_for=_list(turn["available_for"]))
        case "AGENT_AVAILABILITY/FOCUS_ENTERED":
            before = known.available_for if known.available_for is not None else _list(turn["available_before"])
            return replace(known, is_in=True, is_focused=True, available_for=before)
        case "AGENT_AVAILABILITY/FOCUS_EXITED":
            return replace(known, is_in=True, is_focused=False)
        case _:
            return replace(known, is_in=True)


def _list(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(str(item) for item in value)


def _joined(spans: Iterable[AgentSpan]) -> Iterator[AgentSpan]:
    """Spans of the same state that follow one another as one."""
    before: AgentSpan | None = None
    for span in spans:
        if before is not None and (before.state, before.available_for) == (span.state, span.available_for):
            before = replace(before, end=span.end)
            continue
        if before is not None:
            yield before
        before = span
    if before is not None:
        yield before


def only_conversation(table: Table, query: Query, column: str) -> str | None:
    """The id of the conversation that all of the query's rows are about; None when they are about several, or none."""
    found = [value for value, _ in table.choices(column, query, limit=3) if value]
    return found[0] if len(found) == 1 and not query.takes_all else None
