"""Recordings of calls: fetched from Gladly when somebody asks to hear one, and kept with the result they belong to."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gladly_tools.api import Client, Impatient
from gladly_tools.errors import NotFoundError
from gladly_tools.results.download import file_name
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.web.addresses import under
from gladly_tools.web.guard import AS_IT_IS, guarded
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

PREFIX = "/recordings"
SHELF = "recordings"
SECONDS = 60.0


def recording_link(job_id: str, item_id: str, *, save: bool = False, base_path: str = "") -> str:
    """The address at which the owner of a job can hear, or save, the recording of a call in its result."""
    saved = "&save=1" if save else ""
    return under(base_path, f"{PREFIX}/{quote(job_id, safe='')}?item={quote(item_id, safe='')}{saved}")


@guarded
def recording(request: Request, session: Session) -> Response:
    """The recording of a call in a result of the account, in pieces where the browser asks for them."""
    item_id = request.query_params.get("item", "")
    runs = portal().runs
    job = runs.job(session.account, request.path_params["job_id"])
    result = runs.result(session.account, job.id)
    if result is None or not item_id or not _holds(result, item_id):
        raise NotFoundError("This result has no such call.", "Open the conversation again.")
    how = "attachment" if "save" in request.query_params else "inline"
    return FileResponse(
        _fetched(session.client.watched_by(Impatient(SECONDS)), result, item_id),
        media_type="audio/mpeg",
        headers={**AS_IT_IS, "Content-Disposition": f'{how}; filename="{file_name(f"recording-{item_id}", "mp3")}"'},
    )


def _holds(result: Result, item_id: str) -> bool:
    """Whether the item is in the result: nobody hears a call that is not."""
    wanted = Query(conditions=(Condition(column="id", operator=Operator.ONE_OF, values=(item_id,)),))
    for table in result.tables.values():
        if any(column.name == "content.recordingUrl" for column in table.columns) and Table(table).count(wanted):
            return True
    return False


def _fetched(client: Client, result: Result, item_id: str) -> str:
    name = f"{hashlib.sha256(item_id.encode()).hexdigest()[:32]}.mp3"
    path = result.folder / SHELF / name
    if not path.exists():
        try:
            with result.keep_file(name, shelf=SHELF) as file:
                if not client.conversations.recording(item_id, file):
                    raise NotFoundError("Gladly has no recording of this call (any more).")
        except FileNotFoundError:
            raise NotFoundError("The result was deleted meanwhile.", "Export the conversation again.") from None
    return str(path)
