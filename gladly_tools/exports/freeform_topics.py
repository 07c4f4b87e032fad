"""Conversations created in a date range, as Contact Information, with their custom attributes (freeform topics)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gladly_tools.api import AttributeValue
from gladly_tools.exports import contact_information
from gladly_tools.exports.contact_information import ContactInformationParameters
from gladly_tools.exports.conversation_report import KEY
from gladly_tools.exports.custom_attributes import COLUMN, AttributeNames
from gladly_tools.exports.export import Estimate, Export, Section, Slice, Workbench
from gladly_tools.exports.look_ups import Known, LookUp
from gladly_tools.results.schema import Row
from gladly_tools.settings import Settings


def _ask(workbench: Workbench, conversation_id: str) -> Known:
    conversation = workbench.client.conversations.get(conversation_id)
    values = () if conversation is None else conversation.attributes
    return Known(
        became="gone" if conversation is None else "found",
        cells={COLUMN.name: [{"id": value.id, "value": value.value} for value in values]},
    )


CONVERSATIONS = LookUp(
    column=KEY,
    kind="custom attributes",
    noun="conversations",
    ask=_ask,
    remarks={"gone": "Conversations that can no longer be read, so their custom attributes are empty"},
    unreadable="Conversations that Gladly did not send as it should; their custom attributes are empty",
)


def rows(workbench: Workbench, parameters: ContactInformationParameters, slice: Slice) -> Iterator[Row]:
    """The slice's conversations, with one look-up each; every attribute is asked for once."""
    names = AttributeNames(workbench)
    for row in contact_information.rows_with(workbench, parameters, slice, CONVERSATIONS):
        values: Any = row.get(COLUMN.name) or ()
        yield {**row, COLUMN.name: names.cell(AttributeValue(id=each["id"], value=each["value"]) for each in values)}


def estimate(
    parameters: ContactInformationParameters, settings: Settings, known: Mapping[str, float]
) -> Estimate | None:
    """What the run will ask: a request for each conversation, and for each customer where those are looked up."""
    looked_up = ("conversations", "customers") if parameters.customers else ("conversations",)
    return contact_information.estimate_with(parameters, settings, known, looked_up)


_LIKE = contact_information.EXPORT

EXPORT = Export(
    name="freeform-topics",
    title="Export Conversations with Freeform Topics",
    section=Section.CONVERSATIONS,
    place=4,
    summary="Contact information of every conversation created in a date range, with its custom attributes.",
    use_case="The same reports as with Contact Information, where custom attributes (freeform topics) matter too.",
    grain="one row per conversation",
    columns=(*_LIKE.columns, COLUMN),
    parameters=ContactInformationParameters,
    plan=_LIKE.plan,
    rows=rows,
    estimate=estimate,
    sample=_LIKE.sample,
    zone=_LIKE.zone,
    unique=KEY,
    shown=(COLUMN.name, *_LIKE.shown),
    caveat=_LIKE.caveat,
)
