"""One conversation: every item in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gladly_tools.api import Client
from gladly_tools.errors import InputError
from gladly_tools.exports.conversation_items import COLUMNS, SHOWN, fetch, remark
from gladly_tools.exports.conversation_items import rows as rows_of
from gladly_tools.exports.export import Export, Section, Slice, Workbench
from gladly_tools.exports.identifiers import IdQuestion
from gladly_tools.exports.inputs import Parameters, ask
from gladly_tools.exports.names import AskedNames
from gladly_tools.results.schema import Row


@dataclass(frozen=True, kw_only=True)
class ConversationParameters(Parameters):
    """Which conversation."""

    conversation_id: str = ask(
        IdQuestion(
            label="Conversation ID",
            help="The ID, or the address of the conversation in Gladly: https://…/customer/…/conversation/…",
            of="conversation",
            option="conversation-id",
        )
    )


def confirm(client: Client, parameters: ConversationParameters) -> ConversationParameters:
    """Raises InputError when there is no such conversation."""
    if client.conversations.get(parameters.conversation_id) is None:
        raise InputError(
            f"There is no conversation with the ID {parameters.conversation_id}.",
            "Copy the ID, or the whole address, from Gladly.",
            field="conversation_id",
        )
    return parameters


def rows(workbench: Workbench, parameters: ConversationParameters, _slice: Slice) -> Iterator[Row]:
    """The conversation's items, oldest first."""
    workbench.progress(0, "reading the items")
    fetched = fetch(workbench.client, parameters.conversation_id)
    remark(workbench, fetched)
    yield from rows_of(fetched, AskedNames(workbench))


EXPORT = Export(
    name="conversation",
    title="Export Conversation (Single)",
    section=Section.CONVERSATIONS,
    place=1,
    summary="Every message, note, call and activity of one conversation, to read as a thread or as a table.",
    use_case="Look into one conversation's whole history, or review it for quality.",
    grain="one row per conversation item",
    columns=COLUMNS,
    parameters=ConversationParameters,
    confirm=confirm,
    rows=rows,
    unique="id",
    shown=SHOWN,
)
