"""A list of which Gladly gives no more than a fixed number, and says in one way or another when there was more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[T]):
    """What was found, in Gladly's order, and whether it was cut."""

    found: tuple[T, ...]
    cut: bool
