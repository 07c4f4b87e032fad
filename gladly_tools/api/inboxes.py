"""Inboxes, disabled ones included (inferred)."""

from __future__ import annotations

from dataclasses import dataclass

from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import flag, identity, objects, text

PATH = "/api/v1/inboxes"


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """One inbox."""

    id: str
    name: str | None
    disabled: bool | None


class InboxCalls(Asking):
    """`client.inboxes`"""

    def list(self) -> list[Inbox]:
        """Every inbox, in Gladly's order."""
        return [
            Inbox(id=identity(item), name=text(item, "name"), disabled=flag(item, "disabled"))
            for item in objects(self._get(PATH), PATH)
        ]
