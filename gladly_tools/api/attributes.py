"""Custom attributes (freeform topics): what an id on a conversation is called. There is no list of them."""

from __future__ import annotations

from dataclasses import dataclass

from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import an_object, flag, identity, text
from gladly_tools.api.transport import segment

PATH = "/api/v1/custom-attributes"


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One kind of value that a conversation can carry: its name for machines, and the one for people."""

    id: str
    key: str | None
    label: str | None
    deactivated: bool | None


class AttributeCalls(Asking):
    """`client.attributes`"""

    def get(self, attribute_id: str) -> Attribute | None:
        """One custom attribute, or None when there is none with this id."""
        path = f"{PATH}/{segment(attribute_id)}"
        found = self._get_or_none(path)
        if found is None:
            return None
        value = an_object(found, path)
        return Attribute(
            id=identity(value),
            key=text(value, "key"),
            label=text(value, "label"),
            deactivated=flag(value, "deactivated"),
        )
