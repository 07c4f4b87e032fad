"""A report loads nothing and runs nothing, whatever its texts are, and says all that must be known."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from gladly_tools.charts import Figure, Figures
from gladly_tools.errors import TryLaterError
from gladly_tools.report_file import page, pictures
from gladly_tools.report_file.page import MOST_ROWS, number
from gladly_tools.report_file.pictures import inert
from gladly_tools.results.manifest import Note
from tests.report_file.making import FRAME, HOSTILE, chart_of, hostile_report, report_with
from tests.report_file.reading import Element, article_of, facts_of, parsed, table_of

ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "article"),
    *("h1", "h2", "h3", "p", "strong", "b", "i", "span", "div", "ul", "li", "dl", "dt", "dd"),
    *("details", "summary", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "g", "defs", "clippath", "lineargradient", "stop", "path", "rect", "line", "circle", "text", "tspan"),
}
REACHING = re.compile(r"https?:|//[a-z]|@import|url\((?!#)", re.IGNORECASE)


def attributes_of(document: Element) -> list[tuple[str, str, str]]:
    return [(each.name, name, value) for each in document.all("*") for name, value in each.attributes.items()]


def visible(text: str) -> str:
    return re.sub("[\x00-\x08\x0b-\x1f\x7f]", "\ufffd", text)


def assert_inert(document: Element) -> None:
    assert {each.name for each in document.all("*")} <= ELEMENTS
    for element, name, value in attributes_of(document):
        assert not name.startswith("on"), f"{element} acts on {name}"
        assert name not in ("src", "href", "xlink:href", "srcset", "action", "formaction", "ping"), (
            f"{element} has {name}"
        )
        assert not REACHING.search(value) or element == "meta", value
        if name == "style":
            assert re.fullmatch(r"background:#[0-9a-f]{6}", value)
    for style in document.all("style"):
        assert not REACHING.search(style.text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stands_there_and_does_nothing(text: str) -> None:
    tame, hostile = parsed(page(hostile_report("tame"))), parsed(page(hostile_report(text)))
    assert_inert(hostile)
    outside = [
        [each.name for each in side.all("*") if each.name not in ("path", "line", "text", "g")]
        for side in (tame, hostile)
    ]
    assert outside[0] == outside[1]
    assert hostile.all("h1")[0].words == visible(text)
    assert visible(text) in table_of(hostile.all("article")[0])[1]
    assert any(each.words == visible(text) for each in hostile.all("li"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_drawn_as_text(text: str) -> None:
    (wide,) = parsed(page(hostile_report(text))).all("svg", "wide")
    assert any(each.words and visible(text).startswith(each.words.rstrip("…")) for each in wide.all("text"))


def test_nothing_is_loaded_and_the_policy_forbids_it() -> None:
    document = parsed(page(report_with(chart_of(FRAME))))
    assert_inert(document)
    (policy,) = (
        each for each in document.all("meta") if each.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = policy.attributes["content"].split("; ")
    assert rules[:3] == ["default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]
    assert all("'none'" in rule for rule in rules[3:])


@pytest.mark.parametrize(
    ("svg", "kept"),
    [
        ("<script>alert(1)</script>", ""),
        ("<style>@import url(//evil.example)</style>", ""),
        ("<foreignObject><b>x</b></foreignObject>", ""),
        ('<image href="http://evil.example/x.png"/>', ""),
        ('<a href="javascript:alert(1)"><text>x</text></a>', ""),
        ('<use href="#x"/>', ""),
        ('<animate attributeName="href"/>', ""),
        ('<rect onload="alert(1)" style="fill:url(//evil.example)" fill="#fff"/>', '<rect fill="#fff"></rect>'),
        ('<rect fill="url(http://evil.example)"/>', "<rect></rect>"),
        ('<rect fill="URL(#a) url(//b)"/>', "<rect></rect>"),
        ('<g clip-path="url(#clip1)"/>', '<g clip-path="url(#p-clip1)"></g>'),
        ('<clipPath id="clip1"/>', '<clipPath id="p-clip1"></clipPath>'),
        ('<path d="M0.123456,1.5" display="none"/>', ""),
        ('<path d="M0.123456,1.5L-2.0004,3e5"/>', '<path d="M0.12,1.5L-2,3e5"></path>'),
        ("<text>a &lt;b&gt; <tspan>c</tspan> d</text>", "<text>a &lt;b&gt; <tspan>c</tspan> d</text>"),
        ('<g aria-label="x" role="y" class="z"/>', "<g></g>"),
    ],
)
def test_a_drawing_keeps_shapes_and_words_alone(svg: str, kept: str) -> None:
    whole = f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)" viewBox="0 0 1 1">{svg}</svg>'
    assert inert(whole, prefix="p-", kind="wide") == (
        f'<svg class="wide" aria-hidden="true" focusable="false" viewBox="0 0 1 1">{kept}</svg>'
    )


def test_every_chart_is_drawn_wide_and_narrow_with_its_words_notes_and_figures() -> None:
    chart = chart_of(FRAME, help="By the inbox it is in.", notes=("Small groups are marked.",))
    document = parsed(page(report_with(chart, replace(chart, title="Again"))))
    assert len(document.all("svg", "wide")) == len(document.all("svg", "narrow")) == 2
    article = article_of(document, "Bars")
    for words in ("Bars of inboxes", "By the inbox it is in.", "Small groups are marked."):
        assert words in article.words
    assert table_of(article) == [
        ["Inbox", "Conversations", "Median, minutes"],
        ["Returns", "1,234", "12.5"],
        ["Sales", "5", "0.3333"],
    ]
    names = [value for _, name, value in attributes_of(document) if name == "id"]
    assert len(set(names)) == len(names)
    (details,) = article.all("details")
    assert "open" not in details.attributes


def test_a_chart_that_cannot_be_drawn_says_so_and_shows_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pictures.render_all
    monkeypatch.setattr(pictures, "render_all", lambda specs: [None, None, *real(specs[2:])])
    document = parsed(page(report_with(chart_of(FRAME), chart_of(FRAME, title="Drawn"))))
    broken = article_of(document, "Bars")
    assert "could not be drawn" in broken.words
    assert "open" in broken.all("details")[0].attributes
    assert article_of(document, "Drawn").all("svg")


def test_drawing_that_fails_altogether_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(_specs: object) -> list[str | None]:
        raise TryLaterError("Drawing took too long.")

    monkeypatch.setattr(pictures, "render_all", too_long)
    with pytest.raises(TryLaterError, match="took too long"):
        page(report_with(chart_of(FRAME)))


def test_a_chart_with_nothing_to_show_says_why() -> None:
    chart = chart_of(FRAME.head(0), notes=("No conversation here has a time.",))
    article = parsed(page(report_with(chart))).all("article")[0]
    assert "No conversation here has a time." in article.words
    assert not article.all("svg")
    assert not article.all("details")


def test_a_long_table_ends_with_how_many_rows_it_leaves_out() -> None:
    frame = pd.DataFrame({"Day": [f"day {place}" for place in range(MOST_ROWS + 5)], "Conversations": 1})
    article = parsed(page(report_with(chart_of(frame)))).all("article")[0]
    assert len(table_of(article)) == 1 + MOST_ROWS
    assert "5 more rows" in article.words


def test_cells_are_written_as_people_read_them() -> None:
    frame = pd.DataFrame(
        {
            "a": ["x"] * 2,
            "n": [1, 2],
            "day": pd.to_datetime(["2026-03-09", "2026-03-10"]),
            "hour": pd.to_datetime(["2026-03-09 14:00", None]),
            "whole": pd.array([12345, None], dtype="Int64"),
            "yes": pd.array([True, None], dtype="boolean"),
            "part": [1.0, float("nan")],
        }
    )
    _, *rows = table_of(parsed(page(report_with(chart_of(frame)))).all("article")[0])
    assert rows == [
        ["x", "1", "2026-03-09", "2026-03-09 14:00", "12,345", "yes", "1"],
        ["x", "2", "2026-03-10", "", "", "", ""],
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (12.0, "12"), (1234.5678, "1,234.57"), (0.50337, "0.5034"), (-3.1, "-3.1"), (100.0, "100")],
)
def test_a_number_has_as_many_places_as_say_something(value: float, text: str) -> None:
    assert number(value) == text


def test_what_is_missing_stands_first_and_in_words() -> None:
    missing = (Note(level="partial", text="The report of 3 March was cut", count=2),)
    document = parsed(page(report_with(chart_of(FRAME), missing=missing)))
    (warning,) = document.all("section", "missing")
    assert "Data is missing." in warning.words
    assert "The report of 3 March was cut (2)" in warning.words
    order = [each.name for each in document.all("main")[0].children]
    assert order.index("section") < order.index("dl") < order.index("article")
    assert not parsed(page(report_with(chart_of(FRAME)))).all("section", "missing")


def test_an_unfinished_export_is_called_so() -> None:
    document = parsed(page(report_with(chart_of(FRAME), exported_at=None)))
    assert "The export was not finished." in document.all("section", "missing")[0].words
    assert "Exported" not in facts_of(document)


def test_the_facts_say_whose_it_is_what_was_asked_and_how_many_rows() -> None:
    report = report_with(chart_of(FRAME), filters=("Status is one of OPEN", "any text contains “refund”"), taken=30)
    document = parsed(page(report))
    assert facts_of(document) == {
        "Created": "2026-03-09 to 2026-03-12, America/New_York",
        "Filters": "Status is one of OPENany text contains “refund”",
        "Rows": "30 of 1,239",
        "Exported": "20 Mar 2026, 14:00",
        "Report made": "20 Mar 2026, 14:30, by alex.rivera@brightleaf.example",
        "Time zone": "America/New_York, for every day, hour and time here",
    }
    assert "30 of 1,239 rows (2.4%)" in document.all("header")[0].words


def test_figures_stand_with_their_basis_and_are_defined() -> None:
    figures = Figures(
        key="headline",
        figures=(Figure(label="Resolved", number=0.5, shown="50.0%", basis="of 12 eligible", help="At once."),),
        notes=("Since Monday.",),
    )
    document = parsed(page(report_with(figures, notes=(Note(level="info", text="Kept once", count=3),))))
    (card,) = document.all("div", "figure")
    assert [each.words for each in card.children] == ["Resolved", "50.0%", "of 12 eligible"]
    (reading,) = document.all("section", "notes")
    assert "Resolved: At once." in reading.words
    assert "Kept once (3)" in reading.words
    assert "Since Monday." in document.words
