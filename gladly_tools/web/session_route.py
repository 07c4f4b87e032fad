"""The route that gives a browser its new session cookie once somebody has signed in."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gladly_tools.web.addresses import under
from gladly_tools.web.cookie import NAME, cookie_header, is_secure, session_id_of
from gladly_tools.web.portal import portal

PREFIX = "/session"
MOST_BYTES = 200


def session_routes(*, base_path: str = "") -> Sequence[BaseRoute]:
    """The route, under the base path that the portal is served at."""
    return [Route(session_link(base_path=base_path), renew, methods=["POST"])]


def session_link(*, base_path: str = "") -> str:
    """The address to which a page sends its ticket."""
    return under(base_path, PREFIX)


async def renew(request: Request) -> Response:
    """Take the ticket in the body, and set the cookie of the session id that it stands for."""
    ticket = b""
    async for chunk in request.stream():
        ticket += chunk
        if len(ticket) > MOST_BYTES:
            break
    here = portal()
    before = session_id_of(request.cookies.get(NAME), here.cookie_key)
    after = None if before is None else here.tickets.redeem(before, ticket[:MOST_BYTES].decode("ascii", "replace"))
    if after is None:
        return PlainTextResponse("This sign-in is over. Reload the page and sign in again.", status_code=403)
    cookie = cookie_header(after, here.cookie_key, secure=is_secure(request.scope))
    return Response(status_code=204, headers={"Set-Cookie": cookie, "Cache-Control": "no-store"})
