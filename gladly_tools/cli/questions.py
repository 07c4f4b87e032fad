"""An export's questions on the command line: the options that ask them, and the answers made of what was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from gladly_tools.account import Account
from gladly_tools.errors import InputError
from gladly_tools.exports import EXPORTS
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
    check_zone,
    questions,
)
from gladly_tools.exports.moments import MomentRangeQuestion
from gladly_tools.exports.search_questions import ContactsQuestion, PhrasesQuestion, Where, WhereQuestion


def words_for(field: str) -> str:
    """The options of the question that is asked under this name; the name itself where no export asks it."""
    asked = (questions(export.parameters).get(field) for export in EXPORTS.values())
    question = next((each for each in asked if each is not None), None)
    return field if question is None else "/".join(f"--{option}" for option in question.options)


def options_of(name: str, question: Question) -> Iterator[click.Option]:
    """The options that ask a question; `name` begins the names under which their values come."""
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


def answer_of(question: Question, name: str, given: Mapping[str, Any], account: Account) -> Any:
    """What the options of a question were given as, not yet checked; days are of the account's zone by default."""
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
