"""What became of a configuration: two tables of one export, before and after, as a small frame of changes.

The engine reads each table once, with long texts as digests; only the texts that changed are read as they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import pandas as pd

from gladly_tools.comparing.paths import TOP, Paths
from gladly_tools.results.schema import Kind
from gladly_tools.results.sql import quoted
from gladly_tools.results.table import Table


class Change(StrEnum):
    """A kind of change, in the words that people read, in the order they are shown."""

    ADDED = "Added"
    REMOVED = "Removed"
    RENAMED = "Renamed"
    MOVED = "Moved"
    ENABLED = "Enabled"
    DISABLED = "Disabled"
    LANGUAGE_ADDED = "Language added"
    LANGUAGE_REMOVED = "Language removed"
    CHANGED = "Changed"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How the things of an export are told apart: the columns of their id, their name, whether they are disabled.

    A `path` holds the names of what is above before its own name. `part` is the column that tells the rows of one
    thing apart, which then all repeat the name and the `shared` columns; `texts` are long and compared line by line.
    """

    noun: str
    nouns: str
    key: str
    name: str
    disabled: str = ""
    is_path: bool = False
    part: str = ""
    shared: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[Change, ...]:
        """The kinds of change that there can be."""
        absent = {Change.MOVED} if not self.is_path else set()
        absent |= set() if self.disabled else {Change.ENABLED, Change.DISABLED}
        absent |= set() if self.part else {Change.LANGUAGE_ADDED, Change.LANGUAGE_REMOVED}
        return tuple(kind for kind in Change if kind not in absent)


SHAPES: Mapping[str, Shape] = {
    "topics": Shape(noun="topic", nouns="topics", key="Id", name="Name", disabled="Disabled", is_path=True),
    "inboxes": Shape(noun="inbox", nouns="inboxes", key="id", name="name", disabled="disabled"),
    "answers": Shape(
        noun="answer",
        nouns="answers",
        key="Id",
        name="Title",
        part="Language",
        shared=("Description", "Audiences"),
        texts=(
            "Response Content - Email",
            "Response Content - Messaging",
            "Response Content - Public",
            "Info Content",
        ),
    ),
    "audiences": Shape(noun="audience", nouns="audiences", key="id", name="name"),
}
"""The configuration exports that can be compared, by name."""

COLUMNS = ("Change", "Name", "ID", "Language", "What", "Before", "After")


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What changed. `frame` has the columns `COLUMNS`, each a text, one row a change, so a thing can have several.

    Rows stand by kind of change, then by name. `counts` says of how many different things there is each kind.
    `carried` counts those whose path reads otherwise because something above them changed, and nothing else of them.
    `before` and `after` count the things that there were.
    """

    frame: pd.DataFrame
    counts: Mapping[Change, int]
    carried: int
    before: int
    after: int


def compare(before: Table, after: Table, shape: Shape, *, separator: str = ">>") -> Changes:
    """What changed from one table to the other; ids are opaque and exact, an empty cell and none are the same.

    Of an id that occurs several times, equal rows go together, and the others in the order of their cells; rows without
    an id can only have come or gone. `separator` joins the names of a path.
    """
    return _Comparison(before, after, shape, separator).changes()


class _Row(NamedTuple):
    """One row: `shared` and `cells` by the order of their columns, long texts as digests."""

    key: str
    part: str
    name: str
    disabled: str
    shared: tuple[str, ...]
    cells: tuple[str, ...]


@dataclass(kw_only=True)
class _Found:
    """One change, as it is gathered; `digests` are those of a text that is yet to be read."""

    kind: Change
    key: str
    name: str
    part: str = ""
    what: str = ""
    before: str = ""
    after: str = ""
    digests: tuple[str, str] | None = field(default=None)


class _Comparison:
    def __init__(self, before: Table, after: Table, shape: Shape, separator: str) -> None:
        self._tables = before, after
        self._shape = shape
        both = {column.name for column in before.columns} & {column.name for column in after.columns}
        special = {shape.key, shape.name, shape.disabled, shape.part, *shape.shared}
        # A column that an older snapshot lacks, or that only the view has, cannot have changed.
        self._cells = [
            column.name
            for column in after.columns
            if column.name in both - special and not column.beside and column.kind not in (Kind.LIST, Kind.RECORDS)
        ]
        self._shared = [name for name in shape.shared if name in both]
        self._rows = [self._read(table) for table in self._tables]
        self._paths = [Paths(((row.key, row.name) for row in rows), separator) for rows in self._rows]
        self._carried: set[str] = set()

    def changes(self) -> Changes:
        found = list(self._whole() if self._shape.part else self._simple())
        self._fill_in(found)
        order = {kind: place for place, kind in enumerate(Change)}
        found.sort(key=lambda each: (order[each.kind], each.name.casefold(), each.key, each.part, each.what))
        frame = pd.DataFrame(
            [(each.kind.value, each.name, each.key, each.part, each.what, each.before, each.after) for each in found],
            columns=list(COLUMNS),
            dtype=object,
        )
        if not self._shape.part:
            frame = frame.drop(columns="Language")
        things = {(each.kind, each.key, "" if each.key else number) for number, each in enumerate(found)}
        counts = Counter(kind for kind, _key, _number in things)
        before, after = (self._count(rows) for rows in self._rows)
        return Changes(
            frame=frame,
            counts={kind: counts[kind] for kind in self._shape.kinds},
            carried=len(self._carried),
            before=before,
            after=after,
        )

    def _count(self, rows: Sequence[_Row]) -> int:
        return len({row.key for row in rows}) if self._shape.part else len(rows)

    def _read(self, table: Table) -> list[_Row]:
        shape = self._shape
        texts = [shape.key, shape.part, shape.name, shape.disabled, *self._shared]
        listed = [_text(name) if name else "''" for name in texts] + [f"md5({_text(name)})" for name in self._cells]
        columns = ", ".join(f"{expression} AS c{number}" for number, expression in enumerate(listed))
        frame = table.frame(f"SELECT {columns} FROM rows")
        shared = len(texts)
        return [
            _Row(
                key=cells[0],
                part=cells[1],
                name=cells[2],
                disabled=cells[3],
                shared=cells[4:shared],
                cells=cells[shared:],
            )
            for cells in frame.itertuples(index=False, name=None)
        ]

    def _simple(self) -> Iterator[_Found]:
        """Changes where a thing is one row."""
        for befores, afters in _by(self._rows, lambda row: row.key):
            pairs, gone, new = _paired(befores, afters, has_id=bool((befores or afters)[0].key))
            for row in gone:
                yield _Found(kind=Change.REMOVED, key=row.key, name=row.name, before=row.name)
            for row in new:
                yield _Found(kind=Change.ADDED, key=row.key, name=row.name, after=row.name)
            for before, after in pairs:
                yield from self._named(before, after)
                yield from self._switched(before, after)
                yield from self._celled(before, after)

    def _whole(self) -> Iterator[_Found]:
        """Changes where a thing has a row a part, such as a language, and what is shared is in each."""
        for befores, afters in _by(self._rows, lambda row: row.key):
            sides = [sorted({row._replace(part="", cells=()) for row in rows}) for rows in (befores, afters)]
            pairs, gone, new = _paired(*sides, has_id=bool((befores or afters)[0].key))
            for row in gone:
                parts = _listed(each.part for each in befores if each.name == row.name)
                yield _Found(kind=Change.REMOVED, key=row.key, name=row.name, part=parts, before=row.name)
            for row in new:
                parts = _listed(each.part for each in afters if each.name == row.name)
                yield _Found(kind=Change.ADDED, key=row.key, name=row.name, part=parts, after=row.name)
            for before, after in pairs:
                yield from self._named(before, after)
                yield from _differing(self._shared, before.shared, after.shared, after)
            if befores and afters and befores[0].key:
                yield from self._parts(befores, afters)

    def _parts(self, befores: Sequence[_Row], afters: Sequence[_Row]) -> Iterator[_Found]:
        name = afters[0].name
        # A row without a part stands for a thing that has none.
        sides = [[row for row in rows if row.part] for rows in (befores, afters)]
        for of_before, of_after in _by(sides, lambda row: row.part):
            # What is shared was compared already.
            bare = [[row._replace(name=name, shared=()) for row in rows] for rows in (of_before, of_after)]
            pairs, gone, new = _paired(*bare, has_id=True)
            for row in gone:
                yield _Found(kind=Change.LANGUAGE_REMOVED, key=row.key, name=name, part=row.part, before=row.part)
            for row in new:
                yield _Found(kind=Change.LANGUAGE_ADDED, key=row.key, name=name, part=row.part, after=row.part)
            for before, after in pairs:
                yield from self._celled(before, after)

    def _named(self, before: _Row, after: _Row) -> Iterator[_Found]:
        if before.name == after.name:
            return
        if not self._shape.is_path:
            yield _Found(
                kind=Change.RENAMED, key=after.key, name=after.name, what="Name", before=before.name, after=after.name
            )
            return
        paths_before, paths_after = self._paths
        (above_before, own_before), (above_after, own_after) = (
            paths_before.split(before.name),
            paths_after.split(after.name),
        )
        moved = paths_before.differ_above(before.name, paths_after, after.name)
        if own_before != own_after:
            yield _Found(
                kind=Change.RENAMED, key=after.key, name=after.name, what="Name", before=own_before, after=own_after
            )
        if moved:
            yield _Found(
                kind=Change.MOVED,
                key=after.key,
                name=after.name,
                what="Parent",
                before=above_before or TOP,
                after=above_after or TOP,
            )
        if own_before == own_after and not moved:
            self._carried.add(after.key)

    def _switched(self, before: _Row, after: _Row) -> Iterator[_Found]:
        if before.disabled == after.disabled:
            return
        was, is_ = before.disabled == "true", after.disabled == "true"
        kind = Change.CHANGED if was == is_ else Change.DISABLED if is_ else Change.ENABLED
        yield _Found(
            kind=kind,
            key=after.key,
            name=after.name,
            what=self._shape.disabled.capitalize(),
            before=before.disabled,
            after=after.disabled,
        )

    def _celled(self, before: _Row, after: _Row) -> Iterator[_Found]:
        for name, old, new in zip(self._cells, before.cells, after.cells, strict=True):
            if old != new:
                yield _Found(
                    kind=Change.CHANGED, key=after.key, name=after.name, part=after.part, what=name, digests=(old, new)
                )

    def _fill_in(self, found: Sequence[_Found]) -> None:
        """Read the texts that changed, which so far are digests."""
        keys: dict[str, set[str]] = defaultdict(set)
        for each in found:
            if each.digests is not None:
                keys[each.what].add(each.key)
        texts = {
            name: tuple(self._texts(table, name, sorted(of_name)) for table in self._tables)
            for name, of_name in keys.items()
        }
        for each in found:
            if each.digests is not None:
                old, new = each.digests
                each.before, each.after = texts[each.what][0][old], texts[each.what][1][new]

    def _texts(self, table: Table, name: str, keys: list[str]) -> Mapping[str, str]:
        frame = table.frame(
            f"SELECT DISTINCT md5({_text(name)}) AS digest, {_text(name)} AS text FROM rows"
            f" WHERE {_text(self._shape.key)} IN (SELECT unnest($keys))",
            parameters={"keys": keys},
        )
        return dict(zip(frame["digest"], frame["text"], strict=True))


def _by(sides: Sequence[Sequence[_Row]], key: Callable[[_Row], str]) -> Iterator[tuple[list[_Row], list[_Row]]]:
    """The rows of both sides that belong together."""
    together: dict[str, tuple[list[_Row], list[_Row]]] = defaultdict(lambda: ([], []))
    for place, rows in enumerate(sides):
        for row in rows:
            together[key(row)][place].append(row)
    yield from together.values()


def _paired(
    befores: Iterable[_Row], afters: Iterable[_Row], *, has_id: bool
) -> tuple[list[tuple[_Row, _Row]], list[_Row], list[_Row]]:
    """Rows that are not equal, two by two, then those that only one side has."""
    old, new = Counter(befores), Counter(afters)
    gone, come = sorted((old - new).elements()), sorted((new - old).elements())
    if not has_id:
        return [], gone, come
    both = min(len(gone), len(come))
    return list(zip(gone[:both], come[:both], strict=True)), gone[both:], come[both:]


def _differing(names: Sequence[str], old: Sequence[str], new: Sequence[str], row: _Row) -> Iterator[_Found]:
    for name, before, after in zip(names, old, new, strict=True):
        if before != after:
            yield _Found(kind=Change.CHANGED, key=row.key, name=row.name, what=name, before=before, after=after)


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(sorted({part for part in parts if part}))


def _text(name: str) -> str:
    """A cell as text in SQL, an empty one as an empty text."""
    return f"coalesce(CAST({quoted(name)} AS VARCHAR), '')"
