"""Topics, disabled ones included."""

from __future__ import annotations

from dataclasses import dataclass

from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import flag, identity, objects, text

PATH = "/api/v1/topics"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One topic; `parent_id` may name a topic that does not exist."""

    id: str
    name: str | None
    disabled: bool | None
    parent_id: str | None


class TopicCalls(Asking):
    """`client.topics`"""

    def list(self) -> list[Topic]:
        """Every topic, in Gladly's order."""
        return [
            Topic(
                id=identity(item),
                name=text(item, "name"),
                disabled=flag(item, "disabled"),
                parent_id=text(item, "parentId"),
            )
            for item in objects(self._get(PATH), PATH)
        ]
