"""The command line writes a report beside the rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from gladly_tools.cli import exports
from gladly_tools.cli.exports import export_group
from gladly_tools.errors import GladlyToolsError
from tests.report_file.reading import facts_of, parsed
from tests.test_cli import Run, run

__all__ = ["run"]

DAYS = ("--from", "2026-03-11", "--to", "2026-03-12", "--no-customers")


def test_a_report_is_written_beside_the_rows(run: Run, tmp_path: Path) -> None:
    out, report = tmp_path / "rows.csv", tmp_path / "report.html"
    result = run("export", "contact-information", *DAYS, "--out", str(out), "--report", str(report))
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"), newline="")))
    assert facts_of(parsed(report.read_bytes()))["Rows"] == f"{len(rows):,}"
    assert f"report in {report}" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "data") == ["report.html", "rows.csv"]


def test_rows_may_go_to_standard_output_with_the_report_in_a_file(run: Run, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    result = run("export", "contact-information", *DAYS, "--out", "-", "--report", str(report))
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Timezone Filter,")
    assert parsed(report.read_bytes()).all("h1")


@pytest.mark.parametrize(("rows", "report"), [("a", "a"), ("a.csv", "a.partial.csv"), ("a.partial.csv", "a.csv")])
def test_rows_and_report_never_take_each_others_place(run: Run, tmp_path: Path, rows: str, report: str) -> None:
    files = "--out", str(tmp_path / rows), "--report-file", str(tmp_path / report)
    result = run("export", "contact-information", *DAYS, *files)
    assert result.exit_code == 2
    assert "it would be written over" in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_report_that_cannot_be_drawn_leaves_the_rows_and_says_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_report: object) -> bytes:
        raise GladlyToolsError("The charts could not be drawn.")

    monkeypatch.setattr(exports, "page", broken)
    out, report = tmp_path / "rows.csv", tmp_path / "report.html"
    result = run("export", "contact-information", *DAYS, "--out", str(out), "--report", str(report))
    assert result.exit_code == 1
    assert "The report was not written. The charts could not be drawn." in result.stderr
    assert out.exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "data") == ["rows.csv"]


def test_a_folder_that_does_not_exist_is_told_before_the_work(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "nowhere" / "report.html"
    out = tmp_path / "rows.csv"
    result = run("export", "contact-information", *DAYS, "--out", str(out), "--report", str(wrong))
    assert result.exit_code == 2
    assert "--report" in result.stderr
    assert not out.exists()
    assert list(tmp_path.glob(".*")) == []


def test_an_export_without_charts_has_no_report(run: Run, tmp_path: Path) -> None:
    result = run("export", "inboxes", "--out", "-", "--report", str(tmp_path / "report.html"))
    assert result.exit_code == 2
    assert "--report" in result.stderr


def test_an_export_that_asks_for_a_report_of_its_own_writes_one_too(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    days = ("--from", "2026-03-11", "--to", "2026-03-11")
    result = run("export", "event-history", "--report", "contact", *days, "--out", "-", "--report-file", str(path))
    assert result.exit_code == 0, result.stderr
    assert facts_of(parsed(path.read_bytes()))["Report"] == "Contact timestamps"


@pytest.mark.parametrize("name", list(export_group.commands))
def test_no_option_of_an_export_is_there_twice(name: str) -> None:
    options = [option for each in export_group.commands[name].params for option in (*each.opts, *each.secondary_opts)]
    assert len(set(options)) == len(options)
