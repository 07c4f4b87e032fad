"""Typed readings of verbatim text. What cannot be read is counted, and its text stays.

Each kind has a fast way for whole columns (Arrow) that takes only the plain forms, and one plain function for
a single cell; a cell that the fast way does not take goes through the function, so the functions say what is
readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute

from gladly_tools.results.pieces import WHITE
from gladly_tools.results.schema import TEXT_KINDS, Kind

# The type stubs cannot follow arrays whose type is known only when the program runs.
pc: Any = pyarrow.compute
Cells = Any

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?)?"
    r" ?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d*)?)(?:[eE][+-]?\d+)?", re.ASCII)
_TRUE = ("true", "yes", "y", "t", "1")
_FALSE = ("false", "no", "n", "f", "0")

_FAST_OFFSET_TIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:?[0-9]{2})$"
)
# Only years for which Arrow and Python are sure to know the same rules of the zones.
_FAST_LOCAL_TIME = (
    r"^(19[7-9][0-9]|20[0-2][0-9]|203[0-6])-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?$"
)
_FAST_INTEGER = r"^-?[0-9]{1,18}$"
_FAST_NUMBER = r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$"

_FIRST_MOMENT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def read(cells: Cells, kind: Kind, zone: str) -> tuple[Cells, int]:
    """Read text cells as a kind: the typed cells, and how many were not empty and still could not be read.

    Empty (null after reading, not counted) are null, blank text and the word `null` in any case. Times
    without an offset are in `zone` (IANA); when the clock goes back the earlier moment is meant, and a moment
    that the clock skipped moves on by what was skipped. Times come back in UTC, microseconds; finer fractions
    are cut.
    """
    flat = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    if isinstance(flat, pa.ChunkedArray):
        flat = pa.concat_arrays(flat.chunks) if flat.num_chunks else pa.array([], pa.string())
    if kind in TEXT_KINDS:
        return flat, 0
    text = pc.utf8_trim(flat, characters=WHITE)
    text = pc.if_else(is_empty(text), pa.scalar(None, pa.string()), text)
    typed = _FAST[kind](text, zone)
    missed = pc.and_(pc.is_null(typed), pc.is_valid(text))
    left = pc.sum(missed).as_py() or 0
    if not left:
        return typed, 0
    one = _reader(kind, zone)
    # The same few odd spellings come again and again, so each is read once.
    distinct = {cell: one(cell) for cell in pc.unique(text.filter(missed)).to_pylist()}
    read_cells = [distinct[cell] for cell in text.filter(missed).to_pylist()]
    patch = pa.array(read_cells, typed.type)
    if pa.types.is_list(typed.type):
        spare = iter(read_cells)
        whole = [
            next(spare) if hole else cell for cell, hole in zip(typed.to_pylist(), missed.to_pylist(), strict=True)
        ]
        return pa.array(whole, typed.type), patch.null_count
    return pc.replace_with_mask(typed, missed, patch), patch.null_count


def is_empty(trimmed: Cells) -> Cells:
    """Where trimmed text says nothing: null, blank, or the word `null`. Never null itself."""
    word = pc.equal(pc.ascii_lower(trimmed), "null")
    return pc.fill_null(pc.or_(pc.equal(trimmed, ""), word), True)


def count_unreadable(cells: Cells, typed: Cells) -> int:
    """How many text cells say something and still have no reading."""
    hollow = is_empty(pc.utf8_trim(cells, characters=WHITE))
    return int(pc.sum(pc.and_(pc.is_null(typed), pc.invert(hollow))).as_py() or 0)


def read_time(text: str, zone: tzinfo) -> datetime | None:
    """One ISO 8601 time or date, in UTC; None when it is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, z, sign, offset_hours, offset_minutes = match.groups()
    if hour is None and (z or sign):
        return None
    place: tzinfo = zone
    if z:
        place = UTC
    elif sign:
        hours, minutes = int(offset_hours), int(offset_minutes or 0)
        if hours > 23 or minutes > 59:
            return None
        offset = timedelta(hours=hours, minutes=minutes)
        place = timezone(-offset if sign == "-" else offset)
    micro = int((fraction or "")[:6].ljust(6, "0"))
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            micro,
            tzinfo=place,
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_number(text: str) -> float | None:
    """One decimal number, also 1,234.5 with commas for thousands; None when it is none, or beyond a float."""
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text.replace(",", ""))
    return number if abs(number) < float("inf") else None


def read_integer(text: str) -> int | None:
    """One whole number, however written (3, 3.0, 3e2, 1,234); None when it is none, or beyond 64 bits."""
    rough = read_number(text)
    if rough is None or abs(rough) > 1e19:
        return None
    exact = Decimal(text.replace(",", ""))
    if exact != exact.to_integral_value():
        return None
    number = int(exact)
    return number if -(2**63) <= number < 2**63 else None


def read_boolean(text: str) -> bool | None:
    """One yes or no, in any of the usual spellings and any case; None when it is neither."""
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else None


def read_list(text: str) -> list[str] | None:
    """One JSON list of texts; None when it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return value


def _reader(kind: Kind, zone: str) -> Callable[[str], Any]:
    if kind is Kind.TIME:
        place = _zone(zone)
        return lambda text: read_time(text, place)
    return {
        Kind.NUMBER: read_number,
        Kind.INTEGER: read_integer,
        Kind.BOOLEAN: read_boolean,
        Kind.LIST: read_list,
    }[kind]


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _only(text: Cells, pattern: str) -> Cells:
    return pc.if_else(pc.match_substring_regex(text, pattern), text, pa.scalar(None, pa.string()))


def _cast(text: Cells, pattern: str, target: pa.DataType) -> Cells:
    """Cast the cells that match; nothing when one of them is not what it looks like (30 February)."""
    try:
        return pc.cast(_only(text, pattern), target)
    except pa.ArrowInvalid:
        return pa.array([None] * len(text), target)


def _fast_time(text: Cells, zone: str) -> Cells:
    utc = pa.timestamp("us", tz="UTC")
    typed = _cast(text, _FAST_OFFSET_TIME, utc)
    within = pc.and_(
        pc.greater_equal(typed, pa.scalar(_FIRST_MOMENT, utc)),
        pc.less_equal(typed, pa.scalar(_LAST_MOMENT, utc)),
    )
    typed = pc.if_else(within, typed, pa.scalar(None, utc))
    if typed.null_count == text.null_count:
        return typed
    local = _cast(text, _FAST_LOCAL_TIME, pa.timestamp("us"))
    if local.null_count == len(local):
        return typed
    try:
        placed = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="raise")
    except pa.ArrowInvalid:
        return typed  # a skipped moment, or a zone that Arrow does not know: one by one
    return pc.coalesce(typed, pc.cast(placed, utc))


def _fast_integer(text: Cells, zone: str) -> Cells:
    return _cast(text, _FAST_INTEGER, pa.int64())


def _fast_number(text: Cells, zone: str) -> Cells:
    return _cast(text, _FAST_NUMBER, pa.float64())


def _fast_boolean(text: Cells, zone: str) -> Cells:
    word = pc.ascii_lower(text)
    true = pc.is_in(word, value_set=pa.array(_TRUE))
    false = pc.is_in(word, value_set=pa.array(_FALSE))
    return pc.if_else(true, True, pc.if_else(false, False, pa.scalar(None, pa.bool_())))


def _fast_list(text: Cells, zone: str) -> Cells:
    return pa.nulls(len(text), pa.list_(pa.string()))


_FAST: dict[Kind, Callable[[Cells, str], Cells]] = {
    Kind.TIME: _fast_time,
    Kind.INTEGER: _fast_integer,
    Kind.NUMBER: _fast_number,
    Kind.BOOLEAN: _fast_boolean,
    Kind.LIST: _fast_list,
}
