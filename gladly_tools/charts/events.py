"""Charts of events: how many happened when, of which types, by whom, and what agents were there for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd

from gladly_tools import event_figures
from gladly_tools.amounts import counted, duration
from gladly_tools.charts.bar_charts import count_bars
from gladly_tools.charts.chart import AnyChart, Brush, Chart, Mark, Size
from gladly_tools.charts.dashboard import Dashboard, Drawn, Scope, Section
from gladly_tools.charts.drawings import columns_over_time, label_axis, on_the_wall, time_axis, tip, wall_milliseconds
from gladly_tools.charts.look import Look
from gladly_tools.charts.picking import named, none_of, one_of, time_between
from gladly_tools.event_figures import AgentSpan, Kinds, State
from gladly_tools.insights import Grouping, counts_by
from gladly_tools.results.query import Condition

EVENTS = "Events"
MOST_LANES = 30
LANE_HEIGHT = 26
STATE_COLORS = {
    State.AVAILABLE: "#2e8b57",
    State.FOCUS: "#3f7fb5",
    State.UNAVAILABLE: "#c9a227",
    State.AWAY: "#b5651d",
    State.LOGGED_OUT: "#7b8782",
    State.UNKNOWN: "#dde3e0",
}
UNKNOWN_IN_DARK = "#2c3531"


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """Which columns of an export of events say what."""

    time: str
    type: str
    who: Grouping


def _charts(scope: Scope, columns: _Columns) -> Iterator[Drawn]:
    yield _over_time(scope, columns)
    type_ = Grouping(column=columns.type, one="type", many="types")
    for key, title, grouping in (
        ("by-type", "Events by type", type_),
        ("by-whom", f"Events by {columns.who.one}", columns.who),
    ):
        yield count_bars(
            counts_by(scope.table, scope.query, grouping), key=key, title=title, grouping=grouping, noun=EVENTS
        )


def _event_charts(scope: Scope) -> Iterator[Drawn]:
    """What `_charts` has, and the agents' availability, which these events alone tell."""
    columns = _Columns(
        time="timestamp", type="type", who=Grouping(column="initiator.type", one="initiator", many="initiators")
    )
    yield from _charts(scope, columns)
    yield _availability(scope)


def _event_history_charts(scope: Scope) -> Iterator[Drawn]:
    columns = _Columns(
        time="Timestamp",
        type="Event Type",
        who=Grouping(column="Initiator Agent Name", one="initiating agent", many="initiating agents"),
    )
    yield from _charts(scope, columns)


def _over_time(scope: Scope, columns: _Columns) -> Chart:
    table, query, zone = scope.table, scope.query, scope.zone
    minutes = event_figures.step_minutes(table, query, columns.time)
    kinds = event_figures.kinds_of(table, query, columns.type)
    frame = event_figures.per_step(table, query, minutes, zone, time=columns.time, kinds=kinds)
    step = timedelta(minutes=minutes)
    names = [named(kind) for kind in kinds.shown] + [f"({counted(kinds.others, 'other type')})"]
    shown = pd.DataFrame(
        {
            "From": frame["start"],
            "When": [f"{at.day} {at:%b %Y, %H:%M}" for at in frame["start"]],
            "Type": [names[kind] for kind in frame["kind"]],
            EVENTS: frame["events"],
        }
    )
    present = [names[place] for place in [*range(len(kinds.shown)), -1] if (frame["kind"] == place).any()]
    totals = shown.groupby("Type")[EVENTS].sum()
    starts = sorted(set(shown["From"]))

    def colors(look: Look) -> list[tuple[str, str]]:
        return [
            (look.muted if name == names[-1] else color, name)
            for name, color in zip(present, look.colors(len(present)), strict=True)
        ]

    told = f"{counted(int(totals.sum()), 'event')}. Times in {zone}."
    return Chart(
        key="over-time",
        title=f"Events per {'minute' if minutes == 1 else duration(minutes * 60)}, by type",
        frame=shown,
        size=Size.FULL,
        drawn=lambda drawn, look: columns_over_time(
            drawn,
            look,
            start="From",
            step=step,
            amount=EVENTS,
            when="When",
            kind="Type",
            kinds=[(name, color) for color, name in colors(look)],
        ),
        words=f"Columns: in all {', '.join(f'{name} {int(totals[name]):,}' for name in present)}",
        notes=(told,) if present else ("No event here has a time that could be read.",),
        marks=[
            Mark(
                label=f"{when}, {name}",
                rows=int(events),
                conditions=(_between(columns.time, start, start + step, zone), _kind(kinds, int(kind))),
            )
            for start, when, name, events, kind in zip(
                shown["From"], shown["When"], shown["Type"], shown[EVENTS], frame["kind"], strict=True
            )
        ],
        brush=Brush(
            field="begin",
            at=[wall_milliseconds(start + step / 2) for start in starts],
            conditions=lambda first, last: (_between(columns.time, starts[first], starts[last] + step, zone),),
        ),
        colors=colors,
    )


def _between(column: str, start: pd.Timestamp, end: pd.Timestamp, zone: str) -> Condition:
    """From one time on the wall to another one."""
    moments = [at.to_pydatetime().replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC")) for at in (start, end)]
    return time_between(column, *moments)


def _kind(kinds: Kinds, place: int) -> Condition:
    return none_of(kinds.column, kinds.shown) if place < 0 else one_of(kinds.column, kinds.shown[place])


def _availability(scope: Scope) -> Chart:
    """What each agent was there for; a stretch is not rows of the table, so nothing of it can be chosen."""
    bounds = scope.table.bounds("timestamp")
    agents = _named(scope, event_figures.agents_of(scope.table, scope.query)) if bounds else []
    shown = _with_own_names(agents[:MOST_LANES])
    spans: list[AgentSpan] = []
    if bounds and shown:
        events = event_figures.agent_events(scope.table, [agent_id for agent_id, _ in shown])
        spans = event_figures.availability(events, shown, *bounds)
    frame = pd.DataFrame(
        {
            "Agent": [span.agent for span in spans],
            "State": [span.state.value for span in spans],
            "From": [_wall(span.start, scope.zone) for span in spans],
            "To": [_wall(span.end, scope.zone) for span in spans],
            "Lasts, minutes": [(span.end - span.start) / timedelta(minutes=1) for span in spans],
            "Available for": [", ".join(span.available_for).lower() or "nothing" for span in spans],
        }
    )
    present = [state for state in State if any(span.state is state for span in spans)]
    notes = [f"Times in {scope.zone}. Before an agent's first event here, nothing is known of them: unknown."]
    if len(agents) > len(shown):
        notes.append(f"{len(agents) - len(shown)} more agents are not shown.")
    if not spans:
        notes = [
            "None in this result. It is drawn from the entity types AGENT_AVAILABILITY and AGENT_STATUS; where these "
            "were exported, no agent changed in the window."
        ]

    def colors(look: Look) -> list[tuple[str, str]]:
        return [(_state_color(state, look), state.value) for state in present]

    return Chart(
        key="availability",
        title="Agents' availability",
        help="From all availability and status events of the result, whatever the filters; filters choose the agents.",
        frame=frame,
        size=Size.FULL,
        drawn=lambda drawn, look: _lanes(drawn, look, [name for _, name in shown], colors(look)),
        words="One lane an agent: " + "; ".join(_lane_words(name, spans) for _, name in shown),
        notes=tuple(notes),
        colors=colors,
        height=LANE_HEIGHT * len(shown) + 40,
    )


def _lanes(drawn: pd.DataFrame, look: Look, agents: Sequence[str], colors: Sequence[tuple[str, str]]) -> AnyChart:
    drawn = drawn.assign(
        begin=[on_the_wall(at) for at in drawn["From"]],
        end=[on_the_wall(at) for at in drawn["To"]],
        From=[f"{at.day} {at:%b %H:%M:%S}" for at in drawn["From"]],
        To=[f"{at.day} {at:%b %H:%M:%S}" for at in drawn["To"]],
        Lasts=[duration(minutes * 60) for minutes in drawn["Lasts, minutes"]],
    )
    lanes: AnyChart = (
        alt.Chart(drawn)
        .mark_bar(height=14)
        .encode(
            x=time_axis(),
            x2="end:T",
            y=label_axis(agents, field="Agent"),
            color=alt.Color(
                "State:N",
                scale=alt.Scale(domain=[name for _, name in colors], range=[color for color, _ in colors]),
                legend=look.explained,
            ),
            tooltip=[tip(name) for name in ("Agent", "State", "Available for", "From", "To", "Lasts")],
        )
    )
    return lanes


def _wall(moment: datetime, zone: str) -> pd.Timestamp:
    return pd.Timestamp(moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None))


def _state_color(state: State, look: Look) -> str:
    """Its color; what is unknown stays in the background."""
    return UNKNOWN_IN_DARK if state is State.UNKNOWN and look.is_dark else STATE_COLORS[state]


def _named(scope: Scope, agents: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Agents whose name the events do not have, by the name that is known of them."""
    known = scope.names("agents", [id_ for id_, name in agents if name == id_])
    return [(id_, known.get(id_, name)) for id_, name in agents]


def _with_own_names(agents: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Agents who share a name get a bit of their id with it."""
    counts = Counter(name for _, name in agents)
    return [(id_, name if counts[name] == 1 else f"{name} ({id_[:6]})") for id_, name in agents]


def _lane_words(name: str, spans: Sequence[AgentSpan]) -> str:
    seconds: Counter[State] = Counter()
    for span in spans:
        if span.agent == name:
            seconds[span.state] += round((span.end - span.start).total_seconds())
    return f"{name} " + ", ".join(f"{state.value.lower()} {duration(count)}" for state, count in seconds.most_common())


EVENT_CHARTS = Dashboard(sections=(Section(title="Events", draw=_event_charts),))
EVENT_HISTORY_CHARTS = Dashboard(sections=(Section(title="Events", draw=_event_history_charts),))
