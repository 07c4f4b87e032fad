"""The SQL view of a result: examples that run, answers, errors with their place, what ran before, stopping."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from gladly_tools.demo import Company
from gladly_tools.exports import EXPORTS
from gladly_tools.jobs import Job
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.sandbox_tables import Source, source
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.store import ResultStore
from gladly_tools.ui import sql_box
from gladly_tools.ui.sql_box_examples import EXAMPLES, examples_for
from gladly_tools.ui.sql_box_words import FUNCTIONS, KEYWORDS, as_name, words_for
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.results.making import result_of
from tests.ui.conftest import SID, open_page
from tests.ui.test_pages import run_export

ENDLESS = "SELECT sum(a.range * b.range) FROM range(9999999) a, range(9999999) b"


class Editor:
    """Stands for the field: what a person types and runs in it."""

    def __init__(self) -> None:
        self.typed: str | None = None
        self.text = ""
        self.wrong: Any = None
        self.running = False

    def __call__(self, text: str, version: int, words: Any, *, running: bool, wrong: Any, key: str) -> Any:
        self.text, self.wrong, self.running = text, wrong, running
        typed, self.typed = self.typed, None
        return typed


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> Editor:
    made = Editor()
    monkeypatch.setattr(sql_box, "PATIENCE_SECONDS", 20.0)  # so that an answer is there however busy the machine is
    monkeypatch.setattr(sql_box, "sql_editor", made)
    return made


@pytest.fixture
def job(here: Portal, session: Session, company: Company) -> Job:
    return run_export(here, session, "inboxes", company)


def open_sql(job: Job) -> AppTest:
    at = open_page("configuration", export="inboxes", job=job.id)
    at.session_state[f"view:{job.id}"] = "SQL"
    return at.run()


def run(at: AppTest, editor: Editor, text: str) -> AppTest:
    editor.typed = text
    at.run()
    assert not at.exception
    return at


def menu(at: AppTest, label: str) -> Any:
    (found,) = (each for each in at.menu_button if each.label == label)
    return found


def choose(at: AppTest, label: str, title: str) -> None:
    found = menu(at, label)
    (index,) = (place for place, option in enumerate(found.options) if option.endswith(title))
    found.click_index(index).run()
    assert not at.exception


def test_the_view_opens_with_an_example_in_the_field(session: Session, job: Job) -> None:
    at = open_sql(job)
    assert not at.exception
    assert "Names that are there twice" in menu(at, "Examples").options
    assert any("`result` is all" in caption.value for caption in at.caption)


def test_an_answer_is_shown_with_its_rows(session: Session, job: Job, editor: Editor) -> None:
    at = run(open_sql(job), editor, "SELECT name FROM result ORDER BY name")
    (frame,) = (each.value for each in at.dataframe if list(each.value.columns) == ["name"])
    assert len(frame) == job.row_count
    assert list(frame["name"]) == sorted(frame["name"])
    assert any(caption.value.startswith(f"{job.row_count} rows") for caption in at.caption)


def test_more_rows_than_are_shown_are_announced(
    session: Session, job: Job, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_box, "SHOWN_ROWS", 5)
    at = run(open_sql(job), editor, "SELECT n FROM range(7) r(n)")
    assert any("Showing the first 5 of 7 rows; a download holds all" in caption.value for caption in at.caption)


def test_no_rows_are_an_answer_too(session: Session, job: Job, editor: Editor) -> None:
    at = run(open_sql(job), editor, "SELECT * FROM result WHERE false")
    assert [info.value for info in at.info] == ["The query found no rows."]


def test_an_error_says_what_and_where(session: Session, job: Job, editor: Editor) -> None:
    text = "SELECT\n  nme\nFROM result"
    at = run(open_sql(job), editor, text)
    (error,) = at.error
    assert "There is no column “nme”" in error.value
    assert "(line 2, column 3)" in error.value
    assert '"name"' in error.value.replace("\\", "")
    assert at.code[0].value == "  nme\n  ^"
    assert editor.wrong == {"text": text, "position": text.index("nme")}


def test_an_example_is_put_into_the_field_by_one_click(session: Session, job: Job, editor: Editor) -> None:
    at = open_sql(job)
    choose(at, "Examples", "Every column at a glance")
    assert editor.text == "SUMMARIZE result"


def test_what_ran_can_be_chosen_again(session: Session, job: Job, editor: Editor) -> None:
    at = run(open_sql(job), editor, "SELECT 1 AS one")
    run(at, editor, "SELECT 2 AS two")
    run(at, editor, "SELECT 1 AS one")
    assert at.session_state["sql recent"] == ["SELECT 1 AS one", "SELECT 2 AS two"]
    choose(at, "Recent", "SELECT 2 AS two")
    assert editor.text == "SELECT 2 AS two"


def test_the_filters_make_the_filtered_table(here: Portal, session: Session, job: Job, editor: Editor) -> None:
    query = Query(conditions=(Condition(column="disabled", operator=Operator.IS_TRUE),))
    here.views.remember(SID, job.id, query)
    at = run(open_sql(job), editor, "SELECT count(*) AS n, bool_and(disabled) AS all_disabled FROM filtered")
    (frame,) = (each.value for each in at.dataframe if "all_disabled" in each.value.columns)
    assert frame["n"][0] > 0
    assert frame["all_disabled"][0]
    assert any("those that your filters take" in caption.value for caption in at.caption)


def test_filters_that_take_nothing_leave_the_field_open(
    here: Portal, session: Session, job: Job, editor: Editor
) -> None:
    here.views.remember(SID, job.id, Query(search="no such thing anywhere"))
    at = run(open_sql(job), editor, "SELECT (SELECT count(*) FROM filtered) AS f, count(*) AS r FROM result")
    (frame,) = (each.value for each in at.dataframe if "f" in each.value.columns)
    assert (frame["f"][0], frame["r"][0]) == (0, job.row_count)


def test_a_long_query_can_be_stopped(
    session: Session, job: Job, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_box, "PATIENCE_SECONDS", 0.0)
    at = run(open_sql(job), editor, ENDLESS)
    assert editor.running
    assert any("**Running**" in markdown.value for markdown in at.markdown)
    monkeypatch.setattr(sql_box, "PATIENCE_SECONDS", 10.0)
    next(button for button in at.button if button.label == "Stop").click().run()
    assert [info.value for info in at.info] == ["You stopped this query."]
    assert not editor.running


def test_one_query_too_many_is_told(here: Portal, session: Session, job: Job, editor: Editor) -> None:
    at = open_sql(job)
    tables = here.queries.tables(session.account, job, query=Query(), zone="UTC")
    running = [here.queries.start(session.account, ENDLESS, tables, zone="UTC") for _ in range(2)]
    run(at, editor, "SELECT 1")
    assert "2 of your queries are running" in at.warning[0].value
    for each in running:
        here.queries.stop(session.account, each.id)


def test_an_answer_that_is_gone_leaves_the_field(here: Portal, session: Session, job: Job, editor: Editor) -> None:
    at = run(open_sql(job), editor, "SELECT name FROM result")
    here.queries.close()
    at.run()
    assert not at.exception
    assert not any(list(each.value.columns) == ["name"] for each in at.dataframe)


def test_numbers_that_a_browser_would_round_are_shown_as_text(session: Session, job: Job, editor: Editor) -> None:
    at = run(open_sql(job), editor, "SELECT 9007199254740993 AS large, 9007199254740992 AS fits, NULL::BIGINT AS none")
    (frame,) = (each.value for each in at.dataframe if "large" in each.value.columns)
    assert frame["large"][0] == "9007199254740993"
    assert frame["fits"][0] == 9007199254740992


@pytest.mark.parametrize("name", list(EXPORTS))
def test_every_example_that_fits_an_export_runs(here: Portal, session: Session, name: str, company: Company) -> None:
    job = run_export(here, session, name, company)
    result = here.runs.result(session.account, job.id)
    assert result is not None
    for table in result.tables if len(result.tables) > 1 else [None]:
        tables = here.queries.tables(session.account, job, table=table, query=Query(), zone="UTC")
        examples = examples_for(tables[0].column_names)
        assert len(examples) > (2 if table is None else 1), "more than the two that fit everything"
        for example in examples:
            asked = here.queries.start(session.account, example.sql, tables, zone="America/New_York")
            assert asked.wait(30)
            assert asked.error is None, f"{example.title}: {asked.error}"


def test_every_example_fits_some_export() -> None:
    tables = []
    for export in EXPORTS.values():
        tables += [{column.name for column in export.columns}]
        tables += [{column.name for column in other.columns} for other in export.others]
    for example in EXAMPLES:
        assert any(set(example.needs) <= columns for columns in tables), example.title


@pytest.fixture
def table(tmp_path: Any) -> Source:
    columns = (
        Column(name="Created At", kind=Kind.TIME, verbatim=True),
        Column(name="id", kind=Kind.ID),
        Column(name="order"),
        Column(name='a "b"'),
    )
    made = result_of(ResultStore(tmp_path / "results"), columns, [{"id": "x", "Created At": "2026-03-01T00:00:00Z"}])
    return source("result", made)


def test_what_is_completed_can_be_run_as_it_stands(table: Source) -> None:
    words = {word["name"]: word for word in words_for([table])}
    assert {name: words[name]["text"] for name in ("Created At", "id", "order", 'a "b"', "text of Created At")} == {
        "Created At": '"Created At"',
        "id": "id",
        "order": '"order"',
        'a "b"': '"a ""b"""',
        "text of Created At": '"text of Created At"',
    }
    assert words["result"]["kind"] == "table"


def test_what_is_completed_is_known_to_the_engine() -> None:
    with duckdb.connect() as engine:
        functions = {row[0] for row in engine.execute("SELECT function_name FROM duckdb_functions()").fetchall()}
        words = {row[0].upper() for row in engine.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()}
        reserved = engine.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')"
        ).fetchall()
    assert set(FUNCTIONS) - {"coalesce", "nullif"} <= functions
    assert set(KEYWORDS) - words <= {"DATE", "DOUBLE", "VARCHAR", "UNNEST"}
    for (word,) in reserved:
        assert as_name(word) == f'"{word}"', word
