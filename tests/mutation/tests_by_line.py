"""Which tests come by a line, and how long each takes; and a run of some of them in this process."""

from __future__ import annotations

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

    def of(self, path: str, line: int) -> tuple[list[str], float]:
        """The tests for a line, quickest first, and their seconds.

        A line that ran before any test, as a constant's, has the tests of its module, and a module without any, all.
        """
        module = self.lines.get(path, {})
        begins = _IN_A_PROCESS_OF_ITS_OWN.get(Path(path).name)
        chosen = set(module.get(str(line), ()))
        if begins:
            chosen = {test for test in self.seconds if Path(test.split("::")[0]).name.startswith(begins)}
        elif not chosen:
            chosen = {test for tests in module.values() for test in tests} or set(self.seconds)
        return sorted(chosen, key=lambda test: self.seconds[test]), sum(self.seconds[test] for test in chosen)


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
