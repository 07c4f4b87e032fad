"""Agents: the people who sign in to Gladly."""

from __future__ import annotations

from dataclasses import dataclass

from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import identity, objects, text

PATH = "/api/v1/agents"


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One agent."""

    id: str
    name: str | None
    email_address: str | None


class AgentCalls(Asking):
    """`client.agents`"""

    def list(self) -> list[Agent]:
        """Every agent that Gladly lists; whether former ones are among them is not documented."""
        return [
            Agent(id=identity(item), name=text(item, "name"), email_address=text(item, "emailAddress"))
            for item in objects(self._get(PATH), PATH)
        ]
