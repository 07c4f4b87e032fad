"""A report as one HTML file, which loads nothing, runs nothing and opens anywhere; every text in it is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gladly_tools.charts import LIGHT, Chart, Figure, Figures
from gladly_tools.charts.text import seen
from gladly_tools.report_file.contents import Report
from gladly_tools.report_file.pictures import Picture, pictures
from gladly_tools.report_file.style import STYLE
from gladly_tools.results.manifest import Note
from gladly_tools.results.words import day_words

MOST_ROWS = 400
"""Rows of a chart's table; a chart of more is one of single days over years, whose CSV is the better table."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_COLOR = re.compile(r"#[0-9a-fA-F]{3,8}")


def page(report: Report) -> bytes:
    """The file. Raises TryLaterError when drawing takes too long, GladlyToolsError when it fails."""
    charts = [each for part in report.parts for each in part.drawn if isinstance(each, Chart)]
    drawn = dict(zip((id(chart) for chart in charts), pictures(charts), strict=True))
    parts = "".join(
        (f"<h2>{_text(part.title)}</h2>" if part.title else "")
        + "".join(_figures(each) if isinstance(each, Figures) else _chart(each, drawn[id(each)]) for each in part.drawn)
        for part in report.parts
    )
    title = ", ".join(filter(None, [report.title, report.organization, report.period]))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{_header(report)}{_missing(report)}{_facts(report)}{parts}{_reading(report)}{_footer(report)}"
        "</main>\n</body>\n</html>\n"
    ).encode()


def _header(report: Report) -> str:
    return (
        f'<header><p class="organization">{_text(report.organization)}</p><h1>{_text(report.title)}</h1>'
        f'<p class="lead">{_text(" · ".join(filter(None, [report.period, _rows(report)])))}</p></header>\n'
    )


def _rows(report: Report) -> str:
    if not report.filters:
        return f"all {report.rows:,} rows of the export"
    share = f" ({report.taken / report.rows:.1%})" if report.rows else ""
    return f"{report.taken:,} of {report.rows:,} rows{share}, by the filters below"


def _missing(report: Report) -> str:
    unfinished = report.exported_at is None
    if not report.missing and not unfinished:
        return ""
    what = "The export was not finished" if unfinished else "Data is missing"
    also = ["More rows were still to come when this report was made."] if unfinished else []
    listed = _list([*also, *(_note(note) for note in report.missing)])
    said = f"<p><strong>{what}.</strong> The figures below do not include it.</p>"
    return f'<section class="missing">{said}{listed}</section>\n'


def _facts(report: Report) -> str:
    facts = [(_text(label), _text(words)) for label, words in report.parameters]
    filters = [_text(words) for words in report.filters]
    listed = "".join(f"<li>{words}</li>" for words in filters)
    facts.append(("Filters", f"<ul>{listed}</ul>" if filters else "none"))
    facts.append(("Rows", _text(_counted(report))))
    if report.exported_at is not None:
        facts.append(("Exported", _text(_moment(report.exported_at, report.zone))))
    facts.append(("Report made", _text(f"{_moment(report.made_at, report.zone)}, by {report.made_by}")))
    facts.append(("Time zone", _text(f"{report.zone}, for every day, hour and time here")))
    return f'<dl class="facts">{"".join(f"<dt>{label}</dt><dd>{words}</dd>" for label, words in facts)}</dl>\n'


def _counted(report: Report) -> str:
    return f"{report.taken:,} of {report.rows:,}" if report.filters else f"{report.rows:,}"


def _figures(found: Figures) -> str:
    return f'<div class="figures">{"".join(map(_figure, found.figures))}</div>{_captions(found.notes)}\n'


def _figure(figure: Figure) -> str:
    return (
        f'<div class="figure"><span class="label">{_text(figure.label)}</span><b>{_text(figure.shown)}</b>'
        f"<span>{_text(figure.basis)}</span></div>"
    )


def _chart(chart: Chart, picture: Picture | None) -> str:
    help = f'<p class="soft">{_text(chart.help)}</p>' if chart.help else ""
    if not len(chart.frame):
        shown = f'<p class="empty">{_text(" ".join(chart.notes) or "Nothing to show.")}</p>'
        return f"<article><h3>{_text(chart.title)}</h3>{help}{shown}</article>\n"
    if picture is None:
        shown = '<p class="empty">This chart could not be drawn. Its figures are below.</p>'
    else:
        shown = f'<p class="hidden">{_text(chart.words)}</p>{picture.wide}{picture.narrow}'
    return (
        f"<article><h3>{_text(chart.title)}</h3>{help}{_legend(chart)}{shown}{_captions(chart.notes)}"
        f"{_table(chart.frame, is_open=picture is None)}</article>\n"
    )


def _legend(chart: Chart) -> str:
    if chart.colors is None:
        return ""
    entries = "".join(
        f'<li><i style="background:{color}"></i>{_text(words)}</li>'
        for color, words in chart.colors(LIGHT)
        if _COLOR.fullmatch(color)
    )
    return f'<ul class="legend" aria-hidden="true">{entries}</ul>'


def _captions(notes: Iterable[str]) -> str:
    listed = "".join(f"<li>{_text(note)}</li>" for note in notes)
    return f'<ul class="caption">{listed}</ul>' if listed else ""


def _table(frame: pd.DataFrame, *, is_open: bool) -> str:
    """The chart's figures, as its CSV has them."""
    shown = frame.head(MOST_ROWS)
    classes = [' class="number"' if pd.api.types.is_numeric_dtype(kind) else "" for kind in frame.dtypes]
    head = "".join(f"<th{kind}>{_text(name)}</th>" for name, kind in zip(frame.columns, classes, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{_text(_cell(cell))}</td>" for cell, kind in zip(row, classes, strict=True))
        + "</tr>"
        for row in shown.astype(object).itertuples(index=False, name=None)
    )
    rest = len(frame) - len(shown)
    more = f'<p class="soft">{rest:,} more rows are in the CSV of this chart.</p>' if rest else ""
    opened = " open" if is_open else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<details{opened}><summary>Figures</summary><div class="scroll" tabindex="0">{table}</div>{more}</details>'


def _cell(cell: Any) -> str:
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if (cell.hour, cell.minute) == (0, 0) else f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return number(cell)
    return str(cell)


def number(value: float) -> str:
    """A number with thousands apart and as many places as say something: `1,234.5`, `0.503`, `12`."""
    places = 2 if abs(value) >= 1 else 4
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _reading(report: Report) -> str:
    """What holds for all figures, how the headline's are defined, and what the export said of its rows."""
    headline = [
        figure for part in report.parts for each in part.drawn if isinstance(each, Figures) for figure in each.figures
    ]
    notes = [
        f"Figures cover {_counted(report)} rows; where fewer of them have a value, that number is "
        "named beside the figure.",
        f"Days begin and end in {report.zone}, and hours are its hours.",
        *(f"{figure.label}: {figure.help}" for figure in headline if figure.help),
        *([report.caveat] if report.caveat else []),
        *(_note(note) for note in report.notes),
    ]
    return f'<section class="notes"><h2>How to read this</h2>{_list(notes)}</section>\n'


def _footer(report: Report) -> str:
    return (
        f"<footer>Made with Gladly Tools on {_text(_moment(report.made_at, report.zone))}. This file holds its figures "
        "itself: it loads nothing and tells nobody that it was opened.</footer>\n"
    )


def _note(note: Note) -> str:
    return f"{note.text} ({note.count:,})"


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(each)}</li>' for each in texts)}</ul>"


def _moment(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{day_words(local.date())}, {local:%H:%M}"


def _text(text: object) -> str:
    """Text as a browser shows it, whatever it is: no markup, no character that a page may not hold."""
    return escape(seen(str(text)))
