"""How conversations changed between two periods: against figures worked out row by row in Python."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from gladly_tools.comparing.files import as_csv, as_json
from gladly_tools.comparing.numbers import (
    CONVERSATIONS,
    GROUPS,
    MEASURES,
    Measure,
    Period,
    changes,
    figures,
    for_people,
    groups,
    headline,
    in_days,
    joined,
)
from gladly_tools.exports import EXPORTS
from gladly_tools.insights import TopicCells
from gladly_tools.results.download import read_csv
from gladly_tools.results.query import Query
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from tests.results.making import result_of

ZONE = "America/New_York"
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 14)  # the clocks went forward on the 8th
COLUMNS = EXPORTS["contact-information"].columns
HELD = "Orders>>Cancel, before dispatch"
PATHS = ("Orders", "Orders>>Late", HELD, "Praise ❤️", "Refund")
Rows = list[dict[str, str]]


def made(seed: int, count: int = 200, **fixed: str) -> Rows:
    chance = random.Random(seed)
    start = datetime(2026, 3, 1, tzinfo=ZoneInfo(ZONE))
    rows = []
    for number in range(count):
        moment = start + timedelta(seconds=chance.randrange(14 * 86_400))
        agent = chance.choice([("a1", "Sam Lee"), ("a2", "Sam Lee"), ("", ""), ("", "Robo"), ("a3", "Zoë 🌿")])
        closed = chance.random() < 0.7
        row = {
            "Conversation ID": f"c{seed}-{number}",
            "Created At": moment.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "Inbox ID - Current": f"i{(inbox := chance.randrange(4))}",
            "Inbox Name - Current": f"Inbox {inbox}",
            "Assigned Agent ID - Current": agent[0],
            "Assigned Agent Name - Current": agent[1],
            "First Channel": chance.choice(("EMAIL", "CHAT", "", "VOICE")),
            "Topics with Hierarchy": ",".join(chance.choices(PATHS, k=chance.randrange(4))),
            "Conversation Handle Time in seconds": f"{chance.expovariate(1 / 400):.3f}" if closed else "",
            "Is FCR Eligible": chance.choice(("Yes", "No")) if closed else "",
            "Is FCR Success": chance.choice(("Yes", "No")) if closed else "",
            "Times Reopened": str(chance.choice((0, 0, 1, 3))) if chance.random() < 0.9 else "",
        }
        rows.append(row | fixed)
    return rows


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    return ResultStore(tmp_path_factory.mktemp("results"))


Whole = Callable[[Rows], Period]


@pytest.fixture(scope="module")
def whole(store: ResultStore) -> Whole:
    def whole_(rows: Rows) -> Period:
        result = result_of(store, COLUMNS, rows)
        result.finish()
        return Period(table=Table(result), query=Query(), first=FIRST, last=LAST, zone=ZONE)

    return whole_


def topics_of(row: Mapping[str, str]) -> set[str]:
    cell = row["Topics with Hierarchy"].replace(HELD, "held")
    return {HELD if part == "held" else part for part in cell.split(",") if part} or {""}


KEYS: Mapping[str, Callable[[Mapping[str, str]], set[str]]] = {
    "Inbox": lambda row: {row["Inbox ID - Current"]},
    "Channel": lambda row: {row["First Channel"]},
    "Topic": topics_of,
    "Top-level topic": lambda row: {path.split(">>")[0] for path in topics_of(row)},
    "Agent": lambda row: {row["Assigned Agent ID - Current"] or row["Assigned Agent Name - Current"]},
}


def slow_figure(rows: Sequence[Mapping[str, str]], label: str) -> tuple[float | None, int]:
    """A measure of these rows, and of how many it is made."""
    seconds = sorted(float(cell) for row in rows if (cell := row["Conversation Handle Time in seconds"]))
    eligible = [row for row in rows if row["Is FCR Eligible"] == "Yes"]
    told = [row for row in rows if row["Times Reopened"]]
    if label == "Conversations":
        return float(len(rows)), len(rows)
    if label == "Median handle time":
        return (median(seconds) / 60 if seconds else None), len(seconds)
    if label == "90th percentile of handle time":
        if not seconds:
            return None, 0
        place = 0.9 * (len(seconds) - 1)
        low, high = seconds[int(place)], seconds[min(int(place) + 1, len(seconds) - 1)]
        return (low + (place - int(place)) * (high - low)) / 60, len(seconds)
    part, of = (
        ([row for row in eligible if row["Is FCR Success"] == "Yes"], eligible)
        if label == "First contact resolution"
        else ([row for row in told if row["Times Reopened"] != "0"], told)
    )
    return (100 * len(part) / len(of) if of else None), len(of)


def cell(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


TOPICS = TopicCells(separator=">>", known=(HELD, "Orders"))


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.label)
@pytest.mark.parametrize("group", list(GROUPS))
@pytest.mark.parametrize("seed", range(2))
def test_changes_by_group_are_those_worked_out_row_by_row(
    whole: Whole, group: str, measure: Measure, seed: int
) -> None:
    sides = made(seed, 60), made(seed + 100, 90)
    sides[0].extend(made(seed + 200, 3, **{"Inbox ID - Current": "old", "First Channel": "FAX"}))
    periods = [whole(rows) for rows in sides]
    frame = changes(joined(*(groups(period, group, TOPICS, [measure]) for period in periods)), measure)
    by_key: list[dict[str, list[dict[str, str]]]] = [defaultdict(list), defaultdict(list)]
    for rows, found in zip(sides, by_key, strict=True):
        for row in rows:
            for key in KEYS[group](row):
                found[key].append(row)
    assert set(frame["key"]) == set(by_key[0]) | set(by_key[1])
    assert len(frame) == len(set(frame["key"]))
    for row in frame.to_dict("records"):
        before, after = (slow_figure(found.get(row["key"], []), measure.label) for found in by_key)
        assert cell(row["before"]) == (None if before[0] is None else pytest.approx(before[0]))
        assert cell(row["after"]) == (None if after[0] is None else pytest.approx(after[0]))
        assert (row["of_before"], row["of_after"]) == (before[1], after[1])
        is_in = [row["key"] in found for found in by_key]
        assert row["state"] == ("" if all(is_in) else "gone" if is_in[0] else "new")
        assert row["is_small"] == any(0 < of < 5 for of in (before[1], after[1]))
        if before[0] is not None and after[0] is not None:
            assert row["change"] == pytest.approx(after[0] - before[0])
            expected = None if not before[0] else pytest.approx(100 * (after[0] - before[0]) / before[0])
            assert cell(row["percent"]) == expected
    sizes = [abs(change) for change in frame["change"] if not pd.isna(change)]
    assert sizes == sorted(sizes, reverse=True)


def test_the_headline_is_that_of_all_rows(whole: Whole) -> None:
    sides = made(1, 80), made(2, 120)
    found = headline(*(whole(rows) for rows in sides))
    for label, row in found.items():
        for side, rows in zip(("before", "after"), sides, strict=True):
            value, of = slow_figure(rows, label)
            assert cell(row[side]) == pytest.approx(value)
            assert row[f"of_{side}"] == of


def test_a_conversation_counts_once_in_a_topic_that_its_cell_names_twice(whole: Whole) -> None:
    period = whole(made(1, 4, **{"Topics with Hierarchy": "Orders, Orders,Orders>>Late"}))
    frame = groups(period, "Topic", TopicCells())
    assert dict(zip(frame["key"], frame["conversations"], strict=True)) == {"Orders": 4, "Orders>>Late": 4}
    above = groups(period, "Top-level topic", TopicCells())
    assert dict(zip(above["key"], above["conversations"], strict=True)) == {"Orders": 4}


def test_another_separator_of_levels_is_read(whole: Whole) -> None:
    period = whole(made(1, 4, **{"Topics with Hierarchy": "Orders > Late"}))
    frame = groups(period, "Top-level topic", TopicCells(separator=" > "))
    assert list(frame["key"]) == ["Orders"]


def test_days_are_those_of_the_zone_and_both_are_included(whole: Whole) -> None:
    rows = made(5, 300)
    table = whole(rows).table
    first, last = date(2026, 3, 7), date(2026, 3, 9)
    period = in_days(table, first, last, ZONE)
    inside = [
        row
        for row in rows
        if first <= datetime.fromisoformat(row["Created At"]).astimezone(ZoneInfo(ZONE)).date() <= last
    ]
    assert 0 < len(inside) < len(rows)
    assert int(figures(period)["conversations"].iloc[0]) == len(inside)
    assert period.days == 3


def test_rates_per_day_divide_by_the_days_of_each_period(whole: Whole) -> None:
    table = whole(made(6, 140)).table
    before, after = in_days(table, FIRST, FIRST, ZONE), in_days(table, date(2026, 3, 2), LAST, ZONE)
    plain, daily = headline(before, after), headline(before, after, per_day=True)
    assert daily["Conversations"]["before"] == plain["Conversations"]["before"]
    assert daily["Conversations"]["after"] == pytest.approx(plain["Conversations"]["after"] / 13)
    assert daily["Median handle time"] == plain["Median handle time"]


def test_an_empty_period_has_no_figures_and_every_group_is_new(whole: Whole) -> None:
    before, after = whole([]), whole(made(7, 20))
    found = headline(before, after)
    assert (found["Conversations"]["before"], found["Conversations"]["after"]) == (0, 20)
    assert cell(found["Median handle time"]["before"]) is None
    frame = changes(joined(*(groups(each, "Inbox", TopicCells()) for each in (before, after))), CONVERSATIONS)
    assert set(frame["state"]) == {"new"}
    assert frame["percent"].isna().all()


def test_two_empty_periods_have_no_group(whole: Whole) -> None:
    nothing = whole([])
    assert changes(joined(*[groups(nothing, "Topic", TopicCells())] * 2), CONVERSATIONS).empty


def test_a_group_is_called_what_it_is_called_now(whole: Whole) -> None:
    sides = [whole(made(8, 6, **{"Inbox ID - Current": "i", "Inbox Name - Current": name})) for name in ("Old", "New")]
    frame = changes(joined(*(groups(each, "Inbox", TopicCells()) for each in sides)), CONVERSATIONS)
    assert list(frame["name"]) == ["New"]


def test_a_file_of_changes_names_its_units_and_guards_formulas(whole: Whole) -> None:
    sides = [whole(made(seed, 30, **{"Inbox ID - Current": "i", "Inbox Name - Current": "=1+1"})) for seed in (1, 2)]
    both = joined(*(groups(each, "Inbox", TopicCells()) for each in sides))
    minutes = for_people(changes(both, MEASURES[1]), MEASURES[1], "Inbox")
    assert list(minutes)[:6] == [
        "Inbox", "Inbox ID", "Before, minutes", "After, minutes", "Change, minutes", "Change, % of before"
    ]  # fmt: skip
    text = as_csv(minutes).decode()
    assert "'=1+1" in text
    (row,) = read_csv(text)
    assert row["Inbox"] == "=1+1"
    assert float(row["Before, minutes"]) == pytest.approx(minutes["Before, minutes"].iloc[0])
    assert b'"Inbox": "=1+1"' in as_json(minutes)
    daily = for_people(changes(both, CONVERSATIONS, days=(2, 3)), CONVERSATIONS, "Inbox", per_day=True)
    assert {"Before, conversations a day", "Conversations, before"} <= set(daily)
    whole = for_people(changes(both, CONVERSATIONS), CONVERSATIONS, "Inbox")
    assert list(whole)[2:] == [
        "Before, conversations", "After, conversations", "Change, conversations", "Change, % of before", "Note"
    ]  # fmt: skip
    assert as_csv(whole).decode().splitlines()[1].split(",")[2:5] == ["30", "30", "0"]
    rates = for_people(changes(both, MEASURES[3]), MEASURES[3], "Inbox")
    assert {"Before, %", "Change, percentage points", "Conversations eligible, before"} <= set(rates)
    assert "Change, % of before" not in rates, "a percentage whose change is told twice"
