"""Names beside ids: what an agent, an inbox, a topic or a customer is called, asked for once in a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from gladly_tools.errors import UnexpectedAnswer
from gladly_tools.exports.export import Workbench

SIDEKICK = "SIDEKICK_V2"
"""What stands for Gladly's AI where an agent's id is usual."""


class Names:
    """The names that a run has needed so far. An id that nothing is known of has no name, which is no fault."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._customers: dict[str, str | None] = {}

    def agent(self, agent_id: str | None) -> str | None:
        """An agent's name."""
        return self._agents.get(agent_id or "")

    def inbox(self, inbox_id: str | None) -> str | None:
        """An inbox's name."""
        return self._inboxes.get(inbox_id or "")

    def topics(self, topic_ids: Iterable[str] | None) -> list[str] | None:
        """The names of topics, an unknown one by its id; None for none."""
        found = [self._topics.get(topic_id) or topic_id for topic_id in topic_ids or ()]
        return found or None

    def customer(self, customer_id: str | None) -> str | None:
        """A customer's name, of the profile that has it now."""
        if not customer_id:
            return None
        if customer_id not in self._customers:
            try:
                found = self._workbench.client.customers.get(customer_id)
            except UnexpectedAnswer:
                found = None
            self._customers[customer_id] = None if found is None else found.name
        return self._customers[customer_id]

    def party(self, party_id: str | None, kind: str | None) -> str | None:
        """The name of an item's initiator or responder, by its kind."""
        if party_id == SIDEKICK:
            return "Gladly AI"
        if kind in ("CUSTOMER", "EXTERNAL"):
            return self.customer(party_id)
        return self.agent(party_id)

    @cached_property
    def _agents(self) -> Mapping[str, str | None]:
        return {agent.id: agent.name for agent in self._workbench.client.agents.list()}

    @cached_property
    def _inboxes(self) -> Mapping[str, str | None]:
        return {inbox.id: inbox.name for inbox in self._workbench.client.inboxes.list()}

    @cached_property
    def _topics(self) -> Mapping[str, str | None]:
        return {topic.id: topic.name for topic in self._workbench.client.topics.list()}
