"""Channels: which conversations begin in, how that changes, and where those that change channel end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from gladly_tools.charts.bar_charts import ROWS, SHARE, count_bars, labels_of
from gladly_tools.charts.chart import Chart, Mark, Size
from gladly_tools.charts.dashboard import Drawn, Scope
from gladly_tools.charts.drawings import cells, columns_over_time, tip
from gladly_tools.charts.look import Look
from gladly_tools.charts.picking import named, none_of, one_of
from gladly_tools.charts.volume import NO_TIME, trend_steps_of
from gladly_tools.insights import GROUPINGS, Grouped, counts_by, first_to_last, members_over_time
from gladly_tools.insights.columns import FIRST_CHANNEL, LAST_CHANNEL
from gladly_tools.results.query import Condition

MOST_CHANNELS = 7
OTHERS = "(other channels)"


def channel_charts(scope: Scope) -> Iterator[Drawn]:
    """The mix of first channels, from the first to the last one, and the mix over time."""
    found = counts_by(scope.table, scope.query, GROUPINGS["Channel"])
    yield count_bars(
        found,
        key="channel-mix",
        title="Channel mix",
        help="The channel of each conversation's first contact.",
        grouping=GROUPINGS["Channel"],
    )
    yield _first_to_last(scope)
    yield _over_time(scope, found.busiest(MOST_CHANNELS))


def _first_to_last(scope: Scope) -> Chart:
    frame = first_to_last(scope.table, scope.query)
    pairs = [(_cell(first), _cell(last), int(rows)) for first, last, rows in frame.itertuples(index=False)]
    firsts, lasts = _busiest(pairs, 0), _busiest(pairs, 1)
    counts: dict[tuple[int, int], int] = {}
    for first, last, rows in pairs:
        place = _place(first, firsts), _place(last, lasts)
        counts[place] = counts.get(place, 0) + rows
    places = sorted(counts)
    down = [*map(named, firsts), OTHERS]
    across = [*map(named, lasts), OTHERS]
    total = sum(counts.values())
    same = sum(rows for first, last, rows in pairs if first == last)
    shown = pd.DataFrame(
        {
            "First channel": [down[first] for first, _ in places],
            "Last channel": [across[last] for _, last in places],
            ROWS: [counts[place] for place in places],
        }
    )
    return Chart(
        key="first-to-last",
        title="First channel to last channel",
        help="Rows: the channel of the first contact. Columns: that of the latest one.",
        frame=shown,
        drawn=lambda drawn, look: cells(
            drawn,
            look,
            across="Last channel",
            down="First channel",
            amount=ROWS,
            across_order=across,
            down_order=down,
            across_title="Last channel",
            down_title="First channel",
            tips=[tip("First channel"), tip("Last channel"), tip(ROWS, ",")],
            texts=True,
        ),
        words="Grid of channels: "
        + "; ".join(f"{row[0]} to {row[1]} {row[2]:,}" for row in shown.itertuples(index=False)),
        notes=(f"{same / total:.0%} end in the channel that they began in ({same:,} of {total:,}).",) if total else (),
        marks=[
            Mark(
                label=f"{down[first]} to {across[last]}",
                rows=counts[first, last],
                conditions=(_channel(FIRST_CHANNEL, firsts, first), _channel(LAST_CHANNEL, lasts, last)),
            )
            for first, last in places
        ],
        height=max(240, 30 * len({first for first, _ in places}) + 90),
    )


def _cell(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def _busiest(pairs: Sequence[tuple[str | None, str | None, int]], end: int) -> list[str | None]:
    counts: dict[str | None, int] = {}
    for pair in pairs:
        channel = (pair[0], pair[1])[end]
        counts[channel] = counts.get(channel, 0) + pair[2]
    return sorted(counts, key=lambda channel: (-counts[channel], channel or ""))[: MOST_CHANNELS + 2]


def _place(channel: str | None, shown: Sequence[str | None]) -> int:
    return shown.index(channel) if channel in shown else len(shown)


def _channel(column: str, shown: Sequence[str | None], place: int) -> Condition:
    return one_of(column, shown[place]) if place < len(shown) else none_of(column, shown)


def _over_time(scope: Scope, found: Grouped) -> Chart:
    steps, channels = trend_steps_of(scope), found.shown
    cell = GROUPINGS["Channel"].cell
    frame = members_over_time(scope.table, scope.query, scope.zone, cell, unit=steps.name)
    places = [_place(_cell(member), channels) for member in frame["member"]]
    summed = frame.assign(place=places).groupby(["day", "place"], as_index=False)["rows"].sum()
    names = labels_of(found, GROUPINGS["Channel"])
    days = sorted(set(summed["day"]))
    totals = summed.groupby("day")["rows"].transform("sum")
    shown = pd.DataFrame(
        {
            steps.column: summed["day"],
            "When": [steps.words(day) for day in summed["day"]],
            "Channel": [names[place] for place in summed["place"]],
            ROWS: summed["rows"],
            SHARE: 100 * summed["rows"] / totals,
        }
    )

    def colors(look: Look) -> list[tuple[str, str]]:
        painted = [*look.colors(len(channels)), look.muted]
        return list(zip(painted, names, strict=False))

    return Chart(
        key="channels-over-time",
        title=f"Channel mix per {steps.name}",
        help="The share of each first channel.",
        frame=shown,
        size=Size.FULL,
        drawn=lambda drawn, look: columns_over_time(
            drawn,
            look,
            start=steps.column,
            step=steps.width,
            amount=ROWS,
            when="When",
            kind="Channel",
            kinds=[(name, color) for color, name in colors(look)],
            share=SHARE,
        ),
        words=f"Columns of shares over {len(days)} {steps.name}s: {', '.join(names)}",
        notes=(steps.note,) if days else (NO_TIME,),
        marks=[
            Mark(
                label=f"{steps.words(day)}, {names[place]}",
                rows=int(rows),
                conditions=(*steps.conditions(day, day), _channel(FIRST_CHANNEL, channels, int(place))),
            )
            for day, place, rows in zip(summed["day"], summed["place"], summed["rows"], strict=True)
        ],
        brush=steps.brush(days),
        colors=colors,
    )
