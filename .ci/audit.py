"""Known vulnerabilities of the dependencies in `constraints.txt`, by the advisories that pip-audit can reach.

`python .ci/audit.py` ends with 1 when an advisory names one of them and `.ci/audit-exceptions.toml` does not except it,
and when an exception there has expired or says too little. Where no advisories can be reached nothing is known, which
is said and is no failure of the dependencies: it ends with 0, and with `--require` with 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
EXCEPTIONS = ROOT / ".ci" / "audit-exceptions.toml"
SOURCES = ("pypi", "osv")  # pip-audit's names for who is asked: the package index, then the open database


class BadExceptions(ValueError):
    """The file of exceptions cannot be read as one; the message says where and what to write."""


class NoAnswer(RuntimeError):
    """pip-audit ended without a list of dependencies; the message is the last that it said."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """An advisory that is accepted for a reason, through a day and no longer."""

    id: str
    reason: str
    until: date


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An advisory about a dependency. `names` holds its id and every alias."""

    package: str
    version: str
    names: tuple[str, ...]
    fixed_in: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one source knows: how many dependencies it was able to look up, which it was not, and what it found."""

    audited: int = 0
    unknown: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The lines to print, in order, and whether the dependencies pass."""

    lines: list[str] = field(default_factory=list)
    passes: bool


def read_exceptions(path: Path) -> list[Accepted]:
    """The exceptions of a file, in its order. Raises BadExceptions."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as wrong:
        raise BadExceptions(f"{path.name} is not TOML: {wrong}") from wrong
    if content.keys() - {"exception"} or not isinstance(content.get("exception", []), list):
        raise BadExceptions(f"{path.name} may hold [[exception]] tables alone")
    read = [_accepted(table, f"exception {number}") for number, table in enumerate(content.get("exception", []), 1)]
    if len({each.id for each in read}) < len(read):
        raise BadExceptions(f"{path.name} excepts an advisory twice: keep one of them")
    return read


def _accepted(table: Any, where: str) -> Accepted:
    if not isinstance(table, dict) or table.keys() != {"id", "reason", "until"}:
        raise BadExceptions(f"{where} needs an id, a reason and an until date, and nothing else")
    if not all(isinstance(table[name], str) and table[name].strip() for name in ("id", "reason")):
        raise BadExceptions(f"{where} needs an id and a reason in words")
    # A moment is a date too, as Python sees it.
    if not isinstance(table["until"], date) or isinstance(table["until"], datetime):
        raise BadExceptions(f"{where} needs a day such as 2026-03-31, without quotes, as its until date")
    return Accepted(id=table["id"], reason=table["reason"], until=table["until"])


def read_answer(text: str) -> Answer:
    """What pip-audit's JSON says. Raises ValueError where it is not that."""
    dependencies = json.loads(text)["dependencies"]
    unknown = [each["name"] for each in dependencies if "skip_reason" in each]
    findings = [
        Finding(
            package=each["name"],
            version=each["version"],
            names=(found["id"], *found.get("aliases", [])),
            fixed_in=tuple(found.get("fix_versions", [])),
        )
        for each in dependencies
        for found in each.get("vulns", [])
    ]
    return Answer(audited=len(dependencies) - len(unknown), unknown=tuple(unknown), findings=tuple(findings))


def ask(source: str, constraints: Path, *more: str) -> Answer:
    """Have pip-audit look up every line of a file of `name==version`. Raises NoAnswer.

    Its exit code is not looked at: it is 1 for findings and for a network that is not there, and 0 when every single
    dependency was skipped.
    """
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(constraints), "--no-deps", "--disable-pip"]
    command += ["--vulnerability-service", source, "--format", "json", "--progress-spinner", "off", *more]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return read_answer(ended.stdout)
    except (ValueError, KeyError):
        raise NoAnswer((ended.stderr.strip() or "it said nothing").splitlines()[-1]) from None


def judge(answer: Answer, exceptions: Sequence[Accepted], today: date) -> Verdict:
    """What to say of an answer, and whether it passes: no finding without an exception that holds today."""
    excepted = {each.id: each for each in exceptions if each.until >= today}
    lines, open_ = [], 0
    for finding in answer.findings:
        what = f"{finding.package} {finding.version}: {', '.join(finding.names)}"
        exception = next((excepted[name] for name in finding.names if name in excepted), None)
        if exception is not None:
            lines.append(f"excepted until {exception.until}: {what} ({exception.reason})")
        else:
            fixed = f"fixed in {', '.join(finding.fixed_in)}" if finding.fixed_in else "no version is fixed"
            lines.append(f"VULNERABLE: {what}; {fixed}")
            open_ += 1
    found = {name for finding in answer.findings for name in finding.names}
    lines += [f"no longer needed: the exception of {each.id}" for each in exceptions if each.id not in found]
    if answer.unknown:
        lines.append(f"NOT AUDITED, unknown to the source: {', '.join(answer.unknown)}")
    lines.append(f"dependencies audited: {answer.audited}, open findings: {open_}")
    return Verdict(lines=lines, passes=open_ == 0)


def expired(exceptions: Sequence[Accepted], today: date) -> Verdict:
    """Exceptions whose day is over fail, whether or not advisories can be reached."""
    lines = [
        f"EXPIRED: the exception of {each.id} ended on {each.until} ({each.reason}): upgrade, or give a new date"
        for each in exceptions
        if each.until < today
    ]
    return Verdict(lines=lines, passes=not lines)


def audit(constraints: Path, exceptions: Sequence[Accepted], today: date, *, require: bool, osv_url: str) -> Verdict:
    """Ask one source after the other until one knows a dependency, and judge what it says."""
    over = expired(exceptions, today)
    unreached = []
    for source in SOURCES:
        try:
            answer = ask(source, constraints, *(["--osv-url", osv_url] if source == "osv" and osv_url else []))
        except NoAnswer as why:
            unreached.append(f"  {source}: {why}")
            continue
        if answer.audited:
            verdict = judge(answer, exceptions, today)
            lines = [*over.lines, f"Advisories from {source}:", *verdict.lines]
            return Verdict(lines=lines, passes=over.passes and verdict.passes and not (require and answer.unknown))
        unreached.append(f"  {source}: knows none of the {len(answer.unknown)} dependencies")
    lines = [
        *over.lines,
        "NOT AUDITED: no advisories could be reached from here, so nothing is known of vulnerable dependencies.",
        *unreached,
        "Run it where they can be reached, with --require, before a release.",
    ]
    return Verdict(lines=lines, passes=over.passes and not require)


def main() -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Known vulnerabilities of what constraints.txt names.")
    parser.add_argument("--require", action="store_true", help="fail also where a dependency could not be audited")
    parser.add_argument("--osv-url", default="", help="where a copy of the open database answers")
    given = parser.parse_args()
    try:
        exceptions = read_exceptions(EXCEPTIONS)
    except BadExceptions as wrong:
        sys.stdout.write(f"{wrong}\n")
        return 1
    today = datetime.now(UTC).date()
    verdict = audit(CONSTRAINTS, exceptions, today, require=given.require, osv_url=given.osv_url)
    sys.stdout.write("".join(f"{line}\n" for line in verdict.lines))
    return 0 if verdict.passes else 1


if __name__ == "__main__":
    sys.exit(main())
