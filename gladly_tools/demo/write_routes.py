"""The endpoints that change something, and those of tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gladly_tools.demo.changes import Refusal
from gladly_tools.demo.company import Company
from gladly_tools.demo.limits import Limits
from gladly_tools.demo.moments import moment
from gladly_tools.demo.refusals import missing_single, object_in, refused
from gladly_tools.demo.tasks import Task

Json = dict[str, Any]
_STATUSES = ("OPEN", "CLOSED")


class WriteEndpoints:
    """The endpoints of one company; every method answers one request."""

    def __init__(self, company: Company, limits: Limits) -> None:
        self._company = company
        self._limits = limits

    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/conversations/{id}", self.change_conversation, methods=["PATCH"]),
            Route("/api/v1/conversations/{id}/topics", self.add_topics, methods=["POST"]),
            Route("/api/v1/customers/{id}/tasks", self.tasks_of_customer),
            Route("/api/v1/tasks/{id}", self.task),
            Route("/api/v1/tasks/{id}", self.change_task, methods=["PATCH"]),
        ]

    async def add_topics(self, request: Request) -> Response:
        conversation_id = request.path_params["id"]

        def change(body: Json) -> None:
            topic_ids = body.get("topicIds")
            if not isinstance(topic_ids, list) or not topic_ids:
                raise Refusal(code="blank", attr="topicIds", detail="topicIds must be specified")
            self._company.changes.add_topics(conversation_id, topic_ids)

        return await self._changed(request, change, "the conversation does not exist")

    async def change_conversation(self, request: Request) -> Response:
        conversation_id = request.path_params["id"]

        def change(body: Json) -> None:
            status = body.get("status")
            value = None
            if status is not None:
                if not isinstance(status, dict):
                    raise Refusal(code="invalid", attr="status", detail="status must be an object")
                value = status.get("value")
                if not value:
                    raise Refusal(code="blank", attr="status.value", detail="status.value must be specified")
                if value not in _STATUSES:
                    raise Refusal(code="invalid", attr="status.value", detail="status.value must be OPEN or CLOSED")
            self._company.changes.change_conversation(
                conversation_id,
                assignee=self._assignee(body),
                status=value,
                force=bool((status or {}).get("force", False)),
            )

        return await self._changed(request, change, "the conversation does not exist")

    async def task(self, request: Request) -> Response:
        try:
            return JSONResponse(self._shape(self._company.tasks[request.path_params["id"]]))
        except KeyError:
            return refused(404, "not_exist", detail="the task does not exist")

    async def tasks_of_customer(self, request: Request) -> Response:
        customers = self._company.customers
        customer_id = request.path_params["id"]
        status = request.query_params.get("status")
        if status not in (None, *_STATUSES):
            return refused(400, "invalid", "status", "status must be OPEN or CLOSED")
        if customer_id not in customers:
            return missing_single("customerId", "the customer does not exist")
        found = self._company.tasks.of_customer(customers[customer_id].number)
        kept = [task for task in found if status is None or (status == "CLOSED") == task.is_closed]
        cut = kept[: self._limits.tasks_of_customer]
        return JSONResponse(
            [self._shape(task) for task in cut],
            headers={"Gladly-Limited-Data": "true" if len(cut) < len(kept) else "false"},
        )

    async def change_task(self, request: Request) -> Response:
        task_id = request.path_params["id"]

        def change(body: Json) -> None:
            status = body.get("status")
            if status is not None and status not in _STATUSES:
                raise Refusal(code="invalid", attr="status", detail="status must be OPEN or CLOSED")
            self._company.changes.change_task(
                task_id,
                assignee=self._assignee(body),
                status=status,
                body=body.get("body"),
                due_at=_moment(body["dueAt"]) if body.get("dueAt") else None,
            )

        return await self._changed(request, change, "the task does not exist")

    async def _changed(self, request: Request, change: Callable[[Json], None], missing: str) -> Response:
        body = await object_in(request)
        if isinstance(body, Response):
            return body
        try:
            change(body)
        except KeyError:
            return refused(404, "not_exist", detail=missing)
        except Refusal as no:
            return refused(400, no.code, no.attr, no.detail)
        return Response(status_code=204)

    def _assignee(self, body: Json) -> tuple[int, int | None] | None:
        """The places of the inbox and the agent that a body names; an id that is none is refused."""
        given = body.get("assignee")
        if given is None:
            return None
        if not isinstance(given, dict) or not given.get("inboxId"):
            raise Refusal(code="blank", attr="assignee.inboxId", detail="assignee.inboxId must be specified")
        inboxes = {inbox.id: place for place, inbox in enumerate(self._company.inboxes)}
        agents = {agent.id: place for place, agent in enumerate(self._company.agents)}
        if given["inboxId"] not in inboxes:
            raise Refusal(code="present", attr="assignee.inboxId", detail="the inbox does not exist")
        agent_id = given.get("agentId")
        if agent_id is not None and agent_id not in agents:
            raise Refusal(code="present", attr="assignee.agentId", detail="the agent does not exist")
        return inboxes[given["inboxId"]], None if agent_id is None else agents[agent_id]

    def _shape(self, it: Task) -> Json:
        company = self._company
        assignee: Json = {"inboxId": company.inboxes[it.inbox].id}
        if it.agent is not None:
            assignee["agentId"] = company.agents[it.agent].id
        elif it.number % 2:
            assignee["agentId"] = None
        return {
            "id": it.id,
            "customerId": company.customers.current_id(it.customer),
            "timestamp": moment(it.created_at, 3),
            "createdBy": {"id": company.agents[it.number % len(company.agents)].id, "type": "AGENT"},
            "assignee": assignee,
            "body": it.body,
            "dueAt": moment(it.due_at, 0),
            "status": "CLOSED" if it.is_closed else "OPEN",
        }


def _moment(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(code="invalid", attr="dueAt", detail="dueAt must be an RFC 3339 date-time") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
