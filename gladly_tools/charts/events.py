"""Charts of events: what happened, and what agents were there for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from gladly_tools import event_figures
from gladly_tools.amounts import duration
from gladly_tools.charts import alt
from gladly_tools.charts.activity import Activity, activity_charts
from gladly_tools.charts.chart import AnyChart, Chart, Size
from gladly_tools.charts.dashboard import Dashboard, Drawn, Scope, Section
from gladly_tools.charts.drawings import on_the_wall, time_axis, tip
from gladly_tools.charts.look import Look
from gladly_tools.event_figures import AgentSpan, State
from gladly_tools.insights import Grouping

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
HISTORY = Activity(
    one="event",
    time="Timestamp",
    type="Event Type",
    who=Grouping(column="Initiator Agent Name", one="initiating agent", many="initiating agents"),
)


def _event_charts(scope: Scope) -> Iterator[Drawn]:
    """What all activity has, and the agents' availability, which these events alone tell."""
    who = Grouping(column="initiator.type", one="initiator", many="initiators")
    yield from activity_charts(scope, Activity(one="event", time="timestamp", type="type", who=who))
    yield _availability(scope)


def _event_history_charts(scope: Scope) -> Iterator[Drawn]:
    yield from activity_charts(scope, HISTORY)


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
            x=time_axis((), timedelta(0)),
            x2="end:T",
            y=alt.Y("Agent:N", sort=list(agents), title=None, axis=alt.Axis(labelLimit=170, domain=False, ticks=False)),
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
EVENT_HISTORY_CHARTS = Dashboard(
    sections=(Section(title="Events", draw=_event_history_charts),), columns=HISTORY.columns
)
