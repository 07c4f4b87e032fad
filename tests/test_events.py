"""An event as a row: every documented field in its own column, and nothing lost of what is not documented."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from gladly_tools.demo import Company, shapes
from gladly_tools.demo.events import ENTITIES
from gladly_tools.events import EVENT_COLUMNS, ORIGINAL, RAW, SENT_COLUMNS, TYPES, event_row
from gladly_tools.results.schema import Kind
from tests.conftest import NOW
from tests.exports.truth import EVENT_FIELDS

ENVELOPE = {"id": "e1", "type": "CONTACT/ENDED", "timestamp": "2026-03-20T12:00:00.07Z", "content": {}}


def row_of(**content: Any) -> dict[str, Any]:
    values = {**ENVELOPE, "content": content}
    row = dict(event_row(values, json.dumps(values)))
    assert json.loads(row.pop(ORIGINAL.name)) == values
    return row


def test_every_documented_field_has_a_column_and_the_envelope_comes_first() -> None:
    names = [column.name for column in SENT_COLUMNS]
    assert set(names) == EVENT_FIELDS
    assert names[:5] == ["id", "type", "timestamp", "initiator.id", "initiator.type"]
    downloads = [column.name for column in EVENT_COLUMNS if not column.beside]
    assert downloads == [*names, "raw"]


def test_the_types_are_those_that_the_company_has(company: Company) -> None:
    """The company was made from the contract alone; a week of it has every type."""
    week = company.events.between(NOW - timedelta(days=7), NOW)
    assert {event.type for event in week} == {type_ for types in TYPES.values() for type_ in types}
    assert set(TYPES) == set(ENTITIES)


@pytest.mark.parametrize("type_", [type_ for types in TYPES.values() for type_ in types])
def test_every_type_makes_the_round_trip(company: Company, type_: str) -> None:
    week = company.events.between(NOW - timedelta(days=7), NOW)
    shape = next(shapes.event(event) for event in week if event.type == type_ and "language" not in event.content)
    row = event_row(shape, json.dumps(shape))
    assert RAW.name not in row
    rebuilt: dict[str, Any] = {}
    for name, cell in row.items():
        if name == ORIGINAL.name:
            continue
        *folders, last = name.split(".")
        at = rebuilt
        for folder in folders:
            at = at.setdefault(folder, {})
        at[last] = cell
    assert rebuilt == without_empty(shape)


def without_empty(value: Any) -> Any:
    """Objects without anything in them cannot be told from none."""
    if isinstance(value, dict):
        inner = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item != {}}
    return value


@pytest.mark.parametrize(
    "content",
    [
        {"unheardOf": 1},
        {"context": {"assignee": {"inboxId": "i", "teamId": "t"}}},
        {"context": "a text where an object is usual"},
        {"availableFor": {"VOICE": True}},
        {"status": 17},
        {"context": {"monetaryUnit": "12.50"}},
        {"context": {"monetaryUnit": True}},
    ],
)
def test_what_no_column_can_hold_keeps_the_whole_event(content: dict[str, Any]) -> None:
    assert json.loads(row_of(**content)[RAW.name])["content"] == content


def test_missing_and_null_are_the_same() -> None:
    assert row_of(agentId=None, context=None) == row_of()


def test_lists_stay_lists_and_amounts_are_numbers() -> None:
    row = row_of(availableFor=["VOICE", "MAIL"], context={"monetaryUnit": 12, "availableFor": []})
    assert row["content.availableFor"] == ["VOICE", "MAIL"]
    assert row["content.context.availableFor"] == []
    assert row["content.context.monetaryUnit"] == 12.0
    assert RAW.name not in row


def test_times_are_kept_as_written() -> None:
    assert row_of()["timestamp"] == "2026-03-20T12:00:00.07Z"
    assert all(column.verbatim for column in SENT_COLUMNS if column.kind is Kind.TIME)
