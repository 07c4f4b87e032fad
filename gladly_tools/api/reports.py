"""Reports: made by Gladly while we wait, streamed to a temporary file, never more than one at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import IO, cast

import httpx

from gladly_tools.api.arrival import Arrival
from gladly_tools.api.asking import Asking
from gladly_tools.api.report import Report, not_csv
from gladly_tools.api.retry import Kind
from gladly_tools.api.transport import Transport
from gladly_tools.api.watch import Watch
from gladly_tools.api.windows import ReportPart, Window, whole, windows
from gladly_tools.errors import InputError
from gladly_tools.settings import Settings

PATH = "/api/v1/reports"
KEY_COLUMN = "Conversation ID"


class ReportCalls(Asking):
    """`client.reports`"""

    def __init__(
        self, transport: Transport, watch: Watch, *, settings: Settings, temporary_dir: Path | None = None
    ) -> None:
        super().__init__(transport, watch)
        self._settings = settings
        self._temporary_dir = temporary_dir

    def fetch(
        self, metric_set: str, first_day: date, last_day: date, zone: str, inbox_ids: Sequence[str] = ()
    ) -> Report:
        """One report over whole days (both included) of an IANA zone; it may be cut without a sign.

        The caller closes it. Raises RequestRefused with Gladly's words, UnexpectedAnswer for what is no CSV.
        """
        if first_day > last_day:
            raise InputError("The first day is after the last day.", "Exchange them.", field="first_day")
        body: dict[str, object] = {
            "metricSet": metric_set,
            "startAt": first_day.isoformat(),
            "endAt": last_day.isoformat(),
            "timezone": zone,
        }
        if inbox_ids:
            body["filters"] = {"inboxes": list(inbox_ids)}
        return self._transport.ask(
            "POST", PATH, self._watch, read=self._read, kind=Kind.REPORT, body=body, discard=Report.close
        )

    def complete(
        self,
        metric_set: str,
        first_day: date,
        last_day: date,
        zone: str,
        inbox_ids: Sequence[str] = (),
        all_inbox_ids: Callable[[], Sequence[str]] | None = None,
        *,
        key_column: str = KEY_COLUMN,
    ) -> Iterator[ReportPart]:
        """A report of any length in parts that are whole, in order of time; a part that is not says so.

        Rows may come twice where a day had to be asked for by inbox: the taker keeps each once, and closes each
        report. `all_inbox_ids` is asked only then; without it such a day stays cut. `key_column` tells rows apart.
        """
        chosen = list(inbox_ids)

        def fetch(window: Window) -> Report:
            inboxes = chosen if window.inbox_id is None else [window.inbox_id]
            return self.fetch(metric_set, window.first, window.last, zone, inboxes)

        def every_inbox() -> Sequence[str]:
            if chosen:
                return chosen if len(chosen) > 1 else ()  # one alone was asked for already
            return all_inbox_ids() if all_inbox_ids else ()

        for window in windows(first_day, last_day, self._settings.report_window_days):
            yield from whole(
                window,
                fetch,
                row_cap=self._settings.report_row_cap,
                inbox_ids=every_inbox,
                key_column=key_column,
            )

    def _read(self, arrival: Arrival) -> Report:
        kind = arrival.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind.endswith("json") or kind in ("text/html", "application/xhtml+xml"):
            raise not_csv()
        file = cast(
            IO[bytes],
            tempfile.TemporaryFile(prefix="gladly-tools-report-", dir=self._temporary_dir),  # noqa: SIM115 it outlives this
        )
        try:
            last = b"\n"
            for chunk in arrival.chunks():
                file.write(chunk)
                last = chunk or last
            if not arrival.has_marked_end and not last.endswith(b"\n"):
                raise httpx.RemoteProtocolError("the report breaks off in a line")
            report = Report(file, self._watch.check)
        except BaseException:
            file.close()
            raise
        if report.breaks_off:
            report.close()
            raise httpx.RemoteProtocolError("the report breaks off in a cell")
        return report
