"""Uploaded lists in every shape people bring them in: what is done, what is set aside, what is refused as a whole."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gladly_tools.bulk import ACTIONS, id_file
from gladly_tools.bulk.id_file import LARGEST_FILE, LONGEST_LINE, MOST_COLUMNS, MOST_ROWS, Checked, check, template
from gladly_tools.errors import InputError
from gladly_tools.results.download import guard_cell

COLUMN = "conversationId"


def read(data: bytes | str) -> Checked:
    return check(data.encode() if isinstance(data, str) else data, column=COLUMN)


def ids(checked: Checked) -> list[str]:
    return [entry.id for entry in checked.entries if entry.to_do]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_and_separator_is_read(encoding: str, said: str, separator: str, end: str) -> None:
    text = end.join([f"note{separator}{COLUMN}", f"Größe{separator}-3uM", f"“ö”{separator}_b"]) + end
    checked = read(text.encode(encoding))
    assert ids(checked) == ["-3uM", "_b"]
    assert checked.entries[0].cells == ("Größe", "-3uM")
    assert [entry.line for entry in checked.entries] == [2, 3]
    assert said in checked.read_as


@pytest.mark.parametrize(
    "heading", ["conversationId", "CONVERSATIONID", "Conversation ID", "conversation_id", "id", " conversationid "]
)
def test_the_heading_may_be_written_in_any_way(heading: str) -> None:
    assert ids(read(f"{heading}\nabc\n")) == ["abc"]
    assert ids(read(f"note,{heading}\nx,abc\n")) == ["abc"]


def test_a_cell_is_found_by_its_heading_in_any_case() -> None:
    checked = read("Previous  Agent,conversationId,previous_inbox\n a ,abc,i\n,def\n")
    first, second = checked.entries
    assert checked.id_column == 1
    assert [checked.value(first, name) for name in ("previousAgent", "PREVIOUS INBOX", "note")] == ["a", "i", ""]
    assert [checked.value(second, name) for name in ("previousAgent", "PREVIOUS INBOX")] == ["", ""]


def test_how_a_file_was_read_is_told_in_words() -> None:
    said = [read(f"note{separator}conversationId\nx{separator}abc\n").read_as for separator in ",;\t"]
    assert said == [f"CSV, UTF-8, separated by {name}" for name in ("comma", "semicolon", "tab")]


def test_the_column_of_the_ids_decides_what_separates_the_cells() -> None:
    checked = read("a,b,c,d;conversationId\n1,2,3,4;abc\n")
    assert checked.columns == ("a,b,c,d", "conversationId")
    assert ids(checked) == ["abc"]
    assert read("a;b,c;id\nx;y,z;abc\n").columns == ("a", "b,c", "id")


def test_blank_lines_before_the_heading_are_counted_and_left_out() -> None:
    checked = read("\n  \n;;\nnote;conversationId\nx;abc\n ; \n")
    assert (ids(checked), checked.blank_lines) == (["abc"], 4)
    assert checked.entries[0].line == 5


def test_one_column_needs_no_heading() -> None:
    checked = read("abc\n\ndef\n")
    assert ids(checked) == ["abc", "def"]
    assert checked.columns == (COLUMN,)
    assert [entry.line for entry in checked.entries] == [1, 3]
    assert checked.blank_lines == 1


def test_a_line_that_names_the_separator_is_no_row() -> None:
    assert ids(read("sep=;\nnote;conversationId\nx;abc\n")) == ["abc"]


def test_an_id_that_comes_again_is_done_once_and_both_lines_are_known() -> None:
    checked = read(f"{COLUMN}\nabc\ndef\nabc\n abc \n")
    assert ids(checked) == ["abc", "def"]
    assert [(entry.line, entry.repeats) for entry in checked.repeated] == [(4, 2), (5, 2)]


def test_a_line_that_was_set_aside_is_repeated_by_none() -> None:
    checked = read(f"{COLUMN},a\nabc,1,2\nabc,1\nabc,2\n")
    assert [(entry.line, entry.repeats) for entry in checked.entries] == [(2, None), (3, None), (4, 3)]
    assert (checked.to_do, len(checked.set_aside), len(checked.repeated)) == (1, 1, 1)


def test_ids_that_differ_in_case_alone_are_two() -> None:
    assert ids(read(f"{COLUMN}\nAbc\naBC\n")) == ["Abc", "aBC"]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("1.23E+15", "spreadsheet"),
        ("1,23E+15", "spreadsheet"),
        ("1E+22", "spreadsheet"),
        ("#NAME?", "spreadsheet"),
        ("#N/A", "spreadsheet"),
        ("########", "spreadsheet"),
        ("two words", "space"),
        ("a\x07b", "character"),
        ("x" * 201, "not an ID"),
        (".", "not an ID"),
        ("-1,5E-3", "spreadsheet"),
        ("1.5e+3", "spreadsheet"),
        ("..", "not an ID"),
    ],
)
def test_what_is_no_id_is_set_aside_with_its_line_and_reason(cell: str, why: str) -> None:
    checked = read(f'{COLUMN}\ngood\n"{cell}"\n')
    assert ids(checked) == ["good"]
    (aside,) = checked.set_aside
    assert aside.line == 3
    assert why in aside.set_aside


@pytest.mark.parametrize(
    "id_", ["1E10", "1E-15", "12345", "a.b", "ü-9", "a/b", "a+b=", "e3", "-", "--x", "@x", "=x", "x" * 200, "..."]
)
def test_ids_of_any_alphabet_are_kept(id_: str) -> None:
    assert ids(read(f"{COLUMN}\n{id_}\n")) == [id_]


def test_our_own_excel_guard_is_taken_off() -> None:
    assert ids(read(f"{COLUMN}\n'-3uM\n'=x\n'plain\n=\"-q\"\n")) == ["-3uM", "=x", "'plain", "-q"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30))
def test_whatever_our_downloads_guard_is_read_back(id_: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[COLUMN, "note"], [guard_cell(id_), "x"]])
    (entry,) = read(text.getvalue()).entries
    assert entry.set_aside or entry.id == id_ or id_.startswith('="')


def test_lines_with_too_few_or_too_many_cells() -> None:
    checked = read(f"{COLUMN},a,b\none\ntwo,1,2,3\nthree,1,2\n,1,2\n")
    assert ids(checked) == ["one", "three"]
    assert checked.entries[0].cells == ("one", "", "")
    assert [(entry.line, entry.set_aside) for entry in checked.set_aside] == [
        (3, "the line has 4 cells, the first one 3"),
        (5, "the ID is missing"),
    ]


def test_cells_over_several_lines_keep_the_numbers_of_lines_right() -> None:
    checked = read(f'note,{COLUMN}\n"two\nlines",abc\nx,def\n')
    assert [(entry.line, entry.id) for entry in checked.entries] == [(2, "abc"), (4, "def")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "lists no IDs"),
        (b"\n\n\n", "lists no IDs"),
        (b"conversationId\n", "lists no IDs"),
        (b"a,b\n1,2\n", "No column is called conversationId"),
        (b"taskId\nabc\n", "not conversationId"),
        (b"Task ID,id\nabc,x\n", "No column is called conversationId"),
        (b"conversationId,Conversation ID\na,b\n", "Two columns"),
        (b'conversationId,x\nabc,"open\ndef,1\n', "never closed"),
        (b"\x00\x01\x02\x03" * 100, "not a text file"),
        (b"conversationId\nabc\nd\x00f\n", "not a text file"),
        (b"conversationId\n" + b"abc\n" * 3000 + b"\x00", "not a text file"),
        (b"conversationId\n\x81\x8d\x8f", "cannot be read"),
        (b"\xff\xfea\xd8b", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "password-protected"),
        (b"conversationId\n" + b"x" * 200_000, "Line 2 is longer"),
        (b"," * 10_000 + b"conversationId\n", "more than 100 columns"),
        (b"conversationId\n" + b"abc" + b",x" * MOST_COLUMNS + b"\n", "more than 100 columns"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_as_a_whole(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read(data)
    assert caught.value.field == "file"
    assert caught.value.advice


@pytest.mark.parametrize("data", [b"x" * (LARGEST_FILE + 1), b"PK\x03\x04" + b"x" * LARGEST_FILE], ids=["csv", "xlsx"])
def test_a_file_that_is_too_large_is_refused_without_reading_it(data: bytes) -> None:
    started = time.process_time()
    with pytest.raises(InputError, match="larger than 20 MB"):
        read(data)
    assert time.process_time() - started < 0.5


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(InputError, match="more than 200,000 rows"):
        read("\n".join([COLUMN, *map(str, range(MOST_ROWS + 1))]))


def test_a_file_just_as_large_as_allowed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_file, "MOST_ROWS", 3)
    assert read(f"{COLUMN}\na\nb\nc\n").to_do == 3
    with pytest.raises(InputError, match="more than 3 rows"):
        read(f"{COLUMN}\na\nb\nc\nd\n")
    data = f"{COLUMN}\nabc\n"
    monkeypatch.setattr(id_file, "LARGEST_FILE", len(data))
    assert read(data).to_do == 1
    with pytest.raises(InputError, match="larger than"):
        read(data + "\n")


def test_a_line_just_as_long_and_as_wide_as_allowed_is_read() -> None:
    line = "x" * (LONGEST_LINE - len(",abc\n"))
    assert ids(read(f"note,{COLUMN}\n{line},abc\n")) == ["abc"]
    with pytest.raises(InputError, match="Line 2 is longer"):
        read(f"note,{COLUMN}\nx{line},abc\n")
    wide = ",".join([COLUMN, *(f"c{number}" for number in range(MOST_COLUMNS - 1))])
    assert ids(read(f"{wide}\nabc\n")) == ["abc"]


def test_the_line_from_which_a_file_cannot_be_read_is_told() -> None:
    with pytest.raises(InputError) as caught:
        read('conversationId,x\na,1\nb,"open\nc,2\n')
    assert caught.value.what == "The file cannot be read from line 3 on: a quotation mark is never closed."
    assert caught.value.advice == "Mend that line."
    with pytest.raises(InputError, match=r"from line 2 on: .*expected after"):
        read('conversationId,x\na,"b"c\n')


@pytest.mark.parametrize("heading", ["Ticket ID", "ticket_id", "customer-id", "ids", "Task Id"])
def test_a_heading_of_other_ids_is_not_taken_for_an_id(heading: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"{heading}\nabc\n")
    assert caught.value.what == f"The file's heading is {heading}, not {COLUMN}."
    assert caught.value.advice == f"Upload a list of {COLUMN}s, or mend the heading."


@pytest.mark.parametrize("column", sorted({action.column for action in ACTIONS.values()}))
def test_the_sample_template_can_be_uploaded(column: str) -> None:
    assert check(template(column), column=column).to_do == 2
