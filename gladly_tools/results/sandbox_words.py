"""What went wrong with a query in people's words: what, where, and what was perhaps meant. Never a path.

The engine describes its errors for programs: a type, a place, a name. Of its own words only the first line is passed
on, and only for errors that speak of the query's values; not one that names a file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gladly_tools.errors import GladlyToolsError, QueryError, TryLaterError
from gladly_tools.results.sandbox_rules import is_closed
from gladly_tools.results.sql import quoted

FILE_TOO_LARGE = "27"  # EFBIG, from a temporary file that reached its bound
_SPEAKS_OF_VALUES = frozenset(
    {"Binder", "Conversion", "Out of Range", "Invalid Input", "Invalid type", "Mismatch Type", "Not implemented"}
)
_CAST_ADVICE = "try_cast(column AS type) leaves a cell empty that cannot be converted."
_LESS_ADVICE = "Ask for fewer rows or columns: add a WHERE, group more coarsely, or leave out ORDER BY."


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in a query something is: line and column count from 1; `marked` is the line with a caret beneath."""

    line: int
    column: int
    marked: str


def place_of(text: str, position: int) -> Place:
    """The place of a character of the text; a long line is shown in part."""
    position = max(0, min(position, len(text)))
    before = text[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1)
    whole = text.split("\n")[line - 1].replace("\t", " ").rstrip("\r")
    start = max(0, column - 60)
    shown = ("…" if start else "") + whole[start : start + 100]
    return Place(line=line, column=column + 1, marked=f"{shown}\n{' ' * (column - start + bool(start))}^")


def refused(refusal: Mapping[str, object], text: str) -> QueryError:
    """What the rules refused."""
    return QueryError(
        str(refusal["what"]), str(refusal["advice"]), position=_character(text, str(refusal.get("position")))
    )


def failed(error: Mapping[str, str], text: str, columns: Iterable[str], memory_mb: int) -> GladlyToolsError:
    """What the engine could not do; `columns` are those of the tables, for what was perhaps meant."""
    kind, about = error.get("exception_type", ""), error.get("error_subtype", "")
    position = _character(text, error.get("position"))
    name = error.get("name", "")
    if kind == "Parser":
        return _unreadable(error, text, position)
    if about == "COLUMN_NOT_FOUND":
        return QueryError(f"There is no column “{name}”.", _meant(name, columns), position=position)
    if kind == "Catalog" and "Function" in error.get("type", ""):
        near = [each for each in error.get("candidates", "").split(",") if each and not is_closed(each)]
        return QueryError(
            f"There is no function “{name}”.", f"Did you mean {near[0]}?" if near else "", position=position
        )
    if kind == "Catalog":
        return QueryError(f"There is no “{name}” here.", "See the tables and columns under Tables.", position=position)
    if kind == "Out of Memory" or error.get("errno") == FILE_TOO_LARGE:
        return too_large(memory_mb)
    if kind == "IO":
        return TryLaterError("A table of this query has just changed or was deleted.", "Load the result again.")
    if kind == "Permission":
        return QueryError("Only the tables of this account can be read.", "See them under Tables.", position=position)
    first = error.get("exception_message", "").split("\n")[0].strip()
    if kind in _SPEAKS_OF_VALUES and first and not _names_a_file(first):
        words = first if first.endswith((".", "!", "?")) else f"{first}."
        return QueryError(words, _CAST_ADVICE if "type" in first or kind == "Conversion" else "", position=position)
    return QueryError("The query engine could not answer this query.", "Write it in another way.", position=position)


def too_large(memory_mb: int) -> QueryError:
    """The query needs more than it may use."""
    return QueryError(f"The query needs more memory than the {memory_mb:,} MB that it may use.", _LESS_ADVICE)


def too_long(seconds: float) -> QueryError:
    """The query took longer than it may."""
    return QueryError(f"The query took longer than {seconds:g} seconds and was stopped.", _LESS_ADVICE)


def _unreadable(error: Mapping[str, str], text: str, position: int | None) -> QueryError:
    if position is None:
        return QueryError("The query cannot be read: it is nested too deeply.", "Write it with fewer parentheses.")
    length = error.get("location", "[0,0]").strip("[]").split(",")[-1]
    token = text.encode()[int(error["position"]) :][: int(length)].decode(errors="replace") if length.isdigit() else ""
    near = f" near “{token}”" if token.strip() else ""
    return QueryError(
        f"The query cannot be read{near}.",
        "Names with spaces stand in double quotes, texts in single quotes; look for a missing comma or parenthesis.",
        position=position,
    )


def _meant(name: str, columns: Iterable[str]) -> str:
    known = list(dict.fromkeys(columns))
    by_lower = {column.lower(): column for column in known}
    near = [by_lower[each] for each in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]
    near += [each for each in known if each.lower().startswith(name.lower()) and each not in near]
    if not near:
        return "See the names of the columns under Tables."
    return f"Did you mean {' or '.join(quoted(each) for each in near[:3])}?"


def _names_a_file(words: str) -> bool:
    return any(sign in words for sign in (".parquet", ".tmp", ".spill"))


def _character(text: str, position: str | None) -> int | None:
    """The engine counts bytes; people, and editors, characters."""
    if position is None or not position.isdigit():
        return None
    data = text.encode()
    return len(data[: int(position)].decode(errors="ignore")) if int(position) <= len(data) else None
