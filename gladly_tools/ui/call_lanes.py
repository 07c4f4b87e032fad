"""A phone call as lanes: one for each who took part, with spans of waiting, ringing, talking and hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import pandas as pd
import streamlit as st

from gladly_tools.calls import (
    CALL_ANSWERED,
    CALL_COMPLETED,
    CALL_STARTED,
    ITEM,
    Doing,
    Participant,
    Span,
    Step,
    lane_of,
    spans,
)
from gladly_tools.charts import alt
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.ui.drawing import draw, ink, legend
from gladly_tools.ui.words import exact_duration, plain
from gladly_tools.web.vault import Session

MOST_STEPS = 2000
LANE_HEIGHT = 34
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds from one mark of the time axis to the next, of which a clock would choose."""
MOST_TICKS = 10
CARD_WIDTH, NARROWEST_CARD = 184, 145
COLORS = {
    Doing.WAITING: "#8f9b96",
    Doing.RINGING: "#c9a227",
    Doing.TALKING: "#2e8b57",
    Doing.HOLD: "#8a4fa3",
}
VERBS = {
    Doing.WAITING: "waited for",
    Doing.RINGING: "phone rang for",
    Doing.TALKING: "talked for",
    Doing.HOLD: "had the customer on hold for",
}
CUSTOMERS_VERBS = {**VERBS, Doing.HOLD: "was on hold for"}
CALLERS_VERB = "rang the customer for"
# What is written at the line of each, on which side of it, and in which row, as start and answer may be close.
MARKS: Mapping[str, tuple[str, Literal["left", "right"], int]] = {
    CALL_STARTED: ("Start", "left", 0),
    CALL_ANSWERED: ("Answer", "left", 1),
    CALL_COMPLETED: ("End", "right", 0),
}


def call_lanes(_session: Session, result: Result, _job_id: str, _place: str) -> None:
    """The picture of a call, its figures, and the same in words."""
    steps = _steps(Table(result))
    times = {step.what: moment for step in steps if step.source == ITEM and (moment := step.moment)}
    moments = [moment for step in steps if (moment := step.moment)]
    if not moments:
        st.info("No event here has a time that could be read.", icon=":material/schedule:")
        return
    begin, end = min(moments), times.get(CALL_COMPLETED, max(moments))
    found = spans(steps, end)
    _figures(found, times, begin, end)
    with st.container(border=True):
        if found:
            _lanes(found, times, begin)
        else:
            st.caption("Nothing here says who rang, talked or held.")
    _words(found)
    for note in result.manifest.notes:
        st.caption(f":material/info: {plain(note.text)}.")


def _figures(found: Sequence[Span], times: Mapping[str, datetime], begin: datetime, end: datetime) -> None:
    customer = _seconds(span for span in found if span.participant.is_customer)
    agents = {lane_of(span.participant) for span in found if not span.participant.is_customer}
    answered = times.get(CALL_ANSWERED)
    wait = "not answered" if answered is None else exact_duration((answered - begin).total_seconds())
    cards = (
        ("Whole call", exact_duration((end - begin).total_seconds())),
        ("Until the answer", wait),
        ("Customer on hold", exact_duration(customer[Doing.HOLD])),
        ("Agents", str(len(agents))),
    )
    with st.grid(len(cards), min_column_width=NARROWEST_CARD, width=CARD_WIDTH * len(cards)):
        for label, value in cards:
            st.metric(label, value, border=True)


def _lanes(found: Sequence[Span], times: Mapping[str, datetime], begin: datetime) -> None:
    names = _names(found)
    order = list(dict.fromkeys(names[lane_of(span.participant)] for span in found))
    present = [doing for doing in COLORS if any(span.doing is doing for span in found)]
    frame = pd.DataFrame(
        {
            "who": [names[lane_of(span.participant)] for span in found],
            "doing": [span.doing.value.capitalize() for span in found],
            "from": [(span.start - begin).total_seconds() for span in found],
            "to": [(span.end - begin).total_seconds() for span in found],
            "told": [
                f"{_verb(span)} {exact_duration((span.end - span.start).total_seconds())}".capitalize()
                for span in found
            ],
        }
    )
    clock = "floor(datum.value / 60) + ':' + (datum.value % 60 < 10 ? '0' : '') + floor(datum.value % 60)"
    axis = alt.Axis(labelExpr=clock, labelOverlap=True, values=ticks(frame["to"].max()))
    bars = (
        alt.Chart(frame)
        .mark_bar(height=20, cornerRadius=2)
        .encode(
            x=alt.X("from:Q", title=None, axis=axis, scale=alt.Scale(nice=False)),
            x2="to:Q",
            y=alt.Y("who:N", title=None, sort=order, axis=alt.Axis(labelLimit=170)),
            color=alt.Color(
                "doing:N",
                scale=alt.Scale(
                    domain=[doing.value.capitalize() for doing in present], range=[COLORS[doing] for doing in present]
                ),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("who:N", title="Who"),
                alt.Tooltip("told:N", title="What"),
            ],
        )
    )
    marks = pd.DataFrame({"at": [(times[what] - begin).total_seconds() for what in MARKS if what in times]})
    rules = alt.Chart(marks).mark_rule(strokeDash=[4, 3], color=ink()).encode(x="at:Q")
    chart = bars + rules
    for what, (name, align, row) in MARKS.items():
        if what in times:
            at = pd.DataFrame({"at": [(times[what] - begin).total_seconds()], "name": [name]})
            label = alt.Chart(at).mark_text(
                align=align, baseline="bottom", dx=3 if align == "left" else -3, color=ink()
            )
            chart += label.encode(x="at:Q", y=alt.value(-3 - 13 * row), text="name:N")
    draw(
        chart.properties(height=LANE_HEIGHT * len(order) + 100),
        alt="Lanes of the call. " + " ".join(_lane_words(found, names)),
    )
    legend((COLORS[doing], doing.value.capitalize()) for doing in present)
    st.caption("Minutes and seconds since the first event.")


def ticks(seconds: float) -> list[int]:
    """Seconds at which the time axis of a call of that length is marked: round ones on a clock, from 0 on."""
    step = next((each for each in TICKS if seconds / each <= MOST_TICKS), TICKS[-1])
    return list(range(0, int(seconds) + 1, step))


def _words(found: Sequence[Span]) -> None:
    """The same for who cannot see the picture."""
    if found:
        st.markdown("\n".join(f"- {plain(line)}" for line in _lane_words(found, _names(found))))


def _lane_words(found: Sequence[Span], names: Mapping[str, str]) -> list[str]:
    lines = []
    for lane, name in names.items():
        own = [span for span in found if lane_of(span.participant) == lane]
        own.sort(key=lambda span: list(COLORS).index(span.doing))
        lasted: dict[str, float] = {}
        for span in own:
            verb = _verb(span)
            lasted[verb] = lasted.get(verb, 0) + (span.end - span.start).total_seconds()
        told = ", ".join(f"{verb} {exact_duration(seconds)}" for verb, seconds in lasted.items())
        lines.append(f"{name}: {told}.")
    return lines


def _verb(span: Span) -> str:
    """What a participant did, as it is told: a phone that rings is another thing than ringing somebody."""
    if span.is_caller:
        return CALLERS_VERB
    return (CUSTOMERS_VERBS if span.participant.is_customer else VERBS)[span.doing]


def _seconds(found: Any) -> Counter[Doing]:
    total: Counter[Doing] = Counter()
    for span in found:
        total[span.doing] += (span.end - span.start).total_seconds()
    return total


def _names(found: Sequence[Span]) -> dict[str, str]:
    """What each lane is called; two of one name get a bit of their id."""
    people = {lane_of(span.participant): span.participant for span in found}
    usual = {lane: _name(who) for lane, who in people.items()}
    counts = Counter(usual.values())
    return {lane: name if counts[name] == 1 else f"{name} ({lane[:6]})" for lane, name in usual.items()}


def _name(who: Participant) -> str:
    if who.is_customer:
        return f"{who.name} (customer)" if who.name else "Customer"
    return who.name or who.id or "Agent not named"


def _steps(table: Table) -> list[Step]:
    frame = table.frame(
        'SELECT "text of timestamp" AS at, "event", "participant.id" AS id, "participant.type" AS type,'
        ' "participant.name" AS name, "state", "source" FROM rows LIMIT $most',
        parameters={"most": MOST_STEPS},
    )
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [_step(row) for row in records]


def _step(row: Mapping[Any, Any]) -> Step:
    has_participant = any(row[key] for key in ("id", "type", "name"))
    return Step(
        at=row["at"],
        what=row["event"] or "",
        participant=Participant(id=row["id"], type=row["type"], name=row["name"]) if has_participant else None,
        doing=Doing(row["state"]) if row["state"] in set(Doing) else None,
        source=row["source"] or "",
    )
