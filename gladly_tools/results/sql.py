"""Compiles a query to DuckDB SQL. Values travel as parameters; the only names are our own field names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gladly_tools import clock
from gladly_tools.errors import InputError
from gladly_tools.results.layout import Field
from gladly_tools.results.pieces import WHITE, run_of
from gladly_tools.results.query import Condition, Operator, Query, Value, check_condition
from gladly_tools.results.relative import Unit, span_back
from gladly_tools.results.schema import TEXT_KINDS, Kind

_LONGEST_PATTERN = 4_000


@dataclass(frozen=True, kw_only=True)
class Clauses:
    """What follows FROM: `where` and `order` are empty or whole clauses, `parameters` those they name."""

    where: str
    order: str
    parameters: Mapping[str, object]


def compile_query(query: Query, fields: Sequence[Field], *, now: datetime | None = None) -> Clauses:
    """The clauses of a query, with what reaches back doing so from `now`, which is this moment unless given.

    Raises InputError for an unknown column, or a condition that does not fit.
    """
    parameters: dict[str, object] = {}
    now = clock.now() if now is None else now
    tests = [_test(condition, _find(condition.column, fields), parameters, now) for condition in query.conditions]
    if query.search:
        texts = [each for each in fields if each.column.kind in TEXT_KINDS]
        needle = _bind(query.search, parameters)
        tests.append(" OR ".join(f"contains(lower({each.stored}), lower({needle}))" for each in texts) or "false")
    where = " AND ".join(f"({test})" for test in tests)
    order = ", ".join(
        f"{_sort_key(_find(sort.column, fields))} {'DESC' if sort.descending else 'ASC'} NULLS LAST"
        for sort in query.sort
    )
    return Clauses(
        where=f"WHERE {where}" if where else "",
        order=f"ORDER BY {order}, file_index, file_row_number" if order else "",
        parameters=parameters,
    )


def find_field(column: str, fields: Sequence[Field]) -> Field:
    """Where a column lies. Raises InputError when there is no such column."""
    return _find(column, fields)


def items_of(each: Field, separator: str) -> str:
    """A text split at a separator, given as SQL, with each piece trimmed."""
    return f"list_transform(string_split({each.reading}, {separator}), lambda piece: trim(piece, {_WHITE_SQL}))"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _find(column: str, fields: Sequence[Field]) -> Field:
    for each in fields:
        if each.column.name == column:
            return each
    raise InputError(f"There is no column “{column}”.", "Choose another column.", field=column)


def _sort_key(each: Field) -> str:
    """Text is ordered as people read it, without regard to case; lists by their items."""
    return f"lower({each.stored})" if each.column.kind in TEXT_KINDS else each.reading


def _bind(value: object, parameters: dict[str, object]) -> str:
    name = f"query_{len(parameters)}"
    parameters[name] = value
    return f"${name}"


def _test(condition: Condition, each: Field, parameters: dict[str, object], now: datetime) -> str:
    check_condition(condition, each.column.kind)
    test = _positive_test(condition, each, parameters, now)
    return f"NOT coalesce({test}, false)" if condition.negated else test


def _positive_test(condition: Condition, each: Field, parameters: dict[str, object], now: datetime) -> str:
    kind, reading = each.column.kind, each.reading
    match condition.operator:
        case Operator.IS_EMPTY:
            return _empty(each)
        case Operator.IS_UNREADABLE:
            return f"{reading} IS NULL AND NOT ({_empty(each)})" if each.has_reading else "false"
        case Operator.IS_TRUE:
            return f"{reading} = true"
        case Operator.IS_FALSE:
            return f"{reading} = false"
        case Operator.BETWEEN:
            return _between(condition.values, kind, reading, parameters)
        case Operator.ONE_OF:
            return _one_of(condition.values, each, parameters)
        case Operator.LISTS:
            return _lists(condition.values, each, parameters)
        case Operator.LAST:
            zone, number, unit = condition.values
            span = span_back(str(zone), int(str(number)), Unit(str(unit)), now)
            return _between(span, kind, reading, parameters)
        case Operator.ON_WEEKDAYS:
            return _in_zone("isodow", condition.values, reading, parameters)
        case Operator.AT_HOURS:
            return _in_zone("hour", condition.values, reading, parameters)
    value = _bind(condition.values[0], parameters)
    if kind is Kind.LIST:
        return f"len(list_filter({reading}, lambda item: contains(lower(item), lower({value})))) > 0"
    if kind is Kind.RECORDS:
        return f"contains(lower(CAST({reading} AS VARCHAR)), lower({value}))"
    if kind not in TEXT_KINDS:
        return f"{reading} = {value}"
    match condition.operator:
        case Operator.CONTAINS:
            return f"contains(lower({reading}), lower({value}))"
        case Operator.STARTS_WITH:
            return f"starts_with(lower({reading}), lower({value}))"
        case _:
            return f"lower({reading}) = lower({value})"


def _empty(each: Field) -> str:
    if each.has_reading:
        text = f"trim({each.stored}, {_WHITE_SQL})"
        return f"{each.reading} IS NULL AND ({each.stored} IS NULL OR {text} = '' OR lower({text}) = 'null')"
    if each.column.kind in TEXT_KINDS:
        return f"{each.stored} IS NULL OR trim({each.stored}, {_WHITE_SQL}) = ''"
    if each.column.kind in (Kind.LIST, Kind.RECORDS):
        return f"{each.stored} IS NULL OR len({each.stored}) = 0"
    return f"{each.stored} IS NULL"


def _between(values: Sequence[Value], kind: Kind, reading: str, parameters: dict[str, object]) -> str:
    first, last = values
    tests = [f"{reading} IS NOT NULL"]
    if first is not None:
        tests.append(f"{reading} >= {_bind(first, parameters)}")
    if last is not None:
        tests.append(f"{reading} {'<' if kind is Kind.TIME else '<='} {_bind(last, parameters)}")
    return " AND ".join(tests)


def _one_of(values: Sequence[Value], each: Field, parameters: dict[str, object]) -> str:
    tests = []
    given: list[Value] = [value for value in values if value is not None]
    if given and each.column.kind is Kind.NUMBER:
        given = [float(value) for value in given if isinstance(value, int | float)]
    if given:
        chosen = _bind(given, parameters)
        if each.column.kind is Kind.LIST:
            tests.append(f"list_has_any({each.reading}, {chosen})")
        else:
            tests.append(f"{each.reading} IN (SELECT unnest({chosen}))")
    if len(given) < len(values):
        tests.append(_empty(each))
    return " OR ".join(f"({test})" for test in tests) or "false"


def _lists(values: Sequence[Value], each: Field, parameters: dict[str, object]) -> str:
    separator, *items = values
    given = [str(item) for item in items if item is not None]
    tests = []
    if given:
        pattern = _items_pattern(str(separator), given)
        if pattern is not None:
            tests.append(f"regexp_matches({each.reading}, {_bind(pattern, parameters)})")
        else:
            trimmed = items_of(each, _bind(separator, parameters))
            tests += [_has_run(trimmed, run_of(item, str(separator)), parameters) for item in given]
    if len(given) < len(items):
        tests.append(_empty(each))
    return " OR ".join(f"({test})" for test in tests) or "false"


def _has_run(pieces: str, run: Sequence[str], parameters: dict[str, object]) -> str:
    """Whether these pieces stand one after another in a list of pieces."""
    if len(run) == 1:
        return f"list_contains({pieces}, {_bind(run[0], parameters)})"
    here = f"{pieces}[place : place + {len(run) - 1}] = {_bind(list(run), parameters)}"
    return f"len(list_filter(range(1, len({pieces}) + 1), lambda place: {here})) > 0"


def _items_pattern(separator: str, items: Sequence[str]) -> str | None:
    """What finds a whole item between separators, five times as fast as splitting; None where it might err.

    It might where the separator's end is its beginning, as in `--`: places where no text is split then look like one.
    And where it begins or ends with a blank, which may be taken for one that is trimmed.
    """
    overlaps = any(separator.startswith(separator[-length:]) for length in range(1, len(separator)))
    if overlaps or separator != separator.strip(WHITE):
        return None
    runs = [run_of(item, separator) for item in items]
    blanks = f"[{_literal(WHITE)}]*"
    between = f"{blanks}{_literal(separator)}{blanks}"
    # Pieces are trimmed, so what is not is in no text at all.
    possible = [between.join(map(_literal, run)) for run in runs if all(piece == piece.strip(WHITE) for piece in run)]
    pattern = f"(?:^|{_literal(separator)}){blanks}(?:{'|'.join(possible)}){blanks}(?:{_literal(separator)}|$)"
    return pattern if possible and len(pattern) <= _LONGEST_PATTERN and "\0" not in "".join(items) else None


def _literal(text: str) -> str:
    """Text that stands for itself in a pattern."""
    return "".join(char if char.isalnum() else f"\\x{{{ord(char):x}}}" for char in text)


def _in_zone(part: str, values: Sequence[Value], reading: str, parameters: dict[str, object]) -> str:
    """Whether a part of the local time is one of those given; of none, no time is."""
    zone, *numbers = values
    if not numbers:
        return "false"
    local = f"timezone({_bind(zone, parameters)}, {reading})"
    return f"{part}({local}) IN (SELECT unnest({_bind(numbers, parameters)}))"


_WHITE_SQL = " || ".join(f"chr({ord(character)})" for character in WHITE)


def filled(name: str) -> str:
    """A text column as SQL in which what `is_empty` takes for empty is NULL."""
    return f"CASE WHEN trim({quoted(name)}, {_WHITE_SQL}) <> '' THEN {quoted(name)} END"
