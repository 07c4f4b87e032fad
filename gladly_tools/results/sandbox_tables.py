"""The tables that a query in the sandbox can read: results by name, each as the SELECT of a view over its files.

Paths stand in a view relative to the folder of all results: should a view's text ever be seen, it tells nothing of the
machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gladly_tools.results.layout import Field, named_cells
from gladly_tools.results.query import Query
from gladly_tools.results.schema import Column
from gladly_tools.results.sql import compile_query, quoted
from gladly_tools.results.store import Result

_ALL = Query()
_PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A table as a query sees it: its name, its columns by the names that SQL knows, and where its rows lie.

    `texts` are the columns that hold the server's text of another. `about` says which result it is. `sql` is the SELECT
    behind the name, `files` what that reads; both relative to `folder`.
    """

    name: str
    about: str
    rows: int
    columns: tuple[Column, ...]
    texts: tuple[str, ...]
    folder: Path
    files: tuple[Path, ...]
    sql: str

    @property
    def result_id(self) -> str:
        """The id of the result that the rows belong to, which is what its folder is called."""
        return self.files[0].parts[0]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Every name that the query can use, the columns' own first."""
        return (*(column.name for column in self.columns), *self.texts)


def source(name: str, result: Result, *, about: str = "", rows: int | None = None, query: Query = _ALL) -> Source:
    """A result's rows, or those of a query, under a name. Raises FileNotFoundError while it has no rows at all."""
    fields = result.fields
    folder = result.engine.folder
    files = tuple(path.relative_to(folder) for path in result.files())
    if not files:
        raise FileNotFoundError(name)
    named = named_cells(fields)
    listed = ", ".join(f"{cell} AS {quoted(title)}" for title, cell in named.items())
    paths = ", ".join(_text(path.as_posix()) for path in files)
    columns = tuple(each.column for each in fields if each.column.name in named)
    own = {column.name for column in columns}
    return Source(
        name=name,
        about=about,
        rows=result.rows if rows is None else rows,
        columns=columns,
        texts=tuple(title for title in named if title not in own),
        folder=folder,
        files=files,
        sql=f"SELECT {listed} FROM read_parquet([{paths}]) {_where(query, fields)}".rstrip(),
    )


def table_name(words: str) -> str:
    """Words as a name that needs no quotes in SQL: `Contact-information 2026` gives `contact_information_2026`."""
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return name if name[:1].isalpha() else f"t_{name}".rstrip("_")


def literal(value: object) -> str:
    """A value of a filter as SQL, with the type that it would have as a parameter."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)"
    if isinstance(value, datetime):
        return f"TIMESTAMPTZ '{value.isoformat()}'"
    if isinstance(value, str):
        return f"CAST({_text(value)} AS VARCHAR)"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(literal, value))}]"
    raise TypeError(f"no value of a filter: {type(value).__name__}")


def _where(query: Query, fields: Sequence[Field]) -> str:
    clauses = compile_query(query, fields)
    values: Mapping[str, object] = clauses.parameters
    return _PARAMETER.sub(lambda found: literal(values[found[1]]), clauses.where)


def _text(text: str) -> str:
    # The engine's parser ends at a zero character, wherever it stands.
    pieces = ["'" + piece.replace("'", "''") + "'" for piece in text.split("\0")]
    return " || chr(0) || ".join(pieces) if len(pieces) > 1 else pieces[0]
