"""`python -m benchmarks [NAME…] [--quick]`: measure, print one table, exit with 1 when a target is missed."""

from __future__ import annotations

import signal
import sys
import time

import click

SUBJECTS = (
    "pages",
    "pacing",
    "freeform",
    "row_cap",
    "result_view",
    "download",
    "file_search",
    "file_export",
    "bulk_file",
    "bulk",
)
LONG = {"bulk"}
"""Subjects that take the best part of an hour in full, and are then measured only when named."""
ONLY_BY_NAME = ("file_search_large", "file_export_memory", "file_export_memory_large")
"""Subjects that take long and up to 20 GB of disk."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice((*SUBJECTS, *ONLY_BY_NAME)), metavar="[NAME]…")
@click.option("--quick", is_flag=True, help="A smaller run, for a look; figures to keep come from a full one.")
def main(names: tuple[str, ...], quick: bool) -> None:
    """Measure the subjects named, or all of them but those that take very long.

    Only when named: bulk, file_search_large, file_export_memory, file_export_memory_large.
    """
    # Children import this module before their own work: what they do not need must not weigh on them.
    from benchmarks.figure import table_of
    from benchmarks.run import measure
    from benchmarks.scale import FULL, QUICK

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as an exception, which ends the children on its way
    started = time.monotonic()
    figures = []
    for figure in measure(names or [name for name in SUBJECTS if quick or name not in LONG], QUICK if quick else FULL):
        click.echo(f"{time.monotonic() - started:4.0f} s  {figure.subject}: {figure.what}", err=True)
        figures.append(figure)
    click.echo(table_of(figures))
    missed = [figure for figure in figures if not figure.met]
    if missed:
        click.echo(f"{len(missed)} of {len(figures)} targets missed.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
