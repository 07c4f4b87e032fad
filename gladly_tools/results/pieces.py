"""Texts that hold several items: cut at a separator, each piece trimmed."""

from __future__ import annotations

from collections.abc import Sequence

WHITE = " \t\r\n\v\f\u00a0\u2028\u2029\u3000\ufeff"
"""What is trimmed."""


def pieces_of(text: str, separator: str) -> list[str]:
    """The pieces, in order; empty ones too."""
    return [piece.strip(WHITE) for piece in text.split(separator)]


def run_of(item: str, separator: str) -> list[str]:
    """The pieces that stand for an item: itself, or all of those that it is cut into where it holds the separator."""
    return pieces_of(item, separator) if separator in item else [item]


def lists_any(text: str, separator: str, items: Sequence[str]) -> bool:
    """Whether a text has one of these items, as the operator `lists` tells."""
    pieces = pieces_of(text, separator)
    runs = [run_of(item, separator) for item in items]
    return any(pieces[start : start + len(run)] == run for run in runs for start in range(len(pieces) - len(run) + 1))
