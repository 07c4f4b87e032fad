"""One request to Gladly: paced, retried, watched; its failures in words. The only layer that retries."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from gladly_tools.api.host import Instance
from gladly_tools.api.pacing import Pacing, wait_for_turn
from gladly_tools.api.refusals import refusal
from gladly_tools.api.retry import Failure, Kind, read_retry_after, wait_before_retry
from gladly_tools.api.watch import Watch
from gladly_tools.errors import (
    ConnectionFailed,
    GladlyToolsError,
    InputError,
    RateLimitError,
    ServerError,
    UnexpectedAnswer,
)
from gladly_tools.settings import Settings

LARGEST_JSON = 64 * 1024 * 1024
CONNECT_SECONDS = 10.0
WORTH_TELLING = 1.0
SLOW_DOWN = "Gladly asks us to slow down"
NAME_ERRORS = ("name or service", "name resolution", "getaddrinfo", "nodename", "no address", "not known")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Who asks, and where; the token is not shown in a repr."""

    instance: Instance
    username: str
    api_token: str = field(repr=False)


def segment(value: str) -> str:
    """An id as one path segment. Raises InputError for a blank one, which would ask for the whole list."""
    if not value.strip():
        raise InputError("An ID is missing.", "Give the ID.", field="id")
    # "." and ".." alone would walk the path, whatever else is encoded.
    return quote(value, safe="") if set(value) != {"."} else "%2E" * len(value)


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
        self._auth = httpx.BasicAuth(credentials.username, credentials.api_token)
        self._http = httpx.Client(
            base_url=credentials.instance.base_url,
            headers={"Accept": "application/json", "User-Agent": "gladly-tools"},
            follow_redirects=False,
            # A proxy is for the way out of the house, not for this very machine.
            trust_env=not credentials.instance.is_loopback,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(
        self,
        path: str,
        watch: Watch,
        *,
        params: Mapping[str, str] | None = None,
        signed: bool = True,
        answered: tuple[int, ...] = (),
    ) -> tuple[int, Any]:
        """GET a JSON answer: its status and its value.

        Statuses named in `answered` are returned like 200; any other failure raises the error that fits it.
        `signed=False` sends no credentials.
        """
        return self.ask(
            "GET",
            path,
            watch,
            read=lambda answer: (answer.status_code, read_json(answer, path)),
            params=params,
            signed=signed,
            answered=answered,
        )

    def ask(
        self,
        method: str,
        path: str,
        watch: Watch,
        *,
        read: Callable[[httpx.Response], T],
        kind: Kind = Kind.READ,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        signed: bool = True,
        answered: tuple[int, ...] = (),
    ) -> T:
        """Send a request, again where that is safe, and read its answer, whose body comes as a stream.

        `read` may be called again from the start when the connection breaks in the middle of a body.
        """
        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            failure: Failure
            error: GladlyToolsError
            try:
                answer = self._send(method, path, watch, kind, params, body, signed)
                try:
                    if answer.status_code == 200 or answer.status_code in answered:
                        return read(answer)
                    error = self._error(answer, path)
                finally:
                    answer.close()
                failure = Failure(
                    status=answer.status_code, retry_after=read_retry_after(answer.headers.get("retry-after"))
                )
            except httpx.TransportError as lost:
                failure, error = broken(lost, self.instance)
            seconds = wait_before_retry(failure, kind, attempt=attempt, waited=waited, chance=self._chance)
            if seconds is None:
                raise error
            why = SLOW_DOWN if failure.status == 429 else "Gladly did not answer as it should"
            watch.wait(seconds, f"{why}; trying again in {seconds:.0f} s" if seconds >= WORTH_TELLING else "")
            waited += seconds

    def _send(
        self, method: str, path: str, watch: Watch, kind: Kind, params: Mapping[str, str] | None, body: Any, signed: bool
    ) -> httpx.Response:
        seconds = self._report_seconds if kind is Kind.REPORT else self._seconds
        request = self._http.build_request(
            method, path, params=params, json=body, timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS)
        )
        wait_for_turn(self._pacing.requests.turn(), watch, "Waiting for this organization's request limit")
        sent = self._clock()
        try:
            answer = self._http.send(request, stream=True, auth=self._auth if signed else None)
        finally:
            told = getattr(watch, "requested", None)
            if told is not None:
                told()
        self._pacing.requests.learn(
            sent=sent,
            limit=_number(answer.headers.get("ratelimit-limit-second")),
            remaining=_number(answer.headers.get("ratelimit-remaining-second")),
            refused=answer.status_code == 429 and kind is not Kind.REPORT,
        )
        return answer

    def _error(self, answer: httpx.Response, path: str) -> GladlyToolsError:
        try:
            text = b"".join(_limited(answer, 256 * 1024)).decode("utf-8", "replace")
        except (httpx.TransportError, UnexpectedAnswer):
            text = ""
        status = answer.status_code
        if status == 429:
            return RateLimitError(
                f"{SLOW_DOWN}, again and again.", "Others may be using the same limit. Try again in a few minutes."
            )
        if status >= 500:
            return ServerError(
                f"Gladly has trouble answering (status {status}).", "Try again in a few minutes; what was finished is kept."
            )
        if 300 <= status < 400:
            return UnexpectedAnswer(
                f"Gladly points to another address for {path}.",
                "Nothing was sent there. Check that the Gladly URL is your instance's own address.",
            )
        return refusal(status, text, path)


def broken(error: httpx.TransportError, instance: Instance) -> tuple[Failure, ConnectionFailed]:
    """What a broken connection means for a retry, and in words."""
    name, words = instance.name, str(error).lower()
    unsent = Failure(status=None, sent=False)
    if "certificate" in words or "ssl" in words or "tls" in words:
        return unsent, ConnectionFailed(
            f"The connection to {name} is not secure: its certificate could not be verified.",
            "Check the Gladly URL. If your network inspects traffic, ask its administrator for the certificate.",
        )
    if isinstance(error, httpx.ConnectTimeout):
        return unsent, ConnectionFailed(
            f"{name} did not accept a connection in time.", "Check the Gladly URL and your network, then try again."
        )
    if isinstance(error, httpx.ConnectError):
        if any(part in words for part in NAME_ERRORS):
            return unsent, ConnectionFailed(
                f"There is no host called {name}.", "Check the Gladly URL for a typing error."
            )
        return unsent, ConnectionFailed(f"{name} could not be reached.", "Check the Gladly URL and your network.")
    if isinstance(error, httpx.TimeoutException):
        return Failure(status=None), ConnectionFailed(
            f"{name} did not answer in time.", "Gladly may be busy. Try again in a few minutes."
        )
    return Failure(status=None), ConnectionFailed(
        f"The connection to {name} was lost.", "Check your network, then try again."
    )


def read_json(answer: httpx.Response, path: str) -> Any:
    """The JSON of an answer, of bounded size. An empty body is None."""
    body = b"".join(_limited(answer, LARGEST_JSON))
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        if answer.status_code != 200:
            return None
        raise UnexpectedAnswer(
            f"Gladly's answer to {path} is not what was expected (no JSON).",
            "Check that the Gladly URL is your instance's own address.",
        ) from None


def _limited(answer: httpx.Response, most: int) -> Iterator[bytes]:
    size = 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > most:
            raise UnexpectedAnswer("Gladly's answer is larger than anything it should send.", "Report it to support.")
        yield chunk


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
