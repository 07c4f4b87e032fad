"""What changed in the configuration, on the command line: over the snapshots that complete exports keep.

Exit codes: 0 compared, listed or deleted, 1 failed, 2 bad input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from gladly_tools.account import Account
from gladly_tools.amounts import counted
from gladly_tools.cli.files import Destination
from gladly_tools.cli.session import signed_in
from gladly_tools.comparing.configuration import SHAPES, Changes, compare
from gladly_tools.comparing.files import as_csv, as_json
from gladly_tools.errors import GladlyToolsError, InputError, NotFoundError
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from gladly_tools.snapshots import AccountSnapshots, Snapshot, as_day_began, as_day_ended, variants

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("changes")
@click.argument("export", type=click.Choice(list(SHAPES)))
@click.option("--since", type=DAY, metavar="YYYY-MM-DD", help="As this day began; by default the state before.")
@click.option("--until", type=DAY, metavar="YYYY-MM-DD", help="As this day ended; by default the newest state.")
@click.option(
    "--language",
    "languages",
    multiple=True,
    metavar="CODE",
    help="Of answers: the languages that were exported, repeated for more; by default those exported last.",
)
@click.option("--format", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--out", default="-", metavar="PATH|-", help="File to write; standard output by default.")
def changes(
    export: str, since: datetime | None, until: datetime | None, languages: Sequence[str], format: str, out: str
) -> None:
    """Say what was added, removed, renamed, moved, enabled, disabled or changed in a configuration export.

    It compares two snapshots. Every complete export of topics, inboxes, answers or audiences keeps one in the data
    folder (GLADLY_TOOLS_DATA_DIR), those of the portal too; Gladly itself tells nothing of the past. Days are those
    of the organization's time zone.
    """
    destination = Destination(out)
    try:
        with _kept() as (mine, account, settings):
            states = _states(mine, export, languages)
            days = since and since.date(), until and until.date()
            before, after = _chosen(states, days, account.zone)
            separator = str(after.asked.get("separator", settings.topic_separator))
            found = compare(mine.open(before.id), mine.open(after.id), SHAPES[export], separator=separator)
            path = destination.write(iter([(as_csv if format == "csv" else as_json)(found.frame)]), partial=False)
            _tell(found, before, after, account.zone, path)
    finally:
        destination.close()


@click.command("snapshots")
@click.argument("export", type=click.Choice(list(SHAPES)), required=False)
@click.option("--delete", "doomed", multiple=True, metavar="ID", help="Delete this snapshot; repeat it for more.")
@click.option("--delete-all", is_flag=True, help="Delete all of them, or all of the export that is named.")
def snapshots(export: str | None, doomed: Sequence[str], delete_all: bool) -> None:
    """List the kept snapshots of the configuration, newest first, or delete some.

    They lie in the data folder (GLADLY_TOOLS_DATA_DIR) and belong to the account that is signed in.
    """
    if doomed and delete_all:
        raise InputError("--delete and --delete-all exclude each other.", "Give one of them.", field="--delete")
    with _kept() as (mine, account, _settings):
        if delete_all:
            click.echo(f"{counted(mine.delete_all(export), 'snapshot')} deleted", err=True)
        elif doomed:
            _delete(mine, doomed)
        else:
            _list(mine.list(export), account.zone)


@contextmanager
def _kept() -> Iterator[tuple[AccountSnapshots, Account, Settings]]:
    """The snapshots of the account that is signed in."""
    settings = Settings.from_environment()
    with signed_in(settings) as (_client, account):
        runs = Runs(settings)
        try:
            yield runs.snapshots.of(account.owner), account, settings
        finally:
            runs.close()


def _states(mine: AccountSnapshots, export: str, languages: Sequence[str]) -> Sequence[Snapshot]:
    """The snapshots that can be compared with each other, newest first. Raises GladlyToolsError when there is none."""
    states = mine.list(export)
    if not states:
        raise GladlyToolsError(
            f"There is no snapshot of {export} yet.",
            f"Run gladly-tools export {export} now, and again on another day; each complete run keeps one.",
        )
    if languages:
        states = [each for each in states if each.asked.get("languages") == sorted(set(languages))]
        if not states:
            raise InputError(
                f"There is no snapshot of {export} in {', '.join(languages)}.",
                "List what there is with gladly-tools snapshots.",
                field="--language",
            )
    usual, *others = variants(states)
    if others:
        click.echo(f"Note: compared are those with {_words_of(usual)}; there are others", err=True)
    return [each for each in states if each.asked == usual]


def _chosen(states: Sequence[Snapshot], days: tuple[date | None, date | None], zone: str) -> tuple[Snapshot, Snapshot]:
    since, until = days
    if since is not None and until is not None and until < since:
        raise InputError(f"--until ({until}) is before --since ({since}).", "Turn them round.", field="--since/--until")
    after = states[0] if until is None else as_day_ended(states, until, zone)
    if after is None:
        raise _none_so_old(states, "--until", until, zone)
    older = [each for each in states if each.first_at < after.first_at]
    if since is None:
        return (older[0] if older else after), after
    before = as_day_began([*([after] if after not in older else []), *older], since, zone)
    if before is None:
        raise _none_so_old(states, "--since", since, zone)
    return before, after


def _none_so_old(states: Sequence[Snapshot], option: str, day: date | None, zone: str) -> InputError:
    oldest = states[-1].first_at.astimezone(ZoneInfo(zone))
    return InputError(
        f"There is no snapshot as old as {day}: the oldest is of {oldest:%Y-%m-%d}.",
        f"Ask for {oldest:%Y-%m-%d} or later; Gladly itself tells nothing of the past.",
        field=option,
    )


def _tell(found: Changes, before: Snapshot, after: Snapshot, zone: str, path: Path | None) -> None:
    counts = ", ".join(f"{count:,} {kind.value.lower()}" for kind, count in found.counts.items() if count)
    if before.id == after.id:
        between = f"the same from {_minute(before.first_at, zone)} to {_minute(before.last_at, zone)}"
    else:
        between = f"from {_minute(before.last_at, zone)} to {_minute(after.first_at, zone)}"
    click.echo(f"{counts or 'No change'}, {between} ({zone}){f', in {path}' if path else ''}", err=True)
    if found.carried:
        click.echo(f"{found.carried:,} more have another full name, as something above them changed", err=True)
    for each in {before.id: before, after.id: after}.values():
        if each.note:
            click.echo(f"Note: snapshot {each.id} is {each.note}", err=True)


def _delete(mine: AccountSnapshots, doomed: Sequence[str]) -> None:
    for snapshot_id in dict.fromkeys(doomed):
        try:
            mine.delete(snapshot_id)
        except NotFoundError:
            raise InputError(
                f"There is no snapshot {snapshot_id}.", "List them with gladly-tools snapshots.", field="--delete"
            ) from None
        click.echo(f"Snapshot {snapshot_id} deleted", err=True)


def _list(states: Sequence[Snapshot], zone: str) -> None:
    if not states:
        click.echo("There are no snapshots yet. Every complete configuration export keeps one.", err=True)
    for each in states:
        click.echo(
            f"{each.id}  {each.export:<9}  {_minute(each.first_at, zone)} to {_minute(each.last_at, zone)}"
            f"  {each.rows:>6,} rows  {each.bytes:>9,} bytes"
            f"{f'  {_words_of(each.asked)}' if each.asked else ''}{f'  {each.note}' if each.note else ''}"
        )


def _words_of(asked: Mapping[str, Any]) -> str:
    """What was asked, in a few words."""
    parts = (
        f"{name.replace('_', ' ')} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in asked.items()
        if value
    )
    return "; ".join(parts) or "nothing chosen"


def _minute(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
