"""Every export that has charts, made once from the demo company, beside the rows of its CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gladly_tools import clock
from gladly_tools.charts import DASHBOARDS, Drawn, Scope
from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange, check_parameters
from gladly_tools.results.download import Format, encode
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from tests.conftest import NOW, UNLIMITED, connect, settings_for
from tests.exports.truth import answers

ZONE = "America/New_York"
CONVERSATIONS = ("contact-information", "freeform-topics")
FEBRUARY_TO_MARCH = DateRange(first=date(2026, 2, 20), last=date(2026, 3, 19), zone=ZONE)


@dataclass(frozen=True, kw_only=True)
class Sides:
    """A table with charts, and its rows as a person finds them in the CSV."""

    export: str
    table: Table
    zone: str
    kept: dict[Query, list[dict[str, str]]] = field(default_factory=dict)

    def rows(self, query: Query) -> list[dict[str, str]]:
        """The rows of the query, as downloaded."""
        if query not in self.kept:
            text = b"".join(encode(self.table, query, Format.CSV)).decode()
            self.kept[query] = list(csv.DictReader(io.StringIO(text, newline="")))
        return self.kept[query]

    def scope(self, query: Query, chosen: Mapping[str, str] | None = None) -> Scope:
        """What the charts are made of."""
        return DASHBOARDS[self.export].scope(self.table, query, self.zone, chosen=chosen)


@pytest.fixture(scope="session")
def made(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Sides]]:
    """Every export with charts, by name."""
    folder: Path = tmp_path_factory.mktemp("charts")
    with DemoServer(company, limits=UNLIMITED) as server, pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", lambda: NOW)
        settings = settings_for(server, folder)
        runs = Runs(settings)
        client, account = connect(server, settings)
        found = {}
        for name in DASHBOARDS:
            export = EXPORTS[name]
            given: dict[str, Any] = answers(name, company)
            if name in CONVERSATIONS:
                given = {"dates": FEBRUARY_TO_MARCH, "inbox_ids": (), "customers": False}
            elif "dates" in given:
                given["dates"] = DateRange(**dict(zip(("first", "last", "zone"), given["dates"], strict=True)))
            parameters = check_parameters(export.parameters, given)
            job = runs.run_here(account, client, export, parameters, lambda _ticket: None)
            result = runs.result(account, job.id)
            assert result is not None
            assert result.rows, name
            found[name] = Sides(export=name, table=Table(result), zone=result.manifest.zone)
        yield found
        runs.close()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A section of a dashboard with what is chosen in it; None is the headline."""

    export: str
    section: int | None
    chosen: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        dashboard = DASHBOARDS[self.export]
        title = "headline" if self.section is None else dashboard.sections[self.section].title
        return " ".join([self.export, title, *(option for _, option in self.chosen)])

    def drawn(self, sides: Sides, query: Query) -> list[Drawn]:
        """What the section shows of the rows that the query takes."""
        dashboard, scope = DASHBOARDS[self.export], sides.scope(query, dict(self.chosen))
        if self.section is not None:
            return list(dashboard.sections[self.section].draw(scope))
        return [] if dashboard.headline is None else list(dashboard.headline(scope))


def cases() -> list[Case]:
    """Every section of every dashboard, with every option of one choice after another."""
    found = []
    for export, dashboard in DASHBOARDS.items():
        if dashboard.headline is not None:
            found.append(Case(export=export, section=None))
        for place, section in enumerate(dashboard.sections):
            found.append(Case(export=export, section=place))
            for choice in section.choices:
                found += [
                    Case(export=export, section=place, chosen=((choice.key, option),)) for option in choice.options[1:]
                ]
    return found
