"""Reports that are whole: what is asked for again in smaller pieces, and what is named as cut."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from gladly_tools.api import Report, ReportPart, Window, windows
from gladly_tools.api.windows import whole
from gladly_tools.errors import AnswerLost, ConnectionFailed, RateLimitError, RequestRefused, ServerError

DAY = date(2026, 3, 1)


def day(number: int) -> date:
    return DAY + timedelta(days=number)


@dataclass(kw_only=True)
class FakeReports:
    """Rows by day number: ids that begin with their inbox, `-` for none. Cuts at `cap`, as Gladly does."""

    rows: dict[int, list[str]]
    cap: int = 10
    header: str = "Conversation ID"
    failing: dict[int, Exception] = field(default_factory=dict)  # by the least number of days that fails
    asked: list[str] = field(default_factory=list)
    given: list[Report] = field(default_factory=list)

    def fetch(self, window: Window) -> Report:
        self.asked.append(window.words)
        for days, error in self.failing.items():
            if window.days >= days:
                raise error
        numbers = range((window.first - DAY).days, (window.last - DAY).days + 1)
        every = [name for number in numbers for name in self.rows.get(number, [])]
        kept = [name for name in every if window.inbox_id is None or name.startswith(window.inbox_id)][: self.cap]
        text = f"{self.header}\n" + "".join(f"{name}\n" for name in kept)
        self.given.append(Report(io.BytesIO(text.encode())))
        return self.given[-1]

    def parts(
        self, days: int, inboxes: Sequence[str] = (), key_column: str = "conversation  ID"
    ) -> Iterator[ReportPart]:
        window = Window(first=DAY, last=day(days - 1))
        return whole(window, self.fetch, row_cap=self.cap, inbox_ids=lambda: inboxes, key_column=key_column)

    def open_reports(self) -> int:
        return sum(not report._file.closed for report in self.given)


def collect(parts: Iterator[ReportPart]) -> tuple[set[str], list[str]]:
    """Every row once, and the windows named as cut."""
    found: set[str] = set()
    cut: list[str] = []
    for part in parts:
        with part.report as report:
            found.update(row[0] for row in report.rows())
        if part.cut:
            cut.append(part.window.words)
    return found, cut


def ids(inbox: str, count: int) -> list[str]:
    return [f"{inbox}{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("count", "size", "lengths"),
    [(1, 7, [1]), (7, 7, [7]), (8, 7, [7, 1]), (14, 7, [7, 7]), (3, 1, [1, 1, 1]), (0, 7, [])],
)
def test_windows_cover_every_day_once_in_order(count: int, size: int, lengths: list[int]) -> None:
    found = windows(DAY, day(count - 1), size)
    assert [window.days for window in found] == lengths
    days = [window.first + timedelta(days=number) for window in found for number in range(window.days)]
    assert days == [day(number) for number in range(count)]


@pytest.mark.parametrize("days", range(2, 9))
def test_halves_cover_the_window_and_differ_by_a_day_at_most(days: int) -> None:
    first, second = Window(first=DAY, last=day(days - 1), inbox_id="i").halves()
    assert (first.first, second.last, first.inbox_id, second.inbox_id) == (DAY, day(days - 1), "i", "i")
    assert second.first == first.last + timedelta(days=1)
    assert abs(first.days - second.days) <= 1


@pytest.mark.parametrize(("count", "requests"), [(8, 1), (9, 3)])
def test_a_window_is_split_from_nine_tenths_of_the_cap_on(count: int, requests: int) -> None:
    fake = FakeReports(rows={0: ids("a", 4), 1: ids("b", count - 4)})
    found, cut = collect(fake.parts(2))
    assert found == {*ids("a", 4), *ids("b", count - 4)}
    assert cut == []
    assert len(fake.asked) == requests
    assert fake.open_reports() == 0


def test_splitting_goes_down_to_days_and_finds_every_row() -> None:
    fake = FakeReports(rows={number: ids(f"i{number}-", 7) for number in range(7)})
    found, cut = collect(fake.parts(7))
    assert len(found) == 49
    assert cut == []
    assert fake.asked[0] == "2026-03-01 to 2026-03-07"
    assert {f"{day(number)}" for number in range(7)} <= set(fake.asked)


def test_a_day_too_long_comes_by_inbox_and_is_whole_when_no_row_is_left_over() -> None:
    fake = FakeReports(rows={0: [*ids("a", 7), *ids("b", 7)]})
    found, cut = collect(fake.parts(1, ["a", "b", "a"]))
    assert found == {*ids("a", 7), *ids("b", 7)}
    assert cut == []
    assert fake.asked == ["2026-03-01", "2026-03-01, inbox a", "2026-03-01, inbox b"]
    assert fake.open_reports() == 0


def test_rows_without_an_inbox_are_kept_from_the_day_and_the_day_is_named() -> None:
    fake = FakeReports(rows={0: [*ids("-", 2), *ids("a", 7), *ids("b", 7)]})
    found, cut = collect(fake.parts(1, ["a", "b"]))
    assert found == {*ids("-", 2), *ids("a", 7), *ids("b", 7)}
    assert cut == ["2026-03-01"]


def test_a_day_at_the_cap_in_one_inbox_is_given_and_named() -> None:
    fake = FakeReports(rows={0: [*ids("a", 15), *ids("b", 3)]})
    found, cut = collect(fake.parts(1, ["a", "b"]))
    assert found == {*ids("a", 10), *ids("b", 3)}
    assert cut == ["2026-03-01, inbox a"]


def test_a_day_near_the_cap_whose_rows_all_have_an_inbox_is_whole() -> None:
    fake = FakeReports(rows={0: [*ids("a", 5), *ids("b", 4)]})
    found, cut = collect(fake.parts(1, ["a", "b"]))
    assert len(found) == 9
    assert cut == []


@pytest.mark.parametrize("inboxes", [[], ["a", "b"]])
def test_a_day_that_cannot_be_split_or_compared_is_given_and_named(inboxes: list[str]) -> None:
    fake = FakeReports(rows={0: ids("a", 15)}, header="Other")
    found, cut = collect(fake.parts(1, inboxes))
    assert found == set(ids("a", 10))
    assert "2026-03-01" in cut


@pytest.mark.parametrize("error", [ServerError("504"), AnswerLost("slow")])
def test_a_window_that_gladly_cannot_make_in_time_is_split(error: Exception) -> None:
    fake = FakeReports(rows={number: ids(f"i{number}-", 1) for number in range(4)}, failing={3: error})
    found, cut = collect(fake.parts(4))
    assert len(found) == 4
    assert cut == []


@pytest.mark.parametrize("error", [ServerError("504"), AnswerLost("slow")])
def test_a_day_that_gladly_cannot_make_in_time_is_an_error(error: Exception) -> None:
    fake = FakeReports(rows={}, failing={1: error})
    with pytest.raises(type(error)):
        collect(fake.parts(2))
    assert fake.asked == ["2026-03-01 to 2026-03-02", "2026-03-01"]


@pytest.mark.parametrize("error", [RateLimitError("429"), ConnectionFailed("no network"), RequestRefused("400")])
def test_what_a_smaller_window_cannot_mend_is_not_split(error: Exception) -> None:
    fake = FakeReports(rows={}, failing={1: error})
    with pytest.raises(type(error)):
        collect(fake.parts(7))
    assert len(fake.asked) == 1


@pytest.mark.parametrize("taken", [1, 2])
def test_whoever_stops_early_leaves_no_report_open_but_the_ones_taken(taken: int) -> None:
    fake = FakeReports(rows={0: [*ids("a", 7), *ids("b", 7)]})
    with closing(fake.parts(1, ["a", "b"])) as parts:  # type: ignore[type-var]  # it is a generator
        for _ in range(taken):
            next(parts).report.close()
    assert fake.open_reports() == 0
