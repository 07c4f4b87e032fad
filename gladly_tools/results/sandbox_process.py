"""The process in which one query runs: it reads one order, answers with one line, and ends.

In: a line of JSON, then silence; when the pipe closes, its owner is gone, and so goes this process. Out: a line of JSON
    {"rows", "cut", "tables", "columns": [{"name", "kind", "type"}]}    and the rows lie in the answer's file
    {"refused": {"what", "advice", "position"}}                         by the rules, before the engine was asked
    {"error": {"exception_type", "exception_message", …}}               in the engine's words

It is started with an empty environment and imports no more than it needs, so that there is little to be found in it and
it starts in a tenth of a second.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from gladly_tools.results.sandbox_rules import Refused, check

_MB = 1024 * 1024
_BESIDES_MB = 400  # what the interpreter and the engine need besides what the engine counts
_SPILL_MB = 400
_FILE_MB = _SPILL_MB + 50
_LEAST, _MOST = "TIMESTAMPTZ '0001-01-02 00:00:00Z'", "TIMESTAMPTZ '9999-12-30 00:00:00Z'"
_SMALL = frozenset({"tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger"})
_LARGE = frozenset({"ubigint", "hugeint", "uhugeint", "bignum"})
_NESTED = frozenset({"list", "array", "struct", "map", "union", "variant"})
_EXACT_DIGITS = 15
_BEFORE = "CREATE TEMP TABLE answer AS SELECT * FROM (\n"


class _Failed(Exception):
    """The engine's description of what went wrong."""

    def __init__(self, described: Mapping[str, str]) -> None:
        super().__init__(described.get("exception_type"))
        self.described = described


def main() -> None:
    """Answer the order on standard input and end."""
    order = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_owner, daemon=True).start()
    _limit(order["memory_mb"], order["seconds"])
    os.chdir(order["folder"])
    try:
        outcome = _answer(order)
    except Refused as refusal:
        outcome = {"refused": {"what": refusal.what, "advice": refusal.advice, "position": refusal.position}}
    except _Failed as failure:
        outcome = {"error": failure.described}
    except duckdb.Error as error:
        outcome = {"error": _described(error)}
    except MemoryError:
        outcome = {"error": {"exception_type": "Out of Memory", "exception_message": ""}}
    sys.stdout.buffer.write(json.dumps(outcome).encode())
    sys.stdout.flush()
    os._exit(0)


def _answer(order: Mapping[str, Any]) -> dict[str, Any]:
    tables = {str(table["name"]).lower(): table for table in order["tables"]}
    with _shut_in(order, paths=[]) as engine:
        read = _read(engine, order["text"], {key: table["name"] for key, table in tables.items()})
    chosen = [table for table in order["tables"] if table["name"] in read.tables]
    paths = [path for table in chosen for path in table["paths"]]
    with _shut_in(order, paths=[*paths, order["answer"]], views=chosen) as engine:
        return {**_run(engine, read.text, order), "tables": [table["name"] for table in chosen]}


def _shut_in(order: Mapping[str, Any], *, paths: list[str], views: Any = ()) -> duckdb.DuckDBPyConnection:
    """An engine that can open these files and no other, load nothing, and change no setting."""
    engine = duckdb.connect(
        ":memory:",
        config={
            "threads": order["threads"],
            "memory_limit": f"{order['memory_mb']}MB",
            "temp_directory": order["spill"],
            "max_temp_directory_size": f"{_SPILL_MB}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_unsigned_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
            "python_scan_all_frames": False,
            "enable_external_file_cache": False,
            "errors_as_json": True,
        },
    )
    engine.execute("SET enable_progress_bar = false")  # it would write where the outcome goes
    engine.execute("SET TimeZone = $1", [order["zone"]])
    engine.execute("SET allowed_paths = $1", [paths])
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    for view in views:
        engine.execute(f"CREATE VIEW {_quoted(view['name'])} AS {view['sql']}")
    return engine


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A query that keeps to the rules, and the tables that it reads."""

    text: str
    tables: set[str]


def _read(engine: duckdb.DuckDBPyConnection, text: str, tables: Mapping[str, str]) -> _Read:
    """What is to be run. Raises Refused for anything but one query that keeps to the rules."""
    statements = engine.extract_statements(text)
    if not statements:
        raise Refused("There is nothing to run.", "Write a query, or choose an example.")
    if len(statements) > 1:
        raise Refused("Only one query can run at a time.", "Remove what comes after the first semicolon.")
    if statements[0].type == duckdb.StatementType.MULTI:
        raise Refused("PIVOT needs to know its columns.", "Name the values: PIVOT … ON column IN ('a', 'b').")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("Only reading is possible here.", "Ask with SELECT, WITH or FROM.")
    found = _tree(engine, text)
    try:
        tree = json.loads(found)
    except RecursionError:  # at less depth than the engine's own parser
        raise Refused("The query is nested too deeply.", "Write it with fewer parentheses.") from None
    if tree.get("error") is not False:
        raise Refused("This query cannot be read here.", "Write it as one SELECT.")
    own = engine.execute("SELECT lower(view_name) FROM duckdb_views() WHERE internal").fetchall()
    return _Read(text=_bare(engine, text, found), tables=check(tree["statements"], tables, {row[0] for row in own}))


def _tree(engine: duckdb.DuckDBPyConnection, text: str) -> str:
    found = engine.execute("SELECT json_serialize_sql($1::VARCHAR)", [text]).fetchall()
    return str(found[0][0])


def _bare(engine: duckdb.DuckDBPyConnection, text: str, tree: str) -> str:
    """The query without a semicolon at its end and what may follow it, which must not stand inside another query."""
    for place in [number for number, character in enumerate(text) if character == ";"]:
        if _tree(engine, text[:place]) == tree:  # else the semicolon belongs to a text, a name or a comment
            return text[:place]
    return text


def _run(engine: duckdb.DuckDBPyConnection, text: str, order: Mapping[str, Any]) -> dict[str, Any]:
    most = order["most_rows"]
    try:
        asked = engine.sql(text)
    except duckdb.Error:
        engine.execute(text)  # fails the same way, and says where in the text
        raise
    columns = list(zip(asked.columns, asked.types, strict=True))
    names = ", ".join(f"k{number}" for number in range(len(columns)))
    # On lines of its own, so that a comment at its end ends there.
    try:
        engine.execute(f"{_BEFORE}{text}\n) AS answer({names}) LIMIT {most + 1}")
    except duckdb.Error as error:
        raise _Failed(_described(error, before=len(_BEFORE))) from None
    rows = int(engine.execute("SELECT count(*) FROM answer").fetchall()[0][0])
    shapes = _shapes(engine, [type for _, type in columns])
    listed = ", ".join(f"{expression} AS k{number}" for number, (_, expression) in enumerate(shapes))
    engine.execute(
        f"COPY (SELECT {listed} FROM answer LIMIT {most}) TO {_literal(order['answer'])}"
        " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 10000, USE_TMP_FILE false)"
    )
    return {
        "rows": min(rows, most),
        "cut": rows > most,
        "columns": [
            {"name": name, "kind": kind, "type": str(type)}
            for (name, type), (kind, _) in zip(columns, shapes, strict=True)
        ],
    }


def _shapes(engine: duckdb.DuckDBPyConnection, types: list[Any]) -> list[tuple[str, str]]:
    """What each column becomes, and how: its own kind where all of its cells fit that, and else text."""
    tests = {}
    for number, type in enumerate(types):
        cell = f"k{number}"
        if type.id in _LARGE:
            tests[number] = f"{cell} NOT BETWEEN -9223372036854775808 AND 9223372036854775807"
        elif type.id in ("float", "double"):
            tests[number] = f"NOT isfinite({cell})"
        elif type.id == "timestamp with time zone":
            tests[number] = f"{cell} NOT BETWEEN {_LEAST} AND {_MOST}"
    unfit = set()
    if tests:
        listed = ", ".join(f"coalesce(bool_or({test}), false)" for test in tests.values())
        found = engine.execute(f"SELECT {listed} FROM answer").fetchall()[0]
        unfit = {number for number, bad in zip(tests, found, strict=True) if bad}
    return [_shape(f"k{number}", type, number in unfit) for number, type in enumerate(types)]


def _shape(cell: str, type: Any, unfit: bool) -> tuple[str, str]:
    as_text = f"CAST({cell} AS VARCHAR)"
    if type.id in _SMALL:
        return "integer", f"CAST({cell} AS BIGINT)"
    if type.id in _LARGE:
        return ("digits", as_text) if unfit else ("integer", f"CAST({cell} AS BIGINT)")
    if type.id in ("float", "double"):
        # By way of text, since 0.1 in 32 bits is 0.10000000149 in 64.
        return ("digits", as_text) if unfit else ("number", f"CAST({as_text} AS DOUBLE)")
    if type.id == "decimal":
        few = dict(type.children)["precision"] <= _EXACT_DIGITS
        return ("number", f"CAST({cell} AS DOUBLE)") if few else ("digits", as_text)
    if type.id == "boolean":
        return "boolean", cell
    if type.id == "timestamp with time zone":
        return ("text", as_text) if unfit else ("time", cell)
    if type.id == "list" and dict(type.children)["child"].id == "varchar":
        return "list", cell
    if type.id in _NESTED:
        return "text", f"CAST(to_json({cell}) AS VARCHAR)"
    return "text", as_text


def _limit(memory_mb: int, seconds: float) -> None:
    """Bounds of the operating system's, for what the engine's own do not hold; Windows has none of these."""
    try:
        import resource
    except ImportError:
        return
    data = (memory_mb + _BESIDES_MB) * _MB
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_MB * _MB, _FILE_MB * _MB))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cpu = int(seconds * (os.cpu_count() or 1)) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    os.nice(5)


def _end_with_owner() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _described(error: duckdb.Error, *, before: int = 0) -> dict[str, str]:
    """The error as the engine describes it for programs, `before` bytes of its text being ours.

    Errors of the engine's Python side are plain text.
    """
    text = str(error)
    try:
        described = {str(key): str(value) for key, value in json.loads(text[text.index("{") :]).items()}
    except ValueError:
        return {"exception_type": type(error).__name__, "exception_message": text}
    if "position" in described:
        described["position"] = str(int(described["position"]) - before)
    return described


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
