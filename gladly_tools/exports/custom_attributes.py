"""Custom attributes (freeform topics) on a conversation, each id with its key and label, asked for once."""

from __future__ import annotations

from collections.abc import Iterable

from gladly_tools.api import AttributeValue
from gladly_tools.exports.export import Workbench
from gladly_tools.results.schema import Cell, Column, Kind

COLUMN = Column(
    name="customAttributes",
    kind=Kind.RECORDS,
    help="Custom attributes (freeform topics) of the conversation, all values of each",
    members=(("id", Kind.ID), ("key", Kind.TEXT), ("label", Kind.TEXT), ("value", Kind.TEXT)),
)


class AttributeNames:
    """Key and label of every attribute that a run has met so far."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._gone: set[str] = set()

    def cell(self, values: Iterable[AttributeValue]) -> Cell:
        """The values as a cell, in Gladly's order; empty when there are none."""
        return [{"id": value.id, **self._names(value.id), "value": value.value} for value in values] or None

    def _names(self, attribute_id: str) -> dict[str, str | None]:
        memory = self._workbench.memory
        stored = memory.get("attribute", attribute_id)
        known: dict[str, str | None] = {}
        if isinstance(stored, dict):
            known = stored
        else:
            found = self._workbench.client.attributes.get(attribute_id)
            known = {} if found is None else {"key": found.key, "label": found.label}
            memory.put("attribute", attribute_id, dict(known))
        if not known and attribute_id not in self._gone:
            self._gone.add(attribute_id)
            self._workbench.remark("Custom attributes that Gladly no longer knows; they have neither key nor label")
        return known
