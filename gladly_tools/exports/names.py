"""Names beside ids: what an agent, an inbox, a topic or a customer is called, remembered for some hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gladly_tools.api import Client
from gladly_tools.errors import InputError, NotFoundError, PermissionsError, RequestRefused, UnexpectedAnswer
from gladly_tools.exports.export import Workbench

SIDEKICK = "SIDEKICK_V2"
"""What stands for Gladly's AI where an agent's id is usual."""

_LISTS: Mapping[str, Callable[[Client], Mapping[str, str | None]]] = {
    "agents": lambda client: {agent.id: agent.name for agent in client.agents.list()},
    "inboxes": lambda client: {inbox.id: inbox.name for inbox in client.inboxes.list()},
    "topics": lambda client: {topic.id: topic.name for topic in client.topics.list()},
}


class AskedNames:
    """The names that a run has needed so far. An id that nothing is known of has no name, which is no fault.

    Agents, inboxes and topics are asked for as a list, when one is first needed, and again for an id that the
    remembered list does not have.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._customers: dict[str, str | None] = {}
        self._known: dict[str, Mapping[str, str | None]] = {}
        self._asked: set[str] = set()

    def agent(self, agent_id: str | None) -> str | None:
        """An agent's name."""
        return self._name("agents", agent_id)

    def inbox(self, inbox_id: str | None) -> str | None:
        """An inbox's name."""
        return self._name("inboxes", inbox_id)

    def topic(self, topic_id: str | None) -> str | None:
        """A topic's name."""
        return self._name("topics", topic_id)

    def topics(self, topic_ids: Iterable[str] | None) -> list[str] | None:
        """The names of topics, an unknown one by its id; None for none."""
        found = [self._name("topics", topic_id) or topic_id for topic_id in topic_ids or ()]
        return found or None

    def customer(self, customer_id: str | None) -> str | None:
        """A customer's name, of the profile that has it now."""
        if not customer_id:
            return None
        if customer_id not in self._customers:
            try:
                found = self._workbench.client.customers.get(customer_id)
            except (InputError, PermissionsError, RequestRefused, UnexpectedAnswer):
                found = None
                self._workbench.remark("Customers whose names could not be read; their ids are there")
            self._customers[customer_id] = None if found is None else found.name
        return self._customers[customer_id]

    def party(self, party_id: str | None, kind: str | None) -> str | None:
        """The name of an item's initiator or responder, by its kind."""
        if party_id == SIDEKICK:
            return "Gladly AI"
        if kind in ("CUSTOMER", "EXTERNAL"):
            return self.customer(party_id)
        return self.agent(party_id)

    def _name(self, kind: str, id_: str | None) -> str | None:
        if not id_:
            return None
        if kind not in self._known:
            self._known[kind] = self._workbench.memory.get("names", kind) or {}  # type: ignore[assignment]  # as put below
        if id_ not in self._known[kind] and kind not in self._asked:
            self._asked.add(kind)
            self._known[kind] = self._listed(kind)
        return self._known[kind].get(id_)

    def _listed(self, kind: str) -> Mapping[str, str | None]:
        try:
            names = _LISTS[kind](self._workbench.client)
        except (NotFoundError, PermissionsError, RequestRefused, UnexpectedAnswer):
            self._workbench.remark(f"The names of {kind} could not be read; their ids are there")
            return self._known[kind]  # what is remembered may be old, and is still better than nothing
        self._workbench.memory.put("names", kind, dict(names))
        return names
