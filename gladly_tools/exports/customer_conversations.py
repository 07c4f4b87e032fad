"""Everything that one customer and the company said to each other: the conversations, and their items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gladly_tools.api import Client, Conversation
from gladly_tools.errors import InputError, NotFoundError
from gladly_tools.exports import conversation_items
from gladly_tools.exports.conversation_items import Fetched
from gladly_tools.exports.custom_attributes import COLUMN as CUSTOM_ATTRIBUTES
from gladly_tools.exports.custom_attributes import AttributeNames
from gladly_tools.exports.export import Export, Into, OtherTable, Section, Slice, Workbench
from gladly_tools.exports.identifiers import CustomerKey, CustomerQuestion, KnownBy, customers_matching, nobody_has
from gladly_tools.exports.inputs import Parameters, ask
from gladly_tools.exports.names import AskedNames
from gladly_tools.results.schema import Column, Kind, Row

MOST_CONVERSATIONS = 100
ITEMS = "conversation-items"

COLUMNS = (
    Column(name="id", kind=Kind.ID, help="Unique id of the conversation"),
    Column(name="topicIds", kind=Kind.LIST, help="Topics on the conversation", joined_by=",", of="topics"),
    CUSTOM_ATTRIBUTES,
    Column(name="customerId", kind=Kind.ID, help="Unique id of the customer", of="customers"),
    Column(name="createdAt", kind=Kind.TIME, help="When the conversation was created", verbatim=True),
    Column(name="agentId", kind=Kind.ID, help="Agent assigned now", of="agents"),
    Column(name="inboxId", kind=Kind.ID, help="Inbox now", of="inboxes"),
    Column(name="status", kind=Kind.CHOICE, help="Current status"),
    conversation_items.name_beside("Agent", "agentId", "Name of the agent assigned now"),
    conversation_items.name_beside("Inbox", "inboxId", "Name of the inbox now"),
    conversation_items.name_beside("Topics", "topicIds", "Names of the topics", kind=Kind.LIST),
)


@dataclass(frozen=True, kw_only=True)
class CustomerConversationsParameters(Parameters):
    """Whose conversations."""

    customer: CustomerKey = ask(
        CustomerQuestion(
            label="Customer",
            help="Customer ID, the address of the customer in Gladly, an e-mail address, or a phone number such as "
            "+16505550123.",
        )
    )


def confirm(client: Client, parameters: CustomerConversationsParameters) -> CustomerConversationsParameters:
    """The same customer by id. Raises InputError when there is none, or more than one."""
    key = parameters.customer
    if key.by is KnownBy.ID:
        if client.customers.get(key.value) is None:
            raise InputError(
                f"There is no customer with the ID {key.value}.",
                "Copy the ID, or the whole address, from Gladly; the customer may have been deleted.",
                field="customer",
            )
        return parameters
    found = customers_matching(client, key)
    if not found:
        raise nobody_has(key, name="customer")
    if len(found) > 1:
        named = "; ".join(f"{customer.name or 'no name'} ({customer.id})" for customer in found[:10])
        more = f"; and {len(found) - 10} more" if len(found) > 10 else ""
        raise InputError(
            f"{len(found)} customers have {key.words}: {named}{more}.",
            "Choose one of them by its ID.",
            field="customer",
        )
    return replace(parameters, customer=CustomerKey(by=KnownBy.ID, value=found[0].id))


def rows(workbench: Workbench, parameters: CustomerConversationsParameters, _slice: Slice) -> Iterator[Row | Into]:
    """The conversations, oldest first, each followed by its items."""
    client = workbench.client
    workbench.progress(0, "finding the customer")
    customer = client.customers.get(parameters.customer.value)
    if customer is None:
        raise NotFoundError("The customer has been deleted in Gladly.", "There is nothing left to export.")
    if customer.moved_from:
        chain = ", then into ".join((*customer.moved_from[1:], customer.id))
        workbench.remark(
            f"Customer {customer.moved_from[0]} was merged into {chain}; these are the conversations of that profile"
        )
    listing = client.conversations.of_customer(customer.id)
    if listing.cut:
        workbench.remark(
            f"This customer has more than the {MOST_CONVERSATIONS} conversations that Gladly gives of one; others are "
            "missing. Their IDs are in Export Conversation Contact Information, and each can be exported by itself",
            partial=True,
        )
    workbench.expect(len(listing.found))
    names, attributes = AskedNames(workbench), AttributeNames(workbench)
    everything = client.each(lambda one: _fetch(client, one), listing.found)
    for number, (conversation, fetched) in enumerate(zip(listing.found, everything, strict=True), start=1):
        yield _row(conversation, names, attributes)
        if fetched is None:
            workbench.remark("Conversations that were deleted in between; their items are missing", partial=True)
        else:
            conversation_items.remark(workbench, fetched)
            for row in conversation_items.rows(fetched, names):
                yield Into(table=ITEMS, row=row)
        workbench.progress(number / len(listing.found), f"{number:,} of {len(listing.found):,} conversations")


def _fetch(client: Client, conversation: Conversation) -> Fetched | None:
    try:
        return conversation_items.fetch(client, conversation.id)
    except NotFoundError:
        return None


def _row(conversation: Conversation, names: AskedNames, attributes: AttributeNames) -> Row:
    return {
        "id": conversation.id,
        "topicIds": list(conversation.topic_ids) or None,
        "customAttributes": attributes.cell(conversation.attributes),
        "customerId": conversation.customer_id,
        "createdAt": conversation.created_at,
        "agentId": conversation.agent_id,
        "inboxId": conversation.inbox_id,
        "status": conversation.status,
        "Agent": names.agent(conversation.agent_id),
        "Inbox": names.inbox(conversation.inbox_id),
        "Topics": names.topics(conversation.topic_ids),
    }


EXPORT = Export(
    name="customer-conversations",
    title="Customer Conversations",
    section=Section.CONVERSATIONS,
    place=2,
    summary="All conversations of one customer, and every item in them.",
    use_case="Pull a customer's whole history for a review, an escalation or a move to another system.",
    grain="one row per conversation, and one per conversation item in a second file",
    columns=COLUMNS,
    parameters=CustomerConversationsParameters,
    confirm=confirm,
    rows=rows,
    unique="id",
    shown=("createdAt", "status", "Inbox", "Agent", "Topics", "customAttributes", "id"),
    table="conversations",
    others=(
        OtherTable(
            name=ITEMS,
            grain="one row per conversation item",
            columns=conversation_items.COLUMNS,
            unique="id",
            shown=("conversationId", *conversation_items.SHOWN),
        ),
    ),
)
