"""The same searches by other engines, as a good user of each would write them: DuckDB, polars, orjson.

Each writes the items that match as CSV with the portal's 41 columns. None does all that the search here promises: they
lower instead of folding case, take tags for text, stop at half a surrogate pair. Both spellings of the one phrase that
this matters for are looked for, and the made-up file has nothing that they stop at.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.made_up_items import CUSTOMERS, DOMAIN, ITEMS, PHRASES, TOPICS
from gladly_tools.items import ATTACHMENT, PORTAL_COLUMNS, item_row
from gladly_tools.results.schema import Column, Kind

SPELLINGS = (*PHRASES, *(phrase.casefold() for phrase in PHRASES if phrase.casefold() != phrase))
"""The phrases, and what they fold to: an engine that lowers finds the one or the other."""

_TEXTS = ("content", "body", "title", "subject", "recordingSummary.summary")
_NO_COLUMN = {"content.recordingStatus": "VARCHAR"}


def with_duckdb(folder: Path, case: str, target: Path, threads: int) -> None:
    """One COPY with an explicit schema, in the order of the file."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    con.execute(f"SET threads = {threads}")
    chosen = ", ".join(f"{_expression(column)} AS {_quoted(column.name)}" for column in PORTAL_COLUMNS)
    con.execute(
        f"COPY (SELECT {chosen} FROM {_source(folder)} WHERE {_where(con, folder, case)}) TO '{target}' (HEADER)"
    )


def with_duckdb_twice(folder: Path, case: str, target: Path) -> None:
    """What a result holds, by DuckDB on one thread: the columns and the lines as they came, packed; then the CSV."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    con.execute("SET threads = 1")
    packed = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    columns, lines = target.with_suffix(".columns"), target.with_suffix(".lines")
    chosen = ", ".join(f"{_expression(column)} AS {_quoted(column.name)}" for column in PORTAL_COLUMNS)
    con.execute(
        f"COPY (SELECT {chosen} FROM {_source(folder)} WHERE {_where(con, folder, case)}) TO '{columns}' {packed}"
    )
    as_text = "columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', header = false"
    con.execute(
        f"COPY (FROM read_csv('{folder / ITEMS}', {as_text}, auto_detect = false, max_line_size = 16777216)) "
        f"TO '{lines}' {packed}"
    )
    con.execute(f"COPY (FROM read_parquet('{columns}')) TO '{target}' (FORMAT csv, HEADER)")
    columns.unlink()
    lines.unlink()


def _source(folder: Path) -> str:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _tree(_sql_types()).items())
    return f"read_json('{folder / ITEMS}', format = 'newline_delimited', columns = {{{columns}}})"


def _sql_types() -> dict[str, str]:
    types = {Kind.INTEGER: "BIGINT", Kind.BOOLEAN: "BOOLEAN", Kind.LIST: "VARCHAR[]"}
    files = ", ".join(f'"{name}" {types.get(kind, "VARCHAR")}' for name, kind in ATTACHMENT)
    found = {column.name: types.get(column.kind, "VARCHAR") for column in PORTAL_COLUMNS}
    # A list in e-mails and a text elsewhere: only JSON holds both.
    return found | _NO_COLUMN | {"content.to": "JSON", "content.attachments": f"STRUCT({files})[]"}


def _tree(types: Mapping[str, str]) -> dict[str, str]:
    """Columns with dots in their names as nested types."""
    inner: dict[str, dict[str, str]] = {}
    found: dict[str, str] = {}
    for name, kind in types.items():
        first, dot, rest = name.partition(".")
        if dot:
            inner.setdefault(first, {})[rest] = kind
        else:
            found[name] = kind
    for name, members in inner.items():
        listed = ", ".join(f"{_quoted(key)} {kind}" for key, kind in _tree(members).items())
        found[name] = f"STRUCT({listed})"
    return found


def _expression(column: Column) -> str:
    path = ".".join(map(_quoted, column.name.split(".")))
    as_json = column.kind in (Kind.LIST, Kind.RECORDS) and column.name != "content.to"
    return f"to_json({path})" if as_json else path


def _where(con: Any, folder: Path, case: str) -> str:
    tests = ["true"]
    if case in "AC":
        customers = f"read_json('{folder / CUSTOMERS}', format = 'newline_delimited', columns = {{'id': 'VARCHAR', "
        customers += "'emailAddresses': 'VARCHAR[]'})"
        tests.append(
            f"(content.\"from\" LIKE '%@{DOMAIN}' OR customerId IN (SELECT id FROM {customers} "
            f"WHERE len(list_filter(emailAddresses, lambda each: each LIKE '%@{DOMAIN}')) > 0))"
        )
    if case in "BC":
        topics = f"read_json('{folder / TOPICS}', format = 'newline_delimited', columns = {{'id': 'VARCHAR', "
        topics += "'name': 'VARCHAR'})"
        ids = [row[0] for row in con.execute(f"SELECT id FROM {topics} WHERE {_has('name')}").fetchall()]
        texts = " OR ".join(_has(f"coalesce(content.{name}, '')") for name in _TEXTS)
        tests.append(
            f"({texts} OR list_has_any(content.addedTopicIds, {ids}) OR list_has_any(content.removedTopicIds, {ids}))"
        )
    return " AND ".join(tests)


def _has(expression: str) -> str:
    return "(" + " OR ".join(f"contains(lower({expression}), '{phrase}')" for phrase in SPELLINGS) + ")"


def _quoted(name: str) -> str:
    return f'"{name}"'


def with_polars(folder: Path, case: str, target: Path) -> None:
    """A lazy scan with an explicit schema, streamed into the CSV."""
    import polars as pl

    types: dict[Kind, Any] = {Kind.INTEGER: pl.Int64, Kind.BOOLEAN: pl.Boolean, Kind.LIST: pl.List(pl.String)}
    files = pl.List(pl.Struct({name: types.get(kind, pl.String) for name, kind in ATTACHMENT}))
    flat: dict[str, Any] = {column.name: types.get(column.kind, pl.String) for column in PORTAL_COLUMNS}
    flat |= {"content.to": pl.String, "content.attachments": files, "content.recordingStatus": pl.String}

    def schema(prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, kind in flat.items():
            if name.startswith(prefix):
                first, dot, _ = name.removeprefix(prefix).partition(".")
                found[first] = pl.Struct(schema(f"{prefix}{first}.")) if dot else kind
        return found

    def field(name: str) -> Any:
        first, *rest = name.split(".")
        found = pl.col(first)
        for each in rest:
            found = found.struct.field(each)
        return found

    def cell(column: Column) -> Any:
        found = field(column.name)
        if column.kind is Kind.LIST and column.name != "content.to":
            found = (
                pl.lit("[") + found.list.eval(pl.lit('"') + pl.element() + pl.lit('"')).list.join(", ") + pl.lit("]")
            )
        elif column.kind is Kind.RECORDS:
            found = found.list.eval(pl.element().struct.json_encode()).list.join(", ")
        return found.alias(column.name)

    def has(expression: Any) -> Any:
        return expression.fill_null("").str.to_lowercase().str.contains_any(list(SPELLINGS))

    rows = pl.scan_ndjson(folder / ITEMS, schema=schema(""))
    if case in "AC":
        customers = pl.read_ndjson(
            folder / CUSTOMERS, schema={"id": pl.String, "emailAddresses": pl.List(pl.String)}
        ).filter(pl.col("emailAddresses").list.eval(pl.element().str.ends_with(f"@{DOMAIN}")).list.any())["id"]
        rows = rows.filter(
            field("content.from").str.ends_with(f"@{DOMAIN}").fill_null(False)
            | field("customerId").is_in(customers.implode())
        )
    if case in "BC":
        topics = pl.read_ndjson(folder / TOPICS, schema={"id": pl.String, "name": pl.String})
        ids = topics.filter(has(pl.col("name")))["id"].to_list()
        changed = [
            field(f"content.{name}").list.set_intersection(ids).list.len().fill_null(0) > 0
            for name in ("addedTopicIds", "removedTopicIds")
        ]
        rows = rows.filter(pl.any_horizontal(*(has(field(f"content.{name}")) for name in _TEXTS), *changed))
    rows.select([cell(column) for column in PORTAL_COLUMNS]).sink_csv(target, engine="streaming")


def with_orjson(folder: Path, case: str, target: Path) -> None:
    """A loop over the lines, dicts, and the csv module; folds case as Python does."""
    import orjson

    loads: Callable[[bytes], Any] = orjson.loads
    phrases = [phrase.casefold() for phrase in PHRASES]
    names = [column.name for column in PORTAL_COLUMNS]

    def has(text: str | None) -> bool:
        return bool(text) and any(phrase in text.casefold() for phrase in phrases)  # type: ignore[union-attr]

    def is_theirs(text: object) -> bool:
        return isinstance(text, str) and text.endswith(f"@{DOMAIN}")

    def records(name: str) -> Iterator[Any]:
        with (folder / name).open("rb") as file:
            yield from map(loads, file)

    customers = {each["id"] for each in records(CUSTOMERS) if any(map(is_theirs, each["emailAddresses"]))}
    topics = {each["id"] for each in records(TOPICS) if has(each["name"])}

    def matches(item: Any) -> bool:
        content = item["content"]
        if case in "AC" and not (item["customerId"] in customers or is_theirs(content.get("from"))):
            return False
        if case in "BC":
            changed = (*content.get("addedTopicIds", ()), *content.get("removedTopicIds", ()))
            summary = content.get("recordingSummary") or {}
            texts = (*(content.get(name) for name in _TEXTS[:-1]), summary.get("summary"))
            return any(map(has, texts)) or not topics.isdisjoint(changed)
        return True

    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for item in records(ITEMS):
            if matches(item):
                row = item_row(item, json_text="")
                cells = (row.get(name) for name in names)
                writer.writerow(
                    [json.dumps(cell, ensure_ascii=False) if isinstance(cell, list) else cell for cell in cells]
                )
