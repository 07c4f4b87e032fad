"""One answer while it arrives: read in pieces, within a time and a size, and whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from gladly_tools.api.watch import Watch
from gladly_tools.errors import UnexpectedAnswer

LARGEST_BODY = 64 * 1024 * 1024
LONGEST_LINE = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer that has arrived. `path` is where it came from; `location` where it points to, if it does.

    `limited` says that a list was cut at the most that Gladly gives. The header that says so is documented as a flag,
    not with its values: whatever is not empty and not `false` is taken for a yes (unconfirmed).
    """

    status: int
    body: bytes
    path: str
    location: str | None = None
    limited: bool = False

    def json(self) -> Any:
        """The JSON of the body. Raises UnexpectedAnswer when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            pass
        looks_like_a_page = self.body.lstrip()[:1] == b"<"
        raise UnexpectedAnswer(
            f"Gladly's answer to {self.path} is {'a web page' if looks_like_a_page else 'no JSON'}.",
            "Check that the Gladly URL is your instance's own address.",
        )


class Arrival:
    """One answer whose headers are here and whose body is on its way."""

    def __init__(
        self, response: httpx.Response, watch: Watch, *, path: str, clock: Callable[[], float], deadline: float
    ) -> None:
        self._response = response
        self._watch = watch
        self._clock = clock
        self._deadline = deadline
        self.path = path

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by name in any case."""
        return self._response.headers

    def chunks(self) -> Iterator[bytes]:
        """The body, decoded, in pieces. Raises httpx.RequestError when it stalls or breaks off, and Cancelled."""
        size = 0
        for chunk in self._response.iter_bytes():
            self._watch.check()
            if self._clock() > self._deadline:
                raise httpx.ReadTimeout("the body took too long")
            size += len(chunk)
            yield chunk
        announced = self.headers.get("content-length", "")
        if "content-encoding" not in self.headers and announced.isdecimal() and int(announced) != size:
            raise httpx.RemoteProtocolError("the body has another length than announced")

    def lines(self) -> Iterator[bytes]:
        """The body line by line, each with its line end; a last line without one may have been cut.

        Raises UnexpectedAnswer for a line longer than `LONGEST_LINE` bytes, and what `chunks` raises.
        """
        rest = b""
        for chunk in self.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line + b"\n" for line in lines)
            if len(rest) > LONGEST_LINE:
                raise self._too_large()
        if rest:
            yield rest

    def reply(self, *, most: int = LARGEST_BODY) -> Reply:
        """The whole answer. Raises UnexpectedAnswer when its body is larger than `most` bytes."""
        body = bytearray()
        for chunk in self.chunks():
            body += chunk
            if len(body) > most:
                raise self._too_large()
        return Reply(
            status=self.status,
            body=bytes(body),
            path=self.path,
            location=self.headers.get("location"),
            limited=self.headers.get("gladly-limited-data", "").strip().lower() not in ("", "false"),
        )

    def _too_large(self) -> UnexpectedAnswer:
        return UnexpectedAnswer(
            f"Gladly's answer to {self.path} is larger than anything it should send.",
            "Check that the Gladly URL is your instance's own address.",
        )
