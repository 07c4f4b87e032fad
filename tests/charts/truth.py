"""What charts must show, worked out in plain Python from the rows of the CSV, by the key of the chart.

Each takes the rows as text and what was asked, and gives the records of the chart's frame: numbers, and text.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, str]
Records = list[tuple[Any, ...]]

COLUMN = {"Inbox": "Inbox Name - Current", "Agent": "Assigned Agent Name - Current", "Channel": "First Channel"}
SECONDS = {
    "Handle time": "Conversation Handle Time in seconds",
    "Creation to first close": "Created-to-First Closed Time in seconds",
    "Creation to last close": "Created-to-Last Closed Time in seconds",
}
TOPICS = "Topics with Hierarchy"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a chart was made of besides its rows; `frame` names its columns, which say the units."""

    zone: str
    chosen: Mapping[str, str]
    as_of: datetime
    columns: Sequence[str]


def cell(row: Row, column: str) -> str:
    """A cell as it was before the CSV guarded it against formulas; `(none)` when empty."""
    text = row[column]
    return (text[1:] if text.startswith("'") else text) if text.strip() else "(none)"


def local(row: Row, zone: str, column: str = "Created At") -> datetime:
    """A time on the clock of a zone."""
    return datetime.fromisoformat(row[column]).astimezone(ZoneInfo(zone))


def quantile(values: Sequence[float], share: float) -> float:
    """Between the two nearest, in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def grouped(rows: Sequence[Row], column: str, many: str, most: int = 15) -> list[tuple[str, list[Row]]]:
    """The busiest groups with their rows, then all others as one; the empty group after those of the same size."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(cell(row, column), []).append(row)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0] == "(none)", group[0]))
    rest = ordered[most:]
    if not rest:
        return ordered
    one = many.removesuffix("es") if many == "inboxes" else many.removesuffix("s")
    name = f"({len(rest)} other {one if len(rest) == 1 else many})"
    return [*ordered[:most], (name, [row for _, own in rest for row in own])]


def many_of(name: str) -> str:
    return "inboxes" if name == "Inbox" else f"{name.lower()}s"


def step_start(day: date, by_week: bool) -> date:
    return day - timedelta(days=day.weekday()) if by_week else day


def is_by_week(rows: Sequence[Row], asked: Asked, choice: str) -> bool:
    option = asked.chosen.get(choice, "Day or week" if choice == "trend-step" else "Day")
    if option != "Day or week":
        return option == "Week"
    times = [datetime.fromisoformat(row["Created At"]) for row in rows]
    return bool(times) and max(times) - min(times) > timedelta(days=28)


def over_time(rows: Sequence[Row], asked: Asked) -> Records:
    by_week = is_by_week(rows, asked, "step")
    counts = Counter(step_start(local(row, asked.zone).date(), by_week) for row in rows)
    day, found = min(counts, default=date.max), []
    while counts and day <= max(counts):
        found.append((day, counts[day]))
        day += timedelta(days=7 if by_week else 1)
    return found


def hours_of_week(rows: Sequence[Row], asked: Asked) -> Records:
    counts = Counter((local(row, asked.zone).isoweekday(), local(row, asked.zone).hour) for row in rows)
    if not rows:
        return []
    return [
        (WEEKDAYS[weekday - 1], f"{hour:02d}:00", counts[weekday, hour])
        for weekday in range(1, 8)
        for hour in range(24)
    ]


def counts(rows: Sequence[Row], column: str, many: str) -> Records:
    return [(name, len(own), 100 * len(own) / len(rows)) for name, own in grouped(rows, column, many)]


def channel_mix(rows: Sequence[Row], _: Asked) -> Records:
    return counts(rows, "First Channel", "channels")


def first_to_last(rows: Sequence[Row], _: Asked) -> Records:
    """Every pair that there is; the demo company has fewer channels than would be put together."""
    found = Counter((cell(row, "First Channel"), cell(row, "Last Channel")) for row in rows)
    return sorted((*pair, count) for pair, count in found.items())


def channels_over_time(rows: Sequence[Row], asked: Asked) -> Records:
    by_week = is_by_week(rows, asked, "trend-step")
    names = {id(row): name for name, own in grouped(rows, "First Channel", "channels", 7) for row in own}
    found = Counter((step_start(local(row, asked.zone).date(), by_week), names[id(row)]) for row in rows)
    totals = Counter(step_start(local(row, asked.zone).date(), by_week) for row in rows)
    return sorted((day, name, count, 100 * count / totals[day]) for (day, name), count in found.items())


def time_spread(rows: Sequence[Row], asked: Asked) -> Records:
    """Every value is in the bin that says so; the bins are those of the chart, told by `low` and `high`."""
    raise NotImplementedError  # compared bin by bin, see the test


def times_by(rows: Sequence[Row], asked: Asked) -> Records:
    column = SECONDS[asked.chosen.get("measure", "Handle time")]
    group = asked.chosen.get("group", "Inbox")
    known = [row for row in rows if row[column]]
    size = UNITS[asked.columns[2].rsplit(", ", 1)[1]]
    if group == "Topic":
        own: dict[str, list[Row]] = {}
        for row in known:
            for topic in set(items(row)):
                own.setdefault(topic.replace(">>", " > "), []).append(row)
        # The busiest by all their conversations, those beneath a topic among them.
        whole = {topic[1]: topic[2] for topic in tree(rows)}
        kept = sorted(own, key=lambda topic: (-whole[topic], tuple(topic.split(" > "))))
        named = {topic.replace(">>", " > ") for row in rows for topic in items(row)}
        listed = sorted(named, key=lambda topic: (-whole[topic], tuple(topic.split(" > "))))[:15]
        groups = [(topic, own[topic]) for topic in kept if topic in listed]
        groups.sort(key=lambda pair: (-len(pair[1]), listed.index(pair[0])))
    else:
        groups = grouped(known, COLUMN[group], many_of(group))
    found: Records = []
    for name, members in groups:
        values = [float(row[column]) / size for row in members]
        found.append((name, len(members), statistics.median(values), quantile(values, 0.9)))
    return found


def share_by(rows: Sequence[Row], asked: Asked, part: Callable[[Row], bool]) -> Records:
    group = asked.chosen.get("resolved-by", "Inbox")
    found: Records = []
    for name, own in grouped(rows, COLUMN[group], many_of(group)):
        hits = sum(map(part, own))
        found.append((name, len(own), hits, 100 * hits / len(own)))
    return found


def first_contact_resolution(rows: Sequence[Row], asked: Asked) -> Records:
    eligible = [row for row in rows if row["Is FCR Eligible"] == "true"]
    return share_by(eligible, asked, lambda row: row["Is FCR Success"] == "true")


def reopened(rows: Sequence[Row], asked: Asked) -> Records:
    return share_by([row for row in rows if row["Times Reopened"]], asked, lambda row: int(row["Times Reopened"]) > 0)


def items(row: Row) -> list[str]:
    text = cell(row, TOPICS)
    return [] if text == "(none)" else [item.strip() for item in text.split(",") if item.strip()]


def tree(rows: Sequence[Row]) -> list[tuple[tuple[str, ...], str, int]]:
    """Every topic with how many conversations have it or one beneath it."""
    found: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        above = set()
        for item in items(row):
            levels = tuple(item.split(">>"))
            above |= {levels[: depth + 1] for depth in range(len(levels))}
        found.update(above)
    return [(path, " > ".join(path), count) for path, count in found.items()]


def topics(rows: Sequence[Row], _: Asked) -> Records:
    shown = sorted(tree(rows), key=lambda topic: (-topic[2], len(topic[0]), topic[0]))[:30]
    without = sum(not row[TOPICS].strip() for row in rows)
    return sorted((name, count) for _, name, count in shown) + ([("(none)", without)] if without else [])


def topics_over_time(rows: Sequence[Row], asked: Asked) -> Records:
    by_week = is_by_week(rows, asked, "trend-step")
    roots = sorted((topic for topic in tree(rows) if len(topic[0]) == 1), key=lambda topic: (-topic[2], topic[0]))[:6]
    names = [name for _, name, _ in roots]
    found = Counter(
        (step_start(local(row, asked.zone).date(), by_week), root)
        for row in rows
        for root in {item.split(">>")[0] for item in items(row)}
        if root in names
    )
    return sorted((day, name, count) for (day, name), count in found.items())


def open_rows(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["Status"] == "OPEN"]


def open_by_age(rows: Sequence[Row], asked: Asked) -> Records:
    ends = [
        (4, "under 4 hours"),
        (24, "4 to 24 hours"),
        (72, "1 to 3 days"),
        (168, "3 to 7 days"),
        (336, "7 to 14 days"),
        (720, "14 to 30 days"),
        (float("inf"), "30 days and more"),
    ]
    found: Counter[str] = Counter()
    for row in open_rows(rows):
        hours = (asked.as_of - datetime.fromisoformat(row["Created At"])) / timedelta(hours=1)
        found[next(name for most, name in ends if hours <= most)] += 1
    return [(name, found[name]) for _, name in ends] if found else []


def open_by_inbox(rows: Sequence[Row], _: Asked) -> Records:
    return counts(open_rows(rows), COLUMN["Inbox"], "inboxes")


def open_by_agent(rows: Sequence[Row], _: Asked) -> Records:
    return counts(open_rows(rows), COLUMN["Agent"], "agents")


def load(rows: Sequence[Row], _: Asked) -> Records:
    return [(name, len(own), len(open_rows(own))) for name, own in grouped(rows, COLUMN["Agent"], "agents")]


def handled(rows: Sequence[Row], _: Asked) -> Records:
    column = SECONDS["Handle time"]
    return [
        (name, len(own), sum(float(row[column] or 0) for row in own) / 3600)
        for name, own in grouped(rows, COLUMN["Agent"], "agents")
    ]


TRUTH: Mapping[str, Callable[[Sequence[Row], Asked], Records]] = {
    "over-time": over_time,
    "hours-of-week": hours_of_week,
    "channel-mix": channel_mix,
    "first-to-last": first_to_last,
    "channels-over-time": channels_over_time,
    "times-by": times_by,
    "first-contact-resolution": first_contact_resolution,
    "reopened": reopened,
    "topics": topics,
    "topics-over-time": topics_over_time,
    "open-by-age": open_by_age,
    "open-by-inbox": open_by_inbox,
    "open-by-agent": open_by_agent,
    "load": load,
    "handled": handled,
}
"""The charts of conversations; how a time is spread is compared bin by bin."""
UNORDERED = frozenset({"first-to-last", "channels-over-time", "topics", "topics-over-time"})
"""Charts whose frames are compared in any order; rows with none are left out of those."""
