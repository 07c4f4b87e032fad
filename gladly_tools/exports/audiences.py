"""Every audience: the brands or segments of the organization."""

from __future__ import annotations

from collections.abc import Iterator

from gladly_tools.exports.export import Export, Section, Slice, Workbench
from gladly_tools.exports.inputs import Parameters
from gladly_tools.results.schema import Column, Kind, Row

COLUMNS = (
    Column(name="id", kind=Kind.ID, help="Unique id of the audience"),
    Column(name="name", help="Display name of the audience segment"),
)


def rows(workbench: Workbench, _parameters: Parameters, _slice: Slice) -> Iterator[Row]:
    """Every audience, in Gladly's order."""
    audiences = workbench.client.audiences.list()
    workbench.expect(len(audiences))
    for audience in audiences:
        yield {"id": audience.id, "name": audience.name}


EXPORT = Export(
    name="audiences",
    title="Export Audiences",
    section=Section.CONFIGURATION,
    place=4,
    summary="Every audience segment of the organization.",
    use_case="Review the segmentation or document it for the team.",
    grain="one row per audience",
    columns=COLUMNS,
    parameters=Parameters,
    rows=rows,
    snapshot=lambda _parameters, _settings: {},
)
