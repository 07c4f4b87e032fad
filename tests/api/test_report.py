"""A report's text: what becomes a row, what is counted, what is no report at all."""

from __future__ import annotations

import io

import pytest

from gladly_tools.api import Report
from gladly_tools.errors import Cancelled, UnexpectedAnswer


def report_of(text: str | bytes) -> Report:
    return Report(io.BytesIO(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        pytest.param("", (), [], id="nothing at all"),
        pytest.param("\ufeff", (), [], id="a byte order mark alone"),
        pytest.param("\r\n\n \r\n", (), [], id="blank lines alone"),
        pytest.param("A,B\r\n", ("A", "B"), [], id="a header alone"),
        pytest.param("A,B", ("A", "B"), [], id="a header without its line end"),
        pytest.param("\ufeffA,B\r\n1,2\r\n", ("A", "B"), [["1", "2"]], id="a byte order mark"),
        pytest.param('\ufeff"A",B\n1,2\n', ("A", "B"), [["1", "2"]], id="a byte order mark before a quote"),
        pytest.param("\r\n\nA,B\n1,2\n", ("A", "B"), [["1", "2"]], id="blank lines before the header"),
        pytest.param("\r\n\ufeffA\n1\n", ("\ufeffA",), [["1"]], id="a mark that is not at the beginning is data"),
        pytest.param("A,B\n1,2\n\n3,4", ("A", "B"), [["1", "2"], ["3", "4"]], id="LF, a blank line, no last line end"),
        pytest.param("A,B\r\n1,2\r\n3,4\r\n", ("A", "B"), [["1", "2"], ["3", "4"]], id="CRLF"),
        pytest.param('A,B\n"x\r\ny\n","z"\n', ("A", "B"), [["x\r\ny\n", "z"]], id="line ends inside quotes are kept"),
        pytest.param('A,B\n"say ""hi""",\n', ("A", "B"), [['say "hi"', ""]], id="doubled quotes"),
        pytest.param('A,B\n5" pipe,x\n', ("A", "B"), [['5" pipe', "x"]], id="a quote inside a bare cell"),
        pytest.param("A,B\n1,a\x00b\n", ("A", "B"), [["1", "a\x00b"]], id="NUL"),
        pytest.param("A\n\n1\n", ("A",), [["1"]], id="a blank line where there is one column"),
        pytest.param(" A ,B\n 1 ,\t2\n", ("A", "B"), [[" 1 ", "\t2"]], id="names are trimmed and cells are not"),
        pytest.param("A,A\n1,2\n", ("A", "A"), [["1", "2"]], id="two columns of one name keep their places"),
        pytest.param("A,\n1,2\n", ("A", ""), [["1", "2"]], id="a column without a name"),
        pytest.param("A,B\n,\n", ("A", "B"), [["", ""]], id="a row of empty cells is a row"),
        pytest.param("A,B\n日本,🙂\n", ("A", "B"), [["日本", "🙂"]], id="any letters"),
    ],
)
def test_a_report_is_read_as_it_was_sent(text: str, columns: tuple[str, ...], rows: list[list[str]]) -> None:
    with report_of(text) as report:
        assert report.columns == columns
        assert report.row_count == len(rows)
        assert (report.ragged, report.breaks_off) == (0, False)
        assert list(report.rows()) == rows
        assert list(report.rows()) == rows  # and once more from the start


def test_a_short_row_is_filled_and_a_long_one_left_out_and_both_are_counted() -> None:
    with report_of("A,B,C\n1,2,3\n4\n5,6,7,8\n7,8,9,,\n10,11,12\n") as report:
        assert list(report.rows()) == [["1", "2", "3"], ["4", "", ""], ["7", "8", "9"], ["10", "11", "12"]]
        assert (report.row_count, report.ragged, report.unreadable) == (5, 2, 1)
        assert report.odd_rows == (2, 3)


def test_every_row_that_cannot_be_read_is_counted_and_the_first_hundred_are_named() -> None:
    with report_of("A,B\n" + "1,2\n1,2,3\n" * 150 + "1\n" * 10) as report:
        assert (report.row_count, report.ragged, report.unreadable) == (310, 160, 150)
        assert report.odd_rows == tuple(range(2, 202, 2))
        assert len(list(report.rows())) == 160


def test_a_cell_may_be_far_longer_than_usual() -> None:
    cell = "topic," * 200_000
    with report_of(f'A,B\n1,"{cell}"\n') as report:
        assert list(report.rows()) == [["1", cell]]


@pytest.mark.parametrize("text", ['{"errors":[]}', " [1,\n2]", "<!doctype html>\n<p>a,b</p>", '{"a":1,"b":2}\n{"a":3}'])
def test_json_and_html_are_no_report_whatever_their_type_says(text: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="not a CSV table"):
        report_of(text)


@pytest.mark.parametrize("cell", [b"caf\xe9", b"\xff\xfe", b"\xed\xa0\x80", b"cut \xf0\x9f"])
def test_bytes_that_are_no_text_are_refused_and_not_replaced(cell: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="UTF-8"):
        report_of(b"A,B\n1," + cell + b"\n")


@pytest.mark.parametrize(
    "text", ['A,B\n1,2\n3,"4', 'A,B\n1,2\n3,"4\n', 'A,B\n"1', 'A,"B', 'A,B\n1,"2\n3,4\n5,6\n', 'A,B\n1,"say ""hi""']
)
def test_a_text_that_ends_inside_a_quoted_cell_is_known_to_break_off(text: str) -> None:
    assert report_of(text).breaks_off


@pytest.mark.parametrize("text", ['A,B\n1,"2"', 'A,B\n1,"2"\n', 'A,B\n1,"2\n"\n', 'A,B\n1,""', 'A,B\n1,5"'])
def test_a_text_that_ends_with_a_whole_cell_does_not_break_off(text: str) -> None:
    assert not report_of(text).breaks_off


def test_counting_a_long_report_can_be_stopped_and_closes_its_file() -> None:
    file = io.BytesIO(b"A\n" + b"1\n" * 20_000)

    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        Report(file, check)
    assert file.closed


@pytest.mark.filterwarnings("error")
def test_a_report_may_be_closed_while_its_rows_are_being_read() -> None:
    report = report_of("A\n1\n2\n")
    rows = report.rows()
    assert next(rows) == ["1"]
    report.close()
    rows.close()  # type: ignore[attr-defined]  # it is a generator
    report.close()
