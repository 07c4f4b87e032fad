"""Audiences: the brands or segments of an organization."""

from __future__ import annotations

from dataclasses import dataclass

from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import identity, objects, text

PATH = "/api/v1/audiences"


@dataclass(frozen=True, kw_only=True)
class Audience:
    """One audience."""

    id: str
    name: str | None


class AudienceCalls(Asking):
    """`client.audiences`"""

    def list(self) -> list[Audience]:
        """Every audience, in Gladly's order."""
        return [Audience(id=identity(item), name=text(item, "name")) for item in objects(self._get(PATH), PATH)]
