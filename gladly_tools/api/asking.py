"""What every resource module builds on: the transport, and the watch of whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gladly_tools.api.arrival import Arrival
from gladly_tools.api.retry import Kind
from gladly_tools.api.transport import Transport
from gladly_tools.api.watch import Watch
from gladly_tools.errors import UnexpectedAnswer


class Asking:
    """The calls of one resource."""

    def __init__(self, transport: Transport, watch: Watch) -> None:
        self._transport = transport
        self._watch = watch

    def _get(self, path: str, *, params: Mapping[str, str] | None = None, signed: bool = True) -> Any:
        """The JSON at a path; raises the error that fits anything but a 200."""
        return self._transport.get(path, self._watch, params=params, signed=signed).json()

    def _get_or_none(self, path: str) -> Any:
        """The JSON at a path, or None for a 404."""
        reply = self._transport.get(path, self._watch, answered=(404,))
        return None if reply.status == 404 else reply.json()

    def _change(self, method: str, path: str, body: Any) -> None:
        """Send a change once; only a 204 says that it was carried out.

        It is sent again only while it is sure that nothing was done: a 429, or no connection. Any other answer that
        is neither a 204 nor a refusal raises AnswerLost, ServerError or UnexpectedAnswer: read what became of it.
        """
        self._transport.ask(method, path, self._watch, read=_carried_out, kind=Kind.WRITE, body=body, answered=(204,))


def _carried_out(arrival: Arrival) -> None:
    if arrival.status != 204:
        raise UnexpectedAnswer(
            f"Gladly's answer to {arrival.path} does not say that the change was made (status {arrival.status}).",
            "Read what became of it before you try again.",
        )
