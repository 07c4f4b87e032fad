"""The participant events of one phone call: an address that is not published, so all of it is a guess (inferred)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import objects
from gladly_tools.api.transport import Transport, segment
from gladly_tools.api.unpublished import NOT_PUBLISHED, the_list
from gladly_tools.api.watch import Watch


class CallEventCalls(Asking):
    """`client.call_events`"""

    def __init__(self, transport: Transport, watch: Watch, *, path: str) -> None:
        super().__init__(transport, watch)
        self._path = path

    def of(self, item_id: str) -> tuple[Mapping[str, Any], ...] | None:
        """The events of a call as JSON, in Gladly's order; None where there is no such address.

        Accepts a bare list or an object that holds exactly one. A 404 says either that the address is not there or
        that the call is not: ask for the call first. Raises RequestRefused with code `invalid` for what is no call.
        """
        path = self._path.replace("{itemId}", segment(item_id))
        reply = self._transport.get(path, self._watch, answered=NOT_PUBLISHED)
        if reply.status != 200:
            return None
        return tuple(item.values for item in objects(the_list(reply.json()), path))
