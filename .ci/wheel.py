"""The wheel on every Python that the classifiers claim: its commands, an export of the demo company, the portal.

`.venv/bin/python .ci/wheel.py` installs it with `constraints.txt` into an environment of its own for each. A Python
that is not on this machine is named as not tried and fails nothing, except when none of them is here.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PATIENCE = 60.0


def claimed() -> list[str]:
    """The versions of Python that the classifiers name, such as 3.11."""
    found = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", text) for text in PROJECT["classifiers"]]
    return [each[1] for each in found if each]


def interpreter(version: str) -> str | None:
    """Where a Python of this version is: on the path, or among pyenv's."""
    candidates = [shutil.which(f"python{version}")]
    if shutil.which("pyenv"):
        folder = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=True).stdout.strip()
        candidates += [str(path) for path in sorted(Path(folder, "versions").glob(f"{version}.*/bin/python"))]
    for candidate in candidates:
        # A name on the path may be pyenv's stand-in for a Python that is not chosen.
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def run(*command: str | Path, **more: str) -> str:
    """What a command prints. Its whole output is shown when it fails."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout.strip()


@contextmanager
def running(*command: str | Path, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process with its output in a file, interrupted at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=log.parent, env={**os.environ, **more}, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_until(there: str, log: Path, process: subprocess.Popen[bytes]) -> str:
    """What a log holds once a text is in it."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        if there in (text := log.read_text(encoding="utf-8")):
            return text
        time.sleep(0.1)
    raise SystemExit(log.read_text(encoding="utf-8"))


def export(commands: Path, folder: Path) -> int:
    """Export the inboxes and a week of conversations of the demo company; returns the rows."""
    log = folder / "demo.log"
    with running(commands / "gladly-tools", "demo", log=log, PYTHONUNBUFFERED="1") as demo:
        environment = dict(re.findall(r"export (\w+)=(\S+)", wait_until("Ctrl+C", log, demo)))
        environment["GLADLY_TOOLS_DATA_DIR"] = str(folder / "data")
        today = datetime.now(UTC).date()
        week = [f"--from={today - timedelta(days=7)}", f"--to={today - timedelta(days=1)}", "--no-customers"]
        rows = 0
        for name, options in (("inboxes", []), ("contact-information", week)):
            out = folder / f"{name}.csv"
            run(commands / "gladly-tools", "export", name, *options, "--out", out, **environment)
            with out.open(encoding="utf-8", newline="") as file:
                exported = len(list(csv.DictReader(file)))
            if not exported:
                raise SystemExit(f"{out.name} holds no row")
            rows += exported
    return rows


def serve(commands: Path, folder: Path) -> None:
    """Serve the portal and ask whether it is well, and for its first page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "portal.log"
    data = str(folder / "portal")
    with running(commands / "gladly-tools", "app", f"--port={port}", log=log, GLADLY_TOOLS_DATA_DIR=data) as portal:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and portal.poll() is None:
            try:
                health = urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5).read()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit(log.read_text(encoding="utf-8"))
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=30) as page:
            ours = page.headers["Set-Cookie"].startswith("gladly_tools_session=")
    if health != b"ok" or not ours or "Traceback" in log.read_text(encoding="utf-8"):
        raise SystemExit(f"the portal answered {health!r}\n{log.read_text(encoding='utf-8')}")


def try_on(python: str, wheel: Path, folder: Path) -> str:
    """Install the wheel for a Python and use it; returns what was seen."""
    started = time.monotonic()
    environment = folder / "venv"
    run(sys.executable, "-m", "uv", "venv", "-q", "--python", python, environment)
    there = environment / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    run(sys.executable, "-m", "uv", "pip", "install", "-q", "--python", there, "-c", constraints, wheel)
    version = run(there.with_name("gladly-tools"), "--version").rsplit(" ", 1)[1]
    if version != PROJECT["version"]:
        raise SystemExit(f"the wheel says that it is {version}")
    rows = export(there.parent, folder)
    serve(there.parent, folder)
    name = run(there, "-c", "import platform; print(platform.python_version())")
    return f"Python {name}: {rows} rows exported, the portal served, {time.monotonic() - started:.0f} s"


def main() -> None:
    """Try what is here, a line each."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
        (wheel,) = folder.glob("*.whl")
        tried = 0
        for version in claimed():
            python = interpreter(version)
            if python is None:
                sys.stdout.write(f"Python {version}: NOT TRIED, it is not on this machine\n")
                continue
            own = folder / version
            own.mkdir()
            sys.stdout.write(f"{try_on(python, wheel, own)}\n")
            sys.stdout.flush()
            tried += 1
    if not tried:
        raise SystemExit("none of the Pythons that the classifiers claim is on this machine")


if __name__ == "__main__":
    main()
