"""What every route has in common: it is for whoever is signed in, and its errors are words with a status."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gladly_tools.errors import GladlyToolsError, NotFoundError, TryLaterError
from gladly_tools.web.cookie import NAME, session_id_of
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

AS_IT_IS = {
    "Cache-Control": "no-store",
    # Without this, everything is compressed on the way out, many times slower than the disk.
    "Content-Encoding": "identity",
}
"""Headers of a file that is sent as it is, for its owner alone."""


def guarded(answer: Callable[[Request, Session], Response]) -> Callable[[Request], Response]:
    """The route for who is signed in; everybody else learns nothing."""

    @wraps(answer)
    def route(request: Request) -> Response:
        here = portal()
        session = here.session(session_id_of(request.cookies.get(NAME), here.cookie_key))
        if session is None:
            return PlainTextResponse("You are signed out. Sign in, then try again.", status_code=401)
        try:
            return answer(request, session)
        except GladlyToolsError as error:
            status = 404 if isinstance(error, NotFoundError) else 503 if isinstance(error, TryLaterError) else 400
            return PlainTextResponse(str(error), status_code=status)

    return route
