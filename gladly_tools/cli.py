"""The command line: the same exports and bulk actions as the portal, for scripts and schedules.

Exit codes: 0 complete, 1 failed, 2 bad input, 3 partial.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from gladly_tools.account import Account, confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.cli_bulk import add_bulk_commands
from gladly_tools.cli_compare import add_compare_commands
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import EXPORTS, Export
from gladly_tools.exports.call_question import CallQuestion
from gladly_tools.exports.choices import ChoiceQuestion, ChoicesQuestion
from gladly_tools.exports.identifiers import CustomerKey, CustomerQuestion, IdQuestion, KnownBy
from gladly_tools.exports.inputs import (
    DateRange,
    DateRangeQuestion,
    IdsQuestion,
    LanguagesQuestion,
    Question,
    SwitchQuestion,
    check_parameters,
    check_zone,
    questions,
)
from gladly_tools.exports.moments import MomentRangeQuestion
from gladly_tools.exports.search_questions import ContactsQuestion, PhrasesQuestion, Where, WhereQuestion
from gladly_tools.jobs import Job, State, Ticket
from gladly_tools.names import Names
from gladly_tools.portal_files import portal_folder
from gladly_tools.report_file import can_report, page, report_of
from gladly_tools.results.archive import archive
from gladly_tools.results.download import Format, encode
from gladly_tools.results.query import Query
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.runs import Runs
from gladly_tools.settings import TABLE, Settings

FAILED, BAD_INPUT, PARTIAL = 1, 2, 3
KEEPS_SNAPSHOT = (
    "A complete run also keeps a small snapshot in the data folder (GLADLY_TOOLS_DATA_DIR), which outlives the result: "
    "gladly-tools changes compares them, gladly-tools snapshots lists and deletes them."
)

CREDENTIALS = {"url": "GLADLY_URL", "username": "GLADLY_USERNAME", "api_token": "GLADLY_API_TOKEN"}


class Commands(click.Group):
    """Turns the project's errors into words on stderr and the right exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            place = f"{option_of(error.field)}: " if error.field else ""
            click.echo(f"{place}{error}", err=True)
            ctx.exit(BAD_INPUT)
        except GladlyToolsError as error:
            click.echo(str(error), err=True)
            ctx.exit(FAILED)


def option_of(field: str) -> str:
    """What the person typed for a field: an environment variable or an option."""
    if field in CREDENTIALS:
        return CREDENTIALS[field]
    for export in EXPORTS.values():
        question = questions(export.parameters).get(field)
        match question:
            case MomentRangeQuestion():
                return "--start/--end/--timezone"
            case (
                CallQuestion()
                | ChoiceQuestion()
                | ChoicesQuestion()
                | ContactsQuestion()
                | IdQuestion()
                | IdsQuestion()
                | LanguagesQuestion()
                | PhrasesQuestion()
                | SwitchQuestion()
            ):
                return f"--{question.option}"
            case CustomerQuestion():
                return "/".join(f"--{by}" for by in KnownBy)
            case WhereQuestion():
                return "--job-id/--from/--to/--file"
            case DateRangeQuestion():
                return "/".join(f"--{question.prefix}{option}" for option in ("from", "to", "timezone"))
    return field


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gladly-tools")
def main() -> None:
    """Export Gladly data without writing code.

    Credentials come from GLADLY_URL, GLADLY_USERNAME and GLADLY_API_TOKEN, never from options.
    """


@main.command("exports")
def list_exports() -> None:
    """List the exports."""
    width = max(map(len, EXPORTS))
    for export in EXPORTS.values():
        click.echo(f"{export.name:<{width}}  {export.section}: {export.summary} ({export.grain})")


@main.command("settings")
def list_settings() -> None:
    """List the settings, each an environment variable."""
    width = max(len(row.variable) for row in TABLE)
    for row in TABLE:
        click.echo(f"{row.variable:<{width}}  {row.help} [{row.default}]")


@main.command()
def check() -> None:
    """Check the credentials and say who they belong to."""
    with _signed_in(Settings.from_environment()) as (_client, account):
        click.echo(f"Organization: {account.organization}")
        click.echo(f"Time zone:    {account.zone}")
        click.echo(f"Account:      {account.username} at {account.instance}")


@main.command("export-jobs")
def list_export_jobs() -> None:
    """List Gladly's export jobs of the last 14 days, the newest first; times in UTC.

    Those that are COMPLETED can be given to `export file-export --job-id`.
    """
    with _signed_in(Settings.from_environment()) as (client, _account):
        jobs = client.export_jobs.list()
    if not jobs:
        click.echo("Gladly has no export jobs of the last 14 days.", err=True)
    width = max((len(job.id) for job in jobs), default=0)
    for job in jobs:
        click.echo(
            f"{job.id:<{width}}  {job.status or 'unknown':<11}  {_minute(job.start_at)} to {_minute(job.end_at)}"
            f"  updated {_minute(job.updated_at)}  {', '.join(job.files) or 'no files'}"
        )


def _minute(at: datetime | None) -> str:
    return "-" * 16 if at is None else f"{at:%Y-%m-%d %H:%M}"


@main.command("app")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Port to listen on.")
@click.option(
    "--address",
    default="localhost",
    show_default=True,
    help="Address to listen on; put a proxy with HTTPS before the portal where others reach it.",
)
@click.option("--base-path", default="", metavar="PATH", help="Path under which a proxy serves the portal.")
def serve(port: int, address: str, base_path: str) -> None:
    """Serve the portal until interrupted."""
    command = [sys.executable, "-m", "streamlit", "run", str(portal_folder() / "app.py")]
    command += [f"--server.port={port}", f"--server.address={address}", f"--server.baseUrlPath={base_path.strip('/')}"]
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    # In place of this process, so that whoever stops it stops the portal.
    os.execv(command[0], command)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; any free one by default.")
def demo(port: int) -> None:
    """Serve the demo company until interrupted."""
    from gladly_tools.demo import Company, DemoServer

    server = DemoServer(Company.make(), port=port)
    with server:
        click.echo("The demo company is open. In another terminal:", err=True)
        click.echo(f"export GLADLY_TOOLS_ALLOWED_HOSTS={server.url.removeprefix('http://')}")
        click.echo(f"export GLADLY_URL={server.url}")
        click.echo(f"export GLADLY_USERNAME={server.username}")
        click.echo(f"export GLADLY_API_TOKEN={server.api_token}")
        today = datetime.now(UTC).date()
        click.echo("Then, for example:", err=True)
        week = f"--from {today - timedelta(days=7)} --to {today - timedelta(days=1)}"
        click.echo(f"gladly-tools export contact-information {week} --out week.csv", err=True)
        click.echo("Its conversations are those of the last 90 days. Press Ctrl+C to close it.", err=True)
        over = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: over.set())
        over.wait()


@main.group("export")
def export_group() -> None:
    """Run an export and write its result to a file."""


def _command(export: Export[Any]) -> click.Command:
    asked = questions(export.parameters)

    def run(**given: Any) -> None:
        target = Target(given.pop("out"))
        look = Look(format=Format(given.pop("format")), bom=given.pop("bom"), guard=given.pop("excel_guard"))
        path = given.pop("report_file", None)
        report = None
        try:
            report = None if path is None else Target(path, option="--report-file")
            with _signed_in(Settings.from_environment()) as (client, account):
                values = {name: _value(question, name, given, account) for name, question in asked.items()}
                _run(export, check_parameters(export.parameters, values), client, account, target, look, report)
        finally:
            target.close()
            if report is not None:
                report.close()

    options = [option for name, question in asked.items() for option in _options(name, question)]
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


def _options(name: str, question: Question) -> Iterator[click.Option]:
    match question:
        case DateRangeQuestion():
            first, last = _days(name, prefix=question.prefix, required=not question.optional)
            yield first
            yield last
            yield click.Option(
                [f"--{question.prefix}timezone", f"{name}_zone"],
                metavar="ZONE",
                help="IANA time zone of the days; the organization's by default.",
            )
        case MomentRangeQuestion():
            hours = f"{question.usual.total_seconds() / 3600:g} h"
            yield click.Option(
                ["--start", f"{name}_start"],
                metavar="TIME",
                help="Such as 2026-03-20T14:05, with Z or an offset if it is not in --timezone; by default "
                f"{hours} before the end.",
            )
            yield click.Option(["--end", f"{name}_end"], metavar="TIME", help="The same; now by default.")
            yield click.Option(
                ["--timezone", f"{name}_zone"],
                metavar="ZONE",
                help="IANA time zone of times without an offset; the organization's by default.",
            )
        case ChoiceQuestion():
            yield click.Option(
                [f"--{question.option}", name],
                required=True,
                type=click.Choice(list(question.choices), case_sensitive=False),
                help=question.help,
            )
        case ChoicesQuestion():
            yield click.Option(
                [f"--{question.option}", name],
                multiple=True,
                required=question.least > 0,
                type=click.Choice(question.choices, case_sensitive=False),
                metavar=question.option.upper(),
                help=f"{question.help} Repeat it for more. One of: {', '.join(question.choices)}.",
            )
        case IdsQuestion() | LanguagesQuestion():
            yield click.Option(
                [f"--{question.option}", name],
                multiple=True,
                metavar="CODE" if question.option == "language" else "ID",
                help=f"{question.help} Repeat it for more; for an ID that begins with - write --{question.option}=ID."
                if isinstance(question, IdsQuestion)
                else f"{question.help} Repeat it for more.",
            )
        case CallQuestion() | IdQuestion():
            yield click.Option(
                [f"--{question.option}", name],
                required=True,
                metavar="ID|URL",
                help=f"{question.help} For an ID that begins with - write --{question.option}=ID.",
            )
        case WhereQuestion():
            yield click.Option(
                ["--job-id", name], multiple=True, metavar="ID", help="An export job; repeat it to search several."
            )
            first, last = _days(name, prefix="", required=False, what=" on which a job's data begins, in UTC")
            yield first
            yield last
            yield click.Option(
                ["--file", f"{name}_file"],
                metavar="PATH",
                help="A file on this machine instead: the items (.jsonl), or the ZIP of a job, of any size.",
            )
        case ContactsQuestion() | PhrasesQuestion():
            yield click.Option(
                [f"--{question.option}", name],
                multiple=True,
                metavar=question.option.upper(),
                help=f"{question.help} Repeat it for more.",
            )
        case CustomerQuestion():
            for by, metavar in ((KnownBy.ID, "ID|URL"), (KnownBy.EMAIL, "ADDRESS"), (KnownBy.PHONE, "E164")):
                yield click.Option([f"--{by}", f"{name}_{by.name}"], metavar=metavar, help=f"The customer's {by.noun}.")
        case SwitchQuestion():
            yield click.Option(
                [f"--{question.option}/--no-{question.option}", name],
                default=question.usual,
                show_default=True,
                help=question.help,
            )
        case _:
            raise TypeError(question)


def _days(name: str, *, prefix: str, required: bool, what: str = "") -> tuple[click.Option, click.Option]:
    """The options for a first and a last day."""
    day = click.DateTime(["%Y-%m-%d"])
    first, last = (
        click.Option(
            [f"--{prefix}{option}", f"{name}_{key}"], type=day, required=required, metavar="YYYY-MM-DD", help=help
        )
        for option, key, help in (
            ("from", "first", f"First day{what}."),
            ("to", "last", f"Last day{what}, included."),
        )
    )
    return first, last


def _value(question: Question, name: str, given: dict[str, Any], account: Account) -> Any:
    if isinstance(question, DateRangeQuestion):
        first, last = given[f"{name}_first"], given[f"{name}_last"]
        if first is None and last is None:
            return None
        if first is None or last is None:
            raise InputError("The range of days is not complete.", "Give its first and its last day.", field=name)
        return DateRange(first=first.date(), last=last.date(), zone=given[f"{name}_zone"] or account.zone)
    if isinstance(question, WhereQuestion):
        days = {key: given[f"{name}_{key}"] and given[f"{name}_{key}"].date() for key in ("first", "last")}
        return Where(job_ids=given[name], file=given[f"{name}_file"] or "", **days)
    if isinstance(question, MomentRangeQuestion):
        zone = check_zone(given[f"{name}_zone"] or account.zone, name=name)
        start, end = (_moment(given[f"{name}_{which}"], zone, name) for which in ("start", "end"))
        return question.window(start, end, zone)
    if isinstance(question, CustomerQuestion):
        keys = [CustomerKey(by=by, value=text) for by in KnownBy if (text := given[f"{name}_{by.name}"]) is not None]
        if len(keys) != 1:
            raise InputError("Exactly one of these is needed.", "Give one of them.", field=name)
        return keys[0]
    return given[name]


def _moment(text: str | None, zone: str, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"“{text[:40]}” is no time.", "Write it like 2026-03-20T14:05.", field=name) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))


for _export in EXPORTS.values():
    export_group.add_command(_command(_export))


@contextmanager
def _signed_in(settings: Settings) -> Iterator[tuple[Client, Account]]:
    missing = [variable for variable in CREDENTIALS.values() if not os.environ.get(variable, "").strip()]
    if missing:
        raise InputError(
            f"{', '.join(missing)} not set.",
            "Set GLADLY_URL, GLADLY_USERNAME and GLADLY_API_TOKEN in the environment, "
            "or run `gladly-tools demo` and use what it prints.",
        )
    given = {name: os.environ[variable] for name, variable in CREDENTIALS.items()}
    credentials = read_credentials(**given, settings=settings)
    with Client(credentials, settings) as client:
        yield client, confirm(client, instance=credentials.instance.name)


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a result is written: its format, and of a CSV whether with a byte order mark and with formulas guarded."""

    format: Format
    bom: bool
    guard: bool


class Target:
    """Where a result goes: a file that appears only when it is whole, or standard output.

    The file is begun at once, so that a folder that cannot be written to is told before hours of work and not after.
    """

    def __init__(self, out: str, *, option: str = "--out") -> None:
        self.path = None if out == "-" and option == "--out" else Path(out)
        self._begun: Path | None = None
        if self.path is None:
            return
        if self.path.is_dir() or not self.path.resolve().parent.is_dir():
            raise click.BadParameter("it must be a file in a folder that exists", param_hint=option)
        try:
            handle, name = tempfile.mkstemp(dir=self.path.resolve().parent, prefix=f".{self.path.name}.")
        except OSError as error:
            raise click.BadParameter(f"its folder cannot be written to ({error.strerror})", param_hint=option) from None
        os.close(handle)
        self._begun = Path(name)

    def write(self, chunks: Iterator[bytes], *, partial: bool) -> Path | None:
        """Write the result; returns the file's path, which says so when the result is partial."""
        if self.path is None or self._begun is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return None
        final = self.path.with_name(f"{self.path.stem}.partial{self.path.suffix}") if partial else self.path
        with self._begun.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        # A temporary file is its owner's alone; the person's own mask decides here.
        mask = os.umask(0)
        os.umask(mask)
        self._begun.chmod(0o666 & ~mask)
        self._begun.replace(final)
        return final

    def close(self) -> None:
        """Take away what was begun and not finished."""
        if self._begun is not None:
            self._begun.unlink(missing_ok=True)


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
    counts = (f"{f'{name}: ' if manifest.tables else ''}{_rows(table.rows)}" for name, table in result.tables.items())
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


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


class Progress:
    """Follows a job on stderr: one moving line on a terminal, a line now and then elsewhere."""

    def __init__(self, runs: Runs) -> None:
        self.job_id: str | None = None
        self._handlers: dict[int, Any] = {}
        self._runs = runs
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._terminal = sys.stderr.isatty()

    def follow(self, ticket: Ticket) -> None:
        """Begin to follow; an interrupt from the keyboard stops the job."""
        self.job_id = ticket.job_id
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, lambda *_: ticket.stop())
        self._thread = threading.Thread(target=self._show, args=(ticket.job_id,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop following; more than once does no harm."""
        if self._over.is_set():
            return
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._terminal:
            click.echo("\r\033[K", err=True, nl=False)

    def _show(self, job_id: str) -> None:
        while not self._over.wait(0.5 if self._terminal else 5):
            line = progress_line(self._runs.journal.get(job_id), datetime.now(UTC))
            click.echo(f"\r\033[K{line}" if self._terminal else line, err=True, nl=not self._terminal)


def progress_line(job: Job, now: datetime) -> str:
    """A running job in one line: share, rows, what it does or waits for, time left."""
    left = job.seconds_left(now)
    parts = [f"{job.fraction:.0%}", _rows(job.row_count), job.waiting or job.detail]
    if left is not None:
        parts.append(f"about {left / 60:.0f} min left" if left >= 90 else f"about {left:.0f} s left")
    return " · ".join(part for part in parts if part)


add_bulk_commands(main, signed_in=_signed_in, progress=Progress)
add_compare_commands(main, signed_in=_signed_in, target=Target)
