from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.results.manifest import Note, read_manifest, write_manifest
from tests.results.making import EVERY_KIND, manifest_of

FULL = replace(
    manifest_of(EVERY_KIND),
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
    with pytest.raises(NotFoundError):
        read_manifest(tmp_path)


def test_damaged_manifest_says_so(tmp_path: Path) -> None:
    write_manifest(tmp_path, FULL)
    path = tmp_path / "manifest.json"
    whole = path.read_text()
    value = json.loads(whole)
    damaged = [b"", b"\xff\xfe", b"[]", b"null", whole[:-9].encode()]
    damaged += [json.dumps({key: value[key] for key in value if key != gone}).encode() for gone in value]
    for key, wrong in [
        ("rows", "many"),
        ("started", "2026-03-01T00:00:00"),
        ("columns", [{}]),
        ("format", 99),
    ]:
        damaged.append(json.dumps({**value, key: wrong}).encode())
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(GladlyToolsError, match="damaged"):
            read_manifest(tmp_path)


def test_a_manifest_from_before_columns_said_what_their_ids_are_of_still_opens(tmp_path: Path) -> None:
    write_manifest(tmp_path, FULL)
    path = tmp_path / "manifest.json"
    value = json.loads(path.read_text())
    for column in value["columns"]:
        del column["of"], column["name_of"]
    path.write_text(json.dumps(value))
    plain = tuple(replace(column, of="", name_of="") for column in FULL.columns)
    assert read_manifest(tmp_path) == replace(FULL, columns=plain)
