from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.results.manifest import Note, read_manifest, write_manifest
from gladly_tools.results.schema import Column, Kind
from tests.results.making import EVERY_KIND, manifest_of
from tests.told import is_told

TOLD_IN_FULL = Column(
    name="Agent", kind=Kind.LIST, help="Who", verbatim=True, unit="people", optional=True, beside=True, original=True,
    joined_by=";", of="agents", name_of="Agent ID", members=(("name", Kind.TEXT), ("bytes", Kind.INTEGER)),
)  # fmt: skip
FULL = replace(
    manifest_of([*EVERY_KIND, TOLD_IN_FULL]),
    tables=("first", "second"),
    order="Created At",
    parameters={"from": "2026-03-01", "inboxes": ["a", "b"], "deep": {"x": None}},
    finished=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    expected_rows=7,
    rows=5,
    zone="Europe/Paris",
    notes=(
        Note(level="info", text="“a” was skipped", count=3),
        Note(level="partial", text="capped", count=2),
    ),
)


@pytest.mark.parametrize("manifest", [manifest_of(EVERY_KIND), FULL])
def test_manifest_comes_back_as_it_was(tmp_path: Path, manifest: object) -> None:
    write_manifest(tmp_path, manifest)  # type: ignore[arg-type]
    assert read_manifest(tmp_path) == manifest
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_only_a_partial_note_makes_a_result_partial() -> None:
    assert FULL.partial
    assert not replace(FULL, notes=FULL.notes[:1]).partial


def test_no_manifest_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        read_manifest(tmp_path)
    assert caught.value.what == f"There is no result {tmp_path.name}."
    assert is_told(caught.value)


def test_damaged_manifest_says_so(tmp_path: Path) -> None:
    write_manifest(tmp_path, FULL)
    path = tmp_path / "manifest.json"
    whole = path.read_text()
    value = json.loads(whole)
    damaged = [b"", b"\xff\xfe", b"[]", b"null", whole[:-9].encode()]
    damaged += [json.dumps({key: value[key] for key in value if key != gone}).encode() for gone in value]
    for key, wrong in [
        ("rows", "many"),
        ("rows", True),
        ("expected_rows", 1.5),
        ("export", 3),
        ("tables", [1]),
        ("order", None),
        ("notes", [{"level": "grave", "text": "x", "count": 1}]),
        ("notes", [{"level": "info", "text": 1, "count": 1}]),
        ("finished", "2026-03-01T00:00:00"),
        ("started", "2026-03-01T00:00:00"),
        ("columns", [{}]),
        ("format", 99),
    ]:
        damaged.append(json.dumps({**value, key: wrong}).encode())
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(GladlyToolsError, match=f"result {tmp_path.name} is damaged") as caught:
            read_manifest(tmp_path)
        assert is_told(caught.value)


def test_times_are_written_in_utc_and_one_without_a_zone_is_not(tmp_path: Path) -> None:
    write_manifest(tmp_path, replace(FULL, started=datetime(2026, 3, 1, 10, tzinfo=ZoneInfo("Europe/Paris"))))
    assert json.loads((tmp_path / "manifest.json").read_text())["started"] == "2026-03-01T09:00:00Z"
    with pytest.raises(ValueError, match="aware"):
        write_manifest(tmp_path, replace(FULL, started=datetime(2026, 3, 1)))  # noqa: DTZ001 it is what is refused
    assert read_manifest(tmp_path).started == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_manifest_from_before_columns_said_what_their_ids_are_of_still_opens(tmp_path: Path) -> None:
    write_manifest(tmp_path, FULL)
    path = tmp_path / "manifest.json"
    value = json.loads(path.read_text())
    for column in value["columns"]:
        del column["of"], column["name_of"]
    path.write_text(json.dumps(value))
    plain = tuple(replace(column, of="", name_of="") for column in FULL.columns)
    assert read_manifest(tmp_path) == replace(FULL, columns=plain)
