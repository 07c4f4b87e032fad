"""The search of a file export beside DuckDB, polars and orjson: the same file, the same run, a new process each.

Cases: A contacts (0.5 % of the items), B phrases (0.7 %), C both, D no filter. The others write what they find as CSV.
The search here does what a job does: it writes a result, from which the CSV is then downloaded. Memory is what a search
adds to a process that has loaded everything.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import click

from benchmarks.child import child
from benchmarks.figure import Figure
from benchmarks.made_up_items import (
    CUSTOMERS,
    DOMAIN,
    ITEMS,
    PHRASES,
    TOPICS,
    write_customers,
    write_items,
    write_topics,
)
from benchmarks.memory import MB, memory_of
from benchmarks.scale import Scale
from gladly_tools.exports.file_search import COLUMNS
from gladly_tools.results.download import Format, encode
from gladly_tools.results.manifest import Manifest
from gladly_tools.results.query import Query
from gladly_tools.results.store import Result, ResultStore
from gladly_tools.results.table import Table
from gladly_tools.search import Criteria, ItemSearch, Task, parse_contacts, prepare, search_file

CASES = {"A": "contacts", "B": "phrases", "C": "contacts and phrases", "D": "everything"}
LEAST_OF_DUCKDB = {"A": 1.0, "B": 1.5, "C": 1.0, "D": 1.0}
MOST_MB = 150
LARGE_ROWS = 3_890_000
ITEMS_WITH_TARGET = 1_000_000
"""Below, what an engine needs to begin weighs too much."""

_RUN_SECONDS = 900.0

Engine = Callable[[Path, str, Path], None]


RESULT_ONLY = "here, without the download"
SAME_RESULT = "DuckDB, one thread, columns and lines kept, then the CSV"
ONLY_IN_D = (RESULT_ONLY, SAME_RESULT)  # elsewhere there is next to nothing to keep or to download
ON_ONE_CORE = (RESULT_ONLY, "DuckDB, one thread", SAME_RESULT, "orjson")
"""Engines that use one core, as the search here: compared by processor time, which other work hardly stretches."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One search: seconds passed and of all processors, bytes of memory added at most and in all, and what was found.

    `found` is the number of items and a sum over their ids; of a search without a download nobody asks.
    """

    seconds: float
    processor: float
    added: int
    peak: int
    found: tuple[int, int]


def measure(scale: Scale) -> Iterator[Figure]:
    """Time of the others over that of the search here, case by case; whether all agree; memory."""
    engines = _engines()
    peak = 0
    with _folder() as folder:
        write_items(folder / ITEMS, scale.rows)
        write_customers(folder / CUSTOMERS, scale.rows)
        write_topics(folder / TOPICS)
        for case, words in CASES.items():
            # Turn by turn: what else the machine does meets all alike.
            runs: dict[str, list[Run]] = {name: [] for name in engines}
            if case != "D":
                runs = {name: [] for name in engines if name not in ONLY_IN_D}
            for turn in range(scale.repeats):
                for name in runs:
                    if turn == 0 or name.startswith(("here", "DuckDB")):
                        runs[name].append(run(name, folder, case))
            peak = max(peak, _most(runs["here"]))
            yield from (_compared(case, name, runs, scale) for name in runs if name != "here")
            found = {each.found for name, those in runs.items() if name != RESULT_ONLY for each in those}
            yield Figure(
                subject="file_search",
                what=f"{case} {words}: items found",
                of="different answers",
                ratio=len(found),
                most=1.0,
                detail=f"{min(found)[0]:,} of {scale.rows:,}",
            )
    yield Figure(
        subject="file_search",
        what="memory added by a search",
        of=f"MB / {MOST_MB} MB",
        ratio=peak / MB / MOST_MB,
        most=1.0,
        detail=f"{peak / MB:.0f} MB, the most of all cases",
    )


def _compared(case: str, name: str, runs: dict[str, list[Run]], scale: Scale) -> Figure:
    by_processor = name in ON_ONE_CORE
    theirs, ours = (
        statistics.median(each.processor if by_processor else each.seconds for each in runs[which])
        for which in (name, "here")
    )
    has_target = name == "DuckDB, one thread" and scale.rows >= ITEMS_WITH_TARGET
    return Figure(
        subject="file_search",
        what=f"{case} {CASES[case]}: {name}",
        of=f"its {'processor time' if by_processor else 'time'} / that of the search here",
        ratio=theirs / ours,
        least=LEAST_OF_DUCKDB[case] if has_target else None,
        detail=(
            f"{theirs:.2f} s, {_most(runs[name]) / MB:,.0f} MB; here {ours:.2f} s, {_most(runs['here']) / MB:.0f} MB"
        ),
    )


def measure_large(scale: Scale) -> Iterator[Figure]:
    """Memory at 5 GB: searched for phrases, and everything into a result."""
    with _folder() as folder:
        write_items(folder / ITEMS, LARGE_ROWS * scale.rows // ITEMS_WITH_TARGET)
        write_customers(folder / CUSTOMERS, scale.rows)
        write_topics(folder / TOPICS)
        size = (folder / ITEMS).stat().st_size
        for case in ("B", "D"):
            done = run(RESULT_ONLY, folder, case)
            yield Figure(
                subject="file_search_large",
                what=f"{case} {CASES[case]}: memory added by a search",
                of=f"MB / {MOST_MB} MB",
                ratio=done.added / MB / MOST_MB,
                most=1.0,
                detail=f"{done.added / MB:.0f} MB for {size / 1e9:.1f} GB, {done.peak / MB:.0f} MB in all; "
                f"{done.processor:.0f} s of one processor",
            )


def run(name: str, folder: Path, case: str) -> Run:
    """One search in a process of its own; what the engine imports is not timed."""
    target = folder / "found.csv"
    try:
        with child(search, name, folder, case, target) as process:
            process.hear(seconds=_RUN_SECONDS)
            with memory_of(process.pid) as memory:
                seconds, processor = process.ask("search", seconds=_RUN_SECONDS)
            found: tuple[int, int] = process.ask("what", seconds=_RUN_SECONDS)
    finally:
        target.unlink(missing_ok=True)
    return Run(seconds=seconds, processor=processor, added=memory.added, peak=memory.peak, found=found)


def search(pipe: Connection, name: str, folder: Path, case: str, target: Path) -> None:
    """Search when told, tell the seconds; then tell what was found."""
    engine = _engines()[name]
    for library in ("polars", "orjson"):
        if name.startswith(library):
            importlib.import_module(library)
    pipe.send("ready")
    pipe.recv()
    began, used = time.perf_counter(), time.process_time()
    engine(folder, case, target)
    pipe.send((time.perf_counter() - began, time.process_time() - used))
    pipe.recv()
    pipe.send(_found(target))


def search_here(folder: Path, case: str, target: Path) -> None:
    """The search of this project as a job runs it: one pass into a result, and the download of that as CSV."""
    criteria = Criteria(
        contacts=parse_contacts(f"@{DOMAIN}") if case in "AC" else (), phrases=PHRASES if case in "BC" else ()
    )
    prepared = prepare(criteria, customers=[folder / CUSTOMERS], topics=[folder / TOPICS])
    with tempfile.TemporaryDirectory(dir=folder) as name:
        result = _search_into(Path(name), folder / ITEMS, prepared)
        with target.open("wb", buffering=0) as file:
            for chunk in encode(Table(result), Query(), Format.CSV, guard=False):
                file.write(chunk)


def search_only(folder: Path, case: str, target: Path) -> None:
    """The same without the download: the result is what a job leaves on disk."""
    criteria = Criteria(phrases=PHRASES if case in "BC" else ())
    prepared = prepare(criteria, topics=[folder / TOPICS])
    with tempfile.TemporaryDirectory(dir=folder) as name:
        _search_into(Path(name), folder / ITEMS, prepared)


def _search_into(folder: Path, items: Path, prepared: ItemSearch) -> Result:
    manifest = Manifest(
        export="file-export", title="", instance="", username="", started=datetime.now(UTC), columns=COLUMNS
    )
    result = ResultStore(folder).create("found", manifest)
    work = result.work_folder()
    task = Task(rows=result.place(0, "items", zone="UTC"), unreadable=work / "unreadable", customers=work / "ids")
    search_file(items, task, prepared)
    result.finish(unique="id")
    return result


def require_engines() -> None:
    """Raise at once, and not after the other subjects, when an engine is not installed."""
    missing = [name for name in ("polars", "orjson") if importlib.util.find_spec(name) is None]
    if missing:
        raise click.UsageError(f"file_search needs {' and '.join(missing)}: pip install 'gladly-tools[bench]'")


def _engines() -> dict[str, Engine]:
    from benchmarks.other_engines import with_duckdb, with_duckdb_twice, with_orjson, with_polars

    return {
        "here": search_here,
        RESULT_ONLY: search_only,
        "DuckDB, one thread": partial(with_duckdb, threads=1),
        SAME_RESULT: with_duckdb_twice,
        "DuckDB, two threads": partial(with_duckdb, threads=2),
        "polars, streaming": with_polars,
        "orjson": with_orjson,
    }


def _most(runs: list[Run]) -> int:
    return max(each.added for each in runs)


def _found(target: Path) -> tuple[int, int]:
    """How many rows, and a sum over their ids, which is the same in every order."""
    if not target.exists():
        return 0, 0
    import pyarrow.csv

    count = total = 0
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    converting = pyarrow.csv.ConvertOptions(include_columns=["id"], column_types={"id": "string"})
    with pyarrow.csv.open_csv(target, parse_options=parsing, convert_options=converting) as reader:
        for batch in reader:
            ids = batch.column(0).to_pylist()
            count += len(ids)
            total += sum(int(key[2:]) for key in ids)
    return count, total


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gladly-tools-benchmark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
