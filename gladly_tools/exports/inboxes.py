"""Every inbox, with whether it is disabled."""

from __future__ import annotations

from collections.abc import Iterator

from gladly_tools.exports.export import Export, Section, Slice, Workbench
from gladly_tools.exports.inputs import Parameters
from gladly_tools.results.schema import Column, Kind, Row

COLUMNS = (
    Column(name="id", kind=Kind.ID, help="Unique id of the inbox", of="inboxes"),
    Column(name="name", help="Display name", name_of="id"),
    Column(name="disabled", kind=Kind.BOOLEAN, help="True when the inbox is disabled"),
)


def rows(workbench: Workbench, _parameters: Parameters, _slice: Slice) -> Iterator[Row]:
    """Every inbox, in Gladly's order."""
    inboxes = workbench.client.inboxes.list()
    workbench.expect(len(inboxes))
    for inbox in inboxes:
        yield {"id": inbox.id, "name": inbox.name, "disabled": inbox.disabled}


EXPORT = Export(
    name="inboxes",
    title="Export Inboxes",
    section=Section.CONFIGURATION,
    place=2,
    summary="Every inbox of the organization, disabled ones included.",
    use_case="Review the routing structure, find unused or disabled inboxes, document the set-up.",
    grain="one row per inbox",
    columns=COLUMNS,
    parameters=Parameters,
    rows=rows,
    snapshot=lambda _parameters, _settings: {},
)
