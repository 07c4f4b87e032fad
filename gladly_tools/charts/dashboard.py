"""A dashboard: sections of charts over the rows that a query takes, with what may be chosen in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gladly_tools.charts.chart import Chart, Figures
from gladly_tools.insights import TopicCells
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table

Names = Callable[[str, Iterable[str]], Mapping[str, str]]
"""Looks up names: of `agents`, `inboxes`, `topics` or `customers`, those that are known of these ids."""
Drawn = Chart | Figures


def no_names(_kind: str, _ids: Iterable[str]) -> Mapping[str, str]:
    """Knows no name."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Something to choose in a section; the first option is the usual one.

    `label` is said before an option, unless it is empty.
    """

    key: str
    label: str
    options: tuple[str, ...]

    def words(self, option: str) -> str:
        """An option with its label: `Count by day`."""
        return f"{self.label} {option.lower()}" if self.label else option


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a dashboard is made of: the rows of `table` that `query` takes, with days and hours in `zone` (IANA).

    `topics` tells how cells of topics are read. `chosen` has the options of the section's choices by key; what is
    not there is the usual one.
    """

    table: Table
    query: Query
    zone: str
    names: Names = no_names
    topics: TopicCells = field(default_factory=TopicCells)
    chosen: Mapping[str, str] = field(default_factory=dict)

    def option(self, choice: Choice) -> str:
        """What is chosen; the usual option unless another one of the choice is."""
        found = self.chosen.get(choice.key, "")
        return found if found in choice.options else choice.options[0]

    def has(self, *columns: str) -> bool:
        """Whether the table has these columns; some are left out where they are empty throughout."""
        return set(columns) <= {column.name for column in self.table.columns}

    @property
    def as_of(self) -> datetime:
        """When the export began: what is open now was open then."""
        return self.table.result.manifest.started


@dataclass(frozen=True, kw_only=True)
class Section:
    """Charts that answer one kind of question, made one by one as they are asked for."""

    title: str
    draw: Callable[[Scope], Iterator[Drawn]]
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """What one export shows: headline figures and sections, in order; calling it makes everything of all of them.

    `columns` are all that its figures are made of; none when some are made of more than the rows that a query takes.
    """

    sections: tuple[Section, ...]
    headline: Callable[[Scope], Iterator[Drawn]] | None = None
    columns: tuple[str, ...] = ()

    def scope(
        self,
        table: Table,
        query: Query,
        zone: str,
        names: Names = no_names,
        *,
        topics: TopicCells = TopicCells(),  # noqa: B008 it is frozen
        chosen: Mapping[str, str] | None = None,
    ) -> Scope:
        """What all of it is made of; where that takes long, which rows the query takes is told once for all of it."""
        table, query = table.narrowed(query, self.columns)
        return Scope(table=table, query=query, zone=zone, names=names, topics=topics, chosen=chosen or {})

    def __call__(
        self,
        table: Table,
        query: Query,
        zone: str,
        names: Names = no_names,
        *,
        topics: TopicCells = TopicCells(),  # noqa: B008 it is frozen
        chosen: Mapping[str, str] | None = None,
    ) -> Iterator[Drawn]:
        """Headline figures and charts of every section, in order, each made when it is asked for."""
        scope = self.scope(table, query, zone, names, topics=topics, chosen=chosen)
        if self.headline is not None:
            yield from self.headline(scope)
        for section in self.sections:
            yield from section.draw(scope)
