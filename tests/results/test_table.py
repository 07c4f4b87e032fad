from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gladly_tools.errors import GladlyToolsError, InputError, TryLaterError
from gladly_tools.results import table as table_module
from gladly_tools.results.query import Condition, Operator, Query, Sort, Value, operators_for
from gladly_tools.results.readings import is_empty, read
from gladly_tools.results.relative import Unit, span_back
from gladly_tools.results.schema import TEXT_KINDS, Column, Kind, Row
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from tests.conftest import NOW
from tests.results.making import EVERY_KIND, new_result, result_of, table_of
from tests.told import is_told

COLUMNS = {column.name: column for column in EVERY_KIND}
START = datetime(2026, 3, 1, tzinfo=UTC)
ODD = 'odd "name"; --'

ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
TEXTS = st.sampled_from(
    ["", " ", "a", "A", "ab", "É", "é", "100%", "_", "x'; --", '"', "null", "日本", "a; ab", "ab ;é;", "a\u3000 ; b"]
)
ITEMS = st.sampled_from(["a", "ab", "A", "", "é", "x'", " a", "a; ab", "a;ab", "_", "日本"])
SEPARATORS = st.sampled_from([";", " ; ", "--", " ", "b", "; "])
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "Id": TEXTS,
    "Name": TEXTS,
    "Status": st.sampled_from(["OPEN", "CLOSED"]),
    "Created At": st.sampled_from(
        ["2026-03-01", "2026-03-01T12:00:00.5Z", "2026-03-20T23:59:59-04:00", "soon", "", "Null"]
    ),
    "Count": st.sampled_from(["1", "2.0", "-3", "many", " ", "null"]),
    "Score": st.sampled_from([0, -1.5, 2.25, 1e300]),
    "Open": st.booleans(),
    "Seen At": st.sampled_from(["2026-03-01", "2026-03-02T00:00:00Z", "2026-03-20T18:30:00Z", "2026-03-08T06:59:59Z"]),
    "Tags": st.lists(st.sampled_from(["Red", "blue", "x'y"]), max_size=2),
    ODD: TEXTS,
}
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={name: st.none() | cells for name, cells in CELLS.items()}), max_size=8
)


def _values(kind: Kind, operator: Operator) -> st.SearchStrategy[tuple[Value, ...]]:
    one: st.SearchStrategy[Any] = {
        Kind.INTEGER: st.sampled_from([1, 2, -3, 2**63 - 1]),
        Kind.NUMBER: st.sampled_from([0, -1.5, 2.25]),
        Kind.TIME: st.sampled_from([START, START + timedelta(hours=12), START + timedelta(days=1)]),
        Kind.LIST: st.sampled_from(["Red", "red", "E", "'"]),
    }.get(kind, TEXTS | st.sampled_from(["OPEN", "open", "C"]))
    match operator:
        case Operator.BETWEEN:
            return st.tuples(st.none() | one, st.none() | one)
        case Operator.ONE_OF:
            return st.lists(st.none() | one, max_size=3).map(tuple)
        case Operator.LAST:
            return st.tuples(ZONES, st.integers(1, 3), st.sampled_from(list(map(str, Unit))))
        case Operator.ON_WEEKDAYS | Operator.AT_HOURS:
            numbers = st.integers(1, 7) if operator is Operator.ON_WEEKDAYS else st.integers(0, 23)
            return st.builds(lambda zone, found: (zone, *found), ZONES, st.lists(numbers, max_size=9))
        case Operator.LISTS:
            items = st.lists(
                st.none() | st.sampled_from(["a", "ab", "A", "", "é", "x'", " a", "a; ab", "a;ab", "_", "日本"]),
                max_size=2,
            )
            return st.builds(
                lambda separator, found: (separator, *found), st.sampled_from([";", " ; ", "--", " ", "b", "; "]), items
            )
        case Operator.CONTAINS | Operator.STARTS_WITH | Operator.EQUALS:
            return st.tuples(one)
        case _:
            return st.just(())


CONDITIONS = st.sampled_from(
    [(name, operator) for name, column in COLUMNS.items() for operator in operators_for(column.kind)]
).flatmap(
    lambda asked: st.builds(
        Condition,
        column=st.just(asked[0]),
        operator=st.just(asked[1]),
        values=_values(COLUMNS[asked[0]].kind, asked[1]),
        negated=st.booleans(),
    )
)
QUERIES = st.builds(
    Query,
    conditions=st.lists(CONDITIONS, max_size=3).map(tuple),
    search=st.just("") | TEXTS,
    sort=st.lists(st.builds(Sort, column=st.sampled_from(list(COLUMNS)), descending=st.booleans()), max_size=2).map(
        tuple
    ),
)


def _reading(row: Row, name: str) -> Any:
    cell, column = row.get(name), COLUMNS[name]
    if column.verbatim or (column.kind is Kind.TIME and isinstance(cell, str)):
        return read(pa.array([cell], pa.string()), column.kind, "UTC")[0].to_pylist()[0]
    return float(cell) if column.kind is Kind.NUMBER and isinstance(cell, int) else cell


def _is_empty(row: Row, name: str) -> bool:
    cell, kind = row.get(name), COLUMNS[name].kind
    if cell is None:
        return True
    if kind in TEXT_KINDS:
        return str(cell).strip() == ""
    if COLUMNS[name].verbatim:
        return str(cell).strip().lower() in ("", "null")
    return cell == []


def _is_listed(item: str, separator: str, pieces: list[str]) -> bool:
    if separator not in item:
        return item in pieces
    run = [piece.strip() for piece in item.split(separator)]
    return any(pieces[start : start + len(run)] == run for start in range(len(pieces)))


def _meets(row: Row, condition: Condition) -> bool:
    """What a condition means, said once more as plainly as can be."""
    value, values = _reading(row, condition.column), condition.values
    kind = COLUMNS[condition.column].kind

    def matches(compare: Callable[[str, str], bool]) -> bool:
        items = value if kind is Kind.LIST else [value]
        return value is not None and any(compare(item.lower(), str(values[0]).lower()) for item in items)

    match condition.operator:
        case Operator.CONTAINS:
            met = matches(lambda cell, wanted: wanted in cell)
        case Operator.STARTS_WITH:
            met = matches(str.startswith)
        case Operator.EQUALS:
            met = matches(str.__eq__) if kind in TEXT_KINDS else value is not None and value == values[0]
        case Operator.ONE_OF:
            items = (value or []) if kind is Kind.LIST else [value]
            met = any(item is not None and item in values for item in items)
            met = met or (None in values and _is_empty(row, condition.column))
        case Operator.BETWEEN:
            low, high = values
            met = value is not None and (low is None or value >= low)
            met = met and (high is None or (value < high if kind is Kind.TIME else value <= high))
        case Operator.LAST:
            start, end = span_back(str(values[0]), int(str(values[1])), Unit(str(values[2])), NOW)
            met = value is not None and start <= value < end
        case Operator.ON_WEEKDAYS | Operator.AT_HOURS:
            local = None if value is None else value.astimezone(ZoneInfo(str(values[0])))
            part = None if local is None else local.isoweekday() if "day" in condition.operator else local.hour
            met = part is not None and part in values[1:]
        case Operator.LISTS:
            pieces = [] if value is None else [piece.strip() for piece in value.split(str(values[0]))]
            met = any(_is_listed(str(item), str(values[0]), pieces) for item in values[1:] if item is not None)
            met = met or (None in values and _is_empty(row, condition.column))
        case Operator.IS_TRUE | Operator.IS_FALSE:
            met = value is (condition.operator is Operator.IS_TRUE)
        case Operator.IS_EMPTY:
            met = _is_empty(row, condition.column)
        case Operator.IS_UNREADABLE:
            met = COLUMNS[condition.column].verbatim and value is None and not _is_empty(row, condition.column)
    return met is not condition.negated


def _answer(rows: list[Row], query: Query) -> list[int]:
    """The numbers of the rows that a query takes, in its order."""
    texts = [name for name, column in COLUMNS.items() if column.kind in TEXT_KINDS]
    taken = [
        number
        for number, row in enumerate(rows)
        if all(_meets(row, condition) for condition in query.conditions)
        and any(query.search.lower() in str(row.get(name) or "").lower() for name in texts)
    ]
    for sort in reversed(query.sort):

        def key(number: int, name: str = sort.column) -> Any:
            value = _reading(rows[number], name)
            return value.lower().encode() if isinstance(value, str) else value

        known = [number for number in taken if key(number) is not None]
        known.sort(key=key, reverse=sort.descending)
        if sort.descending:  # equal ones keep their order
            known = [
                number
                for value in dict.fromkeys(map(_hashable, map(key, known)))
                for number in taken
                if key(number) is not None and _hashable(key(number)) == value
            ]
        taken = known + [number for number in taken if key(number) is None]
    return taken


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@settings(max_examples=60, deadline=None)
@given(first=ROWS, second=ROWS, query=QUERIES)
def test_every_way_to_ask_gives_the_rows_that_the_conditions_mean(
    store: ResultStore, first: list[Row], second: list[Row], query: Query
) -> None:
    rows = [*first, *second]
    wanted = _answer(rows, query)
    result = result_of(store, EVERY_KIND, first, second)
    for _ in range(2):
        table = Table(result)
        assert table.count(query) == len(wanted)
        stored = [row for batch in table.batches(query, batch_rows=3) for row in batch.to_pylist()]
        assert [row["Name"] for row in stored] == [rows[number].get("Name") for number in wanted]
        assert [row["Tags"] for row in stored] == [rows[number].get("Tags") for number in wanted]
        page = table.page(query, ["Name", "Count"], offset=1, limit=3)
        assert page["Name"].replace({np.nan: None}).tolist() == [rows[n].get("Name") for n in wanted[1:4]]
        assert table.frame("SELECT count(*) AS n FROM rows", query)["n"].tolist() == [len(wanted)]
        result.finish()


@pytest.fixture(scope="module")
def things(store: ResultStore) -> Table:
    rows: list[Row] = [
        {
            "Id": f"id{number}",
            "Status": ["OPEN", "CLOSED", None][number % 3],
            "Created At": f"2026-03-0{number % 9 + 1}T00:00:00Z",
            "Count": f"{number}.0" if number else "none",
            "Score": number / 4,
            "Open": number % 2 == 0,
            "Seen At": "2026-03-01T10:00:00Z",
            "Tags": ["all", f"tag {number % 2}"],
            ODD: "x",
        }
        for number in range(10)
    ]
    return table_of(store, EVERY_KIND, rows[:4], [], rows[4:])


def test_page_has_types_where_every_cell_could_be_read(things: Table) -> None:
    page = things.page(limit=2)
    types = {name: str(kind) for name, kind in page.dtypes.items()}
    assert list(page.columns) == list(COLUMNS)
    assert types["Created At"] == types["Seen At"] == "datetime64[us, UTC]"
    assert (types["Score"], types["Open"]) == ("float64", "boolean")
    assert page["Count"].tolist() == ["none", "1.0"]
    assert (things.is_readable("Created At"), things.is_readable("Count")) == (True, False)


@pytest.mark.parametrize(("offset", "limit", "wanted"), [(0, 3, 3), (8, 5, 2), (99, 5, 0), (-5, 2, 2), (0, 0, 0)])
def test_page_keeps_to_its_bounds(things: Table, offset: int, limit: int, wanted: int) -> None:
    for query in (Query(), Query(sort=(Sort(column="Score"),))):
        page = things.page(query, ["Id"], offset=offset, limit=limit)
        assert page["Id"].tolist() == [f"id{max(offset, 0) + number}" for number in range(wanted)]


def test_column_may_be_asked_for_twice(things: Table) -> None:
    assert list(things.page(columns=["Id", ODD, "Id"], limit=1).columns) == ["Id", ODD, "Id"]


def test_choices_are_counted_most_frequent_first(things: Table) -> None:
    assert things.choices("Status") == [("OPEN", 4), ("CLOSED", 3), (None, 3)]
    assert things.choices("Status", limit=1) == [("OPEN", 4)]
    assert things.choices("Tags") == [("all", 10), ("tag 0", 5), ("tag 1", 5)]
    open_only = Query(conditions=(Condition(column="Open", operator=Operator.IS_TRUE),))
    assert things.choices("Open", open_only) == [(True, 5)]


def test_bounds_are_of_the_readings(things: Table) -> None:
    assert things.bounds("Created At") == (START, START + timedelta(days=8))
    assert things.bounds("Count") == (1, 9)
    assert things.bounds("Name") is None


@pytest.mark.parametrize(("column", "limit", "wanted"), [("Status", 9, 2), ("Id", 9, 9), ("Name", 9, 0)])
def test_distinct_values_are_counted_up_to_a_limit(things: Table, column: str, limit: int, wanted: int) -> None:
    assert things.distinct_count(column, limit=limit) == wanted


def test_chart_sql_sees_readings_under_plain_names_and_texts_beside_them(things: Table) -> None:
    sql = (
        'SELECT date_trunc(\'month\', "Created At") AS month, sum("Count") AS total,'
        ' min("text of Count") AS text,'
        ' any_value("odd ""name""; --") AS odd FROM rows WHERE "Id" <> $not_this GROUP BY month'
    )
    frame = things.frame(sql, parameters={"not_this": "id9"})
    assert frame.to_dict("records") == [{"month": START, "total": 36, "text": "1.0", "odd": "x"}]


def test_result_without_any_slice_answers_too(store: ResultStore) -> None:
    table = table_of(store, EVERY_KIND)
    query = Query(search="x", sort=(Sort(column="Id"),))
    assert (table.rows, table.count(query), table.choices("Id"), table.bounds("Id")) == (0, 0, [], None)
    assert list(table.page(query).columns) == list(COLUMNS)
    assert list(table.batches(query)) == []
    frame = table.frame('SELECT count(*) AS n, sum("Count") AS c, max("Created At") AS t FROM rows', query)
    assert frame["n"].tolist() == [0]


def test_large_sorted_stream_is_sorted_by_way_of_the_disk(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "_BLOCK_ROWS", 500)
    numbers = [number * 7919 % 3001 for number in range(3000)]
    rows: list[Row] = [{"Count": str(number), "Id": str(place)} for place, number in enumerate(numbers)]
    table = table_of(store, EVERY_KIND, rows[:1700], rows[1700:])
    query = Query(sort=(Sort(column="Count", descending=True),), search="1")
    batches = list(table.batches(query, ["Count"], batch_rows=100))
    got = [int(cell) for batch in batches for cell in batch.column(0).to_pylist()]
    assert got == sorted((number for place, number in enumerate(numbers) if "1" in str(place)), reverse=True)
    assert max(batch.num_rows for batch in batches) <= 100


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(st.text("ab;- >\t.|(\\", max_size=8), max_size=40),
    separator=st.text("ab;- >\t.|(", min_size=1, max_size=3),
    items=st.lists(st.text("ab;- >.|(\\", max_size=2), min_size=1, max_size=2),
)
def test_items_are_found_as_splitting_and_trimming_finds_them(
    store: ResultStore, texts: list[str], separator: str, items: list[str]
) -> None:
    table = table_of(store, EVERY_KIND, [{"Name": text} for text in texts])
    condition = Condition(column="Name", operator=Operator.LISTS, values=(separator, *items))
    pieces = [[piece.strip() for piece in text.split(separator)] for text in texts]
    wanted = sum(any(_is_listed(item, separator, each) for item in items) for each in pieces)
    assert table.count(Query(conditions=(condition,))) == wanted


INJECTIONS = ["'; DROP TABLE rows; --", '"', '" OR 1=1 --', "$query_0", "%", "_", "\\", "*", "id0\x00"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_values_are_never_sql(things: Table, text: str) -> None:
    for operator in (Operator.CONTAINS, Operator.EQUALS, Operator.STARTS_WITH, Operator.ONE_OF):
        condition = Condition(column="Id", operator=operator, values=(text,))
        assert things.count(Query(conditions=(condition,))) == 0
    assert things.count(Query(search=text)) == 0


@pytest.mark.parametrize("name", ["", "nope", "id", "Id'", 'Id"; --', "c0", "reading of Count", "text of Count"])
def test_unknown_columns_are_refused(things: Table, name: str) -> None:
    condition = Condition(column=name, operator=Operator.IS_EMPTY)
    asks: list[Callable[[], object]] = [
        lambda: things.count(Query(conditions=(condition,))),
        lambda: things.count(Query(sort=(Sort(column=name),))),
        lambda: things.page(columns=[name]),
        lambda: things.choices(name),
        lambda: things.bounds(name),
        lambda: things.distinct_count(name),
        lambda: things.batches(columns=[name]),
        lambda: things.batches(Query(conditions=(condition,))),
    ]
    for ask in asks:
        with pytest.raises(InputError) as caught:
            ask()
        assert caught.value.field == name


@pytest.mark.parametrize(
    ("column", "operator", "values"),
    [
        ("Id", Operator.BETWEEN, ("a", "b")),
        ("Id", Operator.CONTAINS, ()),
        ("Id", Operator.CONTAINS, (None,)),
        ("Id", Operator.EQUALS, (5,)),
        ("Count", Operator.EQUALS, ("5",)),
        ("Count", Operator.EQUALS, (2**63,)),
        ("Count", Operator.BETWEEN, (1,)),
        ("Score", Operator.EQUALS, (float("nan"),)),
        ("Score", Operator.EQUALS, (10**400,)),
        ("Open", Operator.IS_TRUE, (1,)),
        ("Seen At", Operator.BETWEEN, (datetime(2026, 3, 1), None)),  # noqa: DTZ001 naive on purpose
        ("Seen At", Operator.CONTAINS, ("2026",)),
        ("Seen At", Operator.LAST, ("UTC", 7)),
        ("Seen At", Operator.LAST, ("Nowhere/Land", 7, "days")),
        ("Seen At", Operator.LAST, ("UTC", 0, "days")),
        ("Seen At", Operator.LAST, ("UTC", 10_001, "hours")),
        ("Seen At", Operator.LAST, ("UTC", True, "days")),
        ("Seen At", Operator.LAST, ("UTC", 7, "years")),
        ("Seen At", Operator.ON_WEEKDAYS, ()),
        ("Seen At", Operator.ON_WEEKDAYS, ("UTC", 0)),
        ("Seen At", Operator.ON_WEEKDAYS, ("UTC", 8)),
        ("Seen At", Operator.ON_WEEKDAYS, ("/etc/passwd", 1)),
        ("Seen At", Operator.AT_HOURS, ("UTC", 24)),
        ("Seen At", Operator.AT_HOURS, ("UTC", "1")),
        ("Count", Operator.LAST, ("UTC", 7, "days")),
        ("Name", Operator.LISTS, ()),
        ("Name", Operator.LISTS, ("", "a")),
        ("Name", Operator.LISTS, (";", 1)),
        ("Tags", Operator.LISTS, (";", "a")),
    ],
)
def test_conditions_that_do_not_fit_are_refused(
    things: Table, column: str, operator: Operator, values: tuple[Value, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        things.count(Query(conditions=(Condition(column=column, operator=operator, values=values),)))
    assert is_told(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hosts')",
        "SELECT * FROM read_text('{folder}/../outside.txt')",
        "SELECT * FROM read_csv('{outside}')",
        "COPY (SELECT 1) TO '{outside}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "ATTACH '{outside}'",
    ],
)
def test_engine_reads_results_and_nothing_else(things: Table, tmp_path: Path, sql: str) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    (things.result.folder.parent.parent / "outside.txt").write_text("secret")
    with things.result.engine.cursor() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(sql.format(folder=things.result.folder.parent, outside=outside))
    assert outside.read_text() == "secret"


def test_table_of_a_result_that_changed_says_try_again(store: ResultStore) -> None:
    result = result_of(store, EVERY_KIND, [{"Id": "a"}], [{"Id": "b"}])
    table = Table(result)
    result.finish()
    for ask in (lambda: table.count(Query(search="a")), table.page, lambda: list(table.batches())):
        with pytest.raises(TryLaterError) as caught:
            ask()
        assert is_told(caught.value)
    assert Table(result).count(Query(search="a")) == 1


def test_plain_rule_for_empty_is_the_one_of_the_readings() -> None:
    assert is_empty(pa.array(["", None, "NULL", "x"])).to_pylist() == [True, True, True, False]


def test_without_any_rows_yet_columns_are_of_the_types_that_they_will_be(store: ResultStore) -> None:
    files = Column(name="Files", kind=Kind.RECORDS, members=(("name", Kind.TEXT), ("bytes", Kind.INTEGER)))
    columns = (*EVERY_KIND, files)
    names = [column.name.replace('"', '""') for column in columns]
    sql = "SELECT " + ", ".join(f'typeof((SELECT max("{name}") FROM rows)) AS t{at}' for at, name in enumerate(names))
    empty, filled = Table(new_result(store, columns)), table_of(store, columns, [{"Id": "a"}])
    found = empty.frame(sql).iloc[0].tolist()
    assert found == filled.frame(sql).iloc[0].tolist()
    assert found[-1] == 'STRUCT("name" VARCHAR, bytes BIGINT)[]'


@pytest.mark.parametrize("read_all", [lambda table: table.page(), lambda table: list(table.batches())])
def test_what_is_damaged_in_the_middle_is_told_in_words(read_all: Callable[[Table], object], tmp_path: Path) -> None:
    rows = [{"Id": f"id {number}", "Name": "x" * number} for number in range(300)]
    result = result_of(ResultStore(tmp_path), EVERY_KIND, rows)
    result.finish()
    with (result.folder / "rows.parquet").open("r+b") as file:
        file.seek(4)
        file.write(b"\xff" * 400)
    with pytest.raises(GladlyToolsError, match=r"rows\.parquet .* is damaged"):
        read_all(Table(result))
