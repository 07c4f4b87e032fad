"""The bulk actions on the command line: planned, confirmed, resumable, each with a Results CSV.

Exit codes: 0 every row ended as wanted, 1 failed before the first row, 2 bad input, 3 some row did not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from gladly_tools.account import Account
from gladly_tools.amounts import counted
from gladly_tools.api import Client
from gladly_tools.bulk import ACTIONS, CLOSE_CONVERSATIONS, CLOSE_TASKS, REOPEN_CONVERSATIONS, REOPEN_TASKS
from gladly_tools.bulk.action import Action, Choices, Status
from gladly_tools.bulk.id_file import LARGEST_FILE
from gladly_tools.bulk.lists import read_list
from gladly_tools.bulk.records import BulkRun
from gladly_tools.bulk_runs import BulkRuns, Order
from gladly_tools.cli.files import Destination
from gladly_tools.cli.progress import Progress
from gladly_tools.cli.session import signed_in
from gladly_tools.errors import GladlyToolsError, InputError, NotFoundError
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings

NOT_ALL = 3
SHOWN_LINES = 10


def add_bulk_commands(group: click.Group) -> None:
    """Add the commands to the group: one for each closing action, one that takes back, and the list of runs."""
    for name, actions in (
        ("close-conversations", (CLOSE_CONVERSATIONS,)),
        ("close-tasks", (CLOSE_TASKS,)),
        ("reopen", (REOPEN_CONVERSATIONS, REOPEN_TASKS)),
    ):
        group.add_command(_command(name, actions))
    group.add_command(list_runs)


@click.command("runs")
def list_runs() -> None:
    """List the bulk runs of this account, newest first."""
    settings = Settings.from_environment()
    with signed_in(settings) as (_client, account), _opened(settings) as (_runs, bulk):
        found = bulk.list(account)
        if not found:
            click.echo("No runs yet.", err=True)
        for run in found:
            job = bulk.job(run)
            state = "deleted" if job is None else "stopped" if run.stopped and run.finished_at else job.state
            what = f"{run.action}, check only" if run.is_check else run.action
            click.echo(f"{run.id}  {run.created_at:%Y-%m-%d %H:%M}Z  {what}  {state}  {_told(bulk.counts(run))}")


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Runs, BulkRuns]]:
    runs, bulk = Runs(settings), None
    try:
        bulk = BulkRuns(runs)
        yield runs, bulk
    finally:
        # In this order: while runs are open, old bulk runs are swept now and then.
        runs.close()
        if bulk is not None:
            bulk.close()


def _run(
    actions: tuple[Action, ...],
    path: str | None,
    results: str,
    *,
    resume: str | None,
    run: str | None = None,
    plan_only: bool,
    yes: bool,
    **chosen: Any,
) -> None:
    """Do one of the actions to the IDs of a file, take a run back, or go on with one."""
    if sum(each is not None for each in (path, resume, run)) != 1:
        others = "--resume or --run" if actions[0].takes_back else "--resume"
        raise InputError(f"Give a file of IDs, or {others} with a run.", "Exactly one of them.", field="IDS")
    destination = Destination(results, option="--results")
    try:
        if path is not None:
            destination.spare(Path(path), "the list of IDs")
        settings = Settings.from_environment()
        order = None if path is None else _order(actions, path, plan_only=plan_only, **chosen)
        if order is not None:
            _tell_what_is_set_aside(order)
        with signed_in(settings) as (client, account), _opened(settings) as (runs, bulk):
            if run is not None:
                order = _taking_back(bulk, account, run, plan_only=plan_only)
            shown = Progress(runs)
            try:
                if order is None:
                    begun = _run_to_resume(bulk, account, str(resume), actions)
                    _check_as_begun(begun, plan_only=plan_only, **chosen)
                    if begun.finished_at is None:
                        _confirm(f"Go on with run {begun.id} at {account.organization}?", begun.total, yes=yes)
                    _tell_id(begun)
                    ended, error = bulk.resume_here(account, client, begun.id, shown.follow)
                else:
                    if not plan_only:
                        _confirm(_question(order, account), order.checked.to_do, yes=yes)
                    ended, error = bulk.run_here(account, client, order, shown.follow, _tell_id)
            finally:
                shown.end()
            if error is not None and bulk.counts(ended).get(Status.NOT_ATTEMPTED, 0) == ended.total:
                raise _before_the_first_row(error)
            written = _write(bulk, account, ended, destination)
            if ended.is_check:
                _tell_inboxes(bulk, ended, client)
            _end(bulk, ended, error, written)
    finally:
        destination.close()


def _order(
    actions: tuple[Action, ...],
    path: str,
    *,
    plan_only: bool,
    topic_id: str | None = None,
    force_waiting: bool = False,
) -> Order:
    data = _read(path)
    action, checked = actions[0], None
    for place, action in enumerate(actions):
        try:
            checked = read_list(action, data)
            break
        except InputError as error:
            if place == len(actions) - 1:
                raise InputError(error.what, error.advice, field=path) from None
    assert checked is not None
    try:
        return Order(
            action=action,
            checked=checked,
            choices=Choices(topic_id=topic_id or None, force=force_waiting),
            is_check=plan_only,
            file_name=Path(path).name,
        )
    except InputError as error:
        for entry in checked.set_aside[:SHOWN_LINES]:
            click.echo(f"Line {entry.line}: {entry.set_aside}", err=True)
        raise InputError(error.what, error.advice, field=path) from None


def _write(bulk: BulkRuns, account: Account, run: BulkRun, destination: Destination) -> Path:
    """Write the Results CSV over what was there, and return its path."""
    try:
        path = destination.write(bulk.results(account, run.id), partial=False)
    except OSError as error:
        raise GladlyToolsError(
            f"The results could not be written ({error.strerror}).",
            f"They are kept: run the same command with --resume {run.id} in place of the file to write them again.",
        ) from None
    assert path is not None, "only an export goes to standard output"
    return path


def _command(name: str, actions: tuple[Action, ...]) -> click.Command:
    first = actions[0]
    columns = " or ".join(action.column for action in actions)
    options = [
        click.Argument(["path"], metavar="[IDS.csv]", required=False),
        click.Option(
            ["--results"], required=True, metavar="RESULTS.csv", help="Where to write what became of each row."
        ),
        click.Option(["--plan-only"], is_flag=True, help="Read every row and say what would happen; change nothing."),
        click.Option(["--yes"], is_flag=True, help="Do not ask. Without it, a terminal is asked and a script refused."),
        click.Option(["--resume"], metavar="RUN", help="Go on with a run that was interrupted; give no file then."),
    ]
    if first.takes_back:
        options.append(click.Option(["--run"], metavar="RUN", help="Open again what this run closed; no file then."))
    if first.takes_topic:
        options.append(click.Option(["--topic-id"], metavar="ID", help="Topic to add to each before it is closed."))
    if first.takes_force:
        options.append(
            click.Option(["--force-waiting"], is_flag=True, help="Close also while the customer waits for an answer.")
        )
    summary = first.summary if len(actions) == 1 else "Open again what a run closed, assigned as a reopen file says."
    return click.Command(
        name,
        callback=lambda **given: _run(actions, **given),
        params=list(options),
        help=f"{summary}\n\nThe file is CSV or XLSX, its IDs in a column {columns}. The run's ID is printed first.",
        short_help=summary,
    )


def _run_of(bulk: BulkRuns, account: Account, run_id: str, field: str) -> BulkRun:
    try:
        return bulk.get(account, run_id)
    except NotFoundError as error:
        raise InputError(error.what, "List the account's runs with gladly-tools runs.", field=field) from None


def _check_as_begun(run: BulkRun, *, plan_only: bool, topic_id: str | None = None, force_waiting: bool = False) -> None:
    """Raise InputError for what a run that goes on was not begun with: nothing is passed over in silence."""
    others = [
        option
        for option, is_other in (
            ("--plan-only", plan_only and not run.is_check),
            (f"--topic-id {topic_id}", bool(topic_id) and topic_id != run.choices.topic_id),
            ("--force-waiting", force_waiting and not run.choices.force),
        )
        if is_other
    ]
    if others:
        raise InputError(
            f"Run {run.id} goes on as it was begun, which was without {' and '.join(others)}.",
            "Leave that out, or begin another run with the file.",
            field="--resume",
        )


def _run_to_resume(bulk: BulkRuns, account: Account, run_id: str, actions: tuple[Action, ...]) -> BulkRun:
    run = _run_of(bulk, account, run_id, "--resume")
    if ACTIONS[run.action] not in actions:
        raise InputError(f"Run {run.id} is one of {run.action}.", "Use that command.", field="--resume")
    return run


def _taking_back(bulk: BulkRuns, account: Account, run_id: str, *, plan_only: bool) -> Order:
    """What takes a run back: the IDs that it closed, with who had them."""
    run = _run_of(bulk, account, run_id, "--run")
    data = b"".join(bulk.reopen_file(account, run_id))
    action = ACTIONS[ACTIONS[run.action].undo]
    checked = read_list(action, data)
    if not checked.to_do:
        raise InputError(f"Run {run_id} closed nothing.", "There is nothing to open again.", field="--run")
    return Order(action=action, checked=checked, choices=Choices(), is_check=plan_only, file_name="", source=run_id)


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).", "Check the name.", field=path) from None


def _tell_id(run: BulkRun) -> None:
    click.echo(f"Run {run.id}")


def _tell_what_is_set_aside(order: Order) -> None:
    checked = order.checked
    for entry in checked.set_aside[:SHOWN_LINES]:
        click.echo(f"Set aside, line {entry.line}: {entry.set_aside}", err=True)
    if len(checked.set_aside) > SHOWN_LINES:
        click.echo(f"… and {len(checked.set_aside) - SHOWN_LINES:,} more lines set aside", err=True)
    if checked.repeated:
        click.echo(f"{len(checked.repeated):,} lines repeat an ID; each ID is done once", err=True)


def _question(order: Order, account: Account) -> str:
    action = order.action
    parts = [f"{action.verb.capitalize()} {order.checked.to_do:,} {action.nouns} at {account.organization}"]
    if order.choices.topic_id:
        parts.append(f"adding topic {order.choices.topic_id}")
    if order.choices.force:
        parts.append("also while the customer waits")
    return f"{', '.join(parts)}? This changes live data. {action.way_back}".strip()


def _confirm(question: str, count: int, *, yes: bool) -> None:
    """Ask for the count on a terminal. Raises InputError where nobody can be asked, and when it is not confirmed."""
    if yes:
        return
    if not _somebody_is_there():
        raise InputError("Nothing was changed: nobody is there to confirm.", "Add --yes.", field="--yes")
    click.echo(question, err=True)
    typed = click.prompt(f"Type {count} to go on", default="", show_default=False, err=True)
    if typed.strip().replace(",", "") != str(count):
        raise InputError("Nothing was changed: it was not confirmed.")


def _somebody_is_there() -> bool:
    return sys.stdin.isatty()


def _tell_inboxes(bulk: BulkRuns, run: BulkRun, client: Client) -> None:
    """How what would be changed spreads over the inboxes, a line each."""
    found = {status: bulk.journal.inboxes(run.id, status) for status in ACTIONS[run.action].would_change}
    ids = list(dict.fromkeys(inbox_id for of_status in found.values() for inbox_id in of_status))
    names = {inbox.id: inbox.name for inbox in client.inboxes.list()} if ids else {}
    for inbox_id in ids:
        counts = {status: of_status[inbox_id] for status, of_status in found.items() if inbox_id in of_status}
        click.echo(f"Inbox {names.get(inbox_id) or inbox_id or 'none'}: {_told(counts)}", err=True)


def _told(counts: Mapping[Status, int]) -> str:
    return ", ".join(f"{number:,} {status}" for status, number in counts.items())


def _before_the_first_row(error: Exception) -> Exception:
    if isinstance(error, InputError):
        field = "--topic-id" if error.field == "topic_id" else error.field
        return InputError(error.what, error.advice, field=field)
    return error


def _end(bulk: BulkRuns, run: BulkRun, error: Exception | None, path: Path) -> None:
    """Say how it ended, in words and by the exit code."""
    counts = bulk.counts(run)
    beside = bulk.beside(run)
    others = (
        (beside.set_aside, "set aside before the run, which are “skipped” in the results"),
        (beside.repeated, "that repeat an ID, with its outcome"),
    )
    click.echo(f"{_told(counts)}; in {path}", err=True)
    for number, what in others:
        if number:
            click.echo(f"Not counted: {counted(number, 'line')} {what}", err=True)
    if error is not None:
        click.echo(str(error), err=True)
    if run.finished_at is None:
        command = "reopen" if run.action.startswith("reopen") else run.action
        click.echo(f"To go on: gladly-tools {command} --resume {run.id} --yes --results {path}", err=True)
    if not run.is_check and not all(status.good for status in counts):
        click.get_current_context().exit(NOT_ALL)
    if run.is_check and Status.FAILED in counts:
        click.get_current_context().exit(NOT_ALL)
