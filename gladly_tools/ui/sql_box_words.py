"""What the field for SQL completes: the columns and tables that there are, functions that people use, keywords."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gladly_tools.results.sandbox_tables import Source
from gladly_tools.results.schema import Kind
from gladly_tools.results.sql import quoted

_KEYWORDS = """
SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT OFFSET DISTINCT AS WITH JOIN LEFT RIGHT FULL INNER CROSS ON USING
AND OR NOT IN IS NULL LIKE ILIKE BETWEEN CASE WHEN THEN ELSE END ASC DESC NULLS FIRST LAST UNION ALL EXCEPT INTERSECT
OVER PARTITION WINDOW FILTER QUALIFY EXISTS INTERVAL CAST TRY_CAST TRUE FALSE VALUES UNNEST EXCLUDE REPLACE DESCRIBE
SUMMARIZE DATE TIMESTAMP INTEGER DOUBLE VARCHAR BOOLEAN RECURSIVE PIVOT UNPIVOT
"""
KEYWORDS = tuple(_KEYWORDS.split())
FUNCTIONS: Mapping[str, str] = {
    "count": "how many rows",
    "sum": "total",
    "avg": "mean",
    "median": "the middle value",
    "min": "least",
    "max": "greatest",
    "quantile_cont": "a percentile: (column, 0.9)",
    "count_if": "how many are true",
    "mode": "most frequent value",
    "any_value": "one of the values",
    "list": "all values as a list",
    "string_agg": "texts joined: (column, ', ')",
    "date_trunc": "start of the: ('week', column)",
    "date_diff": "whole units between: ('hour', a, b)",
    "date_part": "part of a time: ('hour', column)",
    "strftime": "time as text: (column, '%Y-%m-%d')",
    "dayname": "name of the weekday",
    "hour": "hour of the day",
    "isodow": "weekday, Monday is 1",
    "now": "this moment",
    "coalesce": "the first that is not empty",
    "nullif": "empty where equal",
    "round": "rounded: (number, 1)",
    "greatest": "greatest of several",
    "least": "least of several",
    "lower": "lower case",
    "upper": "upper case",
    "trim": "without blanks around",
    "length": "characters",
    "contains": "holds a text",
    "starts_with": "begins with a text",
    "replace": "other text instead",
    "split_part": "a piece: (text, '@', 2)",
    "string_split": "text to list: (text, ', ')",
    "regexp_matches": "matches a pattern",
    "regexp_extract": "what matches a pattern",
    "len": "length of a list",
    "list_contains": "list holds a value",
    "row_number": "number in a window",
    "rank": "rank in a window",
    "lag": "value of the row before",
    "lead": "value of the row after",
}
_KINDS = {
    Kind.TEXT: "text",
    Kind.ID: "ID",
    Kind.CHOICE: "text",
    Kind.URL: "text",
    Kind.INTEGER: "number",
    Kind.BOOLEAN: "yes or no",
    Kind.RECORDS: "list of records",
}
# A column may be called so, but the word alone means something else: what the engine says of its words, and a few more.
_MEANT_OTHERWISE = """
ALL ANALYSE ANALYZE AND ANTI ANY ARRAY AS ASC ASOF ASYMMETRIC AT AUTHORIZATION BINARY BOTH BY CASE CAST CHECK COLLATE
COLLATION COLUMN COLUMNS CONCURRENTLY CONSTRAINT CREATE CROSS CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DEFAULT
DEFERRABLE DESC DESCRIBE DISTINCT DO ELSE END EXCEPT FALSE FETCH FOR FOREIGN FREEZE FROM FULL GENERATED GLOB GROUP
HAVING ILIKE IN INITIALLY INNER INTERSECT INTO IS ISNULL JOIN LAMBDA LATERAL LEADING LEFT LIKE LIMIT MAP NATURAL NOT
NOTNULL NULL OFFSET ON ONLY OR ORDER OUTER OVERLAPS PIVOT PIVOT_LONGER PIVOT_WIDER PLACING POSITIONAL PRIMARY QUALIFY
REFERENCES RETURNING RIGHT SELECT SEMI SHOW SIMILAR SOME STRUCT SUMMARIZE SYMMETRIC TABLE TABLESAMPLE THEN TO TRAILING
TRUE TRY_CAST TUPLE UNION UNIQUE UNPACK UNPIVOT USER USING VARIADIC VERBOSE WHEN WHERE WINDOW WITH
"""
_RESERVED = frozenset(_MEANT_OTHERWISE.split()) | frozenset(KEYWORDS)
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


def words_for(tables: Sequence[Source]) -> list[dict[str, str]]:
    """What can be completed, what is nearest first: columns of the first table, of the others, then all the rest."""
    words: list[dict[str, str]] = []
    seen: set[str] = set()
    for number, table in enumerate(tables):
        for column in table.columns:
            if column.name not in seen:
                about = kind_words(column.kind)
                words.append(_word("column", column.name, about if not number else f"{about}, {table.name}"))
                seen.add(column.name)
    for table in tables:
        words.append(_word("table", table.name, f"table, {table.rows:,} rows"))
        for name in table.texts:
            if name not in seen:
                words.append(_word("column", name, "as Gladly sent it"))
                seen.add(name)
    words += [
        {"kind": "function", "name": name, "text": f"{name}()", "about": help} for name, help in FUNCTIONS.items()
    ]
    words += [{"kind": "keyword", "name": word, "text": word, "about": ""} for word in KEYWORDS]
    return words


def kind_words(kind: Kind) -> str:
    """What a column's cells are, as somebody sees it who compares them in SQL."""
    return _KINDS.get(kind, kind.value)


def as_name(name: str) -> str:
    """A name as it is written in SQL: in quotes, unless it is plain and means nothing else."""
    return name if _PLAIN.fullmatch(name) and name.upper() not in _RESERVED else quoted(name)


def _word(kind: str, name: str, about: str) -> dict[str, str]:
    return {"kind": kind, "name": name, "text": as_name(name), "about": about}
