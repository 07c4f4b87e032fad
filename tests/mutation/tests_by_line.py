"""Which tests come by a line, and how long each takes; and a run of some of them in this process."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

_IN_A_PROCESS_OF_ITS_OWN = {"sandbox_process.py": "test_sandbox", "sandbox_rules.py": "test_sandbox"}
"""Modules whose lines run where nothing is measured, and how the names begin of the files that test them."""

_LEFT_OUT = ("tests/bulk/test_kill.py",)
"""Tests that come by nearly every line and take a minute: what only they notice counts as not noticed."""


@dataclass(frozen=True, kw_only=True)
class TestsByLine:
    """For each module its lines, for each line the tests that come by it; for each test its seconds."""

    __test__ = False

    lines: dict[str, dict[str, list[str]]]
    seconds: dict[str, float]

    @classmethod
    def read(cls, path: Path) -> TestsByLine:
        return cls(**json.loads(path.read_text("utf-8")))

    def of(self, path: str, line: int, tree: ast.Module) -> tuple[list[str], float]:
        """The tests that come by the statement at a line, quickest first, and their seconds; `tree` is the module's.

        What runs before any test, as a constant does, has the tests of its module, and a module without any, all.
        """
        begins = _IN_A_PROCESS_OF_ITS_OWN.get(Path(path).name)
        if begins:
            chosen = {test for test in self.seconds if Path(test.split("::")[0]).name.startswith(begins)}
        else:
            module = self.lines.get(path, {})
            first, last, is_run_by_calls = _statement(tree, line)
            chosen = {test for number in range(first, last + 1) for test in module.get(str(number), ())}
            if not chosen and not is_run_by_calls:
                chosen = {test for tests in module.values() for test in tests} or set(self.seconds)
        return sorted(chosen, key=lambda test: self.seconds[test]), sum(self.seconds[test] for test in chosen)


def _statement(tree: ast.Module, line: int) -> tuple[int, int, bool]:
    """The lines of the innermost statement at a line, without its body, and whether it stands in a function."""
    first, last, is_in_function = line, line, False
    for node in ast.walk(tree):  # from the outside to the inside
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line):
            body = getattr(node, "body", None)
            first = node.lineno
            last = max(first, body[0].lineno - 1) if body else node.end_lineno or line
            is_function = isinstance(node, ast.FunctionDef)
            # Its own line, with the defaults of its parameters, is run before any call.
            is_in_function = is_in_function or (is_function and bool(body) and line >= body[0].lineno)
    return first, max(last, line), is_in_function


class _Watcher:
    """Sees which test runs, how long it takes, and which fail."""

    def __init__(self, measured: coverage.Coverage | None) -> None:
        self.failed: list[str] = []
        self.seconds: dict[str, float] = defaultdict(float)
        self._measured = measured

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if self._measured:
            self._measured.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.failed:
            self.failed.append(report.nodeid)


def run_tests(chosen: Sequence[str]) -> str:
    """Run the chosen tests up to the first that fails, which it returns; empty when none does."""
    watcher = _Watcher(None)
    code = _run(chosen, watcher, "-x")
    if code == pytest.ExitCode.USAGE_ERROR:  # a test that is named after what was changed
        code = _run(sorted({test.split("::")[0] for test in chosen}), watcher, "-x")
    return watcher.failed[0] if watcher.failed else "" if code == pytest.ExitCode.OK else f"pytest ended with {code!r}"


def measure_tests(package: str, into: Path) -> str:
    """Run all tests of the package's folder, and write down which come by which line; returns those that fail.

    They are left out: on a busy machine a test may fail by itself.
    """
    measured = coverage.Coverage(data_file=None, config_file=False, include=[f"*/gladly_tools/{package}/*"])
    watcher = _Watcher(measured)
    measured.start()
    code = _run([f"tests/{package}"], watcher)
    measured.stop()
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return f"pytest ended with {code!r}"
    passed = {test: seconds for test, seconds in watcher.seconds.items() if test not in watcher.failed}
    into.write_text(json.dumps({"lines": _lines(measured, passed), "seconds": passed}), "utf-8")
    return " ".join(watcher.failed)


def _run(tests: Sequence[str], watcher: _Watcher, *more: str) -> int:
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly", "--basetemp=.pytest-temporary"]
    options += [f"--ignore={path}" for path in _LEFT_OUT]
    return int(pytest.main([*options, *more, *tests], plugins=[watcher]))


def _lines(measured: coverage.Coverage, passed: Collection[str]) -> dict[str, dict[int, list[str]]]:
    data = measured.get_data()
    return {
        Path(file).relative_to(Path.cwd()).as_posix(): {
            line: sorted(set(tests) & set(passed)) for line, tests in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
