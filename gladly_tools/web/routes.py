"""The routes beside the pages: a result's rows, streamed from disk to their account, its report, and recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gladly_tools.errors import InputError, NotFoundError
from gladly_tools.jobs import Job
from gladly_tools.names import Names
from gladly_tools.report_file import can_report, page, report_of
from gladly_tools.results.archive import CONTENT_TYPE, archive
from gladly_tools.results.download import Format, content_type, encode, file_name
from gladly_tools.results.query import Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.web import recordings
from gladly_tools.web.addresses import under
from gladly_tools.web.guard import AS_IT_IS, guarded
from gladly_tools.web.portal import Portal, portal
from gladly_tools.web.vault import Session

PREFIX = "/results"
REPORTS = "/reports"
CHOICE = "choice."


def routes(*, base_path: str = "") -> Sequence[BaseRoute]:
    """The routes, under the base path that the portal is served at."""
    return [
        Route(under(base_path, f"{PREFIX}/{{job_id}}/{{name}}"), download, methods=["GET"]),
        Route(under(base_path, f"{REPORTS}/{{job_id}}/{{name}}"), report, methods=["GET"]),
        Route(under(base_path, f"{recordings.PREFIX}/{{job_id}}"), recordings.recording, methods=["GET"]),
    ]


def download_link(
    job: Job,
    format: Format,
    *,
    packed: bool = False,
    table: str | None = None,
    view: str | None = None,
    bom: bool = False,
    guard: bool = True,
    base_path: str = "",
) -> str:
    """The address under which the browser of the job's owner can download its rows.

    `packed` is for a result of several tables, which comes as a ZIP unless one `table` is named; `view` names a
    filtered view of that table, or of the only one.
    """
    name = _name(job, "zip" if packed and table is None else format, table=table, filtered=view is not None)
    asked = {
        "format": format.value,
        "table": table,
        "view": view,
        "bom": "1" if bom else None,
        "guard": None if guard else "0",
    }
    given = urlencode({key: value for key, value in asked.items() if value is not None})
    return under(base_path, f"{PREFIX}/{quote(job.id, safe='')}/{quote(name, safe='')}?{given}")


@guarded
def download(request: Request, session: Session) -> Response:
    """Stream the rows of a result of the account."""
    here = portal()
    job = here.runs.job(session.account, request.path_params["job_id"])
    result = here.runs.result(session.account, job.id)
    if result is None:
        raise NotFoundError("This job has no result yet.", "Wait until it has finished.")
    asked = request.query_params
    format = _format(asked.get("format", ""))
    table = asked.get("table")
    bom, guard = asked.get("bom") == "1", asked.get("guard") != "0"
    packed = bool(result.manifest.tables) and table is None and "view" not in asked
    if packed:
        chunks = archive(result, format, bom=bom, guard=guard)
    else:
        view = _view(here, view_key(job, table), asked.get("view"))
        chunks = encode(Table(_table(result, table)), view, format, bom=bom, guard=guard)
    name = _name(
        job,
        "zip" if packed else format,
        table=table,
        filtered="view" in asked,
        partial=result.manifest.partial,
    )
    return StreamingResponse(
        _begun(chunks),
        media_type=CONTENT_TYPE if packed else content_type(format),
        headers={**AS_IT_IS, "Content-Disposition": f'attachment; filename="{name}"'},
    )


def report_link(
    job: Job,
    *,
    table: str | None = None,
    view: str | None = None,
    chosen: Mapping[str, str] | None = None,
    base_path: str = "",
) -> str:
    """The address under which the browser of the job's owner can download its report, of all rows or of a view.

    Of several tables it is of the first, whose name is `table` where a view is of it; `chosen` are the options of the
    charts that are not the usual ones, by the keys of the choices.
    """
    name = _name(job, "html", table="report", filtered=view is not None)
    asked = {"table": table, "view": view, **{f"{CHOICE}{key}": option for key, option in (chosen or {}).items()}}
    given = urlencode({key: value for key, value in asked.items() if value is not None})
    path = f"{REPORTS}/{quote(job.id, safe='')}/{quote(name, safe='')}"
    return under(base_path, f"{path}?{given}" if given else path)


@guarded
def report(request: Request, session: Session) -> Response:
    """The report of a result of the account, as a file: no page of it is ever shown under the portal's own address."""
    here = portal()
    job = here.runs.job(session.account, request.path_params["job_id"])
    result = here.runs.result(session.account, job.id)
    asked = request.query_params
    table = asked.get("table")
    if result is None or not can_report(job.kind, table):
        raise NotFoundError("There is no report of this result.", "Reports are made of results that have charts.")
    names = Names(here.runs, session.account)
    found = report_of(
        result,
        _view(here, view_key(job, table), asked.get("view")),
        session.account,
        now=here.runs.journal.now(),
        names=names.of,
        known_topics=names.topics(),
        separator=here.settings.topic_separator,
        chosen={key.removeprefix(CHOICE): asked[key] for key in asked if key.startswith(CHOICE)},
    )
    name = _name(job, "html", table="report", filtered="view" in asked, partial=result.manifest.partial)
    return Response(
        page(found),
        media_type="text/html",
        headers={**AS_IT_IS, "Content-Disposition": f'attachment; filename="{name}"'},
    )


def view_key(job: Job, table: str | None) -> str:
    """What a view of a job's result, or of one of its tables, is kept under."""
    return job.id if table is None else f"{job.id}:{table}"


def _name(job: Job, extension: str, *, table: str | None = None, filtered: bool = False, partial: bool = False) -> str:
    """What the file is called: the export, its dates if it has any, and whether rows were left out or are missing."""
    dates = job.parameters.get("dates")
    parts = [job.kind, *([dates["first"], dates["last"]] if dates else [])]
    parts += [*([table] if table else []), *(["filtered"] if filtered else [])]
    missing = ".unfinished" if not job.state.finished else ".partial" if partial else ""
    return file_name(f"{'_'.join(parts)}{missing}", extension)


def _table(result: Result, name: str | None) -> Result:
    if name is None:
        return result
    if name not in result.tables:
        raise NotFoundError("The result has no such table.", "Use the Download button of the result.")
    return result.tables[name]


def _format(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise InputError("There is no such format.", "Use the Download button of the result.", field="format") from None


def _view(here: Portal, place: str, key: str | None) -> Query:
    if key is None:
        return Query()
    query = here.views.get(place, key)
    if query is None:
        raise NotFoundError("This filtered view is no longer known.", "Open the result and download it again.")
    return query


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, with the first one made now, so that an error there is still an answer and not a broken file."""
    first = next(chunks, b"")

    def every() -> Iterator[bytes]:
        yield first
        yield from chunks

    return every()
