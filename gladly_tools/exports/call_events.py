"""What happened in one phone call, by participant: from its own events where they can be had, else rebuilt.

The address of the participant events is not published. Where an organization's API has none, the contact events of the
last 24 hours, or the contact timestamps report for older calls, tell what they know, joined with the call's item.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from gladly_tools import clock
from gladly_tools.api import Client
from gladly_tools.api.events import LAG, REACH
from gladly_tools.calls import (
    LIVE_EVENTS,
    PARTICIPANT_EVENTS,
    REPORT,
    Step,
    contact_steps,
    in_order,
    item_steps,
    participant_steps,
    report_steps,
)
from gladly_tools.errors import InputError, RequestRefused
from gladly_tools.exports.call_question import CallQuestion, calls_at
from gladly_tools.exports.event_history import METRIC_SETS
from gladly_tools.exports.export import Export, Section, Slice, Workbench
from gladly_tools.exports.inputs import Parameters, ask
from gladly_tools.exports.names import AskedNames
from gladly_tools.results.schema import Cell, Column, Kind, Row

NEAR = timedelta(minutes=2)
"""How much more than the call is asked for: its item's times and its events' need not be quite the same."""
STILL_LIVE = timedelta(minutes=5)
LONGEST = timedelta(hours=12)
"""How long a call without an end is taken to last at most."""

COLUMNS = (
    Column(name="timestamp", kind=Kind.TIME, verbatim=True, help="When it happened"),
    Column(name="seconds", kind=Kind.NUMBER, unit="seconds", help="Time since the call's first event"),
    Column(name="event", kind=Kind.CHOICE, help="What happened, in the words of the source"),
    Column(name="participant.name", kind=Kind.CHOICE, help="Name of whom it is about"),
    Column(name="participant.type", kind=Kind.CHOICE, help="Kind of participant"),
    Column(name="participant.id", kind=Kind.ID, help="Whom it is about; empty where the source does not say"),
    Column(
        name="state",
        kind=Kind.CHOICE,
        help="What the participant does from here on: waiting, ringing, talking, hold, gone",
    ),
    Column(name="reason", kind=Kind.CHOICE, help="Reason of a rejection, a hold, a transfer or an end"),
    Column(name="to.inbox", kind=Kind.CHOICE, help="Inbox that the call was passed on to"),
    Column(name="to.agent", kind=Kind.CHOICE, help="Agent that the call was passed on to"),
    Column(name="source", kind=Kind.CHOICE, help="Where this line is from"),
    Column(name="id", kind=Kind.ID, help="Unique id of the event; reports have none"),
    Column(name="raw", help="All that the source said, as JSON"),
)

LACKS: Mapping[str, str] = {
    LIVE_EVENTS: "rebuilt from the contact events of the last 24 hours. These do not say when somebody left or was "
    "muted, and of the telephone menu only the last choice",
    REPORT: "rebuilt from the contact timestamps report, as the call is more than 24 hours old. It does not say when "
    "somebody left or was muted, whom a call rang that nobody took, nor the reasons of holds, rejections and the end",
}
"""What each source that is not the call's own cannot tell."""


@dataclass(frozen=True, kw_only=True)
class CallEventsParameters(Parameters):
    """Which call."""

    item_id: str = ask(
        CallQuestion(
            label="Call Conversation Item ID",
            help="The ID of the phone call within a conversation. The ID or address of the conversation does too: "
            "where it has several calls, you choose one.",
            option="item-id",
        )
    )


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """From when to when a call lasted, as far as is known."""

    start: datetime
    end: datetime


def confirm(client: Client, parameters: CallEventsParameters) -> CallEventsParameters:
    """The call by the id of its item. Raises InputError that lists the calls where a conversation has several."""
    calls = calls_at(client, parameters.item_id, name="item_id")
    if len(calls) > 1:
        listed = "; ".join(f"{call.id} ({call.words})" for call in calls)
        raise InputError(
            f"This conversation has {len(calls)} phone calls.", f"Give the ID of one: {listed}.", field="item_id"
        )
    return replace(parameters, item_id=calls[0].id)


def rows(workbench: Workbench, parameters: CallEventsParameters, _slice: Slice) -> Iterator[Row]:
    """The call's events, oldest first, with the start, the answer and the end of its item."""
    (call,) = calls_at(workbench.client, parameters.item_id, name="item_id")
    stretch = _stretch(call.item)
    source, steps = _told(workbench, call.id, stretch)
    if not steps:
        workbench.remark(
            "No event of this call was found: what is here is from the call's item alone"
            + ("" if source == PARTICIPANT_EVENTS else f"; the rest was to be {LACKS[source]}"),
            partial=True,
        )
    names = AskedNames(workbench)
    told = in_order([*item_steps(call.item), *steps])
    first = next((moment for step in told if (moment := step.moment)), None)
    for step in told:
        yield _row(step, first, names)


def _told(workbench: Workbench, item_id: str, stretch: _Stretch) -> tuple[str, list[Step]]:
    """The source, and the steps that it knows of; remarks which source it is and what it lacks."""
    client, path = workbench.client, workbench.settings.call_events_path
    workbench.progress(0, "asking for the call's events")
    try:
        found = client.call_events.of(item_id)
    except RequestRefused:
        found = None
    if found is not None:
        workbench.remark(f"Source: the call's own events, from an unpublished address ({path})", count=len(found))
        return PARTICIPANT_EVENTS, participant_steps(found)
    workbench.progress(0.2, "rebuilding the call from other events")
    source, steps = _rebuilt(workbench, item_id, stretch)
    workbench.remark(
        f"Source: {LACKS[source]}. Gladly's API did not have the call's own events at {path}: ask Gladly "
        "Support for the address, and set GLADLY_TOOLS_CALL_EVENTS_PATH",
        count=len(steps),
    )
    return source, steps


def _rebuilt(workbench: Workbench, item_id: str, stretch: _Stretch) -> tuple[str, list[Step]]:
    now = clock.now()
    if stretch.start > now - REACH + STILL_LIVE:
        end = min(stretch.end + NEAR, now - LAG)
        start = max(stretch.start - NEAR, now - REACH + STILL_LIVE / 2)
        if start < end:
            with workbench.client.events.list(["CONTACT"], start, end) as events:
                return LIVE_EVENTS, contact_steps((event.values for event in events), item_id)
        return LIVE_EVENTS, []
    return REPORT, report_steps(_report(workbench, stretch), item_id)


def _report(workbench: Workbench, stretch: _Stretch) -> Iterator[Mapping[str, str | None]]:
    first, last = _day(stretch.start - NEAR), _day(stretch.end + NEAR)
    for part in workbench.client.reports.complete(METRIC_SETS["contact"], first, last, "UTC", key_column=""):
        with part.report as report:
            if part.cut:
                workbench.remark(part.cut, partial=True)
            for cells in report.rows():
                yield {name: cell or None for name, cell in zip(report.columns, cells, strict=True)}


def _day(moment: datetime) -> date:
    return min(moment, clock.now()).date()


def _stretch(item: Mapping[str, Any]) -> _Stretch:
    content = item["content"]
    start = clock.read_moment(content.get("startedAt")) or clock.read_moment(item.get("timestamp"))
    if start is None:
        raise InputError(
            "Gladly does not say when this call was.", "Without that its events cannot be found.", field="item_id"
        )
    end = clock.read_moment(content.get("completedAt")) or min(clock.now(), start + LONGEST)
    return _Stretch(start=start, end=max(start, end))


def _row(step: Step, first: datetime | None, names: AskedNames) -> Row:
    who, moment = step.participant, step.moment
    row: dict[str, Cell] = {
        "timestamp": step.at,
        "seconds": None if moment is None or first is None else round((moment - first).total_seconds(), 3),
        "event": step.what,
        "state": step.doing,
        "reason": step.reason,
        "to.inbox": step.to_inbox_name or names.inbox(step.to_inbox_id) or step.to_inbox_id,
        "to.agent": names.agent(step.to_agent_id) or step.to_agent_id,
        "source": step.source,
        "id": step.id,
        "raw": None if step.values is None else json.dumps(step.values, ensure_ascii=False),
    }
    if who is not None:
        row |= {
            "participant.id": who.id,
            "participant.type": who.type,
            "participant.name": who.name or names.party(who.id, who.type),
        }
    return row


EXPORT = Export(
    name="call-events",
    title="Call Events",
    section=Section.LOGS,
    place=1,
    summary="Everything that happened during one phone call, participant by participant.",
    use_case="Look into call routing, dropped or transferred calls, how agents handle calls, and call timing.",
    grain="one row per event of the call",
    columns=COLUMNS,
    parameters=CallEventsParameters,
    confirm=confirm,
    rows=rows,
    shown=(
        "timestamp",
        "seconds",
        "event",
        "participant.name",
        "participant.type",
        "state",
        "reason",
        "to.inbox",
        "to.agent",
        "source",
    ),
)
