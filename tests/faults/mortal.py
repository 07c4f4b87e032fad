"""A process that runs exports in children of its own, each of which is killed at a chosen step on the disk.

Reads a JSON object a line, answers with a line: the steps that were taken. `at` is the step before which SIGKILL
comes, 0 for never.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from gladly_tools import clock
from gladly_tools.account import confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import load_parameters
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import NOW

ROOT = Path(__file__).parents[2]
STEPS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree")


def live(order: dict[str, Any], tell: int) -> None:
    """Run the export; count its steps, and die at the one that is ordered."""
    taken = 0

    def step(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal taken
        is_written = event == "open" and arguments[1] is not None and set(str(arguments[1])) & set("wxa+")
        if is_written or event in STEPS:
            taken += 1
            if taken == order["at"]:
                os.kill(os.getpid(), signal.SIGKILL)

    clock.now = lambda: NOW
    Runs.sweep = lambda self: 0  # type: ignore[method-assign]
    settings = Settings(
        data_dir=Path(order["folder"]),
        allowed_hosts=(order["url"].removeprefix("http://"),),
        reports_per_minute=100_000,
        requests_per_second=5_000.0,
    )
    client = Client(read_credentials(order["url"], order["username"], order["token"], settings), settings)
    runs = Runs(settings)
    account = confirm(client, instance=order["instance"])
    export = EXPORTS[order["name"]]
    sys.addaudithook(step)
    runs.run_here(account, client, export, load_parameters(export.parameters, order["parameters"]), lambda _: None)
    os.write(tell, b"%d" % taken)


def main() -> None:
    for line in sys.stdin:
        reading, tell = os.pipe()
        child = os.fork()
        if not child:
            try:
                live(json.loads(line), tell)
            finally:
                os._exit(0)
        os.close(tell)
        os.waitpid(child, 0)
        print(json.dumps(int(os.read(reading, 20) or 0)), flush=True)  # noqa: T201 the answer of this process
        os.close(reading)


class Mortal:
    """The process, seen from the test."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.mortal"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def run(self, **order: Any) -> int:
        """The steps on the disk that the export took; 0 when it was killed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=20)


if __name__ == "__main__":
    main()
