"""What the server answers about file exports: the schedule, the jobs and their files."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gladly_tools.demo import shapes
from gladly_tools.demo.company import Company
from gladly_tools.demo.export_jobs import KEPT_FOR, STATUSES, ExportJob
from gladly_tools.demo.refusals import missing, refused_bare, refused_for_all

_JOB = "/api/v1/export/jobs/{id}"
_PIECE = 1 << 16  # bytes sent at once
_FINISHED = ("COMPLETED", "FAILED")


class ExportEndpoints:
    """The endpoints of file exports; every method answers one request.

    A deleted job is gone for this server alone: the company does not change.
    """

    def __init__(self, company: Company, *, file_ranges: bool, file_lengths: bool) -> None:
        self._company = company
        self._has_ranges = file_ranges
        self._has_lengths = file_lengths
        self._deleted: set[str] = set()
        self._copies = _Copies(company)

    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/export/schedules", self.schedules),
            Route("/api/v1/export/jobs", self.jobs),
            Route(_JOB, self.job),
            Route(_JOB, self.delete, methods=["DELETE"]),
            Route(_JOB + "/files/{filename}", self.file),
        ]

    async def schedules(self, request: Request) -> Response:
        return JSONResponse([shapes.export_schedule(schedule) for schedule in self._company.export_schedules()])

    async def jobs(self, request: Request) -> Response:
        """In no order. The documents do not say how a bad range is refused, nor several states."""
        now = self._company.now()
        query = request.query_params
        problems = []
        statuses = query.getlist("status")
        if len(statuses) > 1 or any(status not in STATUSES for status in statuses):
            problems.append(("status", "invalid", f"status must be one of {', '.join(STATUSES)}"))
        times = {}
        for name, default in (("startAt", now - KEPT_FOR), ("endAt", now)):
            times[name] = _moment(query[name]) if name in query else default
            if times[name] is None:
                problems.append((name, "invalid", f"{name} is not a valid ISO 8601 time"))
        start, end = times["startAt"], times["endAt"]
        if start is not None and start < now - KEPT_FOR:
            problems.append(("startAt", "invalid", "startAt must not be more than 14 days ago"))
        if end is not None and end > now:
            problems.append(("endAt", "invalid", "endAt must not be in the future"))
        if start is not None and end is not None and end < start:
            problems.append(("endAt", "invalid", "endAt must not be before startAt"))
        if problems or start is None or end is None:
            return refused_for_all(problems)
        found = [
            job
            for job in self._company.export_jobs()
            if job.id not in self._deleted
            and start <= job.updated_at <= end
            and (not statuses or job.status == statuses[0])
        ]
        return JSONResponse([shapes.export_job(job) for job in sorted(found, key=lambda job: job.id)])

    async def job(self, request: Request) -> Response:
        found = self._found(request)
        return _no_such_job() if found is None else JSONResponse(shapes.export_job(found))

    async def delete(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return _no_such_job()
        if found.status not in _FINISHED:
            detail = f"unable to delete job with status [{found.status}]. Please try again after it has finished"
            return refused_bare(400, "temporary_failure", "status", detail)
        self._deleted.add(found.id)
        return Response(status_code=204)

    async def file(self, request: Request) -> Response:
        """A file, made while it is sent; or a part of the kept copy, which goes from a byte to the end."""
        job = self._found(request)
        if job is None:
            return _no_such_job()
        name = request.path_params["filename"]
        if name not in job.files:
            return missing("the file does not exist")
        if not self._has_ranges and not self._has_lengths:
            return _sent(_pieces(self._company.export_lines(job.id, name)))
        copy = await run_in_threadpool(self._copies.of, job, name)
        total = copy.stat().st_size
        headers = {"Accept-Ranges": "bytes"} if self._has_ranges else {}
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", "")) if self._has_ranges else None
        begin = int(wanted[1]) if wanted else 0
        if wanted and begin >= total:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{total}"})
        if wanted:
            headers["Content-Range"] = f"bytes {begin}-{total - 1}/{total}"
        if self._has_lengths:
            headers["Content-Length"] = str(total - begin)
        return _sent(_read(copy, begin), 206 if wanted else 200, headers)

    def _found(self, request: Request) -> ExportJob | None:
        job_id = request.path_params["id"]
        try:
            return None if job_id in self._deleted else self._company.export_job(job_id)
        except KeyError:
            return None


class _Copies:
    """Whole files on disk, each made when somebody first asks for it; gone with the server."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._lock = Lock()
        self._folder: TemporaryDirectory[str] | None = None

    def of(self, job: ExportJob, filename: str) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = TemporaryDirectory(prefix="gladly-demo-", ignore_cleanup_errors=True)
            path = Path(self._folder.name, f"{job.id}-{filename}")
            if not path.exists():
                unfinished = path.with_suffix(".part")
                with unfinished.open("wb") as out:
                    out.writelines(self._company.export_lines(job.id, filename))
                os.replace(unfinished, path)
            return path


def _sent(pieces: Iterable[bytes], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    # Pieces are made in a thread, one by one, so that other requests are answered in between.
    return StreamingResponse(
        iterate_in_threadpool(pieces), status_code=status, headers=headers, media_type="application/x-ndjson"
    )


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _read(path: Path, begin: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(begin)
        while piece := file.read(_PIECE):
            yield piece


def _moment(text: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _no_such_job() -> Response:
    return missing("the export job does not exist")
