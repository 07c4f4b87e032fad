"""Breaks the code in many places, one at a time, and sees whether a test notices.

    pip install -e '.[test]' 'mutmut==3.8.1'
    python -m tests.mutation.measure api jobs results bulk --count 200 --seed 1

For each package it draws so many mutants, and runs for each, in a copy of this checkout, those tests of the folder
`tests/<package>` that come by its line, quickest first, until one fails. Mutants that change nothing that could be
noticed are named, with the reason, in `equivalent.toml` beside this file; they do not count.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from tests.mutation.mutants import Mutant, sample
from tests.mutation.tests_by_line import TestsByLine, measure_tests, run_tests

ROOT = Path(__file__).parents[2]
_SLOW_TO_LOAD = (
    "duckdb", "httpx", "hypothesis", "msgspec", "openpyxl", "pandas", "pyarrow.compute", "pyarrow.parquet", "respx",
    "starlette.applications", "uvicorn",
)  # fmt: skip
EQUIVALENT = Path(__file__).with_name("equivalent.toml")


@click.command()
@click.argument("packages", nargs=-1, required=True)
@click.option("--count", default=200, show_default=True, help="Mutants of each package.")
@click.option("--seed", default=1, show_default=True, help="Another seed draws other mutants.")
@click.option("--lanes", default=1, show_default=True, help="Mutants that are tried at a time.")
@click.option("--out", type=click.Path(path_type=Path), help="A folder for what became of each mutant.")
@click.option(
    "--since", type=click.Path(path_type=Path), help="Such a folder: what was noticed then is not tried again."
)
def main(packages: Sequence[str], count: int, seed: int, lanes: int, out: Path | None, since: Path | None) -> None:
    """Print one row a package, and the mutants that no test noticed."""
    equivalent = tomllib.loads(EQUIVALENT.read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        copy = _copy(Path(scratch) / "0")
        click.echo("| Package | Seed | Mutants | Noticed | of these by the clock | Equivalent | Survived | Score |")
        click.echo("|---|---|---|---|---|---|---|---|")
        for package in packages:
            name = f"{package}-{seed}.json"
            earlier = json.loads((since / name).read_text("utf-8")) if since else []
            noticed = {outcome["name"]: outcome for outcome in earlier if outcome["outcome"] == "noticed"}
            mutants = sample(ROOT, f"gladly_tools/{package}", count, seed)
            counting = [mutant for mutant in mutants if mutant.name not in equivalent.get(package, {})]
            outcomes = [noticed[mutant.name] for mutant in counting if mutant.name in noticed]
            outcomes += _try_all(copy, lanes, package, [mutant for mutant in counting if mutant.name not in noticed])
            _say(package, seed, len(mutants), outcomes)
            if out:
                out.mkdir(parents=True, exist_ok=True)
                (out / name).write_text(json.dumps(outcomes, indent=1, ensure_ascii=False), "utf-8")


def _say(package: str, seed: int, count: int, outcomes: Sequence[dict[str, Any]]) -> None:
    tally = Counter(outcome["outcome"] for outcome in outcomes)
    noticed = tally["noticed"] + tally["timeout"]
    click.echo(
        f"| `{package}` | {seed} | {count} | {noticed} | {tally['timeout']} | {count - len(outcomes)} "
        f"| {tally['survived']} | {100 * noticed / max(len(outcomes), 1):.1f} % |"
    )
    for outcome in sorted(outcomes, key=lambda outcome: (outcome["path"], outcome["line"])):
        if outcome["outcome"] == "survived":
            click.echo(f"    line {outcome['line']} of {outcome['name']}", err=True)


def _copy(copy: Path) -> Path:
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(asked, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def _try_all(copy: Path, lanes: int, package: str, mutants: Sequence[Mutant]) -> list[dict[str, Any]]:
    if not mutants:
        return []
    os.environ["CI"] = "true"  # no deadlines, and the same examples each time
    for name in _SLOW_TO_LOAD:
        importlib.import_module(name)
    found = copy / "tests-by-line.json"
    found.unlink(missing_ok=True)
    failed = _in_a_process(copy, lambda: measure_tests(package, found), seconds=3600, compiles=True)
    if not found.exists():
        raise click.ClickException(f"The tests of {package} could not be run: {failed}")
    if failed:
        click.echo(f"Left out, since they fail as they are: {failed}", err=True)
    tests = TestsByLine.read(found)
    copies = [copy, *(copy.with_name(str(lane)) for lane in range(1, lanes))]
    for another in copies[1:]:
        shutil.copytree(copy, another, dirs_exist_ok=True)
    files = [own / "outcomes.jsonl" for own in copies]
    processes = [
        _fork(lambda lane=lane: _lane(copies[lane], mutants[lane::lanes], tests, files[lane])) for lane in range(lanes)
    ]
    if any([os.waitpid(process, 0)[1] for process in processes]):
        raise click.ClickException("A lane ended early.")
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def _lane(copy: Path, mutants: Sequence[Mutant], tests: TestsByLine, file: Path) -> None:
    with file.open("w", encoding="utf-8") as outcomes:
        for mutant in mutants:
            began = time.monotonic()
            module = copy / mutant.path
            before, times = module.read_bytes(), module.stat()
            chosen, seconds = tests.of(mutant.path, mutant.line, ast.parse(before))
            failed: str | None = ""
            if chosen:
                module.write_text(mutant.render(), "utf-8")
                failed = _first_to_fail(copy, chosen, seconds)
                module.write_bytes(before)
                os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))  # what is compiled of it is still right
            outcome = {None: "timeout", "": "survived"}.get(failed, "noticed")
            said = {"name": mutant.name, "path": mutant.path, "line": mutant.line, "outcome": outcome}
            said |= {"by": failed, "tests": len(chosen), "seconds": round(time.monotonic() - began, 1)}
            outcomes.write(json.dumps(said, ensure_ascii=False) + "\n")
            outcomes.flush()


def _first_to_fail(copy: Path, chosen: Sequence[str], seconds: float) -> str | None:
    """The first test that fails, and fails once more on its own: on a busy machine one may fail by itself."""
    for _ in range(2):
        failed = _in_a_process(copy, partial(run_tests, chosen), seconds=30 + 5 * seconds)
        if failed is None or failed not in chosen:
            return failed
        if _in_a_process(copy, partial(run_tests, [failed]), seconds=60) != "":
            return failed
    return ""


def _fork(do: Callable[[], object]) -> int:
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        do()
        status = 0
    finally:
        os._exit(status)


def _in_a_process(copy: Path, run: Callable[[], str], *, seconds: float, compiles: bool = False) -> str | None:
    """The first test that failed, or empty; None when it took too long. Run in a process that is killed in the end."""
    answer = copy / "answer"
    answer.unlink(missing_ok=True)

    def do() -> None:
        os.setsid()
        os.chdir(copy)
        sys.path.insert(0, str(copy))
        for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "gladly_tools")]:
            del sys.modules[name]
        os.environ.update(PYTHONPATH=str(copy), HOME=str(copy / "home"))
        if not compiles:  # what is compiled of a mutant must not be taken for the module's
            sys.dont_write_bytecode = True
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        answer.write_text(run(), "utf-8")

    process = _fork(do)
    until = time.monotonic() + seconds
    while not (ended := os.waitpid(process, os.WNOHANG)[0]) and time.monotonic() < until:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    if not ended:
        os.waitpid(process, 0)
        return None
    return answer.read_text("utf-8") if answer.exists() else "the process ended"


if __name__ == "__main__":
    main()
