"""The manifest: what a result is, kept beside its rows, so that it opens without the export's code."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.results.schema import Column, Kind

MANIFEST_NAME = "manifest.json"
_FORMAT = 1

Level = Literal["info", "partial"]


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something a reader of the result must know: what was capped, skipped or unreadable, and how often.

    `partial` says that rows are missing; `info` says that all rows are there.
    """

    level: Level
    text: str
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a result is: whose, of which export, with which columns, and what must be said about it.

    Times are aware. `zone` is the IANA zone in which times without an offset were read. `rows` and `finished`
    are None while the result is being written; `expected_rows` is None when the source does not announce a
    count. `tables` names the tables of a result that has several, which is what their files are called; the columns and
    rows here are those of the first. `order` names the column by which they are sorted unless somebody sorts them.
    """

    export: str
    title: str
    instance: str
    username: str
    started: datetime
    columns: tuple[Column, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    zone: str = "UTC"
    finished: datetime | None = None
    expected_rows: int | None = None
    rows: int | None = None
    notes: tuple[Note, ...] = ()
    tables: tuple[str, ...] = ()
    order: str = ""

    @property
    def partial(self) -> bool:
        """True when rows are known to be missing."""
        return any(note.level == "partial" for note in self.notes)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json` into the folder; after a crash the old or the new one is there, whole."""
    text = json.dumps(_as_json(manifest), ensure_ascii=False, indent=1)
    temporary = folder / f".{MANIFEST_NAME}.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / MANIFEST_NAME)
    sync_folder(folder)


def read_manifest(folder: Path) -> Manifest:
    """Read `manifest.json`. Raises NotFoundError when there is none, GladlyToolsError when it is damaged."""
    try:
        text = (folder / MANIFEST_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError(f"There is no result {folder.name}.", "It may have been deleted; run it again.") from None
    except UnicodeDecodeError:
        raise _damaged(folder) from None
    try:
        return _from_json(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _damaged(folder) from None


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable. Does nothing where a folder cannot be opened (Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(folder: Path) -> GladlyToolsError:
    return GladlyToolsError(f"The description of result {folder.name} is damaged.", "Delete it and run it again.")


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "export": manifest.export,
        "title": manifest.title,
        "instance": manifest.instance,
        "username": manifest.username,
        "parameters": dict(manifest.parameters),
        "zone": manifest.zone,
        "started": _time_text(manifest.started),
        "finished": None if manifest.finished is None else _time_text(manifest.finished),
        "expected_rows": manifest.expected_rows,
        "rows": manifest.rows,
        "tables": list(manifest.tables),
        "order": manifest.order,
        "notes": [{"level": note.level, "text": note.text, "count": note.count} for note in manifest.notes],
        "columns": [
            {
                "name": column.name,
                "kind": column.kind.value,
                "help": column.help,
                "verbatim": column.verbatim,
                "unit": column.unit,
                "optional": column.optional,
                "beside": column.beside,
                "original": column.original,
                "joined_by": column.joined_by,
                "of": column.of,
                "name_of": column.name_of,
                "members": [[name, kind.value] for name, kind in column.members],
            }
            for column in manifest.columns
        ],
    }


def _from_json(value: dict[str, Any]) -> Manifest:
    if value["format"] != _FORMAT:
        raise ValueError("another format")
    finished = value["finished"]
    return Manifest(
        export=_text(value["export"]),
        title=_text(value["title"]),
        instance=_text(value["instance"]),
        username=_text(value["username"]),
        parameters=dict(value["parameters"]),
        zone=_text(value["zone"]),
        started=_time(value["started"]),
        finished=None if finished is None else _time(finished),
        expected_rows=_count(value["expected_rows"]),
        rows=_count(value["rows"]),
        tables=tuple(_text(name) for name in value["tables"]),
        order=_text(value["order"]),
        notes=tuple(
            Note(level=_level(note["level"]), text=_text(note["text"]), count=int(note["count"]))
            for note in value["notes"]
        ),
        columns=tuple(
            Column(
                name=_text(column["name"]),
                kind=Kind(column["kind"]),
                help=_text(column["help"]),
                verbatim=bool(column["verbatim"]),
                unit=_text(column["unit"]),
                optional=bool(column["optional"]),
                beside=bool(column["beside"]),
                original=bool(column["original"]),
                joined_by=_text(column["joined_by"]),
                # Results from before these two were kept do not have them.
                of=_text(column.get("of", "")),
                name_of=_text(column.get("name_of", "")),
                members=tuple((_text(name), Kind(kind)) for name, kind in column["members"]),
            )
            for column in value["columns"]
        ),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _level(value: object) -> Level:
    if value == "info":
        return "info"
    if value == "partial":
        return "partial"
    raise ValueError("not a level")


def _count(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError("not a count")
    return value


def _time_text(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a manifest holds aware times")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("not an aware time")
    return moment
