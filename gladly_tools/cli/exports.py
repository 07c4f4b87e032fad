"""The exports on the command line, a command each: run to the end, written to a file, and no longer kept then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import click

from gladly_tools.account import Account
from gladly_tools.amounts import counted
from gladly_tools.api import Client
from gladly_tools.cli.files import Target
from gladly_tools.cli.progress import Progress
from gladly_tools.cli.questions import answer_of, options_of
from gladly_tools.cli.session import signed_in
from gladly_tools.errors import GladlyToolsError
from gladly_tools.exports import EXPORTS, Export
from gladly_tools.exports.inputs import check_parameters, questions
from gladly_tools.jobs import State
from gladly_tools.names import Names
from gladly_tools.report_file import can_report, page, report_of
from gladly_tools.results.archive import archive
from gladly_tools.results.download import Format, encode
from gladly_tools.results.query import Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings

PARTIAL = 3
KEEPS_SNAPSHOT = (
    "A complete run also keeps a small snapshot in the data folder (GLADLY_TOOLS_DATA_DIR), which outlives the result: "
    "gladly-tools changes compares them, gladly-tools snapshots lists and deletes them."
)


@click.group("export")
def export_group() -> None:
    """Run an export and write its result to a file."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a result is written: its format, and of a CSV whether with a byte order mark and with formulas guarded."""

    format: Format
    bom: bool
    guard: bool


def _command(export: Export[Any]) -> click.Command:
    asked = questions(export.parameters)

    def run(**given: Any) -> None:
        target = Target(given.pop("out"))
        look = Look(format=Format(given.pop("format")), bom=given.pop("bom"), guard=given.pop("excel_guard"))
        path = given.pop("report_file", None)
        report = None
        try:
            report = None if path is None else Target(path, option="--report-file")
            with signed_in(Settings.from_environment()) as (client, account):
                values = {name: answer_of(question, name, given, account) for name, question in asked.items()}
                _run(export, check_parameters(export.parameters, values), client, account, target, look, report)
        finally:
            target.close()
            if report is not None:
                report.close()

    options = [option for name, question in asked.items() for option in options_of(name, question)]
    return click.Command(
        export.name,
        callback=run,
        help="\n\n".join(
            text
            for text in (
                f"{export.summary} {export.grain[0].upper()}{export.grain[1:]}.",
                export.caveat,
                KEEPS_SNAPSHOT if export.snapshot is not None else "",
            )
            if text
        ),
        short_help=export.summary,
        params=[
            *options,
            click.Option(
                ["--format"], type=click.Choice([kind.value for kind in Format]), default="csv", show_default=True
            ),
            click.Option(["--out"], required=True, metavar="PATH|-", help="File to write, or - for standard output."),
            *(
                [_report_option(taken={name for option in options for name in option.opts})]
                if can_report(export.name)
                else []
            ),
            click.Option(["--bom/--no-bom"], default=False, help="Begin a CSV with a byte order mark, for Excel."),
            click.Option(
                ["--excel-guard/--no-excel-guard"],
                default=True,
                show_default=True,
                help="Put an apostrophe before CSV cells that a spreadsheet would run as a formula.",
            ),
        ],
    )


def _report_option(*, taken: Collection[str]) -> click.Option:
    """Where the report goes; `--report` says it too, unless the export asks something by that name."""
    names = [name for name in ("--report-file", "--report") if name not in taken]
    return click.Option(
        [*names, "report_file"], metavar="PATH", help="Also write a report with charts to this HTML file."
    )


def _run(
    export: Export[Any],
    parameters: Any,
    client: Client,
    account: Account,
    target: Target,
    look: Look,
    report: Target | None,
) -> None:
    runs = Runs(Settings.from_environment())
    shown = Progress(runs)
    delivered = True
    try:
        job = runs.run_here(account, client, export, parameters, shown.follow)
        shown.end()
        if job.state is State.CANCELLED:
            raise GladlyToolsError("Stopped; nothing was written.")
        result = runs.result(account, job.id)
        assert result is not None
        _deliver(result, target, look)
        if report is not None:
            _write_report(runs, result, account, report)
        if result.manifest.partial:
            click.get_current_context().exit(PARTIAL)
    except BrokenPipeError:
        raise GladlyToolsError("Whatever read standard output stopped reading; the rest was not written.") from None
    except OSError as error:
        delivered = False
        raise GladlyToolsError(
            f"The result could not be written ({error.strerror}).",
            "Its rows are kept: mend it and open the portal with the same data folder, under Jobs.",
        ) from None
    finally:
        shown.end()
        if shown.job_id is not None and delivered:
            runs.delete(account, shown.job_id)
        runs.close()


def _deliver(result: Result, target: Target, look: Look) -> None:
    manifest = result.manifest
    if manifest.tables:
        chunks = archive(result, look.format, bom=look.bom, guard=look.guard)
    else:
        chunks = encode(Table(result), Query(), look.format, bom=look.bom, guard=look.guard)
    path = target.write(chunks, partial=manifest.partial)
    for note in manifest.notes:
        mark = "Missing data" if note.level == "partial" else "Note"
        click.echo(f"{mark}: {note.text} ({note.count:,})", err=True)
    kind = "partial result" if manifest.partial else "complete result"
    counts = (
        f"{f'{name}: ' if manifest.tables else ''}{counted(table.rows, 'row')}" for name, table in result.tables.items()
    )
    click.echo(f"{', '.join(counts)}, {kind}{f', in {path}' if path else ''}", err=True)


def _write_report(runs: Runs, result: Result, account: Account, target: Target) -> None:
    names = Names(runs, account)
    try:
        found = report_of(
            result,
            Query(),
            account,
            now=runs.journal.now(),
            names=names.of,
            known_topics=names.topics(),
            separator=runs.settings.topic_separator,
        )
        path = target.write(iter([page(found)]), partial=result.manifest.partial)
    except GladlyToolsError as error:
        raise GladlyToolsError(f"The report was not written. {error.what}", error.advice) from None
    click.echo(f"report in {path}", err=True)


for _export in EXPORTS.values():
    export_group.add_command(_command(_export))
