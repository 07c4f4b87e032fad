"""The reference, made from the code: the README's tables of exports, actions and settings, and the page of columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gladly_tools.bulk import ACTIONS
from gladly_tools.exports import EXPORTS, Export
from gladly_tools.exports.identifiers import CustomerQuestion
from gladly_tools.exports.inputs import SwitchQuestion, questions
from gladly_tools.exports.search_questions import WhereQuestion
from gladly_tools.results.schema import Column
from gladly_tools.settings import TABLE


def exports_table() -> str:
    """Every export: section, name on the command line, what it asks, grain, number of columns."""
    lines = ["| Section | Export | On the command line | Asks for | Grain | Columns |", "|---|---|---|---|---|---|"]
    for export in EXPORTS.values():
        asked = ", ".join(_options(export)) or "nothing"
        lines.append(
            f"| {export.section} | {export.title} | `{export.name}` | {asked} "
            f"| {export.grain} | {' and '.join(str(len(_downloaded(columns))) for _, columns in _tables(export))} |"
        )
    return "\n".join(lines)


def actions_table() -> str:
    """Every bulk action: name on the command line, the heading of its IDs, what it does."""
    lines = ["| Action | On the command line | IDs under | What it does |", "|---|---|---|---|"]
    for action in ACTIONS.values():
        options = [
            option
            for option, taken in (("--topic-id", action.takes_topic), ("--force-waiting", action.takes_force))
            if taken
        ]
        command = "reopen" if action.verb == "reopen" else action.name
        words = " ".join([f"`{command}`", *(f"`{option}`" for option in options)])
        lines.append(f"| {action.title} | {words} | `{action.column}` | {action.summary} |")
    return "\n".join(lines)


def columns_page() -> str:
    """The page `docs/columns.md`: every export's columns, in order."""
    parts = ["# Columns\n\nEvery export's columns in the order of the file, which is that of Gladly's own portal."]
    for export in EXPORTS.values():
        parts.append(f"## {export.title}\n\n{export.grain[0].upper()}{export.grain[1:]}.")
        for name, columns in _tables(export):
            lines = ["| Column | Kind | What it holds |", "|---|---|---|"]
            for column in _downloaded(columns):
                unit = f" ({column.unit})" if column.unit else ""
                lines.append(f"| {column.name} | {column.kind} | {column.help}{unit} |")
            beside = ", ".join(column.name for column in columns if column.beside)
            parts += [f"In the file `{name}`:"] if name else []
            parts.append("\n".join(lines))
            parts += [f"Beside the IDs, in the portal alone: {beside}."] if beside else []
    return "\n\n".join(parts) + "\n"


def _tables(export: Export[Any]) -> list[tuple[str, Sequence[Column]]]:
    """The export's tables with what their files are called; a single one has no name."""
    return [(export.table, export.columns), *((other.name, other.columns) for other in export.others)]


def _downloaded(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if not column.beside]


def settings_table() -> str:
    """Every setting with its environment variable and default."""
    lines = ["| Variable | Default | What it does |", "|---|---|---|"]
    lines += [f"| `{row.variable}` | {row.default} | {row.help} |" for row in TABLE]
    return "\n".join(lines)


def _options(export: Export[Any]) -> list[str]:
    found: list[str] = []
    for question in questions(export.parameters).values():
        match question:
            case WhereQuestion():
                found.append("`--job-id` or `--from`, `--to` or `--file`")
            case CustomerQuestion():
                found.append(" or ".join(f"`--{option}`" for option in question.options))
            case SwitchQuestion():
                found.append(f"`--{'no-' if question.usual else ''}{question.option}`")
            case _:
                found += [f"`--{option}`" for option in question.options]
    return found
