"""What a query in the sandbox may be made of, judged by the tree that the engine's own parser makes of it.

The statement's kind says too little: `WITH x AS (COPY … TO 'file') SELECT 1` is a SELECT to the engine. So the whole
tree is walked, and everything in it that is a query, a source of rows or a function has to be known here:

    queries          SELECT, WITH, UNION and kin, VALUES, PIVOT, DESCRIBE and SUMMARIZE; never one that writes
    tables           those of the sandbox by their plain names, and what WITH names; no file, and none of the engine's
    table functions  the few that make rows from their arguments
    functions        all that compute; none that tells of the engine, its settings, variables or views, or that waits

Runs in the process of the sandbox, so it imports nothing but the standard library.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
SOURCES = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF", "COLUMN_DATA"}
)
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree"})
SHOWN = frozenset({"DESCRIBE", "SUMMARY"})

# What tells of the engine or the machine, changes its state, runs text as SQL, or only waits.
CLOSED_FUNCTIONS = frozenset(
    {
        "add_parquet_key",
        "assert_true",
        "cast_to_type",
        "col_description",
        "create_sort_key",
        "current_catalog",
        "current_connection_id",
        "current_database",
        "current_query",
        "current_query_id",
        "current_role",
        "current_schema",
        "current_schemas",
        "current_setting",
        "current_transaction_id",
        "current_user",
        "currval",
        "error",
        "finalize",
        "format_pg_type",
        "format_type",
        "get_block_size",
        "getenv",
        "getvariable",
        "in_search_path",
        "json_deserialize_sql",
        "json_execute_serialized_sql",
        "json_serialize_plan",
        "json_serialize_sql",
        "map_to_pg_oid",
        "nextval",
        "obj_description",
        "parse_duckdb_log_message",
        "query",
        "query_table",
        "session_user",
        "setseed",
        "setval",
        "shobj_description",
        "sleep_ms",
        "stats",
        "txid_current",
        "user",
        "vector_type",
        "version",
        "which_secret",
        "write_log",
    }
)
CLOSED_BEGINNINGS = ("pg_", "has_", "inet_", "duckdb_", "pragma_", "read_", "parquet_", "__internal", "sniff_")
OPEN_DESPITE_BEGINNING = frozenset({"pg_typeof", "pg_size_pretty"})

NOWHERE = 2**64 - 1


class Refused(Exception):
    """The query asks for what the sandbox does not give; `position` counts bytes of the query, None for nowhere."""

    def __init__(self, what: str, advice: str, position: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice
        self.position = position


def is_closed(function: str) -> bool:
    """True for a function that a query may not call."""
    name = function.lower()
    return name in CLOSED_FUNCTIONS or (name.startswith(CLOSED_BEGINNINGS) and name not in OPEN_DESPITE_BEGINNING)


def check(tree: Any, tables: Mapping[str, str], taken: Collection[str]) -> set[str]:
    """The names of the tables that a query reads, as `tables` spells them. Raises Refused.

    `tables` gives each table's name by the same in lower case; `taken` are the names, in lower case, of what the engine
    itself has in store, which WITH may not name: the engine would look there wherever the WITH does not reach.
    """
    nodes = list(_nodes(tree))
    given = set()
    for node in nodes:
        for item in node["map"] if isinstance(node.get("map"), list) else ():
            name = str(item["key"]).lower()
            if name in taken or not name.replace("_", "").replace(" ", "").isalnum():
                raise Refused(f"WITH cannot name a table “{item['key']}”.", "Give it another name, of letters.")
            given.add(name)
    used = set()
    for node in nodes:
        table = _check(node, tables, given)
        if table is not None:
            used.add(table)
    return used


def _check(node: Mapping[str, Any], tables: Mapping[str, str], given: Collection[str]) -> str | None:
    kind = node.get("type")
    if "class" in node:
        _check_expression(node)
        return None
    # A source of rows has a sample, a query has modifiers; whatever else has a kind is a part of those.
    if "sample" in node and "select_list" not in node and kind not in SOURCES:
        raise Refused("This source of rows cannot be used here.", _TABLES_ADVICE, _position(node))
    if isinstance(kind, str) and (kind.endswith("_NODE") or "modifiers" in node) and kind not in QUERIES:
        raise Refused("Only reading is possible here, and this query would write.", _SELECT_ADVICE)
    if kind == "TABLE_FUNCTION":
        _check_table_function(node)
    if kind == "SHOW_REF" and (node.get("show_type") not in SHOWN or node.get("query") is None):
        raise Refused("This cannot be shown.", _TABLES_ADVICE)
    if kind == "BASE_TABLE":
        return _table(node, tables, given)
    return None


def _check_expression(node: Mapping[str, Any]) -> None:
    if node["class"] == "PARAMETER":
        raise Refused(
            "The query has a place for a value, but there is nothing to fill it with.",
            "Write the value itself instead of ? or $1.",
            _position(node),
        )
    name = node.get("function_name")
    if isinstance(name, str) and is_closed(name):
        raise Refused(f"The function {name} cannot be used here.", _FUNCTION_ADVICE, _position(node))


def _check_table_function(node: Mapping[str, Any]) -> None:
    function = node.get("function")
    name = str(function.get("function_name")) if isinstance(function, dict) else ""
    if name.lower() not in TABLE_FUNCTIONS:
        raise Refused(
            f"Rows cannot come from {name or 'this function'} here: no file, address or setting can be read.",
            _TABLES_ADVICE,
            _position(node),
        )


def _table(node: Mapping[str, Any], tables: Mapping[str, str], given: Collection[str]) -> str | None:
    path = node["qualified_name"]["path"]
    name = str(path[-1])
    if len(path) > 1:
        raise Refused(f"“{'.'.join(map(str, path))}” cannot be read.", _TABLES_ADVICE, _position(node))
    if name.lower() in given:
        return tables.get(name.lower())
    if name.lower() in tables:
        return tables[name.lower()]
    near = difflib.get_close_matches(name.lower(), [*tables, *given], n=3, cutoff=0.6)
    meant = f"Did you mean {' or '.join(tables.get(each, each) for each in near)}?" if near else _TABLES_ADVICE
    raise Refused(f"There is no table “{name}”.", meant, _position(node))


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the tree. Not by recursion: a query may be nested as deep as its author likes."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _position(node: Mapping[str, Any]) -> int | None:
    place = node.get("query_location")
    return place if isinstance(place, int) and place < NOWHERE else None


_SELECT_ADVICE = "Ask with SELECT, WITH or FROM."
_TABLES_ADVICE = "Read the tables that are listed under Tables."
_FUNCTION_ADVICE = "Only functions that compute something from the rows can be used."
