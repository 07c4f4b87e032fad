"""Answers a person's own SQL over results, in a process of its own for every query.

A process, and not a connection in this one, because that is what holds: a query that spends its time or memory inside
one function hears no interrupt, a crash of the engine takes its process along, and what is not in a process cannot be
found in it. It is killed to stop it, and so always stops. It costs a fifth of a second.

What holds a query in, from the outside to the inside:

    the order         only tables of the account are in it: the caller looks them up, and no query can name another
    the process       an empty environment, bounds of memory, processor time and file size; killed at the time limit
    the rules         one SELECT, every query, table and function in it known (`sandbox_rules`), read from the engine's
                      own tree of it, before anything of it runs
    the engine        in memory, may open the very files of the tables that the query names and the one of its answer,
                      loads no extension, replaces no name by a file or a Python variable, its settings locked
    the names         files are named relative to the folder of results, so no path of the machine is there to be seen
    the words         errors come by their type; of the engine's own words, only those on values are passed on

The answer is in the engine's memory first and then in a file: at most so many rows, whose types are then known to fit.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gladly_tools.errors import Cancelled, GladlyToolsError, QueryError
from gladly_tools.results.sandbox_answer import Answer, answer_of
from gladly_tools.results.sandbox_tables import Source
from gladly_tools.results.sandbox_words import failed, refused, too_large, too_long

logger = logging.getLogger(__name__)

MOST_ROWS = 1_000_000
MOST_BYTES = 100 * 1024 * 1024
MOST_CHARACTERS = 100_000
THREADS = 2
_PACKAGE = Path(__file__).parents[2]
# Isolated from the environment and the working folder, so the way to this package is given by hand.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from gladly_tools.results.sandbox_process import main; main()"


class Sandbox:
    """Where queries run. `folder` is where files of answers go; it must lie in the folder of the results."""

    def __init__(self, folder: Path, *, seconds: float, memory_mb: int, most_rows: int = MOST_ROWS) -> None:
        self.folder = folder
        self.seconds = seconds
        self.memory_mb = memory_mb
        self.most_rows = most_rows

    def ask(self, text: str, tables: Sequence[Source], *, zone: str, run: Run | None = None) -> Answer:
        """Answer a query over these tables; times are read and cut in the zone (IANA).

        Raises QueryError, with the place where there is one, for a query that cannot be answered or is too large or too
        slow, TryLaterError when a table just changed, and Cancelled once `run` was stopped.
        """
        run = run or Run()
        if len(text) > MOST_CHARACTERS:
            raise QueryError("The query is too long.", f"Write it in fewer than {MOST_CHARACTERS:,} characters.")
        if "\0" in text:
            raise QueryError("The query holds a character that cannot be read.", "Type it anew instead of pasting it.")
        text = text.encode(errors="replace").decode()
        self.folder.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix="sql-", dir=self.folder))
        kept = False
        try:
            began = time.monotonic()
            outcome = self._outcome(run, self._order(text, tables, zone, place))
            if "columns" not in outcome:
                raise self._error(outcome, text, tables)
            path = place / "answer.parquet"
            if path.stat().st_size > MOST_BYTES:
                raise too_large(self.memory_mb)
            kept = True
            return answer_of(outcome, path, time.monotonic() - began)
        finally:
            if not kept:
                shutil.rmtree(place, ignore_errors=True)

    def _order(self, text: str, tables: Sequence[Source], zone: str, place: Path) -> dict[str, Any]:
        root = tables[0].folder if tables else self.folder
        inside = Path(os.path.relpath(place, root))
        return {
            "text": text,
            "folder": str(root),
            "tables": [
                {"name": table.name, "sql": table.sql, "paths": [path.as_posix() for path in table.files]}
                for table in tables
            ],
            "zone": zone,
            "memory_mb": self.memory_mb,
            "seconds": self.seconds,
            "threads": THREADS,
            "spill": (inside / "spill").as_posix(),
            "answer": (inside / "answer.parquet").as_posix(),
            "most_rows": self.most_rows,
        }

    def _outcome(self, run: Run, order: Mapping[str, Any]) -> Mapping[str, Any]:
        with subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM, str(_PACKAGE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Windows starts nothing without this one; elsewhere there is none.
            env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            run.began(process.kill)
            late = threading.Timer(self.seconds, run.end, args=["late"])
            late.daemon = True
            late.start()
            try:
                process.stdin.write(json.dumps(order).encode() + b"\n")
                process.stdin.flush()
                said = process.stdout.read()
            except BrokenPipeError:
                said = b""
            finally:
                late.cancel()
                process.kill()  # else it would wait for its standard input to close, which comes after this
        if said:
            found: Mapping[str, Any] = json.loads(said)
            return found
        if run.ended_by == "stop":
            raise Cancelled
        if run.ended_by == "late":
            raise too_long(self.seconds)
        # It did not come to say anything: most likely the operating system refused it more memory.
        logger.warning("the process of a query ended with %s", process.returncode)
        raise too_large(self.memory_mb)

    def _error(self, outcome: Mapping[str, Any], text: str, tables: Sequence[Source]) -> GladlyToolsError:
        if "refused" in outcome:
            return refused(outcome["refused"], text)
        columns = [name for table in tables for name in table.column_names]
        return failed(outcome["error"], text, columns, self.memory_mb)


class Run:
    """A query under way, which another thread may stop."""

    def __init__(self) -> None:
        self.ended_by = ""
        self._lock = threading.Lock()
        self._kill: Callable[[], None] | None = None

    def stop(self) -> None:
        """Stop the query, or keep it from beginning."""
        self.end("stop")

    def began(self, kill: Callable[[], None]) -> None:
        """The query runs, and this ends it."""
        with self._lock:
            self._kill = kill
            if self.ended_by:
                kill()

    def end(self, why: str) -> None:
        """End the query; the first reason given stays."""
        with self._lock:
            self.ended_by = self.ended_by or why
            if self._kill is not None:
                self._kill()
