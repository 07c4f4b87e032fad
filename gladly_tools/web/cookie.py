"""The session cookie: a random id, signed, HttpOnly. It says who is asking and nothing else."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from itsdangerous import BadSignature, TimestampSigner
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gladly_tools.errors import GladlyToolsError

NAME = "gladly_tools_session"
SALT = "gladly-tools session"
KEY_BYTES = 32
MAX_AGE_SECONDS = 30 * 24 * 3600
_CONDITIONS = (b"if-none-match", b"if-modified-since")


def signing_key(folder: Path) -> bytes:
    """The key of this data directory, made at first use; only its owner can read the file.

    Raises GladlyToolsError when the file is damaged: signing with what is left of it would sign for everybody.
    """
    path = folder / "cookie.key"
    if not path.exists():
        # Of two processes that start together, the first one's key is everybody's.
        with FileLock(folder / "cookie.lock"):
            if not path.exists():
                _make_key(path)
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise GladlyToolsError("The file cookie.key in the data folder is damaged.", "Delete it and start again.")
    return key


def _make_key(path: Path) -> None:
    """Put a new key in its place, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".cookie.key.")
    try:
        with open(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def new_session_id() -> str:
    """A session id that nobody can guess."""
    return secrets.token_urlsafe(24)


def new_cookie(key: bytes) -> str:
    """The value of a new session's cookie."""
    return cookie_of(new_session_id(), key)


def cookie_of(session_id: str, key: bytes) -> str:
    """The value of a session's cookie."""
    return TimestampSigner(key, salt=SALT).sign(session_id).decode()


def cookie_header(session_id: str, key: bytes, *, secure: bool) -> str:
    """What sets a session's cookie; `secure` for one that is sent over HTTPS alone."""
    flags = "; Secure" if secure else ""
    value = cookie_of(session_id, key)
    return f"{NAME}={value}; Path=/; Max-Age={MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax{flags}"


def is_secure(scope: Scope) -> bool:
    """Whether the browser came over HTTPS, be it to us or to the proxy before us."""
    return "https" in (scope.get("scheme"), Headers(scope=scope).get("x-forwarded-proto", ""))


def session_id_of(value: str | None, key: bytes) -> str | None:
    """The session id in a cookie's value; None when it is missing, forged or older than `MAX_AGE_SECONDS`."""
    if not value:
        return None
    try:
        session_id, signed_at = TimestampSigner(key, salt=SALT).unsign(value, return_timestamp=True)
    except BadSignature:
        return None
    # One that was signed in the future is as good: the clock was set back since.
    is_old = (datetime.now(UTC) - signed_at).total_seconds() > MAX_AGE_SECONDS
    return None if is_old else session_id.decode()


def cookie_value(header: str | None) -> str | None:
    """The session cookie's value in a Cookie header, whatever other cookies there are: read as browsers send them."""
    return cookie_parser(header or "").get(NAME)


class SessionCookie:
    """Gives a browser that has no valid session cookie a new one, along with the page it asked for."""

    def __init__(self, app: ASGIApp, key: Callable[[], bytes]) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the cookie to an HTML answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        key = self._key()
        headers = Headers(scope=scope)
        known = session_id_of(cookie_value(headers.get("cookie")), key) is not None
        if not known:
            # A browser that kept the page and lost its cookie gets the page again: "not modified" brings no cookie.
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] not in _CONDITIONS]}

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if answer.get("content-type", "").startswith("text/html") and not known:
                    answer.append("set-cookie", cookie_header(new_session_id(), key, secure=is_secure(scope)))
            await send(message)

        await self._app(scope, receive, with_cookie)
