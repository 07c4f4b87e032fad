"""How quickly the portal answers what people ask of a big result, beside pandas, and how much memory that takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.big import Big
from benchmarks.child import child
from benchmarks.figure import Figure
from benchmarks.memory import MB, memory_of
from benchmarks.scale import Scale

MOST_MB = 400
MOST_OF_PANDAS = 1.0
DASHBOARD_SECONDS = 2.0
CHART_SECONDS = 0.5
DASHBOARD = "dashboard in all"
SEARCHED = "dashboard of a text search"
SEARCH = "count with a search of all text"
ROWS_WITH_TARGET = 1_000_000
"""Below, both answer in a few milliseconds, and the ratio says nothing."""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """An answer, and the least seconds that it took in several turns, by the clock and of both processors."""

    answer: Any
    seconds: float
    processor: float


def measure(big: Big, scale: Scale) -> Iterator[Figure]:
    """The portal's time over that of pandas from the same file, question by question; memory last."""
    from benchmarks.questions import PORTAL

    agreed = 0
    slowest, charts_here, charts_there = Timed(answer=None, seconds=0.0, processor=0.0), 0.0, 0.0
    with child(answer, big, scale.repeats) as portal, child(answer_with_pandas, big, scale.repeats) as pandas:
        portal.hear()
        pandas.hear()
        with memory_of(portal.pid) as ours, memory_of(pandas.pid) as theirs:
            for name in PORTAL:
                here: Timed = portal.ask(name)
                from_file: Timed = pandas.ask(("file", name))
                in_memory: Timed = pandas.ask(("memory", name))
                if name.startswith("chart: "):
                    slowest = max(slowest, here, key=lambda each: each.seconds)
                    charts_here += here.seconds
                    charts_there += from_file.seconds
                agreed += here.answer == from_file.answer == in_memory.answer
                yield Figure(
                    subject="result_view",
                    what=name,
                    of="portal's time / pandas' from the file",
                    ratio=here.seconds / from_file.seconds,
                    most=MOST_OF_PANDAS if big.rows >= ROWS_WITH_TARGET else None,
                    detail=(
                        f"{here.seconds * 1000:.0f} ms, pandas {from_file.seconds * 1000:.0f} ms"
                        f" ({in_memory.seconds * 1000:.0f} ms with the whole table in memory)"
                    ),
                )
            whole: Timed = portal.ask(DASHBOARD)
            search: Timed = portal.ask(SEARCH)
            searched: Timed = portal.ask(SEARCHED)
    target = big.rows >= ROWS_WITH_TARGET
    yield Figure(
        subject="result_view",
        what="chart: the slowest",
        of=f"portal's time / {CHART_SECONDS} s",
        ratio=slowest.seconds / CHART_SECONDS,
        most=1.0 if target else None,
        detail=f"{slowest.seconds * 1000:.0f} ms, {slowest.processor * 1000:.0f} ms of a processor",
    )
    yield Figure(
        subject="result_view",
        what=f"{DASHBOARD}: its figures",
        of="portal's time / pandas' from the file",
        ratio=charts_here / charts_there,
        most=MOST_OF_PANDAS if target else None,
        detail=f"{charts_here:.2f} s, pandas {charts_there:.2f} s, all charts above one after another",
    )
    yield Figure(
        subject="result_view",
        what=f"{DASHBOARD}: all sections, with their drawings",
        of=f"portal's time / {DASHBOARD_SECONDS:.0f} s",
        ratio=whole.seconds / DASHBOARD_SECONDS,
        most=1.0 if target else None,
        detail=f"{whole.seconds:.2f} s, {whole.processor:.2f} s of a processor, {len(whole.answer)} charts",
    )
    yield Figure(
        subject="result_view",
        what=f"{SEARCHED}: all sections, with their drawings",
        of="its processor time / that of one such search and of the dashboard of all rows",
        ratio=searched.processor / (search.processor + whole.processor),
        most=1.0 if target else None,
        detail=f"{searched.seconds:.2f} s, {searched.processor:.2f} s of a processor",
    )
    yield Figure(
        subject="result_view",
        what=f"answers over {big.rows:,} rows",
        of="the same as pandas' / all",
        ratio=agreed / len(PORTAL),
        least=1.0,
        detail=f"{agreed} of {len(PORTAL)}",
    )
    yield Figure(
        subject="result_view",
        what="peak memory of the whole process",
        of=f"MB / {MOST_MB} MB",
        ratio=ours.peak / MB / MOST_MB,
        most=1.0,
        detail=f"{ours.peak / MB:.0f} MB, {ours.before / MB:.0f} MB of it before any question",
    )
    yield Figure(
        subject="result_view",
        what="peak memory",
        of="portal / pandas",
        ratio=ours.peak / theirs.peak,
        most=1.0,
        detail=f"{ours.peak / MB:.0f} MB, pandas {theirs.peak / MB:,.0f} MB",
    )


def answer(pipe: Connection, big: Big, repeats: int) -> None:
    """Answer as the portal does, in a process that has loaded all that the portal loads."""
    import gladly_tools.ui.result_view
    from benchmarks.questions import PORTAL, dashboard, searches
    from gladly_tools.results.store import ResultStore
    from gladly_tools.results.table import Table

    assert gladly_tools.ui.result_view
    store = ResultStore(big.folder / "results")

    queries = searches()

    def ask(name: str) -> Any:
        table = Table(store.open(big.result_id))
        if name == SEARCHED:
            return dashboard(table, next(queries))
        return (dashboard if name == DASHBOARD else PORTAL[name])(table)

    pipe.send("ready")
    while True:
        pipe.send(_timed(partial(ask, pipe.recv()), repeats))


def answer_with_pandas(pipe: Connection, big: Big, repeats: int) -> None:
    """Answer from a frame: of the columns needed, read from the file each time, or of the whole table in memory."""
    import pandas as pd

    from benchmarks.pandas_answers import PANDAS
    from benchmarks.rows import COLUMNS
    from gladly_tools.results.layout import fields_of

    fields = {each.column.name: each for each in fields_of(COLUMNS)}

    def read(names: tuple[str, ...] | None) -> Any:
        wanted = [fields[name] for name in names or fields]
        frame: Any = pd.read_parquet(big.file, columns=[each.reading for each in wanted])
        return frame.rename(columns={each.reading: each.column.name for each in wanted})

    def ask_file(name: str) -> Any:
        names, work = PANDAS[name]
        return work(read(names))

    def ask_memory(name: str) -> Any:
        return PANDAS[name][1](whole())

    whole = cache(partial(read, None))
    pipe.send("ready")
    while True:
        source, name = pipe.recv()
        if source == "memory":
            whole()
            pipe.send(_timed(partial(ask_memory, name), repeats))
        else:
            pipe.send(_timed(partial(ask_file, name), repeats if PANDAS[name][0] else 1))


def _timed(work: Callable[[], Any], repeats: int) -> Timed:
    least, processor = float("inf"), float("inf")
    found = None
    for _ in range(repeats):
        began, worked = time.perf_counter(), time.process_time()
        found = work()
        least = min(least, time.perf_counter() - began)
        processor = min(processor, time.process_time() - worked)
    return Timed(answer=found, seconds=least, processor=processor)
