from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gladly_tools.errors import InputError
from gladly_tools.results.download import (
    CHUNK_BYTES,
    Format,
    content_type,
    encode,
    encode_batches,
    file_name,
    guard_cell,
    read_csv,
    unguard,
)
from gladly_tools.results.query import Condition, Operator, Query, Sort
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.results.store import ResultStore
from tests.results.making import EVERY_KIND, table_of
from tests.told import is_told

TEXT = st.text(st.sampled_from("=+-@\t\r\n'\",;a1 é日\x00\x1f\u2028\\") | st.characters(codec="utf-8"), max_size=8)
ALL = Query()


@given(TEXT)
@example("'=1")
@example("''-")
@example("'")
def test_guard_comes_off_again(text: str) -> None:
    guarded = guard_cell(text)
    assert unguard(guarded) == text
    assert not guarded.startswith(tuple("=+-@\t\r"))


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("+1 555", "'+1 555"),
        ("-", "'-"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("'=x", "''=x"),
        ("'tis", "'tis"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_guard_marks_formulas_only(text: str, guarded: str) -> None:
    assert guard_cell(text) == guarded


def read_back(content: bytes, form: Format) -> list[dict[str, Any]]:
    match form:
        case Format.JSON:
            value: list[dict[str, Any]] = json.loads(content)
            return value
        case Format.JSONL:
            return [json.loads(line) for line in content.decode().split("\n")[:-1]]
        case Format.PARQUET:
            rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
            return rows
        case Format.CSV:
            return list(read_csv(content.decode()))


def as_csv(cell: Any) -> str:
    """A JSON cell as a CSV cell says it."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    return json.dumps(cell, ensure_ascii=False)


ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "Id": TEXT,
            "Name": TEXT,
            "Created At": st.sampled_from(["2026-03-01T00:00:00.000Z", "soon", "=now"]),
            "Count": st.sampled_from(["-3.5", "+1", "1,000", "-x", "=1"]) | TEXT,
            "Score": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
            "Open": st.booleans(),
            "Seen At": st.sampled_from(["2026-03-01", "2026-03-01T10:00:00.5Z", "1969-12-31T23:59:59.000001Z"]),
            "Tags": st.lists(TEXT, max_size=2),
            'odd "name"; --': TEXT,
        },
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_all_formats_say_the_same_cell_for_cell(store: ResultStore, rows: list[Row]) -> None:
    table = table_of(store, EVERY_KIND, rows)
    content = {form: b"".join(encode(table, ALL, form)) for form in Format}
    found = {form: read_back(content[form], form) for form in Format}
    names = [column.name for column in EVERY_KIND]
    for form in Format:
        assert [list(row) for row in found[form]] == [names] * len(rows)
    assert found[Format.JSON] == found[Format.JSONL]
    for given_row, js, parquet, text in zip(
        rows, found[Format.JSON], found[Format.PARQUET], found[Format.CSV], strict=True
    ):
        assert text == {name: as_csv(cell) for name, cell in js.items()}
        seen = parquet.pop("Seen At")
        shown = js.pop("Seen At")
        assert (None if shown is None else datetime.fromisoformat(shown)) == seen
        assert js == parquet
        for name in ("Id", "Name", "Created At", "Count", "Score", "Open", "Tags", 'odd "name"; --'):
            assert js[name] == given_row.get(name)
    plain = list(csv.reader(io.StringIO(content[Format.CSV].decode(), newline=""), strict=True))
    assert [[unguard(cell) for cell in line] for line in plain[1:]] == [list(row.values()) for row in found[Format.CSV]]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.none() | TEXT, max_size=4), st.booleans())
def test_single_column_keeps_its_empty_rows(store: ResultStore, cells: list[str | None], guard: bool) -> None:
    table = table_of(store, [Column(name="only")], [{"only": cell} for cell in cells])
    text = b"".join(encode(table, ALL, Format.CSV, guard=guard)).decode()
    assert [row["only"] for row in read_csv(text, guarded=guard)] == [cell or "" for cell in cells]


def csv_text(store: ResultStore, column: Column, cell: Any, **options: bool) -> str:
    table = table_of(store, [Column(name="k"), column], [{"k": "k", column.name: cell}])
    return b"".join(encode(table, ALL, Format.CSV, **options)).decode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "verbatim", "cell", "text"),
    [
        (Kind.TEXT, True, "-3.5", "'-3.5"),
        (Kind.NUMBER, True, "-3.5", "-3.5"),
        (Kind.INTEGER, True, "+1,000", '"+1,000"'),
        (Kind.NUMBER, True, "-3.5+cmd", "'-3.5+cmd"),
        (Kind.TIME, True, "-1", "'-1"),
        (Kind.NUMBER, False, -3.5, "-3.5"),
        (Kind.NUMBER, False, 0.1, "0.1"),
        (Kind.INTEGER, False, -3, "-3"),
        (Kind.BOOLEAN, False, True, "true"),
        (Kind.LIST, False, ["=a", "b"], '"[""=a"", ""b""]"'),
        (Kind.TIME, False, "2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"),
        (Kind.TIME, False, "2026-03-01T10:00:00.120Z", "2026-03-01T10:00:00.120Z"),
        (Kind.TEXT, False, "two\r\nlines", '"two\r\nlines"'),
        (Kind.TEXT, False, "=a,b", '"\'=a,b"'),
        (Kind.TEXT, False, None, ""),
    ],
)
def test_csv_cells(store: ResultStore, kind: Kind, verbatim: bool, cell: Any, text: str) -> None:
    column = Column(name="-x", kind=kind, verbatim=verbatim)
    assert csv_text(store, column, cell) == f"k,-x\r\nk,{text}\r\n"


def test_guard_and_byte_order_mark_are_choices(store: ResultStore) -> None:
    column = Column(name="x")
    assert csv_text(store, column, "=1", guard=False) == "k,x\r\nk,=1\r\n"
    assert csv_text(store, column, "=1", bom=True) == "\ufeffk,x\r\nk,'=1\r\n"


def test_csv_reader_takes_marks_off(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes('\ufeffa,"b\r\nc"\r\n\'=1,"x ""y"""\r\n\r\nshort\r\n'.encode())
    wanted = [{"a": "=1", "b\r\nc": 'x "y"'}, {"a": "short"}]
    assert list(read_csv(path)) == wanted
    assert list(read_csv(path.read_bytes().decode())) == wanted
    assert list(read_csv("")) == []
    assert list(read_csv("a\n'=1\n", guarded=False)) == [{"a": "'=1"}]
    with pytest.raises(ValueError, match="line 2 has 2 cells"):
        list(read_csv("a\n1,2\n"))


@pytest.mark.parametrize("form", Format)
def test_table_without_rows_is_a_valid_file(store: ResultStore, form: Format) -> None:
    table = table_of(store, EVERY_KIND)
    content = b"".join(encode(table, ALL, form))
    assert read_back(content, form) == []
    if form is Format.CSV:
        assert content.decode().count("\r\n") == 1
    if form is Format.PARQUET:
        assert pq.read_schema(io.BytesIO(content)).names == [column.name for column in EVERY_KIND]


@pytest.mark.parametrize("form", Format)
def test_download_follows_query_and_columns(store: ResultStore, form: Format) -> None:
    rows: list[Row] = [{"Id": str(number), "Count": str(number), "Name": "n"} for number in range(5)]
    query = Query(
        conditions=(Condition(column="Count", operator=Operator.BETWEEN, values=(1, 3)),),
        sort=(Sort(column="Count", descending=True),),
    )
    content = b"".join(encode(table_of(store, EVERY_KIND, rows), query, form, columns=["Name", "Id"]))
    assert [list(row.items()) for row in read_back(content, form)] == [
        [("Name", "n"), ("Id", number)] for number in "321"
    ]


def test_query_is_checked_before_the_first_byte(store: ResultStore) -> None:
    table = table_of(store, EVERY_KIND)
    for query, columns in [(Query(sort=(Sort(column="no"),)), None), (ALL, ["no"])]:
        with pytest.raises(InputError) as caught:
            encode(table, query, Format.CSV, columns=columns)
        assert is_told(caught.value)


def test_parquet_download_describes_its_columns(store: ResultStore) -> None:
    content = b"".join(encode(table_of(store, EVERY_KIND, [{"Id": "a"}]), ALL, Format.PARQUET))
    schema = pq.read_schema(io.BytesIO(content))
    assert [field.type for field in schema] == [column.stored_type for column in EVERY_KIND]
    assert schema.field("Id").metadata[b"description"] == b"Unique id"
    assert schema.field("Score").metadata[b"unit"] == b"points"


@pytest.mark.parametrize("form", Format)
def test_chunks_are_small_even_when_cells_are_large(store: ResultStore, form: Format) -> None:
    rows: list[Row] = [{"Id": str(number), "Name": f'"{number}' * 200_000} for number in range(12)]
    chunks = list(encode(table_of(store, EVERY_KIND, rows), ALL, form))
    assert max(map(len, chunks)) <= CHUNK_BYTES
    assert [row["Name"] for row in read_back(b"".join(chunks), form)] == [row["Name"] for row in rows]


@pytest.mark.parametrize("form", Format)
def test_every_format_has_a_content_type(form: Format) -> None:
    assert "/" in content_type(form)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("Inboxes 2026-03-01", "Inboxes-2026-03-01.csv"),
        ("../../etc/passwd", "etc-passwd.csv"),
        ('a"\r\nSet-Cookie: x', "a-Set-Cookie-x.csv"),
        ("日本", "result.csv"),
        ("", "result.csv"),
        ("con", "result-con.csv"),
        (".hidden", "hidden.csv"),
        ("x" * 500, "x" * 120 + ".csv"),
    ],
)
def test_file_names_are_safe(stem: str, name: str) -> None:
    assert file_name(stem, Format.CSV) == name


def test_a_table_that_keeps_what_was_sent_gives_just_that_as_json(store: ResultStore) -> None:
    sent = ['{"b":  1.10, "a": {"c": [null]}}', '{"a": "ü\\u2028"}']
    columns = (
        Column(name="a", kind=Kind.TEXT),
        Column(name="as sent", beside=True, original=True),
    )
    table = table_of(store, columns, [{"a": str(place), "as sent": text} for place, text in enumerate(sent)])
    lines = b"".join(encode(table, Query(), Format.JSONL)).decode().split("\n")
    assert lines == [*sent, ""]
    assert json.loads(b"".join(encode(table, Query(), Format.JSON))) == [json.loads(text) for text in sent]
    assert b"".join(encode(table, Query(), Format.CSV)).decode() == "a\r\n0\r\n1\r\n"
    assert json.loads(b"".join(encode(table, Query(), Format.JSON, columns=["a"]))) == [{"a": "0"}, {"a": "1"}]


def test_json_of_what_was_sent_is_a_list_also_without_rows(store: ResultStore) -> None:
    table = table_of(store, (Column(name="as sent", beside=True, original=True), Column(name="a")), [])
    assert json.loads(b"".join(encode(table, Query(), Format.JSON))) == []


MEMBERS = (("name", Kind.TEXT), ("size", Kind.INTEGER), ('odd "key"', Kind.ID))
PINNED = (
    Column(name="text"),
    Column(name="count", kind=Kind.INTEGER),
    Column(name="open", kind=Kind.BOOLEAN),
    Column(name="tags", kind=Kind.LIST),
    Column(name="files", kind=Kind.RECORDS, members=MEMBERS),
)
SHORT = st.text(st.sampled_from("=+-@\t\r\n'\",;a1 é日\x00\x1f\x7f\u2028\\"), max_size=4)
PLAIN = st.text(st.sampled_from("a1 é,=日"), max_size=4)
RECORD = st.fixed_dictionaries(
    {"name": SHORT | PLAIN | st.none(), "size": st.none() | st.integers(-(2**63), 2**63 - 1), 'odd "key"': PLAIN}
)
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "text": SHORT | PLAIN,
    "count": st.integers(-(2**63), 2**63 - 1),
    "open": st.booleans(),
    "tags": st.lists(PLAIN, max_size=3) | st.lists(SHORT | st.none(), max_size=2),
    "files": st.lists(RECORD, max_size=2) | st.lists(RECORD | st.none(), max_size=2),
}


def one_cell(cell: Any, *, guard: bool, alone: bool) -> str:
    """A cell as it is written when each is written by itself."""
    if isinstance(cell, list):
        kept = [
            {key: each[key] for key, _ in MEMBERS if each[key] is not None} if isinstance(each, dict) else each
            for each in cell
        ]
        text = json.dumps(kept, ensure_ascii=False)
    elif isinstance(cell, str):
        text = guard_cell(cell) if guard else cell
    else:
        text = "" if cell is None else json.dumps(cell)
    needs_quotes = any(mark in text for mark in '",\r\n') or (alone and not text)
    return '"' + text.replace('"', '""') + '"' if needs_quotes else text


@settings(max_examples=300, deadline=None)
@given(data=st.data(), guard=st.booleans(), alone=st.sampled_from([None, "text", "tags", "count"]))
def test_columns_are_written_as_their_cells_one_by_one_are(data: st.DataObject, guard: bool, alone: str | None) -> None:
    columns = [column for column in PINNED if alone in (None, column.name)]
    count = data.draw(st.integers(1, 6))
    rows: dict[str, list[Any]] = {}
    for column in columns:
        cell = data.draw(st.sampled_from([st.none(), CELLS[column.name], CELLS[column.name] | st.none()]))
        rows[column.name] = data.draw(st.lists(cell, min_size=count, max_size=count))
        if column.kind is Kind.RECORDS and any(each and None in each for each in rows[column.name]):
            rows[column.name] = [each and [one for one in each if one is not None] for each in rows[column.name]]
    schema = pa.schema([pa.field(column.name, column.stored_type) for column in columns])
    batch = pa.RecordBatch.from_pydict(rows, schema=schema)
    start = data.draw(st.integers(0, count - 1))
    written = b"".join(encode_batches([batch.slice(start)], columns, Format.CSV, guard=guard)).decode()
    is_alone = len(columns) == 1
    expected = [
        ",".join(one_cell(rows[column.name][place], guard=guard, alone=is_alone) for column in columns) + "\r\n"
        for place in range(start, count)
    ]
    assert written == ",".join(column.name for column in columns) + "\r\n" + "".join(expected)
