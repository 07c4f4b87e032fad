"""One answer while it arrives: read in pieces, within a time and a size, and whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx

from gladly_tools.api.unpacking import ENCODING, Unpacker
from gladly_tools.api.watch import Watch
from gladly_tools.errors import UnexpectedAnswer

LARGEST_BODY = 64 * 1024 * 1024
"""A list of 1,000 items takes about 5 MB; no list that the documents name holds more."""
LARGEST_STREAM = 8 * 1024**3
"""For what goes to disk as it comes. A report of 100,000 rows takes about 100 MB, a day's events less."""
LONGEST_LINE = 4 * 1024 * 1024
LEAST_BYTES = 1024
"""What a stream has to bring each time before its time is up, or it is taken for dead."""


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
        self,
        response: httpx.Response,
        watch: Watch,
        *,
        path: str,
        clock: Callable[[], float],
        deadline: float,
        lull: float | None = None,
    ) -> None:
        """`deadline` is when the body must be here; with `lull`, a stream has that many seconds for every
        `LEAST_BYTES` instead.
        """
        self._response = response
        self._watch = watch
        self._clock = clock
        self._deadline = deadline
        self._lull = lull
        self.path = path

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by name in any case."""
        return self._response.headers

    @property
    def has_marked_end(self) -> bool:
        """False when the end of the connection is the only sign that the body is over, which a cut looks like too."""
        return "content-length" in self.headers or "transfer-encoding" in self.headers

    def chunks(self, *, most: int | None = LARGEST_STREAM) -> Iterator[bytes]:
        """The body, unpacked, in pieces. Raises httpx.RequestError when it stalls or breaks off, and Cancelled.

        Raises UnexpectedAnswer for a body of more than `most` bytes, and for one in a packing that was not asked for.
        """
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", ENCODING):
            raise UnexpectedAnswer(
                f"Gladly's answer to {self.path} is packed in a way that was not asked for.",
                "Try again; if it stays, ask whoever runs the network what changes Gladly's answers on their way.",
            )
        unpacker = Unpacker() if encoding == ENCODING else None
        size = 0
        for chunk in self._packed():
            for piece in (chunk,) if unpacker is None else unpacker.pieces(chunk):
                size += len(piece)
                if most is not None and size > most:
                    raise self._too_large()
                yield piece
        if unpacker is not None:
            unpacker.end()

    def _packed(self) -> Iterator[bytes]:
        """The body as it is sent."""
        size = counted = 0
        # Not by way of the response's own reading, which unpacks without a bound, whatever the packing.
        for chunk in cast(Iterable[bytes], self._response.stream):
            self._watch.check()
            size += len(chunk)
            now = self._clock()
            if now > self._deadline:
                raise httpx.ReadTimeout("the body took too long")
            if self._lull is not None and size - counted >= LEAST_BYTES:
                counted, self._deadline = size, now + self._lull
            yield chunk
        announced = self.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) != size:
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
        for chunk in self.chunks(most=most):
            body += chunk
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
