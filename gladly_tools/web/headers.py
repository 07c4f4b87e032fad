"""Security headers on every answer: nothing loads from another host, nothing frames the portal."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    # A component of our own arrives as a blob. No script in the page's text runs, and none is made from text.
    "script-src": "'self' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'self'",
    "frame-ancestors": "'none'",
}
"""What a page may load and do, by directive."""

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_security_policy(page: str) -> str:
    """The policy for a page of our own server; of the scripts in it, only those that stand in it now may run."""
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in _INLINE.findall(page))
    inline = "".join(f" 'sha256-{digest}'" for digest in digests)
    return "; ".join(
        f"{directive} {sources}{inline if directive == 'script-src' else ''}" for directive, sources in POLICY.items()
    )


class SecurityHeaders:
    """Adds the headers; plain ASGI, so that a long download streams through untouched.

    `page` is the one page that the portal is made of, whose scripts are known.
    """

    def __init__(self, app: ASGIApp, page: str = "") -> None:
        self._app = app
        self._headers = {**HEADERS, "Content-Security-Policy": content_security_policy(page)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
