"""The download route of answers to queries in SQL, for the account that asked."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gladly_tools.errors import InputError, NotFoundError
from gladly_tools.queries import AskedQuery
from gladly_tools.results.download import Format, content_type, file_name
from gladly_tools.web.addresses import under
from gladly_tools.web.guard import AS_IT_IS, guarded
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

PREFIX = "/sql"


def sql_routes(*, base_path: str = "") -> Sequence[BaseRoute]:
    """The routes, under the base path that the portal is served at."""
    return [Route(under(base_path, f"{PREFIX}/{{query_id}}/{{name}}"), download, methods=["GET"])]


def answer_link(
    asked: AskedQuery, format: Format, *, bom: bool = False, guard: bool = True, base_path: str = ""
) -> str:
    """The address under which the browser of whoever asked can download the whole answer."""
    given = {"format": format.value, "bom": "1" if bom else "", "guard": "" if guard else "0"}
    path = under(base_path, f"{PREFIX}/{quote(asked.id, safe='')}/{_name(asked, format)}")
    return f"{path}?{urlencode({key: value for key, value in given.items() if value})}"


@guarded
def download(request: Request, session: Session) -> Response:
    """Stream an answer."""
    asked = portal().queries.get(session.account, request.path_params["query_id"])
    if asked.answer is None:
        raise NotFoundError("This query has no answer.", "Run it again.")
    given = request.query_params
    try:
        format = Format(given.get("format", ""))
    except ValueError:
        raise InputError("There is no such format.", "Use the Download button.", field="format") from None
    chunks = asked.answer.encode(format, bom=given.get("bom") == "1", guard=given.get("guard") != "0")
    return StreamingResponse(
        chunks,
        media_type=content_type(format),
        headers={**AS_IT_IS, "Content-Disposition": f'attachment; filename="{_name(asked, format)}"'},
    )


def _name(asked: AskedQuery, format: Format) -> str:
    """What the file is called; one that lacks rows says so."""
    cut = asked.answer is not None and asked.answer.cut
    return file_name("sql-answer.partial" if cut else "sql-answer", format)
