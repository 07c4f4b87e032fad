"""Topics: the tree of them, how the busiest change, and how long their conversations take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from gladly_tools.amounts import counted
from gladly_tools.charts.bar_charts import ROWS, duration_spans_of, height_of
from gladly_tools.charts.chart import Chart, Mark, Size
from gladly_tools.charts.dashboard import Drawn, Scope
from gladly_tools.charts.drawings import bars, lines_over_time, tip
from gladly_tools.charts.look import Look
from gladly_tools.charts.picking import SMALL_GROUP, SMALL_NOTE, lists, one_of, present
from gladly_tools.charts.volume import NO_TIME, trend_steps_of
from gladly_tools.insights import Topic, Topics, durations_by_topic, topics, topics_over_time
from gladly_tools.insights.columns import MOST_GROUPS, TOPIC_LIST, TOPICS
from gladly_tools.results.query import Condition

MOST_TOPICS = 30
MOST_LINES = 6
STEP_DOWN = " > "
UNKNOWN_NAMES = "Topic names that hold a comma count as several until you export Topics."
COUNTED_ONCE = "A conversation counts once in each of its topics, and once in each topic above those."


def topic_charts(scope: Scope) -> Iterator[Drawn]:
    """The tree of topics, and the topmost over time."""
    found = topics(scope.table, scope.query, scope.topics)
    yield _tree(scope, found)
    if found.topics:
        yield _over_time(scope, found)


def path_words(topic: Topic) -> str:
    """A topic after those above it."""
    return STEP_DOWN.join(topic.path)


def has_any(found: Topics, items: Sequence[str]) -> Condition:
    """A conversation has one of these items; where a filter would cut names of theirs in two, their cells are told."""
    if found.is_listed_alike(items):
        return lists(TOPICS, TOPIC_LIST, items)
    return one_of(TOPICS, *sorted(found.texts_with(items)))


def names_note(scope: Scope) -> tuple[str, ...]:
    """What is assumed of names that hold a comma, where it is not known which do."""
    return () if scope.topics.known is not None else (UNKNOWN_NAMES,)


def _tree(scope: Scope, found: Topics) -> Chart:
    shown = found.busiest(MOST_TOPICS)
    left_out = len(found.topics) - len(shown)
    depths = [len(topic.path) - 1 for topic in shown]
    frame = pd.DataFrame(
        {
            "Topic": [path_words(topic) for topic in shown] + (["(none)"] if found.without else []),
            ROWS: [topic.rows for topic in shown] + ([found.without] if found.without else []),
        }
    )
    labels = [topic.path[-1] for topic in shown] + (["(none)"] if found.without else [])
    depths += [0] if found.without else []
    notes = [COUNTED_ONCE, *names_note(scope)]
    if left_out:
        notes.append(f"The {len(shown)} busiest; {counted(left_out, 'other topic')} with fewer are not shown.")
    if (frame[ROWS] < SMALL_GROUP).any():
        notes.append(f"{SMALL_NOTE}.")
    return Chart(
        key="topics",
        title="Topics",
        help="Topics stand beneath the topic that they belong to.",
        frame=frame,
        size=Size.FULL,
        drawn=lambda drawn, look: bars(
            drawn,
            look,
            label="Topic",
            amount=ROWS,
            text=[f"{rows:,}" for rows in drawn[ROWS]],
            rows=ROWS,
            tips=[tip("Topic"), tip(ROWS, ",")],
            depths=depths,
            labels=labels,
        ),
        words=f"Nested bars: {'; '.join(f'{name} {rows:,}' for name, rows in frame.itertuples(index=False))}",
        notes=tuple(notes) if len(frame) else ("No conversation here has a topic.",),
        marks=[
            Mark(label=path_words(topic), rows=topic.rows, conditions=(has_any(found, topic.items),)) for topic in shown
        ]
        + ([Mark(label="(none)", rows=found.without, conditions=(one_of(TOPICS, None),))] if found.without else []),
        height=height_of(len(frame)),
    )


def _over_time(scope: Scope, found: Topics) -> Chart:
    steps, shown = trend_steps_of(scope), found.roots(MOST_LINES)
    frame = topics_over_time(scope.table, scope.query, scope.zone, found, shown, unit=steps.name)
    days = sorted(set(frame["day"]))
    names = [path_words(topic) for topic in shown]
    chosen = [has_any(found, topic.items) for topic in shown]
    if days:
        # A step without any is a point at none, or a line would pass over it.
        every = pd.MultiIndex.from_product(
            [pd.date_range(days[0], days[-1], freq=steps.width), range(len(shown))], names=["day", "place"]
        )
        frame = frame.set_index(["day", "place"]).reindex(every, fill_value=0).reset_index()
        days = sorted(set(frame["day"]))
    drawn_frame = pd.DataFrame(
        {
            steps.column: frame["day"],
            "When": [steps.words(day) for day in frame["day"]],
            "Topic": [names[place] for place in frame["place"]],
            ROWS: frame["rows"],
        }
    )

    def colors(look: Look) -> list[tuple[str, str]]:
        return list(zip(look.colors(len(names)), names, strict=True))

    roots = sum(len(topic.path) == 1 for topic in found.topics)
    notes = [steps.note]
    if roots > len(shown):
        notes.append(f"The {len(shown)} busiest of {roots} topmost topics, each with all beneath it.")
    return Chart(
        key="topics-over-time",
        title=f"Topmost topics per {steps.name}",
        frame=drawn_frame,
        size=Size.FULL,
        drawn=lambda drawn, look: lines_over_time(
            drawn,
            look,
            start=steps.column,
            step=steps.width,
            amount=ROWS,
            when="When",
            kind="Topic",
            kinds=[(name, color) for color, name in colors(look)],
        ),
        words=f"Lines over {counted(len(days), steps.name)}: {', '.join(names)}",
        notes=tuple(notes) if days else (NO_TIME,),
        marks=[
            Mark(
                label=f"{steps.words(day)}, {names[place]}",
                rows=int(rows),
                conditions=(*steps.conditions(day, day), chosen[place]),
            )
            for day, place, rows in zip(frame["day"], frame["place"], frame["rows"], strict=True)
        ],
        # A line's point stands at the beginning of its step; a stretch takes whatever was created in it.
        brush=steps.brush(days, at_start=True),
        colors=colors,
    )


def times_by_topic(scope: Scope, measure: str, column: str) -> Chart:
    """A duration by topic; a conversation counts in each topic that it has."""
    found = topics(scope.table, scope.query, scope.topics)
    # Only what conversations name themselves, not what stands above; of those, the busiest.
    listed = sorted((topic for topic in found.topics if topic.own), key=lambda topic: (-topic.rows, topic.path))
    shown = listed[:MOST_GROUPS]
    own = [topic.own for topic in shown]
    spans = durations_by_topic(scope.table, scope.query, column, found, own)
    places = [int(place) for place in spans.frame["member"]]
    notes = ["Dot: median. Tick: 90th percentile. A conversation counts in each of its topics.", *names_note(scope)]
    if len(listed) > len(shown):
        notes.append(f"The {len(shown)} busiest of {len(listed)} topics.")
    return duration_spans_of(
        spans.frame,
        key="times-by",
        title=f"{measure} by topic",
        name="Topic",
        labels=[path_words(shown[place]) for place in places],
        conditions=[(has_any(found, own[place]), *present(scope.table, column)) for place in places],
        notes=notes,
    )
