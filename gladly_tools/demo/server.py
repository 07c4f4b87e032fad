"""The demo company on a real socket of this machine."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, cast
from urllib.parse import unquote_plus

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from gladly_tools.demo.company import Account, Company
from gladly_tools.demo.conversation_routes import FILES_PREFIX
from gladly_tools.demo.faults import Fault, Faults
from gladly_tools.demo.limits import Limits, Pressure, Turnstile, Verdict
from gladly_tools.demo.refusals import refused
from gladly_tools.demo.routes import PUBLIC_PREFIX, Endpoints

_REMEMBERED = 20_000
_START_SECONDS = 10.0
_TRANSPORT = "gladly_tools.demo.transport"
_LOG = logging.getLogger("gladly_tools.demo")
_UVICORN_LOGS = tuple(logging.getLogger(f"uvicorn.{name}") for name in ("access", "asgi", "error"))


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestSeen:
    """One request that reached the server, and how it was answered.

    `query` is the text after the question mark, decoded; `status` 0 means that the connection was closed
    without an answer; `at` is when it arrived, on the server's clock; `username` is what the credentials
    claimed, or empty.
    """

    method: str
    path: str
    query: str
    status: int
    at: float
    username: str
    body: bytes


class Gate:
    """Everything that happens to a request before and after its endpoint.

    In this order: it is counted, a planned fault strikes, the rate limit, then the credentials.
    """

    def __init__(
        self,
        app: ASGIApp,
        company: Company,
        *,
        turnstile: Turnstile,
        faults: Faults,
        latency: float,
        clock: Callable[[], float],
    ) -> None:
        self._app = app
        self._tokens = {account.username: account.api_token for account in company.accounts}
        self._powerless = company.account_without_permission
        self._turnstile = turnstile
        self._faults = faults
        self._latency = latency
        self._clock = clock
        self.seen: deque[RequestSeen] = deque(maxlen=_REMEMBERED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        arrived = self._clock()
        account = _credentials(scope)
        body = bytearray()

        def remember(status: int) -> None:
            self.seen.append(
                RequestSeen(
                    method=scope["method"],
                    path=scope["path"],
                    query=unquote_plus(scope["query_string"].decode()),
                    status=status,
                    at=arrived,
                    username=account.username if account else "",
                    body=bytes(body),
                )
            )

        async def reading() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        is_file = scope["path"].startswith(FILES_PREFIX)
        verdict = None if is_file else self._turnstile.enter()
        fault = self._faults.take(scope["method"], scope["path"])
        delay = self._latency + (fault.delay if fault else 0.0)
        if delay:
            await asyncio.sleep(delay)
        if fault and fault.drop:
            remember(0)
            await _hang_up(scope, receive)
            return
        if fault and fault.status is not None:
            remember(fault.status)
            await Response(fault.body, status_code=fault.status, headers=fault.headers)(scope, receive, send)
            return

        # Files come from a storage of their own: without limits, and without credentials.
        rate_headers = [] if verdict is None else _rate_headers(verdict)
        cut = _Cut(fault)
        is_lost = fault is not None and fault.lose

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *rate_headers]}
                remember(0 if is_lost else message["status"])
            if is_lost or cut.is_done:
                return
            await send(cut.shortened(message))
            if cut.is_done:
                await _hang_up(scope, receive)

        app: ASGIApp = self._app
        if verdict is not None and not verdict.is_allowed:
            app = Response("Too Many Requests\n", status_code=429, media_type="text/plain")
        elif not scope["path"].startswith((PUBLIC_PREFIX, FILES_PREFIX)):
            app = self._refusal(account) or app
        try:
            await app(scope, reading, sending)
        except Exception:
            _LOG.exception("The demo company failed on %s %s", scope["method"], scope["path"])
            raise
        if is_lost:
            await _hang_up(scope, receive)

    def _refusal(self, account: Account | None) -> Response | None:
        if account is None:
            return Response(status_code=401)
        if account == self._powerless:
            return refused(403, "forbidden", detail="the user lacks the API User permission")
        if self._tokens.get(account.username) != account.api_token:
            return refused(401, "unauthorized", detail="the credentials are not valid")
        return None


class _Cut:
    """Lets only so many bytes of an answer's body through, when a fault says so."""

    def __init__(self, fault: Fault | None) -> None:
        self._left = fault.cut_after if fault else None
        self.is_done = False

    def shortened(self, message: Message) -> Message:
        if self._left is None or message["type"] != "http.response.body":
            return message
        body = message.get("body", b"")
        self.is_done = len(body) > self._left or not message.get("more_body", False)
        body = body[: self._left]
        self._left -= len(body)
        return {**message, "body": body, "more_body": True}


class _Protocol(H11Protocol):
    """The usual HTTP protocol, which also lets the app close its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope[_TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = app


class _Config(uvicorn.Config):
    """Leaves logging alone: the process may run another uvicorn, whose log is not ours to change."""

    def configure_logging(self) -> None:
        pass


class _Quiet(logging.Filter):
    """Keeps what uvicorn says in one thread out of the log."""

    def __init__(self, thread_name: str) -> None:
        super().__init__()
        self._thread_name = thread_name

    def filter(self, record: logging.LogRecord) -> bool:
        return record.threadName != self._thread_name


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class DemoServer:
    """A strict Gladly for the demo company, on 127.0.0.1, in a thread of this process.

    Use it in a `with` block, or call `start` and `stop`. `port` 0 takes a free one. `faults` is where a test
    plans what goes wrong; `seen` and `pressure` tell afterwards what callers did. `latency` (seconds) is
    added to every answer. `publish_answers` and `publish_voice` (participant events of calls, IVRs) switch off what no
    document names.

    `file_ranges` lets a download of an exported file go on in the middle, `file_lengths` states how long it
    is; the documents say neither that the real server does nor that it does not. With either, a file is made
    whole before its first byte is sent, and kept on disk until the server is gone.
    """

    def __init__(
        self,
        company: Company,
        *,
        limits: Limits | None = None,
        port: int = 0,
        publish_answers: bool = True,
        publish_voice: bool = True,
        file_ranges: bool = False,
        file_lengths: bool = False,
        latency: float = 0.0,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.company = company
        self.limits = limits or Limits()
        self.faults = faults or Faults()
        self._port = port
        self._turnstile = Turnstile(self.limits, clock)
        endpoints = Endpoints(
            company,
            self.limits,
            self._turnstile,
            publish_answers=publish_answers,
            publish_voice=publish_voice,
            file_ranges=file_ranges,
            file_lengths=file_lengths,
        )
        self._gate = Gate(
            endpoints.routes(),
            company,
            turnstile=self._turnstile,
            faults=self.faults,
            latency=latency,
            clock=clock,
        )
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`; the port is known once the server was started."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def username(self) -> str:
        return self.company.accounts[0].username

    @property
    def api_token(self) -> str:
        return self.company.accounts[0].api_token

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts that may use the API, as (username, api_token)."""
        return self.company.accounts

    @property
    def account_without_permission(self) -> Account:
        """An account with right credentials and without the API User permission: every request gets 403."""
        return self.company.account_without_permission

    @property
    def seen(self) -> tuple[RequestSeen, ...]:
        """The requests so far, in the order in which they were answered; very old ones are forgotten."""
        return tuple(self._gate.seen)

    @property
    def pressure(self) -> Pressure:
        """How near callers came to the limits, and how often one was broken."""
        return self._turnstile.pressure()

    def forget(self) -> None:
        """Forget the requests seen and the pressure so far."""
        self._gate.seen.clear()
        self._turnstile.forget()

    def start(self) -> None:
        """Listen; returns when requests are answered. Raises OSError when the port is taken."""
        if self._server is not None:
            raise RuntimeError("the demo server is already running")
        # The protocol is named because asyncio switches off the delay of small packets only where it is.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self._port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        config = _Config(
            cast(Any, self._gate),
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        name = f"demo company {self._port}"
        self._quiet = _Quiet(name)
        for logger in _UVICORN_LOGS:
            logger.addFilter(self._quiet)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, name=name, daemon=True)
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            raise RuntimeError("the demo server did not start")

    def stop(self) -> None:
        """Stop listening and wait for the thread; harmless when not running."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        for logger in _UVICORN_LOGS:
            logger.removeFilter(self._quiet)
        self._server = self._thread = None

    def __enter__(self) -> DemoServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _rate_headers(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit-second", str(verdict.limit).encode()),
        (b"ratelimit-remaining-second", str(verdict.remaining).encode()),
    ]


def _credentials(scope: Scope) -> Account | None:
    """What the Authorization header claims; None without a readable one."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, encoded = value.partition(b" ")
            if scheme.lower() != b"basic":
                return None
            try:
                username, colon, token = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return Account(username, token) if colon else None
    return None


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection once what was sent is out, and wait until it is closed."""
    transport = cast(asyncio.Transport, scope[_TRANSPORT])
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
