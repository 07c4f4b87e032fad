"""What a report says: whose data it is, what was asked for, what is missing, and all that the dashboard shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gladly_tools.account import Account
from gladly_tools.charts import DASHBOARDS, Drawn, Names, TopicCells, no_names
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange, IdsQuestion, Parameters, Question, load_parameters, questions
from gladly_tools.exports.moments import MomentRange
from gladly_tools.results.manifest import Note
from gladly_tools.results.naming import names_in_condition
from gladly_tools.results.query import Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.results.words import days_words, describe_query


@dataclass(frozen=True, kw_only=True)
class Part:
    """Figures and charts that answer one kind of question; the headline has no title."""

    title: str
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that a report says, nothing drawn yet. Times are aware; days, hours and times are shown in `zone` (IANA).

    `period` (empty where there is none), `parameters` and `filters` are in words. `taken` of `rows` rows meet the
    filters. `exported_at` is None while the export is not finished.
    """

    title: str
    organization: str
    period: str
    made_by: str
    made_at: datetime
    exported_at: datetime | None
    zone: str
    parameters: tuple[tuple[str, str], ...]
    filters: tuple[str, ...]
    taken: int
    rows: int
    missing: tuple[Note, ...]
    notes: tuple[Note, ...]
    caveat: str
    parts: tuple[Part, ...]


def can_report(export: str, table: str | None = None) -> bool:
    """Whether there is a report of an export's results: where there are charts; of several tables, of the first."""
    return export in DASHBOARDS and table in (None, EXPORTS[export].table)


def report_of(
    result: Result,
    query: Query,
    account: Account,
    *,
    now: datetime,
    names: Names = no_names,
    separator: str = ">>",
    known_topics: Sequence[str] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> Report:
    """The report of the rows that a query takes of a result, as its account sees them.

    `separator` and `known_topics` tell how topics are read, as `TopicCells`.

    Raises KeyError for an export without charts, and what `Table` raises.
    """
    manifest = result.manifest
    dashboard = DASHBOARDS[manifest.export]
    table = Table(result)
    topics = TopicCells(separator=separator, known=known_topics)
    scope = dashboard.scope(table, query, manifest.zone, names, topics=topics, chosen=chosen)
    headline = [Part(title="", drawn=tuple(dashboard.headline(scope)))] if dashboard.headline is not None else []
    sections = [Part(title=each.title, drawn=tuple(each.draw(scope))) for each in dashboard.sections]
    export = EXPORTS[manifest.export]
    values = load_parameters(export.parameters, manifest.parameters)
    return Report(
        title=manifest.title.removeprefix("Export "),
        organization=account.organization,
        period=_period(values),
        made_by=account.username,
        made_at=now,
        exported_at=manifest.finished,
        zone=manifest.zone,
        parameters=tuple(_in_words(values, names)),
        filters=tuple(
            describe_query(
                query, manifest.zone, now=now, names=lambda each: names_in_condition(table.columns, each, names)
            )
        ),
        taken=scope.table.count(scope.query),
        rows=table.rows,
        missing=tuple(note for note in manifest.notes if note.level == "partial"),
        notes=tuple(note for note in manifest.notes if note.level != "partial"),
        caveat=export.caveat,
        parts=(*headline, *(part for part in sections if part.drawn)),
    )


def _period(values: Parameters) -> str:
    """The days or the time that the export is of, in words; empty where it is of none."""
    for name, question in questions(type(values)).items():
        value = getattr(values, name)
        if isinstance(value, DateRange):
            return f"{days_words(value.first, value.last)}, {value.zone}"
        if isinstance(value, MomentRange):
            return question.describe(value)
    return ""


def _in_words(values: Parameters, names: Names) -> Iterator[tuple[str, str]]:
    for name, question in questions(type(values)).items():
        words = _words(question, getattr(values, name), names)
        if words:
            yield question.label, words


def _words(question: Question, value: object, names: Names) -> str:
    """An answer in words; ids by their names, where those are known."""
    if isinstance(question, IdsQuestion) and isinstance(value, Sequence) and value:
        known = names(question.of, value)
        return ", ".join(known.get(each, each) for each in value)
    return question.describe(value)
