"""The reference, made from the code: the README's tables of exports and settings, and the page of columns."""

from __future__ import annotations

from typing import Any

from gladly_tools.exports import EXPORTS, Export
from gladly_tools.exports.inputs import (
    DateRangeQuestion,
    IdsQuestion,
    LanguagesQuestion,
    SwitchQuestion,
    questions,
)
from gladly_tools.settings import TABLE


def exports_table() -> str:
    """Every export: section, name on the command line, what it asks, grain, number of columns."""
    lines = ["| Section | Export | On the command line | Asks for | Grain | Columns |", "|---|---|---|---|---|---|"]
    for export in EXPORTS.values():
        asked = ", ".join(_options(export)) or "nothing"
        lines.append(
            f"| {export.section} | {export.title} | `{export.name}` | {asked} "
            f"| {export.grain} | {len(export.columns)} |"
        )
    return "\n".join(lines)


def columns_page() -> str:
    """The page `docs/columns.md`: every export's columns, in order."""
    parts = ["# Columns\n\nEvery export's columns in the order of the file, which is that of Gladly's own portal."]
    for export in EXPORTS.values():
        lines = [
            f"## {export.title}\n\n{export.grain.capitalize()}.\n",
            "| Column | Kind | What it holds |",
            "|---|---|---|",
        ]
        for column in export.columns:
            unit = f" ({column.unit})" if column.unit else ""
            lines.append(f"| {column.name} | {column.kind} | {column.help}{unit} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def settings_table() -> str:
    """Every setting with its environment variable and default."""
    lines = ["| Variable | Default | What it does |", "|---|---|---|"]
    lines += [f"| `{row.variable}` | {row.default} | {row.help} |" for row in TABLE]
    return "\n".join(lines)


def _options(export: Export[Any]) -> list[str]:
    found: list[str] = []
    for question in questions(export.parameters).values():
        match question:
            case DateRangeQuestion():
                found += ["`--from`", "`--to`", "`--timezone`"]
            case IdsQuestion() | LanguagesQuestion():
                found.append(f"`--{question.option}`")
            case SwitchQuestion():
                found.append(f"`--no-{question.option}`")
    return found
