"""The download routes of bulk runs: results, plans and reopen files, streamed to the account they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gladly_tools.bulk.records import BulkRun
from gladly_tools.errors import InputError
from gladly_tools.results.download import Format, content_type, file_name
from gladly_tools.web.addresses import under
from gladly_tools.web.guard import AS_IT_IS, guarded
from gladly_tools.web.portal import portal
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


@guarded
def download(request: Request, session: Session) -> Response:
    """Stream a file of a run of the account."""
    here = portal()
    run = here.bulk.get(session.account, request.path_params["run_id"])
    kind = _kind(request.path_params["kind"])
    make = {
        BulkFile.RESULTS: here.bulk.results,
        BulkFile.REOPEN: here.bulk.reopen_file,
        BulkFile.AUDIT: here.bulk.audit_file,
    }[kind]
    asked = request.query_params
    return StreamingResponse(
        make(session.account, run.id, bom=asked.get("bom") == "1", guard=asked.get("guard") != "0"),
        media_type=content_type(Format.CSV),
        headers={**AS_IT_IS, "Content-Disposition": f'attachment; filename="{_name(run, kind)}"'},
    )


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
