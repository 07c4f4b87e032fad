"""One measured ratio with its target, and the table that they are printed as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A ratio measured in this run; `least` and `most` are its target, both included; neither means for information.

    `of` says in words what is divided by what, `detail` the two sides and what else belongs to them.
    """

    subject: str
    what: str
    of: str
    ratio: float
    least: float | None = None
    most: float | None = None
    detail: str = ""

    @property
    def met(self) -> bool:
        """True when the ratio is within its target; one that is not a number never is."""
        return (self.least is None or self.ratio >= self.least) and (self.most is None or self.ratio <= self.most)

    @property
    def target(self) -> str:
        """The target in words, empty when there is none."""
        words = [("at least", self.least), ("at most", self.most)]
        return " and ".join(f"{word} {_number(bound)}" for word, bound in words if bound is not None)


def table_of(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    heading = ("Subject", "Measured", "Ratio of", "Ratio", "Target", "Met", "Detail")
    lines = [
        (
            figure.subject,
            figure.what,
            figure.of,
            _number(figure.ratio),
            figure.target or "–",  # noqa: RUF001 a dash for nothing
            ("yes" if figure.met else "NO") if figure.target else "–",  # noqa: RUF001
            figure.detail,
        )
        for figure in figures
    ]
    widths = [max(map(len, column)) for column in zip(heading, *lines, strict=True)]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(cells, widths) for cells in (heading, rule, *lines))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
