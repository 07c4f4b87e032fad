"""The command line: the same exports and bulk actions as the portal, for scripts and schedules.

Exit codes: 0 complete, 1 failed, 2 bad input, 3 partial.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from gladly_tools.cli.bulk import add_bulk_commands
from gladly_tools.cli.compare import changes, snapshots
from gladly_tools.cli.exports import export_group, resume
from gladly_tools.cli.questions import words_for
from gladly_tools.cli.session import CREDENTIALS, signed_in
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import EXPORTS
from gladly_tools.portal_files import portal_folder
from gladly_tools.settings import TABLE, Settings

FAILED, BAD_INPUT = 1, 2


class Commands(click.Group):
    """Turns the project's errors into words on stderr and the right exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            # What the person typed for the field: an environment variable, or an option.
            place = f"{CREDENTIALS.get(error.field) or words_for(error.field)}: " if error.field else ""
            click.echo(f"{place}{error}", err=True)
            ctx.exit(BAD_INPUT)
        except GladlyToolsError as error:
            click.echo(str(error), err=True)
            ctx.exit(FAILED)


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
    with signed_in(Settings.from_environment()) as (_client, account):
        click.echo(f"Organization: {account.organization}")
        click.echo(f"Time zone:    {account.zone}")
        click.echo(f"Account:      {account.username} at {account.instance}")


@main.command("export-jobs")
def list_export_jobs() -> None:
    """List Gladly's export jobs of the last 14 days, the newest first; times in UTC.

    Those that are COMPLETED can be given to `export file-export --job-id`.
    """
    with signed_in(Settings.from_environment()) as (client, _account):
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


main.add_command(export_group)
main.add_command(resume)
main.add_command(changes)
main.add_command(snapshots)
add_bulk_commands(main)
