"""Attempts to get out of the sandbox: each is refused, or reveals nothing of the machine and of other accounts.

Every attempt runs in full, through the process. It must not find the other account's cell, the content of a file, a
value of the environment or a path of this machine: not in an answer, not in an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from gladly_tools.errors import GladlyToolsError, QueryError
from gladly_tools.results.download import Format
from gladly_tools.results.sandbox import Sandbox
from gladly_tools.results.sandbox_rules import is_closed
from gladly_tools.results.sandbox_tables import Source, source
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.store import ResultStore
from tests.results.making import manifest_of

FOREIGN = "belongs-to-somebody-else"
SECRET = "the-secret-of-the-environment"
COLUMNS = (Column(name="Id", kind=Kind.ID), Column(name="Count", kind=Kind.INTEGER))


class Place:
    """A data folder with a result of this account, one of another's and a journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = ResultStore(folder / "results")
        self.own = self._result("own", "ours")
        self.foreign = self._result("theirs", FOREIGN)
        (folder / "jobs.sqlite").write_text(FOREIGN)
        (folder / "notes.csv").write_text(f"word\n{FOREIGN}\n")
        self.sandbox = Sandbox(self.own[0].folder / "answers", seconds=20, memory_mb=128)
        # What an attacker might know; the longest first, as one begins another.
        self.paths = {
            "{foreign}": str(self.foreign[0].folder / self.foreign[0].files[0]),
            "{own}": str(self.own[0].folder / self.own[0].files[0]),
            "{folder}": str(self.folder),
        }

    def _result(self, name: str, cell: str) -> list[Source]:
        result = self.store.create(name, manifest_of(COLUMNS))
        result.write_slice(0, "all", [{"Id": cell, "Count": number} for number in range(3)], zone="UTC")
        result.finish()
        return [source("result", result)]

    def filled(self, text: str) -> str:
        """The text with what an attacker might know put into it."""
        for name, path in self.paths.items():
            text = text.replace(name, path)
        return text

    def emptied(self, words: str, text: str) -> str:
        """The words without the paths that the attacker put into the text."""
        for name, path in self.paths.items():
            words = words.replace(path, "") if name in text else words
        return words


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    os.environ["GLADLY_TEST_SECRET"] = SECRET
    yield Place(tmp_path_factory.mktemp("data").resolve())
    del os.environ["GLADLY_TEST_SECRET"]


def said(place: Place, text: str) -> tuple[bool, str]:
    """Whether there was an answer, and all that a person would see of it."""
    try:
        answer = place.sandbox.ask(place.filled(text), place.own, zone="UTC")
    except GladlyToolsError as error:
        return False, str(error)
    try:
        return True, b"".join(answer.encode(Format.CSV)).decode()
    finally:
        answer.delete()


REFUSED = [
    ("another account's result by its path", "SELECT * FROM read_parquet('{foreign}')"),
    ("the same by a way around", "SELECT * FROM read_parquet('own/../theirs/rows.parquet')"),
    ("the same by its id in the folder of all results", "SELECT * FROM 'theirs/rows.parquet'"),
    ("the same as a name in quotes", 'SELECT * FROM "theirs/rows.parquet"'),
    ("the same by its id as a table", "SELECT * FROM theirs"),
    ("all results at once", "SELECT * FROM read_parquet('*/rows.parquet')"),
    ("the same by the older name", "SELECT * FROM parquet_scan('{foreign}')"),
    ("what lies in a file's footer", "SELECT * FROM parquet_metadata('{foreign}')"),
    ("the same of its keys and values", "SELECT * FROM parquet_kv_metadata('{foreign}')"),
    ("the own file by its path, which would show that paths work", "SELECT * FROM read_parquet('{own}')"),
    ("the journal as text", "SELECT * FROM read_text('{folder}/jobs.sqlite')"),
    ("the journal as bytes", "SELECT * FROM read_blob('{folder}/jobs.sqlite')"),
    ("the journal as a database", "ATTACH '{folder}/jobs.sqlite' (TYPE sqlite)"),
    ("the journal as a database within a query", "SELECT * FROM sqlite_scan('{folder}/jobs.sqlite', 'jobs')"),
    ("a CSV file beside the results", "SELECT * FROM '{folder}/notes.csv'"),
    ("the same with the function", "SELECT * FROM read_csv('{folder}/notes.csv')"),
    ("the same by what guesses its form", "SELECT * FROM sniff_csv('{folder}/notes.csv')"),
    ("the users of the machine", "SELECT * FROM read_csv('/etc/passwd', header = false)"),
    ("the same as JSON", "SELECT * FROM read_json('/etc/passwd')"),
    ("the environment of the process", "SELECT * FROM read_text('/proc/self/environ')"),
    ("the list of files", "SELECT * FROM glob('/**')"),
    ("the list of results", "SELECT * FROM glob('*')"),
    ("the environment", "SELECT getenv('GLADLY_TEST_SECRET')"),
    ("a setting", "SELECT current_setting('allowed_paths')"),
    ("all settings", "SELECT * FROM duckdb_settings()"),
    ("all settings as a table", "SELECT * FROM pg_settings"),
    ("secrets", "SELECT * FROM duckdb_secrets()"),
    ("which secret a path would use", "SELECT * FROM which_secret('s3://bucket', 's3')"),
    ("the text of the views, which names files", "SELECT sql FROM duckdb_views()"),
    ("the same of the standard's catalog", "SELECT * FROM information_schema.views"),
    ("the same of PostgreSQL's", "SELECT * FROM pg_catalog.pg_views"),
    ("the same of SQLite's", "SELECT * FROM sqlite_master"),
    ("the same of a function", "SELECT pg_get_viewdef('result'::regclass)"),
    ("a catalog under the name of a WITH that does not reach it",
     "WITH a AS (WITH duckdb_views AS (SELECT 1) SELECT 1) SELECT * FROM duckdb_views"),
    ("a file under the name of a WITH that does not reach it",
     "WITH a AS (WITH \"theirs/rows.parquet\" AS (SELECT 1) SELECT 1) SELECT * FROM \"theirs/rows.parquet\""),
    ("the catalog by its whole name", "SELECT * FROM system.main.duckdb_views"),
    ("the databases", "SELECT * FROM pragma_database_list"),
    ("the databases as a statement", "SHOW DATABASES"),
    ("the tables as a statement", "SHOW ALL TABLES"),
    ("the columns of a file", "DESCRIBE '{foreign}'"),
    ("the columns of a file within a query", "SELECT * FROM (DESCRIBE SELECT * FROM '{foreign}')"),
    ("a summary of a file", "SUMMARIZE '{folder}/notes.csv'"),
    ("the text of the query that runs, ours around it", "SELECT current_query()"),
    ("SQL in a text", "FROM query('SELECT * FROM duckdb_settings()')"),
    ("a table by a text", "FROM query_table('duckdb_views')"),
    ("SQL in a tree", "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 42'))"),
    ("a plan from elsewhere", "SELECT * FROM from_substrait('x'::BLOB)"),
    ("a file of the network", "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')"),
    ("a file of the network by its name", "FROM 'https://example.com/x.csv'"),
    ("a bucket", "SELECT * FROM read_csv('s3://bucket/x.csv')"),
    ("an extension", "INSTALL httpfs"),
    ("an extension from a file", "LOAD '{folder}/x.duckdb_extension'"),
    ("another database", "ATTACH '{folder}/x.duckdb' AS other"),
    ("a copy to a file", "COPY result TO '{folder}/out.csv'"),
    ("a copy to a file within a query", "WITH out AS (COPY (SELECT 1) TO '{folder}/out.csv') SELECT 1"),
    ("a copy within a query within a query",
     "SELECT * FROM (WITH out AS (COPY (FROM result) TO '{folder}/out.csv') SELECT 1)"),
    ("a copy from a file", "COPY result FROM '{folder}/notes.csv'"),
    ("an export", "EXPORT DATABASE '{folder}/out'"),
    ("an import", "IMPORT DATABASE '{folder}/out'"),
    ("a setting changed", "SET allowed_paths = ['/']"),
    ("a setting changed by a pragma", "PRAGMA enable_external_access = true"),
    ("the settings unlocked", "RESET lock_configuration"),
    ("a variable", "SET VARIABLE x = 1"),
    ("a call", "CALL pragma_version()"),
    ("a pragma as a table", "SELECT * FROM pragma_version()"),
    ("a view written", "CREATE VIEW other AS SELECT 1"),
    ("a macro written", "CREATE MACRO f() AS TABLE SELECT * FROM read_text('/etc/passwd')"),
    ("rows written", "INSERT INTO result VALUES ('x', 1)"),
    ("rows written within a query", "WITH x AS (INSERT INTO result VALUES ('x', 1) RETURNING *) SELECT * FROM x"),
    ("rows deleted within a query", "WITH x AS (DELETE FROM result RETURNING *) SELECT * FROM x"),
    ("a table dropped", "DROP VIEW result"),
    ("a second statement", "SELECT 1; SELECT * FROM duckdb_settings()"),
    ("a second statement after a comment", "SELECT 1 /* ; */ ; DROP VIEW result -- ;"),
    ("a second statement after an empty one", ";;SELECT 1;; SET threads = 1;"),
    ("an end to our parenthesis", "SELECT 1) AS answer(k0); COPY (SELECT 1) TO '{folder}/out.csv'; --"),
    ("an end to our parenthesis in one statement", "SELECT 1) UNION ALL (SELECT 2"),
    ("a statement hidden behind a wide space", "SELECT\u00a01;\u2003ATTACH '{folder}/x.duckdb'"),
    ("a function in letters that look alike",
     "SELECT * FROM \uff52\uff45\uff41\uff44_\uff54\uff45\uff58\uff54('/etc/passwd')"),
    ("a function in upper case and in quotes", "SELECT * FROM \"READ_TEXT\"('/etc/passwd')"),
    ("a function by its catalog", "SELECT * FROM system.main.read_text('/etc/passwd')"),
    ("a setting by its catalog", "SELECT pg_catalog.current_setting('allowed_paths')"),
    ("a function as a method", "SELECT 'allowed_paths'.current_setting()"),
    ("a function in a lambda", "SELECT list_transform(['x'], lambda x: current_setting(x))"),
    ("a function in an order", "SELECT 1 ORDER BY getvariable('x')"),
    ("a function in a window", "SELECT row_number() OVER (ORDER BY current_setting('threads')) FROM result"),
    ("a function in a filter of an aggregate", "SELECT count(*) FILTER (WHERE version() <> '') FROM result"),
    ("a file in a subquery", "SELECT (SELECT content FROM read_text('/etc/passwd'))"),
    ("a file in a join", "FROM result JOIN LATERAL (SELECT * FROM read_text('/etc/passwd')) ON true"),
    ("a file in a set operation", "SELECT 1 UNION ALL SELECT content FROM read_text('/etc/passwd')"),
    ("a file in a recursion",
     "WITH RECURSIVE x AS (SELECT '' AS c UNION ALL SELECT content FROM read_text('/etc/passwd')) FROM x"),
    ("a file in a PIVOT", "PIVOT (FROM read_csv('{folder}/notes.csv')) ON word IN ('a') USING count(*)"),
    ("a file in VALUES", "VALUES ((SELECT content FROM read_text('/etc/passwd')))"),
    ("a prepared statement", "PREPARE x AS SELECT 1"),
    ("a prepared statement run", "EXECUTE x"),
    ("a place for a value", "SELECT * FROM result WHERE Id = $1"),
    ("a table by a place for a value", "SELECT * FROM query_table(?)"),
    ("a Python variable", "SELECT * FROM order"),
    ("a Python variable of the program", "SELECT * FROM tables"),
    ("a frame of Python's", "SELECT * FROM pandas_scan(0)"),
    ("a line in the log", "SELECT write_log('x')"),
    ("the log", "SELECT * FROM duckdb_logs()"),
    ("the memory of the engine", "SELECT * FROM duckdb_memory()"),
    ("its temporary files", "SELECT * FROM duckdb_temporary_files()"),
    ("the plan of a query", "EXPLAIN ANALYZE SELECT * FROM result"),
    ("a wait", "SELECT sleep_ms(100000)"),
    ("the answer's own table", "SELECT * FROM answer"),
    ("the answer's own file", "SELECT * FROM read_parquet('answers/*/answer.parquet')"),
    ("a transaction", "BEGIN TRANSACTION"),
    ("a checkpoint", "FORCE CHECKPOINT"),
    ("nothing", "   -- nothing"),
    ("a zero character", "SELECT 1\0; DROP VIEW result"),
    ("a nesting to run out of stack", "SELECT " + "(" * 40_000 + "1" + ")" * 40_000),
    ("the same of NOTs", "SELECT " + "NOT " * 40_000 + "true"),
    ("the same of lists", "SELECT " + "[" * 40_000 + "]" * 40_000),
    ("the same of queries", "SELECT * FROM (" * 5_000 + "SELECT 1" + ")" * 5_000),
]  # fmt: skip


@pytest.mark.parametrize(("why", "text"), REFUSED, ids=[why for why, _ in REFUSED])
def test_an_attempt_to_get_out_is_refused(place: Place, why: str, text: str) -> None:
    has_answer, words = said(place, text)
    assert not has_answer, why
    for leak in (FOREIGN, SECRET, "root:", str(Path.home()), str(Path(duckdb.__file__).parent), "Traceback"):
        assert leak not in words
    assert str(place.folder) not in place.emptied(words, text)
    assert not (place.folder / "out.csv").exists()
    assert sorted(path.name for path in place.folder.iterdir()) == ["jobs.sqlite", "notes.csv", "results"]


HARMLESS = [
    ("a result called like another's id", "WITH theirs AS (FROM result) FROM theirs", "ours"),
    ("a name of a file as a text", "SELECT '/etc/passwd' AS file", "/etc/passwd"),
    ("a closed function's name as a column", 'SELECT 1 AS "current_setting"', "current_setting"),
    ("a statement in a text", "SELECT 'x; DROP VIEW result' AS text", "DROP VIEW result"),
    ("a statement in a comment", "SELECT 1 AS one -- ; DROP VIEW result\n", "one"),
    ("a comment in a comment", "SELECT /* a /* ; */ */ 2 AS two", "two"),
    ("semicolons at the end", "SELECT 3 AS three;;; -- done; really", "three"),
    ("a question of the columns", "DESCRIBE result", "Count"),
    ("a summary", "SUMMARIZE result", "Count"),
    ("a WITH that names the table anew", "WITH result AS (SELECT 'new' AS x) FROM result", "new"),
]


@pytest.mark.parametrize(("why", "text", "held"), HARMLESS, ids=[why for why, _, _ in HARMLESS])
def test_what_only_looks_like_an_attempt_is_answered(place: Place, why: str, text: str, held: str) -> None:
    has_answer, words = said(place, text)
    assert has_answer, f"{why}: {words}"
    assert held in words


GREEDY = [
    ("a long text", "SELECT repeat('x', 3000000000)"),
    ("long texts, many times", "SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)"),
    ("a long text in one function", "SELECT length(lpad('a', 2000000000, 'y'))"),
    ("a long list", "SELECT range(1000000000)"),
    ("a list gathered", "SELECT list(range) FROM range(1000000000)"),
    ("a list in a list in a list", "SELECT list_transform(range(100000), lambda x: range(100000))"),
    ("groups without end", "SELECT range, count(*) FROM range(1000000000) GROUP BY ALL ORDER BY 2"),
    ("a sort of everything",
     "SELECT count(*) FROM (SELECT n FROM range(1000000000) r(n) ORDER BY hash(n) LIMIT 900000000)"),
]  # fmt: skip
ENDLESS = [
    ("a join of everything with everything", "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"),
    ("a very long range", "SELECT count(*) FROM range(1000000000000000) r(n) WHERE n % 7 = hash(n)"),
    ("a recursion without end",
     "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT max(n) FROM x"),
    ("one function without end", "SELECT levenshtein(repeat('ab', 1000000), repeat('ba', 1000000))"),
    ("a pattern that doubles",
     "SELECT count(*) FROM range(100000000) r(n) WHERE regexp_matches(repeat('a', 1000) || n, '(a*)*(a*)*(a*)*b$')"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "text"), GREEDY, ids=[why for why, _ in GREEDY])
def test_a_query_that_would_take_all_memory_ends_with_words(place: Place, why: str, text: str) -> None:
    sandbox = Sandbox(place.sandbox.folder, seconds=4, memory_mb=64)
    with pytest.raises(QueryError) as ended:
        sandbox.ask(text, place.own, zone="UTC")
    assert ended.value.what.startswith(("The query needs more memory", "The query took longer")), ended.value.what
    assert list(place.sandbox.folder.iterdir()) == []


@pytest.mark.parametrize(("why", "text"), ENDLESS, ids=[why for why, _ in ENDLESS])
def test_a_query_that_would_take_for_ever_ends_at_its_time(place: Place, why: str, text: str) -> None:
    sandbox = Sandbox(place.sandbox.folder, seconds=0.7, memory_mb=256)
    with pytest.raises(QueryError) as ended:
        sandbox.ask(text, place.own, zone="UTC")
    assert ended.value.what.startswith(("The query took longer than 0.7 seconds", "The query needs more memory"))
    assert list(place.sandbox.folder.iterdir()) == []


def test_every_function_of_the_engine_that_is_more_than_its_arguments_was_decided_upon() -> None:
    """An engine with a new one fails here: it must be closed, or be added to those that are known to be harmless."""
    harmless = {
        "age", "ago", "current_date", "current_localtime", "current_localtimestamp", "gen_random_uuid",
        "get_current_time", "get_current_timestamp", "now", "random", "today", "transaction_timestamp", "uuid",
        "uuidv4", "uuidv7",
    }  # fmt: skip
    with duckdb.connect() as engine:
        found = engine.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions()"
            " WHERE function_type IN ('scalar', 'aggregate') AND stability <> 'CONSISTENT'"
        ).fetchall()
    assert {name for (name,) in found if not is_closed(name)} <= harmless


def test_no_attempt_leaves_a_file_behind(place: Place) -> None:
    said(place, "SELECT * FROM result")
    assert list(place.sandbox.folder.iterdir()) == []
