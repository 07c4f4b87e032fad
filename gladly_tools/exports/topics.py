"""Every topic, with its place in the hierarchy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gladly_tools.api import Topic
from gladly_tools.exports.export import Export, Section, Slice, Workbench
from gladly_tools.exports.inputs import Parameters
from gladly_tools.results.schema import Column, Kind, Row

COLUMNS = (
    Column(name="Id", kind=Kind.ID, help="Unique id of the topic", of="topics"),
    Column(name="Disabled", kind=Kind.BOOLEAN, help="True when the topic is disabled (archived)"),
    Column(name="Name", help="Display name with its hierarchy, from the top level down", name_of="Id"),
)


def topic_path(topic: Topic, by_id: Mapping[str, Topic]) -> tuple[tuple[str, ...], bool]:
    """The names from the top level down to `topic`, and whether the hierarchy above it is whole.

    A parent that is missing, or that is a topic already on the path (a cycle), ends the walk there.
    """
    names = [topic.name or ""]
    visited = {topic.id}
    current = topic
    while current.parent_id:
        parent = by_id.get(current.parent_id)
        if parent is None or parent.id in visited:
            return tuple(reversed(names)), False
        visited.add(parent.id)
        names.append(parent.name or "")
        current = parent
    return tuple(reversed(names)), True


def rows(workbench: Workbench, _parameters: Parameters, _slice: Slice) -> Iterator[Row]:
    """Every topic, in Gladly's order."""
    topics: Sequence[Topic] = workbench.client.topics.list()
    workbench.expect(len(topics))
    by_id = {topic.id: topic for topic in topics}
    broken = 0
    for topic in topics:
        names, whole = topic_path(topic, by_id)
        broken += not whole
        yield {
            "Id": topic.id,
            "Disabled": topic.disabled,
            "Name": workbench.settings.topic_separator.join(names),
        }
    if broken:
        workbench.remark(
            "Topics whose parent is missing or whose parents form a circle; their names begin where it breaks",
            count=broken,
        )


EXPORT = Export(
    name="topics",
    title="Export Topics",
    section=Section.CONFIGURATION,
    place=1,
    summary="Every topic with its hierarchy, disabled ones included.",
    use_case="Audit the topic taxonomy, see what is active or disabled, prepare a mapping.",
    grain="one row per topic",
    columns=COLUMNS,
    parameters=Parameters,
    rows=rows,
    snapshot=lambda _parameters, settings: {"separator": settings.topic_separator},
)
