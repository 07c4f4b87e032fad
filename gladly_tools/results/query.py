"""Questions to a result, as plain values: conditions, a search, an order.

They travel as JSON in links and saved views.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from gladly_tools.errors import InputError
from gladly_tools.results.relative import MOST_BACK, Unit, is_zone
from gladly_tools.results.schema import TEXT_KINDS, Kind

T = TypeVar("T")
Value = str | int | float | datetime | None

_MOST_CONDITIONS = 100
_MOST_VALUES = 10_000


class Operator(StrEnum):
    """How a condition compares a column with its values."""

    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    EQUALS = "equals"
    ONE_OF = "one_of"
    BETWEEN = "between"
    LAST = "last"
    ON_WEEKDAYS = "on_weekdays"
    AT_HOURS = "at_hours"
    LISTS = "lists"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    IS_EMPTY = "is_empty"
    IS_UNREADABLE = "is_unreadable"


_OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    **{
        kind: (
            Operator.CONTAINS,
            Operator.EQUALS,
            Operator.STARTS_WITH,
            Operator.ONE_OF,
            Operator.LISTS,
            Operator.IS_EMPTY,
        )
        for kind in (Kind.ID, Kind.TEXT, Kind.URL)
    },
    Kind.CHOICE: (
        Operator.ONE_OF,
        Operator.CONTAINS,
        Operator.EQUALS,
        Operator.STARTS_WITH,
        Operator.LISTS,
        Operator.IS_EMPTY,
    ),
    Kind.INTEGER: (
        Operator.BETWEEN,
        Operator.EQUALS,
        Operator.ONE_OF,
        Operator.IS_EMPTY,
        Operator.IS_UNREADABLE,
    ),
    Kind.NUMBER: (
        Operator.BETWEEN,
        Operator.EQUALS,
        Operator.ONE_OF,
        Operator.IS_EMPTY,
        Operator.IS_UNREADABLE,
    ),
    Kind.BOOLEAN: (Operator.IS_TRUE, Operator.IS_FALSE, Operator.IS_EMPTY, Operator.IS_UNREADABLE),
    Kind.TIME: (
        Operator.LAST,
        Operator.BETWEEN,
        Operator.EQUALS,
        Operator.ON_WEEKDAYS,
        Operator.AT_HOURS,
        Operator.IS_EMPTY,
        Operator.IS_UNREADABLE,
    ),
    Kind.LIST: (Operator.ONE_OF, Operator.CONTAINS, Operator.IS_EMPTY, Operator.IS_UNREADABLE),
    Kind.RECORDS: (Operator.CONTAINS, Operator.IS_EMPTY),
}
_COSTLY = frozenset({Operator.CONTAINS, Operator.STARTS_WITH, Operator.LISTS, Operator.ON_WEEKDAYS, Operator.AT_HOURS})
_WITHOUT_VALUES = frozenset({Operator.IS_TRUE, Operator.IS_FALSE, Operator.IS_EMPTY, Operator.IS_UNREADABLE})


def operators_for(kind: Kind) -> tuple[Operator, ...]:
    """The operators that a column of this kind knows, the most useful first."""
    return _OPERATORS[kind]


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition on one column.

    contains, starts_with, equals    one text; upper and lower case are the same, no character is special
    equals                           one number; one aware time
    one_of                           values exactly as stored, any number; None stands for empty; of none: no row
    between                          two values, None for open; numbers include both ends, times only the first
    last                             zone, number, unit (see `relative`): a time within that span back from now
    on_weekdays                      zone, then weekdays of that zone, 1 for Monday to 7 for Sunday
    at_hours                         zone, then hours of that zone's clock, 0 to 23
    lists                            separator, then items: the text, split there and trimmed, has one of them
                                     exactly; None stands for empty; an item that holds the separator
                                     stands for its pieces, one after another
    is_...                           no values

    On a list, `contains` asks each item and `one_of` asks for any item. `negated` takes exactly the other
    rows, those where the column is empty among them.
    """

    column: str
    operator: Operator
    values: tuple[Value, ...] = ()
    negated: bool = False


@dataclass(frozen=True, kw_only=True)
class Sort:
    """Order by one column; empty cells come last either way, and equal rows keep their order."""

    column: str
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which rows, in which order: those that meet all conditions and hold the search in a text column."""

    conditions: tuple[Condition, ...] = ()
    search: str = ""
    sort: tuple[Sort, ...] = ()

    @property
    def takes_all(self) -> bool:
        """True when no row is left out."""
        return not self.conditions and not self.search

    @property
    def is_costly(self) -> bool:
        """True when cells are gone through letter by letter, or moved to a zone one by one, to find the rows."""
        return bool(self.search) or any(condition.operator in _COSTLY for condition in self.conditions)

    def to_json(self) -> str:
        """The query as compact JSON; `from_json` gives an equal one."""
        value: dict[str, Any] = {}
        if self.conditions:
            value["conditions"] = [_condition_value(condition) for condition in self.conditions]
        if self.search:
            value["search"] = self.search
        if self.sort:
            value["sort"] = [{"column": sort.column, "descending": sort.descending} for sort in self.sort]
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Query:
        """Read what `to_json` wrote. Raises InputError for anything else; the table checks the columns."""
        try:
            value = json.loads(text)
            _only_keys(value, {"conditions", "search", "sort"})
            conditions = _list(value.get("conditions", []), _MOST_CONDITIONS)
            sort = _list(value.get("sort", []), _MOST_CONDITIONS)
            return cls(
                conditions=tuple(_condition(each) for each in conditions),
                search=_typed(value.get("search", ""), str),
                sort=tuple(_sort(each) for each in sort),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            raise InputError(
                "This filter cannot be read.", "Set the filters again on the page.", field="query"
            ) from None


def check_condition(condition: Condition, kind: Kind) -> None:
    """Raise InputError unless the condition makes sense for a column of this kind."""
    operator, values = condition.operator, condition.values
    if operator not in _OPERATORS[kind]:
        raise _wrong(condition, f"cannot be “{operator.value.replace('_', ' ')}”, which its column does not know")
    if operator in _OWN_VALUES:
        if not _OWN_VALUES[operator](values):
            raise _wrong(condition, "has values that do not belong to it")
        return
    if operator in _WITHOUT_VALUES:
        wanted = 0
    elif operator is Operator.BETWEEN:
        wanted = 2
    elif operator is Operator.ONE_OF:
        wanted = len(values)
    else:
        wanted = 1
    if len(values) != wanted:
        raise _wrong(condition, f"needs {wanted or 'no'} value{'' if wanted == 1 else 's'}")
    may_be_none = operator in (Operator.BETWEEN, Operator.ONE_OF)
    for value in values:
        if not (value is None and may_be_none) and not _fits(value, kind):
            raise _wrong(condition, "has a value of the wrong type")


def _fits(value: Value, kind: Kind) -> bool:
    if kind is Kind.TIME:
        return isinstance(value, datetime) and value.tzinfo is not None
    if kind is Kind.INTEGER:
        return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    if kind is Kind.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)
    return isinstance(value, str) and (kind in TEXT_KINDS or kind in (Kind.LIST, Kind.RECORDS))


def _reaches_back(values: tuple[Value, ...]) -> bool:
    return (
        len(values) == 3 and is_zone(values[0]) and _is_whole(values[1], 1, MOST_BACK) and values[2] in frozenset(Unit)
    )


def _zone_and_numbers(least: int, most: int) -> Callable[[tuple[Value, ...]], bool]:
    return lambda values: (
        len(values) > 0 and is_zone(values[0]) and all(_is_whole(value, least, most) for value in values[1:])
    )


def _separator_and_items(values: tuple[Value, ...]) -> bool:
    return (
        len(values) > 0
        and isinstance(values[0], str)
        and values[0] != ""
        and all(item is None or isinstance(item, str) for item in values[1:])
    )


_OWN_VALUES: Mapping[Operator, Callable[[tuple[Value, ...]], bool]] = {
    Operator.LAST: _reaches_back,
    Operator.ON_WEEKDAYS: _zone_and_numbers(1, 7),
    Operator.AT_HOURS: _zone_and_numbers(0, 23),
    Operator.LISTS: _separator_and_items,
}


def _is_whole(value: Value, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _wrong(condition: Condition, why: str) -> InputError:
    return InputError(f"The filter on “{condition.column}” {why}.", "Set the filter again.", field=condition.column)


def _condition_value(condition: Condition) -> dict[str, Any]:
    value: dict[str, Any] = {"column": condition.column, "operator": condition.operator.value}
    if condition.values:
        value["values"] = [_value_json(each) for each in condition.values]
    if condition.negated:
        value["negated"] = True
    return value


def _value_json(value: Value) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a query holds aware times")
        return {"time": value.astimezone(UTC).isoformat().replace("+00:00", "Z")}
    return value


def _condition(value: Any) -> Condition:
    _only_keys(value, {"column", "operator", "values", "negated"})
    return Condition(
        column=_typed(value["column"], str),
        operator=Operator(value["operator"]),
        values=tuple(_value(each) for each in _list(value.get("values", []), _MOST_VALUES)),
        negated=_typed(value.get("negated", False), bool),
    )


def _value(value: Any) -> Value:
    if isinstance(value, dict):
        _only_keys(value, {"time"})
        moment = datetime.fromisoformat(_typed(value["time"], str))
        if moment.tzinfo is None:
            raise ValueError("not an aware time")
        return moment
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    raise TypeError("not a value")


def _sort(value: Any) -> Sort:
    _only_keys(value, {"column", "descending"})
    return Sort(column=_typed(value["column"], str), descending=_typed(value.get("descending", False), bool))


def _only_keys(value: Any, known: set[str]) -> None:
    if not isinstance(value, dict) or not value.keys() <= known:
        raise TypeError("not what to_json writes")


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise TypeError("not a list, or too long")
    return value


def _typed(value: Any, wanted: type[T]) -> T:
    if not isinstance(value, wanted):
        raise TypeError("of another type")
    return value
