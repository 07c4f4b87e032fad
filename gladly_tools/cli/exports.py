"""The exports on the command line, a command each: run to the end, written to a file, and no longer kept then.

What ends early stays in the data folder with the parts that it finished, for `gladly-tools resume`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from gladly_tools.account import Account
from gladly_tools.amounts import counted, duration
from gladly_tools.cli.files import Destination
from gladly_tools.cli.progress import Progress
from gladly_tools.cli.questions import answer_of, options_of
from gladly_tools.cli.session import signed_in
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import EXPORTS, Export
from gladly_tools.exports.inputs import Parameters, check_parameters, load_parameters, questions
from gladly_tools.exports.search_questions import Where
from gladly_tools.jobs import Job, State
from gladly_tools.names import Names
from gladly_tools.report_file import can_report, page, report_of
from gladly_tools.results.archive import archive
from gladly_tools.results.download import Format, encode
from gladly_tools.results.query import Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.runs import COMMAND_LINE, Runs
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
class Wanted:
    """Where a result goes, how it is written, of a CSV whether with a byte order mark and with formulas guarded."""

    destination: Destination
    format: Format
    bom: bool
    guard: bool
    report: Destination | None

    def spare_what_is_read(self, parameters: Parameters) -> None:
        """Refuse to write over a file that the export reads; see `Destination.spare`."""
        for value in vars(parameters).values():
            if isinstance(value, Where) and value.file:
                for destination in filter(None, (self.destination, self.report)):
                    destination.spare(Path(value.file), "the file to search")


@contextmanager
def _wanted(given: dict[str, Any]) -> Iterator[Wanted]:
    """What the options of `_file_options` say, which are taken out of what was given; files are closed at the end."""
    with ExitStack() as stack:
        destination = stack.enter_context(closing(Destination(given.pop("out"))))
        path = given.pop("report_file", None)
        report = None if path is None else stack.enter_context(closing(Destination(path, option="--report-file")))
        if report is not None:
            report.spare(destination.path, "what --out names")
            destination.spare(report.path, "what --report-file names")
        yield Wanted(
            destination=destination,
            format=Format(given.pop("format")),
            bom=given.pop("bom"),
            guard=given.pop("excel_guard"),
            report=report,
        )


def _command(export: Export[Any]) -> click.Command:
    asked = questions(export.parameters)

    def run(**given: Any) -> None:
        with _wanted(given) as wanted, signed_in(Settings.from_environment()) as (client, account):
            values = {name: answer_of(question, name, given, account) for name, question in asked.items()}
            parameters = check_parameters(export.parameters, values)
            wanted.spare_what_is_read(parameters)
            _run(lambda runs, shown: runs.run_here(account, client, export, parameters, shown.follow), account, wanted)

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
            *_file_options(
                _report_option(taken={name for option in options for name in option.opts})
                if can_report(export.name)
                else None
            ),
        ],
    )


def _file_options(report: click.Option | None) -> list[click.Parameter]:
    """Where the result goes, and how it is written."""
    return [
        click.Option(
            ["--format"], type=click.Choice([kind.value for kind in Format]), default="csv", show_default=True
        ),
        click.Option(["--out"], required=True, metavar="PATH|-", help="File to write, or - for standard output."),
        *([] if report is None else [report]),
        click.Option(["--bom/--no-bom"], default=False, help="Begin a CSV with a byte order mark, for Excel."),
        click.Option(
            ["--excel-guard/--no-excel-guard"],
            default=True,
            show_default=True,
            help="Put an apostrophe before CSV cells that a spreadsheet would run as a formula.",
        ),
    ]


def _report_option(*, taken: Collection[str]) -> click.Option:
    """Where the report goes; `--report` says it too, unless the export asks something by that name."""
    names = [name for name in ("--report-file", "--report") if name not in taken]
    return click.Option(
        [*names, "report_file"], metavar="PATH", help="Also write a report with charts to this HTML file."
    )


def _run(work: Callable[[Runs, Progress], Job], account: Account, wanted: Wanted) -> None:
    """Do the work and write its result; see `_forget_or_keep` for what becomes of the job."""
    runs = Runs(Settings.from_environment())
    shown = Progress(runs)
    job: Job | None = None
    is_written = False
    try:
        job = work(runs, shown)
        shown.end()
        if job.state is State.CANCELLED:
            raise GladlyToolsError("Stopped; nothing was written.")
        result = runs.result(account, job.id)
        assert result is not None
        _deliver(result, wanted)
        if wanted.report is not None:
            _write_report(runs, result, account, wanted.report)
        is_written = True
        if result.manifest.partial:
            click.get_current_context().exit(PARTIAL)
    except BrokenPipeError:
        raise GladlyToolsError("Whatever read standard output stopped reading; the rest was not written.") from None
    except OSError as error:
        raise GladlyToolsError(f"The result could not be written ({error.strerror}).", "Its rows are kept.") from None
    finally:
        shown.end()
        job_id = shown.job_id if job is None else job.id
        if job_id is not None:
            _forget_or_keep(runs, account, job_id, is_written=is_written)
        runs.close()


def _forget_or_keep(runs: Runs, account: Account, job_id: str, *, is_written: bool) -> None:
    """Forget a job of the command line that is written, or came to nothing; of any other tell how to go on with it."""
    job = runs.job(account, job_id)
    if not is_written and (job.state.finished or runs.durable_slices(job_id)):
        click.echo(
            f"What is finished is kept for {duration(runs.settings.retention_hours * 3600)}: mend what is wrong and go "
            f"on with gladly-tools resume {job_id} --out PATH, or in a portal with the same data folder, under Jobs.",
            err=True,
        )
    elif job.origin == COMMAND_LINE:
        runs.delete(account, job_id)


def _deliver(result: Result, wanted: Wanted) -> None:
    manifest = result.manifest
    if manifest.tables:
        chunks = archive(result, wanted.format, bom=wanted.bom, guard=wanted.guard)
    else:
        chunks = encode(Table(result), Query(), wanted.format, bom=wanted.bom, guard=wanted.guard)
    path = wanted.destination.write(chunks, partial=manifest.partial)
    for note in manifest.notes:
        mark = "Missing data" if note.level == "partial" else "Note"
        click.echo(f"{mark}: {note.text} ({note.count:,})", err=True)
    kind = "partial result" if manifest.partial else "complete result"
    counts = (
        f"{f'{name}: ' if manifest.tables else ''}{counted(table.rows, 'row')}" for name, table in result.tables.items()
    )
    click.echo(f"{', '.join(counts)}, {kind}{f', in {path}' if path else ''}", err=True)


def _write_report(runs: Runs, result: Result, account: Account, destination: Destination) -> None:
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
        path = destination.write(iter([page(found)]), partial=result.manifest.partial)
    except GladlyToolsError as error:
        raise GladlyToolsError(f"The report was not written. {error.what}", error.advice) from None
    click.echo(f"report in {path}", err=True)


def _resume(job_id: str, **given: Any) -> None:
    """Go on with an export that ended early, and write its result; what it had finished is not asked for again."""

    def work(runs: Runs, shown: Progress) -> Job:
        job = runs.job(account, job_id)
        if wanted.report is not None and not can_report(job.kind):
            raise InputError("Results of this export have no charts.", "Leave it out.", field="--report-file")
        if job.kind in EXPORTS:
            wanted.spare_what_is_read(load_parameters(EXPORTS[job.kind].parameters, job.parameters))
        return runs.resume_here(account, client, job_id, shown.follow)

    with _wanted(given) as wanted, signed_in(Settings.from_environment()) as (client, account):
        _run(work, account, wanted)


resume = click.Command(
    "resume",
    callback=_resume,
    help=_resume.__doc__,
    params=[click.Argument(["job_id"], metavar="JOB"), *_file_options(_report_option(taken=()))],
)

for _export in EXPORTS.values():
    export_group.add_command(_command(_export))
