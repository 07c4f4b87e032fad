"""Export jobs and their files: lists of what Gladly exported, and files of any size, streamed and never half taken."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from gladly_tools.api.arrival import Arrival
from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import Object, an_object, identity, objects, text, texts
from gladly_tools.api.retry import Kind
from gladly_tools.api.transport import segment
from gladly_tools.clock import read_moment
from gladly_tools.errors import AnswerLost, NotFoundError, UnexpectedAnswer

PATH = "/api/v1/export/jobs"
COMPLETED = "COMPLETED"
WORTH_GOING_ON = 1024 * 1024
MOST_BREAKS = 20
"""Connections that brought less than that, after which a download is given up."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ExportJob:
    """One job. Times are aware, in UTC, None when missing or unreadable; `start_at` and `end_at` bound its data."""

    id: str
    schedule_id: str | None
    status: str | None
    updated_at: datetime | None
    start_at: datetime | None
    end_at: datetime | None
    files: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """True when its files are there to be fetched."""
        return self.status == COMPLETED


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """How a file came: its bytes, and how often the connection was lost, by what was done about it."""

    bytes: int
    resumed: int
    restarted: int


class ExportJobCalls(Asking):
    """`client.export_jobs`"""

    def list(self) -> tuple[ExportJob, ...]:
        """The jobs of the last 14 days in any state, the one updated last first."""
        found = [_job(value) for value in objects(self._get(PATH), PATH)]
        oldest = datetime.min.replace(tzinfo=UTC)
        return tuple(sorted(found, key=lambda job: (job.updated_at or oldest, job.id), reverse=True))

    def get(self, job_id: str) -> ExportJob | None:
        """One job, or None when there is none with this id (any more)."""
        path = f"{PATH}/{segment(job_id)}"
        value = self._get_or_none(path)
        return None if value is None else _job(an_object(value, path))

    def download(
        self,
        job_id: str,
        name: str,
        take: Callable[[bytes], None],
        *,
        sized: Callable[[int], None] = lambda _bytes: None,
    ) -> Downloaded:
        """Stream a file; `take` gets its bytes in order, each once, whatever happens to connections meanwhile.

        `sized` is told how large the file is, where Gladly says so.
        A lost connection is resumed from where it broke off, where Gladly serves ranges (not documented); else the file
        is fetched again from its beginning, and what was taken is passed over once it has proved to be the same.
        Raises NotFoundError when the file is not there, and UnexpectedAnswer when it changed meanwhile.
        """
        path = f"{PATH}/{segment(job_id)}/files/{segment(name)}"
        course = _Course(path=path, take=take, sized=sized)
        while not self._transport.ask(
            "GET",
            path,
            self._watch,
            read=course.read,
            kind=Kind.STREAM,
            headers=course.headers(),
            answered=(206, 404, 416),
        ):
            pass
        return Downloaded(bytes=course.taken, resumed=course.resumed, restarted=course.restarted)


class _Course:
    """The course of one download over as many connections as it takes."""

    def __init__(self, *, path: str, take: Callable[[bytes], None], sized: Callable[[int], None]) -> None:
        self._path = path
        self._take = take
        self._sized = sized
        self._digest = hashlib.blake2b()
        self._total: int | None = None
        self._etag = ""
        self._breaks = 0
        self.taken = 0
        self.resumed = 0
        self.restarted = 0

    def headers(self) -> dict[str, str]:
        """Where to go on, and of which version; plain bytes, since those of a compressed answer cannot be counted."""
        headers = {"Accept-Encoding": "identity"}
        if self.taken:
            headers["Range"] = f"bytes={self.taken}-"
            if self._etag:
                headers["If-Range"] = self._etag
        return headers

    def read(self, arrival: Arrival) -> bool:
        """Read one answer: True when the file is whole, False when the connection broke after something new."""
        if arrival.status == 404:
            raise NotFoundError("The file is not there (any more).", "Gladly deletes the files of a job after 14 days.")
        before = self.taken
        try:
            self._receive(arrival)
            if self.taken == before and not self._is_whole and self._total is not None:
                raise httpx.RemoteProtocolError("nothing came")
        except httpx.RequestError:
            if self.taken == before and not self._is_whole:
                raise  # the transport waits, and in the end gives up
            self._breaks += self.taken - before < WORTH_GOING_ON
            if self._breaks > MOST_BREAKS:
                raise AnswerLost(
                    "The connection to Gladly broke off again and again while a file was fetched.",
                    "Try again later, or from a network with a better connection.",
                ) from None
            return self._is_whole
        return self._is_whole or self._total is None

    @property
    def _is_whole(self) -> bool:
        return self._total is not None and self.taken == self._total

    def _receive(self, arrival: Arrival) -> None:
        passed_over = self._passed_over(arrival)
        again = hashlib.blake2b()
        # Files are as large as an organization is old: the disk bounds them, and whoever keeps them looks at it.
        for chunk in arrival.chunks(most=None):
            if passed_over:
                known, chunk = chunk[:passed_over], chunk[passed_over:]
                again.update(known)
                passed_over -= len(known)
                if not passed_over and again.digest() != self._digest.digest():
                    raise self._changed()
            if chunk:
                self._digest.update(chunk)
                self.taken += len(chunk)
                self._take(chunk)
        if passed_over or (self._total is not None and self.taken > self._total):
            raise self._changed()

    def _passed_over(self, arrival: Arrival) -> int:
        """How many bytes of this answer were taken before."""
        if arrival.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise UnexpectedAnswer(
                f"Gladly sends {self._path} compressed, although it was asked not to.",
                "A cut could not be told from the end, so nothing was taken. Report it to Gladly Support.",
            )
        written = arrival.headers.get("content-range", "").strip()
        if arrival.status == 416:
            # All is there already, when only the end of the answer was lost.
            if written != f"bytes */{self.taken}":
                raise self._changed()
            self._total = self.taken
            return 0
        if arrival.status == 206:
            found = _RANGE.fullmatch(written)
            if found is None or int(found[1]) != self.taken:
                raise self._changed()
            if found[2] != "*":
                self._expect(int(found[2]))
            self.resumed += 1
            return 0
        self._etag = arrival.headers.get("etag", "")
        length = arrival.headers.get("content-length", "")
        if length.isdecimal():
            self._expect(int(length))
        if self.taken:
            self.restarted += 1
        return self.taken

    def _expect(self, total: int) -> None:
        """Note how large the file is; another size than before means another file."""
        if self._total is not None and self._total != total:
            raise self._changed()
        self._total = total
        self._sized(total)

    def _changed(self) -> UnexpectedAnswer:
        return UnexpectedAnswer(
            f"The file at {self._path} changed while it was fetched.", "Run it again, so that all of it is of one time."
        )


def _job(value: Object) -> ExportJob:
    parameters = an_object(value.values.get("parameters") or {}, value.path)
    return ExportJob(
        id=identity(value),
        schedule_id=text(value, "scheduleId"),
        status=text(value, "status"),
        updated_at=read_moment(value.values.get("updatedAt")),
        start_at=read_moment(parameters.values.get("startAt")),
        end_at=read_moment(parameters.values.get("endAt")),
        files=texts(value, "files"),
    )
