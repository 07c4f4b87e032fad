"""Which tests come by a line, and how long each takes; and a run of some of them in this process."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
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
    """Sees which test runs, how long it takes, and which is the first to fail."""

    def __init__(self, measured: coverage.Coverage | None) -> None:
        self.failed = ""
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
            self.failed = self.failed or report.nodeid


def run_tests(package: str, chosen: Sequence[str] = (), *, measure_into: Path | None = None) -> str:
    """The first test that failed, or empty. Runs the chosen tests, or all of the package's folder."""
    measured = coverage.Coverage(data_file=None, config_file=False, include=[f"*/gladly_tools/{package}/*"])
    watcher = _Watcher(measured if measure_into else None)
    options = ["-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly", "--basetemp=.pytest-temporary"]
    if measure_into:
        measured.start()
    options += [f"--ignore={path}" for path in _LEFT_OUT]
    code = pytest.main([*options, *(chosen or [f"tests/{package}"])], plugins=[watcher])
    if chosen and code == pytest.ExitCode.USAGE_ERROR:  # a test that is named after what was changed
        code = pytest.main([*options, *sorted({test.split("::")[0] for test in chosen})], plugins=[watcher])
    if measure_into:
        measured.stop()
        measure_into.write_text(json.dumps({"lines": _lines(measured), "seconds": watcher.seconds}), "utf-8")
    return watcher.failed or ("" if code == pytest.ExitCode.OK else f"pytest ended with {code!r}")


def _lines(measured: coverage.Coverage) -> dict[str, dict[int, list[str]]]:
    data = measured.get_data()
    return {
        Path(file).relative_to(Path.cwd()).as_posix(): {
            line: sorted(set(tests) - {""}) for line, tests in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
