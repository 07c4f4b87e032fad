"""The live list of events, as strict as the contract: 24 hours back, 15 seconds late, one key per entity."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gladly_tools.demo import shapes
from gladly_tools.demo.company import Company
from gladly_tools.demo.events import ENTITIES
from gladly_tools.demo.refusals import refused_for_all

REACH = dt.timedelta(hours=24)
LAG = dt.timedelta(seconds=15)
_LINES_A_PIECE = 50

Problem = tuple[str, str, str]


class EventEndpoints:
    """The endpoint of events; `now` is the company's."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def routes(self) -> list[Route]:
        return [Route("/api/v1/events", self.events)]

    def events(self, request: Request) -> Response:
        now = self._company.now()
        problems: list[Problem] = []
        start = _moment(request, "startAt", problems)
        end = _moment(request, "endAt", problems, default=now)
        entities = request.query_params.getlist("entities")
        if not any(entities):
            problems.append(("entities", "blank", "entities must be specified"))
        elif not set(entities) <= set(ENTITIES):
            problems.append(("entities", "invalid", "the specified value is not a valid entity"))
        if start is not None and start < now - REACH:
            problems.append(("startAt", "invalid", "startAt must be within the last 24 hours"))
        if start is not None and end is not None and end <= start:
            problems.append(("startAt", "invalid", "endAt must occur after startAt"))
        if problems or start is None or end is None:
            return refused_for_all(problems)
        # A moment that is not over yet may still get events.
        found = self._company.events.between(start, min(end, now - LAG), entities)
        lines = [json.dumps(shapes.event(event), ensure_ascii=False) + "\n" for event in found]
        return StreamingResponse(_pieces(lines), media_type="application/x-jsonlines")


def _pieces(lines: Sequence[str]) -> Iterator[bytes]:
    for first in range(0, len(lines), _LINES_A_PIECE):
        yield "".join(lines[first : first + _LINES_A_PIECE]).encode()


def _moment(
    request: Request, name: str, problems: list[Problem], *, default: dt.datetime | None = None
) -> dt.datetime | None:
    text = request.query_params.get(name)
    if not text:
        if default is None:
            problems.append((name, "blank", f"{name} must be specified"))
        return default
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        problems.append((name, "invalid", f"{name} must be a date and time with a zone"))
        return None
    return found
