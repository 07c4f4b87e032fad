"""Topics whose names hold a comma: told apart where they are known, and a filter takes what a mark counts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest

from gladly_tools.charts import DASHBOARDS, Chart, TopicCells
from gladly_tools.charts.topics import UNKNOWN_NAMES
from gladly_tools.exports import EXPORTS
from gladly_tools.results.query import Query
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from tests.charts.conftest import Sides
from tests.results.making import result_of

TAX = "Billing>>VAT, GST & other tax"
# A part of a known name that is a topic too, and known names that share a piece.
NAMES = (TAX, "GST & other tax", "Billing", "Returns", "A, B", "B, C", "B", "Returns>>Late, lost")
KNOWN = tuple(name for name in NAMES if "," in name)
EXPORT = EXPORTS["contact-information"]


@pytest.mark.parametrize(
    ("known", "text", "topics"),
    [
        ((TAX,), f"{TAX},Returns", (TAX, "Returns")),
        ((TAX,), f"Returns , {TAX}", ("Returns", TAX)),
        ((TAX,), "Billing>>VAT,GST & other tax", (TAX,)),
        ((TAX,), "VAT, GST & other tax", ("VAT", "GST & other tax")),
        ((), TAX, ("Billing>>VAT", "GST & other tax")),
        (None, TAX, ("Billing>>VAT", "GST & other tax")),
        (("A, B", "A, B, C"), "A, B, C, A, B", ("A, B, C", "A, B")),
        (("A, B", "B, C"), "A, B, C", ("A, B", "C")),
        ((), "Returns,, Returns ,", ("Returns",)),
        ((), " , ", ()),
    ],
)
def test_a_cell_names_known_topics_whole_and_each_once(
    known: Sequence[str] | None, text: str, topics: Sequence[str]
) -> None:
    assert TopicCells(known=known).topics(text) == topics


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    chance = random.Random(7)
    rows = [
        {
            "Conversation ID": str(number),
            "Created At": f"2026-0{chance.randrange(1, 4)}-10T12:00:00.000Z",
            "Conversation Handle Time in seconds": str(chance.randrange(900)),
            "Topics with Hierarchy": ", ".join(chance.sample(NAMES, chance.randrange(4))),
        }
        for number in range(150)
    ]
    result = result_of(ResultStore(tmp_path_factory.mktemp("topics")), EXPORT.columns, rows)
    result.finish()
    return Table(result)


@pytest.mark.parametrize("known", [None, (), KNOWN, (TAX,)], ids=["unknown", "no commas", "all", "one"])
@pytest.mark.parametrize("group", ["Topic", "Inbox"])
def test_a_mark_of_a_topic_takes_as_many_rows_as_it_says(table: Table, known: Sequence[str] | None, group: str) -> None:
    scope = DASHBOARDS[EXPORT.name].scope(
        table, Query(), "UTC", topics=TopicCells(known=known), chosen={"group": group}
    )
    counted = 0
    for section in DASHBOARDS[EXPORT.name].sections:
        if section.title not in ("Topics", "Times"):
            continue
        for chart in section.draw(scope):
            assert isinstance(chart, Chart)
            for mark in chart.marks:
                assert table.count(Query(conditions=mark.conditions)) == mark.rows, (chart.key, mark.label)
                counted += 1
    assert counted > 10


def shown(table: Table, known: Sequence[str] | None) -> Chart:
    scope = DASHBOARDS[EXPORT.name].scope(table, Query(), "UTC", topics=TopicCells(known=known))
    section = next(each for each in DASHBOARDS[EXPORT.name].sections if each.title == "Topics")
    chart = next(iter(section.draw(scope)))
    assert isinstance(chart, Chart)
    return chart


def test_a_known_name_with_a_comma_is_one_topic(table: Table) -> None:
    assert "Billing > VAT, GST & other tax" in set(shown(table, KNOWN).frame["Topic"])
    assert "Billing > VAT" in set(shown(table, None).frame["Topic"])


def test_what_is_assumed_is_said_where_topics_are_not_known(table: Table) -> None:
    assert UNKNOWN_NAMES in shown(table, None).notes
    assert UNKNOWN_NAMES not in shown(table, ()).notes


def test_the_demo_company_has_such_a_topic_and_it_is_shown_whole(made: Mapping[str, Sides]) -> None:
    names = made["contact-information"].table.choices("Topics with Hierarchy")
    whole = {text for text, _ in names if text and "VAT, GST & other tax" in text}
    assert whole
    known = tuple(text for text in whole if text.endswith("VAT, GST & other tax") and text.count(",") == 1)
    assert known
    found = shown(made["contact-information"].table, known)
    assert any(topic.endswith("> VAT, GST & other tax") for topic in found.frame["Topic"])
