"""Events of the last 24 hours, as the live list has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gladly_tools import clock
from gladly_tools.api import Client, Event
from gladly_tools.api.events import LAG, REACH
from gladly_tools.errors import InputError, RequestRefused
from gladly_tools.events import EVENT_COLUMNS, NAMES, TYPES, event_row
from gladly_tools.exports.choices import ChoicesQuestion
from gladly_tools.exports.export import Export, Plan, Remark, Section, Slice, Workbench
from gladly_tools.exports.inputs import (
    Parameters,
    ask,
)
from gladly_tools.exports.moments import MomentRange, MomentRangeQuestion
from gladly_tools.exports.names import AskedNames
from gladly_tools.results.schema import Cell, Row
from gladly_tools.settings import Settings

SLICE = timedelta(minutes=30)
PLAN_MARGIN, ASK_MARGIN = timedelta(seconds=60), timedelta(seconds=5)
"""How much younger than 24 hours a start is when it is planned, and when it is asked for: both take a moment."""

ENTITIES: Mapping[str, str] = {
    "AGENT_AVAILABILITY": "What agents become available for, and focus time",
    "AGENT_STATUS": "Agents log in and out, go away and return",
    "CONTACT": "Contacts start, are offered, accepted, transferred, held and end",
    "CONVERSATION": "Conversations are created, closed, reopened, assigned; topics and notes",
    "CUSTOMER": "Customers are merged",
    "CUSTOMER_PROFILE": "Customer profiles are created, changed and deleted",
    "PAYMENT_REQUEST": "Payment requests are sent, viewed and paid",
    "TASK": "Tasks are created, changed, commented and closed",
}


@dataclass(frozen=True, kw_only=True)
class EventsParameters(Parameters):
    """Which events, and when. Raises InputError for a type of an entity that is not asked for."""

    entities: tuple[str, ...] = ask(
        ChoicesQuestion(
            label="Entity types",
            help="What the events are about. Be selective: only what you need makes a smaller file.",
            option="entity",
            what="entity types",
            groups={"": tuple(ENTITIES)},
            least=1,
            usual=("CONTACT", "CONVERSATION"),
            helps=ENTITIES,
        )
    )
    types: tuple[str, ...] = ask(
        ChoicesQuestion(
            label="Event types",
            help="Only events of these types. None chosen of an entity means all of it.",
            option="type",
            what="event types",
            groups=TYPES,
            of="entities",
            empty_means="all event types",
        ),
        default=(),
    )
    window: MomentRange = ask(
        MomentRangeQuestion(
            label="Window",
            help="Gladly has the events of the last 24 hours and no others.",
            reach=REACH,
            lag=LAG,
            usual=timedelta(hours=1),
            beyond="For earlier days use the event history.",
        )
    )

    def __post_init__(self) -> None:
        for name, types in TYPES.items():
            strange = [] if name in self.entities else [type_ for type_ in types if type_ in self.types]
            if strange:
                raise InputError(
                    f"{strange[0]} is an event of {name}, which is not chosen.",
                    f"Choose the entity type {name} as well, or leave the event type out.",
                    field="types",
                )

    def takes(self, event: Event) -> bool:
        """Whether an event is of a type that was chosen; of an entity without chosen types all are."""
        if event.type in self.types:
            return True
        name = event.type.partition("/")[0]
        entity = "CONVERSATION" if name == "CONVERSATION_ASSIGNEE" else name
        return not any(type_ in self.types for type_ in TYPES.get(entity, ()))


def plan(_client: Client, _settings: Settings, parameters: EventsParameters) -> Plan:
    """Half hours, each a slice; the window as it can be asked for now. Raises InputError when nothing is left of it."""
    window, now = parameters.window, clock.now()
    start, end = max(window.start, now - REACH + PLAN_MARGIN), min(window.end, now - LAG)
    if end <= start:
        raise InputError(
            "Nothing of this window is within the last 24 hours any more.", "Pick a later one.", field="window"
        )
    remarks = []
    if start > window.start:
        remarks.append(
            Remark(
                text=f"The window begins at {_words(start, window)} instead of {_words(window.start, window)}: "
                "Gladly has the last 24 hours only"
            )
        )
    if end < window.end:
        remarks.append(
            Remark(
                text=f"The window ends at {_words(end, window)} instead of {_words(window.end, window)}: "
                f"events come up to {LAG.seconds} seconds late"
            )
        )
    slices = []
    while start < end:
        until = min(start + SLICE, end)
        slices.append(
            Slice(
                key=start.isoformat(),
                title=f"{_words(start, window)} to {_words(until, window)}",
                arguments={"start": start.isoformat(), "end": until.isoformat()},
            )
        )
        start = until
    return Plan(slices=tuple(slices), remarks=tuple(remarks))


def rows(workbench: Workbench, parameters: EventsParameters, slice: Slice) -> Iterator[Row]:
    """The slice's events in Gladly's order; what Gladly no longer has by now is remarked."""
    window = parameters.window
    start, end = (datetime.fromisoformat(str(slice.arguments[name])) for name in ("start", "end"))
    begin = max(start, clock.now() - REACH + ASK_MARGIN)
    if begin >= end:
        workbench.remark(_gone(start, end, window), partial=True)
        return
    if begin > start:
        workbench.remark(_gone(start, begin, window), partial=True)

    def arrived(count: int, last: datetime | None) -> None:
        share = 0.0 if last is None else min(max((last - begin) / (end - begin), 0.0), 1.0)
        workbench.progress(0.9 * share, f"{count:,} events so far")

    workbench.progress(0, "waiting for events")
    try:
        events = workbench.client.events.list(parameters.entities, begin, end, arrived=arrived)
    except RequestRefused as refused:
        raise _at_its_field(refused) from None
    with events:
        if events.gone is not None:
            workbench.remark(_gone(*events.gone, window), partial=True)
        if events.unreadable:
            workbench.remark("Lines that are no event, left out", count=events.unreadable, partial=True)
        if not parameters.types:
            workbench.expect(events.count)
        names = AskedNames(workbench)
        for event in events:
            if parameters.takes(event):
                yield with_names(event_row(event.values, event.text), names)


def with_names(row: Row, names: AskedNames) -> Row:
    """The row with the names that go with its ids."""
    look_ups = {"agent": names.agent, "inbox": names.inbox, "topic": names.topic}
    # An initiator that is no agent has an id that no list of agents knows.
    strangers = () if row.get("initiator.type") == "AGENT" else ("initiator.id",)
    return {
        **row,
        **{
            name: look_ups[kind](_text(row.get(column)))
            for name, (kind, column) in NAMES.items()
            if column not in strangers
        },
    }


def _text(cell: Cell) -> str | None:
    return cell if isinstance(cell, str) else None


def _at_its_field(refused: RequestRefused) -> RequestRefused | InputError:
    field = {"startAt": "window", "endAt": "window", "entities": "entities"}.get(refused.attr)
    return refused if field is None else InputError(refused.what, "Change it and export again.", field=field)


def _gone(start: datetime, end: datetime, window: MomentRange) -> str:
    return (
        f"Events from {_words(start, window)} to {_words(end, window)} are missing: they were more than 24 hours old "
        "when they were asked for"
    )


def _words(moment: datetime, window: MomentRange) -> str:
    return f"{moment.astimezone(ZoneInfo(window.zone)):%Y-%m-%d %H:%M:%S}"


EXPORT = Export(
    name="events",
    title="Export Events",
    section=Section.EVENTS,
    place=1,
    summary="What happened in your Gladly in the last 24 hours, event by event.",
    use_case="Review recent activity, look into an incident or a complaint, document what the system did.",
    grain="one row per event",
    columns=EVENT_COLUMNS,
    parameters=EventsParameters,
    plan=plan,
    rows=rows,
    zone=lambda parameters: parameters.window.zone,
    unique="id",
    shown=(
        "timestamp",
        "type",
        "initiator.type",
        "initiator",
        "agent",
        "content.channel",
        "inbox before",
        "assignee before",
        "content.reason",
        "topic",
        "content.conversationId",
        "content.contactId",
    ),
    caveat="Gladly keeps events for 24 hours. For earlier days, Event History has the events of conversations and "
    "contacts from Gladly's reports, for any past date.",
)
