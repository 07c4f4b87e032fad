"""Queries over results: their answers are exact, their errors say where, and they end when they are told to."""

from __future__ import annotations

import io
import json
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from gladly_tools.errors import Cancelled, GladlyToolsError, QueryError, TryLaterError
from gladly_tools.results import sandbox as sandbox_module
from gladly_tools.results.download import Format, read_csv
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.sandbox import FEW_ROWS, MOST_CHARACTERS, Run, Sandbox
from gladly_tools.results.sandbox_answer import Answer
from gladly_tools.results.sandbox_tables import Source, literal, source, table_name
from gladly_tools.results.sandbox_words import failed, place_of
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.store import Result, ResultStore
from gladly_tools.results.table import Table
from tests.results.making import EVERY_KIND, new_result, result_of
from tests.told import is_told

ROWS: list[dict[str, Any]] = [
    {
        "Id": f"id-{number}",
        "Name": ["=1+1", "Zoë 🌱", 'a "quote"', "it's\nnew", None][number % 5],
        "Status": ["OPEN", "CLOSED"][number % 2],
        "Created At": f"2026-03-{number % 28 + 1:02}T23:30:00Z",
        "Count": "many" if number == 7 else str(number * 10),
        "Score": number / 3,
        "Open": number % 2 == 0,
        "Tags": [["a", "b"], []][number % 2],
        'odd "name"; --': "odd",
    }
    for number in range(40)
]


@pytest.fixture(scope="module")
def result(store: ResultStore) -> Result:
    made = result_of(store, EVERY_KIND, ROWS[:20], ROWS[20:])
    made.finish()
    return made


@pytest.fixture
def sandbox(store: ResultStore, result: Result) -> Iterator[Sandbox]:
    yield Sandbox(result.engine.spill / "sql", seconds=20, memory_mb=256)
    assert not list((result.engine.spill / "sql").iterdir()), "every answer was deleted, and what failed left nothing"


def ask(sandbox: Sandbox, text: str, *tables: Source, zone: str = "UTC") -> dict[str, list[Any]]:
    """The answer's rows by column, as a JSON download holds them."""
    answer = sandbox.ask(text, tables, zone=zone)
    try:
        rows = json.loads(encoded(answer, Format.JSON))
        return {column.name: [row[column.name] for row in rows] for column in answer.columns}
    finally:
        answer.delete()


def encoded(answer: Answer, format: Format) -> bytes:
    return b"".join(answer.encode(format))


def test_columns_have_their_own_names_and_typed_readings(sandbox: Sandbox, result: Result) -> None:
    found = ask(
        sandbox,
        'SELECT sum("Count") AS total, max("Created At") AS last, any_value("odd ""name""; --") AS odd,'
        ' any_value("text of Count") FILTER ("Count" IS NULL) AS t FROM result',
        source("result", result),
    )
    assert found == {
        "total": [sum(number * 10 for number in range(40) if number != 7)],
        "last": ["2026-03-28T23:30:00Z"],
        "t": ["many"],
        "odd": ["odd"],
    }


def test_a_column_named_like_a_formula_is_guarded_in_the_csv(sandbox: Sandbox, result: Result) -> None:
    answer = sandbox.ask(
        "SELECT 1 AS \"=cmd|' /c x'!A0\", 2 AS two FROM result LIMIT 1", [source("result", result)], zone="UTC"
    )
    try:
        text = encoded(answer, Format.CSV).decode()
    finally:
        answer.delete()
    assert text.splitlines()[0] == "'=cmd|' /c x'!A0,two"


def test_the_filtered_rows_are_those_of_the_table(sandbox: Sandbox, result: Result) -> None:
    query = Query(
        conditions=(
            Condition(column="Status", operator=Operator.ONE_OF, values=("OPEN", "it's")),
            Condition(column="Score", operator=Operator.BETWEEN, values=(2.5, None)),
            Condition(
                column="Created At",
                operator=Operator.BETWEEN,
                values=(datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)),
            ),
            Condition(column="Name", operator=Operator.CONTAINS, values=("a \0'; --",), negated=True),
        ),
        search="ID-",
    )
    wanted = list(Table(result).page(query, ["Id"], limit=100)["Id"])
    assert wanted
    found = ask(sandbox, "SELECT Id FROM filtered", source("filtered", result, query=query))
    assert found["Id"] == wanted


def test_a_result_that_is_being_written_can_be_asked_too(sandbox: Sandbox, store: ResultStore) -> None:
    growing = result_of(store, EVERY_KIND, ROWS[:3], ROWS[3:5])
    assert ask(sandbox, "SELECT count(*) AS n FROM result", source("result", growing)) == {"n": [5]}


def test_a_result_without_any_rows_yet_is_no_table(store: ResultStore) -> None:
    with pytest.raises(FileNotFoundError):
        source("result", new_result(store, EVERY_KIND))


def test_times_are_cut_in_the_zone(sandbox: Sandbox, result: Result) -> None:
    text = "SELECT strftime(date_trunc('day', min(\"Created At\")), '%Y-%m-%d %H:%M') AS day FROM result"
    table = source("result", result)
    assert ask(sandbox, text, table, zone="UTC")["day"] == ["2026-03-01 00:00"]
    assert ask(sandbox, text, table, zone="Asia/Tokyo")["day"] == ["2026-03-02 00:00"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("9223372036854775807", 9223372036854775807),
        ("170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("sum(12)", 12),
        ("1.10::DECIMAL(4, 2)", 1.1),
        ("1.10::DECIMAL(15, 2)", 1.1),
        ("1.10::DECIMAL(16, 2)", "1.10"),
        ("1.10::DECIMAL(30, 2)", "1.10"),
        ("0.1::FLOAT", 0.1),
        ("'NaN'::DOUBLE", "nan"),
        ("'-Infinity'::DOUBLE", "-inf"),
        ("true", True),
        ("NULL", None),
        ("DATE '2026-03-01'", "2026-03-01"),
        ("TIME '10:30:00'", "10:30:00"),
        ("TIMESTAMP '2026-03-01 10:30:00.5'", "2026-03-01 10:30:00.5"),
        ("TIMESTAMPTZ '2026-03-01 10:30:00-05'", "2026-03-01T15:30:00Z"),
        ("'infinity'::TIMESTAMPTZ", "infinity"),
        ("TIMESTAMPTZ '290000-01-01 00:00:00Z'", "290000-01-01 00:00:00+00"),
        ("INTERVAL 90 MINUTE", "01:30:00"),
        ("'\\xAA\\x00'::BLOB", "\\xAA\\x00"),
        ("'101'::BIT", "101"),
        ("'a'::ENUM('a', 'b')", "a"),
        ("['x', NULL]", ["x", None]),
        ("[1, 2]", "[1,2]"),
        ("{'a': 1, 'b': [DATE '2026-03-01']}", '{"a":1,"b":["2026-03-01"]}'),
        ("MAP {'k': 1}", '{"k":1}'),
        ("'{\"a\": 1}'::JSON", '{"a": 1}'),
        ("CAST('00000000-0000-0000-0000-000000000001' AS UUID)", "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_every_kind_of_value_comes_through(sandbox: Sandbox, cell: str, shown: object) -> None:
    assert ask(sandbox, f"SELECT {cell} AS cell") == {"cell": [shown]}


def test_one_value_that_does_not_fit_makes_its_column_text_and_loses_nothing(sandbox: Sandbox) -> None:
    found = ask(sandbox, "SELECT * FROM (VALUES (1.5::DOUBLE), ('nan'), (NULL)) t(a)")
    assert found == {"a": ["1.5", "nan", None]}


def test_columns_of_one_name_all_come_through(sandbox: Sandbox) -> None:
    assert ask(sandbox, 'SELECT 1 AS a, 2 AS a, 3 AS "a (2)", 4 AS a') == {
        "a": [1],
        "a (3)": [2],
        "a (2)": [3],
        "a (4)": [4],
    }


def test_the_order_that_was_asked_for_stays(sandbox: Sandbox) -> None:
    found = ask(sandbox, "SELECT n FROM range(50000) r(n) ORDER BY hash(n)")
    with duckdb.connect() as engine:
        wanted = engine.execute("SELECT n FROM range(50000) r(n) ORDER BY hash(n)").fetchall()
    assert found["n"] == [n for (n,) in wanted]


def test_every_download_holds_the_whole_answer_and_csv_is_guarded(sandbox: Sandbox, result: Result) -> None:
    answer = sandbox.ask('SELECT "Name", "Score", "Open" FROM result', [source("result", result)], zone="UTC")
    try:
        names = [row["Name"] for row in ROWS]
        text = encoded(answer, Format.CSV).decode()
        assert "\r\n'=1+1," in text
        assert [row["Name"] or None for row in read_csv(text)] == names
        assert "\r\n=1+1," in b"".join(answer.encode(Format.CSV, guard=False)).decode()
        assert [row["Name"] for row in json.loads(encoded(answer, Format.JSON))] == names
        assert [json.loads(line)["Name"] for line in encoded(answer, Format.JSONL).splitlines()] == names
        table = pq.read_table(io.BytesIO(encoded(answer, Format.PARQUET)))
        assert table.column("Name").to_pylist() == names
        assert table.column("Score").to_pylist() == [row["Score"] for row in ROWS]
        frame = answer.frame(7)
        assert list(frame["Open"]) == [row["Open"] for row in ROWS[:7]]
    finally:
        answer.delete()


def test_an_answer_is_cut_at_its_cap_and_says_so(result: Result) -> None:
    small = Sandbox(result.engine.spill / "sql", seconds=20, memory_mb=256, most_rows=10)
    for rows, cut in ((10, False), (11, True)):
        answer = small.ask(f"SELECT n FROM range({rows}) r(n) ORDER BY n", [], zone="UTC")
        assert (answer.rows, answer.cut) == (10, cut)
        assert list(answer.frame(100)["n"]) == list(range(10))
        answer.delete()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT n, repeat('x', 900) || n AS t FROM range(1000000) r(n)",  # more than fits in memory
        "SELECT n, repeat('x', 900) || n AS t FROM range(300000) r(n) ORDER BY n",
    ],
)
def test_of_an_answer_that_is_too_large_the_first_rows_are_kept(result: Result, text: str) -> None:
    small = Sandbox(result.engine.spill / "sql", seconds=60, memory_mb=128)
    answer = small.ask(text, [], zone="UTC")
    assert (answer.rows, answer.cut) == (FEW_ROWS, True)
    assert list(answer.frame(3)["n"]) == [0, 1, 2]
    answer.delete()


def test_of_an_answer_that_takes_too_long_the_first_rows_are_kept(result: Result) -> None:
    hurried = Sandbox(result.engine.spill / "sql", seconds=3, memory_mb=256)
    # The first rows come at once; to know that there is none after the last takes for ever.
    answer = hurried.ask("SELECT n FROM range(100000000000) r(n) WHERE n < 20000 OR hash(n) = 1", [], zone="UTC")
    assert (answer.rows, answer.cut) == (FEW_ROWS, True)
    answer.delete()


def test_an_answer_whose_file_would_be_too_large_is_cut_too(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "MOST_BYTES", 200_000)
    usual = Sandbox(result.engine.spill / "sql", seconds=60, memory_mb=256)
    answer = usual.ask("SELECT hash(n) AS h FROM range(100000) r(n)", [], zone="UTC")
    assert (answer.rows, answer.cut) == (FEW_ROWS, True)
    answer.delete()


def test_an_answer_without_rows_still_has_its_columns(sandbox: Sandbox, result: Result) -> None:
    answer = sandbox.ask("SELECT Id, Score FROM result WHERE false", [source("result", result)], zone="UTC")
    assert list(answer.frame(10).columns) == ["Id", "Score"]
    assert encoded(answer, Format.CSV) == b"Id,Score\r\n"
    answer.delete()


def test_what_a_page_is_given_is_bounded(sandbox: Sandbox) -> None:
    answer = sandbox.ask("SELECT repeat('x', 1000) || n AS t, n FROM range(30000) r(n)", [], zone="UTC")
    frame = answer.frame(30_000)
    assert 0 < len(frame) < 30_000
    assert answer.rows == 30_000
    answer.delete()
    answer = sandbox.ask("SELECT repeat('x', 100000) AS t", [], zone="UTC")
    shown = answer.frame(10)["t"][0]
    assert (len(shown), shown[-1]) == (2000, "…")
    assert len(json.loads(encoded(answer, Format.JSON))[0]["t"]) == 100_000
    answer.delete()


@pytest.mark.parametrize(
    ("text", "what", "advice", "marked"),
    [
        ('SELECT\n  Nmae\nFROM result', "There is no column “Nmae”.", 'Did you mean "Name"', "Nmae"),
        ('SELECT "created" FROM result', "There is no column “created”.", '"Created At"', '"created"'),
        ("SELECT 'ünïcödé 🌱', Scor FROM result", "There is no column “Scor”.", '"Score"', "Scor"),
        ("SELECT * FROM resutl", "There is no table “resutl”.", "Did you mean result?", "resutl"),
        ("SELECT Id, FROM result GRUOP BY 1", "The query cannot be read near “BY”.", "double quotes", "BY"),
        ("SELECT medain(Score) FROM result", "There is no function “medain”.", "median", "medain"),
        ("SELECT Id::INTEGER FROM result", "Could not convert string 'id-0' to INT32", "try_cast", "::INTEGER"),
        ("SELECT sum(Id) FROM result", "No function matches", "", "sum"),
        ("SELECT current_setting('x')", "The function current_setting cannot be used here.", "", "current_setting"),
        ("PIVOT result ON Status", "PIVOT needs to know its columns.", "IN ('a', 'b')", None),
        ("SELECT 1; SELECT 2", "Only one query can run at a time.", "first semicolon", None),
        ("DELETE FROM result", "Only reading is possible here.", "SELECT", None),
        ("", "There is nothing to run.", "example", None),
        ("SELECT ?", "The query has a place for a value", "Write the value", "?"),
        ("x" * (MOST_CHARACTERS + 1), "The query is too long.", "100,000", None),
    ],
)  # fmt: skip
def test_an_error_says_what_where_and_what_was_perhaps_meant(
    sandbox: Sandbox, result: Result, text: str, what: str, advice: str, marked: str | None
) -> None:
    with pytest.raises(QueryError) as refused:
        sandbox.ask(text, [source("result", result)], zone="UTC")
    error = refused.value
    assert error.what.startswith(what)
    assert advice in error.advice
    if marked is None:
        assert error.position is None
    else:
        assert error.position is not None
        assert text[error.position :].startswith(marked)


def test_a_place_is_a_line_a_column_and_a_caret() -> None:
    place = place_of("SELECT\n\tname,\n  wrong", 16)
    assert (place.line, place.column, place.marked) == (3, 3, "  wrong\n  ^")
    far = place_of("x" * 500, 400)
    assert far.marked.split("\n")[0][far.marked.split("\n")[1].index("^")] == "x"
    assert len(far.marked) < 250


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"exception_type": "IO", "exception_message": "Cannot open file /srv/data/x"}, TryLaterError),
        ({"exception_type": "Internal", "exception_message": "/build/duckdb/src/x.cpp failed"}, QueryError),
        ({"exception_type": "Permission", "exception_message": "Cannot access /srv/data"}, QueryError),
        ({"exception_type": "Invalid Input", "exception_message": "at own/rows.parquet"}, QueryError),
        ({"exception_type": "IO", "errno": "27", "exception_message": "/srv/spill: File too large"}, QueryError),
    ],
)
def test_an_error_that_names_a_file_is_told_in_our_words(error: dict[str, str], kind: type[GladlyToolsError]) -> None:
    told = failed(error, "SELECT 1", [], 512)
    assert isinstance(told, kind)
    assert not any(word in str(told) for word in ("/srv", "/build", ".parquet", ".cpp"))


def test_a_table_that_is_deleted_meanwhile_is_told_as_such(sandbox: Sandbox, store: ResultStore) -> None:
    made = result_of(store, EVERY_KIND, ROWS[:3])
    table = source("result", made)
    store.delete(made.id)
    with pytest.raises(TryLaterError, match="changed or was deleted") as caught:
        sandbox.ask("SELECT * FROM result", [table], zone="UTC")
    assert is_told(caught.value)


def test_a_query_that_is_stopped_ends_at_once(sandbox: Sandbox) -> None:
    ended: list[BaseException] = []
    under_way = threading.Event()

    class Watched(Run):
        def began(self, kill: Any) -> None:
            super().began(kill)
            under_way.set()

    run = Watched()

    def work() -> None:
        try:
            sandbox.ask(
                "SELECT sum(a.range * b.range) FROM range(9999999) a, range(9999999) b", [], zone="UTC", run=run
            )
        except Cancelled as stopped:
            ended.append(stopped)

    thread = threading.Thread(target=work)
    thread.start()
    assert under_way.wait(10)
    run.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert len(ended) == 1


def test_a_query_that_was_stopped_before_it_began_does_not_begin(sandbox: Sandbox) -> None:
    run = Run()
    run.stop()
    with pytest.raises(Cancelled):
        sandbox.ask("SELECT 1", [], zone="UTC", run=run)


def test_the_process_finds_an_empty_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []
    real = subprocess.Popen

    def popen(*arguments: Any, **options: Any) -> Any:
        seen.append(options["env"])
        return real(*arguments, **options)

    monkeypatch.setenv("GLADLY_API_TOKEN", "a-token")
    monkeypatch.setattr(subprocess, "Popen", popen)
    assert ask(sandbox, "SELECT 1 AS one") == {"one": [1]}
    assert seen == [{}]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        -3,
        1e300,
        0.1,
        "it's; --",
        "",
        "a\0b",
        "\\",
        "$1",
        ["a", None, "'"],
        datetime(2026, 3, 1, tzinfo=UTC),
    ],
)
def test_a_value_of_a_filter_is_the_same_as_text(value: Any) -> None:
    with duckdb.connect() as engine:
        same = engine.execute(f"SELECT {literal(value)} IS NOT DISTINCT FROM $1", [value]).fetchall()
    assert same == [(True,)]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("contact-information 2026-11-16", "contact_information_2026_11_16"),
        ("Größe", "gr_e"),
        ("2nd", "t_2nd"),
        ("", "t"),
    ],
)
def test_a_name_of_a_table_needs_no_quotes(words: str, name: str) -> None:
    assert table_name(words) == name


def test_columns_that_differ_only_in_case_are_told_apart_by_nobody_so_the_first_stays(
    sandbox: Sandbox, store: ResultStore
) -> None:
    made = result_of(store, (Column(name="a"), Column(name="A", kind=Kind.INTEGER)), [{"a": "x", "A": 1}])
    assert ask(sandbox, "SELECT * FROM result", source("result", made)) == {"a": ["x"]}


def test_the_files_of_a_table_are_named_without_the_folders_above(result: Result) -> None:
    table = source("result", result)
    assert str(result.engine.folder) not in table.sql
    assert table.files == (Path(result.id) / "rows.parquet",)
    assert table.result_id == result.id
