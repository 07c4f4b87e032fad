"""Reports that are whole: asked for in windows of days, and in smaller pieces where Gladly may have cut one.

Gladly cuts a long report at a number of rows without saying so (not documented, observed by others). So a piece that
comes near that number is thrown away and asked for again in halves, down to a day, then inbox by inbox. A piece that
Gladly cannot make in time is halved too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gladly_tools.api.report import Report
from gladly_tools.errors import AnswerLost, ServerError

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
    key_column: str = "",
) -> Iterator[ReportPart]:
    """The window's report in parts that are whole, in order; a part that is not says so.

    Rows are told apart by `key_column`, where the report has it. Reports are the taker's to close.
    """
    try:
        report = fetch(window)
    except (ServerError, AnswerLost):
        if window.days == 1:
            raise
        report = None
    if report is not None and report.row_count < SUSPECT_SHARE * row_cap:
        yield ReportPart(window=window, report=report)
    elif window.days > 1:
        if report is not None:
            report.close()
        for half in window.halves():
            yield from whole(half, fetch, row_cap=row_cap, inbox_ids=inbox_ids, key_column=key_column)
    elif report is not None:
        yield from _day(window, report, fetch, row_cap=row_cap, inbox_ids=inbox_ids, key_column=key_column)


def _day(
    window: Window,
    report: Report,
    fetch: Callable[[Window], Report],
    *,
    row_cap: int,
    inbox_ids: Callable[[], Sequence[str]],
    key_column: str,
) -> Iterator[ReportPart]:
    """A day inbox by inbox; then its own report, if that has rows that no inbox has."""
    is_given_away = False
    try:
        ids = list(dict.fromkeys(inbox_ids()))
        found: set[str] | None = set()
        for inbox_id in ids:
            piece = Window(first=window.first, last=window.last, inbox_id=inbox_id)
            part = fetch(piece)
            keys = _keys(part, key_column)
            found = None if found is None or keys is None else found | keys
            yield ReportPart(window=piece, report=part, cut=_cut(piece, part, row_cap))
        own = _keys(report, key_column)
        is_compared = bool(ids) and found is not None and own is not None
        left_out = len((own or set()) - (found or set()))
        if is_compared and not left_out:
            return
        cut = _cut(window, report, row_cap)
        if cut and ids:
            cut = (
                f"The report of {window.words} was cut at {report.row_count:,} rows and asked for again by inbox; "
                f"{f'{left_out:,} of them are' if is_compared else 'some may be'} in no inbox, and more may be missing"
            )
        is_given_away = True
        yield ReportPart(window=window, report=report, cut=cut)
    finally:
        if not is_given_away:
            report.close()


def _keys(report: Report, key_column: str) -> set[str] | None:
    """What tells the rows apart; None when the report has rows but no such column."""
    if not report.columns:
        return set()
    place = next((at for at, name in enumerate(report.columns) if _plain(name) == _plain(key_column)), None)
    return None if place is None else {cells[place] for cells in report.rows()}


def _plain(name: str) -> str:
    return re.sub(r"\W+", " ", name).strip().casefold()


def _cut(window: Window, report: Report, row_cap: int) -> str | None:
    if report.row_count < SUSPECT_SHARE * row_cap:
        return None
    if report.row_count < row_cap:
        return (
            f"The report of {window.words} has {report.row_count:,} rows, near the most that Gladly gives; "
            "some may be missing"
        )
    return (
        f"The report of {window.words} has {report.row_count:,} rows, the most that Gladly gives; "
        "what is beyond them is missing"
    )
