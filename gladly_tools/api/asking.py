"""What every resource module builds on: the transport, and the watch of whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gladly_tools.api.transport import Transport
from gladly_tools.api.watch import Watch


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
