"""The download routes of bulk runs: results, plans and reopen files, streamed to the account they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gladly_tools.bulk.records import BulkRun
from gladly_tools.errors import GladlyToolsError, InputError, NotFoundError
from gladly_tools.results.download import Format, content_type, file_name
from gladly_tools.web.addresses import under
from gladly_tools.web.cookie import NAME, session_id_of
from gladly_tools.web.portal import Portal, portal
from gladly_tools.web.vault import Session

PREFIX = "/bulk-runs"


class BulkFile(StrEnum):
    """What can be downloaded of a run."""

    RESULTS = "results"
    REOPEN = "reopen"
    AUDIT = "audit"


def bulk_routes(*, base_path: str = "") -> Sequence[BaseRoute]:
    """The routes, under the base path that the portal is served at."""
    return [Route(under(base_path, f"{PREFIX}/{{run_id}}/{{kind}}/{{name}}"), download, methods=["GET"])]


def bulk_link(run: BulkRun, kind: BulkFile, *, bom: bool, guard: bool, base_path: str = "") -> str:
    """The address under which the browser of the run's owner can download a file of it."""
    asked = {name: value for name, value in (("bom", "1" if bom else ""), ("guard", "" if guard else "0")) if value}
    path = under(base_path, f"{PREFIX}/{quote(run.id, safe='')}/{kind}/{quote(_name(run, kind), safe='')}")
    return f"{path}?{urlencode(asked)}" if asked else path


def download(request: Request) -> Response:
    """Stream a file of a run that belongs to whoever is signed in; everybody else learns nothing of it."""
    here = portal()
    session = here.session(session_id_of(request.cookies.get(NAME), here.cookie_key))
    if session is None:
        return PlainTextResponse("You are signed out. Sign in, then download again.", status_code=401)
    try:
        run = here.bulk.get(session.account, request.path_params["run_id"])
        kind = _kind(request.path_params["kind"])
        chunks = _chunks(
            here,
            session,
            run,
            kind,
            bom=request.query_params.get("bom") == "1",
            guard=request.query_params.get("guard") != "0",
        )
    except NotFoundError as error:
        return PlainTextResponse(str(error), status_code=404)
    except GladlyToolsError as error:
        return PlainTextResponse(str(error), status_code=400)
    return StreamingResponse(
        chunks,
        media_type=content_type(Format.CSV),
        headers={
            "Content-Disposition": f'attachment; filename="{_name(run, kind)}"',
            "Cache-Control": "no-store",
            "Content-Encoding": "identity",
        },
    )


def _chunks(here: Portal, session: Session, run: BulkRun, kind: BulkFile, *, bom: bool, guard: bool) -> Iterator[bytes]:
    make = {
        BulkFile.RESULTS: here.bulk.results,
        BulkFile.REOPEN: here.bulk.reopen_file,
        BulkFile.AUDIT: here.bulk.audit_file,
    }[kind]
    return make(session.account, run.id, bom=bom, guard=guard)


def _name(run: BulkRun, kind: BulkFile) -> str:
    """What the file is called: the action, what it is, when it was begun, and whether it is unfinished."""
    what = "plan" if kind is BulkFile.RESULTS and run.is_check else kind
    unfinished = ".unfinished" if run.finished_at is None else ""
    return file_name(f"{run.action}_{what}_{run.created_at:%Y-%m-%d_%H%M}{unfinished}", Format.CSV)


def _kind(name: str) -> BulkFile:
    try:
        return BulkFile(name)
    except ValueError:
        raise InputError("There is no such file.", "Use the buttons of the Bulk Close page.", field="kind") from None
