"""One request to Gladly: paced, retried, watched; its failures in words. The only layer that retries."""

from __future__ import annotations

import base64
import math
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from gladly_tools.api.arrival import Arrival, Reply
from gladly_tools.api.connection import broken
from gladly_tools.api.host import Instance
from gladly_tools.api.pacing import Pacing, wait_for_turn
from gladly_tools.api.refusals import refusal
from gladly_tools.api.retry import Cause, Failure, Kind, wait_before_retry
from gladly_tools.api.unpacking import ENCODING
from gladly_tools.api.watch import Group, Watch, interruptibly
from gladly_tools.errors import (
    ConnectionFailed,
    GladlyToolsError,
    InputError,
    RateLimitError,
    ServerError,
    UnexpectedAnswer,
)
from gladly_tools.settings import Settings

LARGEST_ERROR = 256 * 1024
CONNECT_SECONDS = 10.0
LULL = 20
"""How many times the time of an answer a stream may take for next to nothing."""
WORTH_TELLING = 1.0

Params = Mapping[str, str] | tuple[tuple[str, str], ...]
"""What stands after the question mark; pairs where a name is repeated."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Who asks, and where; the token is not shown in a repr. Raises InputError for what cannot be sent."""

    instance: Instance
    username: str
    api_token: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.username.strip() or ":" in self.username:
            raise InputError(
                "The username cannot be used.", "Enter the e-mail address you use in Gladly.", field="username"
            )
        if not self.api_token.strip():
            raise InputError(
                "The API token is missing.", "Create one in Gladly under Settings > API Tokens.", field="api_token"
            )
        for name in ("username", "api_token"):
            try:
                getattr(self, name).encode()
            except UnicodeEncodeError:
                raise InputError(
                    f"The {name.replace('api_', 'API ')} holds characters that cannot be sent.",
                    "Copy it again.",
                    field=name,
                ) from None


def segment(value: str) -> str:
    """An id as one path segment. Raises InputError for one that would change the path, a blank one above all."""
    if not value.strip():
        raise InputError("An ID is missing.", "Give the ID.", field="id")
    if value in (".", ".."):
        raise InputError(f"{value} is not an ID.", "Give the ID as Gladly shows it.", field="id")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InputError("The ID holds characters that cannot be sent.", "Copy it again.", field="id") from None


@dataclass(frozen=True, kw_only=True)
class _Question:
    """One request as it is sent, each time it is sent."""

    method: str
    path: str
    kind: Kind
    params: Params | None
    body: Any
    is_signed: bool
    answered: tuple[int, ...]
    headers: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class _Failed:
    """Why an attempt gave nothing, and the error to raise when it is the last."""

    failure: Failure
    error: GladlyToolsError


class Transport:
    """The connections of one client to one organization, thread-safe."""

    def __init__(
        self,
        credentials: Credentials,
        settings: Settings,
        pacing: Pacing,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.instance = credentials.instance
        self._pacing = pacing
        self._clock = clock
        self._chance = chance
        self._report_seconds = settings.report_timeout_seconds
        self._seconds = settings.request_timeout_seconds
        self._report_reason = f"Waiting for the limit of reports: one at a time, {settings.reports_per_minute} a minute"
        self._secret = credentials.api_token
        self._encoded = base64.b64encode(f"{credentials.username}:{credentials.api_token}".encode())
        self._auth = httpx.BasicAuth(credentials.username, credentials.api_token)
        self._is_reached = False
        self._http = self._connect()

    def close(self) -> None:
        """Close the connections; a report that is still under way has one of its own, and ends by itself."""
        self._http.close()

    def get(
        self,
        path: str,
        watch: Watch,
        *,
        params: Mapping[str, str] | None = None,
        signed: bool = True,
        answered: tuple[int, ...] = (),
    ) -> Reply:
        """GET an answer of bounded size.

        Statuses named in `answered` are returned like 200; any other failure raises the error that fits it.
        `signed=False` sends no credentials.
        """
        return self.ask(
            "GET", path, watch, read=lambda arrival: arrival.reply(), params=params, signed=signed, answered=answered
        )

    def ask(
        self,
        method: str,
        path: str,
        watch: Watch,
        *,
        read: Callable[[Arrival], T],
        kind: Kind = Kind.READ,
        params: Params | None = None,
        body: Any = None,
        signed: bool = True,
        answered: tuple[int, ...] = (),
        headers: Mapping[str, str] | None = None,
        discard: Callable[[T], None] = lambda _: None,
    ) -> T:
        """Send a request, again where that is safe, and read its answer, whose body comes as a stream.

        `read` may be called again from the start when the connection breaks in the middle of a body. What a report's
        `read` gave is handed to `discard` when the person stopped waiting for it. The body of a stream may take any
        time as a whole, while no pause in it may be longer than an answer may take, and it must not trickle.
        """
        watch = Group.watch(watch)
        question = _Question(
            method=method,
            path=path,
            kind=kind,
            params=params,
            body=body,
            is_signed=signed,
            answered=answered,
            headers=headers,
        )
        failures: Counter[Cause] = Counter()
        waited = 0.0
        while True:
            watch.check()
            if kind is Kind.REPORT:
                outcome = self._attempt_report(question, watch, read, discard)
            else:
                outcome = self._attempt(question, watch, read, self._http)
            if not isinstance(outcome, _Failed):
                return outcome
            failure = outcome.failure
            failures[failure.cause] += 1
            seconds = wait_before_retry(
                failure,
                kind,
                attempt=failures[failure.cause],
                waited=waited,
                reached=self._is_reached,
                chance=self._chance,
            )
            if seconds is None:
                raise outcome.error
            watch.wait(seconds, _reason(failure, seconds) if seconds >= WORTH_TELLING else "")
            waited += seconds

    def _connect(self) -> httpx.Client:
        try:
            return httpx.Client(
                base_url=self.instance.base_url,
                headers={
                    "Accept": "application/json, application/x-jsonlines, text/csv, audio/*",
                    "Accept-Encoding": ENCODING,
                    "User-Agent": "gladly-tools",
                },
                follow_redirects=False,
                verify=_certificates(),
                # A proxy is for the way out of the house, not for this very machine.
                trust_env=not self.instance.is_loopback,
                # A session cookie would sign requests that must go out unsigned: none is kept.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
            )
        except OSError:
            raise ConnectionFailed(
                "This machine's trusted certificates cannot be read.", "Mend or unset SSL_CERT_FILE and SSL_CERT_DIR."
            ) from None
        except (ValueError, ImportError, httpx.InvalidURL):
            raise ConnectionFailed(
                "This machine's proxy settings cannot be used.", "Mend or unset HTTPS_PROXY and ALL_PROXY."
            ) from None

    def _attempt_report(
        self, question: _Question, watch: Watch, read: Callable[[Arrival], T], discard: Callable[[T], None]
    ) -> T | _Failed:
        reports = self._pacing.reports
        wait_for_turn(reports.turn(), watch, self._report_reason)

        def attempt() -> T | _Failed:
            try:
                with self._connect() as http:
                    return self._attempt(question, watch, read, http)
            finally:
                reports.finish()

        def drop(outcome: T | _Failed) -> None:
            if not isinstance(outcome, _Failed):
                discard(outcome)

        return interruptibly(attempt, watch, discard=drop)

    def _attempt(
        self, question: _Question, watch: Watch, read: Callable[[Arrival], T], http: httpx.Client
    ) -> T | _Failed:
        is_report = question.kind is Kind.REPORT
        seconds = self._report_seconds if is_report else self._seconds
        lull = LULL * seconds if question.kind is Kind.STREAM else None
        request = http.build_request(
            question.method,
            question.path,
            params=question.params,
            json=question.body,
            headers=question.headers,
            timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
        )
        wait_for_turn(self._pacing.requests.turn(), watch, "Waiting for this organization's request limit")
        sent = self._clock()
        watch.requested()
        with ExitStack() as closing:
            try:
                response = http.send(request, stream=True, auth=self._auth if question.is_signed else None)
                closing.callback(response.close)
                self._is_reached = True
                failure = Failure.of_status(response.status_code, response.headers.get("retry-after"))
                if not is_report:
                    self._learn(response, failure, sent=sent)
                arrival = Arrival(
                    response,
                    watch,
                    path=question.path,
                    clock=self._clock,
                    deadline=sent + (lull or seconds),
                    lull=lull,
                )
                if arrival.status == 200 or arrival.status in question.answered:
                    return read(arrival)
                return _Failed(failure=failure, error=self._error(arrival))
            except httpx.RequestError as lost:
                cause, error = broken(lost, self.instance)
                return _Failed(failure=Failure(cause=cause), error=error)

    def _learn(self, response: httpx.Response, failure: Failure, *, sent: float) -> None:
        """Tell the pacing what an answer says. Not for reports: refusals are of another budget, delays of minutes."""
        is_refused = failure.cause is Cause.BUSY
        requests = self._pacing.requests
        requests.learn(
            sent=sent,
            limit=_count(response.headers.get("ratelimit-limit-second")),
            remaining=_count(response.headers.get("ratelimit-remaining-second")),
            refused=is_refused,
        )
        if is_refused and failure.retry_after is not None:
            requests.hold(min(failure.retry_after, 60.0))

    def _error(self, arrival: Arrival) -> GladlyToolsError:
        status = arrival.status
        if status == 429:
            return RateLimitError(
                "Gladly asks us to slow down, again and again.",
                "Others may be using the same limit. Try again in a few minutes.",
            )
        if status >= 500:
            return ServerError(
                f"Gladly has trouble answering (status {status}).",
                "Try again in a few minutes; what was finished is kept.",
            )
        if 300 <= status < 400:
            return UnexpectedAnswer(
                f"Gladly points to another address for {arrival.path}.",
                "Nothing was sent there. Check that the Gladly URL is your instance's own address.",
            )
        if status < 300:
            return UnexpectedAnswer(
                f"Gladly's answer to {arrival.path} is not what was expected (status {status}).",
                "Try again; if it stays, report it to Gladly Support.",
            )
        try:
            body = arrival.reply(most=LARGEST_ERROR).body
        except (httpx.RequestError, UnexpectedAnswer):
            body = b""  # the status alone says enough
        body = body.replace(self._encoded, b"")
        return refusal(status, body, arrival.path, secret=self._secret)


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates that are trusted, read once in a process: each report has a connection of its own."""
    return httpx.create_ssl_context()


def _reason(failure: Failure, seconds: float) -> str:
    why = {
        Cause.BUSY: "Gladly asks us to slow down",
        Cause.UNAVAILABLE: "Gladly has trouble answering",
        Cause.UNSENT: "Gladly could not be reached",
        Cause.LOST: "The connection to Gladly was lost",
    }[failure.cause]
    return f"{why}; trying again in {seconds:.0f} s"


def _count(text: str | None) -> float | None:
    """A number of requests in a header; None when missing or nonsense."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
