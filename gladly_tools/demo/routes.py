"""What the server answers on each path. To add one: a method of Endpoints, a line in `routes`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Protocol, TypeVar

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from gladly_tools.demo import shapes
from gladly_tools.demo.answers import Answer
from gladly_tools.demo.call_routes import CallEndpoints
from gladly_tools.demo.catalogue import ANSWER_TYPES, LANGUAGES
from gladly_tools.demo.company import Company
from gladly_tools.demo.conversation_routes import ConversationEndpoints
from gladly_tools.demo.customers import Customer
from gladly_tools.demo.event_routes import EventEndpoints
from gladly_tools.demo.export_routes import ExportEndpoints
from gladly_tools.demo.ivr_routes import IvrEndpoints
from gladly_tools.demo.limits import Limits, Turnstile
from gladly_tools.demo.refusals import missing, missing_bare, missing_single, moved, object_in, refused, refused_for_all
from gladly_tools.demo.reports import Problem, Report, ask
from gladly_tools.demo.write_routes import WriteEndpoints

PUBLIC_PREFIX = "/api/v1/orgs/"
_SEARCHES = ("email", "phoneNumber", "externalCustomerId")


class _Record(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_Record)


class Endpoints:
    """The endpoints of one company; every method answers one request."""

    def __init__(
        self,
        company: Company,
        limits: Limits,
        turnstile: Turnstile,
        *,
        publish_answers: bool,
        publish_voice: bool,
        file_ranges: bool,
        file_lengths: bool,
    ) -> None:
        self._exports = ExportEndpoints(company, file_ranges=file_ranges, file_lengths=file_lengths)
        self._company = company
        self._limits = limits
        self._turnstile = turnstile
        self._publish_answers = publish_answers
        self._publish_voice = publish_voice
        self._answers = {answer.id: answer for answer in company.answers}

    def routes(self) -> Router:
        return Router(
            [
                Route("/api/v1/organization", self.organization),
                *_listed("/api/v1/agents", self._company.agents, shapes.agent, missing_bare),
                *_listed("/api/v1/teams", self._company.teams, shapes.team, missing_bare),
                *_listed("/api/v1/inboxes", self._company.inboxes, shapes.inbox, missing),
                *_listed("/api/v1/topics", self._company.topics, shapes.topic, missing),
                Route("/api/v1/audiences", self.audiences),
                Route("/api/v1/answers", self.answers),
                Route("/api/v1/answers/{id}", self.answer),
                Route("/api/v1/answers/{id}/languages/{language}/type/{type}", self.answer_content),
                Route(PUBLIC_PREFIX + "{organization}/answers", self.public_answers),
                Route("/api/v1/customer-profiles", self.find_customers),
                Route("/api/v1/customer-profiles/{id}", self.customer),
                Route("/api/v1/customers/{id}/conversations", self.conversations_of_customer),
                Route("/api/v1/conversations/{id}", self.conversation),
                *WriteEndpoints(self._company, self._limits).routes(),
                *EventEndpoints(self._company).routes(),
                *CallEndpoints(self._company, is_published=self._publish_voice).routes(),
                *IvrEndpoints(self._company, is_published=self._publish_voice).routes(),
                *ConversationEndpoints(self._company, self._limits).routes(),
                *self._exports.routes(),
                Route("/api/v1/reports", self.report, methods=["POST"]),
            ],
            redirect_slashes=False,
            default=_no_such_path,
        )

    async def organization(self, request: Request) -> Response:
        return JSONResponse(shapes.organization(self._company.organization))

    async def audiences(self, request: Request) -> Response:
        return JSONResponse([shapes.audience(audience) for audience in self._company.audiences])

    async def answers(self, request: Request) -> Response:
        """The list that no document names; the real server may not have it either."""
        if not self._publish_answers:
            return PlainTextResponse("404 page not found\n", status_code=404)
        return JSONResponse([shapes.answer(answer) for answer in self._company.answers])

    async def answer(self, request: Request) -> Response:
        answer = self._answers.get(request.path_params["id"])
        return JSONResponse(shapes.answer(answer)) if answer else _no_such_answer()

    async def answer_content(self, request: Request) -> Response:
        language, type_ = request.path_params["language"], request.path_params["type"]
        problems = []
        if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", language):
            problems.append(("language", "invalid", "the specified value is not a valid language"))
        elif language not in LANGUAGES:
            problems.append(("language", "invalid", "the language is not configured for the organization"))
        if type_ not in ANSWER_TYPES:
            problems.append(("type", "invalid", "the specified value is not a valid answer type"))
        if problems:
            return refused_for_all(problems)
        answer = self._answers.get(request.path_params["id"])
        if answer is None:
            return _no_such_answer()
        content = answer.contents.get((language, type_))
        if content is None:
            return missing_single("type", "the answer has no content for the specified language and type")
        return JSONResponse(shapes.answer_content(answer, content))

    async def public_answers(self, request: Request) -> Response:
        """Needs no credentials. Cut at the end of the alphabet without a sign."""
        if request.path_params["organization"] != self._company.organization.id:
            return missing_bare("the organization does not exist")
        language = request.query_params.get("lng", "en-us")
        audience_id = request.query_params.get("audienceId")
        found: Iterable[Answer] = (
            answer
            for answer in self._company.answers
            if (language, "public") in answer.contents
            and (audience_id is None or audience_id in (answer.audience_ids or ()))
        )
        by_name = sorted(found, key=attrgetter("name"))[: self._limits.public_answers]
        return JSONResponse([shapes.public_answer(one, one.contents[language, "public"]) for one in by_name])

    async def find_customers(self, request: Request) -> Response:
        given = [(name, value) for name, value in request.query_params.multi_items() if name in _SEARCHES]
        if len(given) != 1:
            return refused(400, "invalid", detail=f"exactly one of {', '.join(_SEARCHES)} must be specified")
        (name, value) = given[0]
        if not value:
            return refused(400, "blank", name, f"{name} must be specified")
        customers = self._company.customers
        found: list[Customer]
        if name == "email":
            found = customers.with_email(value)
        elif name == "phoneNumber":
            if not re.fullmatch(r"\+\d{4,15}", value):
                return refused(400, "invalid", name, "the phone number must be in E.164 format")
            found = customers.with_phone(value)
        else:
            found = customers.with_external_id(value)
        return JSONResponse([shapes.customer(customer) for customer in found[: self._limits.customers_found]])

    async def customer(self, request: Request) -> Response:
        customer_id = request.path_params["id"]
        return self._moved_or_missing(customer_id) or JSONResponse(
            shapes.customer(self._company.customers[customer_id])
        )

    async def conversations_of_customer(self, request: Request) -> Response:
        """The newest ones when the list must be cut, oldest first all the same."""
        customer_id = request.path_params["id"]
        elsewhere = self._moved_or_missing(customer_id)
        if elsewhere:
            return elsewhere
        found = self._company.conversations_of(customer_id)
        kept = found[-self._limits.conversations_of_customer :]
        is_cut = "true" if len(kept) < len(found) else "false"
        return JSONResponse(
            [shapes.conversation(self._company, one) for one in kept], headers={"Gladly-Limited-Data": is_cut}
        )

    async def conversation(self, request: Request) -> Response:
        try:
            found = self._company.conversations[request.path_params["id"]]
        except KeyError:
            return missing("the conversation does not exist")
        return JSONResponse(shapes.conversation(self._company, found))

    async def report(self, request: Request) -> Response:
        """A CSV, made while it is sent. Every attempt counts as a report, a refused one as well."""
        if not self._turnstile.begin_report():
            return PlainTextResponse("Too Many Requests\n", status_code=429)
        is_streaming = False
        try:
            body = await object_in(request)
            if isinstance(body, Response):
                return body
            report = ask(self._company, body)
            if isinstance(report, list):
                return refused_for_all([_reason(problem) for problem in report])
            is_streaming = True
            return _Download(report, self._limits.report_rows, self._turnstile.end_report)
        finally:
            if not is_streaming:
                self._turnstile.end_report()

    def _moved_or_missing(self, customer_id: str) -> Response | None:
        customers = self._company.customers
        if customer_id not in customers:
            return missing_single("customerId", "the customer does not exist")
        new_id = customers.moved_to(customer_id)
        return moved(customer_id, new_id) if new_id else None


def _listed(
    path: str, records: Sequence[R], shape: Callable[[R], shapes.Json], missing: Callable[[str], Response]
) -> list[Route]:
    """The two routes of a plain list: all of it, and one by id."""
    by_id = {record.id: record for record in records}

    async def every(request: Request) -> Response:
        return JSONResponse([shape(record) for record in records])

    async def one(request: Request) -> Response:
        record = by_id.get(request.path_params["id"])
        return JSONResponse(shape(record)) if record is not None else missing("there is no such id")

    return [Route(path, every), Route(path + "/{id}", one)]


class _Download(StreamingResponse):
    """A report as a file; tells when it was sent, or given up by either side."""

    def __init__(self, report: Report, row_limit: int, finished: Callable[[], None]) -> None:
        # Rows are made in a thread, piece by piece, so that other requests are answered in between.
        super().__init__(
            iterate_in_threadpool(report.csv(row_limit)),
            media_type="text/csv",
            headers={"Content-Disposition": f"attachment; filename={report.filename}"},
        )
        self._finished = finished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._finished()


def _reason(problem: Problem) -> tuple[str, str, str]:
    return problem.attr, problem.code, problem.detail


def _no_such_answer() -> Response:
    return missing_single("answerId", "the answer does not exist")


async def _no_such_path(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("404 page not found\n", status_code=404)(scope, receive, send)
