"""Reports that are whole: asked for in windows of days, and in smaller pieces where Gladly may have cut one.

Gladly cuts a long report at a number of rows without saying so (not documented, observed by others). So a piece that
comes near that number is thrown away and asked for again in halves, down to a day, then inbox by inbox. A piece that
Gladly cannot make in time is halved too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gladly_tools.api.report import Report
from gladly_tools.errors import ConnectionFailed, ServerError

SUSPECT_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class Window:
    """Whole days, both included; for one inbox, or for those asked for."""

    first: date
    last: date
    inbox_id: str | None = None

    @property
    def days(self) -> int:
        """How many days the window covers."""
        return (self.last - self.first).days + 1

    @property
    def words(self) -> str:
        """The window as people read it."""
        days = f"{self.first}" if self.days == 1 else f"{self.first} to {self.last}"
        return days if self.inbox_id is None else f"{days}, inbox {self.inbox_id}"

    def halves(self) -> tuple[Window, Window]:
        """The window in two; of more than one day."""
        middle = self.first + timedelta(days=(self.days - 1) // 2)
        return (
            Window(first=self.first, last=middle, inbox_id=self.inbox_id),
            Window(first=middle + timedelta(days=1), last=self.last, inbox_id=self.inbox_id),
        )


@dataclass(frozen=True, kw_only=True)
class ReportPart:
    """A piece of a report with its window; `cut` says in words what may be missing from it, or is None."""

    window: Window
    report: Report
    cut: str | None = None


def windows(first: date, last: date, days: int) -> list[Window]:
    """The days from `first` to `last` in windows of at most `days` days, in order."""
    found = []
    while first <= last:
        end = min(first + timedelta(days=days - 1), last)
        found.append(Window(first=first, last=end))
        first = end + timedelta(days=1)
    return found


def whole(
    window: Window,
    fetch: Callable[[Window], Report],
    *,
    row_cap: int,
    inbox_ids: Callable[[], Sequence[str]],
) -> Iterator[ReportPart]:
    """The window's report in parts that are whole, in order; a part that is not says so. Reports are the taker's to close."""
    try:
        report = fetch(window)
    except (ServerError, ConnectionFailed):
        if window.days == 1:
            raise
        for half in window.halves():
            yield from whole(half, fetch, row_cap=row_cap, inbox_ids=inbox_ids)
        return
    if report.row_count < SUSPECT_SHARE * row_cap:
        yield ReportPart(window=window, report=report)
    elif window.days > 1:
        report.close()
        for half in window.halves():
            yield from whole(half, fetch, row_cap=row_cap, inbox_ids=inbox_ids)
    elif window.inbox_id is None:
        yield from _by_inbox(window, report, fetch, row_cap=row_cap, inbox_ids=inbox_ids)
    else:
        yield ReportPart(window=window, report=report, cut=_cut(window, report, row_cap))


def _by_inbox(
    window: Window,
    report: Report,
    fetch: Callable[[Window], Report],
    *,
    row_cap: int,
    inbox_ids: Callable[[], Sequence[str]],
) -> Iterator[ReportPart]:
    """One day inbox by inbox, then the day's own rows for conversations that have no inbox."""
    ids = inbox_ids()
    for inbox_id in ids:
        piece = Window(first=window.first, last=window.last, inbox_id=inbox_id)
        yield from whole(piece, fetch, row_cap=row_cap, inbox_ids=inbox_ids)
    # The day's own rows are given again: they may hold conversations without an inbox, and others are known by now.
    yield ReportPart(
        window=window,
        report=report,
        cut=None if report.row_count < row_cap and ids else _without_inbox(window, report, row_cap),
    )


def _cut(window: Window, report: Report, row_cap: int) -> str | None:
    if report.row_count < row_cap:
        return None
    return (
        f"The report of {window.words} has {report.row_count:,} rows, the most that Gladly gives; "
        "what is beyond them is missing"
    )


def _without_inbox(window: Window, report: Report, row_cap: int) -> str:
    return (
        f"The report of {window.words} was cut at {report.row_count:,} rows and asked for again by inbox; "
        "conversations of that day that have no inbox may be missing"
    )
